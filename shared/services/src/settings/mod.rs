//! What the environment says, and a profile where that says nothing. Every variable that this pack reads is named in
//! this module.

mod consoles;
pub mod described;
mod environment;
mod in_force;
mod journal;
mod known;
mod layers;
#[cfg(test)]
mod layers_tests;
mod platform;
mod policy;
mod profile;
mod proxy;
mod secret_at;

use std::time::Duration;

use actions::{Error, Policy};
use secrecy::SecretString;

pub use consoles::{ConsoleSettings, is_console_name};
pub(crate) use consoles::{form_of, pins_of};
pub(crate) use environment::CredentialsAt;
pub use environment::SettingsError;
pub use in_force::{HIDDEN, InForce, in_force};
pub use journal::JournalAt;
pub use known::{
    ALLOW_REMOTE_SHUTDOWN, AUDIT_FILE, CONFIG_FILE, FUNCTION_PREFIX, LOG, PROFILE, VIA_LAMBDA,
    check_names, check_names_but, variables,
};
pub use layers::names_a_surface;
pub(crate) use platform::{PlatformSettings, key_id_of, key_type_of, organization_of};
pub use profile::{
    API_KEY, CONSOLE_KEYS, GENERAL_KEYS, Key, Kind, PASSWORD, PLATFORM_KEYS, POLICY_KEYS, Profile,
    Surface, Values,
};
pub(crate) use proxy::proxy_of_the_way_out;
pub use secret_at::SecretAt;

use environment::{Environment, wrong};
use known::{AT_ONCE, METRICS_NAMESPACE, SECRET_TTL};

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// None, if there is only the platform.
    pub consoles: Vec<ConsoleSettings>,
    /// None, if there are only consoles.
    pub(crate) platform: Option<PlatformSettings>,
    /// How long what was read of a secret is used.
    pub(crate) secret_ttl: Duration,
    /// How many requests of one run may be on their way to a console at once: so many logins are refused if
    /// its password is changed in the middle.
    pub(crate) at_once: usize,
    /// None, if nobody said.
    pub journal: Option<JournalAt>,
    /// Without the login of the pack's own account, which only its secret tells.
    pub policy: Policy,
    /// What to say where a console is needed and there is none, and the same of the platform.
    pub(crate) missing: [SettingsError; 2],
}

pub(crate) const DEFAULT_SECRET_TTL: u64 = 300;
pub(crate) const DEFAULT_AT_ONCE: usize = 1;

