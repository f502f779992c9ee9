//! What is known of an operation by those that list them all.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, schema_for};

use crate::core::action::Action;
use crate::core::context::Scope as _;
use crate::core::operation::Operation;

/// An operation with the schemas of its input and output. Apart from [`Operation`], so that a
/// function binary does not carry them.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
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
pub(crate) const fn entry<A: Action>() -> Entry {
    Entry {
        operation: Operation::of::<A>(),
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
    ($(#[$doc:meta])* $list:ident: $($file:ident::$action:ident,)*) => {
        $(pub use $file::*;)*

        $(#[$doc])*
        pub(crate) const $list: &[$crate::core::entry::Entry] =
            &[$($crate::core::entry::entry::<$file::$action>(),)*];
    };
}

pub(crate) use operations;
