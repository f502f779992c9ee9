//! What a run ends with that was not done everywhere.

use serde::Serialize;
use serde_json::Value;

use crate::core::error::{Changed, Error, ErrorKind};

/// Which of several failures speaks for the run, best first for whoever has to act.
///
/// What may leave something lost comes first, as another run would find it done; then a login that a console
/// refused, as another run would send it again, and failed logins lock accounts. Then what passes by itself,
/// so that retriers run it again until only what a person has to decide is left. Then that.
pub(crate) fn worst(errors: &[Error]) -> Option<&Error> {
    let place = |error: &&Error| match error.kind {
        ErrorKind::Unexpected if error.changed != Changed::Nothing => 0,
        ErrorKind::Unauthorized if error.locks_an_account() => 1,
        ErrorKind::Indeterminate => 2,
        ErrorKind::Conflict => 3,
        ErrorKind::Unavailable => 4,
        ErrorKind::RateLimited => 5,
        ErrorKind::Refused => 6,
        ErrorKind::Ambiguous => 7,
        ErrorKind::Unauthorized => 8,
        ErrorKind::Unexpected => 9,
        ErrorKind::InvalidInput => 10,
        ErrorKind::NotFound => 11,
    };
    errors.iter().min_by_key(place)
}

/// What to do next, where another run is the answer.
pub(crate) const RUN_AGAIN: &str =
    "run it again: what is done is found done, and only the rest is done";

/// How many of several failures may pass by themselves.
fn retryable(errors: &[Error]) -> usize {
    errors
        .iter()
        .filter(|error| error.kind.is_retryable())
        .count()
}

/// What a run ends with that was not done on every surface. Where another run would do some of it, and
/// another failure speaks for the run, it says both.
pub(crate) fn failure(errors: &[Error], message: String, changed: Changed) -> Option<Error> {
    let worst = worst(errors)?;
    let mut error = Error::new(worst.kind, message).changed(changed);
    error.next = match worst.kind {
        kind if kind.is_retryable() => Some(RUN_AGAIN.into()),
        ErrorKind::Ambiguous => Some("name the accounts that are meant, in `accounts`".into()),
        _ => worst.next.clone(),
    };
    let left = retryable(errors);
    if left > 0 && !worst.kind.is_retryable() {
        let rest = format!("{left} of {} failures may pass by themselves", errors.len());
        error.next = Some(match error.next {
            Some(next) => format!("{next}; {rest}: {RUN_AGAIN}"),
            None => format!("{rest}: {RUN_AGAIN}"),
        });
    }
    error.retry_after = errors.iter().filter_map(|error| error.retry_after).max();
    error.source.clone_from(&worst.source);
    Some(error)
}

/// The report as an error's details, with how many of the failures may pass by themselves.
pub(crate) fn details(report: &impl Serialize, errors: &[Error]) -> Option<Box<Value>> {
    let mut details = serde_json::to_value(report).ok()?;
    details["retryable_left"] = retryable(errors).into();
    Some(Box::new(details))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, changed: Changed) -> Error {
        Error::new(kind, "").changed(changed)
    }

    #[test]
    fn what_passes_by_itself_speaks_for_the_run_unless_it_must_not_be_run_again() {
        use ErrorKind::{
            Ambiguous, Conflict, NotFound, RateLimited, Refused, Unauthorized, Unavailable,
            Unexpected,
        };
        let kind = |kinds: &[ErrorKind]| {
            let errors = kinds.iter().map(|kind| error(*kind, Changed::Nothing));
            let errors: Vec<Error> = errors.collect();
            worst(&errors).map(|error| error.kind)
        };
        assert_eq!(kind(&[Unavailable, Refused]), Some(Unavailable));
        assert_eq!(kind(&[Ambiguous, Unavailable]), Some(Unavailable));
        assert_eq!(kind(&[Ambiguous, Refused]), Some(Refused));
        assert_eq!(kind(&[Unauthorized, RateLimited]), Some(RateLimited));
        assert_eq!(kind(&[Unauthorized, Unexpected]), Some(Unauthorized));
        assert_eq!(kind(&[Unavailable, Conflict]), Some(Conflict));
        assert_eq!(kind(&[NotFound, Unavailable]), Some(Unavailable));
        assert_eq!(kind(&[]), None);
    }

    /// Another run would find the account disabled, and leave its grants lost.
    #[test]
    fn no_retry_is_invited_where_something_may_be_lost() {
        for changed in [Changed::Unknown, Changed::Applied(vec!["x".into()])] {
            let errors = [
                error(ErrorKind::Unavailable, Changed::Nothing),
                error(ErrorKind::Refused, Changed::Nothing),
                error(ErrorKind::Unexpected, changed),
            ];
            let worst = worst(&errors).expect("one");
            assert_eq!(worst.kind, ErrorKind::Unexpected);
        }
    }

    #[test]
    fn what_speaks_for_the_run_does_not_hide_that_the_rest_may_pass() {
        let errors = [
            error(ErrorKind::Unexpected, Changed::Unknown).next("ask"),
            error(ErrorKind::Unavailable, Changed::Nothing),
        ];
        let failed = failure(&errors, "m".into(), Changed::Nothing).expect("failed");
        assert_eq!(failed.kind, ErrorKind::Unexpected);
        let next = failed.next.expect("told");
        assert_eq!(
            next,
            format!("ask; 1 of 2 failures may pass by themselves: {RUN_AGAIN}")
        );
        let details = details(&serde_json::json!({}), &errors).expect("details");
        assert_eq!(details["retryable_left"], 1);
    }
}
