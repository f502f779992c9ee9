//! The plugin's folder before the vendor's own validators, rule by rule.

use std::collections::BTreeMap;
use std::process::Command;

use harness::{insightconnect_python, workspace_root};
use serde_json::Value;
use suites::told;

/// Where the plugin's folder is.
const FOLDER: &str = "infra/insightconnect";

/// Rules that can't be kept, and why.
const NOT_KEPT: [(&str, &str); 2] = [
    (
        "DockerfileParentValidator",
        "wants an image of the vendor's with Python or Go in it; this plugin is one program, in an \
         image of nothing else",
    ),
    (
        "PrintValidator",
        "looks for `print` in the Python package of the plugin, and fails where there is none",
    ),
];

/// Rules that ask a server of the vendor's in the end, and so can't be kept here. They count as kept
/// if that is as far as they get.
const ASKING_THE_VENDOR: [(&str, &str); 2] = [
    (
        "VersionValidator",
        "whether the version is newer than the published one",
    ),
    (
        "UnapprovedKeywordsValidator",
        "which keywords the vendor's catalogue knows",
    ),
];

/// What a rule says that was kept from asking.
const NOT_ASKED: &str = "ProxyError:";

/// Rules that are not run at all, and why.
const NOT_RUN: [(&str, &str); 2] = [
    (
        "DockerValidator",
        "builds an image with the machine's own Docker and runs it",
    ),
    (
        "URLValidator",
        "sends requests to every address in the texts, and passes whatever comes of it",
    ),
];

#[test]
fn the_plugins_folder_keeps_the_vendors_rules() {
    let rules = rules();
    assert!(rules.len() > 35, "{rules:#?}");
    let mut wrong = Vec::new();
    for (rule, (passed, why)) in &rules {
        let listed = |list: &[(&str, &str)]| list.iter().any(|(name, _)| name == rule);
        if listed(&NOT_KEPT) {
            if *passed {
                wrong.push(format!("{rule} passes: it is no longer an exception"));
            }
        } else if listed(&ASKING_THE_VENDOR) {
            if !why.starts_with(NOT_ASKED) {
                wrong.push(format!("{rule} did not get to its question: {why}"));
            }
        } else if !passed {
            wrong.push(format!("{rule}: {why}"));
        }
    }
    for (rule, _) in NOT_KEPT.iter().chain(&ASKING_THE_VENDOR) {
        if !rules.contains_key(*rule) {
            wrong.push(format!("there is no {rule} any more"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether each rule is kept, and what it says.
fn rules() -> BTreeMap<String, (bool, String)> {
    let python = insightconnect_python();
    assert!(
        python.is_file(),
        "{} is absent: run `cargo xtask test`, which installs it",
        python.display()
    );
    let root = workspace_root();
    let output = Command::new(&python)
        // Isolated: with the packages of its environment and no others.
        .args(["-I", "-B"])
        .arg(root.join("tests/python/validate_plugin.py"))
        .arg(root.join(FOLDER))
        .args(NOT_RUN.map(|(rule, _)| format!("--without={rule}")))
        // Nothing listens at port 1: no rule gets out of this machine.
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("http_proxy", "http://127.0.0.1:1")
        .env("https_proxy", "http://127.0.0.1:1")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .expect("Python starts");
    let (status, stdout, stderr) = told(&output);
    assert_eq!(status, 0, "{stdout}{stderr}");
    let rule = |line: &str| {
        let line: Value = serde_json::from_str(line).expect(line);
        let text = |name: &str| line[name].as_str().expect(name).to_owned();
        (text("rule"), (line["passed"] == true, text("why")))
    };
    stdout.lines().map(rule).collect()
}
