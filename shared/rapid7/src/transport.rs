//! One request: sent, answered, understood, and sent again where that is safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::Retryable as _;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH};
use rustls::ClientConfig;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;

use crate::answer::{connection_error, correlation_id, never_left, read_body, understand};
use crate::call::Call;
use crate::credentials::{
    CredentialError, CredentialErrorKind, CredentialSource, Credentials, Identity,
};
use crate::dns::OfTheSystem;
use crate::error::{Delivery, Error, ErrorKind, Names, Result, Surface};
use crate::logins::{Key, Login, Logins, Pass, Unsent};
use crate::proxy::Proxy;
use crate::rate_limit::{InFlight, Pace, RateLimit};
use crate::redact;
use crate::request::{Request, SINGLE};
use crate::retry::RetryPolicy;
use crate::tls::{Trust, client_config};
use crate::url::InvalidUrl;

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which certificate to believe.
    pub trust: Trust,
    /// Through which proxy. None of the system's is asked by itself.
    pub proxy: Option<Proxy>,
    /// Upper bound for opening a connection, TLS included.
    pub connect_timeout: Duration,
    /// Upper bound for one request and its answer.
    pub request_timeout: Duration,
    /// Upper bound for a call with all its retries, where the caller set no deadline.
    pub call_timeout: Duration,
    /// How many requests of one run may be on their way at once. Each is a login of its own: should the
    /// password change in the middle, so many are refused, and a console locks accounts after a few.
    pub at_once: usize,
    /// How many requests of all runs may be on their way at once.
    pub concurrency: usize,
    /// Whether credentials stay unsent that this process knows as refused. Not for who counts failed logins
    /// across processes, and knows better when another one may be sent.
    pub keeps_refusals: bool,
    /// When to send again.
    pub retry: RetryPolicy,
    /// What people call the server and where its settings are, for errors.
    pub names: Names,
    /// Counts the requests that left, those sent again and those that opened a connection included.
    /// Whoever wants to know keeps a clone.
    pub sent: Arc<AtomicU64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            proxy: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            call_timeout: Duration::from_secs(60),
            at_once: 1,
            concurrency: 4,
            keeps_refusals: true,
            retry: RetryPolicy::default(),
            names: Names::default(),
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

