//! One person, or many, across consoles and the Insight Platform.

mod access_report;
mod offboard_again;
mod offboard_extras;
mod offboard_user;
mod offboard_users;
mod resolve_identity;
mod who_is_meant;
