//! DynamoDB by its JSON protocol: three requests are not worth the weight of its SDK.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_secretsmanager::config::SharedCredentialsProvider;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::aws::{Chain, Http, Service, Trouble};

const DYNAMODB: Service = Service {
    name: "DynamoDB",
    id: "DYNAMODB",
};
const VERSION: &str = "DynamoDB_20120810";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// How long one answer may take, and all attempts together.
const ATTEMPT: Duration = Duration::from_secs(3);
const ALTOGETHER: Duration = Duration::from_secs(8);
/// How long to wait before the second attempt; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The longest reason of AWS's that is passed on.
const LONGEST_REASON: usize = 400;

/// New credentials are fetched when those at hand end within this time.
const RENEWED_BEFORE: Duration = Duration::from_secs(60);

/// A client that signs.
pub(super) struct DynamoDb {
    http: Http,
    endpoint: String,
    pub(super) region: String,
    provider: SharedCredentialsProvider,
    credentials: Mutex<Option<Credentials>>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) value: Value,
    /// Whether an attempt came before that was not answered, or not well: it may have been carried out.
    pub(super) again: bool,
}

/// Why there is none.
pub(super) enum Refused {
    /// By AWS, for good, with its name for it, its words, and what else its answer holds.
    Aws {
        code: String,
        reason: String,
        answer: Value,
    },
    /// What answers is not believed to be AWS.
    NotAws(String),
    /// For another reason.
    Other(String),
}

enum Fault {
    ForGood(Refused),
    /// Once more may help.
    Passing(String),
}

impl DynamoDb {
    pub(super) async fn new(chain: Chain) -> Result<Self, String> {
        let (settings, http) = chain.settings_and_client(DYNAMODB).await?;
        Self::of(&settings, http)
    }

    pub(super) fn of(settings: &SdkConfig, http: Http) -> Result<Self, String> {
        let region = settings.region().map(ToString::to_string);
        let region = region.ok_or("AWS_REGION is not set")?;
        let endpoint = match of_its_own(settings) {
            Some(endpoint) => endpoint,
            None => {
                let is_on = |flag: Option<bool>| flag.unwrap_or_default();
                let (fips, dual) = (is_on(settings.use_fips()), is_on(settings.use_dual_stack()));
                endpoint(&region, fips, dual)?
            }
        };
        let provider = settings.credentials_provider();
        Ok(Self {
            http,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region,
            provider: provider.ok_or("there are no credentials for AWS")?,
            credentials: Mutex::default(),
        })
    }

    /// Sends a request until it is answered or refused for good. Whatever is sent must do no harm twice.
    pub(super) async fn call(&self, action: &str, request: &Value) -> Result<Answer, Refused> {
        let body = request.to_string();
        let began = Instant::now();
        let (mut wait, mut again) = (FIRST_WAIT, false);
        loop {
            let left = ALTOGETHER.saturating_sub(began.elapsed());
            let sent = timeout(ATTEMPT.min(left), self.send(action, &body)).await;
            let why = match sent {
                Ok(Ok(value)) => return Ok(Answer { value, again }),
                Ok(Err(Fault::ForGood(refused))) => return Err(refused),
                Ok(Err(Fault::Passing(why))) => why,
                Err(_) => format!("{} did not answer in time", self.endpoint),
            };
            if began.elapsed() + wait >= ALTOGETHER {
                return Err(Refused::Other(why));
            }
            sleep(wait).await;
            (wait, again) = (wait * 2, true);
        }
    }

    async fn send(&self, action: &str, body: &str) -> Result<Value, Fault> {
        let for_good = |why: String| Fault::ForGood(Refused::Other(why));
        let credentials = self.credentials().await?;
        let request = self.signed(action, body, &credentials).map_err(for_good)?;
        let answer = match self.http.clone().exchange(request).await {
            Ok(answer) => answer,
            Err(error) if let Some(fault) = fault(&error) => return Err(fault),
            Err(error) if error.is_io() || error.is_timeout() => {
                let why = format!("no connection to {}", self.endpoint);
                return Err(Fault::Passing(why));
            }
            Err(_) => {
                let endpoint = &self.endpoint;
                let why = format!("the answer of {endpoint} can't be read; is that DynamoDB?");
                return Err(for_good(why));
            }
        };
        self.understood(&answer, &credentials)
    }

