//! What operations do to accounts, products and API keys of the Insight Platform.

mod access;
mod any_answer;
mod client;
mod faults;
mod guards;
mod keys;
mod lists;
mod meanwhile;
mod organizations;
mod users;
mod what_stays;
