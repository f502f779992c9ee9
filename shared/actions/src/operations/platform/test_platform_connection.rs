//! `test-platform-connection`: whether the Insight Platform can be worked with, and if not, what to do
//! about it.

use rapid7::platform::{KeyType, Region};
use rapid7::{Delivery, ErrorKind as Wire, RateLimit};
use schemars::JsonSchema;
use serde::Serialize;

use crate::core::action::Action;
use crate::core::check::{Check, Verdict};
use crate::core::error::wire::MAKE_AN_ORGANIZATION_KEY;
use crate::core::error::{Error, Result, TRUST_OR_FIND_OUT};
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::{PlatformContext, check_whole};

input! {
    /// No input is required.
    pub struct TestPlatformConnectionInput {}
}

/// Result of the connection test.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformConnectionReport {
    /// The platform's address.
    pub target: String,
    /// Region, if the address shows it.
    #[schemars(example = &"eu")]
    pub region: Option<String>,
    /// All checks. None has failed: a failed check is returned as an error.
    pub checks: Vec<Check>,
}

/// Checks that the platform can be reached in this region, accepts the API key, lists its users, and
/// lets the key do what this pack needs. The first failed check is an error that says what to do. A
/// user key is only a warning: it can read, but every operation that writes is refused.
pub struct TestPlatformConnection;

impl Action for TestPlatformConnection {
    type Input = TestPlatformConnectionInput;
    type Output = PlatformConnectionReport;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "test-platform-connection",
        title: "Check Insight Platform region, certificate, API key and limits",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(
        context: &PlatformContext,
        _input: TestPlatformConnectionInput,
    ) -> Result<PlatformConnectionReport> {
        let platform = context.platform();
        let address = platform.address();
        if let Err(error) = platform.validate().await {
            let (failed_at, next) = told_by(&error);
            return Err(failed(failed_at, next, error));
        }
        let users = match context.users().await {
            Ok(users) => users.len(),
            Err(mut error) => {
                error.message = format!("{}: {}", NAMES[USERS], error.message);
                return Err(error);
            }
        };
        let listed = match platform.own_key().key_type {
            Some(KeyType::User) => None,
            _ => Some(platform.api_keys().await),
        };
        let whole = match &listed {
            Some(Ok(keys)) => check_whole(keys, platform.own_key()).err(),
            _ => None,
        };
        let seen = Seen {
            address,
            warnings: &context.warnings,
            users,
            declared: platform.own_key().key_type,
            refused: match &listed {
                None | Some(Ok(_)) => None,
                Some(Err(error)) => Some(error),
            },
            unproven: whole.as_ref(),
            limit: platform.rate_limit(),
        };
        Ok(PlatformConnectionReport {
            target: address.into(),
            region: Region::of_url(address).map(|region| region.to_string()),
            checks: checks(&seen),
        })
    }
}

const NAMES: [&str; 6] = [
    "region",
    "certificate",
    "key",
    "users",
    "key type",
    "rate limit",
];
const USERS: usize = 3;

/// What was seen where nothing failed.
struct Seen<'a> {
    address: &'a str,
    /// Warnings about the deployment.
    warnings: &'a [String],
    users: usize,
    declared: Option<KeyType>,
    /// Why the list of keys, which only an organization key gets (unconfirmed), was not told.
    refused: Option<&'a rapid7::Error>,
    /// Why the list of keys that was told proves nothing.
    unproven: Option<&'a Error>,
    limit: Option<RateLimit>,
}

fn check(index: usize, verdict: Verdict, detail: impl Into<String>, next: Option<&str>) -> Check {
    Check {
        check: NAMES[index].into(),
        verdict,
        detail: detail.into(),
        next: next.map(str::to_owned),
    }
}

