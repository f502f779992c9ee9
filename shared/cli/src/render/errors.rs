//! Errors and warnings.

use actions::Changed;
use rapid7::printable_lines;
use serde_json::Value;

use super::page::Page;
use super::parts::{BAD, paint, warning_line};
use super::people;

/// What can't be done of a plan that was shown. The plan of a list tells of each one why.
pub(crate) fn left_out(error: &actions::Error, page: Page) -> String {
    let kind = error.kind.name();
    let details = error.details.as_deref().and_then(Value::as_object);
    let message = match details.is_some_and(people::is_a_list) {
        true => error.message.lines().next().unwrap_or_default(),
        false => error.message.as_str(),
    };
    let told = format!(
        "{} {kind}: {}",
        paint(BAD, "not in this plan:"),
        printable_lines(message)
    );
    page.wrapped(&told, "  ")
}

/// A warning about the deployment itself.
pub(crate) fn warning(text: &str, page: Page) -> String {
    warning_line(&printable_lines(text), page)
}

/// An error: what happened, what was changed, what to do next, each on lines of its own.
pub(crate) fn error(error: &actions::Error, page: Page) -> String {
    let mut lines = Vec::new();
    let details = error.details.as_deref().and_then(Value::as_object);
    if let Some(members) = details.filter(|members| people::is_about(members)) {
        lines.push(people::tables(members, page));
    }
    let mut say = |text: String| lines.push(page.wrapped(&text, "  "));
    // Settings that can't be used are no refusal by anybody.
    let kind = match error.settings {
        true => "Configuration".to_owned(),
        false => in_words(error.kind.name()),
    };
    let kind = paint(BAD, &format!("{kind}:"));
    let subject = error
        .subject
        .as_deref()
        .map(|subject| format!("{subject}: "));
    let cause = format!(
        "{}{}",
        subject.unwrap_or_default(),
        error.message.trim_end_matches('.')
    );
    say(format!("{kind} {}.", printable_lines(&cause)));
    match &error.changed {
        Changed::Nothing => say("Nothing was changed.".into()),
        Changed::Unknown => say("Whether something was changed is not known.".into()),
        Changed::Applied(changes) => match changes.as_slice() {
            [one] => say(format!("Already changed: {}.", printable_lines(one))),
            several => {
                say("Already changed:".into());
                for change in several {
                    say(format!("• {}", printable_lines(change)));
                }
            }
        },
    }
    if let Some(wait) = error.retry_after {
        say(format!("The server asks to wait {} s.", wait.as_secs()));
    }
    let next = error.next.as_deref().map(printable_lines);
    let safe = "Running it again is safe.".to_owned();
    match (next, error.kind.is_retryable()) {
        (Some(next), true) => say(format!("Next: {next}. {safe}")),
        (Some(next), false) => say(format!("Next: {next}.")),
        (None, true) => say(safe),
        (None, false) => {}
    }
    lines.join("\n")
}

/// A kind of error in words: `Not found` for `NotFound`.
fn in_words(kind: &str) -> String {
    let mut words = String::new();
    for letter in kind.chars() {
        match letter.is_uppercase() && !words.is_empty() {
            true => words.extend([' '].into_iter().chain(letter.to_lowercase())),
            false => words.push(letter),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use actions::{Error, ErrorKind};
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn each_of_the_three_things_that_an_error_tells_has_its_own_lines() {
        let told = Error::new(ErrorKind::Conflict, "other runs kept changing it \u{9b}")
            .changed(Changed::Applied(vec![
                "enabled: true → false".into(),
                "sites given back".into(),
            ]))
            .next("look at the account in the console");
        assert_eq!(
            strip_str(&error(&told, Page::wide(40))).to_string(),
            "Conflict: other runs kept changing it\n  \\u009b.\n\
             Already changed:\n• enabled: true → false\n• sites given back\n\
             Next: look at the account in the\n  console. Running it again is safe."
        );
        let told = Error::new(ErrorKind::NotFound, "nobody has this login");
        assert_eq!(
            strip_str(&error(&told, Page::ENDLESS)).to_string(),
            "Not found: nobody has this login.\nNothing was changed."
        );
    }
}
