//! What an operation needs beyond a console.

use std::sync::Arc;

use actions::{Effect, Journal, Scope, SecretWriter, Targets};
use rapid7::platform;

use crate::aws::Chain;
use crate::journal;
use crate::secrets::age::SecretAge;
use crate::secrets::references::References;
use crate::secrets::store::Store;
use crate::sent::Sent;
use crate::settings::{JournalAt, Settings};
use crate::targets::platform::PlatformTarget;

type Writer = fn(Arc<References>) -> Arc<dyn SecretWriter>;
type JournalOf = fn(&JournalAt, Chain) -> Option<Arc<dyn Journal>>;
type Platform = fn(&Settings, Arc<Store>, SecretAge, &Sent) -> Arc<dyn Targets<platform::Client>>;

/// What an operation needs beyond a console. Given only where it does: a binary carries what its
/// operation may use.
#[derive(Clone, Copy)]
pub struct Needs {
    pub(crate) console: bool,
    /// Makes of the reader of secrets what writes them.
    pub(crate) writer: Option<Writer>,
    pub(crate) platform: Option<Platform>,
    /// Makes the journal, where something is written.
    pub(crate) journal: Option<JournalOf>,
    /// Whether inputs may refer to files and variables of this machine.
    pub(crate) local: bool,
}

impl Needs {
    /// What one operation needs in Lambda.
    #[must_use]
    pub const fn of<A: actions::Action>() -> Self {
        Self {
            console: A::Scope::CONSOLE,
            writer: if A::DELIVERS { Some(writer) } else { None },
            platform: if A::Scope::PLATFORM {
                Some(PlatformTarget::of)
            } else {
                None
            },
            // Decided when it is compiled, or a function that reads would have the code all the same.
            journal: const {
                match A::SPEC.effect {
                    Effect::Read => None,
                    Effect::Write | Effect::Destructive => Some(journal::in_a_table as JournalOf),
                }
            },
            local: false,
        }
    }

    /// What any operation needs, where the caller owns the machine.
    pub const ALL_ON_A_LAPTOP: Self = Self {
        local: true,
        ..Self::EVERYTHING
    };

    /// What any operation needs.
    pub const EVERYTHING: Self = Self {
        console: true,
        writer: Some(writer),
        platform: Some(PlatformTarget::of),
        journal: Some(|at, chain| Some(journal::open(at, chain))),
        local: false,
    };
}

fn writer(references: Arc<References>) -> Arc<dyn SecretWriter> {
    references
}
