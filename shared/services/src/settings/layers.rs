//! The environment before the profile.
//!
//! A crate for layers of settings would merge them key by key. Here a console's address and its password are one thing:
//! a variable that is left over from yesterday must not send the profile's password to another address. So consoles
//! come from one layer as a whole, the platform too, and what may be said about them in the other one is decided here.

use super::consoles::{self, ConsoleSettings};
use super::environment::{CredentialsAt, Environment, SettingsError, refuse_empty};
use super::platform::{self, PlatformSettings};
use super::profile::{
    API_KEY, CONSOLE_KEYS, GENERAL_KEYS, Key, PASSWORD, PLATFORM_KEYS, POLICY_KEYS, Profile,
    Surface,
};
use super::secret_at::SecretAt;
use super::{journal, policy};

/// Whether this environment says by itself where a console or the platform is.
pub fn names_a_surface(get: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| get(name).is_some_and(|value| !value.is_empty());
    let mut names = consoles::CREDENTIALS.iter().chain(&platform::CREDENTIALS);
    names.any(|name| set(name))
}

/// Refuses variables that are set to nothing: a list would read as "no limit", so that a template that rendered nothing
/// would open all, and a surface would be passed over in silence.
pub(super) fn refuse_nothing(get: &dyn Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
    let names = [
        &policy::LISTS[..],
        &consoles::CREDENTIALS,
        &platform::CREDENTIALS,
        &journal::PLACES,
    ];
    refuse_empty(get, &names.concat())
}

/// An error about what is neither a console's nor the platform's, in the words of where it was said.
pub(super) fn about_the_rest(
    error: SettingsError,
    environment: &Environment<'_>,
    profile: Option<&Profile>,
) -> SettingsError {
    let Some(profile) = profile else {
        return error;
    };
    let general = GENERAL_KEYS.iter().map(|key| (key, ""));
    let keys = general.chain(POLICY_KEYS.iter().map(|key| (key, "policy.")));
    let keys = keys.filter(|(key, _)| {
        environment.get(key.variable).is_none() && profile.values.contains_key(key.variable)
    });
    let names = keys.map(|(key, section)| (key.variable, format!("`{section}{}`", key.name)));
    in_its_words(profile, &error, names)
}

/// What is neither a console's nor the platform's: the variable, or else what the profile says.
pub(super) fn rest(
    environment: &Environment<'_>,
    profile: Option<&Profile>,
    name: &str,
) -> Option<String> {
    // Folder and table are one setting.
    let said = journal::PLACES.contains(&name) && environment.has_any(&journal::PLACES);
    match environment.get(name) {
        None if !said => profile?.values.get(name).cloned(),
        value => value,
    }
}

/// The consoles of the profile, where they count: no variable says that there is one.
pub(super) fn consoles_in_profile<'a>(
    environment: &Environment<'_>,
    profile: Option<&'a Profile>,
) -> &'a [Surface] {
    match profile {
        Some(profile) if !environment.has_any(&consoles::CREDENTIALS) => &profile.consoles,
        _ => &[],
    }
}

/// The platform of the profile, where it counts.
pub(super) fn platform_in_profile<'a>(
    environment: &Environment<'_>,
    profile: Option<&'a Profile>,
) -> Option<&'a Surface> {
    let platform = profile?.platform.as_ref();
    platform.filter(|_| !environment.has_any(&platform::CREDENTIALS))
}

/// Whether a variable says whom to trust. That nobody is trusted blindly is so anyway.
fn says_whom_to_trust(environment: &Environment<'_>) -> bool {
    let said = consoles::TRUST.iter().filter(|name| match **name {
        consoles::NO_TLS_VERIFICATION => {
            environment.get(name).is_some_and(|value| value != "false")
        }
        name => environment.get(name).is_some(),
    });
    said.count() > 0
}

/// What is in force of a setting of a profile's only console.
pub(super) fn of_console(
    environment: &Environment<'_>,
    console: &Surface,
    name: &str,
) -> Option<String> {
    let own = || console.values.get(name).cloned();
    match name {
        consoles::TOKEN => environment.get(name),
        name if consoles::TRUST.contains(&name) => match says_whom_to_trust(environment) {
            true => environment.get(name),
            false => own(),
        },
        consoles::WIRE_FORM | consoles::PROXY => environment.get(name).or_else(own),
        _ => own(),
    }
}

/// The same of its platform.
pub(super) fn of_platform(
    environment: &Environment<'_>,
    platform: &Surface,
    name: &str,
) -> Option<String> {
    let own = || platform.values.get(name).cloned();
    match name {
        platform::REGION | platform::URL => own(),
        name if platform::DETAILS.contains(&name) => environment.get(name).or_else(own),
        _ => own(),
    }
}

