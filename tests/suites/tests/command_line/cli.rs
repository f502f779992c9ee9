//! r7user as a process, with a console, a platform and a folder of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rexpect::session::{PtySession, spawn_command};
use serde_json::Value;
use suites::{World, told};
use tempfile::TempDir;

pub(crate) struct Cli {
    pub(crate) world: World,
    folder: TempDir,
}

impl Cli {
    pub(crate) fn new() -> Self {
        Self::with(World::new())
    }

    pub(crate) fn with(world: World) -> Self {
        Self {
            world,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A file in the folder, which r7user runs in and keeps its state in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.r7user(arguments);
        command
            .env("XDG_STATE_HOME", self.folder.path())
            .current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        run(&mut self.command(arguments))
    }

    pub(crate) fn terminal(&self, arguments: &[&str]) -> PtySession {
        terminal(self.command(arguments))
    }

    /// The audit records that the runs left.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let path = self.path("rapid7-user-actions/audit.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }
}

/// Its exit code, standard output and standard error.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    told(&command.output().expect("r7user starts"))
}

/// The same, interrupted as by Ctrl-C once `begun`.
pub(crate) fn interrupted(
    command: &mut Command,
    begun: impl Fn() -> bool,
) -> (i32, String, String) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("r7user starts");
    while !begun() {
        thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "INT");
    told(&child.wait_with_output().expect("ends"))
}

/// Sends a signal to a program.
pub(crate) fn signal(child: &Child, signal: &str) {
    let mut kill = Command::new("kill");
    let sent = kill.args([format!("-{signal}"), child.id().to_string()]);
    assert!(sent.status().expect("kill starts").success());
}

/// The same in a window of so many columns, with colours unless the environment says otherwise.
pub(crate) fn window(mut command: Command, columns: u16) -> PtySession {
    let program = command.get_program().to_owned();
    let size = format!("stty rows 40 cols {columns}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(size)
        .arg(program)
        .args(command.get_args());
    shell.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    command = shell;
    command.stdin(Stdio::inherit());
    spawn_command(command, Some(15_000)).expect("r7user starts")
}

/// The same program in front of a person.
pub(crate) fn terminal(mut command: Command) -> PtySession {
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    // A terminal brings its own.
    command.stdin(Stdio::inherit());
    spawn_command(command, Some(15_000)).expect("r7user starts")
}
