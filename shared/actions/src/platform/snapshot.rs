//! An account of the platform with what it may use.

use rapid7::platform::{ApiKeyInfo, Product, User};
use serde_json::{Value, json};
use tracing::warn;

use super::context::PlatformContext;
use crate::error::{Error, ErrorKind, Result};

/// An account with its products and API keys. `None` where they were not read, or could not be
/// understood: their shapes are unconfirmed, and deleting an account does without them.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformSnapshot {
    /// The user as the platform told of it.
    pub user: User,
    /// The products that the user may use.
    pub products: Option<Vec<Product>>,
    /// The keys that are the user's, and those whose owner the platform does not tell.
    pub api_keys: Option<Vec<ApiKeyInfo>>,
}

impl PlatformSnapshot {
    /// A user whose products and keys do not matter.
    #[must_use]
    pub fn of_user(user: User) -> Self {
        Self {
            user,
            products: None,
            api_keys: None,
        }
    }

    /// The keys that are certainly the user's.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = &ApiKeyInfo> {
        let keys = self.api_keys.iter().flatten();
        keys.filter(|key| is_of(key, &self.user))
    }

    /// The keys that may be anybody's.
    pub(crate) fn untold_keys(&self) -> impl Iterator<Item = &ApiKeyInfo> {
        let keys = self.api_keys.iter().flatten();
        keys.filter(|key| !key.tells_owner())
    }

    /// The products, where they have to be known.
    ///
    /// # Errors
    /// `Unexpected` if they could not be read.
    pub(crate) fn known_products(&self) -> Result<&[Product]> {
        let products = self.products.as_deref();
        products.ok_or_else(|| unread("the products that the user may use"))
    }

    /// The same of the keys.
    ///
    /// # Errors
    /// `Unexpected` if they could not be read.
    pub(crate) fn known_keys(&self) -> Result<&[ApiKeyInfo]> {
        let keys = self.api_keys.as_deref();
        keys.ok_or_else(|| unread("the API keys"))
    }

    /// Everything in one object, members named like secrets redacted: for the audit record.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let user = Value::Object(self.user.members().clone());
        let products = self.products.as_deref();
        let products: Option<Vec<Value>> =
            products.map(|products| products.iter().map(product_json).collect());
        let keys = self.api_keys.as_ref().map(|_| self.own_keys());
        let keys: Option<Vec<Value>> = keys.map(|keys| keys.map(key_json).collect());
        json!({
            "user": rapid7::redact_secret_members(&user),
            "products": products,
            "api_keys": keys,
        })
    }
}

fn unread(what: &str) -> Error {
    Error::new(
        ErrorKind::Unexpected,
        format!("{what} could not be read, and have to be known for this"),
    )
    .next("read in the log what the platform answered, and report this")
}

/// Whether a key is certainly this user's. An organization's key may name who made it, and is nobody's.
pub(crate) fn is_of(key: &ApiKeyInfo, user: &User) -> bool {
    !key.is_organization_key() && key.owner().as_ref() == Some(user.id())
}

/// A product with its token, which is named like a secret and is none.
fn product_json(product: &Product) -> Value {
    let mut json = rapid7::redact_secret_members(&Value::Object(product.members().clone()));
    json["product_token"] = product.token().as_str().into();
    json
}

fn key_json(key: &ApiKeyInfo) -> Value {
    rapid7::redact_secret_members(&Value::Object(key.members().clone()))
}

/// What could not be understood, or is not offered, counts as not read. Everything else that goes wrong
/// is an error.
fn if_understood<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind == ErrorKind::Unexpected => {
            warn!(%error, "could not be read");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl PlatformContext {
    /// A user with its products and keys, read at once.
    pub(crate) async fn snapshot(&self, user: User) -> Result<PlatformSnapshot> {
        let products = async {
            let read = self.platform().product_access(user.id()).await;
            if_understood(read.map_err(Error::from))
        };
        let keys = async { if_understood(self.api_keys().await) };
        let (products, keys) = tokio::try_join!(products, keys)?;
        let api_keys = keys.map(|keys| concerning(keys, &user));
        Ok(PlatformSnapshot {
            user,
            products,
            api_keys,
        })
    }

    /// The same account again after a write, with what was read before.
    pub(super) async fn read_back(&self, before: &PlatformSnapshot) -> Result<PlatformSnapshot> {
        let id = before.user.id();
        let products = async {
            match &before.products {
                None => Ok(None),
                Some(_) => self.platform().product_access(id).await.map(Some),
            }
        };
        let keys = async {
            match &before.api_keys {
                None => Ok(None),
                Some(_) => self.platform().api_keys().await.map(Some),
            }
        };
        let (user, products, keys) = tokio::try_join!(self.platform().user(id), products, keys)?;
        let api_keys = keys.map(|keys| concerning(&keys, &user));
        Ok(PlatformSnapshot {
            user,
            products,
            api_keys,
        })
    }
}

fn concerning(keys: &[ApiKeyInfo], user: &User) -> Vec<ApiKeyInfo> {
    let concerns = |key: &&ApiKeyInfo| is_of(key, user) || !key.tells_owner();
    keys.iter().filter(concerns).cloned().collect()
}
