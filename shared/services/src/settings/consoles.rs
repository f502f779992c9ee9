//! Where the consoles are.

use rapid7::console::WireForm;
use rapid7::{Credentials, Names, Proxy, Trust};

use super::environment::{CredentialsAt, Environment, SettingsError, contradicts, entries, wrong};

/// Several consoles: `NAME=SECRET`, comma-separated; a secret is a name or ARN in Secrets Manager, or
/// `file:PATH`.
pub(super) const CONSOLES: &str = "RAPID7_CONSOLES";
/// Name or ARN of the only console's secret in Secrets Manager.
pub(super) const SECRET: &str = "RAPID7_CONSOLE_SECRET";
/// A file with the same JSON as the secret, for a laptop.
pub(super) const SECRET_FILE: &str = "RAPID7_CONSOLE_SECRET_FILE";
/// The console's address; overrides the secret's `url`.
pub(super) const URL: &str = "RAPID7_CONSOLE_URL";
pub(super) const USERNAME: &str = "RAPID7_CONSOLE_USERNAME";
pub(super) const PASSWORD: &str = "RAPID7_CONSOLE_PASSWORD";
/// The current two-factor token.
pub(super) const TOKEN: &str = "RAPID7_CONSOLE_TOKEN";
/// SHA-256 fingerprints of the console's certificate, comma-separated.
pub(super) const PINS: &str = "RAPID7_CONSOLE_CERTIFICATE_SHA256";
/// A PEM file with the authorities to trust.
pub(super) const CA_FILE: &str = "RAPID7_CONSOLE_CA_FILE";
pub(super) const NO_TLS_VERIFICATION: &str = "RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION";
pub(super) const WIRE_FORM: &str = "RAPID7_CONSOLE_WIRE_FORM";
/// The proxy that consoles are reached through: they are on the inside, so the environment's usual one is not theirs.
pub(super) const PROXY: &str = "RAPID7_CONSOLE_PROXY";

/// Every one.
pub(super) const ALL: [&str; 12] = [
    CONSOLES,
    SECRET,
    SECRET_FILE,
    URL,
    USERNAME,
    PASSWORD,
    TOKEN,
    PINS,
    CA_FILE,
    NO_TLS_VERIFICATION,
    WIRE_FORM,
    PROXY,
];

/// What says that there is a console.
pub(super) const CREDENTIALS: [&str; 4] = [CONSOLES, SECRET, SECRET_FILE, USERNAME];

/// What says more about the only console.
pub(super) const DETAILS: [&str; 6] = [URL, PASSWORD, TOKEN, PINS, CA_FILE, WIRE_FORM];

/// What says whom to trust: all of it is one setting.
pub(super) const TRUST: [&str; 3] = [PINS, CA_FILE, NO_TLS_VERIFICATION];

/// The name of the only console, where none was given one.
const ONLY: &str = "console";

/// A console.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// What inputs call it.
    pub(crate) name: String,
    pub(crate) credentials: CredentialsAt<Credentials>,
    pub(crate) url: Option<String>,
    pub(crate) trust: Option<Trust>,
    pub(crate) form: Option<WireForm>,
    pub(crate) proxy: Option<Proxy>,
    /// What people call it and where its settings are.
    pub(crate) names: Names,
}

/// The consoles; none, if no variable names one.
pub(super) fn read(environment: &Environment<'_>) -> Result<Vec<ConsoleSettings>, SettingsError> {
    let get = |name: &str| environment.get(name);
    if let Some(text) = get(CONSOLES) {
        let mut of_one = [SECRET, SECRET_FILE, USERNAME].into_iter().chain(DETAILS);
        if let Some(other) = of_one.find(|name| get(name).is_some()) {
            return Err(SettingsError(format!(
                "expected {CONSOLES} or {other}, got both: with several consoles, each secret says \
                 where its console is and how it is trusted"
            )));
        }
        return several(&text, proxy_of(environment)?.as_ref());
    }
    Ok(one(environment, ONLY)?.into_iter().collect())
}

fn proxy_of(environment: &Environment<'_>) -> Result<Option<Proxy>, SettingsError> {
    let address = environment.get(PROXY);
    let proxy = address.map(|address| Proxy::parse(&address)).transpose();
    proxy.map_err(|error| wrong(PROXY, &error.to_string()))
}

