//! What the platform knows. Tests build one, hand it over, and look inside or edit it while the
//! platform runs.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::rate_limit::RateLimit;
use super::uuid;

/// What has become of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UserStatus {
    /// In use.
    Active,
    /// Kept, but not to be used.
    Disabled,
    /// Invited, and not accepted yet.
    Pending,
}

impl UserStatus {
    pub(crate) fn named(name: &str) -> Option<UserStatus> {
        match name {
            "ACTIVE" => Some(UserStatus::Active),
            "DISABLED" => Some(UserStatus::Disabled),
            "PENDING" => Some(UserStatus::Pending),
            _ => None,
        }
    }
}

/// What lists look like. Users and products were seen bare, managed organizations in pages; of the others
/// nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// One array with everything.
    Bare,
    /// `data` with a page and `metadata`, twenty to a page unless the request says otherwise.
    Paged,
}

/// What `index` counts in the pages of a list. Nobody has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexCounts {
    /// Pages.
    Pages,
    /// Entries before the page.
    Entries,
}

/// Everything the platform keeps about one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlatformUser {
    /// A UUID.
    pub id: String,
    /// Unique without regard to case. Nothing can change it.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What has become of the account.
    pub status: UserStatus,
    /// Whether the user administers the whole platform.
    pub platform_admin: bool,
    /// Whether the user logs in through an identity provider.
    pub federated: bool,
    /// ISO 8601; `None` if never.
    pub last_login: Option<String>,
    /// E.g. `Europe/Warsaw`.
    pub timezone: Option<String>,
    /// Tokens of the products that the user may use. Not a member of a user on the wire.
    pub products: BTreeSet<String>,
    /// Members that nobody has heard of.
    pub other: Map<String, Value>,
}

impl PlatformUser {
    /// An active user who has never logged in, without products. The id is always the same one
    /// for the same email.
    pub fn new(email: &str, first_name: &str, last_name: &str) -> PlatformUser {
        PlatformUser {
            id: uuid::of(&format!("user {email}")),
            email: email.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            status: UserStatus::Active,
            platform_admin: false,
            federated: false,
            last_login: None,
            timezone: None,
            products: BTreeSet::new(),
            other: Map::new(),
        }
    }
}

/// One product that an organization has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// What product access refers to.
    pub product_token: String,
    /// E.g. `IVM`.
    pub product_code: String,
    /// The human readable name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Whose it is.
    pub organization_id: String,
    /// The name of that organization.
    pub organization_name: String,
}

/// A role of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlatformRole {
    /// A UUID.
    pub id: String,
    /// The human readable name.
    pub name: String,
    /// Whose it is.
    pub organization_id: String,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserGroup {
    /// A UUID.
    pub id: String,
    /// The human readable name.
    pub name: String,
    /// What the group is for.
    pub description: String,
    /// How many users it has. Who they are is nowhere to be read.
    pub member_count: u32,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum KeyType {
    /// Reads, on behalf of a user.
    User,
    /// Everything.
    Organization,
}

/// A key that authenticates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// A UUID.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    #[serde(rename = "type")]
    pub key_type: KeyType,
    /// Whose it is; `None` for organization keys.
    pub user_id: Option<String>,
    /// The organization that it belongs to in any case.
    pub organization_id: String,
    /// ISO 8601.
    pub created_at: String,
    /// ISO 8601; `None` if never. Using the key does not change it, so that reading changes
    /// nothing at all.
    pub last_used_at: Option<String>,
    /// The secret, in clear: it is test data. No answer ever has it.
    #[serde(serialize_with = "fingerprint")]
    pub value: String,
}

fn fingerprint<S: Serializer>(value: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::hex(&Sha256::digest(value)))
}

/// A user in the guide's list, which knows nothing of the accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VmUser {
    /// A number, as on a console.
    pub id: i64,
    /// The name the user logs in with.
    pub login: String,
    /// Email address.
    pub email: String,
}

