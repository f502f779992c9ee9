//! Requests to the platform.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::api_key::{ApiKeyId, ApiKeyInfo};
use super::key_type::OwnKey;
use super::named_entry::NamedEntry;
use super::organization::OrganizationId;
use super::product::{Product, ProductToken};
use super::user::{NewUser, User, UserId};
use crate::call::Call;
use crate::credentials::{ApiKey, CredentialSource};
use crate::error::{Error, Result};
use crate::rate_limit::RateLimit;
use crate::request::Request;
use crate::transport::{Options, Transport};
use crate::url::{InvalidUrl, platform_url};

/// The account API (seen in the field).
const API: &str = "/account/api/1";

/// The platform, in one region. Cheap to clone; clones share connections and what was learned of the
/// rate limit.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport<ApiKey>>,
    call: Call<ApiKey>,
    own_key: Arc<OwnKey>,
    organization: Option<OrganizationId>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.address())
    }
}

/// What a list of users is narrowed to by the platform. It compares loosely: compare again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// `ACTIVE`, `DISABLED` or `PENDING`.
    pub status: Option<String>,
    /// Whether they administer the platform.
    pub platform_admin: Option<bool>,
    /// The email address.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
}

impl Client {
    /// A client of the platform at `url`: see [`super::Region::url`]. Sends nothing.
    ///
    /// # Errors
    /// When the address or the trusted certificates can't be used, or when it is a console's.
    pub fn new(
        url: &str,
        key: Arc<dyn CredentialSource<ApiKey>>,
        options: Options,
    ) -> std::result::Result<Self, InvalidUrl> {
        let transport = Transport::new(platform_url(url)?, key, options)?;
        Ok(Self {
            call: transport.call(None),
            transport: Arc::new(transport),
            own_key: Arc::default(),
            organization: None,
        })
    }

    /// The same, where more is known of the key that is used.
    #[must_use]
    pub fn with_own_key(self, own_key: OwnKey) -> Self {
        Self {
            own_key: Arc::new(own_key),
            ..self
        }
    }

    /// The same, where every request says which organization it means: for a key over several (vendor's own
    /// client).
    #[must_use]
    pub fn with_organization(self, organization: Option<OrganizationId>) -> Self {
        Self {
            organization,
            ..self
        }
    }

    /// What is known of the key that is used.
    #[must_use]
    pub fn own_key(&self) -> &OwnKey {
        &self.own_key
    }

    /// The same for one run: requests, retries and waits all end by `deadline`, and
    /// [`Self::requests`] counts from zero.
    #[must_use]
    pub fn for_run(&self, deadline: Instant) -> Self {
        Self {
            call: self.transport.call(Some(deadline)),
            ..self.clone()
        }
    }

    /// The same run, for one account of several: [`Self::correlation_ids`] are those of its own writes.
    /// Deadline, key and count of requests are shared.
    #[must_use]
    pub fn for_account(&self) -> Self {
        Self {
            call: self.call.with_own_writes(),
            ..self.clone()
        }
    }