/// One console, if there is one.
pub(super) fn one(
    environment: &Environment<'_>,
    name: &str,
) -> Result<Option<ConsoleSettings>, SettingsError> {
    let get = |name: &str| environment.get(name);
    let proxy = proxy_of(environment)?;
    let credentials = match (get(SECRET), get(SECRET_FILE), environment.secret(USERNAME)?) {
        (Some(name), None, None) => CredentialsAt::SecretsManager(name),
        (None, Some(path), None) => CredentialsAt::File(path),
        (None, None, Some(username)) => {
            let password = match environment.secret_at {
                None => environment
                    .secret(PASSWORD)?
                    .ok_or_else(|| wrong(PASSWORD, &format!("required with {USERNAME}")))?,
                Some(_) => String::new(),
            };
            CredentialsAt::Given {
                identity: Credentials {
                    username,
                    password: password.into(),
                    token: environment.secret(TOKEN)?.map(Into::into),
                },
                secret: environment.secret_at.cloned(),
            }
        }
        // Half of a configuration is a mistake, not "no console".
        (None, None, None) if DETAILS.iter().any(|name| get(name).is_some()) => {
            return Err(missing());
        }
        (None, None, None) => return Ok(None),
        _ => return Err(contradicts(&missing(), environment, &CREDENTIALS)),
    };
    let trust = match (
        get(PINS),
        get(CA_FILE),
        environment.flag(NO_TLS_VERIFICATION)?,
    ) {
        (None, None, false) => None,
        (Some(pins), None, false) => {
            Some(Trust::Pins(pins_of(&pins).map_err(|e| wrong(PINS, &e))?))
        }
        (None, Some(file), false) => Some(Trust::CaPem(environment.certificates(CA_FILE, file)?)),
        (None, None, true) => Some(Trust::DangerouslyAny),
        _ => {
            let one = format!("expected at most one of {PINS}, {CA_FILE}, {NO_TLS_VERIFICATION}");
            let names = [PINS, CA_FILE, NO_TLS_VERIFICATION];
            return Err(contradicts(&SettingsError(one), environment, &names));
        }
    };
    let form = get(WIRE_FORM).map(|text| form_of(&text));
    let form = form.transpose().map_err(|error| wrong(WIRE_FORM, error))?;
    Ok(Some(ConsoleSettings {
        name: name.into(),
        credentials,
        url: get(URL),
        trust,
        form,
        proxy,
        names: Names::default(),
    }))
}

/// What variables call a console's settings. Of several, only its secret says where it is.
pub(super) fn named_by_variables(console: &mut ConsoleSettings, several: bool) {
    let (credentials, address) = match &console.credentials {
        CredentialsAt::SecretsManager(_) => (None, None),
        CredentialsAt::File(path) => (
            Some(format!("the file {path}")),
            Some(match several {
                true => format!("`url` in the file {path}"),
                false => format!("`url` in the file {path}, or {URL}"),
            }),
        ),
        CredentialsAt::Given { .. } => (
            Some(format!("{USERNAME} and {PASSWORD}")),
            Some(URL.to_owned()),
        ),
    };
    console.names = Names {
        server: None,
        credentials,
        address: match console.url {
            Some(_) => Some(URL.to_owned()),
            None => address,
        },
    };
}

/// Whether that is the name of a console: what inputs call it, and nothing else is called.
#[must_use]
pub fn is_console_name(name: &str) -> bool {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && name.bytes().all(letters) && name != "platform"
}

/// What to say where a console is needed and there is none.
pub(super) fn missing() -> SettingsError {
    SettingsError(format!(
        "expected exactly one of {SECRET} (name or ARN in Secrets Manager), {SECRET_FILE} (a file with \
         the same JSON), {USERNAME} or {CONSOLES} (several, each with its secret)"
    ))
}

fn several(text: &str, proxy: Option<&Proxy>) -> Result<Vec<ConsoleSettings>, SettingsError> {
    let expected = "expected NAME=SECRET with commas between them, such as \
                    emea=rapid7/emea,apac=rapid7/apac; names are lower-case letters, digits and \
                    hyphens, and each is there once";
    let failed = || wrong(CONSOLES, expected);
    let mut consoles: Vec<ConsoleSettings> = Vec::new();
    for entry in entries(text).ok_or_else(failed)? {
        let (name, secret) = entry.split_once('=').ok_or_else(failed)?;
        let (name, secret) = (name.trim(), secret.trim());
        let known = consoles.iter().any(|console| console.name == name);
        if secret.is_empty() || !is_console_name(name) || known {
            return Err(failed());
        }
        let credentials = match secret.strip_prefix("file:") {
            Some(path) => CredentialsAt::File(path.into()),
            None => CredentialsAt::SecretsManager(secret.into()),
        };
        consoles.push(ConsoleSettings {
            name: name.into(),
            credentials,
            url: None,
            trust: None,
            form: None,
            proxy: proxy.cloned(),
            names: Names::default(),
        });
    }
    Ok(consoles)
}

/// Comma-separated fingerprints.
pub(crate) fn pins_of(text: &str) -> Result<Vec<rapid7::Fingerprint>, String> {
    text.split(',')
        .map(|pin| {
            pin.parse()
                .map_err(|error: rapid7::TrustError| error.to_string())
        })
        .collect()
}

/// A form, by its name.
pub(crate) fn form_of(text: &str) -> Result<WireForm, &'static str> {
    match text {
        "guide" => Ok(WireForm::Guide),
        "vendor" => Ok(WireForm::Vendor),
        _ => Err("expected guide or vendor"),
    }
}
