//! `--via-lambda`: the operations by a deployment's functions, for people who have credentials for AWS
//! and none for a console.

use std::time::Duration;

use actions::{Changed, Entry, Error, ErrorKind, Spec};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};
use serde_json::{Map, Value};
use services::aws::Chain;
use services::invoke::Functions;
use services::settings::{Profile, check_names, misconfigured, names_a_surface};

use crate::arguments;
use crate::caller::person;

const STACK: &str = "via_lambda";

/// The longest time that a function may take, 15 minutes, and a little for the way there and back.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LONGEST_RUN: Duration = Duration::from_secs(910);

/// What a person who interrupts is told.
pub(crate) const INTERRUPTED: &str = "The function goes on, whatever is done here; its answer is \
                                      waited for. Once more ends the waiting, not the function.";

pub(crate) fn argument() -> Arg {
    Arg::new(STACK)
        .long("via-lambda")
        .value_name("STACK")
        .help(
            "Run the operation in AWS Lambda, as the function STACK-OPERATION. Needs only AWS \
             credentials; the policy of that deployment applies",
        )
        .global(true)
        .env(services::settings::VIA_LAMBDA)
        .value_parser(parsed)
}

/// What can begin a function's name.
pub(crate) fn parsed(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match !text.is_empty() && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected the name of a stack: letters, digits, - and _".into()),
    }
}

/// The stack whose functions are to do it: the one that the command line or the environment names, or else the
/// profile's, unless the environment says by itself where a console or the platform is.
pub(crate) fn stack<'a>(
    arguments: &'a ArgMatches,
    profile: Option<&'a Profile>,
) -> Option<&'a str> {
    let told = arguments.get_one::<String>(STACK).map(String::as_str);
    told.or_else(|| {
        let stack = profile?.via_lambda()?;
        (!names_a_surface(|name| std::env::var(name).ok())).then_some(stack)
    })
}

/// Whether the command line or the environment names one.
pub(crate) fn is_told(arguments: &ArgMatches) -> bool {
    arguments.contains_id(STACK)
}

/// Refuses what only this machine could do or read.
pub(crate) fn check(
    entry: &Entry,
    arguments: &ArgMatches,
    input: &Map<String, Value>,
) -> actions::Result<()> {
    let refused = |argument: &str, why: &str| {
        Err(Error::invalid_input(
            argument,
            &format!("not with --via-lambda: {why}"),
        ))
    };
    if arguments.value_source("audit_file") == Some(ValueSource::CommandLine) {
        return refused(
            "--audit-file",
            "the function writes the audit records, into its own log group",
        );
    }
    if arguments::report(entry, arguments).is_some() {
        return refused(
            "--report",
            "rows come with the answer only; what became of each one is in the function's audit \
             records, and running the same again does only what is left",
        );
    }
    for (name, value) in input {
        let is_reference = name.ends_with("_secret") || name == "deliver_to";
        let is_local = |text: &str| text.starts_with("file:") || text.starts_with("env:");
        if is_reference && value.as_str().is_some_and(is_local) {
            return refused(
                &format!("--{}", name.replace('_', "-")),
                "files and variables of this machine are not the function's; name a secret in \
                 Secrets Manager that it may read, or give the value itself (--password-stdin)",
            );
        }
    }
    Ok(())
}

/// An operation's function.
pub(crate) struct ViaLambda {
    functions: Functions,
    spec: &'static Spec,
    patience: Duration,
}

impl ViaLambda {
    pub(crate) async fn new(
        stack: &str,
        spec: &'static Spec,
        patience: Option<Duration>,
    ) -> actions::Result<Self> {
        check_names().map_err(misconfigured)?;
        Ok(Self {
            functions: Functions::new(Chain::EVERYWHERE, format!("{stack}-")).await?,
            spec,
            // A function has a time limit of its own, and says what became of it when that is over.
            patience: patience.map_or(LONGEST_RUN, |patience| patience.min(LONGEST_RUN)),
        })
    }

    /// Another operation's function of the same deployment.
    pub(crate) fn of(&self, spec: &'static Spec) -> Self {
        Self {
            functions: self.functions.clone(),
            spec,
            patience: self.patience,
        }
    }

    pub(crate) async fn run(&self, mut input: Map<String, Value>) -> actions::Result<Value> {
        if let Some(person) = person() {
            input.entry("requested_by").or_insert(person.into());
        }
        let answer = self.functions.invoke(self.spec, input, self.patience).await;
        let answer = answer.map_err(|failure| failure.error)?;
        serde_json::from_str(&answer.text).map_err(|_| {
            let name = self.spec.name;
            let message = format!("{name}: the answer can't be read");
            Error::new(ErrorKind::Unexpected, message).changed(Changed::Unknown)
        })
    }
}
