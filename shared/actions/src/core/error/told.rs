//! An error that another process told by its text, read back.

use std::time::Duration;

use super::{Changed, Error, ErrorKind};

const NOTHING: &str = " Nothing was changed.";
const APPLIED: &str = " Already changed: ";
const UNKNOWN: &str = " Whether something was changed is not known.";
const WAIT: &str = " The server asks to wait ";
const NEXT: &str = " Next: ";

impl Error {
    /// An error that an operation ended with elsewhere, by its kind and its text: what was changed,
    /// how long to wait and what to do next are read out of the text. A text that is in no such form
    /// is told whole, and that it is not known whether something was changed.
    #[must_use]
    pub fn told(kind: ErrorKind, text: &str) -> Self {
        let read = read(kind, text).filter(|error| error.to_string() == text);
        read.unwrap_or_else(|| Self::new(kind, text).changed(Changed::Unknown))
    }
}

fn read(kind: ErrorKind, text: &str) -> Option<Error> {
    // What is told of several accounts has the same words inside: the last ones are the run's own.
    let found = [NOTHING, APPLIED, UNKNOWN].map(|mark| Some((text.rfind(mark)?, mark)));
    let (at, mark) = found.into_iter().flatten().max()?;
    let mut rest = &text[at + mark.len()..];
    let mut error = Error::new(kind, text[..at].strip_suffix('.')?);
    error.changed = match mark {
        NOTHING => Changed::Nothing,
        UNKNOWN => Changed::Unknown,
        _ => {
            let end = [WAIT, NEXT].into_iter().filter_map(|mark| rest.find(mark));
            let end = end.min().unwrap_or(rest.len());
            let changes = rest[..end].strip_suffix('.')?.split("; ");
            rest = &rest[end..];
            Changed::Applied(changes.map(str::to_owned).collect())
        }
    };
    if let Some(wait) = rest.strip_prefix(WAIT) {
        let (seconds, after) = wait.split_once(" s.")?;
        error.retry_after = Some(Duration::from_secs(seconds.parse().ok()?));
        rest = after;
    }
    if let Some(next) = rest.strip_prefix(NEXT) {
        error.next = Some(next.strip_suffix('.')?.to_owned());
        rest = "";
    }
    rest.is_empty().then_some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_read_back() {
        let changes = [
            Changed::Nothing,
            Changed::Applied(vec!["enabled: true → false".into(), "sites {1}".into()]),
            Changed::Unknown,
        ];
        for changed in changes {
            for (wait, next) in [
                (None, None),
                (Some(40), None),
                (None, Some("look at it. Then run it again")),
                (Some(0), Some("wait, then run it again")),
            ] {
                let mut error = Error::new(
                    ErrorKind::Conflict,
                    "emea: failed: x. Nothing was changed. Next: y; apac: done",
                );
                error.changed = changed.clone();
                error.retry_after = wait.map(Duration::from_secs);
                error.next = next.map(str::to_owned);
                let told = Error::told(error.kind, &error.to_string());
                assert_eq!(told.to_json(), error.to_json());
            }
        }
        let about = Error::new(ErrorKind::Refused, "no").about("jdoe (user 4)");
        let told = Error::told(about.kind, &about.to_string());
        assert_eq!(told.to_string(), about.to_string());
    }

    #[test]
    fn another_text_is_told_whole() {
        for text in [
            "",
            "Task timed out after 3.00 seconds",
            "x Nothing was changed.",
            "x. Nothing was changed. And more",
            "x. Nothing was changed. The server asks to wait a s.",
            "x. Already changed: y",
        ] {
            let error = Error::told(ErrorKind::Unexpected, text);
            assert_eq!(
                (error.message.as_str(), error.changed),
                (text, Changed::Unknown)
            );
        }
    }
}
