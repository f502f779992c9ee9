//! The whole command line, as clap takes it.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

use crate::render::Page;
use crate::{arguments, commands, help, output, profile, via_lambda};

const ABOUT: &str = "The life of a Rapid7 user account on the InsightVM console and the Insight \
                     Platform, from creating to deleting it, proven by reading back. Independent \
                     of Rapid7.";

const AFTER_HELP: &str = "\
To begin: r7user init asks for all of this and keeps it as a profile; r7user
config shows what is in force. What variables say counts first:

Where the console is, and who asks:
  RAPID7_CONSOLE_URL                 its address, such as https://HOST:3780
  RAPID7_CONSOLE_USERNAME,           a global administrator's credentials
    _PASSWORD and perhaps _TOKEN     (_TOKEN: the current two-factor token), or
  RAPID7_CONSOLE_SECRET_FILE         a JSON file: url, username, password, or
  RAPID7_CONSOLE_SECRET              the same as a secret in AWS Secrets Manager
  RAPID7_CONSOLE_CERTIFICATE_SHA256  the certificate to believe, or
  RAPID7_CONSOLE_CA_FILE             the authority that issued it, in PEM
  RAPID7_CONSOLES                    several: NAME=SECRET,NAME=file:PATH

Where the Insight Platform is:
  RAPID7_PLATFORM_REGION             its region: us, eu, ...
  RAPID7_PLATFORM_API_KEY            an organization key, or
  RAPID7_PLATFORM_SECRET_FILE        a JSON file: region, api_key, or
  RAPID7_PLATFORM_SECRET             the same as a secret in AWS Secrets Manager
  RAPID7_PLATFORM_ORGANIZATION_ID    for a key over several: which is meant

What is allowed (README, \"Policy\"):
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
match, 67 no such user, 69 console unreachable, 70 a surprise, 75 try again,
77 refused or not allowed, 78 settings that can't be used. 128 and the number
of a signal: it left something undone. What has begun is finished first; a
second signal ends it at once.";

const MORE_HELP: &str = "`r7user COMMAND --help` tells what a command takes, with an example; `r7user --help` \
                         tells what is configured how, and what exit codes mean.";

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
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(MORE_HELP)
        .after_long_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(output::arguments())
        .arg(switch("yes", "Do not ask before something is taken away").short('y'))
        .arg(
            switch(
                "verbose",
                "Say on standard error what is sent again and why",
            )
            .short('v'),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .help("Give up after this time [default: 60; of a list, 3600]")
                .global(true)
                .value_parser(value_parser!(u64).range(1..=3600)),
        )
        .arg(
            Arg::new("audit_file")
                .long("audit-file")
                .value_name("FILE")
                .help(
                    "Append audit records here [default: rapid7-user-actions/audit.jsonl in the \
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