impl<C: Identity> Transport<C> {
    /// A server at an address that was checked: see `url.rs`.
    pub(crate) fn new(
        base: String,
        credentials: Arc<dyn CredentialSource<C>>,
        mut options: Options,
    ) -> std::result::Result<Self, InvalidUrl> {
        options.proxy = options.proxy.filter(|_| base.starts_with("https://"));
        let http = http_client(client_config(&options.trust)?, &options)?;
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

    /// How many requests of a run may be on their way at once.
    pub(crate) fn at_once(&self) -> usize {
        self.options.at_once.max(1)
    }

    /// A run of its own, which ends at the deadline, if it has one.
    pub(crate) fn call(&self, deadline: Option<Instant>) -> Call<C> {
        Call::new(deadline, self.at_once())
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
                names: self.options.names.clone(),
                ..error
            })
    }

    /// Waits as long as the server asked before a write is sent once more, after a look. `false` if that is
    /// too long, or would take more than half of the time that is left.
    pub(crate) async fn waits_for(&self, error: &Error, call: &Call<C>) -> bool {
        if error.retry_after.is_none() {
            return true;
        }
        let now = Instant::now();
        let left = self.deadline(call).saturating_duration_since(now);
        let wait = self
            .options
            .retry
            .wait(error, Some(Duration::ZERO), now + left / 2);
        if let Some(wait) = wait {
            sleep(wait).await;
        }
        wait.is_some()
    }

    /// One request, and one more if the login is refused, or known as refused, and there are newer
    /// credentials: a 401 says that nothing was done. No third ones are sent in a run.
    async fn send_once(
        &self,
        request: &Request,
        call: &Call<C>,
        deadline: Instant,
    ) -> Result<Value> {
        let credentials = self.credentials(request, call).await?;
        let refused = match self.exchange(request, call, deadline, &credentials).await {
            Err(error) if error.kind == ErrorKind::Unauthorized => error,
            answer => return answer,
        };
        if call.has_no_others() || call.is_on_trial() {
            return Err(refused);
        }
        match timeout_at(deadline, self.credentials.renew(&credentials)).await {
            Ok(Some(newer)) if !credentials.is_same_account(&newer) => Err(request.error(
                ErrorKind::CredentialsUnavailable,
                Delivery::Refused,
                "the credentials were refused, and by now they are another user's; this run was begun \
                 as the first one"
                    .into(),
            )),
            Ok(Some(newer)) => {
                *call.credentials() = Some(Arc::clone(&newer));
                let answer = self.exchange(request, call, deadline, &newer).await;
                if matches!(&answer, Err(error) if error.kind == ErrorKind::Unauthorized) {
                    call.ask_for_no_others();
                    // Told, so that no later run begins with them.
                    let _ = timeout_at(deadline, self.credentials.renew(&newer)).await;
                }
                answer
            }
            Ok(None) | Err(_) => {
                call.ask_for_no_others();
                Err(refused)
            }
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
                kind: CredentialErrorKind::Passing,
            })
        });
        let credentials = current.map_err(|error| {
            // Sources retry by themselves: once they give up, so do we.
            let kind = match error.kind {
                CredentialErrorKind::Passing => ErrorKind::CredentialsUnavailable,
                CredentialErrorKind::Lasting => ErrorKind::Credentials,
                CredentialErrorKind::Untrusted => ErrorKind::CredentialsUntrusted,
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

    /// Sends a request once, as soon as it may be, and keeps in mind what came of the login.
    async fn exchange(
        &self,
        request: &Request,
        call: &Call<C>,
        deadline: Instant,
        credentials: &C,
    ) -> Result<Value> {
        let headers = credentials.headers().ok_or_else(|| {
            request.error(
                ErrorKind::Credentials,
                Delivery::NotSent,
                C::UNSENDABLE.into(),
            )
        })?;
        let _turn = place(&call.turns, request, deadline).await?;
        let _slot = place(&self.slots, request, deadline).await?;
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
        // Asked last: whatever this request waited for, others may have been refused meanwhile.
        let key = Key::of(&self.base, &headers);
        let pass = self.enter(request, call, key, limit).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(out_of_time(request));
        }
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
            .header(ACCEPT_ENCODING, "identity")
            .headers(headers)
            .timeout(self.options.request_timeout.min(left));
        if let Some((name, value)) = &request.header {
            outgoing = outgoing.header(*name, value);
        }
        if !request.query.is_empty() {
            outgoing = outgoing.query(&request.query);
        }
        outgoing = match (&request.body, request.method) {
            (Some(body), _) => outgoing.json(body),
            // Some front ends take these with a length only (RFC 9110, section 8.6). A DELETE without a body
            // carries none (guide).
            (None, "POST" | "PUT" | "PATCH") => outgoing.header(CONTENT_LENGTH, 0),
            (None, _) => outgoing,
        };
        let mut secrets = credentials.secrets();
        secrets.extend(request.body.iter().flat_map(redact::secrets_in));
        let answer = self.answer(request, call, outgoing, pace, &secrets).await;
        match &answer {
            Ok(_) => pass.let_in(),
            Err(error) if error.kind == ErrorKind::Unauthorized => {
                pass.refused(&error.message);
                call.refuse(key, error.message.clone());
            }
            // 403, 404 and the like may be from what stands between: they prove nothing.
            Err(_) => {}
        }
        answer
    }

    /// Waits until this login may be sent.
    async fn enter(
        &self,
        request: &Request,
        call: &Call<C>,
        key: Key,
        limit: Instant,
    ) -> Result<Pass> {
        let login = Logins::known().of(key);
        let pass = login.enter(!self.options.keeps_refusals, limit).await;
        let why = match pass {
            Err(Unsent::OutOfTime) => return Err(out_of_time(request)),
            Err(Unsent::Refused { ago, pause, said }) => format!(
                "these credentials were refused {} s ago ({said}), and are sent again {} s after that \
                 at the earliest",
                ago.as_secs(),
                pause.as_secs()
            ),
            Ok(pass) => match call.refused(key) {
                None => return Ok(pass),
                Some(said) => format!("these credentials were refused in this run ({said})"),
            },
        };
        Err(request.error(
            ErrorKind::Unauthorized,
            Delivery::NotSent,
            format!("not sent: {why}"),
        ))
    }

    /// Sends what was made ready, and understands the answer.
    async fn answer(
        &self,
        request: &Request,
        call: &Call<C>,
        outgoing: reqwest::RequestBuilder,
        pace: InFlight<'_>,
        secrets: &[SecretString],
    ) -> Result<Value> {
        call.requests.fetch_add(1, Ordering::Relaxed);
        let sent = self.send_counted(outgoing).await;
        if !sent.as_ref().is_err_and(never_left) {
            request.has_left();
        }
        let (proxy, names) = (self.options.proxy.as_ref(), &self.options.names);
        let response = match sent {
            Ok(response) => response,
            Err(error) => return Err(connection_error(request, error, proxy, names)),
        };
        let status = response.status();
        let headers = response.headers().clone();
        self.pace.answered(pace, &headers);
        if request.method != "GET" {
            call.written().extend(correlation_id(&headers));
        }
        let longest = match status.is_success() {
            true => request.longest,
            false => SINGLE,
        };
        let body = match read_body(response, longest).await {
            Ok(body) => body,
            Err(error) => return Err(connection_error(request, error, proxy, names)),
        };
        understand(request, status, &headers, body.as_deref(), secrets)
    }
}

/// The HTTP client of a server.
pub(crate) fn http_client(
    tls: ClientConfig,
    options: &Options,
) -> std::result::Result<reqwest::Client, InvalidUrl> {
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(OfTheSystem))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .tcp_nodelay(true)
        // Shorter than a server's usual patience with an idle connection (Tomcat: 20 s).
        .pool_idle_timeout(Duration::from_secs(15))
        .user_agent(concat!("rapid7-user-actions/", env!("CARGO_PKG_VERSION")));
    let http = match &options.proxy {
        None => http,
        Some(proxy) => http.proxy(proxy.rule()),
    };
    http.build().map_err(|_| InvalidUrl::Form)
}

