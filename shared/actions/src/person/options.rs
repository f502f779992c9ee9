//! What a caller asks for when somebody leaves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::outcome::AccountId;

/// What happens to the account on the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlatformStep {
    /// Suspend it: it can't be used any more, and can be restored.
    #[default]
    Suspend,
    /// Delete it for good. The policy must allow it, and the given email must be the account's.
    Delete,
    /// Leave the platform out.
    Keep,
}

/// One of several accounts that may be the person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPick {
    /// The console's name, or `platform`.
    pub surface: String,
    /// User number on a console, UUID on the platform.
    pub user_id: PickedId,
}

/// Identifies an account on its surface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct PickedId(AccountId);

impl From<AccountId> for PickedId {
    fn from(id: AccountId) -> Self {
        Self(id)
    }
}

impl PickedId {
    /// Whether it names this account. UUIDs are compared without regard to case.
    pub(crate) fn names(&self, id: &AccountId) -> bool {
        match (&self.0, id) {
            (AccountId::Platform(picked), AccountId::Platform(id)) => {
                picked.to_lowercase() == id.to_lowercase()
            }
            (picked, id) => picked == id,
        }
    }
}

impl std::fmt::Display for PickedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// By hand: the errors of untagged ones name no expectation.
impl<'de> Deserialize<'de> for PickedId {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = PickedId;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an account's number or UUID")
            }

            fn visit_i64<E>(self, id: i64) -> std::result::Result<PickedId, E> {
                Ok(PickedId(AccountId::Console(id)))
            }

            fn visit_u64<E: serde::de::Error>(self, id: u64) -> std::result::Result<PickedId, E> {
                let number = i64::try_from(id).map(AccountId::Console).map(PickedId);
                let unsigned = serde::de::Unexpected::Unsigned(id);
                number.map_err(|_| E::invalid_value(unsigned, &self))
            }

            fn visit_str<E>(self, id: &str) -> std::result::Result<PickedId, E> {
                // A command line knows only text.
                Ok(PickedId(match id.parse() {
                    Ok(number) => AccountId::Console(number),
                    Err(_) => AccountId::Platform(id.to_owned()),
                }))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The requested steps on every surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "OffboardingOptions")]
pub struct Options {
    /// What happens to the account on the platform.
    pub platform: PlatformStep,
    /// Whether all individual sites are taken away.
    pub clear_sites: bool,
    /// Whether all individual asset groups are taken away.
    pub clear_asset_groups: bool,
    /// Whether a new two-factor seed is generated, which nobody gets.
    pub reset_two_factor: bool,
    /// Whether a random password is set, which nobody gets.
    pub replace_password: bool,
}

impl Options {
    /// Whether whoever is done by these is done by the others, too.
    pub(crate) fn cover(self, asked: Self) -> bool {
        let platform = match asked.platform {
            PlatformStep::Keep => true,
            PlatformStep::Suspend => self.platform != PlatformStep::Keep,
            PlatformStep::Delete => self.platform == PlatformStep::Delete,
        };
        platform
            && self.clear_sites >= asked.clear_sites
            && self.clear_asset_groups >= asked.clear_asset_groups
            && self.reset_two_factor >= asked.reset_two_factor
            && self.replace_password >= asked.replace_password
    }
}

/// Declares the input of an operation that takes people off every surface.
macro_rules! offboarding_input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::core::input::input! {
            @declare $(#[$attributes])* $name {
                $($members)*
                /// What happens to the account on the platform. Default: suspended.
                #[serde(default)]
                #[schemars(example = &"suspend")]
                pub platform: $crate::person::options::PlatformStep,
                /// On each console, also take away all individual sites.
                #[serde(default)]
                #[schemars(example = true)]
                pub clear_sites: bool,
                /// On each console, also take away all individual asset groups.
                #[serde(default)]
                #[schemars(example = true)]
                pub clear_asset_groups: bool,
                /// On each console, also generate a new two-factor seed, which nobody gets. Done after
                /// this run has disabled the account; skipped if the account was already disabled.
                #[serde(default)]
                #[schemars(example = true)]
                pub reset_two_factor: bool,
                /// On each console, also set a random password, which nobody gets. Done after this run
                /// has disabled the account; skipped if the account was already disabled.
                #[serde(default)]
                #[schemars(example = true)]
                pub replace_password: bool,
                /// Accept a person without an account on any surface, for systems that report everybody
                /// who leaves. Otherwise this is an error, because a mistyped address must not look
                /// like a success.
                #[serde(default)]
                #[schemars(example = true)]
                pub allow_absent: bool,
                /// Accept that accounts lose permissions of their own (a role without an id). No update
                /// can keep them, and nothing can restore them. Without this, such an account is
                /// refused.
                #[serde(default)]
                #[schemars(example = true)]
                pub accept_loss_of_privileges: bool,
            } |_| None, |input| input.accept_loss_of_privileges
        }

        impl $name {
            fn options(&self) -> $crate::person::options::Options {
                $crate::person::options::Options {
                    platform: self.platform,
                    clear_sites: self.clear_sites,
                    clear_asset_groups: self.clear_asset_groups,
                    reset_two_factor: self.reset_two_factor,
                    replace_password: self.replace_password,
                }
            }
        }
    };
}

pub(crate) use offboarding_input;
