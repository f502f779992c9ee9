//! Questions to the person at the terminal, one after the other. Ctrl-C at any of them, and the end of the input, are
//! answers too.

use std::io::{self, Write as _};
use std::thread;

use secrecy::SecretString;
use services::signals::{Signal, Signals};
use tokio::sync::oneshot;

use crate::out::say;

/// Why there is no answer.
pub(crate) enum Stop {
    /// A signal came.
    Interrupted(Signal),
    /// The input is at its end, or can't be read.
    Ended,
}

/// Who asks.
pub(crate) struct Asker {
    signals: Signals,
}

impl Asker {
    /// From now on signals are answers.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            signals: Signals::caught()?,
        })
    }

    /// One line, without what surrounds it.
    pub(crate) async fn line(&mut self, question: &str) -> Result<String, Stop> {
        Ok(self.answer(question).await?.trim().to_owned())
    }

    /// One line that the terminal does not show.
    pub(crate) async fn secret(&mut self, question: &str) -> Result<SecretString, Stop> {
        let shown = Quiet::terminal();
        let answer = self.answer(question).await;
        drop(shown);
        // The line's own end was not shown either.
        say("");
        Ok(answer?.into())
    }

    /// Whether the answer is yes. Enter alone is no.
    pub(crate) async fn yes(&mut self, question: &str) -> Result<bool, Stop> {
        loop {
            let answer = self.line(&format!("{question} [y/N] ")).await?;
            match answer.to_lowercase().as_str() {
                "y" | "yes" => return Ok(true),
                "" | "n" | "no" => return Ok(false),
                _ => say("Answer yes or no."),
            }
        }
    }

    /// Something that takes a while, unless a signal comes first.
    pub(crate) async fn unless_interrupted<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, Stop> {
        tokio::select! {
            done = work => Ok(done),
            signal = self.signals.next() => Err(Stop::Interrupted(signal)),
        }
    }

    async fn answer(&mut self, question: &str) -> Result<String, Stop> {
        let mut terminal = io::stderr();
        let _ = write!(terminal, "{question}").and_then(|()| terminal.flush());
        let (tell, told) = oneshot::channel();
        // Reading can't be given up: who interrupts leaves the thread to the end of the process.
        thread::spawn(move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line);
            // A line without an end is one that nobody has finished.
            let _ = tell.send(read.ok().filter(|_| line.ends_with('\n')).map(|_| line));
        });
        let answer = self.unless_interrupted(told).await?;
        let line = answer.ok().flatten().ok_or(Stop::Ended)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct Quiet {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Quiet {
    #[cfg(unix)]
    fn terminal() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let terminal = rustix::stdio::stdin();
        let before = tcgetattr(terminal).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(terminal, OptionalActions::Now, &quiet);
        }
        Self { before }
    }

    #[cfg(not(unix))]
    fn terminal() -> Self {
        Self {}
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            use rustix::termios::{OptionalActions, tcsetattr};

            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
        }
    }
}
