//! From the parameters of a connection to what its steps use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use actions::{Journal, Services, nearest_name};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rapid7::printable;
use serde_json::{Value, json};
use services::assemble::assemble;
use services::aws::Chain;
use services::files;
use services::journal::{self, Memory};
use services::needs::Needs;
use services::sent::Sent;
use services::settings::{JournalAt, Settings, SettingsError};
use sha2::{Digest as _, Sha256};

use super::members::{
    ALLOWED_OPERATIONS, SKIP_VERIFICATION, SSL_VERIFY, TIMEOUT, TIMEOUT_SECONDS, in_its_words,
    members,
};
use crate::audit::LoggedAudit;
use crate::catalog;
use crate::failure::Failure;

const LONGEST_TIMEOUT: u64 = 3600;

/// How many connections are kept open for the steps to come.
const KEPT: usize = 64;

/// A connection that is ready to be used.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) services: Services,
    pub(crate) timeout: Duration,
}

impl Connection {
    fn of(parameters: &Value, journal: Arc<dyn Journal>) -> Result<Self, Failure> {
        check_names(parameters)?;
        let timeout = match &parameters[TIMEOUT_SECONDS] {
            Value::Null => TIMEOUT,
            value if *value == "" => TIMEOUT,
            value => value
                .as_u64()
                .filter(|seconds| (5..=LONGEST_TIMEOUT).contains(seconds))
                .ok_or_else(|| misconfigured("connection.timeout_seconds: expected 5 to 3600"))?,
        };
        let mut values = values(parameters);
        if let Some(authorities) = of_the_image()? {
            trust(&mut values, &authorities);
        }
        let consoles = values.get("RAPID7_CONSOLES").into_iter();
        let mut secrets = consoles
            .flat_map(|text| text.split(','))
            .filter_map(|one| one.split_once('='));
        if secrets.any(|(_, secret)| secret.trim().starts_with("file:")) {
            return Err(misconfigured(
                "connection.consoles: expected names of secrets; files are for a laptop",
            ));
        }
        let get = |variable: &str| values.get(variable).cloned();
        let settings = Settings::read(get, certificates)
            .and_then(|settings| {
                settings.check_operations(&catalog::operations())?;
                Ok(settings)
            })
            .map_err(|error| misconfigured(&in_its_words(&error.to_string())))?;
        let mut services = assemble(
            settings,
            Chain::EVERYWHERE,
            Arc::new(LoggedAudit),
            Needs::EVERYTHING,
            None,
            &Sent::default(),
        );
        services.journal = Some(journal);
        Ok(Self {
            services,
            timeout: Duration::from_secs(timeout),
        })
    }
}

/// Refuses members that a connection has not: one that is misspelt would be a guard that is none.
fn check_names(parameters: &Value) -> Result<(), Failure> {
    let members = members();
    let unknown = |given: &Value, known: &[&str], place: &str| {
        let given = given.as_object()?;
        let name = given.keys().find(|name| !known.contains(&name.as_str()))?;
        let meant = match nearest_name(name, known) {
            Some(meant) => format!("perhaps {place}.{meant} was meant"),
            None => format!("there are {}", known.join(", ")),
        };
        Some(format!(
            "{place}.{}: no such member here; {meant}",
            printable(name)
        ))
    };
    let names: Vec<&str> = members.iter().map(|member| member.name).collect();
    let wrong = unknown(parameters, &names, "connection").or_else(|| {
        members.iter().find_map(|member| {
            let parts: Vec<&str> = member.variables.iter().map(|(_, part)| *part).collect();
            if parts.iter().any(|part| part.is_empty()) {
                return None;
            }
            let place = format!("connection.{}", member.name);
            unknown(&parameters[member.name], &parts, &place)
        })
    });
    match wrong {
        Some(wrong) => Err(misconfigured(&wrong)),
        None => Ok(()),
    }
}

fn misconfigured(what: &str) -> Failure {
    tracing::error!("{what}");
    Failure::Step {
        cause: what.to_owned(),
        assistance: "Correct the connection.".into(),
        data: json!({"kind": "Unauthorized", "message": what, "changed": []}).to_string(),
        surprise: false,
    }
}

