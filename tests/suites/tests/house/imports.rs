//! Imports go down the floors of a crate, never up, and never in a circle.

mod graph;
mod mentions;
mod modules;
mod resolve;
mod samples;

use std::fs;
use std::path::Path;

use graph::Imports;
use harness::workspace_root;
use modules::Sources;

/// The floors of a crate from the top down, by the names of the modules at its root.
type Floors = &'static [&'static [&'static str]];

/// The crates that have floors. The others only have no circles.
const FLOORS: [(&str, Floors); 2] = [
    (
        "actions",
        &[
            &["registry"],
            &["operations"],
            &["access_report", "person"],
            &["console", "platform", "user_changes"],
            &["core"],
        ],
    ),
    (
        "rapid7",
        &[
            &["console", "look", "platform"],
            &["transport"],
            &["answer"],
            &["content"],
            &["call", "request", "retry", "url"],
            &[
                "credentials",
                "dns",
                "error",
                "logins",
                "proxy",
                "rate_limit",
                "redact",
                "spelling",
                "tls",
                "without_links",
            ],
            &["certificate", "number"],
            &["text"],
        ],
    ),
];

/// Every crate of the folder `shared`: its name there, and its sources.
fn shared() -> Vec<(String, Sources)> {
    let folder = workspace_root().join("shared");
    let mut crates = Vec::new();
    for entry in fs::read_dir(&folder).expect("the shared crates") {
        let path = entry.expect("a folder").path();
        if path.join("Cargo.toml").exists() {
            let name = path.file_name().expect("a name").to_string_lossy();
            let mut sources = Sources::new();
            read(&path, "src", &mut sources);
            crates.push((name.into_owned(), sources));
        }
    }
    crates.sort();
    assert!(crates.len() > 2, "{folder:?}");
    crates
}

/// Reads the sources in a folder of a crate.
fn read(package: &Path, folder: &str, sources: &mut Sources) {
    for entry in fs::read_dir(package.join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(package, &path, sources);
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(entry.path()).expect("source");
            sources.insert(path, text);
        }
    }
}

fn imports(name: &str, sources: &Sources) -> Imports {
    Imports::of(sources).unwrap_or_else(|error| panic!("shared/{name}/{error}"))
}

#[test]
fn imports_go_in_no_circle() {
    let mut wrong = Vec::new();
    for (name, sources) in shared() {
        for circle in imports(&name, &sources).circles() {
            let circle: Vec<String> = circle.iter().map(|one| format!("\n  {one}")).collect();
            wrong.push(format!("a circle in shared/{name}:{}", circle.concat()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_go_down_the_floors() {
    let crates = shared();
    let mut wrong = Vec::new();
    for (name, floors) in FLOORS {
        let known = crates.iter().find(|(known, _)| known == name);
        let (_, sources) = known.unwrap_or_else(|| panic!("no crate shared/{name}"));
        let against = imports(name, sources).against(floors);
        wrong.extend(against.iter().map(|one| format!("shared/{name}/{one}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
