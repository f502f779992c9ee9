//! `r7user completions`: what a shell completes.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::refused::printed;

pub(super) const NAME: &str = "completions";

pub(super) fn command() -> Command {
    Command::new(NAME)
        .about("Print the completion script for a shell")
        .arg(
            Arg::new("shell")
                .required(true)
                .value_parser(value_parser!(Shell)),
        )
}

pub(super) fn run(arguments: &ArgMatches, program: &mut Command) -> ExitCode {
    let shell = arguments.get_one::<Shell>("shell");
    let shell = shell.expect("clap asks for it");
    let mut script = Vec::new();
    clap_complete::generate(*shell, program, "r7user", &mut script);
    printed(String::from_utf8_lossy(&script).trim_end())
}
