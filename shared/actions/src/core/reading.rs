//! Reading after a write: worth another try, but not another login.

use std::future::Future;

use tracing::warn;

use crate::core::error::{Error, Result};

/// Reads, and once more if that fails otherwise than by a refused login.
pub(crate) async fn read_twice<T, E: Into<Error>, F: Future<Output = std::result::Result<T, E>>>(
    read: impl Fn() -> F,
) -> Result<T> {
    let first: Error = match read().await {
        Ok(read) => return Ok(read),
        Err(error) => error.into(),
    };
    if first.is_failed_login() {
        return Err(first);
    }
    warn!(error = %first, "reading back failed: once more");
    read().await.map_err(Into::into)
}
