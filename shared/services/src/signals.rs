//! The signals by which a process is told to end.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

/// A signal that tells the process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    name: &'static str,
    number: u8,
}

/// A closed terminal, Ctrl-C, and what ends services and containers.
const ENDING: [Signal; 3] = [
    Signal {
        name: "SIGHUP",
        number: 1,
    },
    Signal {
        name: "SIGINT",
        number: 2,
    },
    Signal {
        name: "SIGTERM",
        number: 15,
    },
];

impl Signal {
    /// Its name, such as `SIGTERM`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What a process ends with that leaves something undone because of it, as shells tell it: 128 and its
    /// number.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        128 + self.number
    }
}

/// Those signals, caught: from now on they end the process no more by themselves.
pub struct Signals(Vec<(Signal, caught::Stream)>);

impl Signals {
    /// Catches them, in a runtime. What whoever started the process has it ignore stays ignored: by `nohup`
    /// a closed terminal is to end nothing.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn caught() -> io::Result<Self> {
        let ignored = caught::ignored();
        let wanted = ENDING.into_iter();
        let wanted = wanted.filter(|signal| ignored & (1 << (signal.number - 1)) == 0);
        let streams = wanted.map(|signal| Ok((signal, caught::stream(signal)?)));
        streams.collect::<io::Result<_>>().map(Self)
    }

    /// The next one that comes.
    pub async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, stream) in &mut self.0 {
                if let Poll::Ready(Some(())) = stream.poll_recv(context) {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(unix)]
mod caught {
    use std::io;

    use tokio::signal::unix::{SignalKind, signal};

    pub(super) type Stream = tokio::signal::unix::Signal;

    pub(super) fn stream(wanted: super::Signal) -> io::Result<Stream> {
        signal(SignalKind::from_raw(wanted.number.into()))
    }

    /// The signals that the process ignores, a bit each, where the system tells.
    pub(super) fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        ignored_in(&status).unwrap_or(0)
    }

    pub(super) fn ignored_in(status: &str) -> Option<u64> {
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(line.trim(), 16).ok()
    }
}

/// Elsewhere there is Ctrl-C alone.
#[cfg(not(unix))]
mod caught {
    use std::io;

    pub(super) type Stream = tokio::signal::windows::CtrlC;

    pub(super) fn stream(_: super::Signal) -> io::Result<Stream> {
        tokio::signal::windows::ctrl_c()
    }

    /// All but Ctrl-C.
    pub(super) fn ignored() -> u64 {
        !(1 << 1)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_that_shells_tell() {
        let codes = ENDING.map(Signal::exit_code);
        assert_eq!(codes, [129, 130, 143]);
    }

    #[test]
    fn what_is_ignored_is_read_by_bits() {
        let status = "Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n";
        assert_eq!(caught::ignored_in(status), Some(0x1001));
        assert_eq!(caught::ignored_in("Name:\tx\n"), None);
    }
}
