//! A user of the platform as people and workflows see it.

use rapid7::platform::{ApiKeyInfo, Product, User};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::snapshot::PlatformSnapshot;

/// A user of the platform. Members that the platform did not report are null.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "PlatformUser")]
pub struct PlatformUserView {
    /// The user's UUID.
    pub user_id: String,
    /// The email address, which is also the login name.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Status: `ACTIVE`, `DISABLED`, `PENDING` (invited), or a new one.
    pub status: Option<String>,
    /// Whether the user is a platform administrator.
    pub platform_admin: Option<bool>,
    /// Whether the user logs in through an identity provider.
    pub federated: Option<bool>,
    /// Time of the last login.
    pub last_login: Option<String>,
    /// Whether the user has never logged in.
    pub never_used: Option<bool>,
    /// Time zone.
    pub timezone: Option<String>,
    /// The user's products, if they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<ProductView>>,
    /// The user's API keys, if they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<Vec<ApiKeyView>>,
    /// Members unknown to this pack, as the platform returned them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
}

/// A product of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductView {
    /// Product code, such as `IVM`.
    pub product_code: Option<String>,
    /// Product name (unconfirmed).
    pub product_name: Option<String>,
    /// Token that identifies the product. Not a secret.
    pub product_token: String,
}

/// An API key, without its value: the platform shows that only when the key is created. All members
/// except the id are unconfirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub struct ApiKeyView {
    /// Id of the key.
    pub key_id: String,
    /// Name of the key, as its owner chose it.
    pub name: Option<String>,
    /// Whether it is a person's or the organization's key, in the platform's own word.
    pub kind: Option<String>,
    /// UUID of the owner. Null for an organization's key, or if the platform does not report the owner.
    pub user_id: Option<String>,
    /// Email address of the owner, if there is such a person.
    pub email: Option<String>,
    /// Time of creation.
    pub created_at: Option<String>,
    /// Time of the last use.
    pub last_used_at: Option<String>,
}

/// Members that the view shows under a name of its own.
const SHOWN: &[&str] = &[
    "email",
    "federated",
    "first_name",
    "id",
    "last_login",
    "last_name",
    "platform_admin",
    "status",
    "timezone",
];

pub(super) fn text(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

impl From<&User> for PlatformUserView {
    fn from(user: &User) -> Self {
        let other = user.members().iter();
        let other = other.filter(|(name, _)| !SHOWN.contains(&name.as_str()));
        let other = other.map(|(name, value)| (name.clone(), value.clone()));
        let other = rapid7::redact_secret_members(&Value::Object(other.collect()));
        Self {
            user_id: user.id().to_string(),
            email: user.email().to_owned(),
            first_name: text(user.first_name()),
            last_name: text(user.last_name()),
            status: text(user.status()),
            platform_admin: user.platform_admin(),
            federated: user.federated(),
            last_login: text(user.last_login()),
            never_used: user.never_used(),
            timezone: text(user.timezone()),
            products: None,
            api_keys: None,
            other: match other {
                Value::Object(members) => members,
                _ => Map::new(),
            },
        }
    }
}

impl From<&PlatformSnapshot> for PlatformUserView {
    fn from(snapshot: &PlatformSnapshot) -> Self {
        let products = snapshot.products.as_ref();
        let keys = snapshot.api_keys.as_ref();
        let owner = std::slice::from_ref(&snapshot.user);
        let key = |key| ApiKeyView::of(key, owner);
        Self {
            products: products.map(|products| products.iter().map(ProductView::from).collect()),
            api_keys: keys.map(|_| snapshot.own_keys().map(key).collect()),
            ..Self::from(&snapshot.user)
        }
    }
}

impl From<&Product> for ProductView {
    fn from(product: &Product) -> Self {
        let name = product.members().get("product_name");
        Self {
            product_code: text(product.code()),
            product_name: text(name.and_then(Value::as_str)),
            product_token: product.token().to_string(),
        }
    }
}

impl ApiKeyView {
    /// A key, with its owner if that is one of these.
    pub(crate) fn of(key: &ApiKeyInfo, users: &[User]) -> Self {
        let owner = key.owner().filter(|_| !key.is_organization_key());
        let user = users.iter().find(|user| Some(user.id()) == owner.as_ref());
        Self {
            key_id: key.id().to_string(),
            name: text(key.name()),
            kind: text(key.kind()),
            user_id: owner.map(|owner| owner.to_string()),
            email: user.map(|user| user.email().to_owned()),
            created_at: text(key.created_at()),
            last_used_at: text(key.last_used_at()),
        }
    }
}
