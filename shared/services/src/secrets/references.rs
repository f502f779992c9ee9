//! Secrets that inputs refer to: a new user's password, or where a generated one goes.

use std::sync::Arc;

use actions::{Progress, SecretReader, SecretWriter, Staged, typed_whole};
use rapid7::{BoxFuture, CredentialError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::deliveries;
use super::failure::{failure, permanent};
use super::store::Store;

/// Reads the secrets that inputs refer to, and writes those that generated ones go into.
pub struct References {
    store: Arc<Store>,
    /// The surfaces' own secrets, which no input may use as somebody's password.
    own: Vec<String>,
    /// Whether `file:` and `env:` are understood: on a laptop, never where events come from
    /// elsewhere.
    local: bool,
    /// Who is told what a person should know.
    told: Option<Arc<dyn Progress>>,
}

impl References {
    /// With the secrets of the surfaces themselves; `local` for who owns the machine.
    #[must_use]
    pub fn new(store: Arc<Store>, own: Vec<String>, local: bool) -> Self {
        Self {
            store,
            own,
            local,
            told: None,
        }
    }

    /// Tells somebody what a person should know.
    #[must_use]
    pub fn telling(self, told: Option<Arc<dyn Progress>>) -> Self {
        Self { told, ..self }
    }

    fn is_own(&self, place: &str) -> bool {
        self.own.iter().any(|own| names_same(own, place))
    }

    fn may_be_delivered_to(&self, secret: &str) -> actions::Result<()> {
        if !is_managed(secret) {
            return Err(actions::Error::invalid_input(
                "(the secret to deliver to)",
                "expected a name or ARN in Secrets Manager",
            ));
        }
        if self.is_own(secret) {
            return Err(actions::Error::misconfigured(
                "this is the secret with the pack's own credentials: nothing else is delivered \
                 into it",
            ));
        }
        Ok(())
    }

    async fn text(&self, place: &str) -> Result<SecretString, CredentialError> {
        if self.local
            && let Some(path) = place.strip_prefix("file:")
        {
            let text = crate::files::read_secret(path)
                .map_err(|error| permanent(format!("{place:?} can't be read: {error}")))?;
            if let (Some(told), Some(warning)) = (&self.told, crate::files::warning_of(path)) {
                told.warning(&warning);
            }
            return Ok(text.into());
        }
        if self.local
            && let Some(name) = place.strip_prefix("env:")
        {
            let value = std::env::var(name);
            return match value {
                Ok(value) if !value.is_empty() => Ok(value.into()),
                _ => Err(permanent(format!("the variable {name} is not set"))),
            };
        }
        Ok(self.store.managed(place).await?.text)
    }
}

impl SecretReader for References {
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, actions::Result<SecretString>> {
        Box::pin(async move {
            let (place, key) = match reference.split_once('#') {
                Some((place, key)) => (place, Some(key)),
                None => (reference, None),
            };
            if self.is_own(place) {
                return Err(actions::Error::misconfigured(
                    "this is the secret with the pack's own credentials: they are nobody's password",
                ));
            }
            let text = self.text(place).await.map_err(failure)?;
            pick(&text, key).map_err(|expected| {
                actions::Error::misconfigured(format!("the secret {place:?}: {expected}"))
            })
        })
    }
}

impl SecretWriter for References {
    fn stage<'a>(
        &'a self,
        secret: &'a str,
        token: &'a str,
        text: SecretString,
    ) -> BoxFuture<'a, actions::Result<Staged>> {
        Box::pin(async move {
            self.may_be_delivered_to(secret)?;
            let manager = self.store.manager().await.map_err(failure)?;
            let staged = deliveries::stage(manager, secret, token, text).await;
            staged.map_err(failure)
        })
    }

    fn check(&self, secret: &str) -> actions::Result<()> {
        self.may_be_delivered_to(secret)
    }

    fn promote<'a>(
        &'a self,
        secret: &'a str,
        token: &'a str,
        request: &'a str,
    ) -> BoxFuture<'a, actions::Result<()>> {
        Box::pin(async move {
            self.may_be_delivered_to(secret)?;
            let manager = self.store.manager().await.map_err(failure)?;
            let promoted = deliveries::promote(manager, secret, token, request).await;
            promoted.map_err(failure)
        })
    }
}

/// Whether this could be a secret's name or ARN: no `file:`, `env:` or `#key`, on a laptop neither.
fn is_managed(id: &str) -> bool {
    let arn = id.starts_with("arn:");
    let fits = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c) || (arn && c == ':');
    !id.is_empty() && id.chars().all(fits)
}

