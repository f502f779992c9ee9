//! What is said on the terminal: all of it on stderr, so that stdout stays the tests'.

use std::env;
use std::fmt::Display;
use std::io::{IsTerminal, stderr, stdout};
use std::time::{Duration, Instant};

/// Numbered steps and the time they took.
pub(crate) struct Progress {
    step: usize,
    steps: usize,
    started: Instant,
}

impl Progress {
    pub(crate) fn new(steps: usize) -> Self {
        Self {
            step: 0,
            steps,
            started: Instant::now(),
        }
    }

    /// Announces the next step.
    pub(crate) fn step(&mut self, title: impl Display) {
        self.step += 1;
        let number = format!("[{}/{}]", self.step, self.steps);
        eprintln!("{} {title}", paint("1;36", &number));
    }

    /// Says how long it all took.
    pub(crate) fn finish(&self, outcome: impl Display) {
        eprintln!("{outcome} in {}", human(self.started.elapsed()));
    }
}

/// A line that belongs to the current step.
pub(crate) fn note(text: impl Display) {
    eprintln!("      {text}");
}

/// Why the command failed.
pub(crate) fn error(text: impl Display) {
    eprintln!("{} {text}", paint("1;31", "error:"));
}

/// Colours text for standard error, unless nobody sees it or wants it.
fn paint(colour: &str, text: &str) -> String {
    paint_for(stderr().is_terminal(), colour, text)
}

/// The same for standard output.
pub(crate) fn paint_output(colour: &str, text: &str) -> String {
    paint_for(stdout().is_terminal(), colour, text)
}

/// `NO_COLOR` turns colours off (<https://no-color.org>).
fn paint_for(seen: bool, colour: &str, text: &str) -> String {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if unwanted || !seen {
        return text.to_owned();
    }
    format!("\x1b[{colour}m{text}\x1b[0m")
}

fn human(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(human(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(human(Duration::from_secs(125)), "2 min 5 s");
    }
}