/// The whole platform: its data and how it behaves.
///
/// No API file describes it. How sure the shapes are:
///
/// - *Seen in the field*: the `X-Api-Key` header; `/validate`; the bare, unpaged array of users,
///   its filters and the members of a user; creating and deleting users, and that an email cannot
///   be changed; `product_token`, `product_code` and `organization_id` of products; fifty requests
///   a minute and the headers that tell; `r7-correlation-id`; `{"message": "Unauthorized"}`.
/// - *From the guide*: `/vm/v4/users`, which was found nowhere else; that only organization keys
///   manage users, and that user keys read. It also says that no headers tell the rate limit: see
///   [`RateLimit::headers`].
/// - *Unconfirmed*: that filters match a part of a text; the other members of products, and all
///   members of roles, user groups and API keys; giving and taking product access; what exactly a
///   user key may read; statuses and texts of refusals other than 401; how the rate limit counts;
///   that the keys of a disabled user go on working.
#[derive(Clone, Debug)]
pub struct PlatformState {
    /// The organization's UUID.
    pub organization_id: String,
    /// The organization's name.
    pub organization_name: String,
    /// Users, in the order in which they are listed.
    pub users: Vec<PlatformUser>,
    /// How many users were ever created over the API: ids of deleted users are not used again.
    pub users_created: u64,
    /// The organization's products.
    pub products: Vec<Product>,
    /// Roles.
    pub roles: Vec<PlatformRole>,
    /// User groups.
    pub user_groups: Vec<UserGroup>,
    /// The keys that authenticate, both the organization's and those that people own.
    pub api_keys: Vec<ApiKey>,
    /// The guide's list of users.
    pub vm_users: Vec<VmUser>,
    /// The largest page of that list; larger ones are refused.
    pub vm_users_max_page: usize,
    /// What the lists of the account API look like.
    pub lists: Lists,
    /// What `index` counts, in the guide's list too.
    pub index_counts: IndexCounts,
    /// Whether a key is one over several organizations: every request has to say which, and only this one's
    /// id is taken.
    pub needs_organization_id: bool,
    /// Whether the organization logs in at an identity provider: then users that are added by hand are refused
    /// (vendor's documentation), with that status.
    pub refuses_new_users: Option<u16>,
    /// Whether the lists of roles and user groups have an entry more, whose id is null.
    pub lists_null_ids: bool,
    /// How many requests are let through.
    pub rate_limit: RateLimit,
    /// How long every request takes at least.
    pub latency: Duration,
}

impl PlatformState {
    /// The user with that id.
    pub fn user(&self, id: &str) -> Option<&PlatformUser> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The user with that email, compared without regard to case.
    pub fn user_by_email(&self, email: &str) -> Option<&PlatformUser> {
        let mut users = self.users.iter();
        users.find(|user| same_email(&user.email, email))
    }

    /// The user with that email, to edit.
    ///
    /// # Panics
    /// When there is no such user.
    pub fn user_mut(&mut self, email: &str) -> &mut PlatformUser {
        let mut users = self.users.iter_mut();
        users
            .find(|user| same_email(&user.email, email))
            .unwrap_or_else(|| panic!("the platform has no user with the email {email:?}"))
    }

    /// The products that the user with that id may use.
    pub fn products_of(&self, user_id: &str) -> Vec<&Product> {
        let Some(user) = self.user(user_id) else {
            return Vec::new();
        };
        let products = self.products.iter();
        products
            .filter(|product| user.products.contains(&product.product_token))
            .collect()
    }

    /// The API keys that the user with that id owns.
    pub fn keys_of(&self, user_id: &str) -> Vec<&ApiKey> {
        let keys = self.api_keys.iter();
        keys.filter(|key| key.user_id.as_deref() == Some(user_id))
            .collect()
    }

    /// The product with that code.
    ///
    /// # Panics
    /// When there is no such product.
    pub fn product(&self, code: &str) -> &Product {
        let mut products = self.products.iter();
        products
            .find(|product| product.product_code == code)
            .unwrap_or_else(|| panic!("the platform has no product {code:?}"))
    }

    /// Users and API keys by id, with everything that is known of them, products, roles, groups
    /// and the guide's list; a key's value only as its SHA-256. No counters. Compare two of them
    /// to prove that nothing else has changed.
    pub fn snapshot(&self) -> Value {
        let users = self.users.iter().map(|user| (user.id.clone(), json!(user)));
        let keys = self.api_keys.iter().map(|key| (key.id.clone(), json!(key)));
        json!({
            "users": Map::from_iter(users),
            "api_keys": Map::from_iter(keys),
            "products": self.products,
            "roles": self.roles,
            "user_groups": self.user_groups,
            "vm_users": self.vm_users,
        })
    }
}

pub(crate) fn same_email(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}
