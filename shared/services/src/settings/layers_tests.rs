//! Properties of the two layers together.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rapid7::Identity as _;
use secrecy::ExposeSecret as _;

use super::environment::CredentialsAt;
use super::in_force::{HIDDEN, in_force};
use super::profile::{Profile, Surface, Values};
use super::secret_at::SecretAt;
use super::{JournalAt, Settings, consoles, journal, platform, policy};

const PROFILES_URL: &str = "https://of-the-profile:3780";
const VARIABLES_URL: &str = "https://of-the-variables:3780";

fn surface(name: &str, values: &[(&'static str, &str)], secret: Option<&str>) -> Surface {
    let values = values
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Surface {
        name: name.into(),
        values: values.collect(),
        secret: secret.map(|secret| SecretAt::Value(secret.into())),
    }
}

fn console(name: &str) -> Surface {
    let values = [(consoles::URL, PROFILES_URL), (consoles::USERNAME, "svc")];
    surface(name, &values, Some("canary-of-the-profile"))
}

fn work(consoles: Vec<Surface>) -> Profile {
    Profile {
        name: "work".into(),
        place: "config.toml".into(),
        consoles,
        ..Profile::default()
    }
}

fn layered(variables: &[(&str, &str)], profile: &Profile) -> Result<Settings, String> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let get = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    Settings::layered(&get, &Ok, Some(profile)).map_err(|error| error.to_string())
}

/// Address and secrets of the consoles, as they would be sent.
fn sent(settings: &Settings) -> Vec<(Option<String>, Vec<String>)> {
    let consoles = settings.consoles.iter().map(|console| {
        let secrets = match &console.credentials {
            CredentialsAt::Given { identity, secret } => {
                let apart = match secret {
                    Some(SecretAt::Value(value)) => Some(value.expose_secret().to_owned()),
                    _ => None,
                };
                let secrets = identity.secrets();
                let secrets = secrets.iter().map(|one| one.expose_secret().to_owned());
                secrets.chain(apart).collect()
            }
            _ => Vec::new(),
        };
        (console.url.clone(), secrets)
    });
    consoles.collect()
}

#[test]
fn a_profile_alone_is_enough() {
    let profile = work(vec![console("emea"), console("apac")]);
    let settings = layered(&[], &profile).expect("settings");
    let names: Vec<&str> = settings
        .consoles
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["emea", "apac"]);
    let names = &settings.consoles[1].names;
    assert_eq!(
        names.address.as_deref(),
        Some("`url` of the console apac in the profile work of config.toml")
    );
    assert_eq!(
        names.credentials.as_deref(),
        Some("the profile work of config.toml")
    );
}

#[test]
fn consoles_come_from_one_layer_and_the_rest_one_by_one() {
    let mut profile = work(vec![console("emea"), console("apac")]);
    profile.values = Values::from([
        (policy::MAX_CHANGES, "5".into()),
        (policy::PROTECTED_LOGINS, "nxadmin,svc-*".into()),
        (journal::FOLDER, "/var/lib/journal".into()),
    ]);
    let variables = [
        (consoles::URL, VARIABLES_URL),
        (consoles::USERNAME, "other"),
        (consoles::PASSWORD, "canary-of-the-variables"),
        (policy::MAX_CHANGES, "7"),
        (journal::TABLE, "acme-journal"),
    ];
    let settings = layered(&variables, &profile).expect("settings");
    assert_eq!(settings.consoles.len(), 1);
    assert_eq!(settings.consoles[0].url.as_deref(), Some(VARIABLES_URL));
    assert_eq!(settings.policy.max_changes, Some(7));
    assert_eq!(settings.policy.protected_logins, ["nxadmin", "svc-*"]);
    let table = JournalAt::Table("acme-journal".into());
    assert_eq!(settings.journal, Some(table));
}

