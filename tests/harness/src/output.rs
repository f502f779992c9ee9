//! What a child process prints.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};

/// Collects a child's stdout and stderr, which share one pipe so that their order is kept.
///
/// A thread empties the pipe all the time, so the child never blocks on it. Asking for the text
/// empties it as well: the text holds everything that was written before the question.
pub(crate) struct Output {
    shared: Arc<Shared>,
}

struct Shared {
    pipe: PipeReader,
    bytes: Mutex<Vec<u8>>,
}

impl Output {
    /// Redirects the output of the process that `command` will start.
    pub(crate) fn capture(command: &mut Command) -> Self {
        let (pipe, writer) = new_pipe().expect("a pipe can be made");
        command.stdin(Stdio::null());
        command
            .stdout(writer.try_clone().expect("a pipe can be shared"))
            .stderr(writer);
        let shared = Arc::new(Shared {
            pipe,
            bytes: Mutex::default(),
        });
        let reader = Arc::clone(&shared);
        thread::spawn(move || while reader.wait() && reader.drain() {});
        Self { shared }
    }

    /// Everything printed so far.
    pub(crate) fn text(&self) -> String {
        self.take(&mut 0)
    }

    /// What was printed since byte number `from`, which is moved to the end of it.
    pub(crate) fn take(&self, from: &mut usize) -> String {
        self.shared.drain();
        let bytes = self.shared.bytes.lock().expect("no reader panicked");
        let text = String::from_utf8_lossy(&bytes[*from..]).into_owned();
        *from = bytes.len();
        text
    }
}

impl Shared {
    /// Waits for output or the end of it; false if that failed.
    fn wait(&self) -> bool {
        loop {
            match poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], None) {
                Err(rustix::io::Errno::INTR) => {}
                result => return result.is_ok(),
            }
        }
    }

    /// Takes what is in the pipe; false at the end of output. Reading under the lock is what makes
    /// the promise of [`Output`] hold: no bytes are on their way between pipe and buffer.
    fn drain(&self) -> bool {
        let mut bytes = self.bytes.lock().expect("no reader panicked");
        let end = (&self.pipe).read_to_end(&mut bytes);
        matches!(end, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

fn new_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    // Of this end only: the child's writes still block.
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok((reader, writer))
}
