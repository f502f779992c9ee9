//! A stand-in for AWS Secrets Manager that needs no Python.

use std::collections::{BTreeSet, HashMap, VecDeque};
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

/// Answers `GetSecretValue`, `PutSecretValue`, `DescribeSecret` and `UpdateSecretVersionStage` over
/// plain HTTP.
///
/// For the demo, the bench, and faults at a given request. Tests of what Secrets Manager does should use
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
    /// The right answer, cut in the middle: the secret may be in it.
    Cut,
    /// The request is carried out, but answered like `Internal`.
    Lost,
    /// No answer at all.
    Hang,
    /// An answer of 64 MB.
    Long,
}

/// A version of a secret, as [`SecretsManager::versions`] tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretVersion {
    /// Its id: the token of the request that made it.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Its staging labels.
    pub stages: BTreeSet<String>,
}

#[derive(Default)]
struct Store {
    secrets: HashMap<String, Secret>,
    /// The request and the id that it names.
    requests: Vec<(String, String)>,
    /// What happens to the next requests; `None` lets one through.
    failures: VecDeque<Option<Failure>>,
    /// What happens to the next requests of one kind.
    failures_on: HashMap<&'static str, VecDeque<Failure>>,
}

struct Secret {
    arn: String,
    changed: f64,
    /// The oldest first.
    versions: Vec<Version>,
    rotates: bool,
}

