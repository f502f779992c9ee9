//! What differs between the surfaces. The machinery that serves them is the same.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

use crate::answer::Problem;

/// Something that can be served: all that it knows, and how it answers.
pub(crate) trait Surface: Clone + Debug + Send + 'static {
    /// What messages call it.
    const NAME: &'static str;
    /// The type that tests hold.
    const HANDLE: &'static str;
    /// The common name in its certificate.
    const CERTIFICATE: &'static str;
    /// The content type of what is JSON.
    const JSON: &'static str;
    /// The header with the credentials.
    const CREDENTIALS: &'static str;
    /// What a 401 asks for.
    const CHALLENGE: Option<&'static str>;

    /// What is made once and serves every request.
    type Routes: Debug + Send + Sync;
    /// What handlers need to know of who is calling.
    type Caller: Clone + Debug + Send + Sync;

    fn routes() -> Self::Routes;

    /// The address at which it is served from now on.
    fn served_at(&mut self, url: &str);

    /// How long every request takes at least.
    fn latency(&self) -> Duration;

    /// A request has arrived.
    fn arrive(&mut self, headers: &HeaderMap) -> Arrival;

    /// Carries a request out on the state.
    fn carry_out(
        routes: &Self::Routes,
        held: Held<Self>,
        request: Request<Bytes>,
    ) -> impl Future<Output = Response> + Send;

    /// The body of a refusal of a request for that path.
    fn error_body(&self, path: &str, problem: &Problem) -> Value;
}

/// What is known of a request before anything is done about it.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    /// Whose credentials it carries, if they are good.
    pub(crate) authorized_as: Option<String>,
    pub(crate) correlation_id: Option<String>,
    /// What its answer carries, whatever that turns out to be.
    pub(crate) headers: HeaderMap,
    /// Why it gets no further. It meets no fault then.
    pub(crate) refusal: Option<Problem>,
}

/// The state for one request. It stays locked until the last clone is gone, so that nothing comes
/// between the login, the deed, and a change that a fault makes around them.
#[derive(Clone, Debug)]
pub(crate) struct Held<S: Surface> {
    /// A guard cannot be cloned, extensions must be: the inner lock is never waited for.
    state: Arc<Mutex<OwnedMutexGuard<S>>>,
    /// The path of the request.
    pub(crate) path: String,
    /// Who is logged in; nobody before that, and outside the API.
    pub(crate) caller: Option<S::Caller>,
}

impl<S: Surface> Held<S> {
    pub(crate) fn new(state: OwnedMutexGuard<S>, path: &str) -> Held<S> {
        Held {
            state: Arc::new(Mutex::new(state)),
            path: path.to_owned(),
            caller: None,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, OwnedMutexGuard<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