/// Whether two ids mean the same secret: one may be its name and the other its ARN, which ends
/// with the name and six random characters.
fn names_same(a: &str, b: &str) -> bool {
    // An ARN may be given without the six characters, and a name may end like them: all that an id
    // could mean counts.
    let names = |id: &str| {
        let name = id.rsplit_once(":secret:").map_or(id, |(_, name)| name);
        let whole = name.to_owned();
        match name.rsplit_once('-') {
            Some((name, suffix)) if suffix.len() == 6 => [whole, name.to_owned()],
            _ => [whole.clone(), whole],
        }
    };
    names(a).iter().any(|name| names(b).contains(name))
}

/// One member of a JSON secret; without a key, the whole text, or `password` of a JSON object.
///
/// # Errors
/// What is expected of the secret, without what is in it.
fn pick(text: &SecretString, key: Option<&str>) -> Result<SecretString, String> {
    let text = text.expose_secret().trim_start_matches('\u{feff}');
    let json: Option<Value> = serde_json::from_str(text).ok();
    let name = key.unwrap_or("password");
    match (json.filter(Value::is_object), key) {
        (Some(json), _) => {
            let member = json.get(name).and_then(Value::as_str);
            let member = member.ok_or_else(|| format!("it has no text in its member {name:?}"))?;
            let secret = typed_whole(member).map_err(|expected| format!("`{name}`: {expected}"))?;
            Ok(secret.into())
        }
        (None, None) => Ok(typed_whole(text)?.into()),
        (None, Some(_)) => Err(format!(
            "expected a JSON object with text in its member {name:?}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Chain;

    fn picked(text: &str, key: Option<&str>) -> Option<String> {
        let picked = pick(&text.into(), key).ok();
        picked.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn a_reference_picks_one_text_out_of_a_secret() {
        assert_eq!(picked("plain", None).as_deref(), Some("plain"));
        assert_eq!(picked("plain", Some("key")), None);
        let json = r#"{"password": "a", "other": "b", "number": 1}"#;
        assert_eq!(picked(json, None).as_deref(), Some("a"));
        assert_eq!(picked(json, Some("other")).as_deref(), Some("b"));
        assert_eq!(picked(json, Some("number")), None);
        assert_eq!(picked("", None), None);
        assert_eq!(picked("plain\r\n", None).as_deref(), Some("plain"));
        let marked = format!("\u{feff}{json}");
        assert_eq!(picked(&marked, None).as_deref(), Some("a"));
        assert_eq!(picked(r#"{"password": "a\n"}"#, None).as_deref(), Some("a"));
        for wrong in [
            r#"{"password": "canary"#,
            r#"{"password": "canary\u0000"}"#,
            "canary\ncanary",
            r#"["canary"]"#,
        ] {
            let told = pick(&wrong.into(), None).expect_err(wrong);
            assert!(!told.contains("canary"), "{told}");
        }
    }

    /// Refused before Secrets Manager is asked, on a laptop too.
    #[tokio::test]
    async fn a_delivery_goes_to_a_secret_of_its_own_in_secrets_manager() {
        let store = Arc::new(Store::new(Chain::ENVIRONMENT));
        let references = References::new(store, vec!["rapid7/console".into()], true);
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rapid7/console-AbCdEf";
        for (secret, told) in [
            ("file:/tmp/password", "expected a name or ARN"),
            ("env:PASSWORD", "expected a name or ARN"),
            ("users/jdoe#password", "expected a name or ARN"),
            ("", "expected a name or ARN"),
            ("rapid7/console", "the pack's own credentials"),
            (arn, "the pack's own credentials"),
        ] {
            let token = "0".repeat(64);
            let staged = references.stage(secret, &token, "canary".into()).await;
            let staged = staged.expect_err(secret).to_string();
            let promoted = references.promote(secret, &token, &token).await;
            let promoted = promoted.expect_err(secret).to_string();
            assert!(staged.contains(told), "{staged}");
            assert!(!staged.contains("canary"), "{staged}");
            assert_eq!(promoted, staged);
        }
        assert!(is_managed("users/j.doe@example.com") && is_managed(arn));
    }

    #[test]
    fn a_secret_is_known_by_name_and_by_arn() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rapid7/console-AbCdEf";
        assert!(names_same("rapid7/console", arn));
        assert!(names_same(arn, arn));
        assert!(!names_same("rapid7/other", arn));
        let partial = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rapid7-secret";
        assert!(names_same("rapid7-secret", partial));
    }
}
