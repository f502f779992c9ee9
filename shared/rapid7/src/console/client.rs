//! Requests to a console.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use tracing::warn;

use super::catalog::NamedResource;
use super::new_user::NewUser;
use super::paging::{Page, read_all, read_backwards, read_each};
use super::replacement::Replacement;
use super::roles::{AuthenticationSource, Role};
use super::user::{User, UserId, WireForm};
use crate::call::Call;
use crate::credentials::CredentialSource;
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::request::Request;
use crate::transport::{Options, Transport};
use crate::url::{InvalidUrl, console_url};

/// A console. Cheap to clone; clones share connections and what was learned of the wire form.
#[derive(Clone)]
pub struct Client {
    pub(crate) transport: Arc<Transport>,
    pub(crate) call: Call,
    form: Arc<Form>,
    /// Whether [`Self::logs_in_with`] is for somebody else to do.
    tries_no_password: bool,
}

/// Which form the console speaks: set, or read from what it returned.
#[derive(Default)]
struct Form {
    set: Option<WireForm>,
    seen: AtomicU8,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.address())
    }
}

impl Client {
    /// A client of the console at `url`. `form` fixes the wire form; with `None` it is read from
    /// the users that the console returns. Sends nothing.
    ///
    /// # Errors
    /// When the address or the trusted certificates can't be used.
    pub fn new(
        url: &str,
        credentials: Arc<dyn CredentialSource>,
        form: Option<WireForm>,
        options: Options,
    ) -> std::result::Result<Self, InvalidUrl> {
        let transport = Transport::new(console_url(url)?, credentials, options)?;
        Ok(Self {
            call: transport.call(None),
            transport: Arc::new(transport),
            form: Arc::new(Form {
                set: form,
                seen: AtomicU8::new(0),
            }),
            tries_no_password: false,
        })
    }

    /// The same console, where [`Self::logs_in_with`] sends nothing and fails: for who counts failed
    /// logins across processes.
    #[must_use]
    pub fn trying_no_password(self) -> Self {
        Self {
            tries_no_password: true,
            ..self
        }
    }

    /// The same console, with its wire form set.
    #[must_use]
    pub fn with_form(self, form: WireForm) -> Self {
        let form = Form {
            set: Some(form),
            seen: AtomicU8::new(0),
        };
        Self {
            form: Arc::new(form),
            ..self
        }
    }

    /// The same console for one run: requests, retries and waits all end by `deadline`, and
    /// [`Self::requests`] counts from zero.
    #[must_use]
    pub fn for_run(&self, deadline: Instant) -> Self {
        Self {
            call: self.transport.call(Some(deadline)),
            ..self.clone()
        }
    }

