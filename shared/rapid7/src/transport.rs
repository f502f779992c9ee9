//! One request: sent, answered, understood, and sent again where that is safe.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::Retryable as _;
use reqwest::Method;
use reqwest::header::ACCEPT;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use crate::answer::{connection_error, correlation_id, never_left, understand};
use crate::credentials::{CredentialError, CredentialSource, Credentials, Identity};
use crate::error::{Delivery, Error, ErrorKind, Result, Surface};
use crate::rate_limit::{Pace, RateLimit};
use crate::redact;
use crate::request::Request;
use crate::retry::RetryPolicy;
use crate::tls::{Trust, client_config};
use crate::url::InvalidUrl;

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which certificate to believe.
    pub trust: Trust,
    /// Upper bound for opening a connection, TLS included.
    pub connect_timeout: Duration,
    /// Upper bound for one request and its answer.
    pub request_timeout: Duration,
    /// Upper bound for a call with all its retries, where the caller set no deadline.
    pub call_timeout: Duration,
    /// How many requests may be on their way at once. Each is a login of its own on a console: should
    /// the password change in the middle, so many are refused, and it locks accounts after a few.
    pub concurrency: usize,
    /// When to send again.
    pub retry: RetryPolicy,
    /// Counts the requests that left, those sent again and those that opened a connection included.
    /// Whoever wants to know keeps a clone.
    pub sent: Arc<AtomicU64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            call_timeout: Duration::from_secs(60),
            concurrency: 4,
            retry: RetryPolicy::default(),
            sent: Arc::default(),
        }
    }
}

/// Longer than this nobody waits for a connection that is opened ahead of time.
const WARM_UP: Duration = Duration::from_secs(1);

/// What a write that waits for the rate limit leaves of the time for reading back.
const TO_READ_BACK: Duration = Duration::from_secs(2);

/// A server, and who talks to it.
pub(crate) struct Transport<C = Credentials> {
    http: reqwest::Client,
    base: String,
    credentials: Arc<dyn CredentialSource<C>>,
    options: Options,
    slots: Semaphore,
    pace: Pace,
}

/// What belongs to one run rather than to the connection.
#[derive(Debug)]
pub(crate) struct Call<C = Credentials> {
    deadline: Option<Instant>,
    /// Requests sent, retries included.
    pub(crate) requests: Arc<AtomicU32>,
    /// The credentials of this run: got once, so that nothing has to be waited for in the middle.
    credentials: Arc<Mutex<Option<Arc<C>>>>,
    /// Whether those are a password that was just set: they are what is to be proven, so no others are sent
    /// in their place, and not twice where the answer may have been a refusal.
    on_trial: Arc<AtomicBool>,
    /// What the platform calls the writes of this run.
    written: Arc<Mutex<Vec<String>>>,
}

impl<C> Clone for Call<C> {
    fn clone(&self) -> Self {
        Self {
            deadline: self.deadline,
            requests: Arc::clone(&self.requests),
            credentials: Arc::clone(&self.credentials),
            on_trial: Arc::clone(&self.on_trial),
            written: Arc::clone(&self.written),
        }
    }
}

impl<C> Default for Call<C> {
    fn default() -> Self {
        Self {
            deadline: None,
            requests: Arc::default(),
            credentials: Arc::default(),
            on_trial: Arc::default(),
            written: Arc::default(),
        }
    }
}

