//! What the environment says. Every variable that this pack reads is named here.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use actions::Policy;
use rapid7::console::WireForm;
use rapid7::{Credentials, Trust};

/// Name or ARN of the console's secret in Secrets Manager.
const SECRET: &str = "RAPID7_CONSOLE_SECRET";
/// A file with the same JSON as the secret, for a laptop.
const SECRET_FILE: &str = "RAPID7_CONSOLE_SECRET_FILE";
/// The console's address; overrides the secret's `url`.
const URL: &str = "RAPID7_CONSOLE_URL";
const USERNAME: &str = "RAPID7_CONSOLE_USERNAME";
const PASSWORD: &str = "RAPID7_CONSOLE_PASSWORD";
/// The current two-factor token.
const TOKEN: &str = "RAPID7_CONSOLE_TOKEN";
/// SHA-256 fingerprints of the console's certificate, comma-separated.
const PINS: &str = "RAPID7_CONSOLE_CERTIFICATE_SHA256";
/// A PEM file with the authorities to trust.
const CA_FILE: &str = "RAPID7_CONSOLE_CA_FILE";
const NO_TLS_VERIFICATION: &str = "RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION";
const WIRE_FORM: &str = "RAPID7_CONSOLE_WIRE_FORM";
const SECRET_TTL: &str = "RAPID7_SECRET_TTL_SECONDS";
const ALLOW_PRIVILEGED: &str = "RAPID7_ALLOW_PRIVILEGED_ACCOUNTS";
const ALLOW_DELETION: &str = "RAPID7_ALLOW_DELETION";
const ALLOW_OWN_PASSWORD: &str = "RAPID7_ALLOW_OWN_PASSWORD";
/// Logins of accounts that are never changed, comma-separated, with `*` for any characters.
const PROTECTED_LOGINS: &str = "RAPID7_PROTECTED_LOGINS";
/// The only operations that are run, comma-separated.
const ALLOWED_OPERATIONS: &str = "RAPID7_ALLOWED_OPERATIONS";
/// How many accounts and grants one run may change at most.
const MAX_CHANGES: &str = "RAPID7_MAX_CHANGES";

/// A variable that can't be used. Values are not repeated: one may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingsError(String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the console's credentials are kept.
#[derive(Debug, Clone)]
pub(crate) enum CredentialsAt {
    SecretsManager(String),
    File(String),
    Environment(Credentials),
}

/// What the environment says.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) credentials: CredentialsAt,
    pub(crate) url: Option<String>,
    pub(crate) trust: Option<Trust>,
    pub(crate) form: Option<WireForm>,
    pub(crate) secret_ttl: Duration,
    /// Without the login of the pack's own account, which only its secret tells.
    pub(crate) policy: Policy,
}