/// What the connection says, by variable. What is empty says nothing.
fn values(parameters: &Value) -> BTreeMap<&'static str, String> {
    let mut values = BTreeMap::new();
    for member in members() {
        let value = &parameters[member.name];
        for (variable, part) in member.variables {
            let value = if part.is_empty() {
                value
            } else {
                &value[*part]
            };
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let text = match (member.name, text.as_str()) {
                // The only member that means the opposite of its variable.
                (SSL_VERIFY, verify) => if verify == "false" { "true" } else { "" }.to_owned(),
                (_, text) if *variable == ALLOWED_OPERATIONS => catalog::as_operations(text),
                (_, text) => text.to_owned(),
            };
            // A list of nothing but spaces must not open everything.
            let text = match value.as_str() {
                Some(raw) if text.is_empty() && member.name != SSL_VERIFY => raw.to_owned(),
                _ => text,
            };
            if !text.is_empty() {
                values.insert(*variable, text);
            }
        }
    }
    values
}

/// The authorities that the image brings along, where `SSL_CERT_FILE` names them: a deployment puts its
/// own in their place. Without any, those that are compiled in count.
fn of_the_image() -> Result<Option<String>, Failure> {
    let path = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
    let Some(path) = path else {
        return Ok(None);
    };
    // Not the usual ones instead: somebody wanted others.
    let unreadable = |error: String| misconfigured(&format!("SSL_CERT_FILE: {error}"));
    let text = files::read_secret(&path).map_err(|error| unreadable(error.to_string()))?;
    certificates(text).map(Some).map_err(unreadable)
}

/// Trusts these authorities wherever the connection does not say whom to trust. A console's secret may
/// say it: that stays in force.
fn trust(values: &mut BTreeMap<&'static str, String>, authorities: &str) {
    let is_set = |name: &str| values.contains_key(name);
    let told = ["CERTIFICATE_SHA256", "CA_FILE"].map(|name| format!("RAPID7_CONSOLE_{name}"));
    let told = told.iter().any(|name| is_set(name)) || is_set(SKIP_VERIFICATION);
    let console = is_set("RAPID7_CONSOLE_USERNAME") && !told;
    let platform = is_set("RAPID7_PLATFORM_API_KEY") || is_set("RAPID7_PLATFORM_SECRET");
    let platform = platform && !is_set("RAPID7_PLATFORM_CA_FILE");
    if console {
        values.insert("RAPID7_CONSOLE_CA_FILE", authorities.to_owned());
    }
    if platform {
        values.insert("RAPID7_PLATFORM_CA_FILE", authorities.to_owned());
    }
}

/// Certificates in PEM, as they were pasted: in Base64 as a whole, or with spaces for line breaks,
/// which is what a one-line text field makes of them.
fn certificates(text: String) -> Result<String, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = if text.contains(BEGIN) {
        text
    } else {
        let packed: String = text.split_whitespace().collect();
        let bytes = BASE64.decode(packed).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.filter(|text| text.contains(BEGIN))
            .ok_or("expected certificates in PEM, as they are or in Base64")?
    };
    let mut pem = String::new();
    for certificate in text.split(BEGIN).skip(1) {
        let (body, _) = certificate
            .split_once(END)
            .ok_or("a certificate has no end")?;
        pem.push_str(BEGIN);
        for line in body.split_whitespace() {
            pem.push('\n');
            pem.push_str(line);
        }
        pem.push_str(&format!("\n{END}\n"));
    }
    Ok(pem)
}

/// The connections that were used last, so that a server need not open one for each step.
#[derive(Default)]
pub(crate) struct Connections {
    kept: Mutex<Vec<([u8; 32], Connection)>>,
    /// One for all: connections that differ in a time limit alone mean the same accounts.
    journal: OnceLock<Result<Arc<dyn Journal>, SettingsError>>,
}

impl Connections {
    /// The connection with these parameters.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn get(&self, parameters: &Value) -> Result<Connection, Failure> {
        let key: [u8; 32] = Sha256::digest(parameters.to_string()).into();
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut kept = kept();
            if let Some(index) = kept.iter().position(|(known, _)| *known == key) {
                kept[..=index].rotate_right(1);
                return Ok(kept[0].1.clone());
            }
        }
        let journal = self.journal.get_or_init(of_the_process).clone();
        let journal = journal.map_err(|error| misconfigured(&error.to_string()))?;
        let connection = Connection::of(parameters, journal)?;
        let mut kept = kept();
        kept.insert(0, (key, connection.clone()));
        kept.truncate(KEPT);
        Ok(connection)
    }
}