    fn understood(&self, answer: &HttpResponse, credentials: &Credentials) -> Result<Value, Fault> {
        let status = answer.status();
        let value = answer.body().bytes().map(serde_json::from_slice::<Value>);
        let value = value.and_then(Result::ok).filter(Value::is_object);
        let endpoint = &self.endpoint;
        let unreadable = || {
            let status = status.as_u16();
            format!("the answer of {endpoint} ({status}) can't be read; is that DynamoDB?")
        };
        let value = match value {
            Some(value) => value,
            None if status.is_success() || status.is_server_error() => {
                return Err(Fault::Passing(unreadable()));
            }
            None => return Err(Fault::ForGood(Refused::Other(unreadable()))),
        };
        if status.is_success() {
            return Ok(value);
        }
        let code = value["__type"].as_str().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default().to_owned();
        let reason = ["message", "Message"].map(|member| value[member].as_str());
        let reason = reason.into_iter().flatten().next().unwrap_or_default();
        let reason = told(reason, credentials);
        if code.is_empty() && !status.is_server_error() {
            return Err(Fault::ForGood(Refused::Other(unreadable())));
        }
        if status.is_server_error() || is_passing(&code) {
            let status = status.as_u16();
            let why = format!("{endpoint} answered with {status} {code} {reason}");
            return Err(Fault::Passing(why.trim_end().to_owned()));
        }
        if code.starts_with("ExpiredToken") {
            *self.at_hand() = None;
        }
        Err(Fault::ForGood(Refused::Aws {
            code,
            reason,
            answer: value,
        }))
    }

    fn at_hand(&self) -> std::sync::MutexGuard<'_, Option<Credentials>> {
        let credentials = self.credentials.lock();
        credentials.unwrap_or_else(PoisonError::into_inner)
    }

    async fn credentials(&self) -> Result<Credentials, Fault> {
        let soon = SystemTime::now() + RENEWED_BEFORE;
        let known = self.at_hand().clone();
        if let Some(known) = known.filter(|known| known.expiry().is_none_or(|end| end > soon)) {
            return Ok(known);
        }
        // Not the SDK's words, which may tell where it looked and what it found there.
        let found = self.provider.provide_credentials().await;
        let found = found.map_err(|error| {
            let none = || "there are no credentials for AWS".to_owned();
            fault(&error).unwrap_or_else(|| Fault::ForGood(Refused::Other(none())))
        })?;
        *self.at_hand() = Some(found.clone());
        Ok(found)
    }

    fn signed(
        &self,
        action: &str,
        body: &str,
        credentials: &Credentials,
    ) -> Result<HttpRequest, String> {
        let unsigned = |error: &dyn std::fmt::Display| format!("no request can be made: {error}");
        let url = format!("{}/", self.endpoint);
        let target = format!("{VERSION}.{action}");
        let headers = [
            ("content-type", CONTENT_TYPE),
            ("x-amz-target", target.as_str()),
        ];
        let identity = credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("dynamodb")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let signable = SignableRequest::new(
            "POST",
            url.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signable = signable.map_err(|error| unsigned(&error))?;
        let signed = sign(signable, &parameters).map_err(|error| unsigned(&error))?;
        let mut request = HttpRequest::new(SdkBody::from(body));
        let method = request.set_method("POST");
        method.map_err(|error| unsigned(&error))?;
        let uri = request.set_uri(url.as_str());
        uri.map_err(|error| unsigned(&error))?;
        let signature = signed.output().headers();
        for (name, value) in headers.into_iter().chain(signature) {
            let (name, value) = (name.to_owned(), value.to_owned());
            let added = request.headers_mut().try_append(name, value);
            added.map_err(|error| unsigned(&error))?;
        }
        Ok(request)
    }
}

/// What the trouble on the way to AWS means, if an error is about such.
fn fault(error: &(dyn std::error::Error + 'static)) -> Option<Fault> {
    let trouble = Trouble::of(error)?;
    let said = trouble.to_string();
    Some(match trouble {
        Trouble::Proxy { .. } => Fault::Passing(said),
        Trouble::Untrusted(_) => Fault::ForGood(Refused::NotAws(said)),
        Trouble::TooLong => Fault::ForGood(Refused::Other(said)),
    })
}

/// An address that somebody set, for this service or for all.
fn of_its_own(settings: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(DYNAMODB.name)
        .profile("endpoint_url")
        .env("AWS_ENDPOINT_URL")
        .build()
        .ok()?;
    let of_the_service = settings
        .service_config()
        .and_then(|all| all.load_config(key));
    of_the_service.or_else(|| settings.endpoint_url().map(str::to_owned))
}

/// The domains of AWS's partitions, with those for IPv6 beside IPv4, by how their regions begin.
/// <https://github.com/aws/aws-sdk-go-v2/blob/main/internal/endpoints/awsrulesfn/partitions.json>
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("", "amazonaws.com", "api.aws"),
];

/// Where DynamoDB is in a region.
fn endpoint(region: &str, fips: bool, dual_stack: bool) -> Result<String, String> {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let mut all = PARTITIONS.into_iter();
    let found = all.find(|(begins, ..)| region.starts_with(begins));
    let found = found.filter(|_| !region.is_empty() && region.bytes().all(letter));
    let (_, domain, both) = found.ok_or_else(|| format!("{region:?} is no region of AWS"))?;
    let domain = if dual_stack { both } else { domain };
    // The usual address is the FIPS one there.
    let fips = fips && (dual_stack || !region.starts_with("us-gov-"));
    let fips = if fips { "-fips" } else { "" };
    Ok(format!("https://dynamodb{fips}.{region}.{domain}"))
}

