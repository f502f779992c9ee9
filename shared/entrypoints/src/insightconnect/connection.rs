//! A plugin's connection: how Rapid7 is reached, and what the deployment allows. It says what the
//! environment says to a function, member by member, and is read by the same code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actions::Services;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::audit::LoggedAudit;
use super::catalog;
use super::fields::{Field, Kind};
use super::message::Failure;
use super::wording::{sentence, title};
use crate::aws::Chain;
use crate::services::{Needs, services};
use crate::settings::Settings;

/// How long a step may take, where the connection does not say.
const TIMEOUT: u64 = 300;
const LONGEST_TIMEOUT: u64 = 3600;

/// How many connections are kept open for the steps to come.
const KEPT: usize = 64;

/// A member of the connection, and the variable of the environment that means the same.
struct Member {
    name: &'static str,
    kind: Kind,
    default: Option<Value>,
    choices: &'static [&'static str],
    description: &'static str,
    example: &'static str,
    /// Variables, each with the member of a credential that it is.
    variables: &'static [(&'static str, &'static str)],
}

const fn text(
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    example: &'static str,
    description: &'static str,
) -> Member {
    Member {
        name,
        kind: Kind::String,
        default: None,
        choices: &[],
        description,
        example,
        variables,
    }
}

fn flag(
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    default: bool,
    description: &'static str,
) -> Member {
    Member {
        kind: Kind::Boolean,
        default: Some(default.into()),
        ..text(
            name,
            variables,
            if default { "true" } else { "false" },
            description,
        )
    }
}

const SSL_VERIFY: &str = "ssl_verify";
const SKIP_VERIFICATION: &str = "RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION";
const TIMEOUT_SECONDS: &str = "timeout_seconds";
const ALLOWED_OPERATIONS: &str = "RAPID7_ALLOWED_OPERATIONS";

