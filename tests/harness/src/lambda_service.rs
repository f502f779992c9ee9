//! The part of Lambda that its callers see: `Invoke`, by name, of real function binaries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::invocation::FunctionError;
use crate::server::Server;
use crate::{Function, Rie, uuid};

type Runner = Arc<dyn Fn(&Value) -> Result<Value, FunctionError> + Send + Sync>;

/// Lambda's `Invoke` (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>) on a free
/// port of 127.0.0.1. Whatever else is asked goes on to another server, if one is named.
pub struct LambdaService {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared(Mutex<Known>);

#[derive(Default)]
struct Known {
    functions: BTreeMap<String, Runner>,
    /// How often each is still refused.
    throttled: BTreeMap<String, usize>,
    invoked: Vec<(String, Value)>,
    rest: Option<String>,
    failing: Option<Failing>,
}

/// What of the rest fails, though it may be carried out.
struct Failing {
    operation: String,
    times: usize,
    carried_out: bool,
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Known {
    /// Whether this request is one that fails, and if so whether it is carried out.
    fn fails(&mut self, target: &str) -> Option<bool> {
        let failing = self.failing.as_mut()?;
        if failing.times == 0 || !target.ends_with(&failing.operation) {
            return None;
        }
        failing.times -= 1;
        Some(failing.carried_out)
    }
}

impl LambdaService {
    /// Serves until it is dropped. There is no function yet.
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let routes = Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .fallback(forward)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        Self {
            server: Server::start("lambda-service", routes),
            shared,
        }
    }

    /// The endpoint, for `AWS_ENDPOINT_URL_LAMBDA`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Its port alone.
    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// Makes a function callable by this name, and by any ARN that ends in it.
    pub fn add(&self, name: &str, function: Function) {
        let run = move |event: &Value| function.invoke(event).result;
        self.add_with(name, run);
    }

    /// The same under AWS's emulator.
    pub fn add_emulated(&self, name: &str, emulator: Rie) {
        self.add_with(name, move |event| {
            let answer = emulator.invoke(event);
            match answer.get("errorType") {
                None => Ok(answer),
                Some(_) => Err(FunctionError::parse(answer.to_string().as_bytes())),
            }
        });
    }

    /// The same with anything that answers.
    pub fn add_with(
        &self,
        name: &str,
        run: impl Fn(&Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    ) {
        let run: Runner = Arc::new(run);
        self.shared.known().functions.insert(name.to_owned(), run);
    }

    /// Invokes a function as `Invoke` does.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn invoke(&self, name: &str, event: &Value) -> Result<Value, FunctionError> {
        let run = self.shared.known().functions.get(name).cloned();
        run.unwrap_or_else(|| panic!("there is no function {name}"))(event)
    }

    /// From now on the function is refused as one is that has no concurrency left.
    pub fn throttle(&self, name: &str) {
        self.throttle_next(name, usize::MAX);
    }

    /// The same, for the next `times` invocations.
    pub fn throttle_next(&self, name: &str, times: usize) {
        let mut known = self.shared.known();
        known.throttled.insert(name.to_owned(), times);
    }

    /// Ends [`throttle`](Self::throttle).
    pub fn unthrottle(&self, name: &str) {
        self.shared.known().throttled.remove(name);
    }

    /// Where requests go that are not for Lambda's `Invoke`.
    pub fn forward_rest_to(&self, url: &str) {
        self.shared.known().rest = Some(url.to_owned());
    }

    /// The next requests for an operation of another service, such as `PutSecretValue`, are answered with
    /// an internal failure: instead of being sent on, or (`carried_out`) after that.
    pub fn fail_rest(&self, operation: &str, times: usize, carried_out: bool) {
        let operation = format!(".{operation}");
        self.shared.known().failing = Some(Failing {
            operation,
            times,
            carried_out,
        });
    }

    /// What was invoked with what, in order, throttled ones not.
    pub fn invoked(&self) -> Vec<(String, Value)> {
        self.shared.known().invoked.clone()
    }
}

async fn invoke(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let name = name.rsplit(':').next().unwrap_or_default().to_owned();
    let event = match body.is_empty() {
        true => Value::Object(serde_json::Map::new()),
        false => match serde_json::from_slice(&body) {
            Ok(event) => event,
            Err(error) => {
                return refusal(400, "InvalidRequestContentException", &error.to_string());
            }
        },
    };
    let run = {
        let mut known = shared.known();
        if let Some(times) = known.throttled.get_mut(&name)
            && *times > 0
        {
            *times -= 1;
            return refusal(429, "TooManyRequestsException", "Rate Exceeded.");
        }
        let Some(run) = known.functions.get(&name).cloned() else {
            let message = format!("Function not found: {name}");
            return refusal(404, "ResourceNotFoundException", &message);
        };
        known.invoked.push((name, event.clone()));
        run
    };
    let run = tokio::task::spawn_blocking(move || run(&event));
    let asynchronous = headers
        .get("x-amz-invocation-type")
        .is_some_and(|kind| kind == "Event");
    if asynchronous {
        return StatusCode::ACCEPTED.into_response();
    }
    let request_id = ("x-amzn-requestid", uuid());
    let version = ("x-amz-executed-version", "$LATEST".to_owned());
    match run.await.expect("a runner does not panic") {
        Ok(answer) => ([request_id, version], answer.to_string()).into_response(),
        Err(error) => {
            let failed = ("x-amz-function-error", "Unhandled".to_owned());
            ([request_id, version, failed], error.raw.to_string()).into_response()
        }
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let header = [
        ("x-amzn-errortype", code.to_owned()),
        ("x-amzn-requestid", uuid()),
    ];
    let body = json!({"Type": "User", "Message": message, "message": message});
    (status, header, body.to_string()).into_response()
}

/// moto looks whether a condition holds and changes the item after that, and lets others in between, as DynamoDB
/// never does.
static TURN: Mutex<()> = Mutex::new(());

async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let Some(rest) = shared.known().rest.clone() else {
        return refusal(404, "ResourceNotFoundException", "nothing else is here");
    };
    let (parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let fails = target.and_then(|target| shared.known().fails(target));
    let failure = || refusal(500, "InternalServiceError", "a fault of the test");
    if fails == Some(false) {
        return failure();
    }
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let body = body.unwrap_or_default();
    let one_at_a_time = target.is_some_and(|target| target.starts_with("DynamoDB_"));
    let sent = tokio::task::spawn_blocking(move || -> Result<Response, ureq::Error> {
        let _turn = one_at_a_time.then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
        let config = ureq::config::Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .proxy(None)
            .build();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = ureq::http::Request::builder()
            .method(parts.method)
            .uri(format!("{rest}{path}"));
        for (name, value) in &parts.headers {
            // The host stays: moto tells services apart by the signature's scope.
            if name != "content-length" && name != "host" && name != "connection" {
                request = request.header(name, value);
            }
        }
        let agent = ureq::Agent::new_with_config(config);
        let mut answer = agent.run(request.body(body.as_ref())?)?;
        let bytes = answer.body_mut().read_to_vec()?;
        let mut response = Response::new(axum::body::Body::from(bytes));
        *response.status_mut() = answer.status();
        for (name, value) in answer.headers() {
            if name != "content-length" && name != "transfer-encoding" && name != "connection" {
                response.headers_mut().append(name, value.clone());
            }
        }
        Ok(response)
    });
    match sent.await.expect("forwarding does not panic") {
        Ok(_) if fails.is_some() => failure(),
        Ok(response) => response,
        Err(error) => refusal(502, "BadGateway", &error.to_string()),
    }
}
