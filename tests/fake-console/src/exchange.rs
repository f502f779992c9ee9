//! One request and its answer: logged, carried out, and mangled if a fault says so.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Request, Response};

use crate::answer::{Answer, Problem};
use crate::auth;
use crate::call::Call;
use crate::faults::{self, Fault, FaultKind};
use crate::log::{Log, LoggedRequest};
use crate::routes;
use crate::state::State;

/// How long the state may stay locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the handle and all connections share. Locks are held for moments and never two at once.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    faults: Mutex<Vec<Fault>>,
    log: Mutex<Log>,
}

/// A test that panicked while it held a lock must not take the console with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connection ends here, without the rest of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// With a TCP reset.
    Reset,
    /// With a plain close.
    Close,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for Cut {}

pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

impl Shared {
    pub(crate) fn new(state: State) -> Shared {
        Shared {
            state: Mutex::new(state),
            faults: Mutex::default(),
            log: Mutex::default(),
        }
    }

    /// Waits for the lock, but not for ever: a test that holds a guard across a request, or takes
    /// two in one expression, should fail with a reason instead of standing still.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let start = Instant::now();
        loop {
            match self.state.try_lock() {
                Ok(guard) => return guard,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
            match start.elapsed() {
                waited if waited > PATIENCE => panic!(
                    "the state of the fake console was locked for {PATIENCE:?}: \
                     does the test hold the guard of FakeConsole::state() somewhere?"
                ),
                waited if waited > Duration::from_millis(1) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => std::thread::yield_now(),
            }
        }
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        lock(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// Serves one request of a connection.
    pub(crate) async fn serve(
        self: Arc<Shared>,
        connection: u64,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Cut> {
        let (head, body) = request.into_parts();
        let mut call = Call {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            body: Bytes::new(),
        };
        let authorized_as = auth::recognise(&self.state(), &call);
        let number = self.log().add(LoggedRequest {
            method: call.method.clone(),
            path: call.path.clone(),
            query: call.query.clone(),
            authorized_as,
            body: None,
            status: None,
            received: Instant::now(),
            answered: None,
            connection,
        });
        call.body = body.collect().await.map_err(|_| Cut::Close)?.to_bytes();
        if let Some(logged) = call.logged_body() {
            self.log()
                .update(number, |request| request.body = Some(logged));
        }
        // On a task of its own: a client that hangs up does not stop a console either.
        let shared = Arc::clone(&self);
        let reply = tokio::spawn(async move { shared.reply(&call).await });
        let response = match reply.await {
            Ok(reply) => reply?.into_response()?,
            // A test's own change of the state panicked; the message is on stderr.
            Err(_) => return Err(Cut::Close),
        };
        self.log().update(number, |request| {
            request.status = Some(response.status().as_u16());
            request.answered = Some(Instant::now());
        });
        Ok(response)
    }

    async fn reply(&self, call: &Call) -> Result<Reply, Cut> {
        let fault = if call.carries_credentials() {
            faults::take(&mut self.faults(), &call.method, &call.path)
        } else {
            None
        };
        let latency = self.state().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let whole = |answer| Ok(Reply::Whole(answer));
        let Some(fault) = fault else {
            return whole(self.carry_out(call));
        };
        match fault {
            FaultKind::Status {
                status,
                retry_after,
                message,
            } => {
                let answer = self.problem(call, &Problem::new(status, message));
                whole(match retry_after {
                    Some(value) => answer.with("retry-after", &value),
                    None => answer,
                })
            }
            FaultKind::StatusAfter { status } => {
                self.carry_out(call);
                whole(Answer::html(status, "Bad gateway"))
            }
            FaultKind::Html { status } => whole(Answer::html(status, "Maintenance mode")),
            FaultKind::HtmlAfter => {
                self.carry_out(call);
                whole(Answer::html(200, "Maintenance mode"))
            }
            FaultKind::BadJson => {
                self.carry_out(call);
                whole(Answer::json_text(200, b"this is not JSON".to_vec()))
            }
            FaultKind::CutJson => {
                let mut body = self.carry_out(call).body;
                body.truncate(body.len() / 2);
                whole(Answer::json_text(200, body))
            }
            FaultKind::CutBody => Ok(Reply::CutBody(self.carry_out(call))),
            FaultKind::ResetBefore => Err(Cut::Reset),
            FaultKind::ResetAfter => {
                self.carry_out(call);
                Err(Cut::Reset)
            }
            FaultKind::Slow(delay) => {
                tokio::time::sleep(delay).await;
                whole(self.carry_out(call))
            }
            FaultKind::Hang => std::future::pending().await,
            FaultKind::EchoBody => {
                let body = String::from_utf8_lossy(&call.body);
                let message = format!("The request could not be understood: {body}");
                whole(self.problem(call, &Problem::bad(message)))
            }
            FaultKind::ChangeBeforeWrite(change) => {
                let mut state = self.state();
                change(&mut state);
                whole(routes::carry_out(&mut state, call))
            }
            FaultKind::ChangeAfterWrite(change) => {
                let mut state = self.state();
                let answer = routes::carry_out(&mut state, call);
                change(&mut state);
                whole(answer)
            }
        }
    }

    fn carry_out(&self, call: &Call) -> Answer {
        routes::carry_out(&mut self.state(), call)
    }

    fn problem(&self, call: &Call, problem: &Problem) -> Answer {
        problem.answer(&self.state(), &call.path)
    }
}

enum Reply {
    Whole(Answer),
    CutBody(Answer),
}

impl Reply {
    fn into_response(self) -> Result<Response<Body>, Cut> {
        let (answer, body) = match self {
            Reply::Whole(mut answer) => {
                if answer.status == 204 {
                    answer.body.clear();
                }
                let body = Full::new(Bytes::from(std::mem::take(&mut answer.body)));
                let body = body.map_err(|never: Infallible| match never {});
                (answer, body.boxed_unsync())
            }
            Reply::CutBody(answer) => {
                let body = cut_body(&answer.body);
                (answer, body)
            }
        };
        let mut response = Response::builder()
            .status(answer.status)
            .header(CACHE_CONTROL, "no-store, must-revalidate");
        if !answer.body.is_empty() {
            // Only a cut body is still in there: it promises more than it sends.
            response = response.header(CONTENT_LENGTH, answer.body.len());
        }
        if answer.status != 204 {
            response = response.header(CONTENT_TYPE, answer.content_type);
        }
        for (name, value) in &answer.headers {
            response = response.header(*name, value);
        }
        // An impossible status or header in a fault: the test sees its connection fail.
        response.body(body).map_err(|_| Cut::Close)
    }
}

/// The first half, then an error. The pause lets the half reach the client first.
fn cut_body(text: &[u8]) -> Body {
    let half = Bytes::copy_from_slice(&text[..text.len() / 2]);
    let first = stream::once(async move { Ok(Frame::data(half)) });
    let then = stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(Cut::Close)
    });
    StreamBody::new(first.chain(then)).boxed_unsync()
}