fn members() -> Vec<Member> {
    vec![
        text(
            "url",
            &[("RAPID7_CONSOLE_URL", "")],
            "https://console.example.com:3780",
            "Address of the InsightVM console. Left out, there is only the platform, or the console's \
             secret tells it",
        ),
        Member {
            kind: Kind::UsernameAndPassword,
            ..text(
                "credentials",
                &[
                    ("RAPID7_CONSOLE_USERNAME", "username"),
                    ("RAPID7_CONSOLE_PASSWORD", "password"),
                ],
                r#"{"username": "svc-soar", "password": "correct horse battery staple"}"#,
                "User name and password of the console account that this plugin uses, a global \
                 administrator",
            )
        },
        flag(
            SSL_VERIFY,
            &[(SKIP_VERIFICATION, "")],
            true,
            "Whether the console's certificate is verified. Without that, anybody on the way can read \
             the password: give `ca_certificate` or `certificate_sha256` instead",
        ),
        text(
            "ca_certificate",
            &[("RAPID7_CONSOLE_CA_FILE", "")],
            "-----BEGIN CERTIFICATE----- MIIB... -----END CERTIFICATE-----",
            "Certificate authority that signed the console's certificate, in PEM, as it is or in Base64",
        ),
        text(
            "certificate_sha256",
            &[("RAPID7_CONSOLE_CERTIFICATE_SHA256", "")],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "SHA-256 fingerprint of the console's own certificate, or several with commas: trusted \
             instead of any authority",
        ),
        text(
            "console_secret",
            &[("RAPID7_CONSOLE_SECRET", "")],
            "rapid7/console",
            "Secret in AWS Secrets Manager with the console's credentials, by name or ARN, instead of \
             `credentials`",
        ),
        text(
            "consoles",
            &[("RAPID7_CONSOLES", "")],
            "emea=rapid7/emea,apac=rapid7/apac",
            "Several consoles, each with its secret in AWS Secrets Manager; instead of `url` and \
             `credentials`",
        ),
        text(
            "region",
            &[("RAPID7_PLATFORM_REGION", "")],
            "eu",
            "Region of the Insight Platform, for operations there",
        ),
        Member {
            kind: Kind::SecretKey,
            ..text(
                "api_key",
                &[("RAPID7_PLATFORM_API_KEY", "secretKey")],
                r#"{"secretKey": "00000000-0000-4000-8000-000000000000"}"#,
                "API key of the Insight Platform, an organization key for all but reading",
            )
        },
        text(
            "platform_secret",
            &[("RAPID7_PLATFORM_SECRET", "")],
            "rapid7/platform",
            "Secret in AWS Secrets Manager with region and API key of the Insight Platform, instead of \
             `api_key`",
        ),
        text(
            "platform_url",
            &[("RAPID7_PLATFORM_URL", "")],
            "https://eu.api.insight.rapid7.com",
            "Address of the Insight Platform where the region does not tell it",
        ),
        text(
            "platform_ca_certificate",
            &[("RAPID7_PLATFORM_CA_FILE", "")],
            "-----BEGIN CERTIFICATE----- MIIB... -----END CERTIFICATE-----",
            "Certificate authority to trust for the Insight Platform, in PEM, where the network opens \
             TLS on the way",
        ),
        Member {
            choices: &["guide", "vendor"],
            ..text(
                "wire_form",
                &[("RAPID7_CONSOLE_WIRE_FORM", "")],
                "vendor",
                "Spelling of user objects, where the console's own does not tell",
            )
        },
        flag(
            "allow_deletion",
            &[("RAPID7_ALLOW_DELETION", "")],
            false,
            "Whether accounts may be deleted",
        ),
        flag(
            "allow_privileged_accounts",
            &[("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "")],
            false,
            "Whether accounts may be made global administrators or superusers",
        ),
        flag(
            "allow_own_password",
            &[("RAPID7_ALLOW_OWN_PASSWORD", "")],
            false,
            "Whether the password of the account that this plugin uses may be set",
        ),
        text(
            "protected_logins",
            &[("RAPID7_PROTECTED_LOGINS", "")],
            "nxadmin,svc-*",
            "Logins of accounts that are never changed, with commas between them and * for any \
             characters",
        ),
        text(
            "allowed_actions",
            &[(ALLOWED_OPERATIONS, "")],
            "get_user,unlock_user",
            "The only actions that are run, with commas between them. Left out, all",
        ),
        Member {
            kind: Kind::Integer,
            ..text(
                "max_changes",
                &[("RAPID7_MAX_CHANGES", "")],
                "25",
                "How many accounts and grants one run may change at most",
            )
        },
        text(
            "login_domains",
            &[("RAPID7_IDENTITY_LOGIN_DOMAINS", "")],
            "example.com",
            "Domains, with commas between them: a login without @ is the local part of an address in \
             one of these",
        ),
        text(
            "same_domains",
            &[("RAPID7_IDENTITY_SAME_DOMAINS", "")],
            "example.com,example.org",
            "Domains, with commas between them, in which addresses with the same local part are the \
             same person's",
        ),
        Member {
            kind: Kind::Integer,
            default: Some(TIMEOUT.into()),
            ..text(
                TIMEOUT_SECONDS,
                &[],
                "300",
                "How long a step may take, in seconds, from 5 to 3600",
            )
        },
    ]
}

/// The connection's fields. None is required: which of them belong together is told by the test of
/// the connection.
#[must_use]
pub fn fields() -> Vec<Field> {
    let field = |member: Member| Field {
        name: member.name.into(),
        title: title(member.name),
        description: sentence(member.description),
        required: false,
        default: member.default,
        choices: member.choices.iter().map(|&choice| choice.into()).collect(),
        example: Some(match member.kind {
            Kind::String => member.example.into(),
            _ => serde_json::from_str(member.example).unwrap_or_default(),
        }),
        kind: member.kind,
    };
    members().into_iter().map(field).collect()
}

/// Says the members of a connection where a message names variables of the environment.
pub(super) fn in_its_words(text: &str) -> String {
    let mut names: Vec<(&str, String)> = Vec::new();
    for member in members() {
        for (variable, part) in member.variables {
            let name = match *part {
                "" => member.name.to_owned(),
                part => format!("{}.{part}", member.name),
            };
            names.push((variable, name));
        }
    }
    // A name that begins like another comes first.
    names.sort_by_key(|(variable, _)| std::cmp::Reverse(variable.len()));
    names
        .iter()
        .fold(text.to_owned(), |text, (variable, name)| {
            text.replace(variable, &format!("connection.{name}"))
        })
}

/// A connection that is ready to be used.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) services: Services,
    pub(super) timeout: Duration,
}

impl Connection {
    fn of(parameters: &Value) -> Result<Self, Failure> {
        let timeout = match &parameters[TIMEOUT_SECONDS] {
            Value::Null => TIMEOUT,
            value if *value == "" => TIMEOUT,
            value => value
                .as_u64()
                .filter(|seconds| (5..=LONGEST_TIMEOUT).contains(seconds))
                .ok_or_else(|| misconfigured("connection.timeout_seconds: expected 5 to 3600"))?,
        };
        let mut values = values(parameters);
        if let Some(authorities) = of_the_image() {
            trust(&mut values, &authorities);
        }
        let get = |variable: &str| values.get(variable).cloned();
        let settings = Settings::read(get, certificates)
            .and_then(|settings| {
                settings.check_operations(&catalog::operations())?;
                Ok(settings)
            })
            .map_err(|error| misconfigured(&in_its_words(&error.to_string())))?;
        let services = services(
            settings,
            Chain::Full,
            Arc::new(LoggedAudit),
            Needs::EVERYTHING,
            None,
        );
        Ok(Self {
            services,
            timeout: Duration::from_secs(timeout),
        })
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
            if !text.is_empty() {
                values.insert(*variable, text);
            }
        }
    }
    values
}

/// The authorities that the image brings along, where `SSL_CERT_FILE` names them: a deployment puts its
/// own in their place. Without any, those that are compiled in count.
fn of_the_image() -> Option<String> {
    let path = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty())?;
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::warn!("SSL_CERT_FILE can't be read, and the usual authorities count: {error}");
            None
        }
    }
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
pub(super) struct Connections(Mutex<Vec<([u8; 32], Connection)>>);

impl Connections {
    /// The connection with these parameters.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn get(&self, parameters: &Value) -> Result<Connection, Failure> {
        let key: [u8; 32] = Sha256::digest(parameters.to_string()).into();
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut kept = kept();
            if let Some(index) = kept.iter().position(|(known, _)| *known == key) {
                kept[..=index].rotate_right(1);
                return Ok(kept[0].1.clone());
            }
        }
        let connection = Connection::of(parameters)?;
        let mut kept = kept();
        kept.insert(0, (key, connection.clone()));
        kept.truncate(KEPT);
        Ok(connection)
    }
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
        let told = |parameters: Value| match Connection::of(&parameters) {
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
    fn every_variable_of_the_environment_has_its_member() {
        let known: Vec<&str> = members()
            .iter()
            .flat_map(|member| member.variables)
            .map(|(v, _)| *v)
            .collect();
        let source = [
            include_str!("../settings/consoles.rs"),
            include_str!("../settings/platform.rs"),
            include_str!("../settings/policy.rs"),
        ];
        // Files and one-time tokens are nothing that a connection keeps; whose key it is and which,
        // the platform tells or its secret does.
        let without = [
            "RAPID7_CONSOLE_SECRET_FILE",
            "RAPID7_CONSOLE_TOKEN",
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
