//! `--json-lines`: each row as it comes, none of them kept, and complete or an error.

use std::collections::BTreeSet;

use fake_console::{FakeConsole, Fault, FaultKind, State};
use serde_json::Value;
use suites::{World, told};

const SIZE: usize = 50;

/// A console with nine pages.
fn world() -> World {
    let mut state = State::with_users(8 * SIZE + 7);
    state.max_page_size = SIZE;
    World::with(FakeConsole::start_http(state))
}

fn run(world: &World, arguments: &[&str]) -> (i32, Vec<Value>, String) {
    let arguments = [&["list-users", "--json-lines"], arguments].concat();
    let output = world.r7user(&arguments).output().expect("r7user starts");
    let (code, out, err) = told(&output);
    let rows = out
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"));
    (code, rows.collect(), err)
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter()
        .map(|row| row["user_id"].as_i64().expect("an id"))
        .collect()
}

fn all(world: &World) -> BTreeSet<i64> {
    world.console.state().users.keys().copied().collect()
}

#[test]
fn every_account_is_a_line_and_each_page_is_asked_for_once() {
    let world = world();
    let (code, rows, err) = run(&world, &[]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(rows.len(), all(&world).len());
    assert_eq!(ids(&rows).into_iter().collect::<BTreeSet<_>>(), all(&world));
    assert!(
        ids(&rows).is_sorted_by(|one, next| one > next),
        "the newest first"
    );
    assert_eq!(world.requests().len(), 9);
}

#[test]
fn only_those_that_fit_are_lines() {
    let world = world();
    let (code, rows, err) = run(&world, &["--enabled", "false"]);
    assert_eq!(code, 0, "{err}");
    let logins: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["login"].as_str())
        .collect();
    assert_eq!(logins, ["ext.pentest"]);
}

/// Somebody is deleted while the list is read: nobody who is there throughout is missing, and nobody
/// is told twice.
#[test]
fn a_list_that_changes_is_still_complete() {
    let world = world();
    let first = *all(&world).first().expect("users");
    let deleted = all(&world)
        .into_iter()
        .rev()
        .nth(SIZE + 3)
        .expect("one of the second page");
    let vanish = Fault::new(FaultKind::change_before(move |state| {
        state.users.remove(&deleted);
    }));
    world.console.push_fault(vanish.on("GET", "/users").skip(3));
    let (code, rows, err) = run(&world, &[]);
    assert_eq!(code, 0, "{err}");
    let told = ids(&rows);
    let unique: BTreeSet<i64> = told.iter().copied().collect();
    assert_eq!(told.len(), unique.len(), "nobody twice");
    assert!(unique.contains(&first));
    assert!(all(&world).is_subset(&unique));
}

#[test]
fn a_page_that_fails_is_an_error_however_many_rows_came_before() {
    let world = world();
    let fails = Fault::new(FaultKind::status(500))
        .on("GET", "/users")
        .skip(6);
    world.console.push_fault(fails);
    let (code, rows, err) = run(&world, &[]);
    assert_eq!(code, 69, "{err}");
    assert!(rows.len() < all(&world).len());
    assert!(err.contains("answered 500"), "{err}");
}

/// Other lists are printed the same way, once they are there.
#[test]
fn other_lists_come_as_lines_too() {
    let world = World::new();
    let output = world.r7user(&["list-sites", "--json-lines"]).output();
    let (code, out, err) = told(&output.expect("r7user starts"));
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), world.console.state().sites.len());
}
