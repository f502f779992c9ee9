//! Programs that keep the InsightConnect plugin contract: this project's, and one on the vendor's
//! runtime to compare it with.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{self, Answer};
use crate::output::Output;
use crate::{binary, insightconnect_python, workspace_root};

/// A plugin's program, which is a process of its own for each message, or a server.
pub struct Plugin {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    server: Server,
}

/// How a plugin is made a server of 127.0.0.1.
enum Server {
    /// It is told by arguments.
    Own,
    /// The vendor's runtime listens everywhere, and on a port that must be known before, unless
    /// its server is configured by a file.
    Gunicorn,
}

/// What came of a plugin's process.
#[derive(Clone, Debug)]
pub struct PluginOutput {
    /// The exit code, or -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl PluginOutput {
    /// The event that the process answered with: the last line of standard output.
    pub fn event(&self) -> Option<Value> {
        serde_json::from_str(self.stdout.lines().next_back()?).ok()
    }
}

impl Plugin {
    /// This project's plugin.
    ///
    /// # Panics
    /// If it has not been built.
    pub fn own() -> Self {
        Self {
            program: binary("insightconnect-plugin"),
            arguments: vec![],
            environment: vec![],
            server: Server::Own,
        }
    }

    /// The sample plugin of the tests, on the vendor's runtime.
    ///
    /// # Panics
    /// If the Python environment with that runtime is absent.
    pub fn on_vendor_runtime() -> Self {
        let program = insightconnect_python();
        assert!(
            program.is_file(),
            "{} is absent: run `cargo xtask test`, which installs it",
            program.display()
        );
        let main = workspace_root().join("tests/python/sample_plugin/main.py");
        let environment = [
            // The sources' folder is not for what Python keeps of them.
            ("PYTHONDONTWRITEBYTECODE", "1"),
            // Python holds back what it prints to a pipe, and a server is ready when it says so.
            ("PYTHONUNBUFFERED", "1"),
        ];
        Self {
            program,
            arguments: vec![main.into()],
            environment: environment
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            server: Server::Gunicorn,
        }
    }

    /// With more in its environment, which otherwise holds nothing of this process's but `PATH`.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(arguments)
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)));
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    fn start(&self, command: &mut Command) -> Child {
        command
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.program.display()))
    }

    /// Runs the program with `input` on standard input and waits for its end.
    pub fn call(&self, arguments: &[&str], input: &[u8]) -> PluginOutput {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.start(&mut command);
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let output = thread::scope(|scope| {
            // Beside the reading: neither side waits for the other with a full pipe. A program
            // that needs no input may have gone before it is written.
            scope.spawn(move || _ = stdin.write_all(input));
            child.wait_with_output().expect("a child can be waited for")
        });
        PluginOutput {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs one message: `subcommand` is `run` or `test`.
    pub fn send(&self, subcommand: &str, message: &Value) -> PluginOutput {
        self.call(&[subcommand], message.to_string().as_bytes())
    }

    /// Starts the program as a server on a free port of 127.0.0.1 and waits until it listens.
    pub fn serve(&self) -> PluginServer {
        self.serve_with(&[])
    }

    /// The same with more arguments.
    pub fn serve_with(&self, arguments: &[&str]) -> PluginServer {
        // The vendor's runtime takes the file's name alone, and so looks in its own folder.
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut all = vec!["http"];
        if matches!(self.server, Server::Own) {
            all.extend(["--host", "127.0.0.1", "--port", "0"]);
        }
        all.extend(arguments);
        let mut command = self.command(&all);
        if matches!(self.server, Server::Gunicorn) {
            let file = folder.path().join("gunicorn.json");
            // As the runtime has it, but for the address.
            let config = json!({
                "bind": "127.0.0.1:0", "workers": 1, "threads": 4, "worker_class": "sync",
            });
            fs::write(file, config.to_string()).expect("a file can be written");
            command
                .env("GUNICORN_CONFIG_FILE", "gunicorn.json")
                .current_dir(folder.path());
        }
        let output = Output::capture(&mut command);
        let child = self.start(&mut command);
        let mut server = PluginServer {
            child,
            output,
            url: String::new(),
            _folder: folder,
        };
        server.url = server.wait_for_url();
        server
    }
}

/// A plugin that serves messages over HTTP. Ended, with all that it started, when dropped.
pub struct PluginServer {
    child: Child,
    output: Output,
    url: String,
    _folder: TempDir,
}

impl PluginServer {
    fn wait_for_url(&mut self) -> String {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let text = self.output.text();
            if let Some(address) = listening_on(&text) {
                return format!("http://{address}");
            }
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(
                ended.is_none(),
                "the plugin ended instead of serving:\n{text}"
            );
            assert!(
                Instant::now() < limit,
                "the plugin does not serve after a minute:\n{text}"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Where it listens: `http://127.0.0.1:` and the port.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it printed so far.
    pub fn logs(&self) -> String {
        self.output.text()
    }

    /// The id of the process; of the vendor's, that of the one which starts the others.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Posts JSON.
    pub fn post(&self, path: &str, message: &Value) -> Answer {
        let body = message.to_string();
        self.request("POST", path, Some("application/json"), body.as_bytes())
    }

    /// Asks for something.
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None, b"")
    }

    /// Sends anything.
    ///
    /// # Panics
    /// If no answer comes.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Answer {
        let url = format!("{}{path}", self.url);
        http::request(method, &url, content_type, body)
            .unwrap_or_else(|error| panic!("{method} {path} failed: {error}\n{}", self.logs()))
    }

    /// Asks it to end as a container is asked to, and returns the exit code, or -1 if a signal
    /// ended it.
    ///
    /// # Panics
    /// If it goes on for a minute.
    pub fn terminate(&mut self) -> i32 {
        self.signal(Signal::TERM);
        assert!(
            self.ends_within(Duration::from_secs(60)),
            "the plugin does not end:\n{}",
            self.logs()
        );
        let status = self.child.wait().expect("a child can be waited for");
        status.code().unwrap_or(-1)
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it goes on for a minute.
    pub fn wait(&mut self) {
        let ended = self.ends_within(Duration::from_secs(60));
        assert!(ended, "the plugin does not end:\n{}", self.logs());
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            _ = kill_process(pid, signal);
        }
    }

    fn ends_within(&mut self, time: Duration) -> bool {
        let limit = Instant::now() + time;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > limit {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

impl Drop for PluginServer {
    fn drop(&mut self) {
        // Asked to end at once, the vendor's server ends its workers. Were it killed, they would
        // notice a second later.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::INT);
            self.ends_within(Duration::from_secs(30));
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The address in a line that tells of it, in the words of either program.
fn listening_on(text: &str) -> Option<&str> {
    let (_, rest) = ["listening on http://", "Listening at: http://"]
        .iter()
        .find_map(|words| text.split_once(words))?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ':'))?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_once_it_is_complete() {
        let vendor = "[INFO] Listening at: http://127.0.0.1:35599 (7)\n";
        assert_eq!(listening_on(vendor), Some("127.0.0.1:35599"));
        let own = r#"{"message":"listening on http://127.0.0.1:80"}"#;
        assert_eq!(listening_on(own), Some("127.0.0.1:80"));
        assert_eq!(listening_on("listening on http://127.0.0.1:35"), None);
    }
}
