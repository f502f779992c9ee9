//! The project keeps its own promises: one list of operations, one TLS stack, one direction of
//! dependencies.

mod documents;
mod imports;

use std::collections::BTreeSet;
use std::fs;

use harness::workspace_root;

fn read(path: &str) -> String {
    fs::read_to_string(workspace_root().join(path)).expect(path)
}

fn registered() -> BTreeSet<String> {
    let names = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    names.map(str::to_owned).collect()
}

/// Functions that are no operation: they are what calls operations, or keeps their secret.
const SUPPORTING: [&str; 2] = ["http-api", "rotate-console-secret"];

#[test]
fn every_operation_has_one_function_and_every_function_one_operation() {
    let folder = workspace_root().join("functions/src/bin");
    let files = fs::read_dir(folder).expect("the functions' folder");
    let functions: BTreeSet<String> = files
        .map(|file| file.expect("a file").path())
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !SUPPORTING.contains(&name.as_str()))
        .collect();
    assert_eq!(functions, registered());
}

/// A second TLS stack would cost size, time at the first handshake, and a second set of advisories.
#[test]
fn there_is_one_tls_stack() {
    let lock = read("Cargo.lock");
    let versions = |name: &str| {
        let line = format!("name = \"{name}\"\n");
        lock.matches(&line).count()
    };
    for name in [
        "aws-lc-rs",
        "aws-lc-sys",
        "native-tls",
        "openssl",
        "openssl-sys",
    ] {
        assert_eq!(versions(name), 0, "{name}");
    }
    for name in [
        "rustls",
        "ring",
        "hyper",
        "reqwest",
        "tokio-rustls",
        "webpki-roots",
    ] {
        assert_eq!(versions(name), 1, "{name}");
    }
}

/// `rapid7 ← actions ← services ← transports ← functions`, and the fake console knows none of them.
#[test]
fn dependencies_point_one_way() {
    let ours = [
        "actions",
        "cli",
        "functions",
        "http-api",
        "insightconnect",
        "lambda",
        "rapid7",
        "services",
    ];
    for (package, allowed) in [
        ("shared/rapid7", &[][..]),
        ("shared/actions", &["rapid7"]),
        ("shared/services", &["actions", "rapid7"]),
        ("shared/lambda", &["actions", "rapid7", "services"]),
        ("shared/http-api", &["actions", "lambda", "services"]),
        ("shared/cli", &["actions", "rapid7", "services"]),
        ("shared/insightconnect", &["actions", "rapid7", "services"]),
        ("functions", &["actions", "http-api", "lambda"]),
        ("tests/fake-console", &[]),
        ("tests/harness", &[]),
        ("tests/hello-world", &[]),
    ] {
        let manifest = read(&format!("{package}/Cargo.toml"));
        let depends = |name: &&str| manifest.contains(&format!("\n{name}.workspace"));
        let found: Vec<&str> = ours.into_iter().filter(depends).collect();
        assert_eq!(found, allowed, "{package}");
    }
}

/// `actions` sees no environment, no AWS, no command line; `rapid7` sees no policy.
#[test]
fn the_inner_crates_do_not_look_outside() {
    for (folder, never) in [
        (
            "shared/actions/src",
            &["std::env", "std::fs", "aws_", "reqwest", "clap"][..],
        ),
        (
            "shared/rapid7/src",
            &["std::env", "std::fs", "aws_", "clap"],
        ),
    ] {
        let mut folders = vec![workspace_root().join(folder)];
        while let Some(folder) = folders.pop() {
            for file in fs::read_dir(folder).expect("a folder") {
                let path = file.expect("a file").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).expect("source");
                for name in never {
                    assert!(!text.contains(name), "{}: {name}", path.display());
                }
            }
        }
    }
}
