//! Staying below a rate limit that the server tells, before it is hit.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leaky_bucket::RateLimiter;
use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The shortest window that is waited for: a `ratelimit-reset` of 0 means "within a second".
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest that is believed: windows of a minute were seen in the field, and an absurd one must not
/// stop a warm function for an hour.
const LONGEST: Duration = Duration::from_secs(300);

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

/// A `ratelimit-reset` is in whole seconds: ends of one window that are told at different times differ
/// by less than this.
const ROUNDED: Duration = Duration::from_secs(1);

/// What may be sent until the limit is whole again.
struct Window {
    limiter: RateLimiter,
    /// The least that was told to be left: answers do not arrive in the order in which they were made.
    remaining: usize,
    /// When it was told of. What was asked before may know less.
    since: Instant,
    ends: Instant,
}

/// Paces the requests of this process. Each answer tells what others have used meanwhile.
#[derive(Default)]
pub(crate) struct Pace {
    state: Mutex<State>,
    /// A request is answered, or never will be.
    ended: Notify,
}

#[derive(Default)]
struct State {
    told: Option<RateLimit>,
    window: Option<Arc<Window>>,
    in_flight: usize,
}

/// A request that counts until its answer is there, or will never be.
pub(crate) struct InFlight<'a> {
    pace: &'a Pace,
    since: Instant,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.pace.state().in_flight -= 1;
        self.pace.ended.notify_waiters();
    }
}

impl Pace {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until one more request keeps below the limit.
    ///
    /// # Errors
    /// How long that would take, if it is not before the deadline.
    pub(crate) async fn ready(&self, deadline: Instant) -> Result<InFlight<'_>, Duration> {
        loop {
            // Made first, so that no answer between looking and waiting is missed.
            let ended = self.ended.notified();
            let (window, in_flight) = {
                let state = self.state();
                (state.window.clone(), state.in_flight)
            };
            let Some(window) = window else {
                return Ok(self.begin());
            };
            if window.limiter.try_acquire(1) {
                if self.is_current(&window) {
                    return Ok(self.begin());
                }
                continue;
            }
            let wait = window.ends.saturating_duration_since(Instant::now());
            // What is on its way counts as used, and its answer may tell of room all the same.
            if window.ends >= deadline && in_flight == 0 {
                return Err(wait);
            }
            tokio::select! {
                () = window.limiter.acquire_one() => {
                    // An answer may have told of another limit meanwhile: then that one counts.
                    if self.is_current(&window) {
                        return Ok(self.begin());
                    }
                }
                () = ended => {}
                () = sleep_until(deadline) => return Err(wait),
            }
        }
    }

    fn is_current(&self, window: &Arc<Window>) -> bool {
        let current = self.state().window.clone();
        current.is_some_and(|current| Arc::ptr_eq(&current, window))
    }

    /// What the last answer that told anything told.
    pub(crate) fn told(&self) -> Option<RateLimit> {
        self.state().told
    }

    fn begin(&self) -> InFlight<'_> {
        self.state().in_flight += 1;
        InFlight {
            pace: self,
            since: Instant::now(),
        }
    }

    /// Takes in what an answer tells. Requests that are on their way may not be counted in it.
    pub(crate) fn answered(&self, request: InFlight<'_>, headers: &HeaderMap) {
        let asked = request.since;
        // Told before anybody who waits for this answer looks.
        self.take_in(asked, headers);
        drop(request);
    }

    fn take_in(&self, asked: Instant, headers: &HeaderMap) {
        let Some(told) = RateLimit::told(headers) else {
            return;
        };
        let now = Instant::now();
        let mut ends = now + told.reset;
        let mut state = self.state();
        let mut remaining = told.remaining;
        if let Some(window) = &state.window {
            let earlier = window.ends > ends + ROUNDED;
            if earlier && asked <= window.since {
                // Of the window before this one, and late.
                return;
            }
            if !earlier && window.ends + ROUNDED > ends && window.ends > now {
                // The same window: what is left only gets less, and it is over at the latest when this
                // was told first.
                remaining = remaining.min(window.remaining);
                ends = ends.min(window.ends);
            }
        }
        state.told = Some(told);
        let limiter = RateLimiter::builder()
            .initial(remaining.saturating_sub(state.in_flight - 1))
            .max(told.limit)
            .refill(told.limit)
            .interval(ends - now)
            .build();
        state.window = Some(Arc::new(Window {
            limiter,
            remaining,
            since: now,
            ends,
        }));
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
    async fn answers_that_overtake_each_other_do_not_make_room() {
        let pace = Pace::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let first = pace.ready(soon).await.expect("no limit is known yet");
        let second = pace.ready(soon).await.expect("no limit is known yet");
        pace.answered(second, &headers("5", "1", "30"));
        pace.answered(first, &headers("5", "2", "30"));
        let last = pace.ready(soon).await.expect("one is left");
        assert!(pace.ready(soon).await.is_err());
        drop(last);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_of_the_last_window_says_nothing_of_this_one() {
        let pace = Pace::default();
        let soon = Instant::now() + Duration::from_secs(1);
        let first = pace.ready(soon).await.expect("no limit is known yet");
        let second = pace.ready(soon).await.expect("no limit is known yet");
        pace.answered(second, &headers("5", "4", "30"));
        pace.answered(first, &headers("5", "0", "1"));
        drop(pace.ready(soon).await.expect("of the new window"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_window_is_known_by_its_end() {
        let pace = Pace::default();
        let deadline = Instant::now() + Duration::from_secs(100);
        let first = pace.ready(deadline).await.expect("no limit is known yet");
        pace.answered(first, &headers("5", "1", "3"));
        let second = pace.ready(deadline).await.expect("one is left");
        tokio::time::sleep(Duration::from_millis(2500)).await;
        pace.answered(second, &headers("5", "4", "30"));
        let start = Instant::now();
        for _ in 0..4 {
            drop(pace.ready(deadline).await.expect("of the new window"));
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_odd_answer_does_not_hold_for_longer_than_the_next_one() {
        let pace = Pace::default();
        let soon = Instant::now() + Duration::from_secs(5);
        let first = pace.ready(soon).await.expect("no limit is known yet");
        pace.answered(first, &headers("50", "2", "3600"));
        tokio::time::advance(Duration::from_millis(1)).await;
        let second = pace.ready(soon).await.expect("one of two");
        pace.answered(second, &headers("50", "40", "60"));
        for _ in 0..40 {
            drop(pace.ready(soon).await.expect("forty are left"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn room_that_the_next_answer_tells_of_is_waited_for() {
        let pace = Pace::default();
        let soon = Instant::now() + Duration::from_secs(5);
        let first = pace.ready(soon).await.expect("no limit is known yet");
        let second = pace.ready(soon).await.expect("no limit is known yet");
        pace.answered(first, &headers("50", "1", "30"));
        // One is left, and may be the one that is on its way.
        let third = pace.ready(soon);
        let answer = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            pace.answered(second, &headers("50", "1", "30"));
        };
        let (third, ()) = tokio::join!(third, answer);
        drop(third.expect("the second was counted already"));
    }
}
