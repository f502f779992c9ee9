//! What operations do to accounts of a console, whatever happens meanwhile.

mod access;
mod any_answer;
mod client;
mod consoles;
mod create_user;
mod delete_user;
mod deliveries;
mod disable_user;
mod guards;
mod guide;
mod listing;
mod lists;
mod lookups;
mod lost_answers;
mod missing_lists;
mod partial_failures;
mod provision_user;
mod restore_user;
mod test_connection;
mod two_writers;
mod unlock_and_enable;
mod update_and_role;
mod user_changes;
mod vendor_client;
mod what_consoles_keep;