impl<C> Call<C> {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..Self::default()
        }
    }

    /// The same run with a list of writes of its own.
    pub(crate) fn with_own_writes(&self) -> Self {
        Self {
            written: Arc::default(),
            ..self.clone()
        }
    }

    fn credentials(&self) -> MutexGuard<'_, Option<Arc<C>>> {
        self.credentials
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_on_trial(&self) -> bool {
        self.on_trial.load(Ordering::Relaxed)
    }

    /// The correlation ids of the writes so far.
    pub(crate) fn written(&self) -> MutexGuard<'_, Vec<String>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Identity> Transport<C> {
    /// A server at an address that was checked: see `url.rs`.
    pub(crate) fn new(
        base: String,
        credentials: Arc<dyn CredentialSource<C>>,
        options: Options,
    ) -> std::result::Result<Self, InvalidUrl> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(client_config(&options.trust)?)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .tcp_nodelay(true)
            // Shorter than a server's usual patience with an idle connection (Tomcat: 20 s).
            .pool_idle_timeout(Duration::from_secs(15))
            .user_agent(concat!("rapid7-user-actions/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| InvalidUrl::Form)?;
        Ok(Self {
            http,
            base,
            credentials,
            slots: Semaphore::new(options.concurrency.max(1)),
            pace: Pace::default(),
            options,
        })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// What the server told of its rate limit last.
    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        self.pace.told()
    }

    /// Opens a connection without saying who we are, so that the first real request finds it open.
    /// A failure shows again, with a name, on that request.
    pub(crate) async fn warm_up(&self) {
        let request = self.http.head(format!("{}/", self.base));
        let _ = self.send_counted(request.timeout(WARM_UP)).await;
    }

    /// Sends a request, and counts it unless it never left.
    async fn send_counted(
        &self,
        outgoing: reqwest::RequestBuilder,
    ) -> reqwest::Result<reqwest::Response> {
        // Before its answer is there: who is no longer waiting for that has sent it all the same.
        self.options.sent.fetch_add(1, Ordering::Relaxed);
        let answer = outgoing.send().await;
        if let Err(error) = &answer
            && never_left(error)
        {
            self.options.sent.fetch_sub(1, Ordering::Relaxed);
        }
        answer
    }

    /// Sends a request and returns its JSON, `Null` for an empty answer.
    pub(crate) async fn send(&self, request: &Request, call: &Call<C>) -> Result<Value> {
        let deadline = self.deadline(call);
        let retry = &self.options.retry;
        let wait_until = match (request.surface, request.method) {
            // It may ask to wait for most of the time that there is.
            (Surface::Platform, method) if method != "GET" => before(deadline),
            _ => deadline,
        };
        (|| self.send_once(request, call, deadline))
            .retry(retry.backoff())
            .when(|error| {
                retry.sends_again(error) && !(call.is_on_trial() && error.answer_was_lost())
            })
            .adjust(|error, backoff| retry.wait(error, backoff, wait_until))
            .notify(|error, wait| warn!(%error, wait_ms = wait.as_millis(), "sending again"))
            .await
            .map_err(|error| Error {
                target: self.base.clone(),
                ..error
            })
    }

    /// One request, and one more after a 401 if there are newer credentials: a 401 says that
    /// nothing was done.
    async fn send_once(
        &self,
        request: &Request,
        call: &Call<C>,
        deadline: Instant,
    ) -> Result<Value> {
        let credentials = self.credentials(request, call).await?;
        let answer = self.exchange(request, call, deadline, &credentials).await;
        match answer {
            Err(error) if error.kind == ErrorKind::Unauthorized && !call.is_on_trial() => {
                match timeout_at(deadline, self.credentials.renew(&credentials)).await {
                    Ok(Some(newer)) if !credentials.is_same_account(&newer) => Err(request.error(
                        ErrorKind::CredentialsUnavailable,
                        Delivery::Refused,
                        "the credentials were refused, and by now they are another user's; \
                             this run was begun as the first one"
                            .into(),
                    )),
                    Ok(Some(newer)) => {
                        *call.credentials() = Some(Arc::clone(&newer));
                        let answer = self.exchange(request, call, deadline, &newer).await;
                        if matches!(&answer, Err(error) if error.kind == ErrorKind::Unauthorized) {
                            // Told, so that no later run sends them; no third ones are sent in this run.
                            let _ = timeout_at(deadline, self.credentials.renew(&newer)).await;
                        }
                        answer
                    }
                    Ok(None) | Err(_) => Err(error),
                }
            }
            answer => answer,
        }
    }

    pub(crate) async fn credentials(&self, request: &Request, call: &Call<C>) -> Result<Arc<C>> {
        if let Some(credentials) = &*call.credentials() {
            return Ok(Arc::clone(credentials));
        }
        let current = timeout_at(self.deadline(call), self.credentials.current()).await;
        let current = current.unwrap_or_else(|_| {
            Err(CredentialError {
                message: "the credentials could not be had before the deadline".into(),
                retryable: true,
            })
        });
        let credentials = current.map_err(|error| {
            // Sources retry by themselves: once they give up, so do we.
            let kind = if error.retryable {
                ErrorKind::CredentialsUnavailable
            } else {
                ErrorKind::Credentials
            };
            request.error(kind, Delivery::NotSent, error.message)
        })?;
        *call.credentials() = Some(Arc::clone(&credentials));
        Ok(credentials)
    }

    fn deadline(&self, call: &Call<C>) -> Instant {
        call.deadline
            .unwrap_or_else(|| Instant::now() + self.options.call_timeout)
    }

    /// Waits for a place among the requests that are on their way.
    async fn slot(&self, request: &Request, deadline: Instant) -> Result<SemaphorePermit<'_>> {
        match timeout_at(deadline, self.slots.acquire()).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(out_of_time(request)),
        }
    }

    async fn exchange(
        &self,
        request: &Request,
        call: &Call<C>,
        deadline: Instant,
        credentials: &C,
    ) -> Result<Value> {
        let _slot = self.slot(request, deadline).await?;
        // A write that begins at the last moment could not be read back.
        let limit = match request.method {
            "GET" => deadline,
            _ => before(deadline),
        };
        let pace = self.pace.ready(limit).await;
        let pace = pace.map_err(|wait| {
            let mut error = request.error(
                ErrorKind::RateLimited,
                Delivery::Refused,
                "not sent: the rate limit is used up, and is not whole again before the deadline"
                    .into(),
            );
            error.retry_after = Some(wait);
            error
        })?;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(out_of_time(request));
        }
        let headers = credentials.headers().ok_or_else(|| {
            request.error(
                ErrorKind::Credentials,
                Delivery::NotSent,
                C::UNSENDABLE.into(),
            )
        })?;
        // A write that gets no answer must leave time to look, and to give back what it dropped.
        let left = if request.method == "GET" {
            left
        } else {
            left / 2
        };
        let method = Method::from_bytes(request.method.as_bytes()).expect("a known method");
        let mut outgoing = self
            .http
            .request(method, format!("{}{}", self.base, request.path))
            .header(ACCEPT, "application/json")
            .headers(headers)
            .timeout(self.options.request_timeout.min(left));
        if !request.query.is_empty() {
            outgoing = outgoing.query(&request.query);
        }
        if let Some(body) = &request.body {
            outgoing = outgoing.json(body);
        }
        call.requests.fetch_add(1, Ordering::Relaxed);
        let response = match self.send_counted(outgoing).await {
            Ok(response) => response,
            Err(error) => return Err(connection_error(request, error)),
        };
        let status = response.status();
        let headers = response.headers().clone();
        self.pace.answered(pace, &headers);
        if request.method != "GET" {
            call.written().extend(correlation_id(&headers));
        }
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return Err(connection_error(request, error)),
        };
        let mut secrets = credentials.secrets();
        secrets.extend(request.body.iter().flat_map(redact::secrets_in));
        understand(request, status, &headers, &body, &secrets)
    }
}

impl Transport {
    /// Sends a request once, with another password and never with a third.
    pub(crate) async fn send_as(
        &self,
        request: &Request,
        call: &Call,
        password: &SecretString,
    ) -> Result<Value> {
        let own = self.credentials(request, call).await?;
        let other = Credentials {
            password: password.clone(),
            ..Credentials::clone(&own)
        };
        self.exchange(request, call, self.deadline(call), &other)
            .await
    }

    /// Uses another password for the rest of the run, and never again the one before.
    pub(crate) async fn use_password(
        &self,
        request: &Request,
        call: &Call,
        password: &SecretString,
    ) -> Result<()> {
        let own = self.credentials(request, call).await?;
        *call.credentials() = Some(Arc::new(Credentials {
            password: password.clone(),
            ..Credentials::clone(&own)
        }));
        call.on_trial.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// The last moment at which a write may begin that had to wait.
fn before(deadline: Instant) -> Instant {
    deadline.checked_sub(TO_READ_BACK).unwrap_or(deadline)
}

fn out_of_time(request: &Request) -> Error {
    request.error(
        ErrorKind::Unavailable,
        Delivery::Refused,
        "not sent: no time was left before the deadline".into(),
    )
}
