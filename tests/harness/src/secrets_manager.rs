//! A stand-in for AWS Secrets Manager that needs no Python.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::server::Server;
use crate::{ACCOUNT, REGION, aws_env, uuid};

/// Answers `GetSecretValue` and `DescribeSecret` over plain HTTP.
///
/// For the demo and the bench. Tests of what Secrets Manager does should use
/// [`Moto`](crate::Moto), which others wrote and many use.
pub struct SecretsManager {
    server: Server,
    url: String,
    store: Arc<Mutex<Store>>,
}

/// How a request fails that [`SecretsManager::fail_next`] or
/// [`fail_next_with`](SecretsManager::fail_next_with) announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 400 `ThrottlingException`, which the SDK retries.
    Throttling,
    /// 500 `InternalServiceError`, which the SDK retries.
    Internal,
    /// 400 `AccessDeniedException`, which it does not.
    AccessDenied,
    /// The right answer, cut in the middle: the secret is in it.
    Cut,
    /// No answer at all.
    Hang,
}

#[derive(Default)]
struct Store {
    secrets: HashMap<String, Secret>,
    requests: usize,
    /// What happens to the next requests; `None` lets one through.
    failures: VecDeque<Option<Failure>>,
}

struct Secret {
    arn: String,
    current: Version,
    previous: Option<Version>,
}

#[derive(Clone)]
struct Version {
    id: String,
    created: f64,
    text: String,
}

impl SecretsManager {
    /// Serves on a free port of 127.0.0.1 until it is dropped.
    pub fn start() -> Self {
        let store = Arc::new(Mutex::new(Store::default()));
        let router = Router::new()
            .route("/", post(answer))
            .with_state(Arc::clone(&store));
        let server = Server::start("secrets-manager", router);
        let url = format!("http://{}", server.address());
        Self { server, url, store }
    }

    /// Creates the secret, or gives it a new current version.
    pub fn put(&self, name: &str, value: Value) {
        let version = Version {
            id: uuid(),
            created: now(),
            text: value.to_string(),
        };
        let mut store = self.store();
        match store.secrets.get_mut(name) {
            Some(secret) => secret.previous = Some(std::mem::replace(&mut secret.current, version)),
            None => {
                let suffix: String = std::iter::repeat_with(fastrand::alphanumeric)
                    .take(6)
                    .collect();
                let arn =
                    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{suffix}");
                store.secrets.insert(
                    name.to_owned(),
                    Secret {
                        arn,
                        current: version,
                        previous: None,
                    },
                );
            }
        }
    }

    /// The secret's ARN.
    ///
    /// # Panics
    /// If there is no such secret.
    pub fn arn(&self, name: &str) -> String {
        let store = self.store();
        store
            .secrets
            .get(name)
            .unwrap_or_else(|| panic!("{name:?} was never put"))
            .arn
            .clone()
    }

    /// The endpoint.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a function needs in its environment to use this.
    pub fn env(&self) -> Vec<(&str, &str)> {
        aws_env(&self.url)
    }

    /// How many requests came in, failed ones included.
    pub fn requests(&self) -> usize {
        self.store().requests
    }

    /// Makes the next `n` requests fail with a `ThrottlingException`.
    pub fn fail_next(&self, n: usize) {
        self.fail_next_with(n, Failure::Throttling);
    }

    /// Makes `n` requests fail, the next ones after those that were announced earlier.
    pub fn fail_next_with(&self, n: usize, failure: Failure) {
        self.store()
            .failures
            .extend(std::iter::repeat_n(Some(failure), n));
    }

    /// Lets `n` requests through before failures that are announced later.
    pub fn pass_next(&self, n: usize) {
        self.store().failures.extend(std::iter::repeat_n(None, n));
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().expect("no handler panicked")
    }
}

/// `__type`, message and status of an error of AWS's JSON protocol.
struct ApiError(StatusCode, &'static str, &'static str);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(status, kind, message) = self;
        // Upper and lower case as the service writes them.
        (
            status,
            Json(json!({ "__type": kind, "Message": message, "message": message })),
        )
            .into_response()
    }
}

