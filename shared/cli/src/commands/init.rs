//! `r7user init`: sets up a profile, asking for each thing that it needs and trying it out before anything is written.

mod end;
mod steps;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use actions::{Error, ErrorKind};
use clap::{Arg, ArgMatches, Command};
use rapid7::{printable, printable_lines};
use serde_json::json;
use services::settings::{
    CONFIG_FILE, PROFILE, Profile, Surface, is_console_name, names_a_surface,
};

use crate::ask::{Asker, Stop};
use crate::exit::{DECLINED, code_of};
use crate::output::Form;
use crate::profile::{self, DEFAULT, File, Place, save, shown};
use crate::render::{self, Page};

use end::{End, NOTHING, Result};
use steps::{URL, address, credentials, platform, say};

pub(crate) const NAME: &str = "init";

pub(crate) fn command() -> Command {
    Command::new(NAME)
        .about("Set up a profile: ask for address, certificate and credentials, and test them")
        .after_help(
            "Asks on a terminal. Nothing is written until everything is tested. --profile sets the name of\n\
             the profile (default: default), --console the name of the console in it.",
        )
        .arg(
            Arg::new("console")
                .long("console")
                .value_name("NAME")
                .help("Name of the console, if there are several")
                .default_value("console")
                .value_parser(|name: &str| match is_console_name(name) {
                    true => Ok(name.to_owned()),
                    false => Err("expected lower-case letters, digits and hyphens, and not `platform`"),
                }),
        )
}

pub(crate) fn run(arguments: &ArgMatches, form: Form) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(set_up(arguments)),
        Err(error) => Err(End::Failed(Error::unavailable(error.to_string()))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Stopped(Stop::Interrupted(signal))) => {
            say(format_args!("\nInterrupted. {NOTHING}"));
            ExitCode::from(signal.exit_code())
        }
        Err(End::Stopped(Stop::Ended)) => {
            say(format_args!(
                "\nThe input ended before the last answer. {NOTHING}"
            ));
            ExitCode::from(code_of(&Error::new(ErrorKind::InvalidInput, "")))
        }
        Err(End::No) => {
            say(NOTHING);
            ExitCode::from(DECLINED)
        }
        Err(End::Failed(error)) => {
            match form.errors_in_json() {
                true => {
                    let json = json!({"error": error.to_json()});
                    crate::out::say(printable_lines(&format!("{json:#}")));
                }
                false => say(render::error(&error, Page::of_stderr())),
            }
            ExitCode::from(code_of(&error))
        }
    }
}

async fn set_up(arguments: &ArgMatches) -> Result<()> {
    let name = profile::named(arguments).unwrap_or(DEFAULT);
    let console = arguments
        .get_one::<String>("console")
        .map_or("console", String::as_str);
    let (path, file) = file_to_write(name)?;
    let there = match file.as_ref().filter(|file| file.names().contains(&name)) {
        Some(file) => Some(file.profile(name).map_err(profile::unusable)?),
        None => None,
    };
    if there
        .as_ref()
        .is_some_and(|profile| profile.via_lambda().is_some())
    {
        let what = format!(
            "the profile {name} has everything done by a deployment's functions (`via_lambda`): a console in it would \
             not count"
        );
        return Err(profile::unusable(what)
            .next("choose another name by --profile")
            .into());
    }
    let mut asker = Asker::new().map_err(|error| Error::unavailable(error.to_string()))?;
    say(format_args!(
        "This sets up the profile {name} in {}.\n\
         Ctrl-C at any time leaves everything as it is.",
        shown(&path)
    ));
    let known = there
        .as_ref()
        .and_then(|profile| profile.consoles.iter().find(|one| one.name == console));
    if let Some(known) = known {
        let url = known
            .values
            .get(URL)
            .map_or("its address is in its secret", String::as_str);
        say(format_args!(
            "It has a console called {console} already ({}).",
            printable(url)
        ));
        if !asker.yes("Replace it?").await? {
            return Err(End::No);
        }
    }
    let mut new = Profile {
        name: name.to_owned(),
        place: shown(&path),
        ..Profile::default()
    };
    let mut surface = address(&mut asker, console).await?;
    credentials(&mut asker, &new, &mut surface).await?;
    new.consoles = vec![surface];
    new.platform = platform(
        &mut asker,
        &new,
        there
            .as_ref()
            .is_some_and(|profile| profile.platform.is_some()),
    )
    .await?;
    unchanged(name, console, known)?;
    save(&path, &new).map_err(|error| {
        Error::new(
            ErrorKind::Unavailable,
            format!("{} could not be written: {error}", shown(&path)),
        )
        .next(format!(
            "make that possible, or name another file by {CONFIG_FILE}, and run it again"
        ))
    })?;
    told_in_the_end(&path, name, file.as_ref());
    Ok(())
}

