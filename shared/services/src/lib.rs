//! What every transport needs around the operations: settings, secrets, audit records, logs, and the
//! way to AWS.

pub mod assemble;
pub mod audit;
pub mod aws;
pub mod invoke;
pub mod logs;
mod platform_target;
pub mod secrets;
pub mod settings;
pub mod strict_json;
