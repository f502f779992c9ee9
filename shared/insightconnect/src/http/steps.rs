//! The routes that run or test something.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actions::strict_json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};
use tracing::{error, info, warn};

use super::body::{Message, too_many_steps};
use super::connection::Peer;
use super::problem::problem;
use super::server::{Running, Server};
use crate::message::{Envelope, Step};

/// A request to run or test something.
struct Call {
    server: Arc<Server>,
    method: Method,
    uri: Uri,
    message: Message,
}

type Parts = (State<Arc<Server>>, Method, OriginalUri);

impl Call {
    fn new((State(server), method, OriginalUri(uri)): Parts, message: Message) -> Self {
        Self {
            server,
            method,
            uri,
            message,
        }
    }

    fn bad(&self, description: &str) -> Response {
        problem(
            StatusCode::BAD_REQUEST,
            description,
            &self.method,
            &self.uri,
        )
    }

    /// Answers the message in the body; `step` and `name` are what the route is for.
    async fn answer(self, step: Step, name: &str, test: bool) -> Response {
        let read = match strict_json::from_slice(&self.message.bytes) {
            Ok(read) => read,
            Err(_) => return self.bad("The body is not JSON."),
        };
        let message = read.value();
        let empty = match message {
            Value::Null => true,
            Value::Object(members) => members.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if empty {
            let body = json!({"error": "Empty input provided"});
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
        let named = message["body"].get(step.member()).and_then(Value::as_str);
        if step != Step::ConnectionTest && named != Some(name) {
            let member = step.member();
            return self.bad(&format!(
                "The {member} in the body is not the one of the route, {name:?}."
            ));
        }
        let Some(envelope) = Envelope::read(&read) else {
            return self.bad("The message has no `body`.");
        };
        let Some(step) = self.server.limits.step() else {
            return too_many_steps();
        };
        let Message { bytes, held } = self.message;
        drop((read, bytes));
        let (method, uri) = (&self.method, &self.uri);
        // On its own: whoever hangs up must not stop a step half-way.
        let running = Running::new(&self.server, [step, held]);
        let running =
            tokio::spawn(async move { running.server.plugin.answer(&envelope, test).await });
        match running.await {
            Ok(reply) => {
                let status = StatusCode::from_u16(reply.status);
                let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, Json(reply.event)).into_response()
            }
            Err(_) => {
                error!("a step ended by a fault of the plugin");
                let description = "The step ended by a fault of the plugin. Whether something was \
                                   changed is not known.";
                problem(StatusCode::INTERNAL_SERVER_ERROR, description, method, uri)
            }
        }
    }
}

pub(super) async fn run_action(
    parts: Parts,
    Path(name): Path<String>,
    message: Message,
) -> Response {
    let call = Call::new(parts, message);
    if call.server.closing.load(Ordering::SeqCst) {
        let body = json!({"error": "The plugin is shutting down and takes no new actions."});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    call.answer(Step::Action, &name, false).await
}

pub(super) async fn test_action(
    parts: Parts,
    Path(name): Path<String>,
    message: Message,
) -> Response {
    Call::new(parts, message)
        .answer(Step::Action, &name, true)
        .await
}

pub(super) async fn test_trigger(
    parts: Parts,
    Path(name): Path<String>,
    message: Message,
) -> Response {
    Call::new(parts, message)
        .answer(Step::Trigger, &name, true)
        .await
}

pub(super) async fn run_task(parts: Parts, Path(name): Path<String>, message: Message) -> Response {
    Call::new(parts, message)
        .answer(Step::Task, &name, false)
        .await
}

pub(super) async fn test_task(
    parts: Parts,
    Path(name): Path<String>,
    message: Message,
) -> Response {
    Call::new(parts, message)
        .answer(Step::Task, &name, true)
        .await
}

pub(super) async fn test_connection(
    parts: Parts,
    Path(kind): Path<String>,
    message: Message,
) -> Response {
    let call = Call::new(parts, message);
    if !matches!(kind.as_str(), "test" | "test_task") {
        let body = json!({
            "error": "Only connection/test and connection/test_task are there.",
            "code": 404,
            "method": "POST",
            "name": "Not Found",
        });
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    call.answer(Step::ConnectionTest, "", true).await
}

/// Takes the plugin from everybody, so that not everybody may ask for it.
pub(super) async fn shut_down(
    (State(server), method, OriginalUri(uri)): Parts,
    Extension(peer): Extension<Peer>,
) -> Response {
    if !peer.is_this_machine() && !server.remote_shutdown {
        warn!("a shutdown that another machine asked for was refused");
        let description = "Only the plugin's own machine may ask for a shutdown. The server's option \
                           --allow-remote-shutdown lets others.";
        return problem(StatusCode::FORBIDDEN, description, &method, &uri);
    }
    info!("told to shut down: no new actions");
    server.closing.store(true, Ordering::SeqCst);
    Json(json!({"message": "Shutdown request accepted."})).into_response()
}

pub(super) async fn shutdown_status(State(server): State<Arc<Server>>) -> Response {
    let closing = server.closing.load(Ordering::SeqCst);
    let active = server.active.load(Ordering::SeqCst);
    Json(json!({
        "shutdown_initiated": closing,
        "shutdown_safe": closing && active == 0,
        "active_work": active,
    }))
    .into_response()
}
