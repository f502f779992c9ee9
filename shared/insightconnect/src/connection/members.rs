//! The members of a connection: what each is for people, and which variable of the environment it is.

use serde_json::Value;

use crate::fields::{Field, Kind};
use crate::wording::{sentence, title};

/// How long a step may take, in seconds, where the connection does not say.
pub(super) const TIMEOUT: u64 = 300;

/// A member of the connection, and the variable of the environment that means the same.
pub(super) struct Member {
    pub(super) name: &'static str,
    kind: Kind,
    default: Option<Value>,
    choices: &'static [&'static str],
    description: &'static str,
    example: &'static str,
    /// Variables, each with the member of a credential that it is.
    pub(super) variables: &'static [(&'static str, &'static str)],
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

pub(super) const SSL_VERIFY: &str = "ssl_verify";
pub(super) const SKIP_VERIFICATION: &str = "RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION";
pub(super) const TIMEOUT_SECONDS: &str = "timeout_seconds";
pub(super) const ALLOWED_OPERATIONS: &str = "RAPID7_ALLOWED_OPERATIONS";

/// The variables of the environment that a connection has under names of its own.
pub(crate) fn variables() -> Vec<&'static str> {
    let members = members();
    let variables = members.iter().flat_map(|member| member.variables);
    variables.map(|(variable, _)| *variable).collect()
}

/// Every member, in the order of the user interface.
pub(super) fn members() -> Vec<Member> {
    vec![
        text(
            "url",
            &[("RAPID7_CONSOLE_URL", "")],
            "https://console.example.com:3780",
            "Address of the InsightVM console. Leave it out for the platform alone, or if the \
             console's secret has it",
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
                "User name and password of the console account that this plugin uses. It must be a \
                 global administrator",
            )
        },
        flag(
            SSL_VERIFY,
            &[(SKIP_VERIFICATION, "")],
            true,
            "Whether the console's certificate is verified. Without it, anybody on the network path can \
             read the password: set `ca_certificate` or `certificate_sha256` instead",
        ),
        text(
            "ca_certificate",
            &[("RAPID7_CONSOLE_CA_FILE", "")],
            "-----BEGIN CERTIFICATE----- MIIB... -----END CERTIFICATE-----",
            "Certificate authority that signed the console's certificate, in PEM, as text or in Base64",
        ),
        text(
            "certificate_sha256",
            &[("RAPID7_CONSOLE_CERTIFICATE_SHA256", "")],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "SHA-256 fingerprint of the console's own certificate, or several, comma-separated. They are \
             trusted instead of any authority",
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
                "API key of the Insight Platform. Writing needs an organization key",
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
            "Address of the Insight Platform, if the region is not enough",
        ),
        text(
            "organization_id",
            &[("RAPID7_PLATFORM_ORGANIZATION_ID", "")],
            "00000000-0000-4000-8000-000000000001",
            "UUID of the organization to use, if the API key is for several",
        ),
        text(
            "platform_ca_certificate",
            &[("RAPID7_PLATFORM_CA_FILE", "")],
            "-----BEGIN CERTIFICATE----- MIIB... -----END CERTIFICATE-----",
            "Certificate authority to trust for the Insight Platform, in PEM, if a proxy inspects TLS",
        ),
        Member {
            choices: &["guide", "vendor"],
            ..text(
                "wire_form",
                &[("RAPID7_CONSOLE_WIRE_FORM", "")],
                "vendor",
                "Wire form of user objects, if it can't be seen from the console's answers",
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
            "Logins of accounts that are never changed, comma-separated; * stands for any \
             characters",
        ),
        text(
            "allowed_actions",
            &[(ALLOWED_OPERATIONS, "")],
            "get_user,unlock_user",
            "The only actions that may run, comma-separated. Default: all",
        ),
        Member {
            kind: Kind::Integer,
            ..text(
                "max_changes",
                &[("RAPID7_MAX_CHANGES", "")],
                "25",
                "Maximum number of accounts and grants that one run may change",
            )
        },
        text(
            "login_domains",
            &[("RAPID7_IDENTITY_LOGIN_DOMAINS", "")],
            "example.com",
            "Domains, comma-separated: a login without @ is the local part of an address in one of \
             them",
        ),
        text(
            "same_domains",
            &[("RAPID7_IDENTITY_SAME_DOMAINS", "")],
            "example.com,example.org",
            "Domains, comma-separated: addresses in them with the same local part belong to the same \
             person",
        ),
        Member {
            kind: Kind::Integer,
            default: Some(TIMEOUT.into()),
            ..text(
                TIMEOUT_SECONDS,
                &[],
                "300",
                "Maximum time of a step in seconds, from 5 to 3600",
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
pub(crate) fn in_its_words(text: &str) -> String {
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
    // A connection has no files.
    const FILE: &str = " (a file with the same JSON)";
    let text = &["CONSOLE", "PLATFORM"]
        .iter()
        .fold(text.to_owned(), |text, surface| {
            text.replace(&format!(", RAPID7_{surface}_SECRET_FILE{FILE}"), "")
        });
    // A name that begins like another comes first.
    names.sort_by_key(|(variable, _)| std::cmp::Reverse(variable.len()));
    names
        .iter()
        .fold(text.to_owned(), |text, (variable, name)| {
            text.replace(variable, &format!("connection.{name}"))
        })
}