impl Transport {
    /// This run's credentials with another password.
    async fn with_password(
        &self,
        request: &Request,
        call: &Call,
        password: &SecretString,
    ) -> Result<Credentials> {
        let own = self.credentials(request, call).await?;
        Ok(Credentials {
            password: password.clone(),
            ..Credentials::clone(&own)
        })
    }

    /// Sends a request once, with another password and never with a third.
    pub(crate) async fn send_as(
        &self,
        request: &Request,
        call: &Call,
        password: &SecretString,
    ) -> Result<Value> {
        let other = self.with_password(request, call, password).await?;
        self.exchange(request, call, self.deadline(call), &other)
            .await
    }

    /// Another password is about to be set: that it was refused before means nothing any more.
    pub(crate) async fn sets_password(
        &self,
        request: &Request,
        call: &Call,
        password: &SecretString,
    ) -> Result<()> {
        let other = self.with_password(request, call, password).await?;
        if let Some((_, login)) = self.login(&other) {
            login.forget();
        }
        Ok(())
    }

    /// Uses another password, which was set, for the rest of the run, and never again the one before.
    pub(crate) async fn use_password(
        &self,
        request: &Request,
        call: &Call,
        password: &SecretString,
    ) -> Result<()> {
        let other = self.with_password(request, call, password).await?;
        if let Some((key, login)) = self.login(&other) {
            login.forget();
            call.allow(key);
        }
        *call.credentials() = Some(Arc::new(other));
        call.put_on_trial();
        Ok(())
    }

    fn login(&self, credentials: &Credentials) -> Option<(Key, Arc<Login>)> {
        let key = Key::of(&self.base, &credentials.headers()?);
        Some((key, Logins::known().of(key)))
    }
}

/// Waits for a place among the requests that are on their way.
async fn place<'a>(
    places: &'a Semaphore,
    request: &Request,
    deadline: Instant,
) -> Result<SemaphorePermit<'a>> {
    match timeout_at(deadline, places.acquire()).await {
        Ok(Ok(place)) => Ok(place),
        Ok(Err(_)) | Err(_) => Err(out_of_time(request)),
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
