//! Where the Insight Platform is.

use rapid7::platform::{ApiKeyId, KeyType, OrganizationId, Region};
use rapid7::{ApiKey, Names, Trust};

use super::environment::{CredentialsAt, Environment, SettingsError, contradicts, wrong};

/// Name or ARN of the platform's secret in Secrets Manager.
pub(super) const SECRET: &str = "RAPID7_PLATFORM_SECRET";
/// A file with the same JSON as the secret, for a laptop.
pub(super) const SECRET_FILE: &str = "RAPID7_PLATFORM_SECRET_FILE";
pub(super) const API_KEY: &str = "RAPID7_PLATFORM_API_KEY";
/// The region; overrides the secret's.
pub(super) const REGION: &str = "RAPID7_PLATFORM_REGION";
/// The address, where the region does not tell it; overrides the secret's.
pub(super) const URL: &str = "RAPID7_PLATFORM_URL";
/// Whose key it is: organization or user; overrides the secret's.
pub(super) const KEY_TYPE: &str = "RAPID7_PLATFORM_KEY_TYPE";
/// The id of the key, so that it is never deleted by the pack itself; overrides the secret's.
pub(super) const KEY_ID: &str = "RAPID7_PLATFORM_KEY_ID";
/// Which organization is meant, for a key over several; overrides the secret's.
pub(super) const ORGANIZATION_ID: &str = "RAPID7_PLATFORM_ORGANIZATION_ID";
/// A PEM file with the authorities to trust, on networks that open TLS on the way.
pub(super) const CA_FILE: &str = "RAPID7_PLATFORM_CA_FILE";

/// Every one.
pub(super) const ALL: [&str; 9] = [
    SECRET,
    SECRET_FILE,
    API_KEY,
    REGION,
    URL,
    KEY_TYPE,
    KEY_ID,
    ORGANIZATION_ID,
    CA_FILE,
];

/// What says that there is a platform.
pub(super) const CREDENTIALS: [&str; 3] = [SECRET, SECRET_FILE, API_KEY];

/// What says more about it.
pub(super) const DETAILS: [&str; 6] = [REGION, URL, KEY_TYPE, KEY_ID, ORGANIZATION_ID, CA_FILE];

/// The platform.
#[derive(Debug, Clone)]
pub(crate) struct PlatformSettings {
    pub(crate) credentials: CredentialsAt<ApiKey>,
    pub(crate) url: Option<String>,
    pub(crate) key_type: Option<KeyType>,
    pub(crate) key_id: Option<ApiKeyId>,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) trust: Trust,
    /// Where its settings are, for people.
    pub(crate) names: Names,
}

pub(super) fn read(
    environment: &Environment<'_>,
) -> Result<Option<PlatformSettings>, SettingsError> {
    let get = |name: &str| environment.get(name);
    let key = match environment.secret_at {
        None => environment.secret(API_KEY)?,
        Some(_) => Some(String::new()),
    };
    let credentials = match (get(SECRET), get(SECRET_FILE), key) {
        (Some(name), None, None) => CredentialsAt::SecretsManager(name),
        (None, Some(path), None) => CredentialsAt::File(path),
        (None, None, Some(key)) => CredentialsAt::Given {
            identity: ApiKey(key.into()),
            secret: environment.secret_at.cloned(),
        },
        // Half of a configuration is a mistake, not "no platform".
        (None, None, None) if DETAILS.iter().any(|name| get(name).is_some()) => {
            return Err(missing());
        }
        (None, None, None) => return Ok(None),
        _ => return Err(contradicts(&missing(), environment, &CREDENTIALS)),
    };
    let url = match (get(REGION), get(URL)) {
        (None, url) => url,
        (Some(region), None) => {
            let region: Result<Region, _> = region.parse();
            let region = region.map_err(|error| wrong(REGION, &error.to_string()))?;
            Some(region.url())
        }
        (Some(_), Some(_)) => {
            return Err(SettingsError(format!(
                "expected {REGION} or {URL}, got both"
            )));
        }
    };
    let key_type = get(KEY_TYPE).map(|text| key_type_of(&text));
    let key_type = key_type
        .transpose()
        .map_err(|error| wrong(KEY_TYPE, error))?;
    let key_id = get(KEY_ID).map(|text| key_id_of(&text));
    let key_id = key_id.transpose().map_err(|error| wrong(KEY_ID, error))?;
    let organization = get(ORGANIZATION_ID).map(|text| organization_of(&text));
    let organization = organization
        .transpose()
        .map_err(|error| wrong(ORGANIZATION_ID, error))?;
    let trust = match get(CA_FILE) {
        None => Trust::PublicRoots,
        Some(file) => Trust::CaPem(environment.certificates(CA_FILE, file)?),
    };
    Ok(Some(PlatformSettings {
        credentials,
        url,
        key_type,
        key_id,
        organization,
        trust,
        names: Names::default(),
    }))
}

/// What variables call the platform's settings.
pub(super) fn named_by_variables(platform: &mut PlatformSettings, environment: &Environment<'_>) {
    let (credentials, address) = match &platform.credentials {
        CredentialsAt::SecretsManager(_) => (None, None),
        CredentialsAt::File(path) => (
            Some(format!("the file {path}")),
            Some(format!("`region` in the file {path}, or {REGION}")),
        ),
        CredentialsAt::Given { .. } => (Some(API_KEY.to_owned()), Some(REGION.to_owned())),
    };
    let said = [REGION, URL]
        .into_iter()
        .find(|name| environment.get(name).is_some());
    platform.names = Names {
        server: None,
        credentials,
        address: said.map(str::to_owned).or(address),
    };
}

/// What to say where the platform is needed and there is none.
pub(super) fn missing() -> SettingsError {
    SettingsError(format!(
        "expected exactly one of {SECRET} (name or ARN in Secrets Manager), {SECRET_FILE} (a file with \
         the same JSON) or {API_KEY}"
    ))
}

/// Whose a key is, by name.
pub(crate) fn key_type_of(text: &str) -> Result<KeyType, &'static str> {
    match text {
        "organization" => Ok(KeyType::Organization),
        "user" => Ok(KeyType::User),
        _ => Err("expected organization or user"),
    }
}

/// The id of a key.
pub(crate) fn key_id_of(text: &str) -> Result<ApiKeyId, &'static str> {
    ApiKeyId::parse(text).ok_or("expected the id of the key, not the key itself")
}

/// The id of an organization.
pub(crate) fn organization_of(text: &str) -> Result<OrganizationId, &'static str> {
    OrganizationId::parse(text).ok_or("expected the organization's UUID")
}