/// The certificates in a file.
fn certificates_in(path: String) -> Result<String, String> {
    crate::files::read_secret(path).map_err(|error| format!("can't be read: {error}"))
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// For a variable that can't be used, or where neither a console nor the platform is named.
    pub fn from_environment() -> Result<Self, SettingsError> {
        check_names()?;
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads the environment, and a profile for what the environment does not say: consoles and the platform as a
    /// whole, everything else one by one.
    ///
    /// # Errors
    /// For a variable or a profile that can't be used. That neither says where anything is, is none: see
    /// [`is_empty`](Self::is_empty).
    pub fn with_profile(profile: Option<&Profile>) -> Result<Self, SettingsError> {
        check_names()?;
        Self::layered(&|name| std::env::var(name).ok(), &certificates_in, profile)
    }

    /// Reads a profile as if nothing else said anything, but for the proxy on the way to consoles, which belongs to the
    /// machine.
    ///
    /// # Errors
    /// For a profile that can't be used.
    pub fn of_profile(profile: &Profile) -> Result<Self, SettingsError> {
        let proxy = |name: &str| (name == consoles::PROXY).then(|| std::env::var(name).ok());
        let get = |name: &str| proxy(name).flatten();
        Self::layered(&get, &certificates_in, Some(profile))
    }

    /// Reads the environment for the one console that has this secret, whichever it names itself.
    ///
    /// # Errors
    /// As [`from_environment`](Self::from_environment).
    pub fn for_console_secret(id: &str) -> Result<Self, SettingsError> {
        check_names()?;
        Self::from_variables(|name| match name {
            consoles::SECRET => Some(id.to_owned()),
            name if consoles::CREDENTIALS.contains(&name)
                || [consoles::PASSWORD, consoles::TOKEN].contains(&name)
                || name.starts_with("RAPID7_PLATFORM_") =>
            {
                None
            }
            name => std::env::var(name).ok(),
        })
    }

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let settings = Self::layered(&get, &certificates_in, None)?;
        match settings.is_empty() {
            true => Err(Self::no_console()),
            false => Ok(settings),
        }
    }

    /// Reads settings that have the names of the environment's variables, wherever they come from.
    ///
    /// # Errors
    /// As [`from_environment`](Self::from_environment).
    pub fn read(
        get: impl Fn(&str) -> Option<String>,
        certificates: impl Fn(String) -> Result<String, String>,
    ) -> Result<Self, SettingsError> {
        let environment = Environment {
            get: &get,
            certificates: &certificates,
            secret_at: None,
        };
        let platform = platform::read(&environment)?;
        let consoles = consoles::read(&environment)?;
        if consoles.is_empty() && platform.is_none() {
            return Err(consoles::missing());
        }
        Self::of(consoles, platform, &environment)
    }

    /// Reads the environment before the profile.
    fn layered(
        get: &dyn Fn(&str) -> Option<String>,
        certificates: &dyn Fn(String) -> Result<String, String>,
        profile: Option<&Profile>,
    ) -> Result<Self, SettingsError> {
        layers::refuse_nothing(get)?;
        let environment = Environment {
            get,
            certificates,
            secret_at: None,
        };
        let platform = layers::platform_of(&environment, profile)?;
        let consoles = layers::consoles_of(&environment, profile)?;
        let rest = |name: &str| layers::rest(&environment, profile, name);
        let rest = Environment {
            get: &rest,
            certificates,
            secret_at: None,
        };
        Self::of(consoles, platform, &rest)
            .map_err(|error| layers::about_the_rest(error, &environment, profile))
    }

    /// These surfaces, with everything else as it is said.
    fn of(
        consoles: Vec<ConsoleSettings>,
        platform: Option<PlatformSettings>,
        rest: &Environment<'_>,
    ) -> Result<Self, SettingsError> {
        let secret_ttl = match rest.get(SECRET_TTL) {
            None => DEFAULT_SECRET_TTL,
            Some(text) => text
                .parse()
                .map_err(|_| wrong(SECRET_TTL, "expected a whole number of seconds"))?,
        };
        let at_once = match rest.get(AT_ONCE) {
            None => DEFAULT_AT_ONCE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (1..=4).contains(number))
                .ok_or_else(|| wrong(AT_ONCE, "expected a number from 1 to 4"))?,
        };
        Ok(Self {
            consoles,
            platform,
            secret_ttl: Duration::from_secs(secret_ttl),
            at_once,
            journal: journal::read(rest)?,
            policy: policy::read(rest)?,
            missing: [Self::no_console(), Self::no_platform()],
        })
    }

    /// With a two-factor token for every console whose credentials are given by value.
    #[must_use]
    pub fn with_token(mut self, token: SecretString) -> Self {
        for console in &mut self.consoles {
            if let CredentialsAt::Given { identity, .. } = &mut console.credentials {
                identity.token = Some(token.clone());
            }
        }
        self
    }

    /// Whether there is neither a console nor the platform.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.consoles.is_empty() && self.platform.is_none()
    }

    /// With other words for who needs a console, or the platform, where there is none.
    #[must_use]
    pub fn saying_what_is_missing(self, console: &str, platform: &str) -> Self {
        let missing = [console, platform].map(|text| SettingsError(text.to_owned()));
        Self { missing, ..self }
    }

    /// What a person should know of where the credentials are.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let consoles = self.consoles.iter();
        let consoles = consoles.filter_map(|console| console.credentials.warning());
        let platform = self.platform.iter();
        let platform = platform.filter_map(|platform| platform.credentials.warning());
        consoles.chain(platform).collect()
    }

    /// What to say where a console is needed and none is configured.
    #[must_use]
    pub fn no_console() -> SettingsError {
        consoles::missing()
    }

    /// The same for the platform.
    pub(crate) fn no_platform() -> SettingsError {
        platform::missing()
    }

    /// Refuses what there is not in Lambda.
    ///
    /// # Errors
    /// If there is some of it.
    pub fn check_in_lambda(&self) -> Result<(), SettingsError> {
        journal::check_in_lambda(self.journal.as_ref())
    }

    /// Refuses allowed operations that there are not. For who knows all of them: a function knows
    /// its own, and a name that it does not know may be another's.
    ///
    /// # Errors
    /// If one is none of these.
    pub fn check_operations(&self, known: &[&str]) -> Result<(), SettingsError> {
        policy::check_operations(&self.policy, known)
    }
}

