//! So many requests in a window of time, and what the answers tell of it.

use std::time::{Duration, Instant};

use axum::http::header::{HeaderMap, HeaderName};

/// A fixed window that starts with the first request in it. One for all keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests a window has room for.
    pub limit: u32,
    /// How long a window is.
    pub window: Duration,
    /// Whether answers tell: they do in the field, the guide says they do not.
    pub headers: bool,
    /// The requests with a good key in the window so far, those that were refused included.
    pub used: u32,
    /// When the window started; `None` before the first request.
    pub started: Option<Instant>,
}

impl Default for RateLimit {
    /// Fifty a minute, as seen in the field.
    fn default() -> RateLimit {
        RateLimit {
            limit: 50,
            window: Duration::from_secs(60),
            headers: true,
            used: 0,
            started: None,
        }
    }
}

impl RateLimit {
    /// How many more requests the window has room for.
    pub fn remaining(&self) -> u32 {
        match self.left() {
            Some(_) => self.limit.saturating_sub(self.used),
            None => self.limit,
        }
    }

    /// How long until there is room again for [`limit`](Self::limit) requests: the rest of the
    /// window, or a whole one if none has started.
    pub fn reset_in(&self) -> Duration {
        self.left().unwrap_or(self.window)
    }

    /// Ends the window now, as if its time had passed.
    pub fn reset(&mut self) {
        self.used = 0;
        self.started = None;
    }

    /// What is left of the window, if one is under way.
    fn left(&self) -> Option<Duration> {
        let left = self.window.checked_sub(self.started?.elapsed())?;
        (!left.is_zero()).then_some(left)
    }

    /// Counts a request and tells whether there was room for it.
    pub(crate) fn count(&mut self) -> bool {
        if self.left().is_none() {
            self.started = Some(Instant::now());
            self.used = 0;
        }
        self.used = self.used.saturating_add(1);
        self.used <= self.limit
    }

    /// What answers tell of it.
    pub(crate) fn told(&self) -> HeaderMap {
        if !self.headers {
            return HeaderMap::new();
        }
        let reset = self.reset_in();
        let seconds = reset.as_secs() + u64::from(reset.subsec_nanos() > 0);
        let remaining = self.remaining().into();
        [
            ("ratelimit-limit", u64::from(self.limit)),
            ("ratelimit-remaining", remaining),
            ("ratelimit-reset", seconds),
        ]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.into()))
        .collect()
    }
}
