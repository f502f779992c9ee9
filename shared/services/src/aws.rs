//! Secrets Manager and Lambda over the HTTP and TLS stack that the console's client uses anyway: one
//! set of roots, no second client to start.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Builder, Region, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use rapid7::{Trust, client_config};

/// Where AWS settings and credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// The environment, where Lambda puts them. Nothing else is searched.
    Environment,
    /// Everything that a laptop may have: environment, profiles, instance roles.
    Full,
}

/// A client of Secrets Manager, or why there can't be one.
pub(crate) async fn secrets_manager(chain: Chain) -> Result<Client, String> {
    let http = Http::new()?;
    let config = match chain {
        Chain::Environment => {
            let environment = Environment::of("Secrets Manager", "SECRETS_MANAGER")?;
            let mut config = Builder::new()
                .behavior_version(BehaviorVersion::latest())
                .region(environment.region)
                .credentials_provider(EnvironmentVariableCredentialsProvider::new())
                .use_fips(environment.fips)
                .use_dual_stack(environment.dual_stack);
            config.set_endpoint_url(environment.endpoint);
            config
        }
        Chain::Full => Builder::from(&everywhere("Secrets Manager", &http).await?),
    };
    Ok(client(config, http))
}

/// A client of Lambda, or why there can't be one. It sends a request once and waits for its answer as
/// long as its caller does: an invocation that was sent may have been carried out.
pub(crate) async fn lambda(chain: Chain) -> Result<aws_sdk_lambda::Client, String> {
    let http = Http::new()?;
    let config = match chain {
        Chain::Environment => {
            let environment = Environment::of("Lambda", "LAMBDA")?;
            let mut config = aws_sdk_lambda::config::Builder::new()
                .behavior_version(BehaviorVersion::latest())
                .region(environment.region)
                .credentials_provider(EnvironmentVariableCredentialsProvider::new())
                .use_fips(environment.fips)
                .use_dual_stack(environment.dual_stack);
            config.set_endpoint_url(environment.endpoint);
            config
        }
        Chain::Full => aws_sdk_lambda::config::Builder::from(&everywhere("Lambda", &http).await?),
    };
    let config = config
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        // A function that works for minutes sends nothing meanwhile, which is no stalled stream.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Ok(aws_sdk_lambda::Client::from_conf(config.build()))
}

fn client(config: Builder, http: Http) -> Client {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let config = config.http_client(http).timeout_config(timeouts);
    Client::from_conf(config.build())
}

/// A client of a stand-in, which believes any credentials.
#[cfg(test)]
pub(crate) fn client_at(endpoint: &str) -> Client {
    use aws_sdk_secretsmanager::config::Credentials;

    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(harness::REGION))
        .credentials_provider(Credentials::new("id", "key", None, None, "tests"))
        .endpoint_url(endpoint);
    client(config, Http::new().expect("a client"))
}

/// What `aws_config` would find in Lambda, without the code that looks everywhere else: profiles,
/// single sign-on and metadata services is a good part of a small binary.
struct Environment {
    region: Region,
    endpoint: Option<String>,
    fips: bool,
    dual_stack: bool,
}

impl Environment {
    /// For a service, by its name for people and the one that the SDKs' variables have.
    fn of(service: &str, id: &str) -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        let endpoint = variable(&format!("AWS_ENDPOINT_URL_{id}"));
        let is_on = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Ok(Self {
            region: Region::new(region.ok_or_else(|| no_region(service))?),
            endpoint: endpoint.or_else(|| variable("AWS_ENDPOINT_URL")),
            fips: is_on("AWS_USE_FIPS_ENDPOINT"),
            dual_stack: is_on("AWS_USE_DUALSTACK_ENDPOINT"),
        })
    }
}

/// What a laptop has: environment, profiles, single sign-on.
async fn everywhere(service: &str, http: &Http) -> Result<aws_config::SdkConfig, String> {
    let defaults = aws_config::defaults(BehaviorVersion::latest());
    let loaded = defaults.http_client(http.clone()).load().await;
    match loaded.region() {
        Some(_) => Ok(loaded),
        None => Err(no_region(service)),
    }
}

fn no_region(service: &str) -> String {
    format!("{service} can't be asked: AWS_REGION is not set")
}

/// reqwest as the SDK's HTTP client.
#[derive(Debug, Clone)]
struct Http(reqwest::Client);

impl Http {
    fn new() -> Result<Self, String> {
        // The SDKs' own variable for networks that open TLS on the way.
        let trust = match std::env::var("AWS_CA_BUNDLE") {
            Ok(path) if !path.is_empty() => Trust::CaPem(
                std::fs::read_to_string(&path)
                    .map_err(|error| format!("AWS_CA_BUNDLE can't be read: {error}"))?,
            ),
            _ => Trust::PublicRoots,
        };
        let tls = client_config(&trust).map_err(|error| format!("AWS_CA_BUNDLE: {error}"))?;
        reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            // Gateways forget connections on which nothing is sent for minutes.
            .tcp_keepalive(Duration::from_secs(60))
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        let body = body.bytes().map(<[u8]>::to_vec).unwrap_or_default();
        let response = self
            .0
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await
            .map_err(connector_error)?;
        let mut answer = HttpResponse::new(response.status().into(), SdkBody::empty());
        for (name, value) in response.headers() {
            if let Ok(value) = value.to_str() {
                let (name, value) = (name.as_str().to_owned(), value.to_owned());
                answer.headers_mut().append(name, value);
            }
        }
        let body = response.bytes().await.map_err(connector_error)?;
        *answer.body_mut() = SdkBody::from(body);
        Ok(answer)
    }
}

fn connector_error(error: reqwest::Error) -> ConnectorError {
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else {
        ConnectorError::io(error.into())
    }
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
