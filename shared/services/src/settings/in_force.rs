//! Which settings are in force, and where each comes from, for a person who wonders.

use super::consoles;
use super::environment::Environment;
use super::layers::{consoles_in_profile, of_console, of_platform, platform_in_profile, rest};
use super::profile::{
    API_KEY, CONSOLE_KEYS, GENERAL_KEYS, Key, PASSWORD, PLATFORM_KEYS, POLICY_KEYS, Profile,
    Surface,
};
use super::secret_at::SecretAt;
use super::{DEFAULT_AT_ONCE, DEFAULT_SECRET_TTL, known, platform, policy};

/// What is shown instead of a secret.
pub const HIDDEN: &str = "set, hidden";

/// A setting that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// What it is about, such as `console emea`.
    pub about: String,
    /// What it is called there.
    pub name: String,
    /// What it says; never a secret.
    pub value: String,
    /// Where that comes from: a variable, a profile, or nobody.
    pub from: String,
}

/// Every setting of a surface that is there, and of the rest every one. What a secret of Secrets Manager or a file of
/// one says is not looked at.
pub fn in_force(get: impl Fn(&str) -> Option<String>, profile: Option<&Profile>) -> Vec<InForce> {
    let environment = Environment {
        get: &get,
        certificates: &Ok,
        secret_at: None,
    };
    let called = profile.map(Profile::called).unwrap_or_default();
    let mut all = Vec::new();
    for console in consoles_in_profile(&environment, profile) {
        let about = format!("console {}", console.name);
        let get = |name: &str| of_console(&environment, console, name);
        surface(
            &mut all,
            &environment,
            &about,
            CONSOLE_KEYS,
            &get,
            &called,
            console,
            PASSWORD,
        );
        for (name, variable) in [
            ("token", consoles::TOKEN),
            (
                "dangerously_skip_tls_verification",
                consoles::NO_TLS_VERIFICATION,
            ),
        ] {
            variable_of(&mut all, &environment, &about, name, variable);
        }
    }
    if consoles_in_profile(&environment, profile).is_empty() {
        for variable in consoles::ALL {
            let name = variable
                .trim_start_matches("RAPID7_")
                .trim_start_matches("CONSOLE_");
            variable_of(
                &mut all,
                &environment,
                "console",
                &name.to_lowercase(),
                variable,
            );
        }
    }
    match platform_in_profile(&environment, profile) {
        Some(own) => {
            let get = |name: &str| of_platform(&environment, own, name);
            surface(
                &mut all,
                &environment,
                "platform",
                PLATFORM_KEYS,
                &get,
                &called,
                own,
                API_KEY,
            );
        }
        None => {
            for variable in platform::ALL {
                let name = variable.trim_start_matches("RAPID7_PLATFORM_");
                variable_of(
                    &mut all,
                    &environment,
                    "platform",
                    &name.to_lowercase(),
                    variable,
                );
            }
        }
    }
    let general = GENERAL_KEYS.iter();
    let general =
        general.filter(|key| ![known::AUDIT_FILE, known::VIA_LAMBDA].contains(&key.variable));
    let policy = POLICY_KEYS.iter().map(|key| ("policy", key));
    for (about, key) in policy.chain(general.map(|key| ("run", key))) {
        let value = rest(&environment, profile, key.variable);
        let from = match (environment.get(key.variable), &value) {
            (Some(_), _) => key.variable.to_owned(),
            (None, Some(_)) => called.clone(),
            (None, None) => "default".to_owned(),
        };
        let Some(value) = value.or_else(|| default_of(key)) else {
            continue;
        };
        all.push(InForce {
            about: about.into(),
            name: key.name.into(),
            value,
            from,
        });
    }
    all
}

/// What holds where nobody says anything, if that can be said in a word.
fn default_of(key: &Key) -> Option<String> {
    Some(match key.variable {
        policy::ALLOW_DELETION | policy::ALLOW_PRIVILEGED | policy::ALLOW_OWN_PASSWORD => {
            "false".into()
        }
        policy::PROTECTED_LOGINS => "none".into(),
        policy::ALLOWED_OPERATIONS => "all".into(),
        policy::MAX_CHANGES => "no limit".into(),
        known::SECRET_TTL => DEFAULT_SECRET_TTL.to_string(),
        known::AT_ONCE => DEFAULT_AT_ONCE.to_string(),
        _ => return None,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "one table, filled from two layers"
)]
fn surface(
    all: &mut Vec<InForce>,
    environment: &Environment<'_>,
    about: &str,
    keys: &[Key],
    get: &dyn Fn(&str) -> Option<String>,
    called: &str,
    surface: &Surface,
    secret: &str,
) {
    for key in keys {
        if let Some(value) = get(key.variable) {
            let from = match environment.get(key.variable) == Some(value.clone())
                && surface.values.get(key.variable) != Some(&value)
            {
                true => key.variable.to_owned(),
                false => called.to_owned(),
            };
            all.push(InForce {
                about: about.into(),
                name: key.name.into(),
                value: without_credentials(&value),
                from,
            });
        }
    }
    let Some(at) = &surface.secret else {
        return;
    };
    let (name, value) = match at {
        SecretAt::Value(_) => (secret.to_owned(), HIDDEN.to_owned()),
        SecretAt::File(path) => (format!("{secret}_file"), path.display().to_string()),
        SecretAt::Variable(name) => {
            let is_set = environment.get(name).is_some();
            let told = if is_set { HIDDEN } else { "not set" };
            (format!("{secret}_env"), format!("{name} ({told})"))
        }
        // Somebody may give it a secret as an argument.
        SecretAt::Command(words) => {
            let program = words.first().cloned().unwrap_or_default();
            let more = if words.len() > 1 { " …" } else { "" };
            (format!("{secret}_command"), format!("{program}{more}"))
        }
    };
    all.push(InForce {
        about: about.into(),
        name,
        value,
        from: called.into(),
    });
}

/// A variable, if it is set.
fn variable_of(
    all: &mut Vec<InForce>,
    environment: &Environment<'_>,
    about: &str,
    name: &str,
    variable: &str,
) {
    const SECRETS: [&str; 3] = [consoles::PASSWORD, consoles::TOKEN, platform::API_KEY];
    if let Some(value) = environment.get(variable) {
        let value = match SECRETS.contains(&variable) {
            true => HIDDEN.to_owned(),
            false => without_credentials(&value),
        };
        all.push(InForce {
            about: about.into(),
            name: name.into(),
            value,
            from: variable.into(),
        });
    }
}

/// An address without what stands before the `@` in it, where proxies have their passwords.
fn without_credentials(value: &str) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), value),
    };
    // Of a user name such as user@REALM nothing is hidden.
    let is_address = !scheme.is_empty() || rest.contains(':');
    match rest.rsplit_once('@') {
        Some((_, host)) if is_address => format!("{scheme}({HIDDEN})@{host}"),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_password_in_an_address_is_hidden() {
        for (value, shown) in [
            (
                "http://user:p@ss@proxy:3128",
                "http://(set, hidden)@proxy:3128",
            ),
            ("user:pass@proxy:3128", "(set, hidden)@proxy:3128"),
            ("https://console:3780", "https://console:3780"),
            ("svc@CORP", "svc@CORP"),
        ] {
            assert_eq!(without_credentials(value), shown);
        }
    }
}
