//! Two runs at the same time: one after the other on an account, and on the administrators of a surface.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate};
use serde_json::Value;
use suites::told;

use crate::cli::Cli;

/// A console on which jdoe and nxadmin are all the administrators beside the pack's own account.
fn two_administrators() -> Cli {
    let cli = Cli::new();
    let mut state = cli.world.console.state();
    let nxadmin = state.user_mut("nxadmin").clone();
    let jdoe = state.user_mut("jdoe");
    jdoe.role = nxadmin.role;
    jdoe.authentication = nxadmin.authentication;
    drop(state);
    cli
}

/// Runs all of them at the same time: their exit codes and what each says of an error.
fn at_once(commands: &mut [Command]) -> Vec<(i32, String)> {
    let children = commands.iter_mut().map(|command| {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("r7user starts")
    });
    let children: Vec<_> = children.collect();
    let ended = children.into_iter().map(|child| {
        let (code, _, err) = told(&child.wait_with_output().expect("ends"));
        (code, err)
    });
    ended.collect()
}

fn usable(cli: &Cli) -> Vec<&'static str> {
    let mut state = cli.world.console.state();
    let mut logins = vec!["jdoe", "nxadmin"];
    logins.retain(|login| state.user_mut(login).enabled);
    logins
}

fn disable(login: &str) -> [&str; 4] {
    ["disable-user", "--login", login, "--yes"]
}

#[test]
fn of_two_that_take_the_last_administrators_away_one_is_refused() {
    for _ in 0..5 {
        let cli = two_administrators();
        let ended = at_once(&mut ["jdoe", "nxadmin"].map(|login| cli.command(&disable(login))));
        let codes: Vec<i32> = ended.iter().map(|(code, _)| *code).collect();
        assert!(codes == [0, 77] || codes == [77, 0], "{ended:#?}");
        assert_eq!(usable(&cli).len(), 1, "{ended:#?}");
        let refused = ended.iter().find(|(code, _)| *code == 77);
        let (_, told) = refused.expect("one is refused");
        assert!(told.contains("(rule `last-administrator`)"), "{told}");
    }
}

/// Two laptops share no journal: both have read that another administrator is left, and both write.
#[test]
fn without_a_journal_in_common_both_give_back_what_they_took() {
    let cli = two_administrators();
    let gate = Gate::default();
    for _ in 0..2 {
        let held = Fault::new(FaultKind::HoldBefore(gate.clone())).on("PUT", "/users/");
        cli.world.console.push_fault(held);
    }
    let commands = ["jdoe", "nxadmin"].map(|login| {
        let mut command = cli.command(&disable(login));
        command.env("RAPID7_JOURNAL_FOLDER", cli.path(login));
        command
    });
    let ended = thread::scope(|scope| {
        let mut commands = commands;
        let ended = scope.spawn(move || at_once(&mut commands));
        while gate.reached() < 2 {
            thread::sleep(Duration::from_millis(5));
        }
        gate.open();
        ended.join().expect("both end")
    });
    assert!(!usable(&cli).is_empty(), "{ended:#?}");
    for (code, told) in ended.iter().filter(|(code, _)| *code != 0) {
        assert_eq!(*code, 77, "{told}");
        assert!(told.contains("was given back"), "{told}");
        assert!(told.contains(r#""changed": []"#), "{told}");
    }
    assert!(ended.iter().any(|(code, _)| *code != 0), "{ended:#?}");
}

#[test]
fn of_two_that_delete_the_platforms_last_administrators_one_is_refused() {
    for _ in 0..5 {
        let cli = Cli::new();
        let emails = ["mkowalska@example.com", "nxadmin@example.com"];
        let commands = emails.map(|email| {
            let delete = [
                "delete-platform-user",
                "--email",
                email,
                "--confirm-email",
                email,
                "--yes",
            ];
            let mut command = cli.command(&delete);
            command.env("RAPID7_ALLOW_DELETION", "true");
            command
        });
        let mut commands = commands;
        let ended = at_once(&mut commands);
        let codes: Vec<i32> = ended.iter().map(|(code, _)| *code).collect();
        assert!(codes == [0, 77] || codes == [77, 0], "{ended:#?}");
    }
}

/// The second one plans on what the first one has made of the account.
#[test]
fn two_on_one_account_both_do_what_they_say() {
    for _ in 0..5 {
        let cli = Cli::new();
        let grants = ["grant-site-access", "--login", "jdoe", "--sites", "7"];
        let role = [
            "set-role",
            "--login",
            "jdoe",
            "--role-id",
            "auditor",
            "--yes",
        ];
        let mut commands = [
            cli.command(&disable("jdoe")),
            cli.command(&grants),
            cli.command(&role),
        ];
        let mut had = cli.world.console.state().user_mut("jdoe").sites.clone();
        let ended = at_once(&mut commands);
        assert!(ended.iter().all(|(code, _)| *code == 0), "{ended:#?}");
        had.insert(7);
        let jdoe = cli.world.console.state().user_mut("jdoe").clone();
        assert_eq!(jdoe.sites, had, "{ended:#?}");
        assert_eq!((jdoe.enabled, jdoe.role.as_str()), (false, "auditor"));
    }
}

/// Two that want the same: the second one finds it done.
#[test]
fn the_same_twice_at_once_is_done_once() {
    let cli = Cli::new();
    let ended = at_once(&mut [0, 1].map(|_| cli.command(&disable("jdoe"))));
    assert!(ended.iter().all(|(code, _)| *code == 0), "{ended:#?}");
    let puts = cli.world.requests();
    let puts = puts.iter().filter(|line| *line == "PUT /api/3/users/4");
    assert_eq!(puts.count(), 1);
    let audit = cli.audit();
    let after = audit.iter().filter(|record| record["audit"] == "after");
    let changed: Vec<&Value> = after.map(|record| &record["record"]["changed"]).collect();
    assert_eq!(changed.len(), 2);
    assert_ne!(changed[0], changed[1]);
}

/// What was read for somebody who is first to be disabled: an offboarding with all that it can do.
#[test]
fn two_offboardings_of_one_person_at_once_both_say_what_is() {
    let cli = Cli::new();
    let offboard = ["offboard-user", "--login", "jdoe", "--yes", "--json"];
    let had = cli.world.console.state().user_mut("jdoe").sites.clone();
    let ended = at_once(&mut [0, 1].map(|_| cli.command(&offboard)));
    assert!(ended.iter().all(|(code, _)| *code == 0), "{ended:#?}");
    let jdoe = cli.world.console.state().user_mut("jdoe").clone();
    assert_eq!((jdoe.enabled, jdoe.sites), (false, had));
}
