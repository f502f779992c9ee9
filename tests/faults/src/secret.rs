//! Where runs get their credentials from: a secret that a person changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rapid7::{BoxFuture, CredentialError, CredentialSource, Identity};

/// A secret. Clones share it.
pub(crate) struct Secret<C>(Arc<Mutex<Arc<C>>>);

impl<C> Clone for Secret<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Secret<C> {
    pub(crate) fn new(held: C) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(held))))
    }

    fn held(&self) -> MutexGuard<'_, Arc<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person writes something else into it.
    pub(crate) fn put(&self, held: C) {
        *self.held() = Arc::new(held);
    }
}

impl<C: Identity> CredentialSource<C> for Secret<C> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, CredentialError>> {
        let held = Arc::clone(&self.held());
        Box::pin(async { Ok(held) })
    }

    fn renew<'a>(&'a self, rejected: &'a C) -> BoxFuture<'a, Option<Arc<C>>> {
        let held = Arc::clone(&self.held());
        let newer = held.headers() != rejected.headers();
        Box::pin(async move { newer.then_some(held) })
    }
}