struct Version {
    id: String,
    created: f64,
    /// None, until the rotation that made it gives it one.
    text: Option<String>,
    stages: BTreeSet<String>,
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
        self.put_text(name, &value.to_string());
    }

    /// The same with any text.
    pub fn put_text(&self, name: &str, text: &str) {
        self.create(name);
        let mut store = self.store();
        let secret = store.secrets.get_mut(name).expect("just created");
        secret.add(uuid(), Some(text.to_owned()), [CURRENT.to_owned()]);
    }

    /// Creates the secret without a value, unless it is there.
    pub fn create(&self, name: &str) {
        let mut store = self.store();
        store.secrets.entry(name.to_owned()).or_insert_with(|| {
            let suffix: String = std::iter::repeat_with(fastrand::alphanumeric)
                .take(6)
                .collect();
            Secret {
                arn: format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{suffix}"),
                changed: now(),
                versions: vec![],
                rotates: false,
            }
        });
    }

    /// The secret's versions, the oldest first, those without a label included.
    ///
    /// # Panics
    /// If there is no such secret.
    pub fn versions(&self, name: &str) -> Vec<SecretVersion> {
        let store = self.store();
        let secret = store.secrets.get(name);
        let secret = secret.unwrap_or_else(|| panic!("{name:?} was never put"));
        let versions = secret.versions.iter().map(|version| SecretVersion {
            id: version.id.clone(),
            text: version.text.clone().unwrap_or_default(),
            stages: version.stages.clone(),
        });
        versions.collect()
    }

    /// Does what `RotateSecret` does before it calls the rotation function: rotation is on, and there is a
    /// pending version without a text, whose id is returned.
    ///
    /// # Panics
    /// If there is no such secret, or "a previous rotation request is still in progress" (AWS's API
    /// reference): its pending version is not the current one.
    pub fn rotate(&self, name: &str) -> String {
        let mut store = self.store();
        let secret = store.secrets.get_mut(name);
        let secret = secret.unwrap_or_else(|| panic!("{name:?} was never put"));
        let pending = secret.holder(PENDING);
        let finished = pending.is_none_or(|version| version.stages.contains(CURRENT));
        assert!(finished, "a previous rotation is still in progress");
        let id = uuid();
        secret.rotates = true;
        secret.add(id.clone(), None, [PENDING.to_owned()]);
        id
    }

    /// Carries a request out as if it had come in, without counting it.
    ///
    /// # Panics
    /// If it is refused.
    pub fn call(&self, request: &str, body: &Value) -> Value {
        let answer = self.store().carry_out(request, body);
        answer.unwrap_or_else(|error| panic!("{request}: {} {}", error.1, error.2))
    }

    /// Turns rotation off, and leaves the versions as they are.
    pub fn stop_rotating(&self, name: &str) {
        let mut store = self.store();
        let secret = store.secrets.get_mut(name);
        secret.expect("a secret").rotates = false;
    }

    /// Moves a label to a version, or, without one, takes it from whichever has it.
    pub fn relabel(&self, name: &str, label: &str, version: Option<&str>) {
        let mut store = self.store();
        let secret = store.secrets.get_mut(name).expect("a secret");
        secret.move_to(label, version.unwrap_or_default());
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
        self.store().requests.len()
    }

    /// The requests that came in, failed ones included, as `GetSecretValue NAME`, with the name or
    /// ARN that was sent.
    pub fn calls(&self) -> Vec<String> {
        let store = self.store();
        let calls = store.requests.iter();
        calls.map(|(call, id)| format!("{call} {id}")).collect()
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

    /// Makes the next `n` requests of one kind fail, such as `PutSecretValue`, whatever comes in
    /// between.
    pub fn fail_on(&self, request: &'static str, n: usize, failure: Failure) {
        let mut store = self.store();
        let failures = store.failures_on.entry(request).or_default();
        failures.extend(std::iter::repeat_n(failure, n));
    }

    /// Lets `n` requests through before failures that are announced later.
    pub fn pass_next(&self, n: usize) {
        self.store().failures.extend(std::iter::repeat_n(None, n));
    }

    /// Forgets the failures that were announced and have not happened.
    pub fn stop_failing(&self) {
        let mut store = self.store();
        store.failures.clear();
        store.failures_on.clear();
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
struct ApiError(StatusCode, &'static str, String);

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

fn bad(kind: &'static str, message: impl Into<String>) -> ApiError {
    ApiError(StatusCode::BAD_REQUEST, kind, message.into())
}

fn internal() -> ApiError {
    ApiError(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalServiceError",
        "An error occurred on the server side.".into(),
    )
}

const NOT_FOUND: &str = "ResourceNotFoundException";
const INVALID: &str = "InvalidParameterException";
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";

async fn answer(
    State(store): State<Arc<Mutex<Store>>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let call = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .and_then(|target| target.strip_prefix("secretsmanager."))
        .unwrap_or_default();
    let request = serde_json::from_str::<Value>(&body);
    let failure = {
        let mut store = store.lock().expect("no handler panicked");
        let id = request.as_ref().ok().and_then(|r| r["SecretId"].as_str());
        let id = id.unwrap_or_default().to_owned();
        store.requests.push((call.to_owned(), id));
        let planned = store.failures_on.get_mut(call);
        let planned = planned.and_then(VecDeque::pop_front);
        planned.or_else(|| store.failures.pop_front().flatten())
    };
    let right = || -> Result<Json<Value>, ApiError> {
        // No signature is checked, but forgetting to sign is an error here as it is there.
        if !headers.contains_key("authorization") {
            return Err(bad(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ));
        }
        let request = request.map_err(|_| bad("SerializationException", "Not JSON"))?;
        let mut store = store.lock().expect("no handler panicked");
        store.carry_out(call, &request).map(Json)
    };
    match failure {
        None => right().into_response(),
        Some(Failure::Hang) => std::future::pending().await,
        Some(Failure::Long) => vec![b' '; 64 * 1024 * 1024].into_response(),
        Some(Failure::Cut) => match right() {
            Ok(Json(answer)) => {
                let mut text = answer.to_string();
                text.truncate(text.len() - 2);
                text.into_response()
            }
            Err(error) => error.into_response(),
        },
        Some(Failure::Lost) => {
            let _ = right();
            internal().into_response()
        }
        Some(Failure::Throttling) => bad("ThrottlingException", "Rate exceeded").into_response(),
        Some(Failure::Internal) => internal().into_response(),
        Some(Failure::AccessDenied) => bad(
            "AccessDeniedException",
            format!(
                "User is not authorized to perform: secretsmanager:{call} because no \
                 identity-based policy allows it"
            ),
        )
        .into_response(),
    }
}

impl Store {
    fn carry_out(&mut self, call: &str, request: &Value) -> Result<Value, ApiError> {
        let id = request["SecretId"].as_str().unwrap_or_default();
        let found = self
            .secrets
            .iter_mut()
            .find(|(name, secret)| *name == id || secret.arn == id);
        let (name, secret) = found.ok_or_else(|| {
            bad(
                NOT_FOUND,
                "Secrets Manager can't find the specified secret.",
            )
        })?;
        let mut answer = match call {
            "GetSecretValue" => secret.value(request),
            "PutSecretValue" => secret.put(request),
            "DescribeSecret" => Ok(secret.description()),
            "UpdateSecretVersionStage" => secret.relabel(request),
            _ => Err(bad(
                "UnknownOperationException",
                "The stand-in does not know this",
            )),
        }?;
        answer["ARN"] = secret.arn.as_str().into();
        answer["Name"] = name.as_str().into();
        Ok(answer)
    }
}

impl Secret {
    fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    fn holder(&self, stage: &str) -> Option<&Version> {
        let holds = |version: &&Version| version.stages.contains(stage);
        self.versions.iter().find(holds)
    }

    /// Attaches a label, which only one version has at a time.
    fn attach(&mut self, stage: &str, id: &str) {
        for version in &mut self.versions {
            if version.id == id {
                version.stages.insert(stage.to_owned());
            } else {
                version.stages.remove(stage);
            }
        }
    }

    /// The same, with what happens to `AWSPREVIOUS` when `AWSCURRENT` moves.
    fn move_to(&mut self, stage: &str, id: &str) {
        let left = self.holder(stage).map(|version| version.id.clone());
        self.attach(stage, id);
        if let Some(left) = left.filter(|left| stage == CURRENT && left != id) {
            self.attach(PREVIOUS, &left);
        }
    }

    fn add(&mut self, id: String, text: Option<String>, stages: impl IntoIterator<Item = String>) {
        let first = self.versions.is_empty();
        self.changed = now();
        self.versions.push(Version {
            id: id.clone(),
            created: self.changed,
            text,
            stages: BTreeSet::new(),
        });
        for stage in stages {
            self.move_to(&stage, &id);
        }
        if first {
            self.move_to(CURRENT, &id);
        }
    }

    fn value(&self, request: &Value) -> Result<Value, ApiError> {
        let stage = request["VersionStage"].as_str();
        let version = match request["VersionId"].as_str() {
            Some(id) => self.version(id),
            None => self.holder(stage.unwrap_or(CURRENT)),
        };
        let missing = || {
            bad(
                NOT_FOUND,
                "Secrets Manager can't find the specified secret value for this version or staging label.",
            )
        };
        let version = version.ok_or_else(missing)?;
        if stage.is_some_and(|stage| !version.stages.contains(stage)) {
            return Err(bad(
                "InvalidRequestException",
                "You provided a VersionStage that is not associated to the provided VersionId.",
            ));
        }
        let text = version.text.as_ref().ok_or_else(missing)?;
        Ok(json!({
            "VersionId": version.id,
            "SecretString": text,
            "VersionStages": version.stages,
            "CreatedDate": version.created,
        }))
    }

    fn put(&mut self, request: &Value) -> Result<Value, ApiError> {
        let token = request["ClientRequestToken"].as_str().unwrap_or_default();
        if !(32..=64).contains(&token.len()) {
            return Err(bad(
                INVALID,
                "ClientRequestToken must be 32-64 characters long.",
            ));
        }
        let text = request["SecretString"].as_str();
        let text = text.ok_or_else(|| {
            bad(
                INVALID,
                "You must provide either SecretString or SecretBinary.",
            )
        })?;
        let unmade = self.versions.iter_mut();
        let unmade = unmade.filter(|version| version.id == token && version.text.is_none());
        for version in unmade {
            version.text = Some(text.to_owned());
        }
        match self.version(token) {
            Some(there) if there.text.as_deref() == Some(text) => {}
            Some(_) => {
                return Err(bad(
                    "ResourceExistsException",
                    "A resource with the ID you requested already exists.",
                ));
            }
            None => {
                let asked = request["VersionStages"].as_array().into_iter().flatten();
                let asked = asked.filter_map(Value::as_str).map(str::to_owned);
                let mut stages: Vec<String> = asked.collect();
                if stages.is_empty() {
                    stages.push(CURRENT.to_owned());
                }
                self.add(token.to_owned(), Some(text.to_owned()), stages);
            }
        }
        let stages = self.version(token).map(|version| &version.stages);
        Ok(json!({"VersionId": token, "VersionStages": stages}))
    }

    fn description(&self) -> Value {
        // Versions without labels are not told.
        let labelled = self.versions.iter().filter(|v| !v.stages.is_empty());
        let stages: HashMap<_, _> = labelled.map(|v| (v.id.as_str(), &v.stages)).collect();
        json!({
            "LastChangedDate": self.changed,
            "RotationEnabled": self.rotates,
            "VersionIdsToStages": stages,
        })
    }

    fn relabel(&mut self, request: &Value) -> Result<Value, ApiError> {
        let stage = request["VersionStage"].as_str().unwrap_or_default();
        let to = request["MoveToVersionId"].as_str();
        let from = request["RemoveFromVersionId"].as_str();
        if stage.is_empty() || (to.is_none() && from.is_none()) {
            return Err(bad(INVALID, "A staging label and a version are required."));
        }
        for id in [to, from].into_iter().flatten() {
            if self.version(id).is_none() {
                return Err(bad(
                    NOT_FOUND,
                    "Secrets Manager can't find the specified secret version.",
                ));
            }
        }
        let holder = self.holder(stage).map(|version| version.id.clone());
        let holder = holder.as_deref();
        match (to, from) {
            (_, Some(from)) if holder != Some(from) => Err(bad(
                INVALID,
                format!("Staging label {stage} is not attached to version {from}."),
            )),
            (None, Some(_)) if stage == CURRENT => Err(bad(
                INVALID,
                "You can only move staging label AWSCURRENT to a different secret version. It \
                 can't be completely removed.",
            )),
            (Some(to), None) if holder.is_some_and(|holder| holder != to) => Err(bad(
                INVALID,
                format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is \
                     currently attached to version {}, so you must explicitly reference that \
                     version in RemoveFromVersionId.",
                    holder.unwrap_or_default()
                ),
            )),
            (Some(to), _) => {
                self.move_to(stage, to);
                Ok(json!({}))
            }
            (None, from) => {
                for version in &mut self.versions {
                    if Some(version.id.as_str()) == from {
                        version.stages.remove(stage);
                    }
                }
                Ok(json!({}))
            }
        }
    }
}

/// A timestamp of AWS's JSON protocol: seconds with a fraction.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is past 1970")
        .as_secs_f64()
}
