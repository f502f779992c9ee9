//! The operations' functions as Lambda runs them, and what holds for every one of them.

mod audit;
mod bad_input;
mod faults;
mod lambda;
mod logins;
mod metrics;
mod quoted;
mod requests;
mod rotation;
mod run_twice;
mod secrets;
mod settings;
mod told_to_end;
mod typed_secrets;
mod undo;
mod way_out;
