//! `r7user config`: what is in force, and where each value comes from.

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use rapid7::printable;
use serde_json::{Value, json};
use services::settings::{
    AUDIT_FILE, CONFIG_FILE, InForce, JournalAt, PROFILE, Profile, Settings, VIA_LAMBDA, in_force,
};

use crate::audit_file::state_folder;
use crate::exit::code_of;
use crate::output::Form;
use crate::profile::{self, Place, shown};
use crate::render::Page;
use crate::{out, render, via_lambda};

pub(crate) const NAME: &str = "config";

pub(crate) fn command() -> Command {
    Command::new(NAME)
        .about("Show the settings in force, and where each comes from")
        .after_help(
            "Secrets are not shown. Secret files and secrets in AWS Secrets Manager are not read.\n\
             No connection is made: r7user test-connection does that.",
        )
}

pub(crate) fn run(arguments: &ArgMatches, form: Form) -> ExitCode {
    let chosen = profile::chosen(arguments);
    let profile = chosen.as_ref().ok().and_then(Option::as_ref);
    let variable = |name: &str| std::env::var(name).ok();
    let stack = via_lambda::stack(arguments, profile);
    let checked = match &chosen {
        Err(error) => Err(error.clone()),
        Ok(_) if stack.is_some() => Ok(()),
        Ok(profile) => checked(profile.as_ref()),
    };
    let settings = match stack.is_some() {
        true => Vec::new(),
        false => in_force(variable, profile),
    };
    let places = places(arguments, profile, stack);
    let error = checked.err();
    let text = match form.is_for_programs() {
        true => {
            let row = |one: &InForce| json!({"about": one.about, "name": one.name, "value": one.value, "from": one.from});
            let rows = places.iter().chain(&settings).count();
            let json = json!({
                "count": rows,
                "profile": profile.map(|profile| &profile.name),
                "settings": places.iter().chain(&settings).map(row).collect::<Vec<Value>>(),
                "error": error.as_ref().map(actions::Error::to_json),
            });
            form.shown(&json)
        }
        false => table(&[places, settings].concat()),
    };
    if let Err(error) = out::answer(&text) {
        out::say(format_args!(
            "Standard output could not be written: {error}"
        ));
        return ExitCode::from(code_of(&actions::Error::unavailable("")));
    }
    match error {
        None => ExitCode::SUCCESS,
        Some(error) => {
            if !form.errors_in_json() {
                out::say(render::error(&error, Page::of_stderr()));
            }
            ExitCode::from(code_of(&error))
        }
    }
}

/// Whether an operation could begin with these.
fn checked(profile: Option<&Profile>) -> actions::Result<()> {
    let settings = Settings::with_profile(profile).map_err(profile::unusable)?;
    let known: Vec<&str> = actions::ALL
        .iter()
        .map(|entry| entry.operation.spec.name)
        .collect();
    settings
        .check_operations(&known)
        .map_err(profile::unusable)?;
    match settings.is_empty() {
        true => Err(profile::nothing()),
        false => Ok(()),
    }
}

/// The files and folders that count.
fn places(arguments: &ArgMatches, profile: Option<&Profile>, stack: Option<&str>) -> Vec<InForce> {
    let place = Place::of_this_machine();
    let row = |name: &str, value: String, from: String| InForce {
        about: "r7user".into(),
        name: name.into(),
        value,
        from,
    };
    let from = |argument: &str, flag: &str, variable: &str, of_profile: bool| match arguments
        .value_source(argument)
    {
        Some(ValueSource::CommandLine) => flag.to_owned(),
        Some(ValueSource::EnvVariable) => variable.to_owned(),
        _ if of_profile => profile.map(Profile::called).unwrap_or_default(),
        _ => "default".to_owned(),
    };
    let there = place.path.as_ref().is_some_and(|path| path.exists());
    let named = if place.is_named {
        CONFIG_FILE
    } else {
        "default"
    };
    let file = match there {
        true => place.shown(),
        false => format!("{} (not there)", place.shown()),
    };
    let mut rows = vec![row("config file", file, named.to_owned())];
    if let Some(own) = profile {
        let chosen = match profile::named(arguments) {
            Some(_) => from("profile", "--profile", PROFILE, false),
            None => place.shown(),
        };
        rows.push(row("profile", own.name.clone(), chosen));
    }
    if let Some(stack) = stack {
        rows.push(row(
            "via lambda",
            stack.to_owned(),
            from("via_lambda", "--via-lambda", VIA_LAMBDA, true),
        ));
        return rows;
    }
    let given = arguments
        .get_one::<std::path::PathBuf>("audit_file")
        .map(|path| shown(path));
    let of_profile = profile
        .and_then(Profile::audit_file)
        .map(|path| shown(path.as_ref()));
    let own = of_profile.is_some();
    let state = |name: &str| state_folder("--audit-file").map(|folder| shown(&folder.join(name)));
    let audit = given.or(of_profile).or_else(|| state("audit.jsonl").ok());
    let audit = audit.unwrap_or_else(|| "none: HOME is not set".into());
    rows.push(row(
        "audit file",
        audit,
        from("audit_file", "--audit-file", AUDIT_FILE, own),
    ));
    let is_set = Settings::with_profile(profile).is_ok_and(|settings| match &settings.journal {
        Some(JournalAt::Folder(_) | JournalAt::Table(_)) => true,
        None => false,
    });
    // One that is set is among the settings.
    if !is_set && let Ok(journal) = state("journal") {
        rows.push(row("journal folder", journal, "default".into()));
    }
    rows
}

/// Rows under what they are about. A value is never cut: somebody copies it.
fn table(rows: &[InForce]) -> String {
    let mut text = String::new();
    let mut about = "";
    let width = |of: fn(&InForce) -> &str| {
        let widths = rows.iter().map(|row| printable(of(row)).chars().count());
        widths.max().unwrap_or_default()
    };
    let (names, values) = (width(|row| &row.name), width(|row| &row.value).min(48));
    for row in rows {
        if row.about != about {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("{}\n", printable(&row.about)));
            about = &row.about;
        }
        let (name, value, from) = (
            printable(&row.name),
            printable(&row.value),
            printable(&row.from),
        );
        text.push_str(&format!("  {name:names$}  {value:values$}  {from}\n"));
    }
    text.trim_end().to_owned()
}
