//! One operation from its arguments to its answer: the plan is shown, a person asked, the run carried out.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use actions::{Effect, Entry};
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::arguments::Whom;
use crate::interrupt::{Interrupt, Told};
use crate::local_run::LocalRun;
use crate::output::Form;
use crate::question::confirmed;
use crate::record_target::name_console;
use crate::render::Page;
use crate::via_lambda::{self, ViaLambda};
use crate::watch::Watcher;
use crate::{arguments, out, profile, render};

/// Runs the operation; `None` if the person said no.
pub(crate) async fn run(
    entry: &Entry,
    arguments: &ArgMatches,
    form: Form,
    interrupt: &Interrupt,
) -> actions::Result<Option<Value>> {
    let mut input = arguments::input(entry, arguments)?;
    let whom = arguments::whom(entry, arguments, &mut input)?;
    let asked = Asked {
        whom: whom.as_ref(),
        always_asks: false,
    };
    let result = carry_out(entry, arguments, input, asked, form, interrupt).await;
    result.map_err(|error| match &whom {
        Some(whom) => whom.told(error),
        None => error,
    })
}

/// What is known of a run beside its input.
pub(crate) struct Asked<'a> {
    /// Whom a text without a flag names.
    pub(crate) whom: Option<&'a Whom>,
    /// Whether a person is asked although the operation takes nothing from anybody.
    pub(crate) always_asks: bool,
}

/// The same with an input that is made already.
pub(crate) async fn carry_out(
    entry: &Entry,
    arguments: &ArgMatches,
    mut input: Map<String, Value>,
    asked: Asked<'_>,
    form: Form,
    interrupt: &Interrupt,
) -> actions::Result<Option<Value>> {
    let operation = entry.operation;
    let yes = arguments.get_flag("yes");
    let dry = input.get("dry_run") == Some(&Value::Bool(true));
    // A new password takes the old one away, whatever else the operation does.
    let takes = asked.always_asks
        || operation.spec.effect == Effect::Destructive
        || arguments::names_a_user(entry) && sets_password(&input);
    let asks = takes && !dry && !yes;
    // Where the question goes counts as much as where the answer comes from.
    if asks && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        let why = match asked.always_asks {
            true => "required where nobody can be asked",
            false => "required where nobody can be asked: this takes something away",
        };
        return Err(actions::Error::invalid_input("--yes", why));
    }
    let given = arguments.get_one::<u64>("timeout").copied();
    let given = given.map(Duration::from_secs);
    let timeout = given.unwrap_or(match arguments::takes_long(entry) {
        true => Duration::from_secs(3600),
        false => Duration::from_secs(60),
    });
    let watcher = Arc::new(Watcher::new(form.streams()));
    let profile = profile::chosen(arguments)?;
    let go = match via_lambda::stack(arguments, profile.as_ref()) {
        Some(stack) => {
            via_lambda::check(entry, arguments, &input)?;
            Go::ViaLambda(ViaLambda::new(stack, operation.spec, given).await?)
        }
        None => Go::Here(Box::new(LocalRun::new(
            entry,
            arguments,
            profile.as_ref(),
            &mut input,
            timeout,
            &watcher,
            interrupt,
        )?)),
    };
    if let Some(whom) = asked.whom {
        let read = async |operation, input| go.read(operation, input).await;
        whom.settle(read, &mut input).await?;
    }
    if let Go::Here(here) = &go {
        name_console(entry, here.services(), &mut input).await?;
    }
    // A person sees the plan before anything is written.
    if operation.spec.effect != Effect::Read && !dry && (asks || !form.is_for_programs()) {
        let mut preview = input.clone();
        preview.insert("dry_run".into(), true.into());
        let page = Page::of_stderr();
        let (preview, left_out) = match go.run(preview).await {
            Ok(preview) => (preview, None),
            // What can be done is done, and what can't is told: a person decides about both.
            Err(error) => match plan_in(&error) {
                Some(details) => (details, Some(error)),
                None => return Err(error),
            },
        };
        if let Value::Object(members) = &preview {
            out::say(render::plan(members, page));
        }
        if let Some(error) = &left_out {
            let error = arguments::in_flags(entry, error.clone());
            out::say(render::left_out(&error, page));
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
        if asks {
            let members = preview.as_object().cloned().unwrap_or_default();
            let console = input.get("console").and_then(Value::as_str);
            let question = render::question(entry.question, &members, console, page);
            if !confirmed(&question, interrupt).await? {
                return Ok(None);
            }
        }
        if arguments::names_a_user(entry) {
            pin_subject(&mut input, &preview);
        } else if arguments::takes_accounts(entry) {
            pin_accounts(&mut input, &preview);
        }
    }
    watcher.begin_for_real();
    if operation.spec.effect != Effect::Read && !dry {
        let caught = interrupt.catch(go.interrupted());
        caught.map_err(|error| {
            actions::Error::unavailable(format!("signals can't be caught: {error}"))
        })?;
    }
    let result = go.run(input).await;
    let written = watcher.end();
    let answer = result?;
    written.map_err(|error| out::unwritten(&answer, &error))?;
    Ok(Some(answer))
}

fn sets_password(input: &Map<String, Value>) -> bool {
    ["password", "password_secret", "generate_password"]
        .iter()
        .any(|member| input.contains_key(*member))
}

/// The report in an error, where there is something that would be done all the same.
fn plan_in(error: &actions::Error) -> Option<Value> {
    let details = error.details.as_deref()?;
    let plan = details.get("plan")?.as_array()?;
    (!plan.is_empty()).then(|| details.clone())
}

/// Where an operation is carried out.
pub(crate) enum Go {
    /// By this process.
    Here(Box<LocalRun>),
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

    /// Reads something else that the run needs to know.
    pub(crate) async fn read(
        &self,
        operation: &str,
        input: Map<String, Value>,
    ) -> actions::Result<Value> {
        let entries = actions::ALL.iter().map(|entry| entry.operation);
        let found = entries.into_iter().find(|one| one.spec.name == operation);
        let Some(operation) = found else {
            return Err(actions::Error::invalid_input(
                operation,
                "expected an operation",
            ));
        };
        match self {
            Self::Here(here) => here.read(operation, input).await,
            Self::ViaLambda(function) => function.of(operation.spec).run(input).await,
        }
    }

    /// What a person is told who interrupts. A write that was begun is followed to its end: stopped in the
    /// middle, it could leave an account without its individual grants. Of a list, nobody else is begun.
    fn interrupted(&self) -> Told {
        match self {
            Self::Here(here) => Told {
                first: "Interrupted: what was begun is finished, within the time allowed, and nothing \
                        else is begun. Once more ends it at once.",
                second: format!(
                    "Ended at once. What was being changed may be half done, and an account may lack \
                     individual grants that the console dropped. The audit record from before the change \
                     has them: look for \"audit\":\"before\" in {}, and give it to r7user restore-user.",
                    here.audit_place()
                ),
            },
            Self::ViaLambda(_) => Told {
                first: via_lambda::INTERRUPTED,
                second:
                    "No longer waiting. The function goes on; its audit records tell how it ended."
                        .into(),
            },
        }
    }
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