#[test]
fn the_only_console_of_a_profile_takes_what_changes_from_run_to_run() {
    let pins = "00".repeat(32);
    let mut profile = work(vec![console("emea")]);
    profile.consoles[0]
        .values
        .insert(consoles::CA_FILE, "authority".into());
    let variables = [(consoles::TOKEN, "123456"), (consoles::PINS, &*pins)];
    let settings = layered(&variables, &profile).expect("settings");
    let console = &settings.consoles[0];
    assert!(matches!(console.trust, Some(rapid7::Trust::Pins(_))));
    let CredentialsAt::Given { identity, .. } = &console.credentials else {
        panic!("{:?}", console.credentials);
    };
    assert!(identity.token.is_some());
    // The same address as in the profile is no other one.
    let same = format!("{}/", PROFILES_URL.to_uppercase().replace("HTTPS", "https"));
    assert!(layered(&[(consoles::URL, &same)], &profile).is_ok());
}

/// That verification is on is said by it, and nothing of whom to trust.
#[test]
fn verification_that_is_on_takes_no_profiles_pin() {
    let pins = "ab".repeat(32);
    let values = [
        (consoles::URL, PROFILES_URL),
        (consoles::USERNAME, "svc"),
        (consoles::PINS, &*pins),
    ];
    let pinned = surface("emea", &values, Some("canary-of-the-profile"));
    for profile in [
        work(vec![pinned.clone()]),
        work(vec![pinned, console("apac")]),
    ] {
        let settings = layered(&[(consoles::NO_TLS_VERIFICATION, "false")], &profile);
        let trust = settings.expect("settings").consoles[0].trust.clone();
        assert!(matches!(trust, Some(rapid7::Trust::Pins(_))), "{trust:?}");
    }
}