fn checks(seen: &Seen<'_>) -> Vec<Check> {
    let ok = |index, detail: String| check(index, Verdict::Ok, detail, None);
    vec![
        match Region::of_url(seen.address) {
            Some(region) if region.is_known() => ok(0, format!("{region} answers")),
            Some(region) => ok(0, format!("{region} answers, which is new to this pack")),
            None => ok(0, "an address of its own answers".into()),
        },
        if seen.address.starts_with("http:") {
            ok(
                1,
                "there is none: an address of this machine, without TLS".into(),
            )
        } else if seen.warnings.is_empty() {
            ok(1, "the certificate is trusted".into())
        } else {
            let next = "trust the network's own certificate authority instead";
            check(1, Verdict::Warning, seen.warnings.join("; "), Some(next))
        },
        ok(2, "the platform takes the API key".into()),
        match seen.users {
            0 => check(
                USERS,
                Verdict::Warning,
                "the list of users can be read, and is empty",
                Some("check that the key is of the right organization"),
            ),
            users => ok(USERS, format!("{users} users are told")),
        },
        key_type(seen),
        match seen.limit {
            Some(limit) => ok(
                5,
                format!(
                    "{} of {} requests are left for now",
                    limit.remaining, limit.limit
                ),
            ),
            None => ok(
                5,
                "the platform does not tell one, so 429 is waited out".into(),
            ),
        },
    ]
}

fn key_type(seen: &Seen<'_>) -> Check {
    let warning = |detail: String, next: &str| check(4, Verdict::Warning, detail, Some(next));
    if let Some(error) = seen.unproven {
        let next = error.next.as_deref().unwrap_or_default();
        return warning(format!("it could not be told: {}", error.message), next);
    }
    match (seen.declared, seen.refused) {
        (Some(KeyType::User), _) => warning(
            "a user key, as its configuration says: it reads, and can't manage accounts".into(),
            MAKE_AN_ORGANIZATION_KEY,
        ),
        (declared, Some(error)) if error.kind == Wire::Forbidden => warning(
            match declared {
                Some(_) => format!(
                    "an organization key, as its configuration says, and the platform treats it as a \
                     user key: {error}"
                ),
                None => {
                    format!("a user key, it seems: it reads, and can't manage accounts: {error}")
                }
            },
            MAKE_AN_ORGANIZATION_KEY,
        ),
        (_, Some(error)) => warning(
            format!("it could not be told: {error}"),
            "operations on API keys may not work here; report what the platform said",
        ),
        (Some(KeyType::Organization), None) => check(
            4,
            Verdict::Ok,
            "an organization key, as its configuration says",
            None,
        ),
        (None, None) => check(
            4,
            Verdict::Ok,
            "an organization key, as it may list API keys",
            None,
        ),
    }
}

/// Which check a failed request fails, and what to do about it, where the error does not know better.
fn told_by(error: &rapid7::Error) -> (usize, Option<&'static str>) {
    match error.kind {
        Wire::Certificate => (
            1,
            Some(
                "if the network opens TLS on the way, trust its certificate authority \
                 (RAPID7_PLATFORM_CA_FILE); else something pretends to be the platform",
            ),
        ),
        Wire::Unauthorized | Wire::Forbidden => (2, None),
        Wire::Credentials | Wire::CredentialsUnavailable => (2, Some("correct the configuration")),
        Wire::CredentialsUntrusted => (2, Some(TRUST_OR_FIND_OUT)),
        Wire::Unavailable if error.status.is_none() && error.delivery != Delivery::Refused => (
            0,
            Some("check the region, and that the network lets this out to the platform"),
        ),
        Wire::Unavailable | Wire::RateLimited => (0, None),
        Wire::NotTheApi | Wire::Handshake => (0, None),
        Wire::NotFound | Wire::Rejected | Wire::Malformed | Wire::Protocol => (
            0,
            Some(
                "check that the address is the Insight Platform's, such as \
                 https://eu.api.insight.rapid7.com",
            ),
        ),
    }
}

fn failed(index: usize, next: Option<&str>, error: rapid7::Error) -> Error {
    let mut failed = Error::from(error);
    failed.message = format!("{}: {}", NAMES[index], failed.message);
    if let Some(next) = next {
        failed = failed.next(next);
    }
    for (other, name) in NAMES.iter().enumerate() {
        let told = match other.cmp(&index) {
            std::cmp::Ordering::Less => "ok",
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => "not tried",
        };
        failed.message.push_str(&format!("; {name}: {told}"));
    }
    failed
}
