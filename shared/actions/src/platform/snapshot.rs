//! An account of the platform with what it may use.

use std::future::Future;

use rapid7::platform::{ApiKeyInfo, KeyType, OwnKey, Product, User};
use serde_json::{Value, json};
use tracing::warn;

use super::context::PlatformContext;
use crate::core::error::{Error, ErrorKind, Result};

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

/// What a record holds of a key. Nothing else: its shape is unconfirmed, and a key's value may come
/// under a name that nobody knows.
const RECORDED: [&str; 7] = [
    "created_at",
    "id",
    "last_used_at",
    "name",
    "organization_id",
    "type",
    "user_id",
];

fn key_json(key: &ApiKeyInfo) -> Value {
    let members = key.members().iter();
    let members = members.filter(|(name, value)| {
        RECORDED.contains(&name.as_str()) && !value.is_object() && !value.is_array()
    });
    Value::Object(members.map(|(n, v)| (n.clone(), v.clone())).collect())
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

/// Whether an account's API keys are read with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The plan is about them: what goes wrong is an error.
    Needed,
    /// They are told as far as they can be read, unless one of them may be the pack's own.
    IfTold,
    /// The plan is not about them.
    Unread,
}

impl PlatformContext {
    /// A user with its products and keys, read at once; the keys once in a run.
    pub(crate) async fn snapshot(&self, user: User, keys: Keys) -> Result<PlatformSnapshot> {
        let cached = async { Ok(self.api_keys().await?.to_vec()) };
        let (products, keys) =
            tokio::try_join!(self.products_of(&user), self.keys_for(keys, cached))?;
        Ok(self.with(user, products, keys))
    }

    /// The same as it is now, whatever was read before, the user itself too.
    pub(super) async fn fresh_snapshot(&self, user: &User, keys: Keys) -> Result<PlatformSnapshot> {
        let now = async { Ok(self.platform().user(user.id()).await?) };
        let fresh = self.read_api_keys();
        let (now, products, keys) =
            tokio::try_join!(now, self.products_of(user), self.keys_for(keys, fresh))?;
        Ok(self.with(now, products, keys))
    }

    async fn products_of(&self, user: &User) -> Result<Option<Vec<Product>>> {
        let read = self.platform().product_access(user.id()).await;
        if_understood(read.map_err(Error::from))
    }

    async fn keys_for(
        &self,
        keys: Keys,
        read: impl Future<Output = Result<Vec<ApiKeyInfo>>>,
    ) -> Result<Option<Vec<ApiKeyInfo>>> {
        let organization = self.platform().own_key().key_type == Some(KeyType::Organization);
        match keys {
            Keys::Unread => Ok(None),
            Keys::Needed => read.await.map(Some),
            Keys::IfTold if organization => Ok(read
                .await
                .inspect_err(|error| warn!(%error, "the API keys could not be read"))
                .ok()),
            Keys::IfTold => if_understood(read.await),
        }
    }

    fn with(
        &self,
        user: User,
        products: Option<Vec<Product>>,
        keys: Option<Vec<ApiKeyInfo>>,
    ) -> PlatformSnapshot {
        let api_keys = keys.map(|keys| concerning(&keys, &user, self.platform().own_key()));
        PlatformSnapshot {
            user,
            products,
            api_keys,
        }
    }

    /// The same account again after a write, with what was read before.
    pub(super) async fn read_back(&self, before: &PlatformSnapshot) -> Result<PlatformSnapshot> {
        let id = before.user.id();
        let user = async { Ok::<_, Error>(self.platform().user(id).await?) };
        let products = async {
            match &before.products {
                None => Ok(None),
                Some(_) => Ok(Some(self.platform().product_access(id).await?)),
            }
        };
        let keys = async {
            match &before.api_keys {
                None => Ok(None),
                Some(_) => self.read_api_keys().await.map(Some),
            }
        };
        let (user, products, keys) = tokio::try_join!(user, products, keys)?;
        Ok(self.with(user, products, keys))
    }
}

/// The user's keys, and those that may be. The pack's own is nobody's where it is said to be the
/// organization's, whatever the platform tells of it.
fn concerning(keys: &[ApiKeyInfo], user: &User, own: &OwnKey) -> Vec<ApiKeyInfo> {
    let declared = own.key_type == Some(KeyType::Organization);
    let is_own = |key: &ApiKeyInfo| declared && own.id.as_ref() == Some(key.id());
    let concerns = |key: &&ApiKeyInfo| is_of(key, user) || (!key.tells_owner() && !is_own(key));
    keys.iter().filter(concerns).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing::{JDOE, jdoe, untold_key};

    /// Whatever a key's value is called.
    #[test]
    fn a_record_holds_of_a_key_what_is_known_of_it_and_nothing_else() {
        let key = ApiKeyInfo::from_json(json!({
            "id": "k1", "name": "laptop", "type": "USER", "user_id": JDOE,
            "created_at": "2026-01-01", "last_used_at": null, "organization_id": "o",
            "keyValue": "canary", "value": "canary", "x": {"y": "canary"},
        }));
        let mut account = jdoe();
        account.api_keys = key.map(|key| vec![key]);
        let record = account.to_json();
        assert!(!record.to_string().contains("canary"), "{record}");
        let kept = record["api_keys"][0].as_object().expect("a key");
        let kept: Vec<&str> = kept.keys().map(String::as_str).collect();
        assert_eq!(kept, RECORDED);
    }

    #[test]
    fn the_packs_own_key_may_be_anybodys_only_if_nobody_says_otherwise() {
        let keys = [untold_key("own"), untold_key("odd")];
        let count = |key_type| {
            let id = Some(keys[0].id().clone());
            concerning(&keys, &jdoe().user, &OwnKey { key_type, id }).len()
        };
        assert_eq!(count(Some(KeyType::Organization)), 1);
        assert_eq!(count(None), 2);
    }
}
