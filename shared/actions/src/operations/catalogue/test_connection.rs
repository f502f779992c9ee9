//! `test-connection`: whether the console can be worked with, and if not, what to do about it.

use rapid7::console::{User, WireForm};
use rapid7::{Delivery, ErrorKind as Wire};
use schemars::JsonSchema;
use serde::Serialize;

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::console::lookup::line;
use crate::core::action::Action;
use crate::core::check::{Check, Verdict};
use crate::core::error::wire::{SPEAK_TLS, look_for_the_way};
use crate::core::error::{Error, ErrorKind, Result, TRUST_OR_FIND_OUT};
use crate::core::policy::Policy;
use crate::core::spec::{Effect, Spec};
use crate::core::text::printable;

console_input! {
    /// No input is required.
    pub struct TestConnectionInput {}
}

/// Result of the connection test.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConnectionReport {
    /// The console's address.
    pub target: String,
    /// Login of the pack's own account.
    pub login: String,
    /// All checks. None has failed: a failed check is returned as an error.
    pub checks: Vec<Check>,
}

/// Checks that the console can be reached, is the right one, accepts the credentials, and gives them
/// the privilege that this pack needs. The first failed check is an error that says what to do.
pub struct TestConnection;

impl Action for TestConnection {
    type Input = TestConnectionInput;
    type Output = ConnectionReport;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "test-connection",
        title: "Check address, certificate, credentials, privilege and wire form",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(
        context: &ConsoleContext,
        _input: TestConnectionInput,
    ) -> Result<ConnectionReport> {
        let own = &context.policy().own_login;
        let console = context.console();
        let listed = console.users().await;
        let seen = Seen {
            own,
            plain: console.address().starts_with("http:"),
            warnings: &context.warnings,
            form: console.form(),
        };
        let answer = match &listed {
            Ok(users) => {
                let same = |user: &&User| user.login().to_lowercase() == own.to_lowercase();
                Answer::Listed(users.iter().find(same))
            }
            Err(error) => Answer::Failed(error),
        };
        let mut checks = checks(&seen, &answer);
        if let Ok(users) = &listed {
            checks.extend(protected(context.policy(), users));
        }
        let mut error = match listed {
            Err(error) => Error::from(error),
            Ok(_) => Error::new(ErrorKind::Unauthorized, ""),
        };
        let is_failed = |check: &&Check| check.verdict == Verdict::Failed;
        let Some(failed) = checks.iter().find(is_failed) else {
            return Ok(ConnectionReport {
                target: console.address().into(),
                login: own.clone(),
                checks,
            });
        };
        error.message = format!("{}: {}", failed.check, failed.detail);
        error.next.clone_from(&failed.next);
        for check in checks.iter().filter(|check| !is_failed(check)) {
            let verdict = match check.verdict {
                Verdict::Skipped => "not tried",
                Verdict::Warning => "warning",
                _ => "ok",
            };
            error
                .message
                .push_str(&format!("; {}: {verdict}", check.check));
        }
        Err(error)
    }
}

/// Whether everybody whom the policy protects is there: a login that is misspelt protects nobody.
fn protected(policy: &Policy, users: &[User]) -> Option<Check> {
    if policy.protected_logins.is_empty() {
        return None;
    }
    let nobody = policy.protecting_nobody(users.iter().map(User::login));
    let told = |verdict, detail: String, next: Option<&str>| Check {
        check: "protected logins".into(),
        verdict,
        detail,
        next: next.map(str::to_owned),
    };
    Some(match nobody.is_empty() {
        true => told(Verdict::Ok, "each fits an account".into(), None),
        false => {
            let nobody = nobody.into_iter().map(printable);
            let nobody = nobody.collect::<Vec<_>>().join(", ");
            let next = "check their spelling, unless they are another console's";
            told(
                Verdict::Warning,
                format!("these fit no account of this console: {nobody}"),
                Some(next),
            )
        }
    })
}

/// What the console answered when it was asked for all users.
enum Answer<'a> {
    /// Users, among them perhaps the one that asked.
    Listed(Option<&'a User>),
    Failed(&'a rapid7::Error),
}

/// What is known beside the console's answer.
struct Seen<'a> {
    own: &'a str,
    /// Whether the address is one without TLS.
    plain: bool,
    /// Warnings about the deployment: that certificates are not checked.
    warnings: &'a [String],
    form: Option<WireForm>,
}

const NAMES: [&str; 5] = [
    "reachable",
    "certificate",
    "credentials",
    "privilege",
    "wire form",
];