#[test]
fn what_contradicts_is_told_by_the_names_that_it_has_where_it_is() {
    let two = work(vec![console("emea"), console("apac")]);
    let of = |values: &[(&'static str, &str)], secret| work(vec![surface("emea", values, secret)]);
    let url = (consoles::URL, PROFILES_URL);
    let user = (consoles::USERNAME, "svc");
    for (variables, profile, told) in [
        (
            &[(consoles::TOKEN, "1")][..],
            two.clone(),
            "CONSOLE_TOKEN says something of one console, and the profile work of config.toml has \
             several (emea, apac)",
        ),
        (
            &[(consoles::URL, VARIABLES_URL)],
            work(vec![console("emea")]),
            "CONSOLE_URL would send the credentials of the profile work",
        ),
        (
            &[(consoles::PASSWORD, "canary")],
            work(vec![console("emea")]),
            "CONSOLE_PASSWORD is set without RAPID7_CONSOLE_USERNAME",
        ),
        (
            &[],
            of(&[url, user, (consoles::SECRET_FILE, "x")], Some("canary")),
            "`consoles.emea`: `secret_file` and `username` are set, and only one of them may be",
        ),
        (
            &[],
            of(&[url, (consoles::SECRET, "x")], Some("canary")),
            "`consoles.emea`: `secret` and `password` are set",
        ),
        (&[], of(&[url, user], None), "`password_command`"),
        (&[], of(&[url], Some("canary")), "and no `username`"),
        (&[], of(&[url], None), "nothing says who asks"),
        (
            &[],
            of(&[user], Some("canary")),
            "`consoles.emea.url`: required",
        ),
        (
            &[],
            of(&[url, user, (consoles::PINS, "canary")], Some("a")),
            "the profile work of config.toml: `consoles.emea.certificate_sha256`: expected a SHA-256",
        ),
        (
            &[(consoles::WIRE_FORM, "canary")],
            work(vec![console("emea")]),
            "CONSOLE_WIRE_FORM: expected guide or vendor",
        ),
    ] {
        let error = layered(variables, &profile).expect_err(told);
        assert!(error.contains(told), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let mut wrong = work(vec![console("emea")]);
    wrong.values = Values::from([(policy::MAX_CHANGES, "0".into())]);
    let error = layered(&[], &wrong).expect_err("no change at all");
    assert!(error.contains("`policy.max_changes`: expected"), "{error}");
    let error = layered(&[(policy::MAX_CHANGES, "0")], &wrong).expect_err("no change at all");
    assert!(error.contains("_MAX_CHANGES: expected"), "{error}");
}

#[test]
fn the_platform_comes_from_one_layer_too() {
    let key = "canary-of-the-profile";
    let mut profile = work(Vec::new());
    profile.platform = Some(surface("", &[(platform::REGION, "eu")], Some(key)));
    let settings = layered(&[(platform::KEY_TYPE, "user")], &profile).expect("settings");
    let platform = settings.platform.expect("a platform");
    assert_eq!(
        platform.url.as_deref(),
        Some("https://eu.api.insight.rapid7.com")
    );
    assert_eq!(platform.key_type, Some(rapid7::platform::KeyType::User));
    let error = layered(&[(platform::REGION, "us")], &profile).expect_err("another region");
    assert!(error.contains("PLATFORM_REGION would send"), "{error}");
    let own = [(platform::REGION, "us"), (platform::API_KEY, "other")];
    let platform = layered(&own, &profile).expect("settings").platform;
    let platform = platform.expect("a platform");
    assert_eq!(
        platform.url.as_deref(),
        Some("https://us.api.insight.rapid7.com")
    );
}

#[test]
fn what_is_in_force_is_told_with_where_it_comes_from_and_without_secrets() {
    let mut profile = work(vec![console("emea")]);
    profile.values = Values::from([(policy::ALLOW_DELETION, "true".into())]);
    let variables = [(consoles::WIRE_FORM, "guide"), (policy::MAX_CHANGES, "7")];
    let get = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let all = in_force(get, Some(&profile));
    let find = |name: &str| {
        let found = all.iter().find(|one| one.name == name).expect(name);
        (found.value.as_str(), found.from.as_str())
    };
    let called = profile.called();
    assert_eq!(find("url"), (PROFILES_URL, &*called));
    assert_eq!(find("password"), (HIDDEN, &*called));
    assert_eq!(find("wire_form"), ("guide", consoles::WIRE_FORM));
    assert_eq!(find("max_changes"), ("7", policy::MAX_CHANGES));
    assert_eq!(find("allow_deletion"), ("true", &*called));
    assert_eq!(find("allowed_operations"), ("all", "default"));
    assert!(!format!("{all:?}").contains("canary"));
}

proptest! {
    /// Whatever is set in either place: what one layer has for its own address never goes to the other's.
    #[test]
    fn a_secret_goes_to_no_address_of_another_layer(
        variables in subsequence(
            vec![
                (consoles::URL, VARIABLES_URL),
                (consoles::USERNAME, "other"),
                (consoles::PASSWORD, "of-the-variables"),
                (consoles::SECRET_FILE, "/of/the/variables"),
                (consoles::WIRE_FORM, "guide"),
                (consoles::NO_TLS_VERIFICATION, "true"),
            ],
            0..=6,
        ),
        keys in subsequence(
            vec![
                (consoles::URL, PROFILES_URL),
                (consoles::USERNAME, "svc"),
                (consoles::SECRET_FILE, "/of/the/profile"),
                (consoles::WIRE_FORM, "vendor"),
            ],
            0..=4,
        ),
        secret in select(vec![None, Some("of-the-profile")]),
        several in any::<bool>(),
    ) {
        let mut profile = work(vec![surface("emea", &keys, secret)]);
        if several {
            profile.consoles.push(console("apac"));
        }
        if let Ok(settings) = layered(&variables, &profile) {
            for (url, secrets) in sent(&settings) {
                let secrets = secrets.join(" ");
                if url.as_deref() == Some(VARIABLES_URL) {
                    prop_assert!(!secrets.contains("of-the-profile"));
                } else if url.is_some() {
                    prop_assert!(!secrets.contains("of-the-variables"));
                }
            }
        }
    }
}
