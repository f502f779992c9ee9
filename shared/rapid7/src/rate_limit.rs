//! Staying below a rate limit that the server tells, before it is hit.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leaky_bucket::RateLimiter;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout_at};

/// The shortest window that is waited for: a `ratelimit-reset` of 0 means "within a second".
const SHORTEST: Duration = Duration::from_secs(1);

/// By how much two answers may differ on when the same window ends: they tell it in whole seconds.
const SAME_WINDOW: Duration = Duration::from_secs(1);

/// The longest that is believed: an absurd one is not worth waiting for.
const LONGEST: Duration = Duration::from_secs(3600);

/// What an answer tells of the limit: `ratelimit-limit`, `ratelimit-remaining`, and
/// `ratelimit-reset` in seconds (seen in the field: 50 a minute; the guide knows of none).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests a window has room for.
    pub limit: usize,
    /// How many of them are left.
    pub remaining: usize,
    /// How long until the whole limit can be used again.
    pub reset: Duration,
}

impl RateLimit {
    pub(crate) fn told(headers: &HeaderMap) -> Option<Self> {
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        let limit = number("ratelimit-limit").filter(|limit| *limit > 0)?;
        let remaining = number("ratelimit-remaining")?.min(limit);
        let reset = Duration::from_secs(number("ratelimit-reset")?.into());
        Some(Self {
            limit: limit as usize,
            remaining: remaining as usize,
            reset: reset.clamp(SHORTEST, LONGEST),
        })
    }
}

/// What may be sent until the limit is whole again.
struct Window {
    limiter: RateLimiter,
    ends: Instant,
}

/// Paces the requests of this process. Each answer tells what others have used meanwhile.
#[derive(Default)]
pub(crate) struct Pace(Mutex<State>);

#[derive(Default)]
struct State {
    told: Option<RateLimit>,
    window: Option<Arc<Window>>,
    in_flight: usize,
}

/// A request that counts until its answer is there, or will never be.
pub(crate) struct InFlight<'a>(&'a Pace);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

impl Pace {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more request keeps below the limit.
    ///
    /// # Errors
    /// How long that would take, if it is not before the deadline.
    pub(crate) async fn ready(&self, deadline: Instant) -> Result<InFlight<'_>, Duration> {
        loop {
            let Some(window) = self.state().window.clone() else {
                return Ok(self.begin());
            };
            if !window.limiter.try_acquire(1) {
                let wait = window.ends.saturating_duration_since(Instant::now());
                if window.ends >= deadline {
                    return Err(wait);
                }
                let acquired = timeout_at(deadline, window.limiter.acquire_one()).await;
                acquired.map_err(|_| wait)?;
            }
            // An answer may have told of another limit meanwhile: then that one counts.
            let current = self.state().window.clone();
            if current.is_some_and(|current| Arc::ptr_eq(&current, &window)) {
                return Ok(self.begin());
            }
        }
    }

    /// What the last answer that told anything told.
    pub(crate) fn told(&self) -> Option<RateLimit> {
        self.state().told
    }

    fn begin(&self) -> InFlight<'_> {
        self.state().in_flight += 1;
        InFlight(self)
    }

    /// Takes in what an answer tells. Requests that are on their way may not be counted in it, and
    /// answers may overtake each other: within a window, what is left only ever gets less.
    pub(crate) fn answered(&self, request: InFlight<'_>, headers: &HeaderMap) {
        drop(request);
        let Some(told) = RateLimit::told(headers) else {
            return;
        };
        let mut state = self.state();
        state.told = Some(told);
        let left = told.remaining.saturating_sub(state.in_flight);
        let ends = Instant::now() + told.reset;
        if let Some(window) = &state.window
            && ends <= window.ends + SAME_WINDOW
        {
            let excess = window.limiter.balance().saturating_sub(left);
            window.limiter.try_acquire(excess);
            return;
        }
        let limiter = RateLimiter::builder()
            .initial(left)
            .max(told.limit)
            .refill(told.limit)
            .interval(told.reset)
            .build();
        state.window = Some(Arc::new(Window { limiter, ends }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(limit: &str, remaining: &str, reset: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("ratelimit-limit", limit),
            ("ratelimit-remaining", remaining),
            ("ratelimit-reset", reset),
        ] {
            headers.insert(name, value.parse().expect("a header"));
        }
        headers
    }

    #[test]
    fn a_limit_that_makes_no_sense_counts_as_none() {
        assert_eq!(RateLimit::told(&headers("0", "0", "60")), None);
        assert_eq!(RateLimit::told(&headers("50", "-1", "60")), None);
        assert_eq!(RateLimit::told(&headers("50", "1", "soon")), None);
        assert_eq!(RateLimit::told(&HeaderMap::new()), None);
        let told = RateLimit::told(&headers("50", "90", "4000000000")).expect("a limit");
        assert_eq!((told.remaining, told.reset), (50, LONGEST));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_goes_at_once_and_the_rest_waits_for_the_next_window() {
        let pace = Pace::default();
        let deadline = Instant::now() + Duration::from_secs(100);
        let first = pace.ready(deadline).await.expect("no limit is known yet");
        pace.answered(first, &headers("50", "2", "30"));
        let start = Instant::now();
        for _ in 0..2 {
            drop(pace.ready(deadline).await.expect("one of two"));
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(pace.ready(deadline).await.expect("after the reset"));
        let waited = start.elapsed();
        assert!(waited >= Duration::from_secs(30), "{waited:?}");
        assert!(waited < Duration::from_secs(31), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_past_the_deadline_is_not_begun() {
        let pace = Pace::default();
        let deadline = Instant::now() + Duration::from_secs(10);
        let first = pace.ready(deadline).await.expect("no limit is known yet");
        pace.answered(first, &headers("50", "0", "30"));
        let wait = pace.ready(deadline).await.err().expect("too long");
        assert_eq!(wait.as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_on_their_way_count() {
        let pace = Pace::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let first = pace.ready(soon).await.expect("no limit is known yet");
        let second = pace.ready(soon).await.expect("no limit is known yet");
        pace.answered(first, &headers("50", "1", "30"));
        assert!(pace.ready(soon).await.is_err());
        drop(second);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_overtaken_opens_nothing() {
        let pace = Pace::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let first = pace.ready(soon).await.expect("no limit is known yet");
        let second = pace.ready(soon).await.expect("no limit is known yet");
        pace.answered(second, &headers("50", "1", "30"));
        pace.answered(first, &headers("50", "2", "30"));
        assert!(
            pace.ready(soon).await.is_err(),
            "one was left, and one on its way"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_window_is_known_by_its_end() {
        let pace = Pace::default();
        let later = Instant::now() + Duration::from_secs(100);
        let first = pace.ready(later).await.expect("no limit is known yet");
        pace.answered(first, &headers("5", "0", "2"));
        let second = pace.ready(later).await.expect("after the reset");
        pace.answered(second, &headers("5", "3", "60"));
        let start = Instant::now();
        for _ in 0..3 {
            drop(pace.ready(later).await.expect("three are left"));
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(pace.ready(later).await.expect("after the next reset"));
        assert!(start.elapsed() >= Duration::from_secs(60));
    }
}