/// The five verdicts, out of one request: each failure stops the ones after it.
fn checks(seen: &Seen<'_>, answer: &Answer<'_>) -> Vec<Check> {
    let failed_at = match answer {
        Answer::Listed(Some(_)) => None,
        Answer::Listed(None) => Some((3, "make the pack's account a global administrator".into())),
        Answer::Failed(error) => Some(told_by(error)),
    };
    let check = |index: usize, verdict, detail: String, next: Option<&str>| Check {
        check: NAMES[index].into(),
        verdict,
        detail,
        next: next.map(str::to_owned),
    };
    let one = |index: usize| match &failed_at {
        Some((failed_at, _)) if index > *failed_at => {
            check(index, Verdict::Skipped, "not tried".into(), None)
        }
        Some((failed_at, next)) if index == *failed_at => {
            let detail = match answer {
                Answer::Failed(error) => error.to_string(),
                Answer::Listed(_) => format!(
                    "the console's list of users lacks {:?}, the account that asked for it",
                    seen.own
                ),
            };
            check(index, Verdict::Failed, detail, Some(next))
        }
        _ => match index {
            0 => check(index, Verdict::Ok, "the console answers".into(), None),
            1 if seen.plain => {
                let detail = "there is none: an address of this machine, without TLS";
                check(index, Verdict::Ok, detail.into(), None)
            }
            1 if !seen.warnings.is_empty() => check(
                index,
                Verdict::Warning,
                seen.warnings.join("; "),
                Some("trust the console's own certificate by pin or CA"),
            ),
            1 => check(
                index,
                Verdict::Ok,
                "the certificate is trusted".into(),
                None,
            ),
            2 => {
                let who = match answer {
                    Answer::Listed(Some(user)) => line(user),
                    _ => printable(seen.own),
                };
                let detail = format!("the console lets {who} in");
                check(index, Verdict::Ok, detail, None)
            }
            3 => match answer {
                Answer::Listed(Some(user)) if !is_administrator(user) => check(
                    index,
                    Verdict::Warning,
                    "may list users, and is not told to be a global administrator".into(),
                    Some("check the account's role: changing users takes a global administrator"),
                ),
                _ => check(index, Verdict::Ok, "global administrator".into(), None),
            },
            _ => match seen.form {
                Some(WireForm::Vendor) => {
                    check(index, Verdict::Ok, "the vendor API file's".into(), None)
                }
                Some(WireForm::Guide) => {
                    check(index, Verdict::Ok, "the public guide's".into(), None)
                }
                None => check(
                    index,
                    Verdict::Warning,
                    "the console's users do not show it; the vendor API file's is taken".into(),
                    Some("if writes are refused, set the wire form to guide"),
                ),
            },
        },
    };
    (0..NAMES.len()).map(one).collect()
}

fn is_administrator(user: &User) -> bool {
    let privileges = user.privileges();
    user.superuser() == Some(true) || privileges.is_some_and(|all| all.contains(&"all-permissions"))
}

/// Which check a failed request fails, and what to do about it.
fn told_by(error: &rapid7::Error) -> (usize, String) {
    if error.found_no_way() && error.names.address.is_some() {
        return (0, look_for_the_way(error));
    }
    let place = error.names.credentials.as_deref();
    let place = place.map(|place| format!(" in {place}"));
    let place = place.unwrap_or_default();
    let (index, next) = match error.kind {
        Wire::Certificate => (
            1,
            "compare the fingerprint with the console's own (openssl x509 -fingerprint -sha256); only \
             if they are the same, trust it by pin or CA",
        ),
        Wire::Handshake => (0, SPEAK_TLS),
        Wire::Unauthorized => {
            let next = format!(
                "check user name and password{place}, whether the account is locked or disabled, and whether \
                 the console is in maintenance, which can look the same; do not try often, as failed logins \
                 lock the account"
            );
            return (2, next);
        }
        Wire::Credentials | Wire::CredentialsUnavailable => (2, "correct the configuration"),
        Wire::CredentialsUntrusted => (2, TRUST_OR_FIND_OUT),
        Wire::Forbidden | Wire::NotFound => (
            3,
            "make the pack's account a global administrator: others get 404 for what they may not see",
        ),
        Wire::Unavailable if error.status.is_none() && error.delivery != Delivery::Refused => (
            0,
            "check address and port, the network between, and that the console runs",
        ),
        Wire::Unavailable | Wire::RateLimited => (
            0,
            "wait until the console is out of maintenance or less busy, then try again",
        ),
        Wire::NotTheApi => (
            0,
            "check address and port: a console's API does not answer so; if they are right, find out what \
             stands between that answers in its place (a proxy, a gateway, a firewall)",
        ),
        Wire::Rejected | Wire::Malformed | Wire::Protocol => (
            0,
            "check that the address is that of a console, and that it is not in maintenance",
        ),
    };
    (index, next.to_owned())
}