/// Refuses to replace a console that somebody else wrote into the profile since this began.
fn unchanged(name: &str, console: &str, known: Option<&Surface>) -> Result<()> {
    let (_, file) = file_to_write(name)?;
    let now = match file.filter(|file| file.names().contains(&name)) {
        Some(file) => Some(file.profile(name).map_err(profile::unusable)?),
        None => None,
    };
    let now = now
        .as_ref()
        .and_then(|profile| profile.consoles.iter().find(|one| one.name == console));
    let values = |surface: Option<&Surface>| surface.map(|surface| surface.values.clone());
    if values(now) == values(known) {
        return Ok(());
    }
    let what = format!(
        "the console {console} of the profile {name} was written by somebody else meanwhile"
    );
    Err(Error::new(ErrorKind::Conflict, what)
        .next("look at it with r7user config, then run init again")
        .into())
}

/// The file, and what is in it.
fn file_to_write(name: &str) -> Result<(PathBuf, Option<File>)> {
    let place = Place::of_this_machine();
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        let what = "r7user init asks questions, and there is no terminal to ask them on";
        let next = format!(
            "write {} by hand (docs/command-line.md shows one), or set RAPID7_CONSOLE_URL, RAPID7_CONSOLE_USERNAME and \
             RAPID7_CONSOLE_PASSWORD",
            place.shown()
        );
        return Err(Error::new(ErrorKind::InvalidInput, what).next(next).into());
    }
    let Some(path) = place.path.clone() else {
        let what = format!("there is no place for profiles: {}", place.shown());
        return Err(profile::unusable(what).into());
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.chars().all(fits) {
        let what = "a profile's name has letters, digits, hyphens, underscores and dots";
        return Err(Error::new(ErrorKind::InvalidInput, what)
            .next("choose another name by --profile")
            .into());
    }
    let file = File::at(&place).map_err(profile::unusable)?;
    if let Some(file) = &file {
        file.default_profile().map_err(profile::unusable)?;
    }
    Ok((path, file))
}

fn told_in_the_end(path: &Path, name: &str, before: Option<&File>) {
    say(format_args!(
        "\nWritten: the profile {name} in {}, which only you can read.\n\
         The password is in it; `password_command` instead asks a program for it, such as\n\
         a keychain's (docs/command-line.md).",
        shown(path)
    ));
    let default = before.and_then(|file| file.default_profile().ok().flatten());
    let others = before.is_some_and(|file| file.names().iter().any(|other| *other != name));
    let is_chosen = match default {
        Some(default) => default == name,
        None => name == DEFAULT || !others,
    };
    let option = match is_chosen {
        true => String::new(),
        false => {
            say(format_args!(
                "It is not the one that counts by itself: choose it by --profile {name}, or {PROFILE}={name}."
            ));
            format!("--profile {name} ")
        }
    };
    if names_a_surface(|variable| std::env::var(variable).ok()) {
        say(
            "Variables say where a console or the platform is, and count instead of the profile as long as they are set.",
        );
    }
    say(format_args!(
        "\nNext:\n  r7user {option}get-user LOGIN    shows an account\n  r7user {option}config            shows what is in force"
    ));
}
