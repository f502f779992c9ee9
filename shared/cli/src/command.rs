//! The whole command line, as clap takes it.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

use crate::render::Page;
use crate::{arguments, commands, help, output, profile, via_lambda};

const ABOUT: &str = "Manage Rapid7 user accounts on InsightVM consoles and the Insight Platform, \
                     from creation to deletion. Every change is proven by reading back. \
                     Independent of Rapid7.";

const AFTER_HELP: &str = "\
To begin: r7user init asks for all settings and saves them as a profile. r7user
config shows the settings in force. Variables override the profile:

The console and its credentials:
  RAPID7_CONSOLE_URL                 its address, such as https://HOST:3780
  RAPID7_CONSOLE_USERNAME,           a global administrator's credentials
    _PASSWORD and perhaps _TOKEN     (_TOKEN: the current two-factor token), or
  RAPID7_CONSOLE_SECRET_FILE         a JSON file: url, username, password, or
  RAPID7_CONSOLE_SECRET              the same as a secret in AWS Secrets Manager
  RAPID7_CONSOLE_CERTIFICATE_SHA256  its certificate to trust, or
  RAPID7_CONSOLE_CA_FILE             the authority to trust, in PEM
  RAPID7_CONSOLES                    several: NAME=SECRET,NAME=file:PATH

The Insight Platform:
  RAPID7_PLATFORM_REGION             its region: us, eu, ...
  RAPID7_PLATFORM_API_KEY            an organization key, or
  RAPID7_PLATFORM_SECRET_FILE        a JSON file: region, api_key, or
  RAPID7_PLATFORM_SECRET             the same as a secret in AWS Secrets Manager
  RAPID7_PLATFORM_ORGANIZATION_ID    the organization, for a key over several

What is allowed (docs/policy.md):
  RAPID7_ALLOW_DELETION, RAPID7_ALLOW_PRIVILEGED_ACCOUNTS, and more

Examples:
  r7user get-user --email jdoe@example.com
  r7user disable-user --login jdoe --ticket OFF-1042 --dry-run
  r7user disable-user --login jdoe --ticket OFF-1042
  r7user grant-site-access --login jdoe --sites 'Branch office,7'
  r7user set-password --login jdoe --generate-password --deliver-to users/jdoe
  r7user history --login jdoe
  r7user undo
  r7user offboard-user --email jdoe@example.com --ticket OFF-1042
  r7user offboard-users --people-file leavers.csv --report leavers.jsonl
  r7user access-report --format html > access-report.html
  r7user test-connection
  r7user --via-lambda acme disable-user --login jdoe --ticket OFF-1042
  r7user list-users --json | jq '.users[] | select(.locked)'
  r7user completions bash > ~/.local/share/bash-completion/completions/r7user

Exit codes (sysexits): 0 done, 3 you said no, 64 wrong input, 65 several users
match, 67 no such user, 69 console unreachable, 70 unexpected, 75 try again,
77 refused or not allowed, 78 invalid settings. 128 plus the number of a signal:
stopped with something left undone. A signal lets the account in progress finish
first; a second signal ends the program at once.";

const MORE_HELP: &str = "`r7user COMMAND --help` shows the options of a command, with an example. `r7user --help` \
                         shows the settings and the exit codes.";

/// `r7user` with a subcommand for each operation.
#[must_use]
pub fn command() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .help(help)
            .global(true)
            .action(ArgAction::SetTrue)
    };
    let operations = actions::ALL.iter().map(arguments::command);
    let command = Command::new("r7user")
        .about(ABOUT)
        .version(env!("R7USER_VERSION"))
        .after_help(MORE_HELP)
        .after_long_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(output::arguments())
        .arg(switch("yes", "Do not ask for confirmation").short('y'))
        .arg(
            switch(
                "verbose",
                "Report retries and their reasons on standard error",
            )
            .short('v'),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .help("Give up after this time [default: 60; for a list, 3600]")
                .global(true)
                .value_parser(value_parser!(u64).range(1..=3600)),
        )
        .arg(
            Arg::new("audit_file")
                .long("audit-file")
                .value_name("FILE")
                .help(
                    "File for audit records, which are appended [default: rapid7-user-actions/audit.jsonl in the \
                     state folder]",
                )
                .global(true)
                .env(services::settings::AUDIT_FILE)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(via_lambda::argument())
        .arg(profile::argument())
        // What a command is about comes before what they all take.
        .mut_args(|argument| match argument.is_global_set() {
            true => argument.help_heading("Options of every command"),
            false => argument,
        })
        .subcommands(operations)
        .subcommands(commands::all());
    help::grouped(command, Page::of_stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_help_fits_a_terminal() {
        for line in AFTER_HELP.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
