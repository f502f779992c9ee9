//! The names of all variables: one that is misspelt would be a guard that is none.

use actions::nearest_name;

use super::environment::SettingsError;
use super::{consoles, journal, platform, policy};

/// What the names of this pack's variables begin with.
const PREFIX: &str = "RAPID7_";

/// How long what was read of a secret is used.
pub(super) const SECRET_TTL: &str = "RAPID7_SECRET_TTL_SECONDS";
/// How many requests of one run may be on their way to a console at once.
pub(super) const AT_ONCE: &str = "RAPID7_CONSOLE_REQUESTS_AT_ONCE";
/// The namespace of the metrics.
pub(super) const METRICS_NAMESPACE: &str = "RAPID7_METRICS_NAMESPACE";
/// How much is logged: see [`crate::logs`].
pub const LOG: &str = "RAPID7_LOG";
/// What the names of the functions begin with that the HTTP API invokes: `acme-` for `acme-disable-user`.
pub const FUNCTION_PREFIX: &str = "RAPID7_FUNCTION_PREFIX";
/// Where the command line keeps audit records.
pub const AUDIT_FILE: &str = "RAPID7_AUDIT_FILE";
/// The stack whose functions do what the command line is asked for.
pub const VIA_LAMBDA: &str = "RAPID7_VIA_LAMBDA";
/// The file that has the command line's profiles.
pub const CONFIG_FILE: &str = "RAPID7_CONFIG_FILE";
/// Which of its profiles is meant.
pub const PROFILE: &str = "RAPID7_PROFILE";
/// Whether others than its own machine may shut the plugin's server down.
pub const ALLOW_REMOTE_SHUTDOWN: &str = "RAPID7_PLUGIN_ALLOW_REMOTE_SHUTDOWN";

/// Those that no list of a surface or of the policy has.
const OTHERS: [&str; 10] = [
    SECRET_TTL,
    AT_ONCE,
    METRICS_NAMESPACE,
    LOG,
    FUNCTION_PREFIX,
    AUDIT_FILE,
    VIA_LAMBDA,
    CONFIG_FILE,
    PROFILE,
    ALLOW_REMOTE_SHUTDOWN,
];

/// Every variable that any program of this pack reads.
#[must_use]
pub fn variables() -> Vec<&'static str> {
    [
        &OTHERS[..],
        &consoles::ALL,
        &platform::ALL,
        &policy::ALL,
        &journal::PLACES,
    ]
    .concat()
}

/// Refuses variables of this process that are called like this pack's, and are none of them.
///
/// # Errors
/// Which they are, and which may have been meant.
pub fn check_names() -> Result<(), SettingsError> {
    check(of_this_process(), &variables())
}

/// The same for a program that reads some of them from elsewhere, as `elsewhere` says.
///
/// # Errors
/// As [`check_names`], and for those.
pub fn check_names_but(others: &[&str], elsewhere: &str) -> Result<(), SettingsError> {
    check_names()?;
    let others = |name: &String| others.contains(&name.as_str());
    match of_this_process().find(others) {
        Some(name) => Err(SettingsError(format!(
            "{name} is not read here: {elsewhere}"
        ))),
        None => Ok(()),
    }
}

fn of_this_process() -> impl Iterator<Item = String> {
    let names = std::env::vars_os();
    names.filter_map(|(name, _)| name.into_string().ok())
}

fn check(names: impl Iterator<Item = String>, known: &[&str]) -> Result<(), SettingsError> {
    let ours = |name: &String| {
        let start = name.get(..PREFIX.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    };
    let unknown = names
        .filter(ours)
        .filter(|name| !known.contains(&name.as_str()) && !is_of_a_service(name));
    let mut told: Vec<String> = unknown
        .map(|name| match nearest_name(&name, known) {
            Some(meant) => format!("{name} (perhaps {meant} was meant)"),
            None => name,
        })
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    told.sort();
    Err(SettingsError(format!(
        "no variable of this pack, and what it says would not be known: {}; correct its name, or take it out",
        told.join(", ")
    )))
}

/// Whether a variable is one that Kubernetes sets for a service in the same namespace: nobody wrote it.
fn is_of_a_service(name: &str) -> bool {
    let ends = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
    let numbered = [
        "_TCP",
        "_UDP",
        "_TCP_ADDR",
        "_UDP_ADDR",
        "_TCP_PORT",
        "_UDP_PORT",
        "_TCP_PROTO",
        "_UDP_PROTO",
    ];
    ends.iter().any(|end| name.ends_with(end))
        || name.contains("_SERVICE_PORT_")
        || name.contains("_PORT_") && numbered.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_is_told_with_what_was_meant() {
        let told = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned());
            check(names, &variables()).map_err(|error| error.to_string())
        };
        assert_eq!(told(&[LOG, "HOME", "AWS_REGION"]), Ok(()));
        let service = [
            "SERVICE_HOST",
            "SERVICE_PORT_HTTP",
            "PORT",
            "PORT_10001_TCP_ADDR",
        ];
        for name in service.map(|name| format!("{PREFIX}USER_ACTIONS_{name}")) {
            assert_eq!(told(&[&name]), Ok(()));
        }
        for (name, meant) in [
            ("PROTECTED_LOGIN", "PROTECTED_LOGINS"),
            ("CONSOLE_PASWORD", "CONSOLE_PASSWORD"),
            ("max_changes", "MAX_CHANGES"),
            ("ALLOWED_OPERATION", "ALLOWED_OPERATIONS"),
        ] {
            let name = format!("{PREFIX}{name}");
            let told = told(&[&name]).expect_err(&name);
            let meant = format!("{name} (perhaps {PREFIX}{meant} was meant)");
            assert!(told.contains(&meant), "{told}");
        }
        let lower = LOG.to_lowercase();
        assert!(told(&[&lower]).expect_err("in lower case").contains(LOG));
        let told = told(&[&format!("{PREFIX}ZZZ")]).expect_err("unknown");
        assert!(told.contains("ZZZ;") && !told.contains("perhaps"), "{told}");
    }

    /// A function would not start with another one.
    #[test]
    fn every_variable_that_the_template_sets_is_known() {
        let template = include_str!("../../../../infra/template.yaml");
        let names = template.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let names: Vec<&str> = names.filter(|name| name.starts_with(PREFIX)).collect();
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            assert!(variables().contains(&name), "{name}");
        }
    }

    /// Every variable that is read is known by name.
    #[test]
    fn every_variable_that_a_source_names_is_known() {
        for source in [
            include_str!("consoles.rs"),
            include_str!("platform.rs"),
            include_str!("policy.rs"),
            include_str!("mod.rs"),
            include_str!("known.rs"),
        ] {
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let names = source.split('"').filter(|text| {
                text.len() > PREFIX.len()
                    && text.starts_with(PREFIX)
                    && !text.ends_with('_')
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b == b'_' || b == b'7')
            });
            for name in names {
                assert!(variables().contains(&name), "{name}");
            }
        }
    }
}
