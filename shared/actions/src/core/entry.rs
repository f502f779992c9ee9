//! What is known of an operation by those that list them all.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, schema_for};

use crate::core::action::Action;
use crate::core::context::Scope as _;
use crate::core::operation::Operation;

/// What an operation is about: how people find it among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// Accounts on a console.
    Users,
    /// Which sites and asset groups an account has.
    Access,
    /// What an account logs in with.
    Credentials,
    /// Accounts on the Insight Platform.
    Platform,
    /// One person across every console and the platform.
    People,
    /// What there is to choose from, and whether a console can be reached.
    Catalogue,
}

impl Noun {
    /// Every noun, as somebody who reads from the top needs them.
    pub const ALL: [Self; 6] = [
        Self::Users,
        Self::Access,
        Self::Credentials,
        Self::People,
        Self::Platform,
        Self::Catalogue,
    ];

    /// A heading over its operations.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Users => "Accounts on a console",
            Self::Access => "Sites and asset groups of an account",
            Self::Credentials => "Passwords and two-factor seeds",
            Self::Platform => "Accounts on the Insight Platform",
            Self::People => "A person on every console and the platform",
            Self::Catalogue => "Lists of a console, and its connection test",
        }
    }
}

/// An operation with the schemas of its input and output. Apart from [`Operation`], so that a
/// function binary does not carry them.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// What it is about.
    pub noun: Noun,
    /// What a person is asked before it is done, with `{}` for whom; empty where it has no question of its own.
    pub question: &'static str,
    /// JSON Schema of what it takes.
    pub input: fn() -> Schema,
    /// JSON Schema of what it answers with.
    pub output: fn() -> Schema,
    /// Whether it works on consoles.
    pub console: bool,
    /// Whether it works on the Insight Platform.
    pub platform: bool,
    /// Whether it may deliver something into a secret.
    pub delivers: bool,
}

/// The entry of an action.
pub(crate) const fn entry<A: Action>(noun: Noun) -> Entry {
    Entry {
        operation: Operation::of::<A>(),
        noun,
        question: A::QUESTION,
        input: || schema_for!(A::Input),
        output: || answers::<A::Output>(),
        console: A::Scope::CONSOLE,
        platform: A::Scope::PLATFORM,
        delivers: A::DELIVERS,
    }
}

/// The schema of what is written, rather than of what could be read: a member that is left out where
/// it has nothing to say is not required, and one that may be null is there.
fn answers<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::default().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

/// Registers operations of a noun, each as `file::Action`, in the order in which they are listed: what
/// the files offer is offered by the noun, too.
macro_rules! operations {
    ($(#[$doc:meta])* $list:ident of $noun:ident: $($file:ident::$action:ident,)*) => {
        $(pub use $file::*;)*

        $(#[$doc])*
        pub(crate) const $list: &[$crate::core::entry::Entry] =
            &[$($crate::core::entry::entry::<$file::$action>(
                $crate::core::entry::Noun::$noun,
            ),)*];
    };
}

pub(crate) use operations;
