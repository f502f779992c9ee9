//! A function's real binary, run as Lambda runs it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, fs};

use serde_json::Value;

use crate::REGION;
use crate::invocation::{FunctionError, Invocation};
use crate::output::Output;
use crate::runtime_api::{Pending, RuntimeApi};

/// How long a process may take until it asks for its first event. Lambda grants 10 s; an
/// unoptimised build on a busy machine gets more.
const INIT_LIMIT: Duration = Duration::from_secs(30);

/// How often to look whether the process still lives while waiting for its answer, which itself
/// wakes the waiter at once.
const LOOK: Duration = Duration::from_millis(20);

/// A running function process with the Runtime API it talks to.
///
/// Killed and reaped when dropped.
pub struct Function {
    api: RuntimeApi,
    child: Mutex<Child>,
    pid: u32,
    output: Output,
    /// Up to where earlier invocations took the logs.
    logs_taken: Mutex<usize>,
    started: Instant,
    timeout: Duration,
}

/// What a function's configuration says, besides its environment variables.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `AWS_LAMBDA_FUNCTION_NAME`; the binary's name if `None`.
    pub name: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`. Only told, not enforced.
    pub memory_mib: u32,
    /// The limit of an invocation, which [`Function::invoke`] enforces as Lambda does: by ending
    /// the process.
    pub timeout: Duration,
    /// Arguments for the binary. Lambda gives none; for running a function under another program.
    pub arguments: Vec<String>,
    /// Where the process runs; the caller's own folder if `None`.
    pub working_directory: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: None,
            memory_mib: 128,
            timeout: Duration::from_secs(30),
            arguments: Vec::new(),
            working_directory: None,
        }
    }
}

impl Function {
    /// Starts `binary` with `env` and what Lambda sets, and nothing else of this process's
    /// environment but `PATH`. Does not wait until it is ready.
    pub fn start(binary: &Path, env: &[(&str, &str)]) -> Self {
        Self::start_with(binary, env, Settings::default())
    }

    /// As [`start`](Self::start), in another folder.
    pub fn start_in(directory: &Path, binary: &Path, env: &[(&str, &str)]) -> Self {
        let settings = Settings {
            working_directory: Some(directory.to_path_buf()),
            ..Settings::default()
        };
        Self::start_with(binary, env, settings)
    }

    /// As [`start`](Self::start), with other settings than the usual.
    pub fn start_with(binary: &Path, env: &[(&str, &str)], settings: Settings) -> Self {
        let api = RuntimeApi::start();
        let own_name = binary
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let name = settings.name.unwrap_or(own_name);
        let mut command = Command::new(binary);
        command
            .args(settings.arguments)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", &name)
            .env(
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                settings.memory_mib.to_string(),
            )
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env(
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef",
            )
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION);
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(directory) = settings.working_directory {
            command.current_dir(directory);
        }
        // Last, so that a test can overrule anything above.
        command.envs(env.iter().copied());
        let output = Output::capture(&mut command);
        let started = Instant::now();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        let pid = child.id();
        Self {
            api,
            child: Mutex::new(child),
            pid,
            output,
            logs_taken: Mutex::new(0),
            started,
            timeout: settings.timeout,
        }
    }

    /// Hands `event` to the function and waits for its answer, at most [`Settings::timeout`].
    ///
    /// If the process ends meanwhile, the error's type is `Runtime.ExitError` and its message ends
    /// with the logs. Out of time, it is `Sandbox.Timedout`, and the process has been killed.
    pub fn invoke(&self, event: &Value) -> Invocation {
        self.invoke_with_deadline(event, self.timeout)
    }

    /// As [`invoke`](Self::invoke), with the event's text as it is: for JSON that no value has.
    pub fn invoke_text(&self, event: &str) -> Invocation {
        self.send(event.to_owned(), self.timeout)
    }

    /// As [`invoke`](Self::invoke), with a time limit of its own: the function is told the
    /// deadline, `limit` after it gets the event, and killed when it is over.
    pub fn invoke_with_deadline(&self, event: &Value, limit: Duration) -> Invocation {
        self.send(event.to_string(), limit)
    }

    fn send(&self, event: String, limit: Duration) -> Invocation {
        let pending = self.api.send(event, limit);
        let sent = Instant::now();
        let mut invocation = loop {
            // An answer sent right before the process ended counts, so look for it after the exit.
            let exit = self.exit_status();
            if let Some(answer) = pending.wait(LOOK) {
                break answer.into_invocation(pending.request_id.clone());
            }
            let handed_out = pending.handed_out();
            if let Some(status) = exit {
                break self.failed(&pending, sent, self.exit_error(&pending.request_id, status));
            }
            let over = match handed_out {
                Some(handed_out) => handed_out.elapsed() >= limit,
                None => sent.elapsed() >= INIT_LIMIT.max(limit),
            };
            if over {
                let seconds = limit.as_secs_f64();
                let message = format!(
                    "RequestId: {} Error: Task timed out after {seconds:.2} seconds",
                    pending.request_id
                );
                let invocation = self.failed(
                    &pending,
                    sent,
                    FunctionError::new("Sandbox.Timedout", message),
                );
                self.kill();
                break invocation;
            }
        };
        invocation.logs = self
            .output
            .take(&mut self.logs_taken.lock().expect("no user panicked"));
        invocation
    }

    /// Everything the process printed so far, stdout and stderr in the order of writing.
    ///
    /// Complete up to this call: what the process wrote to its stdout or stderr before it sent an
    /// answer is in the text after [`invoke`](Self::invoke) returned that answer. What it still
    /// holds in a buffer of its own is not.
    pub fn logs(&self) -> String {
        self.output.text()
    }

    /// The moment before the process was created.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The Runtime API of this process.
    pub fn api(&self) -> &RuntimeApi {
        &self.api
    }

    /// Waits until the process asks for its first event and returns the time from
    /// [`started`](Self::started) to that: the cold start.
    ///
    /// # Panics
    /// If it ends before, or does not ask within `timeout`.
    pub fn wait_for_first_next(&self, timeout: Duration) -> Duration {
        let limit = Instant::now() + timeout;
        loop {
            if let Some(at) = self.api.wait_for_first_next(LOOK) {
                return at - self.started;
            }
            if let Some(status) = self.exit_status() {
                panic!(
                    "the function ended before its first event ({status}):\n{}",
                    self.logs()
                );
            }
            assert!(
                Instant::now() < limit,
                "the function asked for no event in {timeout:?}:\n{}",
                self.logs()
            );
        }
    }

    /// The most memory the process has held so far (`VmHWM`); `None` once it has ended, and on
    /// systems other than Linux.
    pub fn peak_memory_kib(&self) -> Option<u64> {
        peak_memory_kib(self.pid)
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// How the process ended, or `None` while it runs.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.child
            .lock()
            .expect("no user panicked")
            .try_wait()
            .expect("a child can be waited for")
    }

    /// Ends the process, if it still runs, and reaps it.
    pub fn kill(&self) {
        let mut child = self.child.lock().expect("no user panicked");
        _ = child.kill();
        _ = child.wait();
    }

    fn exit_error(&self, request_id: &str, status: ExitStatus) -> FunctionError {
        let logs = self.logs();
        if let Some(mut error) = self.api.init_error() {
            error.error_message = format!("{}\n{logs}", error.error_message);
            return error;
        }
        let message =
            format!("RequestId: {request_id} Error: Runtime exited with error: {status}\n{logs}");
        FunctionError::new("Runtime.ExitError", message)
    }

    fn failed(&self, pending: &Pending, sent: Instant, error: FunctionError) -> Invocation {
        let handed_out = pending.handed_out();
        Invocation {
            result: Err(error),
            request_id: pending.request_id.clone(),
            duration: handed_out.unwrap_or(sent).elapsed(),
            handed_out,
            answered: None,
            logs: String::new(),
        }
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The most memory that a process has held so far (`VmHWM`); `None` once it has ended, and on systems
/// other than Linux.
pub fn peak_memory_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
