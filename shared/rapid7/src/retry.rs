//! When a request is sent again, and how long that waits.

use std::time::Duration;

use backon::ExponentialBuilder;
use tokio::time::Instant;

use crate::error::{Delivery, Error, ErrorKind};

/// How patient a client is.
///
/// Rate limits are not published (guide), so waiting is exponential with full jitter: many
/// functions that fail together must not come back together.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// How often a request is sent again after the first time.
    pub retries: usize,
    /// Upper bound of the first wait; it doubles each time.
    pub first_wait: Duration,
    /// Upper bound of any wait that the server did not ask for.
    pub longest_wait: Duration,
    /// Upper bound of a wait that the server did ask for with `Retry-After`, which may be absurd
    /// (seen in the field). A server that asks for more gets no second request from this client.
    pub longest_retry_after: Duration,
    /// Whether a read is sent again whose answer was lost. Where a password is tried out, it is not: the
    /// answer may have been that the login was refused, and consoles count those.
    pub lost_reads: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 4,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(5),
            longest_retry_after: Duration::from_secs(30),
            lost_reads: true,
        }
    }
}

impl RetryPolicy {
    /// Whether the same request may be sent again without looking first.
    pub(crate) fn sends_again(&self, error: &Error) -> bool {
        may_send_again(error) && (self.lost_reads || !error.answer_was_lost())
    }

    pub(crate) fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .with_max_times(self.retries)
    }

    /// How long to wait before sending again, or `None` to give up: too often, or it would end
    /// after the deadline, or the server asked for more than we are ready to wait.
    pub(crate) fn wait(
        &self,
        error: &Error,
        backoff: Option<Duration>,
        deadline: Instant,
    ) -> Option<Duration> {
        let jittered = backoff?.mul_f64(fastrand::f64());
        let wait = match error.retry_after {
            Some(asked) if asked > self.longest_retry_after => return None,
            // Jitter is added to what was asked: never earlier, and not all at once.
            Some(asked) => asked + jittered.min(Duration::from_millis(500)),
            None => jittered,
        };
        (Instant::now() + wait < deadline).then_some(wait)
    }
}

/// Whether the same request may be sent again without looking first.
///
/// Reads: after 429, 502, 503, 504 and any connection error. Writes: if it was never sent, or after 429.
/// Everything else may have been carried out, whatever the answer says, and is for the caller to look at;
/// so is a write that fails for good after a 429.
fn may_send_again(error: &Error) -> bool {
    if error.delivery == Delivery::NotSent {
        return error.kind == ErrorKind::Unavailable;
    }
    match (error.method, error.status) {
        (_, Some(429)) => true,
        ("GET", Some(502..=504)) => true,
        ("GET", None) => error.kind == ErrorKind::Unavailable,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Names, Surface};

    fn error(method: &'static str, status: Option<u16>, delivery: Delivery) -> Error {
        Error {
            surface: Surface::Console,
            kind: if status == Some(429) {
                ErrorKind::RateLimited
            } else {
                ErrorKind::Unavailable
            },
            delivery,
            sent: delivery != Delivery::NotSent,
            target: String::new(),
            names: Names::default(),
            method,
            path: "/".into(),
            status,
            retry_after: None,
            correlation_id: None,
            stopped_at_proxy: false,
            message: String::new(),
            source: None,
        }
    }

    #[test]
    fn a_write_that_may_have_been_carried_out_is_never_sent_again_without_a_look() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for status in [None, Some(500), Some(502), Some(503), Some(504)] {
                let lost = error(method, status, Delivery::Unknown);
                assert!(!may_send_again(&lost), "{method}: {status:?}");
            }
            assert!(may_send_again(&error(method, None, Delivery::NotSent)));
            assert!(may_send_again(&error(method, Some(429), Delivery::Refused)));
        }
    }

    #[test]
    fn reads_are_sent_again_after_passing_faults_only() {
        for status in [None, Some(429), Some(502), Some(503), Some(504)] {
            assert!(may_send_again(&error("GET", status, Delivery::Unknown)));
        }
        for status in [400, 401, 403, 404, 500] {
            assert!(!may_send_again(&error(
                "GET",
                Some(status),
                Delivery::Refused
            )));
        }
    }

    #[test]
    fn where_a_password_is_tried_a_lost_read_is_not_sent_again() {
        let tries = RetryPolicy {
            lost_reads: false,
            ..RetryPolicy::default()
        };
        let lost = error("GET", None, Delivery::Unknown);
        assert!(RetryPolicy::default().sends_again(&lost));
        assert!(!tries.sends_again(&lost));
        // What stands between gave up on an answer that may have been there.
        for status in [502, 504] {
            let gateway = error("GET", Some(status), Delivery::Unknown);
            assert!(!tries.sends_again(&gateway));
        }
        assert!(tries.sends_again(&error("GET", Some(503), Delivery::Unknown)));
        assert!(tries.sends_again(&error("GET", None, Delivery::NotSent)));
    }

    #[test]
    fn a_wait_never_ends_after_the_deadline_and_an_absurd_one_is_not_begun() {
        let policy = RetryPolicy::default();
        let soon = Instant::now() + Duration::from_secs(2);
        let mut limited = error("GET", Some(429), Delivery::Refused);
        limited.retry_after = Some(Duration::from_secs(1));
        let wait = policy.wait(&limited, Some(Duration::from_millis(200)), soon);
        assert!(wait.is_some_and(|wait| wait >= Duration::from_secs(1)));
        limited.retry_after = Some(Duration::from_secs(3));
        assert_eq!(
            policy.wait(&limited, Some(Duration::from_millis(200)), soon),
            None
        );
        limited.retry_after = Some(Duration::from_secs(3600));
        let late = Instant::now() + Duration::from_secs(100_000);
        assert_eq!(
            policy.wait(&limited, Some(Duration::from_millis(200)), late),
            None
        );
    }

    #[test]
    fn a_wait_that_the_server_asks_for_is_waited_up_to_thirty_seconds() {
        let policy = RetryPolicy::default();
        let late = Instant::now() + Duration::from_secs(100_000);
        let mut limited = error("GET", Some(429), Delivery::Refused);
        let backoff = Some(Duration::from_millis(200));
        limited.retry_after = Some(Duration::from_secs(30));
        let wait = policy.wait(&limited, backoff, late);
        assert!(wait.is_some_and(|wait| wait >= Duration::from_secs(30)));
        limited.retry_after = Some(Duration::from_secs(31));
        assert_eq!(policy.wait(&limited, backoff, late), None);
    }

    #[test]
    fn what_was_not_sent_for_a_reason_that_stays_is_not_sent_again() {
        for kind in [
            ErrorKind::Certificate,
            ErrorKind::Credentials,
            ErrorKind::CredentialsUntrusted,
        ] {
            for method in ["GET", "PUT", "DELETE", "POST"] {
                let stays = Error {
                    kind,
                    ..error(method, None, Delivery::NotSent)
                };
                assert!(!may_send_again(&stays), "{method}: {kind:?}");
            }
        }
    }
}