/// The consoles, of whichever layer.
pub(super) fn consoles_of(
    environment: &Environment<'_>,
    profile: Option<&Profile>,
) -> Result<Vec<ConsoleSettings>, SettingsError> {
    let in_profile = consoles_in_profile(environment, profile);
    let (Some(profile), [_, ..]) = (profile, in_profile) else {
        refuse_half(
            environment,
            &consoles::CREDENTIALS,
            &consoles::DETAILS,
            &consoles::missing(),
        )?;
        let mut consoles = consoles::read(environment)?;
        let several = environment.get(consoles::CONSOLES).is_some();
        for console in &mut consoles {
            consoles::named_by_variables(console, several);
        }
        return Ok(consoles);
    };
    let details = consoles::DETAILS
        .into_iter()
        .chain([consoles::NO_TLS_VERIFICATION]);
    let mut details = details.filter(|name| match *name {
        consoles::NO_TLS_VERIFICATION => {
            environment.get(name).is_some_and(|value| value != "false")
        }
        name => environment.get(name).is_some(),
    });
    match in_profile {
        [only] => {
            refuse_another_place(environment, profile, only, &[consoles::URL])?;
            let wanted = matches!(&only.secret, Some(SecretAt::Variable(name)) if name == consoles::PASSWORD);
            if environment.get(consoles::PASSWORD).is_some() && !wanted {
                return Err(SettingsError(format!(
                    "{} is set without {}, so it belongs to nobody: {} has a user name and a password of its \
                     own; set both variables and {}, or take it out",
                    consoles::PASSWORD,
                    consoles::USERNAME,
                    profile.called(),
                    consoles::URL,
                )));
            }
        }
        several => {
            if let Some(detail) = details.next() {
                let names: Vec<&str> = several.iter().map(|one| one.name.as_str()).collect();
                return Err(SettingsError(format!(
                    "{detail} says something of one console, and {} has several ({}): take it out, or say it \
                     there",
                    profile.called(),
                    names.join(", ")
                )));
            }
        }
    }
    let consoles = in_profile.iter();
    let consoles = consoles.map(|console| console_of(environment, profile, console));
    consoles.collect()
}

/// Refuses variables that say something of a surface that nobody says is there: which they are.
fn refuse_half(
    environment: &Environment<'_>,
    credentials: &[&str],
    details: &[&str],
    missing: &SettingsError,
) -> Result<(), SettingsError> {
    let set = details.iter().find(|name| environment.get(name).is_some());
    match set {
        Some(set) if !environment.has_any(credentials) => Err(SettingsError(format!(
            "{set} is set, and nothing says who asks: {missing}"
        ))),
        _ => Ok(()),
    }
}

