//! Secrets Manager over the HTTP and TLS stack that the console's client uses anyway: one set of
//! roots, no second client to start.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use rapid7::{Trust, client_config};

/// Where AWS credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    /// The environment, where Lambda puts them. Nothing else is searched, or even linked.
    Environment,
    /// Everything that a laptop may have: environment, profiles, instance roles.
    #[cfg(feature = "cli")]
    Full,
}

/// A client of Secrets Manager, or why there can't be one.
pub(crate) async fn secrets_manager(
    chain: Chain,
) -> Result<aws_sdk_secretsmanager::Client, String> {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Http::new()?)
        .timeout_config(timeouts);
    let config = match chain {
        Chain::Environment => {
            config.credentials_provider(EnvironmentVariableCredentialsProvider::new())
        }
        #[cfg(feature = "cli")]
        Chain::Full => config,
    };
    Ok(aws_sdk_secretsmanager::Client::new(&config.load().await))
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