impl Settings {
    /// Reads the environment.
    pub(crate) fn from_environment() -> Result<Self, SettingsError> {
        // An empty list would read as "no limit": a template that rendered nothing must not open all.
        for name in [PROTECTED_LOGINS, ALLOWED_OPERATIONS] {
            if std::env::var_os(name).is_some_and(|value| value.is_empty()) {
                return Err(SettingsError(format!(
                    "{name}: expected at least one name, or the variable not to be set"
                )));
            }
        }
        Self::read(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let wrong = |name: &str, expected: &str| SettingsError(format!("{name}: {expected}"));
        let flag = |name: &str| match get(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(wrong(name, "expected true or false")),
        };
        let credentials = match (get(SECRET), get(SECRET_FILE), get(USERNAME)) {
            (Some(name), None, None) => CredentialsAt::SecretsManager(name),
            (None, Some(path), None) => CredentialsAt::File(path),
            (None, None, Some(username)) => CredentialsAt::Environment(Credentials {
                username,
                password: get(PASSWORD)
                    .ok_or_else(|| wrong(PASSWORD, &format!("required with {USERNAME}")))?
                    .into(),
                token: get(TOKEN).map(Into::into),
            }),
            _ => {
                return Err(SettingsError(format!(
                    "expected exactly one of {SECRET} (name or ARN in Secrets Manager), \
                     {SECRET_FILE} (a file with the same JSON) or {USERNAME}"
                )));
            }
        };
        let trust = match (get(PINS), get(CA_FILE), flag(NO_TLS_VERIFICATION)?) {
            (None, None, false) => None,
            (Some(pins), None, false) => {
                Some(Trust::Pins(pins_of(&pins).map_err(|e| wrong(PINS, &e))?))
            }
            (None, Some(path), false) => Some(Trust::CaPem(
                std::fs::read_to_string(path)
                    .map_err(|error| wrong(CA_FILE, &format!("can't be read: {error}")))?,
            )),
            (None, None, true) => Some(Trust::DangerouslyAny),
            _ => {
                return Err(SettingsError(format!(
                    "expected at most one of {PINS}, {CA_FILE}, {NO_TLS_VERIFICATION}"
                )));
            }
        };
        let form = match get(WIRE_FORM).as_deref() {
            None => None,
            Some(text) => {
                Some(form_of(text).ok_or_else(|| wrong(WIRE_FORM, "expected guide or vendor"))?)
            }
        };
        let secret_ttl = match get(SECRET_TTL) {
            None => 300,
            Some(text) => text
                .parse()
                .map_err(|_| wrong(SECRET_TTL, "expected a whole number of seconds"))?,
        };
        Ok(Self {
            credentials,
            url: get(URL),
            trust,
            form,
            secret_ttl: Duration::from_secs(secret_ttl),
            policy: Policy {
                own_login: String::new(),
                allow_privileged_accounts: flag(ALLOW_PRIVILEGED)?,
                allow_deletion: flag(ALLOW_DELETION)?,
                allow_own_password: flag(ALLOW_OWN_PASSWORD)?,
                protected_logins: match get(PROTECTED_LOGINS) {
                    None => Vec::new(),
                    Some(text) => entries(&text).ok_or_else(|| {
                        let expected =
                            "expected logins with commas between them, none of them empty";
                        wrong(PROTECTED_LOGINS, expected)
                    })?,
                },
                operations: match get(ALLOWED_OPERATIONS) {
                    None => None,
                    Some(text) => Some(operations_of(&text).ok_or_else(|| {
                        let expected = "expected names of operations with commas between them, \
                                        such as get-user,unlock-user";
                        wrong(ALLOWED_OPERATIONS, expected)
                    })?),
                },
                max_changes: match get(MAX_CHANGES) {
                    None => None,
                    Some(text) => {
                        let number = text.parse().ok().filter(|number: &usize| *number > 0);
                        let expected = "expected a whole number from 1";
                        Some(number.ok_or_else(|| wrong(MAX_CHANGES, expected))?)
                    }
                },
            },
        })
    }

    /// Refuses allowed operations that there are not. For who knows all of them: a function knows
    /// its own, and a name that it does not know may be another's.
    #[cfg(feature = "cli")]
    pub(crate) fn check_operations(&self, known: &[&str]) -> Result<(), SettingsError> {
        let mut allowed = self.policy.operations.iter().flatten();
        if allowed.all(|name| known.contains(&name.as_str())) {
            return Ok(());
        }
        Err(SettingsError(format!(
            "{ALLOWED_OPERATIONS}: one of them is not an operation; there are {}",
            known.join(", ")
        )))
    }
}

/// What stands between commas; nothing if one of it is empty.
fn entries(text: &str) -> Option<Vec<String>> {
    let entry = |entry: &str| Some(entry.trim().to_owned()).filter(|entry| !entry.is_empty());
    text.split(',').map(entry).collect()
}

fn operations_of(text: &str) -> Option<BTreeSet<String>> {
    let is_name = |name: &String| {
        let words = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        name.split('-').all(words)
    };
    let names = entries(text)?;
    names
        .iter()
        .all(is_name)
        .then(|| names.into_iter().collect())
}

/// Comma-separated fingerprints.
pub(crate) fn pins_of(text: &str) -> Result<Vec<rapid7::Fingerprint>, String> {
    text.split(',')
        .map(|pin| {
            pin.parse()
                .map_err(|error: rapid7::TrustError| error.to_string())
        })
        .collect()
}

pub(crate) fn form_of(text: &str) -> Option<WireForm> {
    match text {
        "guide" => Some(WireForm::Guide),
        "vendor" => Some(WireForm::Vendor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(get).map_err(|error| error.to_string())
    }

    #[test]
    fn errors_name_the_variable_and_never_its_value() {
        let wrong: &[&[(&str, &str)]] = &[
            &[],
            &[(SECRET, "a"), (SECRET_FILE, "canary")],
            &[(USERNAME, "canary")],
            &[(SECRET, "a"), (PINS, "canary")],
            &[(SECRET, "a"), (WIRE_FORM, "canary")],
            &[(SECRET, "a"), (SECRET_TTL, "canary")],
            &[(SECRET, "a"), (NO_TLS_VERIFICATION, "canary")],
            &[(SECRET, "a"), (ALLOW_PRIVILEGED, "canary")],
            &[(SECRET, "a"), (ALLOW_DELETION, "canary")],
            &[(SECRET, "a"), (ALLOW_OWN_PASSWORD, "canary")],
            &[(SECRET, "a"), (PROTECTED_LOGINS, "canary,")],
            &[(SECRET, "a"), (PROTECTED_LOGINS, "canary, ,other")],
            &[(SECRET, "a"), (ALLOWED_OPERATIONS, "canary user")],
            &[
                (SECRET, "a"),
                (ALLOWED_OPERATIONS, "get-user,Canary-canary"),
            ],
            &[(SECRET, "a"), (ALLOWED_OPERATIONS, "get-user,,canary")],
            &[(SECRET, "a"), (ALLOWED_OPERATIONS, "canary-")],
            &[(SECRET, "a"), (MAX_CHANGES, "canary")],
            &[(SECRET, "a"), (MAX_CHANGES, "-1")],
            &[(SECRET, "a"), (MAX_CHANGES, "0")],
            &[(SECRET, "a"), (PINS, &"00".repeat(32)), (CA_FILE, "canary")],
        ];
        for variables in wrong {
            let error = read(variables).expect_err("accepted");
            assert!(error.contains("RAPID7_"), "{error}");
            assert!(!error.to_lowercase().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_policy_is_strict_unless_the_environment_says_otherwise() {
        let policy = |variables: &[(&str, &str)]| {
            let credentials = [(SECRET, "a")];
            read(&[&credentials, variables].concat())
                .expect("settings")
                .policy
        };
        let strict = policy(&[]);
        assert!(!strict.allow_deletion && !strict.allow_own_password);
        assert!(!strict.allow_privileged_accounts);
        assert!(strict.protected_logins.is_empty());
        assert_eq!((strict.operations, strict.max_changes), (None, None));
        let policy = policy(&[
            (ALLOW_DELETION, "true"),
            (ALLOW_OWN_PASSWORD, "true"),
            (PROTECTED_LOGINS, "nxadmin, svc-*"),
            (ALLOWED_OPERATIONS, "unlock-user, get-user"),
            (MAX_CHANGES, "25"),
        ]);
        assert!(policy.allow_deletion && policy.allow_own_password);
        assert!(!policy.allow_privileged_accounts);
        assert_eq!(policy.protected_logins, ["nxadmin", "svc-*"]);
        let operations = policy.operations.expect("operations");
        assert!(operations.iter().eq(["get-user", "unlock-user"]));
        assert_eq!(policy.max_changes, Some(25));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn an_operation_that_there_is_not_is_told_without_repeating_it() {
        let settings = read(&[(SECRET, "a"), (ALLOWED_OPERATIONS, "get-user,canary")]);
        let settings = settings.expect("settings");
        let known = ["get-user", "unlock-user"];
        let error = settings.check_operations(&known).expect_err("accepted");
        let error = error.to_string();
        assert!(error.contains(ALLOWED_OPERATIONS) && error.contains("get-user, unlock-user"));
        assert!(!error.contains("canary"), "{error}");
        assert!(settings.check_operations(&["get-user", "canary"]).is_ok());
    }

    #[test]
    fn verification_is_on_unless_turned_off_by_name() {
        let trust = |variables| read(variables).expect("settings").trust;
        assert!(trust(&[(SECRET, "a")]).is_none());
        assert!(trust(&[(SECRET, "a"), (NO_TLS_VERIFICATION, "false")]).is_none());
        let off = trust(&[(SECRET, "a"), (NO_TLS_VERIFICATION, "true")]);
        assert!(matches!(off, Some(Trust::DangerouslyAny)));
    }
}