    /// Requests sent in this run, retries included.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.call.requests.load(Ordering::Relaxed)
    }

    /// The console's address, without the API's path.
    #[must_use]
    pub fn address(&self) -> &str {
        self.transport.base()
    }

    /// How many requests of one run may be on their way at once.
    #[must_use]
    pub fn at_once(&self) -> usize {
        self.transport.at_once()
    }

    /// The login name that requests are made with.
    ///
    /// # Errors
    /// When the credentials can't be had.
    pub async fn own_login(&self) -> Result<String> {
        let request = Request::new("GET", "/api/3/users");
        let credentials = self.transport.credentials(&request, &self.call).await?;
        Ok(credentials.username.clone())
    }

    /// Opens a connection without authenticating. Failures show on the first real request.
    pub async fn warm_up(&self) {
        self.transport.warm_up().await;
    }

    /// The form that was set, or seen in what the console returned.
    #[must_use]
    pub fn form(&self) -> Option<WireForm> {
        self.form
            .set
            .or_else(|| match self.form.seen.load(Ordering::Relaxed) {
                1 => Some(WireForm::Guide),
                2 => Some(WireForm::Vendor),
                _ => None,
            })
    }

    /// The vendor's form where nothing else is known: it is what a production console answers.
    #[must_use]
    pub fn form_or_default(&self) -> WireForm {
        self.form().unwrap_or(WireForm::Vendor)
    }

    pub(crate) fn learn_form(&self, form: Option<WireForm>) {
        let seen = match form {
            Some(WireForm::Guide) => 1,
            Some(WireForm::Vendor) => 2,
            None => return,
        };
        self.form.seen.store(seen, Ordering::Relaxed);
    }

    fn read_user(&self, request: &Request, json: Value) -> Result<User> {
        let user = User::from_json(json)
            .ok_or_else(|| request.malformed("with something that is not a user"))?;
        self.learn_form(user.form());
        Ok(user)
    }

    /// One user. 404 is no proof that there is none: see [`crate::ErrorKind::NotFound`].
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn user(&self, id: UserId) -> Result<User> {
        let request = Request::new("GET", format!("/api/3/users/{id}"));
        let json = self.transport.send(&request, &self.call).await?;
        let user = self.read_user(&request, json)?;
        if user.id() != id {
            return Err(request.malformed(&format!("with user {}", user.id())));
        }
        Ok(user)
    }

    /// Every user, by id: complete, or an error.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn users(&self) -> Result<Vec<User>> {
        let request = Request::new("GET", "/api/3/users");
        let users = read_all(&self.transport, &self.call, &request.path, number).await?;
        users
            .into_iter()
            .map(|json| self.read_user(&request, json))
            .collect()
    }

    /// Hands over every user as it comes, the newest first, and keeps none: complete if it ends without
    /// an error, and then it tells how many there were.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn each_user(&self, mut take: impl FnMut(User) + Send) -> Result<usize> {
        let request = Request::new("GET", "/api/3/users");
        let mut take = |json| {
            take(self.read_user(&request, json)?);
            Ok(())
        };
        read_each(
            &self.transport,
            &self.call,
            &request.path,
            number,
            &mut take,
        )
        .await
    }

    /// Logs in and asks for the cheapest thing that takes a global administrator: a user of the list.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn log_in(&self) -> Result<()> {
        self.first_users(1).await.map(drop)
    }

    /// Whether this caller may list users, which takes a global administrator. The cheapest proof
    /// that a 404 means "not there" rather than "not for you". A list of no users proves nothing, and
    /// neither does one that has nobody but our own account: both are errors.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn can_list_users(&self) -> Result<()> {
        let own = self.own_login().await?.to_lowercase();
        let users = self.first_users(2).await?;
        if users.iter().any(|user| user.login().to_lowercase() != own) {
            return Ok(());
        }
        let alone = "listed nobody but the account that asked, which proves nobody's absence";
        let request = Request::new("GET", "/api/3/users");
        Err(request.error(ErrorKind::Forbidden, Delivery::Refused, alone.into()))
    }

    /// So many users, at least one.
    async fn first_users(&self, size: usize) -> Result<Vec<User>> {
        let mut request = Request::new("GET", "/api/3/users").list();
        request.query = vec![("page", "0".into()), ("size", size.to_string())];
        let answer = self.transport.send(&request, &self.call).await?;
        let users = Page::read(answer, &request)?.entries.into_iter();
        let users: Result<Vec<User>> = users.map(|user| self.read_user(&request, user)).collect();
        match users? {
            none if none.is_empty() => Err(request.malformed("with a list of no users at all")),
            users => Ok(users),
        }
    }

    /// Creates a user. The answer's id is `None` if the console did not tell it. Never sent twice
    /// once it may have been carried out.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn create_user(&self, user: &NewUser) -> Result<Option<UserId>> {
        let body = user.body(self.form_or_default());
        let request = Request::new("POST", "/api/3/users").body(body);
        let answer = self.transport.send(&request, &self.call).await?;
        Ok(answer.get("id").and_then(Value::as_i64).map(UserId))
    }

    /// Waits as long as the console asked before a write is sent once more, after a look. `false` if that
    /// is too long.
    pub async fn waits_for(&self, error: &Error) -> bool {
        self.transport.waits_for(error, &self.call).await
    }

    /// Replaces a user. On consoles in the field this also drops individual site and asset group
    /// grants: read them before, give them back after.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn update_user(&self, id: UserId, replacement: &Replacement) -> Result<()> {
        let request = Request::new("PUT", format!("/api/3/users/{id}")).body(replacement.body());
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Deletes a user for good.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn delete_user(&self, id: UserId) -> Result<()> {
        let request = Request::new("DELETE", format!("/api/3/users/{id}"));
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Removes a lock after failed logins. Disabled accounts may not be unlocked (vendor API file).
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn unlock_user(&self, id: UserId) -> Result<()> {
        let request = Request::new("DELETE", format!("/api/3/users/{id}/lock"));
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Sets a password. "Users may only change their own password" here (vendor API file). The body
    /// is a bare JSON string (guide).
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn set_password(&self, id: UserId, password: &SecretString) -> Result<()> {
        let request = Request::new("PUT", format!("/api/3/users/{id}/password"))
            .body(password.expose_secret().into());
        self.transport
            .sets_password(&request, &self.call, password)
            .await?;
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Whether the console lets this caller's user in with another password. A refusal counts as a
    /// failed login, and is asked for once in a run.
    ///
    /// # Errors
    /// As every request, except for the refusal: see [`crate::ErrorKind`]. That it was refused before tells
    /// nothing.
    pub async fn logs_in_with(&self, id: UserId, password: &SecretString) -> Result<bool> {
        let request = Request::new("GET", format!("/api/3/users/{id}"));
        if self.tries_no_password {
            return Err(request.error(
                ErrorKind::CredentialsUnavailable,
                Delivery::NotSent,
                "not sent: whether another password is in force is tried by the caller".into(),
            ));
        }
        match self.transport.send_as(&request, &self.call, password).await {
            Ok(_) => Ok(true),
            Err(error) if error.status == Some(401) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Uses another password, one that was just set, for the rest of this run, and no other in its place: the
    /// next request proves whether the console lets it in. One whose answer may have been a refusal is not
    /// sent again.
    ///
    /// # Errors
    /// When the credentials can't be had.
    pub async fn use_password(&self, password: &SecretString) -> Result<()> {
        let request = Request::new("GET", "/api/3/users");
        self.transport
            .use_password(&request, &self.call, password)
            .await
    }

    /// The seed of a user's two-factor token; `None` if none is set up. Whether a 404 means that is
    /// for the caller to know: the user must be there.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn two_factor_seed(&self, id: UserId) -> Result<Option<SecretString>> {
        let request = Request::new("GET", format!("/api/3/users/{id}/2FA"));
        match self.transport.send(&request, &self.call).await {
            Ok(answer) => Ok(seed_in(&answer)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a new seed for a user's two-factor token (vendor API file: "regenerates"). The old one
    /// is of no use any more.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn reset_two_factor(&self, id: UserId) -> Result<()> {
        let request = Request::new("POST", format!("/api/3/users/{id}/2FA"));
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// What a user's role allows.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn privileges(&self, id: UserId) -> Result<Vec<String>> {
        let path = format!("/api/3/users/{id}/privileges");
        parse(&Request::new("GET", &path), self.resources(&path).await?)
    }

    /// The console's roles. One without an id, which nobody can be given, is left out (seen in the field).
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn roles(&self) -> Result<Vec<Role>> {
        self.identified("/api/3/roles").await
    }

    /// Where the console's users may be authenticated. One without an id is left out, as of roles.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn authentication_sources(&self) -> Result<Vec<AuthenticationSource>> {
        self.identified("/api/3/authentication_sources").await
    }

    /// Every site that the caller may see, by id: complete, or an error.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn sites(&self) -> Result<Vec<NamedResource>> {
        self.named("/api/3/sites").await
    }

    /// Every asset group, by id: complete, or an error.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn asset_groups(&self) -> Result<Vec<NamedResource>> {
        self.named("/api/3/asset_groups").await
    }

    async fn named(&self, path: &str) -> Result<Vec<NamedResource>> {
        let entries = read_all(&self.transport, &self.call, path, number).await?;
        parse(&Request::new("GET", path), entries)
    }

    /// The entries of a list that can be referred to.
    async fn identified<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        let mut entries = self.resources(path).await?;
        let all = entries.len();
        entries.retain(|entry| entry.get("id").is_some_and(|id| !id.is_null()));
        let without_id = all - entries.len();
        if without_id > 0 {
            warn!(path, without_id, "left out what has no id");
        }
        parse(&Request::new("GET", path), entries)
    }

    async fn resources(&self, path: &str) -> Result<Vec<Value>> {
        let request = Request::new("GET", path).list();
        let answer = self.transport.send(&request, &self.call).await?;
        let first = Page::read(answer, &request)?;
        if first.lacks_some(first.entries.len()) {
            // Privileges are names alone.
            let by_id = |entry: &Value| {
                let id = entry.get("id").filter(|id| !id.is_null());
                Some(id.unwrap_or(entry).to_string())
            };
            return read_backwards(&self.transport, &self.call, path, by_id).await;
        }
        Ok(first.entries)
    }
}

/// The seed in an answer (vendor API file: `TokenResource`).
fn seed_in(answer: &Value) -> Option<SecretString> {
    match answer.get("key")?.as_str()? {
        "" => None,
        seed => Some(seed.into()),
    }
}

fn number(entry: &Value) -> Option<i64> {
    entry.get("id")?.as_i64()
}

fn parse<T: DeserializeOwned>(request: &Request, entries: Vec<Value>) -> Result<Vec<T>> {
    serde_json::from_value(entries.into()).map_err(|_| request.malformed("unreadable resources"))
}
