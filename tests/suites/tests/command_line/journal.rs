//! The journal of a laptop: a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate};
use suites::with_disabled;

use crate::cli::{Cli, run};

const DISABLE: [&str; 4] = ["disable-user", "--user-id", "4", "--yes"];
const FOLDER: &str = "rapid7-user-actions/journal";

/// The names of the files by how they end.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).expect("a folder");
    let all = all.map(|file| file.expect("a file").path());
    all.filter(|path| path.extension().is_some_and(|is| is == end))
        .collect()
}

#[test]
fn writing_leaves_a_lock_in_the_state_folder_and_reading_nothing() {
    let cli = Cli::new();
    let folder = cli.path(FOLDER);
    let (code, _, err) = cli.run(&["get-user", "--user-id", "4"]);
    assert_eq!((code, folder.exists()), (0, false), "{err}");
    let (code, _, err) = cli.run(&DISABLE);
    assert_eq!(code, 0, "{err}");
    let mode = fs::metadata(&folder)
        .expect("a folder")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(files(&folder, "lock").len(), 1);
    assert_eq!(files(&folder, "json").len(), 0);
}

#[test]
fn what_a_killed_run_left_is_finished_by_the_next_one_at_once() {
    let cli = Cli::new();
    let before = cli.world.console.state().snapshot();
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
    cli.world.console.push_fault(held.on("PUT", "/users/4"));
    let named = cli.path("named");
    let mut command = cli.command(&DISABLE);
    command.env("RAPID7_JOURNAL_FOLDER", &named);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    while gate.reached() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    gate.open();
    let disabled = with_disabled(before, 4);
    assert_ne!(cli.world.console.state().snapshot(), disabled);
    let entries = files(&named, "json");
    assert_eq!(entries.len(), 1);
    // As a copy from elsewhere may be.
    fs::set_permissions(&entries[0], fs::Permissions::from_mode(0o644)).expect("set");
    let text = fs::read_to_string(&entries[0]).expect("an entry");
    assert!(!text.contains(suites::OWN_PASSWORD), "{text}");
    let (code, out, err) = run(&mut command);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(cli.world.console.state().snapshot(), disabled, "{out}{err}");
    assert_eq!(files(&named, "json").len(), 0);
    assert!(!cli.path(FOLDER).exists());
}

#[test]
fn a_journal_that_can_t_be_used_is_told_and_nothing_is_written() {
    let cli = Cli::new();
    let file = cli.path("a-file");
    fs::write(&file, "").expect("written");
    let refused = |variables: &[(&str, &str)], told: &str| {
        let mut command = cli.command(&DISABLE);
        let (code, _, err) = run(command.envs(variables.iter().copied()));
        assert_ne!(code, 0, "{variables:?}");
        assert!(err.contains(told), "{variables:?}: {err}");
    };
    let file = file.to_str().expect("text");
    refused(&[("RAPID7_JOURNAL_FOLDER", file)], file);
    refused(
        &[("RAPID7_JOURNAL_FOLDER", "")],
        "RAPID7_JOURNAL_FOLDER: expected not to be empty",
    );
    let both = [
        ("RAPID7_JOURNAL_FOLDER", file),
        ("RAPID7_JOURNAL_TABLE", "acme-journal"),
    ];
    refused(&both, "RAPID7_JOURNAL_TABLE");
    assert_eq!(cli.world.writes(), Vec::<String>::new());
}
