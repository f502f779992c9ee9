//! The program's subcommands.

use std::io::IsTerminal as _;
use std::process::{ExitCode, exit};
use std::sync::{Arc, OnceLock};

use actions::{Ending, strict_json};
use clap::{Parser, Subcommand};
use tracing::{Level, info, warn};

use crate::about::{DESCRIPTION, NAME, VENDOR, VERSION};
use crate::connection::variables;
use crate::message::Envelope;
use crate::plugin::Plugin;
use crate::{catalog, http, log, sample, task};
use services::output::{self, say};
use services::settings::check_names_but;
use services::signals::{Signal, Signals};
use services::{files, logs};

#[derive(Parser)]
#[command(name = "insightconnect-plugin", about = DESCRIPTION, after_help = EXAMPLES, disable_version_flag = true)]
struct Cli {
    /// Show the version.
    #[arg(long)]
    version: bool,
    /// Log everything that happens.
    #[arg(long, global = true)]
    debug: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the step of the start message on standard input.
    Run(Rest),
    /// Test the connection of the start message on standard input.
    Test(Rest),
    /// Show what the plugin can do.
    Info,
    /// Show a start message of an action or task.
    Sample {
        /// The action or task.
        name: String,
    },
    /// Serve messages over HTTP.
    Http(http::Args),
}

/// What orchestrators put behind `--` and the vendor's runtime ignores too.
#[derive(clap::Args)]
struct Rest {
    #[arg(last = true, hide = true)]
    _rest: Vec<String>,
}

/// The exit code that clap has for wrong arguments.
const USAGE: u8 = 2;

/// Where what other programs of this pack read from the environment is said here.
const ELSEWHERE: &str = "the plugin reads it from its connection";

const EXAMPLES: &str = "\
Examples:
  insightconnect-plugin sample get_user > message.json
  insightconnect-plugin run < message.json
  insightconnect-plugin http --port 10001";

/// Runs the plugin.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(http::known(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().to_string();
            return match error.use_stderr() {
                true => {
                    say(text.trim_end());
                    ExitCode::from(USAGE)
                }
                false => print(&text),
            };
        }
    };
    let works = matches!(
        cli.command,
        Some(Command::Run(_) | Command::Test(_) | Command::Http(_))
    );
    if works && let Err(error) = check_names_but(&variables(), ELSEWHERE) {
        say(error);
        return ExitCode::FAILURE;
    }
    match cli.command {
        _ if cli.version => print(&format!("{VENDOR}/{NAME}:{VERSION}\n")),
        None => {
            use clap::CommandFactory as _;
            print(&Cli::command().render_help().to_string())
        }
        Some(Command::Info) => print(&info()),
        Some(Command::Sample { name }) => match sample::message(&name) {
            Some(message) => print(&format!("{message}\n")),
            None => {
                say(format_args!(
                    "There is no action or task {name:?}. `info` lists them."
                ));
                ExitCode::FAILURE
            }
        },
        Some(Command::Run(_)) => once(false, cli.debug),
        Some(Command::Test(_)) => once(true, cli.debug),
        Some(Command::Http(args)) => {
            logs::to_writer(level(cli.debug), log::Tee);
            http::serve(&args)
        }
    }
}

fn level(debug: bool) -> Level {
    if debug { Level::DEBUG } else { Level::INFO }
}

fn print(text: &str) -> ExitCode {
    match output::print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!(
                "Standard output could not be written: {error}"
            ));
            ExitCode::FAILURE
        }
    }
}

/// Answers the message on standard input: exit code 0 if it was done, 1 if not, and 128 and its number if a
/// signal came and it was not. The answer is the last line of standard output either way, unless there is no
/// message to answer to.
fn once(test: bool, debug: bool) -> ExitCode {
    logs::to_writer(level(debug), log::Tee);
    let text = match files::read_message(std::io::stdin().lock(), http::LARGEST_MESSAGE) {
        Ok(text) => text,
        Err(error) => {
            say(format_args!("The message can't be read: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let message = match strict_json::from_slice(text.as_bytes()) {
        Ok(message) => message,
        Err(error) => {
            say(format_args!(
                "The message on standard input is not JSON (line {}, column {}).",
                error.line(),
                error.column()
            ));
            return ExitCode::FAILURE;
        }
    };
    let Some(envelope) = Envelope::read(&message) else {
        say(format_args!(
            "The message on standard input has no `body`: `sample NAME` shows one."
        ));
        return ExitCode::FAILURE;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            say(format_args!("The plugin can't start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let plugin = Arc::new(Plugin::new());
    let told = Arc::new(OnceLock::new());
    let reply = runtime.block_on(async {
        match Signals::caught() {
            Ok(signals) => _ = tokio::spawn(end(signals, plugin.ending().clone(), told.clone())),
            Err(error) => warn!(%error, "signals can't be caught"),
        }
        plugin.answer(&envelope, test).await
    });
    let written = output::print(&format!("{}\n", reply.event));
    if let Err(error) = &written {
        let what = match (reply.is_ok(), test) {
            (true, false) => "the step is done: running it again does only what is left",
            (true, true) => "the connection works",
            (false, _) => "it was not done, or not all of it; the log above tells",
        };
        say(format_args!(
            "The answer could not be written to standard output: {error}; {what}."
        ));
    }
    match (written, reply.is_ok()) {
        (Ok(()), true) => ExitCode::SUCCESS,
        _ => told.get().map_or(ExitCode::FAILURE, |signal: &Signal| {
            ExitCode::from(signal.exit_code())
        }),
    }
}

/// By the first signal the step ends in order: what it has begun to write is finished. The second one ends
/// the process at once.
async fn end(mut signals: Signals, ending: Ending, told: Arc<OnceLock<Signal>>) {
    let first = signals.next().await;
    let _ = told.set(first);
    let name = first.name();
    info!(
        "{name}: what was begun is finished, and nothing else is begun; once more ends it at once"
    );
    ending.tell(format!("interrupted by {name}"));
    let second = signals.next().await;
    warn!(
        "{}: ended at once. What was being changed may be half done; the audit record above has what was there",
        second.name()
    );
    exit(second.exit_code().into());
}

fn info() -> String {
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (on, off) = if color {
        ("\x1b[92m", "\x1b[0m")
    } else {
        ("", "")
    };
    let mut text = format!(
        "Name:        {on}{NAME}{off}\nVendor:      {on}{VENDOR}{off}\nVersion:     {on}{VERSION}{off}\n\
         Description: {on}{DESCRIPTION}{off}\n"
    );
    let names = catalog::names();
    text.push_str(&format!("\nActions ({on}{}{off}):\n", names.len()));
    for action in names
        .iter()
        .filter_map(|name| catalog::PluginAction::find(name))
    {
        text.push_str(&format!(
            "└── {on}{}{off} ({})\n",
            action.name, action.description
        ));
    }
    text.push_str(&format!(
        "\nTasks ({on}1{off}):\n└── {on}{}{off} ({})\n",
        task::NAME,
        task::DESCRIPTION
    ));
    text
}