/// What a setting that can't be used means for a run.
pub fn misconfigured(error: SettingsError) -> Error {
    Error::misconfigured(error.to_string()).about_settings()
}

/// The namespace of the metrics, if there are to be any. Apart from [`Settings`]: what fails for a
/// wrong setting is counted too.
pub fn metrics_namespace() -> Option<String> {
    let namespace = std::env::var(METRICS_NAMESPACE).ok();
    namespace.filter(|namespace| !namespace.is_empty())
}

#[cfg(test)]
mod tests {
    use rapid7::Trust;

    use super::consoles::{
        CA_FILE, CONSOLES, NO_TLS_VERIFICATION, PINS, PROXY, SECRET, SECRET_FILE, USERNAME,
        WIRE_FORM,
    };
    use super::policy::{
        ALLOW_DELETION, ALLOW_OWN_PASSWORD, ALLOW_PRIVILEGED, ALLOWED_OPERATIONS, LOGIN_DOMAINS,
        MAX_CHANGES, PROTECTED_LOGINS, SAME_DOMAINS,
    };
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(get, Ok).map_err(|error| error.to_string())
    }

    #[test]
    fn errors_name_the_variable_and_never_its_value() {
        let wrong: &[&[(&str, &str)]] = &[
            &[],
            &[(SECRET, "a"), (SECRET_FILE, "canary")],
            &[(USERNAME, "canary")],
            &[(SECRET, "a"), (PINS, "canary")],
            &[(SECRET, "a"), (WIRE_FORM, "canary")],
            &[(SECRET, "a"), (PROXY, "https://user:canary@proxy")],
            &[(CONSOLES, "a=b"), (PROXY, "user:canary@proxy:port")],
            &[(PROXY, "http://user:canary@proxy:3128")],
            &[(SECRET, "a"), (SECRET_TTL, "canary")],
            &[(SECRET, "a"), (AT_ONCE, "canary")],
            &[(SECRET, "a"), (AT_ONCE, "0")],
            &[(SECRET, "a"), (AT_ONCE, "5")],
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
            &[(SECRET, "a"), (LOGIN_DOMAINS, "canary")],
            &[(SECRET, "a"), (LOGIN_DOMAINS, "canary.example.com,")],
            &[(SECRET, "a"), (LOGIN_DOMAINS, "@canary.example.com")],
            &[(SECRET, "a"), (SAME_DOMAINS, "canary.example.com")],
            &[(SECRET, "a"), (SAME_DOMAINS, "canary.com,Canary.com")],
            &[(SECRET, "a"), (SAME_DOMAINS, "canary.com;example.org")],
            &[(SECRET, "a"), (PINS, &"00".repeat(32)), (CA_FILE, "canary")],
            &[(SECRET, "a"), (CONSOLES, "emea=canary")],
            &[
                (SECRET, "a"),
                (journal::TABLE, "canary"),
                (journal::FOLDER, "canary"),
            ],
            &[(CONSOLES, "canary")],
            &[(CONSOLES, "emea=canary,emea=other")],
            &[(CONSOLES, "platform=canary")],
            &[(CONSOLES, "EMEA=canary")],
            &[(CONSOLES, "emea=")],
            &[(platform::API_KEY, "a"), (platform::REGION, "canary")],
            &[(platform::API_KEY, "a"), (platform::KEY_TYPE, "canary")],
            &[(platform::API_KEY, "a"), (platform::KEY_ID, "canary/")],
            &[(platform::API_KEY, "canary"), (platform::SECRET, "a")],
            &[(SECRET, "a"), (platform::REGION, "eu")],
            &[(platform::API_KEY, "a"), (WIRE_FORM, "vendor")],
            &[
                (platform::API_KEY, "a"),
                (platform::REGION, "us"),
                (platform::URL, "canary"),
            ],
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
        assert_eq!(policy.identity, actions::IdentityRules::default());
    }

    #[test]
    fn how_people_are_called_is_read_in_lower_case() {
        let settings = read(&[
            (SECRET, "a"),
            (LOGIN_DOMAINS, "Example.com, corp.example.com"),
            (SAME_DOMAINS, "example.org,EXAMPLE.com"),
        ]);
        let identity = settings.expect("settings").policy.identity;
        assert_eq!(identity.login_domains, ["corp.example.com", "example.com"]);
        assert_eq!(identity.same_domains, ["example.com", "example.org"]);
    }

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
    fn a_journal_is_in_one_place_and_in_lambda_in_a_table() {
        let settings = |variables: &[(&str, &str)]| {
            read(&[&[(SECRET, "a")], variables].concat()).expect("settings")
        };
        let none = settings(&[]);
        assert_eq!(none.journal, None);
        let table = settings(&[(journal::TABLE, "acme-journal")]);
        assert_eq!(table.journal, Some(JournalAt::Table("acme-journal".into())));
        let folder = settings(&[(journal::FOLDER, "/var/lib/canary")]);
        assert_eq!(
            folder.journal,
            Some(JournalAt::Folder("/var/lib/canary".into()))
        );
        assert!(none.check_in_lambda().is_ok() && table.check_in_lambda().is_ok());
        let error = folder.check_in_lambda().expect_err("accepted").to_string();
        assert!(
            error.contains(journal::TABLE) && !error.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn what_is_set_to_nothing_is_refused() {
        let names = [&journal::PLACES[..], &policy::LISTS, &consoles::CREDENTIALS].concat();
        for name in names {
            let get = |asked: &str| (asked == name).then(String::new);
            let error = Settings::from_variables(get).expect_err(name).to_string();
            assert!(
                error.starts_with(&format!("{name}: expected not to be empty")),
                "{error}"
            );
        }
    }

    #[test]
    fn consoles_have_names_and_a_secret_each() {
        let settings = read(&[(CONSOLES, "emea=rapid7/emea, apac-2=file:/tmp/apac.json")]);
        let consoles = settings.expect("settings").consoles;
        let names: Vec<&str> = consoles
            .iter()
            .map(|console| console.name.as_str())
            .collect();
        assert_eq!(names, ["emea", "apac-2"]);
        assert_eq!(consoles[0].credentials.managed(), Some("rapid7/emea"));
        assert!(
            matches!(&consoles[1].credentials, CredentialsAt::File(path) if path == "/tmp/apac.json")
        );
    }

    #[test]
    fn the_platform_alone_is_enough() {
        let settings = read(&[(platform::API_KEY, "a"), (platform::REGION, "eu")]);
        let settings = settings.expect("settings");
        assert!(settings.consoles.is_empty());
        let url = settings.platform.expect("the platform").url;
        assert_eq!(url.as_deref(), Some("https://eu.api.insight.rapid7.com"));
    }

    #[test]
    fn verification_is_on_unless_turned_off_by_name() {
        let trust = |variables| read(variables).expect("settings").consoles[0].trust.clone();
        assert!(trust(&[(SECRET, "a")]).is_none());
        assert!(trust(&[(SECRET, "a"), (NO_TLS_VERIFICATION, "false")]).is_none());
        let off = trust(&[(SECRET, "a"), (NO_TLS_VERIFICATION, "true")]);
        assert!(matches!(off, Some(Trust::DangerouslyAny)));
    }
}