    /// Requests sent in this run, retries included.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.call.requests.load(Ordering::Relaxed)
    }

    /// What the platform calls the writes of this run, or of its account (`r7-correlation-id`, seen in the field).
    #[must_use]
    pub fn correlation_ids(&self) -> Vec<String> {
        self.call.written().clone()
    }

    /// The platform's address, without the API's path.
    #[must_use]
    pub fn address(&self) -> &str {
        self.transport.base()
    }

    /// What the platform told of its rate limit last, whoever uses it up; `None` if it never did.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.transport.rate_limit()
    }

    /// Opens a connection without authenticating. Failures show on the first real request.
    pub async fn warm_up(&self) {
        self.transport.warm_up().await;
    }

    pub(super) fn request(&self, method: &'static str, path: impl Into<String>) -> Request {
        let mut request = Request::to_platform(method, path);
        let organization = self.organization.as_ref();
        request.header = organization.map(|id| ("R7-Organization-Id", id.to_string()));
        request
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Value> {
        self.transport.send(request, &self.call).await
    }

    /// Whether the key is one of this region (`GET /validate`, seen in the field).
    ///
    /// # Errors
    /// `Unauthorized` if not; else as every request: see [`crate::ErrorKind`].
    pub async fn validate(&self) -> Result<()> {
        self.send(&self.request("GET", "/validate")).await.map(drop)
    }

    /// Users: all, or those that the platform takes for fitting.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn users(&self, filter: &UserFilter) -> Result<Vec<User>> {
        let mut request = self.request("GET", format!("{API}/users")).list();
        let filters = [
            ("status", filter.status.clone()),
            (
                "platform-admin",
                filter.platform_admin.map(|admin| admin.to_string()),
            ),
            ("email", filter.email.clone()),
            ("first_name", filter.first_name.clone()),
            ("last_name", filter.last_name.clone()),
        ];
        let filters = filters
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        request.query = filters.collect();
        self.list(&request, User::from_json).await
    }

    /// A user.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn user(&self, id: &UserId) -> Result<User> {
        let request = self.request("GET", format!("{API}/users/{id}"));
        let answer = self.send(&request).await?;
        User::from_json(answer)
            .filter(|user| user.id() == id)
            .ok_or_else(|| request.malformed("with something that is not this user"))
    }

    /// Waits as long as the platform asked before a write is sent once more, after a look. `false` if that
    /// is too long.
    pub async fn waits_for(&self, error: &Error) -> bool {
        self.transport.waits_for(error, &self.call).await
    }

    /// Creates a user. The answer may tell the id.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn create_user(&self, new: &NewUser) -> Result<Option<UserId>> {
        let request = self
            .request("POST", format!("{API}/users"))
            .body(new.to_json());
        let answer = self.send(&request).await?;
        let id = answer.get("id").and_then(Value::as_str);
        Ok(id.and_then(UserId::parse))
    }

    /// Deletes a user, and with it the user's API keys and sessions (seen in the field).
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn delete_user(&self, id: &UserId) -> Result<()> {
        let request = self.request("DELETE", format!("{API}/users/{id}"));
        self.send(&request).await.map(drop)
    }

    /// The organization's products.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn products(&self) -> Result<Vec<Product>> {
        let request = self.request("GET", format!("{API}/products")).list();
        self.list(&request, Product::from_json).await
    }

    /// The products that a user may use. Unconfirmed shape: read like [`Self::products`].
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn product_access(&self, id: &UserId) -> Result<Vec<Product>> {
        let request = self
            .request("GET", format!("{API}/users/{id}/products"))
            .list();
        self.list(&request, Product::from_json).await
    }

    /// Lets a user use a product. Unconfirmed shape: an empty object is sent.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn grant_product(&self, id: &UserId, product: &ProductToken) -> Result<()> {
        let path = format!("{API}/users/{id}/products/{product}");
        let request = self.request("PATCH", path).body(json!({}));
        self.send(&request).await.map(drop)
    }

    /// Takes a product away from a user.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn revoke_product(&self, id: &UserId, product: &ProductToken) -> Result<()> {
        let path = format!("{API}/users/{id}/products/{product}");
        self.send(&self.request("DELETE", path)).await.map(drop)
    }

    /// The platform's roles.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn roles(&self) -> Result<Vec<NamedEntry>> {
        self.named("roles").await
    }

    /// The organization's user groups. Unconfirmed shape.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn user_groups(&self) -> Result<Vec<NamedEntry>> {
        self.named("user-groups").await
    }

    /// The API keys that this key may see. Unconfirmed shape.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn api_keys(&self) -> Result<Vec<ApiKeyInfo>> {
        let request = self.request("GET", format!("{API}/api-keys")).list();
        self.list(&request, ApiKeyInfo::from_json).await
    }

    /// Deletes an API key for good.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn delete_api_key(&self, id: &ApiKeyId) -> Result<()> {
        let request = self.request("DELETE", format!("{API}/api-keys/{id}"));
        self.send(&request).await.map(drop)
    }

    /// A list, whole. What can't be read is an error: a list that lacks somebody proves nothing.
    async fn list<T>(&self, request: &Request, read: fn(Value) -> Option<T>) -> Result<Vec<T>> {
        let entries = self.entries(request).await?.into_iter().map(read);
        let entries: Option<Vec<T>> = entries.collect();
        entries.ok_or_else(|| request.malformed("with an unreadable entry"))
    }

    /// The same of what is chosen from, without what has no id: nobody can choose that.
    async fn named(&self, path: &str) -> Result<Vec<NamedEntry>> {
        let request = self.request("GET", format!("{API}/{path}")).list();
        let mut entries = self.entries(&request).await?;
        entries.retain(|entry| entry.get("id").is_some_and(|id| !id.is_null()));
        let entries: Option<Vec<NamedEntry>> =
            entries.into_iter().map(NamedEntry::from_json).collect();
        entries.ok_or_else(|| request.malformed("with an unreadable entry"))
    }
}
