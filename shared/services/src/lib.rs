//! What every transport needs around the operations: settings, secrets, audit records, logs, and the
//! way to AWS.
//!
//! A transport turns one kind of message into [`actions::invoke`] and its result into that transport's
//! answer. It never asks which operation runs.

pub mod assemble;
pub mod audit;
pub mod aws;
pub mod files;
pub mod invoke;
pub mod journal;
pub mod logs;
pub mod needs;
pub mod output;
pub mod secrets;
pub mod sent;
pub mod settings;
pub mod signals;
pub mod targets;