const NOT_FOUND: &str = "ResourceNotFoundException";

async fn answer(
    State(store): State<Arc<Mutex<Store>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let failure = {
        let mut store = store.lock().expect("no handler panicked");
        store.requests += 1;
        store.failures.pop_front().flatten()
    };
    let right = || right_answer(&store.lock().expect("no handler panicked"), &headers, &body);
    match failure {
        None => right().into_response(),
        Some(Failure::Hang) => std::future::pending().await,
        Some(Failure::Cut) => match right() {
            Ok(Json(answer)) => {
                let mut text = answer.to_string();
                text.truncate(text.len() - 2);
                text.into_response()
            }
            Err(error) => error.into_response(),
        },
        Some(Failure::Throttling) => error(
            StatusCode::BAD_REQUEST,
            "ThrottlingException",
            "Rate exceeded",
        ),
        Some(Failure::Internal) => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServiceError",
            "An error occurred on the server side.",
        ),
        Some(Failure::AccessDenied) => error(
            StatusCode::BAD_REQUEST,
            "AccessDeniedException",
            "User is not authorized to perform: secretsmanager:GetSecretValue because no identity-based policy allows it",
        ),
    }
}

fn error(status: StatusCode, kind: &'static str, message: &'static str) -> Response {
    ApiError(status, kind, message).into_response()
}

fn right_answer(store: &Store, headers: &HeaderMap, body: &str) -> Result<Json<Value>, ApiError> {
    let bad = |kind, message| ApiError(StatusCode::BAD_REQUEST, kind, message);
    // No signature is checked, but forgetting to sign is an error here as it is there.
    if !headers.contains_key("authorization") {
        return Err(bad(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ));
    }
    let request: Value =
        serde_json::from_str(body).map_err(|_| bad("SerializationException", "Not JSON"))?;
    let id = request["SecretId"].as_str().unwrap_or_default();
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let found = store
        .secrets
        .iter()
        .find(|(name, secret)| *name == id || secret.arn == id);
    let (name, secret) = found.ok_or_else(|| {
        bad(
            NOT_FOUND,
            "Secrets Manager can't find the specified secret.",
        )
    })?;
    match target {
        "secretsmanager.GetSecretValue" => secret.value(name, &request).map(Json).ok_or_else(|| {
            bad(NOT_FOUND, "Secrets Manager can't find the specified secret value for this version or staging label.")
        }),
        "secretsmanager.DescribeSecret" => Ok(Json(secret.description(name))),
        _ => Err(bad("UnknownOperationException", "The stand-in knows GetSecretValue and DescribeSecret")),
    }
}

impl Secret {
    fn versions(&self) -> impl Iterator<Item = (&'static str, &Version)> {
        std::iter::once(("AWSCURRENT", &self.current))
            .chain(self.previous.iter().map(|version| ("AWSPREVIOUS", version)))
    }

    fn value(&self, name: &str, request: &Value) -> Option<Value> {
        let (id, stage) = (
            request["VersionId"].as_str(),
            request["VersionStage"].as_str(),
        );
        // Current if neither is asked for; both must fit if both are.
        let stage = if id.is_none() {
            stage.or(Some("AWSCURRENT"))
        } else {
            stage
        };
        let (label, version) = self.versions().find(|(label, version)| {
            id.is_none_or(|id| id == version.id) && stage.is_none_or(|stage| stage == *label)
        })?;
        Some(json!({
            "ARN": self.arn,
            "Name": name,
            "VersionId": version.id,
            "SecretString": version.text,
            "VersionStages": [label],
            "CreatedDate": version.created,
        }))
    }

    fn description(&self, name: &str) -> Value {
        let stages: HashMap<_, _> = self
            .versions()
            .map(|(label, version)| (version.id.as_str(), [label]))
            .collect();
        json!({
            "ARN": self.arn,
            "Name": name,
            "LastChangedDate": self.current.created,
            "VersionIdsToStages": stages,
        })
    }
}

/// A timestamp of AWS's JSON protocol: seconds with a fraction.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is past 1970")
        .as_secs_f64()
}
