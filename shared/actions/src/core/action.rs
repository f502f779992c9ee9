//! What an operation is.

use std::future::Future;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::core::context::Scope;
use crate::core::error::Result;
use crate::core::input::Input;
use crate::core::spec::Spec;

/// An operation: a typed input, a typed output, a description, and what it does.
pub trait Action: Send + Sync + 'static {
    /// What it takes. Doc comments on the members are their documentation.
    type Input: Input;
    /// What it answers with.
    type Output: Serialize + JsonSchema + Send;
    /// What it may use.
    type Scope: Scope;
    /// Its description.
    const SPEC: Spec;
    /// Whether it may deliver something into a secret. The functions of others do without the code
    /// for it.
    const DELIVERS: bool = false;

    /// What a person is asked before it is done, with `{}` for whom: of what takes something away.
    const QUESTION: &'static str = "";

    /// What of the answer, or of an error's details, the run's own audit record keeps: all of it,
    /// unless parts of it have records of their own.
    #[must_use]
    fn recorded(answer: Value) -> Value {
        answer
    }

    /// Does it.
    fn run(
        scope: &Self::Scope,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}
