//! The Lambda Runtime API: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::invocation::{FunctionError, Invocation};
use crate::server::Server;
use crate::{ACCOUNT, REGION, uuid};

/// The largest answer that Lambda takes from a function invoked synchronously.
const RESPONSE_LIMIT: usize = 6 * 1024 * 1024 + 100;

/// The Lambda Runtime API for one function process.
///
/// [`Function`](crate::Function) brings its own; use this directly to drive something else.
pub struct RuntimeApi {
    server: Server,
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<Event>,
}

/// An invocation under way.
pub(crate) struct Pending {
    pub(crate) request_id: String,
    shared: Arc<Shared>,
    answer: Receiver<Answer>,
}

pub(crate) struct Answer {
    pub(crate) handed_out: Instant,
    pub(crate) at: Instant,
    pub(crate) result: Result<Value, FunctionError>,
}

struct Event {
    request_id: String,
    body: Vec<u8>,
    time_limit: Duration,
    reply: Sender<Answer>,
}

struct Shared {
    /// Locked by the one `next` that waits.
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    state: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    first_next: Option<Instant>,
    init_error: Option<FunctionError>,
    running: HashMap<String, (Instant, Sender<Answer>)>,
}

impl RuntimeApi {
    /// Serves on a free port of 127.0.0.1 until it is dropped.
    pub fn start() -> Self {
        let (queue, events) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: tokio::sync::Mutex::new(events),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let routes = Router::new()
            .route("/invocation/next", get(next))
            .route("/invocation/{id}/response", post(response))
            .route("/invocation/{id}/error", post(error))
            .route("/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let server = Server::start(
            "runtime-api",
            Router::new().nest("/2018-06-01/runtime", routes),
        );
        Self {
            server,
            shared,
            queue,
        }
    }

    /// `127.0.0.1:port`, the value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// When the process first asked for an event, which ends its initialisation.
    pub fn first_next(&self) -> Option<Instant> {
        self.shared.state().first_next
    }

    /// What the process reported to `/runtime/init/error`.
    pub fn init_error(&self) -> Option<FunctionError> {
        self.shared.state().init_error.clone()
    }

    /// Hands `event` to the process and waits for its answer: at most `time_limit`, which is also
    /// the deadline that the function is told. `None` if no answer came.
    pub fn invoke(&self, event: &Value, time_limit: Duration) -> Option<Invocation> {
        let pending = self.send(event.to_string(), time_limit);
        let answer = pending.wait(time_limit)?;
        Some(answer.into_invocation(pending.request_id.clone()))
    }

    pub(crate) fn send(&self, event: String, time_limit: Duration) -> Pending {
        let request_id = uuid();
        let (reply, answer) = channel();
        let event = Event {
            request_id: request_id.clone(),
            body: event.into(),
            time_limit,
            reply,
        };
        // The receiver lives in `shared`, so this can't fail.
        _ = self.queue.send(event);
        Pending {
            request_id,
            shared: Arc::clone(&self.shared),
            answer,
        }
    }

    /// Waits until the first `next` came or `timeout` is over.
    pub(crate) fn wait_for_first_next(&self, timeout: Duration) -> Option<Instant> {
        let state = self.shared.state();
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, timeout, |state| state.first_next.is_none())
            .expect("no handler panicked");
        state.first_next
    }
}

impl Pending {
    pub(crate) fn wait(&self, timeout: Duration) -> Option<Answer> {
        self.answer.recv_timeout(timeout).ok()
    }

    pub(crate) fn handed_out(&self) -> Option<Instant> {
        self.shared
            .state()
            .running
            .get(&self.request_id)
            .map(|(handed_out, _)| *handed_out)
    }
}

impl Answer {
    pub(crate) fn into_invocation(self, request_id: String) -> Invocation {
        Invocation {
            result: self.result,
            request_id,
            duration: self.at - self.handed_out,
            handed_out: Some(self.handed_out),
            answered: Some(self.at),
            logs: String::new(),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().expect("no handler panicked")
    }

    /// Ends an invocation; the status is the answer to the process.
    fn finish(
        &self,
        request_id: &str,
        at: Instant,
        result: Result<Value, FunctionError>,
    ) -> Response {
        let Some((handed_out, reply)) = self.state().running.remove(request_id) else {
            return refuse(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "Invalid request ID",
            );
        };
        // The invoker may have stopped waiting, which is no concern of the process.
        _ = reply.send(Answer {
            handed_out,
            at,
            result,
        });
        accept()
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    {
        let mut state = shared.state();
        state.first_next.get_or_insert_with(Instant::now);
        shared.changed.notify_all();
    }
    let Some(event) = shared.queue.lock().await.recv().await else {
        return refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ServerShutdown",
            "No more events",
        );
    };
    let deadline = SystemTime::now() + event.time_limit;
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .expect("it is past 1970")
        .as_millis();
    let headers = AppendHeaders([
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.request_id.clone()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:function-under-test"),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
    ]);
    shared
        .state()
        .running
        .insert(event.request_id, (Instant::now(), event.reply));
    (headers, event.body).into_response()
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let at = Instant::now();
    if body.len() > RESPONSE_LIMIT {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
        );
        let error = FunctionError::new("Function.ResponseSizeTooLarge", message.clone());
        shared.finish(&id, at, Err(error));
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            &message,
        );
    }
    let result = serde_json::from_slice(&body).map_err(|_| {
        let body = String::from_utf8_lossy(&body);
        FunctionError::new(
            "Runtime.InvalidResponse",
            format!("The answer is not JSON: {body}"),
        )
    });
    shared.finish(&id, at, result)
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    shared.finish(&id, Instant::now(), Err(FunctionError::parse(&body)))
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    shared.state().init_error = Some(FunctionError::parse(&body));
    accept()
}

fn accept() -> Response {
    (StatusCode::ACCEPTED, axum::Json(json!({ "status": "OK" }))).into_response()
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response {
    (
        status,
        axum::Json(json!({ "errorType": error_type, "errorMessage": message })),
    )
        .into_response()
}
