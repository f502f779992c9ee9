//! The plugin as a server: the routes, status codes and answers of the plugin contract.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, Query, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing::{error, info};

use super::catalog::names;
use super::fields::{Absence, Types, schema};
use super::message::{Envelope, Step};
use super::step::Plugin;
use super::{connection, spec, task};

/// The largest message: a list of people, or the state of a task.
const LARGEST_MESSAGE: usize = 64 << 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Port to listen on; 0 for any that is free.
    #[arg(long, default_value_t = 10001)]
    port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "0.0.0.0", value_name = "ADDRESS")]
    host: std::net::IpAddr,
    /// Accepted for compatibility: one process serves everything.
    #[arg(long = "process_workers", default_value_t = 1, value_name = "NUMBER")]
    process_workers: usize,
    /// Threads that run steps. A step that waits for Rapid7 holds none.
    #[arg(
        long = "threads_per_worker",
        default_value_t = 4,
        value_name = "NUMBER"
    )]
    threads_per_worker: usize,
    /// After a signal to end, how many seconds steps have to finish.
    #[arg(
        long = "graceful_timeout",
        default_value_t = 30,
        value_name = "SECONDS"
    )]
    graceful_timeout: u64,
    /// Accepted for compatibility, like any other tuning option.
    #[arg(long = "worker_class", hide = true)]
    _worker_class: Option<String>,
    #[arg(long = "worker_connections", hide = true)]
    _worker_connections: Option<String>,
}

struct Server {
    plugin: Plugin,
    args: (usize, usize),
    /// Whether new steps are refused.
    closing: AtomicBool,
    /// Steps that are running.
    active: AtomicUsize,
}

pub(super) fn serve(args: &Args) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.threads_per_worker.clamp(1, 64))
        .enable_all()
        .build();
    let served = runtime.and_then(|runtime| runtime.block_on(listen(args)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "the server could not start, or ended");
            ExitCode::FAILURE
        }
    }
}

async fn listen(args: &Args) -> std::io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::new(args.host, args.port)).await?;
    let server = Arc::new(Server {
        plugin: Plugin::new(),
        args: (args.process_workers, args.threads_per_worker),
        closing: AtomicBool::new(false),
        active: AtomicUsize::new(0),
    });
    info!("listening on http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let served = axum::serve(listener, router(Arc::clone(&server))).with_graceful_shutdown(async {
        ended().await;
        info!("told to end: finishing what is running");
        let _ = stop.send(());
    });
    let patience = async {
        let _ = stopped.await;
        tokio::time::sleep(Duration::from_secs(args.graceful_timeout)).await;
    };
    let finished = async {
        served.await?;
        // Steps whose callers hung up go on without a connection that would be waited for.
        while server.active.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    tokio::select! {
        finished = finished => finished,
        () = patience => Ok(()),
    }
}

/// The arguments without tuning options of the vendor's runtime that mean nothing here, so that those
/// which do count wherever they stand.
pub(super) fn known(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const KNOWN: [&str; 9] = [
        "--port",
        "--host",
        "--process_workers",
        "--threads_per_worker",
        "--graceful_timeout",
        "--worker_class",
        "--worker_connections",
        "--debug",
        "--help",
    ];
    let mut arguments = arguments.peekable();
    let (mut kept, mut serving) = (Vec::new(), false);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        let (name, value) = text
            .split_once('=')
            .map_or((text.as_str(), None), |(n, v)| (n, Some(v)));
        if serving && name.starts_with("--") && !KNOWN.contains(&name) {
            let is_value = |next: &OsString| !next.to_string_lossy().starts_with('-');
            if value.is_none() {
                let _ = arguments.next_if(is_value);
            }
            continue;
        }
        serving |= text == "http";
        kept.push(argument);
    }
    kept
}

