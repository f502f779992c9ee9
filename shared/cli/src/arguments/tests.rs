//! Schemas as arguments, and arguments as inputs.

use std::fs;
use std::path::Path;

use actions::{Effect, Entry, Noun, Spec};
use schemars::Schema;
use serde_json::{Value, json};

use super::command::example;
use super::members::{Kind, long, members};
use super::{check, command, input};

fn words(line: &str) -> Vec<String> {
    shlex::split(line).expect(line)
}

/// The input that a command line makes, or what clap says.
fn parsed(entry: &Entry, line: &str) -> Result<Value, String> {
    let matches = command(entry).try_get_matches_from(words(line));
    let matches = matches.map_err(|error| error.to_string())?;
    check(entry, &matches).map_err(|error| error.to_string())?;
    let input = input(entry, &matches).map_err(|error| error.to_string())?;
    Ok(Value::Object(input))
}

#[test]
fn every_operation_has_a_sound_command_whose_example_parses() {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in actions::ALL {
        sound(entry, folder.path());
    }
}

fn sound(entry: &Entry, folder: &Path) {
    command(entry).debug_assert();
    let spec = entry.operation.spec;
    let members = members(entry);
    let mut example: Value = serde_json::from_str(spec.example).expect(spec.name);
    let mut line = super::command::example(spec.name, &members, spec.example);
    for member in &members {
        let (name, kind) = (member.name.as_str(), &member.kind);
        match (kind, example.get(name)) {
            (Kind::Document { .. } | Kind::Record, Some(document)) => {
                let file = format!("{}.json", long(name));
                let path = folder.join(&file);
                fs::write(&path, document.to_string()).expect("written");
                line = line.replace(&file, &path.display().to_string());
            }
            // Those come by standard input.
            (Kind::Secret, Some(_)) => {
                line = line.replace(&format!(" --{}-stdin", long(name)), "");
                example.as_object_mut().expect(spec.name).remove(name);
            }
            _ => {}
        }
    }
    let line = line.strip_prefix("r7user ").expect("a command line");
    assert_eq!(parsed(entry, line), Ok(example), "{line}");
}

#[test]
fn a_password_can_not_be_an_argument() {
    let entry = actions::ALL.iter();
    let entry = entry.filter(|entry| entry.operation.spec.name == "create-user");
    for entry in entry {
        let line = "create-user --login a --email a@example.com --role-id user --password x";
        assert!(parsed(entry, line).is_err());
    }
}

static SPEC: Spec = Spec {
    name: "edit",
    title: "Members of every kind",
    effect: Effect::Destructive,
    example: r#"{
        "user_id": 4, "site": "Branch office", "sites": [1, "Paris, Texas", "O'Hare"],
        "groups": [7], "kinds": ["ldap", "saml"], "tags": [], "locale": null,
        "record": {"user": {"id": 4}}, "dry_run": true
    }"#,
};

/// What schemars makes of members of every kind.
fn edit() -> Entry {
    let mut operation = actions::ALL[0].operation;
    operation.spec = &SPEC;
    let schema = || {
        let schema = json!({
            "type": "object",
            "properties": {
                "user_id": {"type": ["integer", "null"], "minimum": 1},
                "site": {"type": ["integer", "string"]},
                "source": {"type": ["integer", "string", "null"], "x-clearable": true},
                "sites": {"type": "array", "items": {"type": ["integer", "string"]}},
                "groups": {"type": ["array", "null"], "items": {"type": "integer"}},
                "tags": {"type": ["array", "null"], "items": {"type": "string"}},
                "kinds": {"type": ["array", "null"], "items": {"$ref": "#/$defs/Kind"}},
                "kind": {"anyOf": [{"$ref": "#/$defs/Kind"}, {"type": "null"}]},
                "locale": {"type": ["string", "null"], "x-clearable": true},
                "reports_locale": {"type": ["string", "null"], "x-clearable": true},
                "record": {"type": ["object", "null"], "additionalProperties": true},
                "snapshot": {"$ref": "#/$defs/Snapshot"},
                "password": {"type": ["string", "null"], "writeOnly": true},
                "people": {
                    "type": ["array", "null"], "items": {"$ref": "#/$defs/Snapshot"},
                    "x-text": "people_text",
                },
                "people_text": {"type": ["string", "null"]},
                "rows_before": {"type": ["string", "null"], "x-report": true},
                "enabled": {"type": ["boolean", "null"]},
                "dry_run": {"type": "boolean", "default": false},
            },
            "$defs": {
                "Kind": {"oneOf": [{"type": "string", "const": "ldap"}, {"type": "string", "const": "saml"}]},
                "Snapshot": {"type": "object", "properties": {}},
            },
        });
        Schema::try_from(schema).expect("a schema")
    };
    Entry {
        operation,
        noun: Noun::Users,
        question: "Edit {}",
        input: schema,
        output: schema,
        console: true,
        platform: false,
        delivers: false,
    }
}