/// The journal is where the process's environment says: who writes a connection does not choose it. Without that it
/// keeps the steps of this process apart.
fn of_the_process() -> Result<Arc<dyn Journal>, SettingsError> {
    Ok(match JournalAt::from_environment()? {
        Some(at) => journal::open(&at, Chain::EVERYWHERE),
        None => Arc::new(Memory::default()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_however_they_were_pasted() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";
        let flat = pem.replace('\n', " ");
        for pasted in [
            pem.to_owned(),
            flat,
            BASE64.encode(pem),
            format!("  {pem}\n{pem}"),
        ] {
            let read = certificates(pasted.clone()).expect(&pasted);
            assert!(read.starts_with(pem), "{read}");
        }
        assert!(certificates("nonsense".into()).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_by_the_connections_own_members() {
        let connections = Connections::default();
        let told = |parameters: Value| match connections.get(&parameters) {
            Ok(_) => panic!("accepted"),
            Err(Failure::Step { cause, .. }) => cause,
            Err(other) => panic!("{other:?}"),
        };
        let nothing = told(json!({}));
        assert!(
            nothing.contains("connection.credentials.username"),
            "{nothing}"
        );
        let both =
            json!({"credentials": {"username": "a", "password": "b"}, "console_secret": "c"});
        assert!(!told(both).contains("RAPID7_"));
        let pins = json!({
            "credentials": {"username": "a", "password": "b"}, "certificate_sha256": "zz",
        });
        assert!(told(pins).contains("connection.certificate_sha256"));
        let slow = json!({"timeout_seconds": 4});
        assert!(told(slow).contains("timeout_seconds"));
    }

    #[test]
    fn connections_that_mean_the_same_accounts_share_one_journal() {
        let connections = Connections::default();
        let journal = |seconds: u64| {
            let parameters = json!({
                "url": "https://console.example.com", "credentials": {"username": "a", "password": "b"},
                "timeout_seconds": seconds,
            });
            let connection = connections.get(&parameters);
            let services = connection.unwrap_or_else(|_| panic!("refused")).services;
            services.journal.expect("a journal")
        };
        assert!(Arc::ptr_eq(&journal(30), &journal(60)));
    }

    #[test]
    fn a_member_that_there_is_not_is_refused_with_what_was_meant() {
        let told = |parameters: Value| match Connections::default().get(&parameters) {
            Ok(_) => panic!("accepted"),
            Err(Failure::Step { cause, .. }) => cause,
            Err(other) => panic!("{other:?}"),
        };
        let told_guard = told(json!({"console_secret": "a", "protected_login": "user3"}));
        assert!(
            told_guard.contains("connection.protected_login:"),
            "{told_guard}"
        );
        assert!(
            told_guard.contains("connection.protected_logins was meant"),
            "{told_guard}"
        );
        let told_part = told(json!({"credentials": {"username": "a", "pasword": "canary"}}));
        assert!(
            told_part.contains("connection.credentials.password was meant"),
            "{told_part}"
        );
        assert!(!told_part.contains("canary"), "{told_part}");
        let other = told(json!({"console_secret": "a", "zzz": 1}));
        assert!(other.contains("there are url, credentials"), "{other}");
    }

    #[test]
    fn every_variable_of_the_environment_has_its_member() {
        let known: Vec<&str> = members()
            .iter()
            .flat_map(|member| member.variables)
            .map(|(v, _)| *v)
            .collect();
        let source = [
            include_str!("../../../services/src/settings/consoles.rs"),
            include_str!("../../../services/src/settings/platform.rs"),
            include_str!("../../../services/src/settings/policy.rs"),
        ];
        // Files and one-time tokens are nothing that a connection keeps; whose key it is and which,
        // the platform tells or its secret does. An orchestrator is where the console is: no proxy is between.
        let without = [
            "RAPID7_CONSOLE_SECRET_FILE",
            "RAPID7_CONSOLE_TOKEN",
            "RAPID7_CONSOLE_PROXY",
            "RAPID7_PLATFORM_SECRET_FILE",
            "RAPID7_PLATFORM_KEY_TYPE",
            "RAPID7_PLATFORM_KEY_ID",
        ];
        for name in source
            .iter()
            .flat_map(|text| text.split('"'))
            .filter(|text| text.starts_with("RAPID7_"))
        {
            assert!(known.contains(&name) != without.contains(&name), "{name}");
        }
    }
}
