//! What `r7user` is: the operations for people on call. A library, so that its manual pages can be made of the
//! same commands.

mod arguments;
mod ask;
mod audit_file;
mod caller;
mod command;
mod commands;
mod exit;
mod help;
mod interrupt;
mod local_run;
mod out;
mod output;
mod private_file;
mod profile;
mod question;
mod record_target;
mod refused;
mod render;
mod run;
mod via_lambda;
mod watch;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use actions::{Entry, ErrorKind};
use clap::ArgMatches;
use rapid7::printable_lines;
use serde_json::{Value, json};
use services::logs;
use tracing::Level;

pub use arguments::example_of as example;
pub use command::command;

use exit::{DECLINED, code_of, exit_code};
use interrupt::Interrupt;
use output::Form;
use render::Page;
use run::run;

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let typed: Vec<OsString> = env::args_os().collect();
    let guessed = Form::guessed(&typed);
    let matches = match command().try_get_matches_from(&typed) {
        Ok(matches) => matches,
        Err(error) => return refused::said(&error, guessed),
    };
    let Some((name, arguments)) = matches.subcommand() else {
        return ExitCode::from(exit_code(ErrorKind::InvalidInput));
    };
    let form = match Form::of(arguments) {
        Ok(form) => form,
        Err(why) => {
            let error = command().error(clap::error::ErrorKind::ArgumentConflict, why);
            return refused::said(&error, guessed);
        }
    };
    if let Some(code) = commands::run(name, arguments, form, command) {
        return code;
    }
    logs::to_stderr(arguments.get_flag("verbose").then_some(Level::INFO));
    let entry = actions::ALL
        .iter()
        .find(|entry| entry.operation.spec.name == name);
    if let Some(Err(error)) = entry.map(|entry| arguments::check(entry, arguments)) {
        return refused::said(&error, form);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let interrupt = Interrupt::default();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match entry {
                Some(entry) => run(entry, arguments, form, &interrupt).await,
                None => commands::answer(name, arguments, form, &interrupt).await,
            }
        }),
        Err(error) => Err(actions::Error::unavailable(error.to_string())),
    };
    ended(entry, arguments, result, form, &interrupt)
}

/// Tells how a run ended: its answer, that a person said no, or its error.
fn ended(
    entry: Option<&Entry>,
    arguments: &ArgMatches,
    result: actions::Result<Option<Value>>,
    form: Form,
    interrupt: &Interrupt,
) -> ExitCode {
    let write = |answer: &Value| match form.shown(answer) {
        text if text.is_empty() => Ok(()),
        text => out::answer(&text),
    };
    let result = result.and_then(|answer| {
        if let Some(answer) = &answer {
            write(answer).map_err(|error| out::unwritten(answer, &error))?;
        }
        Ok(answer)
    });
    let warn = |answer: &Value| {
        for warning in form.untold(answer) {
            out::say(render::warning(&warning, Page::of_stderr()));
        }
    };
    match result {
        Ok(Some(answer)) => {
            warn(&answer);
            let how = commands::undo::how(&answer, arguments);
            let how = how.filter(|_| !form.is_for_programs());
            how.into_iter().for_each(out::say);
            ExitCode::SUCCESS
        }
        Ok(None) => {
            out::say("Not done: nothing was changed.");
            ExitCode::from(interrupt.signal_code().unwrap_or(DECLINED))
        }
        Err(error) => {
            let code = interrupt.exit_code(&error);
            let mut error = match entry {
                Some(entry) => arguments::in_flags(entry, error),
                None => error,
            };
            // What was done to whom is an answer, although some of it failed.
            if let Some(report) = error.details.as_deref().filter(|_| form.is_for_programs()) {
                warn(report);
            }
            if form.is_for_programs()
                && let Some(report) = error.details.as_deref()
                && let Err(unwritten) = write(report)
            {
                let what = "The report could not be written to standard output";
                out::say(format_args!("{what}: {unwritten}"));
            }
            if form.errors_in_json() {
                let json = json!({"error": error.to_json()});
                out::say(printable_lines(&format!("{json:#}")));
            } else {
                // It went to standard output, or is shown with the error.
                if form.is_for_programs() {
                    error.details = None;
                }
                out::say(render::error(&error, Page::of_stderr()));
            }
            ExitCode::from(code.unwrap_or_else(|| code_of(&error)))
        }
    }
}