/// One argument for both: what is a JSON list is the list, anything else the text.
#[test]
fn a_list_of_objects_comes_from_a_file_as_json_or_as_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("list");
    let line = format!("edit --people-file {}", path.display());
    for (text, expected) in [
        (r#" [{"login": "a"}]"#, json!({"people": [{"login": "a"}]})),
        ("login\na\n", json!({"people_text": "login\na\n"})),
        (
            r#"{"login": "a"}"#,
            json!({"people_text": r#"{"login": "a"}"#}),
        ),
        ("", json!({"people_text": ""})),
    ] {
        fs::write(&path, text).expect("written");
        assert_eq!(parsed(&edit(), &line), Ok(expected), "{text}");
    }
    fs::write(&path, "[{").expect("written");
    let error = parsed(&edit(), &line).expect_err("no JSON");
    assert!(error.contains("--people-file"), "{error}");
    assert!(parsed(&edit(), "edit --people-text a").is_err());
    assert!(parsed(&edit(), "edit --rows-before a").is_err());
    assert!(parsed(&edit(), "edit --resume").is_err());
    assert_eq!(
        parsed(&edit(), "edit --resume --report rows"),
        Ok(json!({}))
    );
}

#[test]
fn members_of_every_kind_have_an_argument_and_an_example() {
    let folder = tempfile::tempdir().expect("a folder");
    sound(&edit(), folder.path());
    assert_eq!(
        example("edit", &members(&edit()), SPEC.example),
        r"r7user edit --dry-run --groups 7 --kinds ldap,saml --record-file record.json --site 'Branch office' --sites '1,Paris\, Texas,O'\''Hare' --tags '' --user-id 4 --clear locale"
    );
    let help = command(&edit()).render_long_help().to_string();
    for told in [
        "--site <NUMBER|NAME>",
        "--sites <NUMBER|NAME,…>",
        "--record-file <FILE>",
        "--snapshot-file <FILE>",
        "--people-file <FILE>",
        "JSON, JSON lines or CSV",
        "--report <FILE>",
        "--resume",
        "--clear <NAME,…>",
        "[possible values: locale, reports-locale, source]",
        "an empty list as ''",
    ] {
        assert!(help.contains(told), "{told}: {help}");
    }
    for entry in actions::ALL {
        let help = command(entry).render_long_help().to_string();
        assert!(!help.contains("--clear <") || help.contains("NAME,…"));
    }
}

#[test]
fn a_value_of_digits_is_a_number_and_any_other_a_name() {
    for (line, site) in [
        ("edit --site 12", json!(12)),
        ("edit --site 'Site 12'", json!("Site 12")),
        (
            "edit --site 99999999999999999999",
            json!("99999999999999999999"),
        ),
        ("edit --site 1,2", json!("1,2")),
    ] {
        assert_eq!(parsed(&edit(), line), Ok(json!({"site": site})), "{line}");
    }
}

#[test]
fn lists_take_commas_and_repetition() {
    for (line, sites) in [
        (
            "edit --sites 1,2 --sites 'Branch office'",
            json!([1, 2, "Branch office"]),
        ),
        ("edit --sites '1, 2'", json!([1, 2])),
        (
            r"edit --sites 'Paris\, Texas,CORP\a'",
            json!(["Paris, Texas", r"CORP\a"]),
        ),
        ("edit --sites ''", json!([])),
        ("edit --sites=", json!([])),
    ] {
        assert_eq!(parsed(&edit(), line), Ok(json!({"sites": sites})), "{line}");
    }
    for (line, told) in [
        ("edit --sites 1,,2", "a value between commas is empty"),
        ("edit --sites 1,", "a value between commas is empty"),
        ("edit --groups 1,x", "expected a whole number"),
        ("edit --kinds ldap,ladp", "expected one of ldap, saml"),
        ("edit --kind ladp", "[possible values: ldap, saml]"),
    ] {
        let error = parsed(&edit(), line).expect_err(line);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn null_is_said_by_name() {
    for line in [
        "edit --clear locale,reports-locale",
        "edit --clear locale --clear reports-locale",
    ] {
        let input = json!({"locale": null, "reports_locale": null});
        assert_eq!(parsed(&edit(), line), Ok(input), "{line}");
    }
    for (line, told) in [
        (
            "edit --clear site",
            "[possible values: locale, reports-locale, source]",
        ),
        ("edit --clear locale --locale de", "'--clear locale'"),
        ("edit --source 1 --clear locale,source", "'--clear source'"),
    ] {
        let error = parsed(&edit(), line).expect_err(line);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_document_comes_from_a_file_which_errors_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("record.json");
    let path = path.display();
    let line = format!("edit --record-file {path}");
    let absent = parsed(&edit(), &line).expect_err("absent");
    assert!(absent.contains("record.json"), "{absent}");
    fs::write(path.to_string(), "{\"canary\": 1} {}").expect("written");
    let two = parsed(&edit(), &line).expect_err("two documents");
    assert!(two.contains("`--record-file`: expected one JSON document"));
    assert!(
        two.contains("record.json") && !two.contains("canary"),
        "{two}"
    );
    fs::write(path.to_string(), "{\"user\": {}}\n").expect("written");
    let input = json!({"record": {"user": {}}});
    assert_eq!(parsed(&edit(), &line), Ok(input));
}
