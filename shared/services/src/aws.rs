//! The way to AWS: settings, credentials, and the HTTP and TLS stack that the console's client uses anyway,
//! with one set of roots and no second client to start.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use rapid7::{BoxFuture, Proxy, Trust, client_config, read_body, untrusted};

use crate::settings::proxy_of_the_way_out;

/// The longest answer that is read. Lambda passes on 6 MB, and Secrets Manager much less.
const LONGEST: usize = 8 * 1024 * 1024;

/// Why there is no answer, where that is worth telling.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It is longer than that.
    TooLong,
    /// What answered is not believed to be AWS, for this reason.
    Untrusted(String),
    /// The proxy on the way did this.
    Proxy {
        /// In words.
        said: String,
        /// As the HTTP client has it.
        source: reqwest::Error,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str(
                "its answer is longer than 8 MB, and was not read to its end; is that its address?",
            ),
            Self::Untrusted(reason) => write!(
                f,
                "the certificate of what answered is not trusted: {reason}; nothing was sent to it. AWS_CA_BUNDLE \
                 names a file with the authorities to trust"
            ),
            Self::Proxy { said, .. } => f.write_str(said),
        }
    }
}

impl Error for Trouble {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Proxy { source, .. } => Some(source),
            Self::TooLong | Self::Untrusted(_) => None,
        }
    }
}

impl Trouble {
    /// What kept a request from being answered, if it is one of these; also where it was one for credentials.
    pub(crate) fn of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
}

/// A service of AWS.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    /// Its name for people.
    pub(crate) name: &'static str,
    /// Its name in the SDKs' variables.
    pub(crate) id: &'static str,
}

/// Where AWS settings and credentials come from.
///
/// A binary carries the code of those that it names: what looks for profiles, single sign-on and metadata
/// services is a good part of a small one.
#[derive(Clone, Copy)]
pub struct Chain(fn(Service, Http) -> BoxFuture<'static, Result<SdkConfig, String>>);

impl Chain {
    /// The environment, where Lambda puts them. Nothing else is searched.
    pub const ENVIRONMENT: Self =
        Self(|service, http| Box::pin(std::future::ready(environment(service, http))));

    /// Everything that a laptop may have: environment, profiles, instance roles.
    pub const EVERYWHERE: Self = Self(|service, http| Box::pin(everywhere(service, http)));

    /// What a client of a service is made with, or why there can't be one.
    pub(crate) async fn settings(self, service: Service) -> Result<SdkConfig, String> {
        (self.0)(service, Http::new()?).await
    }

    /// The same where requests are made without a client of the SDK.
    pub(crate) async fn settings_and_client(
        self,
        service: Service,
    ) -> Result<(SdkConfig, Http), String> {
        let http = Http::new()?;
        Ok(((self.0)(service, http.clone()).await?, http))
    }
}

/// What `aws_config` would find in Lambda.
fn environment(service: Service, http: Http) -> Result<SdkConfig, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let endpoint = variable(&format!("AWS_ENDPOINT_URL_{}", service.id));
    let is_on = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.ok_or_else(|| no_region(service))?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
    settings.set_endpoint_url(endpoint.or_else(|| variable("AWS_ENDPOINT_URL")));
    Ok(settings.build())
}

async fn everywhere(service: Service, http: Http) -> Result<SdkConfig, String> {
    let defaults = aws_config::defaults(BehaviorVersion::latest());
    let loaded = defaults.http_client(http).load().await;
    match loaded.region() {
        Some(_) => Ok(loaded),
        None => Err(no_region(service)),
    }
}

fn no_region(service: Service) -> String {
    format!("{} can't be asked: AWS_REGION is not set", service.name)
}

/// A failed request without the type of its operation, so that what follows is compiled once.
pub type Failed = SdkError<ErrorMetadata, HttpResponse>;

/// The same of any operation's error.
pub fn failed<E: ProvideErrorMetadata>(error: SdkError<E, HttpResponse>) -> Failed {
    error.map_service_error(|error| error.meta().clone())
}

/// AWS's own name of what went wrong.
pub fn code(error: &Failed) -> Option<&str> {
    error.as_service_error()?.code()
}

/// reqwest as the SDK's HTTP client.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    proxy: Option<Proxy>,
}

impl Http {
    pub(crate) fn new() -> Result<Self, String> {
        // The SDKs' own variable for networks that open TLS on the way.
        let trust = match std::env::var("AWS_CA_BUNDLE") {
            Ok(path) if !path.is_empty() => Trust::CaPem(
                crate::files::read_secret(&path)
                    .map_err(|error| format!("AWS_CA_BUNDLE can't be read: {error}"))?,
            ),
            _ => Trust::PublicRoots,
        };
        let tls = client_config(&trust).map_err(|error| format!("AWS_CA_BUNDLE: {error}"))?;
        let proxy = proxy_of_the_way_out().map_err(|error| error.to_string())?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            // Gateways forget connections on which nothing is sent for minutes.
            .tcp_keepalive(Duration::from_secs(60));
        let client = match &proxy {
            None => client,
            Some(proxy) => client.proxy(proxy.rule()),
        };
        let client = client.build().map_err(|error| error.to_string())?;
        Ok(Self { client, proxy })
    }

    /// Sends a request once.
    pub(crate) async fn exchange(
        self,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().map(<[u8]>::to_vec).unwrap_or_default();
        let response = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await
            .map_err(|error| self.connector_error(error))?;
        let mut answer = HttpResponse::new(response.status().into(), SdkBody::empty());
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                let (name, value) = (name.as_str().to_owned(), value.to_owned());
                answer.headers_mut().append(name, value);
            }
        }
        let body = read_body(response, LONGEST)
            .await
            .map_err(|error| self.connector_error(error))?;
        // Once more it would be as long.
        let body = body.ok_or_else(|| for_good(Trouble::TooLong))?;
        *answer.body_mut() = SdkBody::from(body);
        Ok(answer)
    }

    fn connector_error(&self, error: reqwest::Error) -> ConnectorError {
        if let Some(reason) = untrusted(&error) {
            return for_good(Trouble::Untrusted(reason));
        }
        let proxy = self.proxy.as_ref();
        match proxy.and_then(|proxy| proxy.told(&error)) {
            Some(said) => {
                let source = error;
                ConnectorError::io(Trouble::Proxy { said, source }.into())
            }
            None if error.is_timeout() => ConnectorError::timeout(error.into()),
            None => ConnectorError::io(error.into()),
        }
    }
}

/// Not one of the faults that the SDK tries again after.
fn for_good(trouble: Trouble) -> ConnectorError {
    ConnectorError::other(trouble.into(), None)
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().exchange(request))
    }
}

impl HttpClient for Http {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
