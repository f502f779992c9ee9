//! How operations are reached: AWS Lambda, an HTTP API, the command line and InsightConnect, with the
//! secrets, logs, audit records and metrics around them.
//!
//! An entrypoint turns one transport's message into [`actions::invoke`] and its result into that
//! transport's answer. It never asks which operation runs.

mod audit;
mod aws;
#[cfg(feature = "cli")]
pub mod cli;
mod console_secret;
mod credentials;
mod deliveries;
mod events;
pub mod http_api;
#[cfg(feature = "insightconnect")]
pub mod insightconnect;
mod invoke;
pub mod lambda;
mod logs;
mod metrics;
mod platform_secret;
mod platform_target;
mod references;
pub mod rotation;
mod secret_age;
mod secret_versions;
mod secrets;
mod services;
mod settings;
