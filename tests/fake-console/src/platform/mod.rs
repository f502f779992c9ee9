//! The Insight Platform: the account API, and the list of users that the guide has. How sure the
//! shapes are is told at [`PlatformState`].

mod auth;
mod catalog;
mod lists;
mod rate_limit;
mod routes;
mod seed;
mod state;
mod users;
mod uuid;
mod vm_users;

use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use axum::{Extension, Router};
use serde_json::{Value, json};

use self::auth::Caller;
use crate::answer::Problem;
use crate::surface::{Arrival, Surface};

pub use self::rate_limit::RateLimit;
pub use self::seed::{ORGANIZATION_KEY, USER_KEY};
pub use self::state::{
    ApiKey, IndexCounts, KeyType, Lists, PlatformRole, PlatformState, PlatformUser, Product,
    UserGroup, UserStatus, VmUser,
};

type Held = crate::surface::Held<PlatformState>;

/// The platform as the routes hand it to a handler.
type Platform = Extension<Held>;

impl Surface for PlatformState {
    const NAME: &'static str = "platform";
    const HANDLE: &'static str = "FakePlatform";
    const CERTIFICATE: &'static str = "Insight Platform (fake)";
    const JSON: &'static str = "application/json";
    const CREDENTIALS: &'static str = "x-api-key";
    const CHALLENGE: Option<&'static str> = None;

    type Routes = Router;
    type Caller = Caller;

    fn routes() -> Router {
        routes::router()
    }

    /// No answer has an address in it.
    fn served_at(&mut self, _: &str) {}

    fn latency(&self) -> Duration {
        self.latency
    }

    /// The gateway in front knows the keys and counts, whatever becomes of the request then.
    fn arrive(&mut self, headers: &HeaderMap) -> Arrival {
        let name = auth::key(self, headers).map(|key| key.name.clone());
        let within = name.is_none() || self.rate_limit.count();
        let correlation_id = uuid::fresh();
        let told = HeaderValue::try_from(&correlation_id).expect("a header value");
        let mut headers = self.rate_limit.told();
        headers.insert(HeaderName::from_static("r7-correlation-id"), told);
        Arrival {
            authorized_as: name,
            correlation_id: Some(correlation_id),
            headers,
            refusal: (!within).then(|| Problem::new(429, "Too Many Requests")),
        }
    }

    async fn carry_out(router: &Router, held: Held, request: Request<Bytes>) -> Response {
        routes::carry_out(router.clone(), held, request).await
    }

    /// As gateways have it.
    fn error_body(&self, _: &str, problem: &Problem) -> Value {
        json!({ "message": problem.message })
    }
}
