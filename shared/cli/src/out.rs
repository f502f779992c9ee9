//! What the program writes for whoever started it.

use std::fmt::Display;
use std::io::{self, Write as _};

use actions::{Changed, Error};
use serde_json::Value;
use services::output::heard;

/// Says something on standard error. Where nobody can be told, the run goes on all the same: what it has begun
/// must not end for that.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Writes the answer to standard output.
pub(crate) fn answer(text: &str) -> io::Result<()> {
    let mut output = anstream::stdout();
    heard(writeln!(output, "{text}").and_then(|()| output.flush()))
}

/// What came of a run whose answer could not be written: what it changed is changed.
pub(crate) fn unwritten(answer: &Value, error: &io::Error) -> Error {
    let lines = |member: &str| -> Vec<String> {
        let lines = answer[member].as_array().into_iter().flatten();
        lines
            .filter_map(|line| line.as_str().map(str::to_owned))
            .collect()
    };
    let changed = match answer["changed"] == true {
        true => Changed::Applied(lines("plan")),
        false => Changed::Nothing,
    };
    Error::unavailable(format!(
        "the run is done, and its answer could not be written to standard output: {error}"
    ))
    .changed(changed)
    .next("make room for the answer, or send it elsewhere, and run the same again: it does what is left, and \
           tells how things are")
}