/// Errors that another attempt may not meet.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn is_passing(code: &str) -> bool {
    [
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "Throttling",
        "TransactionConflictException",
    ]
    .contains(&code)
}

/// AWS's words in one line: nothing of the credentials, which an answer to a wrong signature quotes.
fn told(reason: &str, credentials: &Credentials) -> String {
    let line = reason.lines().next().unwrap_or_default();
    let secrets = [
        Some(credentials.secret_access_key()),
        credentials.session_token(),
        Some(credentials.access_key_id()),
    ];
    let secrets = secrets
        .into_iter()
        .flatten()
        .filter(|secret| !secret.is_empty());
    let line = secrets.fold(line.to_owned(), |line, secret| line.replace(secret, "…"));
    let line = line.chars().filter(|c| !c.is_control());
    line.take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_its_address() {
        for (region, fips, dual_stack, expected) in [
            (
                "eu-west-1",
                false,
                false,
                "https://dynamodb.eu-west-1.amazonaws.com",
            ),
            (
                "us-east-1",
                true,
                false,
                "https://dynamodb-fips.us-east-1.amazonaws.com",
            ),
            (
                "us-east-1",
                false,
                true,
                "https://dynamodb.us-east-1.api.aws",
            ),
            (
                "us-east-1",
                true,
                true,
                "https://dynamodb-fips.us-east-1.api.aws",
            ),
            (
                "us-gov-west-1",
                false,
                false,
                "https://dynamodb.us-gov-west-1.amazonaws.com",
            ),
            (
                "us-gov-west-1",
                true,
                false,
                "https://dynamodb.us-gov-west-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                false,
                false,
                "https://dynamodb.cn-north-1.amazonaws.com.cn",
            ),
            (
                "eusc-de-east-1",
                false,
                false,
                "https://dynamodb.eusc-de-east-1.amazonaws.eu",
            ),
            // One that nobody knows yet.
            (
                "eu-north-9",
                false,
                false,
                "https://dynamodb.eu-north-9.amazonaws.com",
            ),
        ] {
            let found = endpoint(region, fips, dual_stack);
            assert_eq!(found.as_deref(), Ok(expected));
        }
        assert!(endpoint("no region", false, false).is_err());
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let settings = SdkConfig::builder()
            .region(aws_config::Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials()))
            .build();
        let client = DynamoDb::of(&settings, Http::new().expect("a client"));
        let client = client.unwrap_or_else(|error| panic!("{error}"));
        let refused = |name: &str| {
            let kind = format!("com.amazonaws.dynamodb.v20120810#{name}");
            serde_json::json!({"__type": kind, "message": "a reason"}).to_string()
        };
        for (status, body, expected) in [
            (200, "{\"Item\": {}}".into(), Ok(())),
            (200, "{\"Item\": {".into(), Err(None)),
            (200, "<html>".into(), Err(None)),
            (400, refused("ThrottlingException"), Err(None)),
            (
                400,
                refused("ProvisionedThroughputExceededException"),
                Err(None),
            ),
            (500, refused("InternalServerError"), Err(None)),
            (503, "<html>".into(), Err(None)),
            (
                400,
                refused("AccessDeniedException"),
                Err(Some("AccessDeniedException")),
            ),
            (
                400,
                refused("ExpiredTokenException"),
                Err(Some("ExpiredTokenException")),
            ),
            (403, "<html>".into(), Err(Some(""))),
            (404, "{}".into(), Err(Some(""))),
        ] {
            let shown = format!("{status} {body}");
            let status = aws_smithy_runtime_api::http::StatusCode::try_from(status);
            let answer = HttpResponse::new(status.expect("a status"), SdkBody::from(body));
            let understood = client.understood(&answer, &credentials());
            let understood = understood.map(|_| ()).map_err(|fault| match fault {
                Fault::Passing(_) => None,
                Fault::ForGood(Refused::Aws { code, .. }) => Some(code),
                Fault::ForGood(Refused::NotAws(_) | Refused::Other(_)) => Some(String::new()),
            });
            assert_eq!(
                understood,
                expected.map_err(|code: Option<&str>| code.map(Into::into)),
                "{shown}"
            );
        }
    }

    fn credentials() -> Credentials {
        let token = Some("canary-token".to_owned());
        Credentials::new("canary-id", "canary-key", token, None, "tests")
    }

    #[test]
    fn reasons_hold_nothing_of_the_credentials() {
        let credentials = credentials();
        let reason =
            "canary-id is not allowed; canary-key, canary-token\nThe canonical string is canary";
        assert_eq!(told(reason, &credentials), "… is not allowed; …, …");
        let long = told(&"a".repeat(1000), &credentials);
        assert_eq!(long.len(), LONGEST_REASON);
    }
}
