//! `r7user`: the operations for people on call.

mod arguments;
mod audit_file;
mod caller;
mod command;
mod commands;
mod interrupt;
mod local_run;
mod out;
mod private_file;
mod record_target;
mod render;
mod run;
mod via_lambda;
mod watch;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use actions::ErrorKind;
use rapid7::printable_lines;
use serde_json::{Value, json};
use services::logs;
use tracing::Level;

use command::command;
use interrupt::Interrupt;
use run::run;

/// The exit code of an error, after sysexits.h.
fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidInput => 64,
        ErrorKind::Ambiguous => 65,
        ErrorKind::NotFound => 67,
        ErrorKind::Unavailable => 69,
        ErrorKind::Unexpected => 70,
        ErrorKind::RateLimited | ErrorKind::Conflict | ErrorKind::Indeterminate => 75,
        ErrorKind::Refused | ErrorKind::Unauthorized => 77,
    }
}

fn main() -> ExitCode {
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return said(&error),
    };
    let Some((name, arguments)) = matches.subcommand() else {
        return ExitCode::from(exit_code(ErrorKind::InvalidInput));
    };
    if let Ok(Some(shell)) = arguments.try_get_one::<clap_complete::Shell>("shell") {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command(), "r7user", &mut script);
        let script = String::from_utf8_lossy(&script);
        return printed(script.trim_end());
    }
    logs::to_stderr(arguments.get_flag("verbose").then_some(Level::INFO));
    let entry = actions::ALL
        .iter()
        .find(|entry| entry.operation.spec.name == name);
    if let Some(Err(error)) = entry.map(|entry| arguments::check(entry, arguments)) {
        return said(&error);
    }
    let as_lines = arguments.get_flag("json_lines");
    let as_json = arguments.get_flag("json") || as_lines || !io::stdout().is_terminal();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let interrupt = Interrupt::default();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(async {
            match entry {
                Some(entry) => run(entry, arguments, as_json, &interrupt).await,
                None => commands::run(name, arguments, as_json, &interrupt).await,
            }
        }),
        Err(error) => Err(actions::Error::unavailable(error.to_string())),
    };
    let write = |answer: &Value| {
        let text = match &answer["text"] {
            _ if as_lines => render::lines(answer),
            Value::String(document) if io::stdout().is_terminal() => {
                printable_lines(document.trim_end())
            }
            Value::String(document) => document.trim_end().to_owned(),
            _ if as_json => printable_lines(&format!("{answer:#}")),
            _ => render::answer(answer),
        };
        match text.is_empty() {
            true => Ok(()),
            false => out::answer(&text),
        }
    };
    let result = result.and_then(|answer| {
        if let Some(answer) = &answer {
            write(answer).map_err(|error| out::unwritten(answer, &error))?;
        }
        Ok(answer)
    });
    match result {
        Ok(Some(answer)) => {
            let how = commands::undo::how(&answer, arguments).filter(|_| !as_json);
            how.into_iter().for_each(out::say);
            ExitCode::SUCCESS
        }
        Ok(None) => {
            out::say("Not done: nothing was changed.");
            ExitCode::from(exit_code(ErrorKind::Refused))
        }
        Err(error) => {
            let code = interrupt.exit_code(&error);
            // What was done to whom is an answer, although some of it failed.
            if let Some(report) = error.details.as_deref()
                && as_json
                && let Err(unwritten) = write(report)
            {
                let what = "The report could not be written to standard output";
                out::say(format_args!("{what}: {unwritten}"));
            }
            if as_json {
                let json = json!({"error": error.to_json()});
                out::say(printable_lines(&format!("{json:#}")));
            } else {
                out::say(render::error(&error));
            }
            ExitCode::from(code.unwrap_or_else(|| exit_code(error.kind)))
        }
    }
}

/// Prints what clap has to say. Help and version are answers; anything else is wrong input.
fn said(error: &clap::Error) -> ExitCode {
    let text = error.render().ansi().to_string();
    match error.use_stderr() {
        true => {
            out::say(text.trim_end());
            ExitCode::from(exit_code(ErrorKind::InvalidInput))
        }
        false => printed(text.trim_end()),
    }
}

/// Prints what was asked for and comes from no run.
fn printed(text: &str) -> ExitCode {
    match out::answer(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            out::say(format_args!(
                "Standard output could not be written: {error}"
            ));
            ExitCode::from(exit_code(ErrorKind::Unavailable))
        }
    }
}
