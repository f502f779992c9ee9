//! Keeps secrets out of what people and logs get to see.

use secrecy::SecretString;
use serde_json::Value;

use crate::spelling::places;
use crate::text::printable;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Longest server text that is quoted, in characters.
const QUOTED: usize = 300;

/// Of a longer text than this nothing else is read, in characters.
const READ: usize = 4096;

/// Server text, made fit to quote: without the secrets that were sent, however they are spelled, without
/// characters that nobody sees, and short.
pub(crate) fn quote(text: &str, secrets: &[SecretString]) -> String {
    let mut characters = text.chars();
    let text: Vec<char> = characters.by_ref().take(READ).collect();
    // A secret that begins in the first half is read to its end.
    let shown = match characters.next() {
        Some(_) => READ / 2,
        None => text.len(),
    };
    let hidden = places(&text, secrets);
    let mut quoted = Vec::new();
    let mut at = 0;
    while at < shown && quoted.len() <= QUOTED {
        match hidden.iter().find(|place| place.contains(&at)) {
            Some(place) => {
                quoted.extend(REDACTED.chars());
                at = place.end;
            }
            None => {
                let c = text[at];
                match c.is_control() {
                    true => quoted.push(' '),
                    false => quoted.extend(printable(c.encode_utf8(&mut [0; 4])).chars()),
                }
                at += 1;
            }
        }
    }
    if quoted.len() > QUOTED || at < text.len() {
        quoted.truncate(QUOTED);
        quoted.push('…');
    }
    quoted.into_iter().collect()
}

/// The secrets inside a request body: a bare string (the password endpoint), and every text under a
/// member that is named like one.
pub(crate) fn secrets_in(body: &Value) -> Vec<SecretString> {
    fn collect(value: &Value, secret: bool, into: &mut Vec<SecretString>) {
        match value {
            Value::String(text) if secret => into.push(text.as_str().into()),
            Value::Array(items) => items.iter().for_each(|item| collect(item, secret, into)),
            Value::Object(members) => {
                for (name, value) in members {
                    collect(value, secret || named_like_a_secret(name), into);
                }
            }
            _ => {}
        }
    }
    let mut secrets = Vec::new();
    collect(body, body.is_string(), &mut secrets);
    secrets
}

/// The same JSON with every string, list or object under a member named like a secret (password,
/// token, key …) replaced. Flags such as `passwordResetOnLogin: true` stay.
#[must_use]
pub fn redact_secret_members(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let keep = matches!(value, Value::Null | Value::Bool(_));
                let value = if named_like_a_secret(name) && !keep {
                    Value::from(REDACTED)
                } else {
                    redact_secret_members(value)
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(redact_secret_members).collect(),
        other => other.clone(),
    }
}

fn named_like_a_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // The seed of two-factor tokens is called just `key` (vendor API file, `TokenResource`).
    let whole = ["hash", "key", "otp", "pin", "salt", "totp"];
    if whole.contains(&name.as_str()) {
        return true;
    }
    [
        "password",
        "passphrase",
        "secret",
        "token",
        "apikey",
        "privatekey",
        "seed",
        "credential",
    ]
    .iter()
    .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn quoted_text_holds_no_secret_in_any_spelling() {
        let secret: SecretString = "p\"a\\ss".into();
        let body = json!({"login": "jdoe", "password": "p\"a\\ss"}).to_string();
        for text in [body.as_str(), "bad password p\"a\\ss given"] {
            let quoted = quote(text, std::slice::from_ref(&secret));
            assert!(!quoted.contains("ss\""), "{quoted}");
            assert!(!quoted.contains("p\"a"), "{quoted}");
            assert!(quoted.contains(REDACTED), "{quoted}");
        }
    }

    #[test]
    fn quoted_text_is_short_and_on_one_line() {
        let quoted = quote(&"a\n".repeat(1000), &[]);
        assert_eq!(quoted.chars().count(), QUOTED + 1);
        assert!(!quoted.contains('\n'));
    }

    #[test]
    fn secrets_in_a_body_are_those_under_a_secrets_name() {
        let body = json!({
            "login": "jdoe", "channels": ["email"], "password": "a",
            "clientSecret": {"parts": ["b", {"c": "c"}]},
        });
        let found = secrets_in(&body);
        let mut found: Vec<&str> = found.iter().map(|secret| secret.expose_secret()).collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "c"]);
        assert_eq!(secrets_in(&json!("bare")).len(), 1);
        assert_eq!(secrets_in(&json!([1, 2])).len(), 0);
    }

    #[test]
    fn members_named_like_secrets_are_replaced_but_flags_stay() {
        let shown = redact_secret_members(&json!({
            "login": "jdoe",
            "apiToken": "canary",
            "passwordResetOnLogin": true,
            "nested": [{"client_secret": {"value": "canary"}}],
        }));
        assert_eq!(
            shown,
            json!({
                "login": "jdoe",
                "apiToken": REDACTED,
                "passwordResetOnLogin": true,
                "nested": [{"client_secret": REDACTED}],
            })
        );
    }

    #[test]
    fn every_word_for_a_secret_is_known_in_any_spelling() {
        for name in [
            "hash",
            "Key",
            "otp",
            "PIN",
            "salt",
            "totp",
            "newPassword",
            "pass_phrase",
            "client-secret",
            "apiToken",
            "api_key",
            "x-api-key",
            "privateKey",
            "totpSeed",
            "credentials",
        ] {
            for value in [json!("canary"), json!(1234), json!(["canary"])] {
                let shown = redact_secret_members(&json!({name: value}));
                assert_eq!(shown, json!({name: REDACTED}));
            }
        }
        for name in ["login", "keyboard", "pinned", "saltLake", "rehashed"] {
            let shown = json!({name: "shown", "count": 1234});
            assert_eq!(redact_secret_members(&shown), shown);
        }
    }
}
