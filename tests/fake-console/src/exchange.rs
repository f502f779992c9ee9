//! One request and its answer: logged, carried out, and mangled if a fault says so.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use hyper::body::Incoming;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::answer::{Problem, as_text, explained, html};
use crate::faults::{self, Fault, FaultKind};
use crate::log::{self, Log, LoggedRequest};
use crate::surface::{Held, Surface};

/// How long the state may stay locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the handle and all connections share. Locks are held for moments and never two at once.
#[derive(Debug)]
pub(crate) struct Shared<S: Surface> {
    /// Its guard, unlike one of the standard library's, can go along with a request.
    state: Arc<AsyncMutex<S>>,
    routes: S::Routes,
    faults: Mutex<Vec<Fault<S>>>,
    log: Mutex<Log>,
}

/// A test that panicked while it held a lock must not take the fake with it.
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

impl<S: Surface> Shared<S> {
    pub(crate) fn new(state: S) -> Shared<S> {
        Shared {
            state: Arc::new(AsyncMutex::new(state)),
            routes: S::routes(),
            faults: Mutex::default(),
            log: Mutex::default(),
        }
    }

    /// Waits for the lock, but not for ever: a test that holds a guard across a request, or takes
    /// two in one expression, should fail with a reason instead of standing still.
    pub(crate) fn state(&self) -> OwnedMutexGuard<S> {
        let start = Instant::now();
        loop {
            if let Ok(guard) = Arc::clone(&self.state).try_lock_owned() {
                return guard;
            }
            match start.elapsed() {
                waited if waited > PATIENCE => panic!(
                    "the state of the fake {} was locked for {PATIENCE:?}: \
                     does the test hold the guard of {}::state() somewhere?",
                    S::NAME,
                    S::HANDLE
                ),
                waited if waited > Duration::from_millis(1) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => std::thread::yield_now(),
            }
        }
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Vec<Fault<S>>> {
        lock(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// Serves one request of a connection.
    pub(crate) async fn serve(
        self: Arc<Shared<S>>,
        connection: u64,
        request: Request<Incoming>,
    ) -> Result<Response, Cut> {
        let (head, body) = request.into_parts();
        let arrival = self.state().arrive(&head.headers);
        let header = |name: &str| {
            let value = head.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let number = self.log().add(LoggedRequest {
            content_length: header("content-length"),
            content_type: header("content-type"),
            organization_id: header("r7-organization-id"),
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            authorized_as: arrival.authorized_as,
            body: None,
            text: String::new(),
            status: None,
            received: Instant::now(),
            answered: None,
            connection,
            correlation_id: arrival.correlation_id,
        });
        let body = read(Body::new(body)).await?;
        self.log().update(number, |request| {
            request.body = log::body(&body);
            request.text = String::from_utf8_lossy(&body).into_owned();
        });
        // On a task of its own: a client that hangs up does not stop a server either.
        let shared = Arc::clone(&self);
        let request = Request::from_parts(head, body);
        let reply = tokio::spawn(async move { shared.reply(request, arrival.refusal).await });
        // A test's own change panicked, or its fault has an impossible status: see stderr.
        let mut response = reply.await.map_err(|_| Cut::Close)??;
        response.headers_mut().extend(arrival.headers);
        if response.status() == StatusCode::NO_CONTENT {
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().remove(CONTENT_LENGTH);
            *response.body_mut() = Body::empty();
        }
        self.log().update(number, |request| {
            request.status = Some(response.status().as_u16());
            request.answered = Some(Instant::now());
        });
        Ok(response)
    }

    /// Answers after the latency, which what the answer takes to make is part of.
    async fn reply(
        &self,
        request: Request<Bytes>,
        refusal: Option<Problem>,
    ) -> Result<Response, Cut> {
        let ready = tokio::time::Instant::now() + self.state().latency();
        let reply = self.reply_at_once(request, refusal).await;
        tokio::time::sleep_until(ready).await;
        reply
    }

    async fn reply_at_once(
        &self,
        request: Request<Bytes>,
        refusal: Option<Problem>,
    ) -> Result<Response, Cut> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let fault = match request.headers().get(S::CREDENTIALS) {
            Some(_) if refusal.is_none() => faults::take(&mut self.faults(), method, path),
            _ => None,
        };
        if let Some(refusal) = refusal {
            return Ok(self.problem(&request, refusal));
        }
        let Some(fault) = fault else {
            return Ok(self.carry_out(request).await);
        };
        Ok(match fault {
            FaultKind::Status {
                status,
                retry_after,
                message,
            } => {
                let mut response = self.problem(&request, Problem::new(status, message));
                if let Some(value) = retry_after {
                    let value = value.parse().expect("a header value");
                    response.headers_mut().insert(RETRY_AFTER, value);
                }
                response
            }
            FaultKind::StatusAfter { status } => {
                self.carry_out(request).await;
                html(status, "Bad gateway")
            }
            FaultKind::Html { status } => html(status, "Maintenance mode"),
            FaultKind::HtmlAfter => {
                self.carry_out(request).await;
                html(200, "Maintenance mode")
            }
            FaultKind::BadJson => {
                self.carry_out(request).await;
                as_text::<S>(200, "this is not JSON")
            }
            FaultKind::CutJson => {
                let whole = read(self.carry_out(request).await.into_body()).await?;
                as_text::<S>(200, whole.slice(..whole.len() / 2))
            }
            FaultKind::CutBody => {
                let answer = self.carry_out(request).await;
                cut(answer).await?
            }
            FaultKind::CutBodyBefore => cut(as_text::<S>(200, "{\"links\":[]}")).await?,
            FaultKind::EndlessBody { status } => {
                self.carry_out(request).await;
                as_text::<S>(status, endless_body())
            }
            FaultKind::EndlessBodyBefore { status } => as_text::<S>(status, endless_body()),
            FaultKind::PromisedBody(bytes) => {
                self.carry_out(request).await;
                let mut response = as_text::<S>(200, Body::from_stream(stream::pending::<Part>()));
                response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
                response
            }
            FaultKind::ResetBefore => return Err(Cut::Reset),
            FaultKind::ResetAfter => {
                self.carry_out(request).await;
                return Err(Cut::Reset);
            }
            FaultKind::Slow(delay) => {
                tokio::time::sleep(delay).await;
                self.carry_out(request).await
            }
            FaultKind::Hang => std::future::pending().await,
            FaultKind::HangAfter => {
                self.carry_out(request).await;
                std::future::pending().await
            }
            FaultKind::HoldBefore(gate) => {
                gate.pass().await;
                self.carry_out(request).await
            }
            FaultKind::HoldAfter(gate) => {
                let response = self.carry_out(request).await;
                gate.pass().await;
                response
            }
            FaultKind::EchoBody => {
                let body = String::from_utf8_lossy(request.body());
                let message = format!("The request could not be understood: {body}");
                self.problem(&request, Problem::bad(message))
            }
            FaultKind::ChangeBefore(change) | FaultKind::ChangeBeforeWrite(change) => {
                let held = self.hold(&request);
                change(&mut held.state());
                S::carry_out(&self.routes, held, request).await
            }
            FaultKind::ChangeAfterWrite(change) => {
                let held = self.hold(&request);
                let response = S::carry_out(&self.routes, held.clone(), request).await;
                change(&mut held.state());
                response
            }
        })
    }

    fn hold(&self, request: &Request<Bytes>) -> Held<S> {
        Held::new(self.state(), request.uri().path())
    }

    async fn carry_out(&self, request: Request<Bytes>) -> Response {
        S::carry_out(&self.routes, self.hold(&request), request).await
    }

    fn problem(&self, request: &Request<Bytes>, problem: Problem) -> Response {
        explained(problem.into_response(), &self.hold(request))
    }
}

async fn read(body: Body) -> Result<Bytes, Cut> {
    to_bytes(body, usize::MAX).await.map_err(|_| Cut::Close)
}

/// An answer that ends in the middle of its body, or at once if it has none.
async fn cut(answer: Response) -> Result<Response, Cut> {
    let (mut head, body) = answer.into_parts();
    let whole = read(body).await?;
    if whole.is_empty() {
        return Err(Cut::Close);
    }
    // It promises more than it sends.
    head.headers.insert(CONTENT_LENGTH, whole.len().into());
    Ok(Response::from_parts(head, cut_body(&whole)))
}

/// A piece of a body.
type Part = Result<Bytes, Cut>;

/// The beginning of a JSON text without an end, as fast as it is taken.
fn endless_body() -> Body {
    let piece = Bytes::from_static(&[b'['; 16 * 1024]);
    Body::from_stream(stream::repeat_with(move || Part::Ok(piece.clone())))
}

/// The first half, then an error. The pause lets the half reach the client first.
fn cut_body(whole: &Bytes) -> Body {
    let half = Ok(whole.slice(..whole.len() / 2));
    let then = stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(Cut::Close)
    });
    Body::from_stream(stream::iter([half]).chain(then))
}
