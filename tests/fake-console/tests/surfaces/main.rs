//! Drives the fakes over real connections and proves the rules that they claim to follow.

mod client;
mod console;
mod platform;
mod tls;
