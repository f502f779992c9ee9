//! What is told of a command line that can't be read, and of help and versions, which clap tells in the same way.

use std::process::ExitCode;

use actions::{Error, ErrorKind};
use clap::error::{ContextKind, ContextValue};
use rapid7::printable_lines;
use serde_json::json;

use crate::exit::exit_code;
use crate::out;
use crate::output::Form;
use crate::render::Page;

/// Prints what clap has to say. Help and version are answers; anything else is wrong input.
pub(crate) fn said(error: &clap::Error, form: Form) -> ExitCode {
    if !error.use_stderr() {
        return printed(error.render().ansi().to_string().trim_end());
    }
    // Who types nothing wants help, unless by a program.
    let wants_help =
        error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    match form.asks_for_json() || form.errors_in_json() && !wants_help {
        true => {
            let json = json!({"error": as_error(error).to_json()});
            out::say(printable_lines(&format!("{json:#}")));
        }
        false => {
            // What was typed may hold what moves the cursor; what clap itself says holds colours alone.
            let text = match error.render().to_string() {
                plain if printable_lines(&plain) == plain => error.render().ansi().to_string(),
                plain => printable_lines(&plain),
            };
            // Help has its lines already.
            let text = match wants_help {
                true => text,
                false => Page::of_stderr().wrapped(&text, "    "),
            };
            out::say(text.trim_end());
        }
    }
    ExitCode::from(exit_code(ErrorKind::InvalidInput))
}

/// Prints what was asked for and comes from no run.
pub(crate) fn printed(text: &str) -> ExitCode {
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

/// The same as an error of ours: what clap says in front of usage and advice, in one line.
fn as_error(error: &clap::Error) -> Error {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string(),
        _ => String::new(),
    };
    let of = usage
        .split_whitespace()
        .skip_while(|word| *word != "r7user");
    let command = of.take_while(|word| !word.starts_with(['[', '<', '-']));
    let command = command.collect::<Vec<_>>().join(" ");
    let message = match error.kind() {
        clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "a command is missing".to_owned()
        }
        _ => {
            let text = error.render().to_string();
            let lines = text.lines().map(str::trim);
            let lines = lines.take_while(|line| {
                !line.starts_with("Usage:") && !line.starts_with("For more information")
            });
            let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            let text = lines.join(" ");
            text.strip_prefix("error: ").unwrap_or(&text).to_owned()
        }
    };
    let command = match command.as_str() {
        "" => "r7user",
        command => command,
    };
    Error::new(ErrorKind::InvalidInput, message)
        .next(format!("`{command} --help` tells what there is"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    fn told(line: &str) -> serde_json::Value {
        let error = command().try_get_matches_from(line.split(' '));
        as_error(&error.expect_err(line)).to_json()
    }

    #[test]
    fn what_clap_says_is_an_error_like_any_other() {
        let json = told("r7user get-user --usr-id 4");
        assert_eq!(json["kind"], "InvalidInput");
        assert_eq!(json["changed"], serde_json::json!([]));
        let message = json["message"].as_str().expect("text");
        assert!(
            message.starts_with("unexpected argument '--usr-id' found"),
            "{message}"
        );
        assert!(
            message.contains("'--user-id'") && !message.contains("Usage"),
            "{message}"
        );
        assert_eq!(json["next"], "`r7user get-user --help` tells what there is");
        let json = told("r7user create-user --login a");
        let message = json["message"].as_str().expect("text");
        assert!(
            message.contains("--email <TEXT>") && !message.contains('\n'),
            "{message}"
        );
        assert_eq!(told("r7user")["message"], "a command is missing");
    }
}
