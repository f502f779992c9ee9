//! What to write on the platform, as data.

use rapid7::platform::{ApiKeyInfo, NewUser, Product, UserId};

use super::products::product_line;
use super::snapshot::PlatformSnapshot;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::text::printable;
use crate::core::undo::Undo;

/// One step. Every mutation that the pack can make on the platform is one of these. Steps without a
/// user are about the one that the plan is for.
#[derive(Debug, Clone, PartialEq)]
pub enum PlatformChange {
    /// Create an account (`POST /users`, seen in the field).
    CreateUser(Box<NewUser>),
    /// Let the user use a product (`PATCH /users/{id}/products/{token}`; unconfirmed shape).
    GrantProduct(Product),
    /// Take a product away (`DELETE /users/{id}/products/{token}`; unconfirmed).
    RevokeProduct(Product),
    /// Delete an API key for good (`DELETE /api-keys/{id}`; unconfirmed).
    DeleteApiKey(ApiKeyInfo),
    /// Delete an account for good (`DELETE /users/{id}`, seen in the field).
    DeleteUser(UserId),
}

impl PlatformChange {
    /// How it is taken back.
    fn undo(&self) -> Undo {
        match self {
            Self::CreateUser(_) => Undo::Instead(
                "the run created the user, so there was none before: suspend-platform-user or \
                 delete-platform-user takes it away",
            ),
            Self::GrantProduct(_) => Undo::Instead("revoke-product-access takes it away again"),
            Self::RevokeProduct(_) => Undo::By("restore-platform-user"),
            Self::DeleteApiKey(_) => {
                Undo::Instead("an API key is told only when it is made: the person makes a new one")
            }
            Self::DeleteUser(_) => Undo::Instead(
                "a user who was deleted can't be brought back: create-platform-user makes another one",
            ),
        }
    }

    /// In one line for people.
    #[must_use]
    pub fn to_line(&self) -> String {
        match self {
            Self::CreateUser(new) => {
                let admin = if new.platform_admin == Some(true) {
                    ", who administers the platform"
                } else {
                    ""
                };
                format!(
                    "create {:?}: {} {}{admin}",
                    new.email,
                    printable(&new.first_name),
                    printable(&new.last_name),
                )
            }
            Self::GrantProduct(product) => {
                format!("give access to the product {}", product_line(product))
            }
            Self::RevokeProduct(product) => {
                format!("take away access to the product {}", product_line(product))
            }
            Self::DeleteApiKey(key) => format!("delete the API key {} for good", key_line(key)),
            Self::DeleteUser(id) => {
                format!("delete user {id} for good, and with it the user's API keys and sessions")
            }
        }
    }
}

/// A key in a few words: its id, and what its owner calls it.
pub(crate) fn key_line(key: &ApiKeyInfo) -> String {
    match key.name() {
        Some(name) => format!("{} ({})", key.id(), printable(name)),
        None => key.id().to_string(),
    }
}

/// What a run is going to write on the platform, in order. Empty if the account already is as it should
/// be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlatformPlan {
    /// The writes.
    pub changes: Vec<PlatformChange>,
    /// What a person should know about them.
    pub warnings: Vec<String>,
    /// Whether the person is to lose everything that can be taken: guarded like deleting.
    pub suspends: bool,
    /// What should be taken, and can't be. Once everything else is done, the run ends in an error for
    /// it: nobody must take the person for gone.
    pub left: Vec<Left>,
}

/// Something that a plan should take, and can't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What it is, and why it stays.
    pub what: String,
    /// What a person has to do about it.
    pub next: &'static str,
}

impl Left {
    /// Keys that may be anybody's, this person's too, and so stay.
    pub(crate) fn untold_keys(before: &PlatformSnapshot) -> Option<Self> {
        let untold: Vec<String> = before.untold_keys().map(key_line).collect();
        (!untold.is_empty()).then(|| Self {
            what: format!(
                "the platform does not tell whose these API keys are, so they stay, and may be this \
                 person's: {}",
                untold.join(", ")
            ),
            next: "find out in the platform whose these keys are, and delete the person's by hand",
        })
    }
}

impl PlatformPlan {
    /// In lines for people.
    #[must_use]
    pub fn to_lines(&self) -> Vec<String> {
        self.changes.iter().map(PlatformChange::to_line).collect()
    }

    /// What the run ends with for what is left.
    ///
    /// # Errors
    /// `Refused`: another run would not take it either.
    pub(crate) fn check_nothing_left(&self) -> Result<()> {
        let Some(first) = self.left.first() else {
            return Ok(());
        };
        let what: Vec<&str> = self.left.iter().map(|left| left.what.as_str()).collect();
        let mut next: Vec<&str> = self.left.iter().map(|left| left.next).collect();
        next.dedup();
        let next = match next.as_slice() {
            [_] => first.next.to_owned(),
            several => several.join("; and "),
        };
        Err(Error::new(ErrorKind::Refused, what.join("; ")).next(next))
    }

    /// How it is taken back.
    pub(crate) fn undo(&self) -> Undo {
        Undo::of(self.changes.iter().map(PlatformChange::undo))
    }

    /// Whether the account is deleted.
    pub(crate) fn deletes(&self) -> bool {
        let deletes = |change: &PlatformChange| matches!(change, PlatformChange::DeleteUser(_));
        self.changes.iter().any(deletes)
    }

    /// The products that are given.
    pub(crate) fn granted(&self) -> impl Iterator<Item = &Product> {
        self.changes.iter().filter_map(|change| match change {
            PlatformChange::GrantProduct(product) => Some(product),
            _ => None,
        })
    }

    /// The products that are taken away.
    pub(crate) fn revoked(&self) -> impl Iterator<Item = &Product> {
        self.changes.iter().filter_map(|change| match change {
            PlatformChange::RevokeProduct(product) => Some(product),
            _ => None,
        })
    }

    /// The keys that are deleted.
    pub(crate) fn deleted_keys(&self) -> impl Iterator<Item = &ApiKeyInfo> {
        self.changes.iter().filter_map(|change| match change {
            PlatformChange::DeleteApiKey(key) => Some(key),
            _ => None,
        })
    }

    /// The account as it will be. `None` if it will not be.
    pub(crate) fn intended(&self, before: &PlatformSnapshot) -> Option<PlatformSnapshot> {
        if self.deletes() {
            return None;
        }
        let mut after = before.clone();
        if let Some(products) = &mut after.products {
            let taken = |product: &Product| self.revoked().any(|p| p.token() == product.token());
            products.retain(|product| !taken(product));
            let new: Vec<Product> = self
                .granted()
                .filter(|product| products.iter().all(|p| p.token() != product.token()))
                .cloned()
                .collect();
            products.extend(new);
        }
        if let Some(keys) = &mut after.api_keys {
            keys.retain(|key| self.deleted_keys().all(|deleted| deleted.id() != key.id()));
        }
        Some(after)
    }
}
