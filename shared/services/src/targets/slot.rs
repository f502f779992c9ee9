//! One target: made ready when it is needed first, and anew when its secret names another place.

use std::sync::Arc;

use actions::{Error, Target};
use tokio::sync::Mutex;

use crate::secrets::credentials::CachedCredentials;
use crate::secrets::surface_secret::SurfaceSecret;

/// A target that is ready, and whether it still is.
pub(super) struct Ready<S: SurfaceSecret, C> {
    pub(super) target: Target<C>,
    pub(super) credentials: Arc<CachedCredentials<S>>,
}

/// Where a target is kept once it is ready.
pub(super) struct Slot<S: SurfaceSecret, C>(Mutex<Option<Ready<S, C>>>);

impl<S: SurfaceSecret, C> Default for Slot<S, C> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<S: SurfaceSecret, C: Clone> Slot<S, C> {
    /// What is ready, unless its secret names another place meanwhile; else what is prepared now.
    pub(super) async fn open(
        &self,
        prepare: impl AsyncFnOnce() -> Result<Ready<S, C>, Error>,
    ) -> Result<Target<C>, Error> {
        let mut slot = self.0.lock().await;
        if let Some(ready) = slot.as_ref()
            && !ready.credentials.moved().await
        {
            return Ok(ready.target.clone());
        }
        *slot = None;
        let ready = prepare().await?;
        let target = ready.target.clone();
        *slot = Some(ready);
        Ok(target)
    }
}
