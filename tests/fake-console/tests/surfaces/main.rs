//! Drives the fakes over real connections and proves the rules that they claim to follow.

mod console;
mod platform;
