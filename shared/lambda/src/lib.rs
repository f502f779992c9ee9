//! Operations as AWS Lambda functions, and the function that rotates a console's secret.

mod events;
mod metrics;
mod operation;
pub mod rotation;
mod runtime;

pub use operation::serve;
pub use runtime::{AtWork, Failure, TO_ANSWER, until_ended};
