//! What a person is told while a run goes on.

use std::io::Write as _;

/// Tells a person, on standard error. A terminal that was closed meanwhile does not make a run that is done
/// fail.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}