/// Refuses a variable that would send what the profile has to another address.
fn refuse_another_place(
    environment: &Environment<'_>,
    profile: &Profile,
    surface: &Surface,
    names: &[&'static str],
) -> Result<(), SettingsError> {
    let plain = |url: &str| url.trim().trim_end_matches('/').to_lowercase();
    for name in names {
        let said = environment.get(name);
        let own = surface.values.get(name);
        if let Some(said) = said
            && own.is_none_or(|own| plain(own) != plain(&said))
        {
            return Err(SettingsError(format!(
                "{name} would send the credentials of {} to another address: say by variables who asks there, \
                 too, or take it out, or change the address in the profile",
                profile.called()
            )));
        }
    }
    Ok(())
}

fn console_of(
    environment: &Environment<'_>,
    profile: &Profile,
    console: &Surface,
) -> Result<ConsoleSettings, SettingsError> {
    let place = format!("consoles.{}", console.name);
    let ways = [consoles::SECRET, consoles::SECRET_FILE, consoles::USERNAME];
    one_way(profile, &place, console, CONSOLE_KEYS, &ways, PASSWORD)?;
    let get = |name: &str| of_console(environment, console, name);
    let layered = Environment {
        get: &get,
        certificates: environment.certificates,
        secret_at: console.secret.as_ref(),
    };
    let read = consoles::one(&layered, &console.name);
    let words = |error| in_its_words(profile, &error, names(environment, CONSOLE_KEYS, &place));
    let mut read = read.map_err(words)?.ok_or_else(consoles::missing)?;
    if read.url.is_none() && matches!(read.credentials, CredentialsAt::Given { .. }) {
        return Err(SettingsError(format!(
            "{}: `{place}.url`: required, such as https://console.example.com:3780",
            profile.called()
        )));
    }
    read.names.address = Some(format!(
        "`url` of the console {} in {}",
        console.name,
        profile.called()
    ));
    read.names.credentials = credentials(profile, &read.credentials);
    Ok(read)
}

/// The platform, of whichever layer.
pub(super) fn platform_of(
    environment: &Environment<'_>,
    profile: Option<&Profile>,
) -> Result<Option<PlatformSettings>, SettingsError> {
    let (Some(profile), Some(surface)) = (profile, platform_in_profile(environment, profile))
    else {
        refuse_half(
            environment,
            &platform::CREDENTIALS,
            &platform::DETAILS,
            &platform::missing(),
        )?;
        let mut platform = platform::read(environment)?;
        if let Some(platform) = &mut platform {
            platform::named_by_variables(platform, environment);
        }
        return Ok(platform);
    };
    refuse_another_place(
        environment,
        profile,
        surface,
        &[platform::URL, platform::REGION],
    )?;
    let place = "platform";
    let ways = [platform::SECRET, platform::SECRET_FILE];
    one_way(profile, place, surface, PLATFORM_KEYS, &ways, API_KEY)?;
    let get = |name: &str| of_platform(environment, surface, name);
    let layered = Environment {
        get: &get,
        certificates: environment.certificates,
        secret_at: surface.secret.as_ref(),
    };
    let words = |error| in_its_words(profile, &error, names(environment, PLATFORM_KEYS, place));
    let read = platform::read(&layered).map_err(words)?;
    let mut read = read.ok_or_else(platform::missing)?;
    if read.url.is_none() && matches!(read.credentials, CredentialsAt::Given { .. }) {
        return Err(SettingsError(format!(
            "{}: `platform.region`: required (or `url`), such as \"us\" or \"eu\"",
            profile.called()
        )));
    }
    read.names.address = Some(format!("`region` of the platform in {}", profile.called()));
    read.names.credentials = credentials(profile, &read.credentials);
    Ok(Some(read))
}

/// What the credentials of a profile are called; nothing for a secret of Secrets Manager, which errors call the
/// secret.
fn credentials<C>(profile: &Profile, at: &CredentialsAt<C>) -> Option<String> {
    let called = profile.called();
    match at {
        CredentialsAt::SecretsManager(id) => Some(format!("the secret {id}")),
        CredentialsAt::File(path) => Some(format!("the file {path}")),
        CredentialsAt::Given { secret, .. } => Some(match secret {
            Some(SecretAt::File(path)) => format!("{called}, and in {}", path.display()),
            Some(SecretAt::Variable(name)) => format!("{called}, and in {name}"),
            Some(SecretAt::Command(words)) => {
                let program = words.first().map_or("", String::as_str);
                format!("{called}, and what `{program}` prints")
            }
            _ => called,
        }),
    }
}

/// Refuses a surface of a profile that says in two ways who asks, or in none.
fn one_way(
    profile: &Profile,
    place: &str,
    surface: &Surface,
    keys: &[Key],
    ways: &[&str],
    secret: &str,
) -> Result<(), SettingsError> {
    let name_of = |variable: &str| {
        let key = keys.iter().find(|key| key.variable == variable);
        key.map_or(secret, |key| key.name)
    };
    let is_set = |name: &&&str| surface.values.contains_key(**name);
    let mut set: Vec<&str> = ways
        .iter()
        .filter(is_set)
        .map(|name| name_of(name))
        .collect();
    let has_user = surface.values.contains_key(consoles::USERNAME);
    let told = |what: String| {
        Err(SettingsError(format!(
            "{}: `{place}`: {what}",
            profile.called()
        )))
    };
    // A user name and a password are one way together.
    if surface.secret.is_some() && !has_user {
        set.push(secret);
    }
    match set.as_slice() {
        [one] if *one == "username" && surface.secret.is_none() => told(format!(
            "`username` is there, and no password: expected `{secret}`, `{secret}_file`, `{secret}_env` or \
             `{secret}_command`"
        )),
        [one] if *one == secret && keys.iter().any(|key| key.variable == consoles::USERNAME) => {
            told(format!("a {secret} is there, and no `username`"))
        }
        [_] => Ok(()),
        [] => {
            let mut ways: Vec<String> = ways
                .iter()
                .map(|way| format!("`{}`", name_of(way)))
                .collect();
            if !keys.iter().any(|key| key.variable == consoles::USERNAME) {
                ways.push(format!("`{secret}`"));
            }
            told(format!(
                "nothing says who asks: expected one of {}",
                ways.join(", ")
            ))
        }
        several => told(format!(
            "`{}` are set, and only one of them may be",
            several.join("` and `")
        )),
    }
}

/// What a surface's settings are called in the profile, but for those that the environment says.
fn names<'a>(
    environment: &'a Environment<'_>,
    keys: &'static [Key],
    place: &'a str,
) -> impl Iterator<Item = (&'static str, String)> + 'a {
    let keys = keys
        .iter()
        .filter(|key| environment.get(key.variable).is_none());
    keys.map(move |key| (key.variable, format!("`{place}.{}`", key.name)))
}

/// An error about what a profile says.
fn in_its_words(
    profile: &Profile,
    error: &SettingsError,
    names: impl Iterator<Item = (&'static str, String)>,
) -> SettingsError {
    let renamed = error.renamed(names);
    match renamed == *error {
        true => renamed,
        false => SettingsError(format!("{}: {renamed}", profile.called())),
    }
}
