//! The secret with the platform's region and API key.

use rapid7::platform::{ApiKeyId, KeyType, OrganizationId, Region};
use rapid7::{ApiKey, CredentialError};
use secrecy::{ExposeSecret as _, SecretString};

use super::surface_secret::{Members, SurfaceSecret};
use crate::settings::{key_id_of, key_type_of, organization_of};

const MEMBERS: [&str; 6] = [
    "api_key",
    "region",
    "url",
    "key_type",
    "key_id",
    "organization_id",
];

/// What the platform's secret holds: `api_key`, `region` or `url`, and optionally `key_type`
/// (organization or user), `key_id` and `organization_id`. Other members are left alone.
pub(crate) struct PlatformSecret {
    pub(crate) url: Option<String>,
    pub(crate) key_type: Option<KeyType>,
    pub(crate) key_id: Option<ApiKeyId>,
    pub(crate) organization: Option<OrganizationId>,
    key: ApiKey,
    place: [Option<String>; 5],
}

impl SurfaceSecret for PlatformSecret {
    type Identity = ApiKey;

    const WHAT: &'static str = "the platform";
    const ROTATES: bool = false;

    fn parse(name: &str, text: &SecretString) -> Result<Self, CredentialError> {
        let secret = Members::parse(name, text, "api_key and region", &MEMBERS)?;
        let member = |member: &str| secret.member(member);
        if member("api_key")?.is_none() && member("password")?.is_some() {
            return Err(secret.wrong(
                "it holds a password, which is for a console: the Insight Platform takes `api_key`",
            ));
        }
        let place = [
            member("url")?,
            member("region")?,
            member("key_type")?,
            member("key_id")?,
            member("organization_id")?,
        ];
        let [url, region, ..] = place.clone();
        let url = match (url, region) {
            (Some(_), Some(_)) => return Err(secret.wrong("expected `region` or `url`, got both")),
            (Some(url), None) => Some(url),
            (None, _) => {
                let region = secret.parsed("region", str::parse::<Region>)?;
                region.map(|region| region.url())
            }
        };
        Ok(Self {
            url,
            key_type: secret.parsed("key_type", key_type_of)?,
            key_id: secret.parsed("key_id", key_id_of)?,
            organization: secret.parsed("organization_id", organization_of)?,
            key: ApiKey(secret.required("api_key")?.into()),
            place,
        })
    }

    fn given(key: ApiKey) -> Self {
        Self {
            url: None,
            key_type: None,
            key_id: None,
            organization: None,
            key,
            place: Default::default(),
        }
    }

    fn with_secret(_identity: ApiKey, key: SecretString) -> ApiKey {
        ApiKey(key)
    }

    fn identity(&self) -> &ApiKey {
        &self.key
    }

    fn place(&self) -> &[Option<String>] {
        &self.place
    }

    fn same(a: &ApiKey, b: &ApiKey) -> bool {
        a.0.expose_secret() == b.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_is_told_by_member_and_never_by_content() {
        for (text, told) in [
            ("canary", "expected a JSON object"),
            (r#"{"region": "us"}"#, "`api_key`: required"),
            (r#"{"api_key": 1}"#, "`api_key`: expected text"),
            (
                r#"{"username": "a", "password": "canary"}"#,
                "for a console",
            ),
            (
                r#"{"api_key": "canary", "region": "canary"}"#,
                "`region`: expected a region",
            ),
            (
                r#"{"api_key": "canary", "key_type": "canary"}"#,
                "`key_type`: expected",
            ),
            (
                r#"{"api_key": "canary", "organization_id": "canary"}"#,
                "`organization_id`: expected the organization's UUID",
            ),
            (
                r#"{"api_key": "a", "region": "us", "url": "canary"}"#,
                "got both",
            ),
        ] {
            let error = PlatformSecret::parse("rapid7/platform", &text.into()).err();
            let error = error.expect("accepted").to_string();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn the_region_tells_the_address() {
        let secret = r#"{"api_key": "a", "region": "eu"}"#;
        let secret = PlatformSecret::parse("s", &secret.into()).expect("a secret");
        assert_eq!(
            secret.url.as_deref(),
            Some("https://eu.api.insight.rapid7.com")
        );
    }
}
