//! Sequences of faults: an operation, and up to three things that happen to it at some requests. Then the
//! repeats that its error invites, then one by hand. What must hold whatever happens is in
//! `properties.rs`, which reads what the fakes hold, and nothing of what the engine believes.

mod case;
mod event;
mod generate;
mod logs;
mod memory;
mod operations;
mod properties;
mod search;
mod secret;
mod shrink;
mod snapshot;
mod stage;
mod story;

pub use case::{Case, FEW_SECONDS, SECONDS, Setting, Start};
pub use event::{Answer, Event, STATUSES, Second, What};
pub use operations::{IN_PAIRS, setting_of_pairs, settings, writing};
pub use search::{Report, Violation, Which, search};
