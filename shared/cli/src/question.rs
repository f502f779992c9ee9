//! Asking the person at the terminal.

use std::io::{self, Write as _};
use std::thread;

use tokio::sync::oneshot;

use crate::interrupt::Interrupt;
use crate::{arguments, out};

/// How often somebody is asked who answers with something else.
const TIMES: usize = 3;

/// Whether a person says yes. No, nothing at all, the input's end and a signal are no.
pub(crate) async fn confirmed(question: &str, interrupt: &Interrupt) -> actions::Result<bool> {
    let failed = |error: io::Error| arguments::unreadable_input(&error);
    // Apart from the plan.
    out::say("");
    // What was typed before the question stood there is no answer to it.
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(
        rustix::stdio::stdin(),
        rustix::termios::QueueSelector::IFlush,
    );
    for _ in 0..TIMES {
        let mut terminal = anstream::stderr();
        write!(terminal, "{question}").map_err(failed)?;
        terminal.flush().map_err(failed)?;
        let line = tokio::select! {
            line = line_of_input() => line.map_err(failed)?,
            signal = interrupt.told() => {
                signal.map_err(failed)?;
                None
            }
        };
        let Some(line) = line else {
            // Where the question stands, nobody ended the line.
            out::say("");
            return Ok(false);
        };
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => out::say("Please answer y or n."),
        }
    }
    Ok(false)
}

/// A line of standard input, without one at its end. It is read by a thread of its own: nothing but the process's
/// end takes one away that waits for a person.
async fn line_of_input() -> io::Result<Option<String>> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new().spawn(move || {
        let mut line = Vec::new();
        let read = io::BufRead::read_until(&mut io::stdin().lock(), b'\n', &mut line);
        let line =
            // A line without an end is one that nobody has finished.
            read.map(|_| {
                line.ends_with(b"\n")
                    .then(|| String::from_utf8_lossy(&line).into_owned())
            });
        // Whoever asked may be gone.
        let _ = sender.send(line);
    })?;
    receiver.await.unwrap_or(Ok(None))
}
