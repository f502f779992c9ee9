//! What the operations on one console share.

pub(crate) mod access;
pub(crate) mod account_input;
pub(crate) mod account_plan;
pub(crate) mod administrators;
pub(crate) mod apply;
pub(crate) mod choice;
pub(crate) mod context;
pub(crate) mod deliver;
pub(crate) mod grant_goals;
pub(crate) mod grants;
pub(crate) mod guard;
pub(crate) mod id_or_name;
pub(crate) mod input;
pub(crate) mod left_behind;
pub(crate) mod lookup;
pub(crate) mod losses;
pub(crate) mod new_account;
pub(crate) mod outcome;
pub(crate) mod own_password;
pub(crate) mod password;
pub(crate) mod plan;
pub(crate) mod random_password;
pub(crate) mod record;
pub(crate) mod resource_view;
pub(crate) mod role_change;
pub(crate) mod role_view;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod verify;
pub(crate) mod view;
pub(crate) mod write;

pub use access::Place;
pub use account_input::AuthenticationType;
pub use context::ConsoleContext;
pub use id_or_name::IdOrName;
pub use lookup::Selector;
pub use outcome::Outcome;
pub use plan::{AccessChange, Change, Delivery, Plan, Snapshot};
pub use random_password::{CharacterClass, generate_password};
pub use record::{Recorded, RecordedState, RestoreRecord};
pub use resource_view::ResourceView;
pub use role_view::RoleView;
pub use view::UserView;
