//! Operations as AWS Lambda functions, and the function that rotates a console's secret.

mod events;
mod metrics;
mod operation;
pub mod rotation;

pub use operation::{Failure, TO_ANSWER, serve, until_ended};