/// Waits for a signal to end. As the first process of a container, this program ends at none by
/// itself.
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn router(server: Arc<Server>) -> Router {
    let steps = || {
        Router::new()
            .route("/actions/{name}/test", post(test_action))
            .route("/triggers/{name}/test", post(test_trigger))
            .route("/tasks/{name}", post(run_task))
            .route("/tasks/{name}/test", post(test_task))
    };
    let root = steps().route("/actions/{name}", post(run_action));
    let v1 = steps()
        .route("/actions/{name}", post(run_action).get(action))
        .route("/tasks/{name}", get(task_details))
        .route("/triggers/{name}", get(trigger_details))
        .route("/actions", get(async || Json(names())))
        .route("/tasks", get(async || Json([task::NAME])))
        .route("/triggers", get(async || Json(Vec::<String>::new())))
        .route("/definitions/actions", get(definitions))
        .route("/connection", get(connection_schema))
        .route("/connection/{kind}", post(test_connection))
        .route("/info", get(information))
        .route("/spec", get(specification))
        .route("/api", get(routes))
        .route("/status", get(async || Json(json!({"status": "Ready"}))))
        .route(
            "/workers",
            get(async |State(server): State<Arc<Server>>| {
                Json(json!({"num_workers": server.args.0}))
            }),
        )
        .route("/admin/shutdown", post(shut_down))
        .route("/admin/status", get(shutdown_status));
    Router::new()
        .nest("/api/v1", v1)
        .merge(root)
        .fallback(async |method: Method, uri: OriginalUri| {
            problem(
                StatusCode::NOT_FOUND,
                "The requested URL was not found on the server.",
                &method,
                &uri.0,
            )
        })
        .method_not_allowed_fallback(async |method: Method, uri: OriginalUri| {
            problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not allowed for the requested URL.",
                &method,
                &uri.0,
            )
        })
        .layer(DefaultBodyLimit::max(LARGEST_MESSAGE))
        .with_state(server)
}

/// An answer to what is no message.
fn problem(status: StatusCode, description: &str, method: &Method, uri: &Uri) -> Response {
    let name = status.canonical_reason().unwrap_or_default();
    let body = json!({
        "code": status.as_u16(),
        "description": description,
        "name": name,
        "response": null,
        "url": uri.to_string(),
        "method": method.as_str(),
    });
    (status, Json(body)).into_response()
}

/// A request to run or test something.
struct Call {
    server: Arc<Server>,
    method: Method,
    uri: Uri,
    body: Bytes,
}

type Parts = (State<Arc<Server>>, Method, OriginalUri);

impl Call {
    fn new((State(server), method, OriginalUri(uri)): Parts, body: Bytes) -> Self {
        Self {
            server,
            method,
            uri,
            body,
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
        let message: Value = match serde_json::from_slice(&self.body) {
            Ok(message) => message,
            Err(_) => return self.bad("The body is not JSON."),
        };
        let empty = match &message {
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
        let Some(envelope) = Envelope::read(&message) else {
            return self.bad("The message has no `body`.");
        };
        // On its own: whoever hangs up must not stop a step half-way.
        let running = Running::new(&self.server);
        let running = tokio::spawn(async move { running.0.plugin.answer(&envelope, test).await });
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
                problem(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    description,
                    &self.method,
                    &self.uri,
                )
            }
        }
    }
}

/// Counts a step as running, however it ends.
struct Running(Arc<Server>);

