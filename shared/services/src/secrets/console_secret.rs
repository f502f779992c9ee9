//! The secret with a console's address and credentials.

use rapid7::{CredentialError, Credentials, Trust};
use secrecy::{ExposeSecret as _, SecretString};

use super::surface_secret::{Members, SurfaceSecret};
use crate::settings::{form_of, pins_of};

const MEMBERS: [&str; 7] = [
    "url",
    "username",
    "password",
    "token",
    "certificate_sha256",
    "ca_pem",
    "wire_form",
];

/// What a console's secret holds: `url`, `username`, `password`, and optionally `token`,
/// `certificate_sha256`, `ca_pem`, `wire_form`. Other members are left alone.
pub struct ConsoleSecret {
    pub(crate) url: Option<String>,
    pub(crate) trust: Option<Trust>,
    pub(crate) form: Option<rapid7::console::WireForm>,
    credentials: Credentials,
    /// What says where the console is, as it was written.
    place: [Option<String>; 4],
}

impl SurfaceSecret for ConsoleSecret {
    type Identity = Credentials;

    const WHAT: &'static str = "the console";
    const ROTATES: bool = true;

    fn parse(name: &str, text: &SecretString) -> Result<Self, CredentialError> {
        let secret = Members::parse(name, text, "url, username and password", &MEMBERS)?;
        let member = |member: &str| secret.member(member);
        if member("username")?.is_none() && member("api_key")?.is_some() {
            return Err(secret.wrong(
                "it holds an API key, which is for the Insight Platform: a console takes `username` \
                 and `password`",
            ));
        }
        // Both may have several lines.
        let (pins, authorities) = (secret.lines("certificate_sha256")?, secret.lines("ca_pem")?);
        let trust = match (&pins, &authorities) {
            (None, None) => None,
            (Some(pins), None) => {
                let pins = pins_of(pins);
                let wrong = |error| secret.wrong(&format!("`certificate_sha256`: {error}"));
                Some(Trust::Pins(pins.map_err(wrong)?))
            }
            (None, Some(pem)) => Some(Trust::CaPem(pem.clone())),
            _ => return Err(secret.wrong("expected `certificate_sha256` or `ca_pem`, got both")),
        };
        let form = secret.parsed("wire_form", form_of)?;
        let place = [member("url")?, pins, authorities, member("wire_form")?];
        Ok(Self {
            url: place[0].clone(),
            trust,
            form,
            place,
            credentials: Credentials {
                username: secret.required("username")?,
                password: secret.required("password")?.into(),
                token: member("token")?.map(Into::into),
            },
        })
    }

    fn given(credentials: Credentials) -> Self {
        Self {
            url: None,
            trust: None,
            form: None,
            place: Default::default(),
            credentials,
        }
    }

    fn with_secret(identity: Credentials, password: SecretString) -> Credentials {
        Credentials {
            password,
            ..identity
        }
    }

    fn identity(&self) -> &Credentials {
        &self.credentials
    }

    fn place(&self) -> &[Option<String>] {
        &self.place
    }

    fn same(a: &Credentials, b: &Credentials) -> bool {
        let token = |credentials: &Credentials| {
            let token = credentials.token.as_ref();
            token.map(|token| token.expose_secret().to_owned())
        };
        a.username == b.username
            && a.password.expose_secret() == b.password.expose_secret()
            && token(a) == token(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_is_told_by_member_and_never_by_content() {
        for (text, told) in [
            ("canary", "expected a JSON object"),
            (r#"{"username": "canary"}"#, "`password`: required"),
            (
                r#"{"username": "a", "password": 1}"#,
                "`password`: expected text",
            ),
            (
                r#"{"username": "a", "password": "canary", "certificate_sha256": "canary"}"#,
                "`certificate_sha256`: expected a SHA-256",
            ),
            (
                r#"{"username": "a", "password": "canary", "wire_form": "canary"}"#,
                "`wire_form`: expected",
            ),
        ] {
            let error = ConsoleSecret::parse("rapid7/console", &text.into()).err();
            let error = error.expect("accepted").to_string();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
