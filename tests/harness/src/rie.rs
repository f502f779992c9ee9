//! AWS's own Lambda Runtime Interface Emulator, as a process.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::http;
use crate::output::Output;
use crate::{free_port, rie_binary};

/// How often to try with other ports if the emulator ends at once: another process may have taken
/// the ones that were free a moment ago.
const ATTEMPTS: usize = 3;

/// A function's binary under the emulator that AWS ships for testing.
///
/// Slower and less talkative than [`Function`](crate::Function), but AWS's own: it shows that the
/// binaries speak the real protocol. It starts the function at the first invocation. Killed with
/// the function when dropped.
pub struct Rie {
    child: Child,
    output: Output,
    ports: [u16; 2],
    /// The emulator panics on two invocations at once.
    one_at_a_time: Mutex<()>,
}

impl Rie {
    /// Starts `binary` under the emulator with `env`, and nothing else of this process's
    /// environment but `PATH`.
    ///
    /// # Panics
    /// If the emulator is absent or does not listen.
    pub fn start(binary: &Path, env: &[(&str, &str)]) -> Self {
        let mut rie = Self::spawn(binary, env);
        for attempt in 1.. {
            if rie.listens() {
                break;
            }
            assert!(
                attempt < ATTEMPTS,
                "the emulator ended instead of serving:\n{}",
                rie.logs()
            );
            rie = Self::spawn(binary, env);
        }
        rie
    }

    fn spawn(binary: &Path, env: &[(&str, &str)]) -> Self {
        let emulator = rie_binary();
        let install = "run `cargo xtask test`, which installs it";
        assert!(
            emulator.is_file(),
            "{} is absent: {install}",
            emulator.display()
        );
        let ports = [free_port(), free_port()];
        let [invocations, runtime_api] = ports.map(|port| format!("127.0.0.1:{port}"));
        let mut command = Command::new(&emulator);
        command
            .args(["--runtime-interface-emulator-address", &invocations])
            .args(["--runtime-api-address", &runtime_api])
            .arg(binary)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(env.iter().copied());
        let output = Output::capture(&mut command);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", emulator.display()));
        Self {
            child,
            output,
            ports,
            one_at_a_time: Mutex::default(),
        }
    }

    /// Waits until both ports answer; false if the emulator ended.
    fn listens(&mut self) -> bool {
        let limit = Instant::now() + Duration::from_secs(30);
        while self
            .child
            .try_wait()
            .expect("a child can be waited for")
            .is_none()
        {
            if self
                .ports
                .iter()
                .all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
            {
                return true;
            }
            let logs = || self.output.text();
            assert!(
                Instant::now() < limit,
                "the emulator does not serve after 30 s:\n{}",
                logs()
            );
            thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// Invokes the function and returns what it answered; for a failure that is the object with
    /// `errorType` and `errorMessage`.
    pub fn invoke(&self, event: &Value) -> Value {
        let _turn = self
            .one_at_a_time
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let url = format!(
            "http://127.0.0.1:{}/2015-03-31/functions/function/invocations",
            self.ports[0]
        );
        match http::post(&url, &[], event) {
            Ok((_, answer)) => answer,
            Err(error) => panic!("the emulator failed: {error}\n{}", self.logs()),
        }
    }

    /// What the emulator and the function printed so far.
    pub fn logs(&self) -> String {
        self.output.text()
    }
}

impl Drop for Rie {
    fn drop(&mut self) {
        // Asked to end, the emulator kills the function, which it keeps in a process group of its
        // own and which nobody else could reach, and reaps it.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
            && kill_process(pid, Signal::TERM).is_ok()
        {
            let limit = Instant::now() + Duration::from_secs(2);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < limit {
                thread::sleep(Duration::from_millis(2));
            }
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
