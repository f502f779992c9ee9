//! `r7user`: the operations for people on call.

mod arguments;
mod audit_file;
mod render;
mod via_lambda;
mod watch;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actions::{Caller, Effect, Entry, ErrorKind, Operation, Run, Services, invoke};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Map, Value, json};
use services::assemble::assemble;
use services::aws::Chain;
use services::logs;
use services::needs::Needs;
use services::sent::Sent;
use services::settings::{Settings, misconfigured};
use tokio::time::Instant;
use tracing::Level;

use audit_file::AppendedFile;
use via_lambda::ViaLambda;
use watch::Watcher;

const ABOUT: &str = "The life of a Rapid7 user account on the InsightVM console and the Insight \
                     Platform, from creating to deleting it, proven by reading back. Independent \
                     of Rapid7.";

const AFTER_HELP: &str = "\
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

What is allowed (README, \"Policy\"):
  RAPID7_ALLOW_DELETION, RAPID7_ALLOW_PRIVILEGED_ACCOUNTS, and more

Examples:
  r7user get-user --email jdoe@example.com
  r7user disable-user --login jdoe --ticket OFF-1042 --dry-run
  r7user disable-user --login jdoe --ticket OFF-1042
  r7user grant-site-access --login jdoe --sites 'Branch office,7'
  r7user set-password --login jdoe --generate-password --deliver-to users/jdoe
  grep '\"audit\":\"before\"' audit.jsonl | tail -1 |
    r7user restore-user --record-file - --yes
  r7user offboard-user --email jdoe@example.com --ticket OFF-1042
  r7user offboard-users --people-file leavers.csv --report leavers.jsonl
  r7user access-report --format html > access-report.html
  r7user test-connection
  r7user --via-lambda acme disable-user --login jdoe --ticket OFF-1042
  r7user list-users --json | jq '.users[] | select(.locked)'
  r7user completions bash > ~/.local/share/bash-completion/completions/r7user

Exit codes (sysexits): 0 done, 64 wrong input, 65 several users match,
67 no such user, 69 console unreachable, 70 a surprise, 75 try again,
77 refused or not allowed.";

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

fn command() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .help(help)
            .global(true)
            .action(ArgAction::SetTrue)
    };
    let operations = actions::ALL.iter().map(arguments::command);
    Command::new("r7user")
        .about(ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(switch(
            "json",
            "Answer in JSON; so is every answer that goes to a pipe",
        ))
        .arg(
            switch(
                "json_lines",
                "Print the rows of a list as they come, one JSON object a line",
            )
            .long("json-lines"),
        )
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
                .env("RAPID7_AUDIT_FILE")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(via_lambda::argument())
        .subcommands(operations)
        .subcommand(
            Command::new("completions")
                .about("Print a shell's completion script")
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_parser(value_parser!(clap_complete::Shell)),
                ),
        )
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
        clap_complete::generate(*shell, &mut command(), "r7user", &mut io::stdout());
        return ExitCode::SUCCESS;
    }
    logs::to_stderr(arguments.get_flag("verbose").then_some(Level::INFO));
    let entry = actions::ALL
        .iter()
        .find(|entry| entry.operation.spec.name == name)
        .expect("clap only takes subcommands that it was given");
    if let Err(error) = arguments::check(entry, arguments) {
        return said(&error);
    }
    let as_lines = arguments.get_flag("json_lines");
    let as_json = arguments.get_flag("json") || as_lines || !io::stdout().is_terminal();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(entry, arguments, as_json)),
        Err(error) => Err(actions::Error::unavailable(error.to_string())),
    };
    match result {
        Ok(Some(answer)) => {
            let text = match &answer["text"] {
                _ if as_lines => render::lines(&answer),
                Value::String(document) => document.trim_end().to_owned(),
                _ if as_json => format!("{answer:#}"),
                _ => render::answer(&answer),
            };
            if text.is_empty() {
                return ExitCode::SUCCESS;
            }
            // A reader that has seen enough and hung up does not make a run that is done fail.
            let _ = writeln!(anstream::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Ok(None) => {
            anstream::eprintln!("Not done: nothing was changed.");
            ExitCode::from(exit_code(ErrorKind::Refused))
        }
        Err(error) => {
            if as_json {
                eprintln!("{:#}", json!({"error": error.to_json()}));
            } else {
                anstream::eprintln!("{}", render::error(&error));
            }
            ExitCode::from(exit_code(error.kind))
        }
    }
}

/// Prints what clap has to say. Help and version are answers; anything else is wrong input.
fn said(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    match error.use_stderr() {
        true => ExitCode::from(exit_code(ErrorKind::InvalidInput)),
        false => ExitCode::SUCCESS,
    }
}

/// Runs the operation; `None` if the person said no.
async fn run(
    entry: &Entry,
    arguments: &ArgMatches,
    as_json: bool,
) -> actions::Result<Option<Value>> {
    let operation = entry.operation;
    let mut input = arguments::input(entry, arguments)?;
    let yes = arguments.get_flag("yes");
    let dry = input.get("dry_run") == Some(&Value::Bool(true));
    // A new password takes the old one away, whatever else the operation does.
    let takes = operation.spec.effect == Effect::Destructive
        || arguments::names_a_user(entry) && sets_password(&input);
    let asks = takes && !dry && !yes;
    if asks && !io::stdin().is_terminal() {
        return Err(actions::Error::invalid_input(
            "--yes",
            "required where nobody can be asked: this takes something away",
        ));
    }
    let given = arguments.get_one::<u64>("timeout").copied();
    let given = given.map(Duration::from_secs);
    let timeout = given.unwrap_or(match arguments::takes_long(entry) {
        true => Duration::from_secs(3600),
        false => Duration::from_secs(60),
    });
    let watcher = Arc::new(Watcher::new(arguments.get_flag("json_lines")));
    let go = match via_lambda::stack(arguments) {
        Some(stack) => {
            via_lambda::check(entry, arguments, &input)?;
            Go::ViaLambda(ViaLambda::new(stack, operation.spec, given).await?)
        }
        None => Go::Here(Box::new(here(
            entry, arguments, &mut input, timeout, &watcher,
        )?)),
    };
    // A person sees the plan before anything is written.
    if operation.spec.effect != Effect::Read && !dry && (asks || !as_json) {
        let mut preview = input.clone();
        preview.insert("dry_run".into(), true.into());
        let (preview, left_out) = match go.run(preview).await {
            Ok(preview) => (preview, None),
            // What can be done is done, and what can't is told: a person decides about both.
            Err(error) => match plan_in(&error) {
                Some(details) => (details, Some(error)),
                None => return Err(error),
            },
        };
        if let Value::Object(members) = &preview {
            anstream::eprintln!("{}", render::plan(members));
        }
        if let Some(error) = &left_out {
            anstream::eprintln!("{}", render::left_out(error));
        }
        let nothing_left = preview["plan"].as_array().is_some_and(Vec::is_empty);
        // Whatever changes from here on, nobody was asked about it.
        if asks && nothing_left {
            let mut answer = preview;
            answer["dry_run"] = false.into();
            for row in answer["rows"].as_array().into_iter().flatten() {
                watcher.keep(row).map_err(actions::Error::unavailable)?;
            }
            return Ok(Some(answer));
        }
        if asks && !confirmed()? {
            return Ok(None);
        }
        if arguments::names_a_user(entry) {
            pin_subject(&mut input, &preview);
        } else if arguments::takes_accounts(entry) {
            pin_accounts(&mut input, &preview);
        }
    }
    watcher.begin_for_real();
    if operation.spec.effect != Effect::Read && !dry {
        let told = match go {
            Go::Here(_) => "Finishing what was begun; it ends within the time allowed.",
            Go::ViaLambda(_) => via_lambda::INTERRUPTED,
        };
        tokio::spawn(finish_when_interrupted(watcher.clone(), told));
    }
    let result = go.run(input).await;
    watcher.end();
    result.map(Some)
}

fn sets_password(input: &Map<String, Value>) -> bool {
    ["password", "password_secret", "generate_password"]
        .iter()
        .any(|member| input.contains_key(*member))
}

/// A write that was begun is followed to its end: stopped in the middle, it could leave an account
/// without its individual grants. Of a list, nobody else is begun. A second Ctrl-C ends the process all
/// the same.
async fn finish_when_interrupted(watcher: Arc<Watcher>, told: &'static str) {
    if tokio::signal::ctrl_c().await.is_ok() {
        watcher.interrupt();
        anstream::eprintln!("{told}");
        let _ = tokio::signal::ctrl_c().await;
        std::process::exit(130);
    }
}

/// The report in an error, where there is something that would be done all the same.
fn plan_in(error: &actions::Error) -> Option<Value> {
    let details = error.details.as_deref()?;
    let plan = details.get("plan")?.as_array()?;
    (!plan.is_empty()).then(|| details.clone())
}

/// Where an operation is carried out.
enum Go {
    /// By this process.
    Here(Box<Here>),
    /// By a deployment's function.
    ViaLambda(ViaLambda),
}

impl Go {
    async fn run(&self, input: Map<String, Value>) -> actions::Result<Value> {
        match self {
            Self::Here(here) => here.run(input).await,
            Self::ViaLambda(function) => function.run(input).await,
        }
    }
}

struct Here {
    operation: Operation,
    services: Services,
    timeout: Duration,
}

/// What a run of this process needs, and the rows of an earlier one.
fn here(
    entry: &Entry,
    arguments: &ArgMatches,
    input: &mut Map<String, Value>,
    timeout: Duration,
    watcher: &Arc<Watcher>,
) -> actions::Result<Here> {
    let operation = entry.operation;
    // Reading leaves no record, and needs no place for one.
    let audit = match operation.spec.effect {
        Effect::Read => AppendedFile::new(PathBuf::new()),
        _ => AppendedFile::of(arguments)?,
    };
    let settings = Settings::from_environment().map_err(misconfigured)?;
    let known = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    let known: Vec<&str> = known.collect();
    settings.check_operations(&known).map_err(misconfigured)?;
    if let Some(at) = arguments::report(entry, arguments)
        && let Some(earlier) = watcher.keep_rows(&at.path, at.resume)?
    {
        input.insert(at.member, earlier.into());
    }
    let progress = Some(watcher.clone() as Arc<dyn actions::Progress>);
    let services = assemble(
        settings,
        Chain::EVERYWHERE,
        Arc::new(audit),
        Needs::ALL_ON_A_LAPTOP,
        progress,
        &Sent::default(),
    );
    Ok(Here {
        operation,
        services,
        timeout,
    })
}

impl Here {
    async fn run(&self, input: Map<String, Value>) -> actions::Result<Value> {
        let run = Run {
            services: self.services.clone(),
            caller: Caller {
                request_id: request_id(),
                ticket: None,
                requested_by: person(),
                event_id: None,
            },
            deadline: Instant::now() + self.timeout,
        };
        invoke(self.operation, run, Value::Object(input)).await
    }
}

/// Who runs this.
fn person() -> Option<String> {
    std::env::var("USER").ok()
}

/// After a plan was shown, the run is about the very account in it, whoever has that email by then.
fn pin_subject(input: &mut Map<String, Value>, preview: &Value) {
    let id = &preview["subject"]["user_id"];
    if !id.is_null() {
        input.remove("login");
        input.remove("email");
        input.insert("user_id".into(), id.clone());
    }
}

/// The same for a person: the accounts on each surface that were in the plan.
fn pin_accounts(input: &mut Map<String, Value>, preview: &Value) {
    let surfaces = preview["surfaces"].as_array().into_iter().flatten();
    let accounts = surfaces.filter(|surface| surface["subject"].is_object());
    let accounts = accounts.map(
        |surface| json!({"surface": surface["name"], "user_id": surface["subject"]["user_id"]}),
    );
    input.insert("accounts".into(), accounts.collect());
}

fn confirmed() -> actions::Result<bool> {
    let failed = |error: io::Error| arguments::unreadable_input(&error);
    let mut terminal = io::stderr();
    write!(terminal, "Do this? Type yes: ").map_err(failed)?;
    terminal.flush().map_err(failed)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(failed)?;
    Ok(answer.trim() == "yes")
}

/// Tells one run on this machine from another in logs and records.
fn request_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_micros();
    format!("cli-{now}-{}", std::process::id())
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