impl Running {
    fn new(server: &Arc<Server>) -> Self {
        server.active.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(server))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn run_action(parts: Parts, Path(name): Path<String>, body: Bytes) -> Response {
    let call = Call::new(parts, body);
    if call.server.closing.load(Ordering::SeqCst) {
        let body = json!({"error": "The plugin is shutting down and takes no new actions."});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    }
    call.answer(Step::Action, &name, false).await
}

async fn test_action(parts: Parts, Path(name): Path<String>, body: Bytes) -> Response {
    Call::new(parts, body)
        .answer(Step::Action, &name, true)
        .await
}

async fn test_trigger(parts: Parts, Path(name): Path<String>, body: Bytes) -> Response {
    Call::new(parts, body)
        .answer(Step::Trigger, &name, true)
        .await
}

async fn run_task(parts: Parts, Path(name): Path<String>, body: Bytes) -> Response {
    Call::new(parts, body)
        .answer(Step::Task, &name, false)
        .await
}

async fn test_task(parts: Parts, Path(name): Path<String>, body: Bytes) -> Response {
    Call::new(parts, body).answer(Step::Task, &name, true).await
}

async fn test_connection(parts: Parts, Path(kind): Path<String>, body: Bytes) -> Response {
    let call = Call::new(parts, body);
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

async fn shut_down(State(server): State<Arc<Server>>) -> Response {
    info!("told to shut down: no new actions");
    server.closing.store(true, Ordering::SeqCst);
    Json(json!({"message": "Shutdown request accepted."})).into_response()
}

async fn shutdown_status(State(server): State<Arc<Server>>) -> Response {
    let closing = server.closing.load(Ordering::SeqCst);
    let active = server.active.load(Ordering::SeqCst);
    Json(json!({
        "shutdown_initiated": closing,
        "shutdown_safe": closing && active == 0,
        "active_work": active,
    }))
    .into_response()
}

fn missing(what: &str, name: &str) -> Response {
    let body = json!({"error": format!("{what} {name} does not exist")});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

async fn action(Path(name): Path<String>) -> Response {
    match spec::document()["actions"].get(&name) {
        Some(action) => Json(action.clone()).into_response(),
        None => missing("Action", &name),
    }
}

async fn task_details(Path(name): Path<String>) -> Response {
    match spec::document()["tasks"].get(&name) {
        Some(task) => Json(task.clone()).into_response(),
        None => missing("Task", &name),
    }
}

async fn trigger_details(Path(name): Path<String>) -> Response {
    missing("Trigger", &name)
}

async fn definitions(State(server): State<Arc<Server>>) -> Response {
    let definition = |name: String| {
        let prepared = server.plugin.action(&name)?;
        let action = &prepared.action;
        let input = schema(&action.input, &action.types, Absence::LeftOut);
        Some(json!({"identifier": name, "inputJsonSchema": input}))
    };
    let definitions: Vec<Value> = names().into_iter().filter_map(definition).collect();
    Json(json!({"actionsDefinitions": definitions})).into_response()
}

async fn connection_schema() -> Response {
    let mut schema = schema(&connection::fields(), &Types::new(), Absence::LeftOut);
    if let Value::Object(members) = &mut schema {
        members.remove("definitions");
    }
    Json(schema).into_response()
}

async fn information(State(server): State<Arc<Server>>) -> Response {
    let document = spec::document();
    let mut info = json!({"number_of_workers": server.args.0, "threads": server.args.1});
    for name in [
        "name",
        "description",
        "version",
        "vendor",
        "plugin_spec_version",
        "title",
        "support",
        "tags",
    ] {
        info[name] = document[name].clone();
    }
    Json(info).into_response()
}

#[derive(Deserialize)]
struct Format {
    format: Option<String>,
}

fn formatted(
    format: &Format,
    json: impl FnOnce() -> Value,
    yaml: impl FnOnce() -> String,
) -> Response {
    match format.format.as_deref().unwrap_or("json") {
        "json" => Json(json()).into_response(),
        "yaml" => ([(header::CONTENT_TYPE, "application/yaml")], yaml()).into_response(),
        _ => {
            let body = json!({"error": "The specified format is not supported"});
            (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
        }
    }
}

async fn specification(Query(format): Query<Format>) -> Response {
    formatted(
        &format,
        || spec::document().clone(),
        || spec::YAML.to_owned(),
    )
}

/// The routes, as an OpenAPI document.
async fn routes(Query(format): Query<Format>) -> Response {
    const POSTS: [&str; 6] = [
        "/actions/{name}",
        "/actions/{name}/test",
        "/triggers/{name}/test",
        "/tasks/{name}",
        "/tasks/{name}/test",
        "/connection/test",
    ];
    const GETS: [&str; 9] = [
        "/info",
        "/spec",
        "/status",
        "/actions",
        "/triggers",
        "/tasks",
        "/connection",
        "/workers",
        "/definitions/actions",
    ];
    let mut paths = json!({});
    for (method, list) in [("post", &POSTS[..]), ("get", &GETS[..])] {
        for path in list {
            let done = json!({"200": {"description": "Done"}});
            paths[format!("/api/v1{path}")][method] = json!({"responses": done});
        }
    }
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": super::TITLE, "version": super::VERSION},
        "paths": paths,
    });
    // JSON is YAML.
    formatted(&format, || document.clone(), || format!("{document:#}\n"))
}
