//! The journal of a laptop: a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fake_console::{Fault, FaultKind, Gate};
use suites::{wait_until, with_disabled};

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

/// Runs it, and kills it when the console has carried the replacement out.
fn killed_after_the_put(cli: &Cli, command: &mut Command) {
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
    cli.world.console.push_fault(held.on("PUT", "/users/4"));
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    wait_until("the PUT", || gate.reached() == 1);
    child.kill().expect("killed");
    child.wait().expect("ended");
    gate.open();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
}

#[test]
fn what_a_killed_run_left_is_finished_by_the_next_one_at_once() {
    let cli = Cli::new();
    let before = cli.world.console.state().snapshot();
    let named = cli.path("named");
    let mut command = cli.command(&DISABLE);
    command.env("RAPID7_JOURNAL_FOLDER", &named);
    killed_after_the_put(&cli, &mut command);
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

/// A gateway's page where the grants should be read says nothing about them.
#[test]
fn what_can_not_be_looked_at_now_is_kept_for_the_next_run() {
    let cli = Cli::new();
    let before = cli.world.console.state().snapshot();
    killed_after_the_put(&cli, &mut cli.command(&DISABLE));
    let page = Fault::new(FaultKind::Html { status: 403 });
    cli.world
        .console
        .push_fault(page.on("GET", "/users/4/sites"));
    let (code, _, err) = cli.run(&DISABLE);
    assert_ne!(code, 0);
    assert!(err.contains("sites {1, 2, 4}"), "{err}");
    assert_eq!(files(&cli.path(FOLDER), "json").len(), 1, "{err}");
    let (code, out, err) = cli.run(&DISABLE);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("was given back"), "{out}");
    let now = cli.world.console.state().snapshot();
    assert_eq!(now, with_disabled(before, 4));
}

/// Somebody deleted a site before it could be given back.
#[test]
fn what_can_never_be_given_back_is_told_once_and_stops_nobody() {
    let cli = Cli::new();
    killed_after_the_put(&cli, &mut cli.command(&DISABLE));
    cli.world.console.state().sites.remove(&4);
    let (code, _, err) = cli.run(&DISABLE);
    assert_ne!(code, 0);
    assert!(err.contains("sites [1, 2, 4]"), "{err}");
    let (code, _, err) = cli.run(&DISABLE);
    assert_eq!(code, 0, "{err}");
    let jdoe = cli.world.console.state().user_mut("jdoe").clone();
    assert!(jdoe.sites.contains(&1) && jdoe.sites.contains(&2), "{err}");
}

#[test]
fn a_dry_run_finishes_nothing_and_says_what_would_be_done_first() {
    let cli = Cli::new();
    killed_after_the_put(&cli, &mut cli.command(&DISABLE));
    let before = cli.world.console.state().snapshot();
    let (code, out, err) = cli.run(&["disable-user", "--user-id", "4", "--dry-run", "--json"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("first gives back"), "{out}");
    assert_eq!(cli.world.console.state().snapshot(), before);
}
