//! What a failed write tells by itself, before anybody looks: the same on both surfaces.

use crate::core::change::FieldChange;
use crate::core::error::{Changed, Error, ErrorKind};

/// The sendings of one write so far, none of which got a plain success.
#[derive(Debug, Default)]
pub(crate) struct Sendings {
    /// Whether one of them left this process.
    left: bool,
    /// Whether it was sent once more after a look.
    again: bool,
    /// Whether one got lost on the way and may still arrive.
    may_arrive: bool,
}

/// What is to be done about a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// It never left: there is nothing to look at.
    NeverLeft,
    /// Nothing can be asked with these credentials, so nobody knows.
    CanNotLook,
    /// Only a look tells.
    Look,
}

impl Sendings {
    /// Takes in how the last sending failed.
    pub(crate) fn add(&mut self, error: &rapid7::Error) -> Failed {
        self.left |= error.sent;
        self.may_arrive |= error.sent && error.answer_was_lost();
        match (self.left, error.is_about_credentials()) {
            (false, _) => Failed::NeverLeft,
            (true, true) => Failed::CanNotLook,
            (true, false) => Failed::Look,
        }
    }

    /// Whether the write may be sent once more, now that a look shows that it was not carried out. Not after
    /// an answer that means something, as it would be the same again; and not if no answer came in time:
    /// that one may still be under way, and another look later is worth more than another write.
    pub(crate) fn may_send_again(&self, error: &rapid7::Error) -> bool {
        let passes = matches!(error.status, None | Some(502..=504));
        !self.again && passes && !error.was_refused() && !error.timed_out()
    }

    /// Notes that the write is sent once more.
    pub(crate) fn send_again(&mut self) {
        self.again = true;
    }

    /// Whether it was sent once more.
    pub(crate) fn is_again(&self) -> bool {
        self.again
    }

    /// What is known to have changed, where a look shows that nothing has.
    pub(crate) fn changed(&self) -> Changed {
        match self.may_arrive {
            true => Changed::Unknown,
            false => Changed::Nothing,
        }
    }
}

/// What a person should know about a write that was carried out, as a look shows, whatever was answered.
pub(crate) fn carried_out_all_the_same(error: &rapid7::Error, sendings: &Sendings) -> String {
    if error.was_refused() && !sendings.is_again() {
        return format!(
            "the answer was a refusal ({error}); reading back shows that it was carried out all the same"
        );
    }
    format!("an answer was lost ({error}); reading back shows that it was carried out")
}

/// A new account was refused, and one like it is there: whether it is the one that was sent or somebody
/// else's, nothing tells. `found` is where it is not as it was sent.
pub(crate) fn taken(error: &rapid7::Error, what: &str, found: &[FieldChange]) -> Error {
    let found = found.iter().map(|change| {
        let FieldChange {
            field,
            before,
            after,
        } = change;
        format!("; {field} should be {before} and reads {after}")
    });
    let found: String = found.collect();
    Error::new(
        ErrorKind::Conflict,
        format!(
            "{error}, and an account has this {what} by now, which this run or somebody else \
             created{found}"
        ),
    )
    .changed(Changed::Unknown)
    .next("look who created it, then run it again: it compares the account with what is wanted")
}
