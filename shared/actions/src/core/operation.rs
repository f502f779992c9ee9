//! The one way to run any operation.

use std::time::{Instant as Clock, SystemTime};

use rapid7::BoxFuture;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, info_span, warn};

use crate::core::action::Action;
use crate::core::audit::Phase;
use crate::core::context::{Caller, RunContext, Scope, Services};
use crate::core::ending::Begun;
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::input::{Input as _, members, parse};
use crate::core::lease::{Leases, PLANS};
use crate::core::spec::{Effect, Spec};

/// An operation without its types.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Its description.
    pub spec: &'static Spec,
    members: fn() -> &'static [&'static str],
    run: fn(Run, Value) -> BoxFuture<'static, Result<Value>>,
}

impl Operation {
    /// Erases the types of an action.
    #[must_use]
    pub const fn of<A: Action>() -> Self {
        Self {
            spec: &A::SPEC,
            members: members::<A::Input>,
            run: |run, input| Box::pin(run_action::<A>(run, input)),
        }
    }

    /// The names of its input's members.
    #[must_use]
    pub fn members(&self) -> &'static [&'static str] {
        (self.members)()
    }
}

/// What an entrypoint knows about one run.
#[derive(Clone)]
pub struct Run {
    /// What outlives it.
    pub services: Services,
    /// Who asked. Members of the input take precedence.
    pub caller: Caller,
    /// When it must have ended.
    pub deadline: Instant,
}

/// Runs an operation: reads its input, runs it, writes the audit record of how it ended, and logs
/// it once.
///
/// # Errors
/// Everything that an operation can fail with.
pub async fn invoke(operation: Operation, run: Run, input: Value) -> Result<Value> {
    (operation.run)(run, input).await
}

async fn run_action<A: Action>(run: Run, input: Value) -> Result<Value> {
    let started = Clock::now();
    let operation = A::SPEC.name;
    let mut caller = run.caller;
    // Told in the log even if the rest can't be read.
    let ticket = input.get("ticket").and_then(Value::as_str);
    let ticket = ticket.map(str::to_owned).or(caller.ticket.clone());
    let raw = input.clone();
    let input = match parse::<A::Input>(input) {
        Ok(input) => input,
        Err(error) => {
            let request_id = caller.request_id;
            let kind = error.kind.name();
            warn!(operation, request_id, ticket, kind, %error, "failed");
            return Err(error);
        }
    };
    let common = input.common();
    caller.ticket = common.ticket.map(str::to_owned).or(caller.ticket);
    caller.requested_by = common
        .requested_by
        .map(str::to_owned)
        .or(caller.requested_by);
    let run = RunContext {
        spec: &A::SPEC,
        dry_run: common.dry_run,
        accepts_loss: common.accept_loss_of_privileges,
        deadline: run.deadline,
        services: run.services,
        caller,
        begun: Begun::default(),
        leases: Leases::default(),
        read_since: SystemTime::now(),
    };
    let span = info_span!(
        "run",
        operation,
        request_id = run.caller.request_id,
        ticket = run.caller.ticket,
    );
    run_checked::<A>(run, input, raw, started)
        .instrument(span)
        .await
}

async fn run_checked<A: Action>(
    mut run: RunContext,
    mut input: A::Input,
    raw: Value,
    started: Clock,
) -> Result<Value> {
    let mut requests = 0;
    for plan in 1.. {
        let opened = async {
            run.services.policy.may_run(A::SPEC.name)?;
            A::Scope::open(run.clone(), input.common().console).await
        };
        let (begun, ending) = (&run.begun, &run.services.ending);
        let scope = match begun.unless(ending, opened).await {
            Ok(scope) => scope,
            Err(error) => return finish::<A>(&run, "", requests, Err(error), started).await,
        };
        if plan == 1 {
            warn_of(&run, &scope);
        }
        let result = begun.unless(ending, A::run(&scope, input)).await;
        requests += scope.requests();
        if plan < PLANS
            && let Err(error) = &result
            && error.plan_again
        {
            info!("planned again, on what the account is by now");
            input = parse::<A::Input>(raw.clone())?;
            run.read_since = SystemTime::now();
            continue;
        }
        let result = result.and_then(|output| {
            serde_json::to_value(output).map_err(|error| {
                Error::new(
                    ErrorKind::Unexpected,
                    format!("the outcome can't be written: {error}"),
                )
                .changed(Changed::Unknown)
            })
        });
        return finish::<A>(&run, &scope.target(), requests, result, started).await;
    }
    Err(Error::plan_again())
}

fn warn_of(run: &RunContext, scope: &impl Scope) {
    for warning in scope.warnings() {
        warn!("{warning}");
        if let Some(progress) = &run.services.progress {
            progress.warning(&warning);
        }
    }
}

async fn finish<A: Action>(
    run: &RunContext,
    target: &str,
    requests: u32,
    result: Result<Value>,
    started: Clock,
) -> Result<Value> {
    let result = result.map_err(|error| run.leases.told(error));
    let result = if A::SPEC.effect == Effect::Read {
        result
    } else {
        record_after(run, target, result, A::recorded).await
    };
    log(run, requests, &result, started);
    result
}

/// The audit record of how a run ended. If it can't be written, the run still did what it did: its
/// outcome says so.
async fn record_after(
    run: &RunContext,
    target: &str,
    mut result: Result<Value>,
    recorded: fn(Value) -> Value,
) -> Result<Value> {
    let record = match &result {
        Ok(outcome) => recorded(outcome.clone()),
        Err(error) => {
            let mut error = error.to_json();
            if let Some(details) = error.get_mut("details") {
                *details = recorded(details.take());
            }
            json!({"error": error})
        }
    };
    if let Err(why) = run.record(target, Phase::After, record).await {
        error!(why, "the audit record of the outcome could not be written");
        if let Ok(outcome) = &mut result
            && let Some(Value::Array(warnings)) = outcome.get_mut("warnings")
        {
            let warning = format!("the audit record of this outcome could not be written: {why}");
            warnings.push(warning.into());
        }
    }
    result
}

fn log(run: &RunContext, requests: u32, result: &Result<Value>, started: Clock) {
    let operation = run.spec.name;
    let request_id = run.caller.request_id.as_str();
    let ticket = run.caller.ticket.as_deref().unwrap_or_default();
    let duration_ms = started.elapsed().as_millis() as u64;
    match result {
        Ok(outcome) => {
            let changed = outcome.get("changed").and_then(Value::as_bool);
            let changed = changed.unwrap_or_default();
            info!(
                operation,
                request_id, ticket, changed, requests, duration_ms, "done"
            );
        }
        Err(error) => {
            let kind = error.kind.name();
            let cause = std::error::Error::source(error).map(|source| format!("{source:?}"));
            let cause = cause.unwrap_or_default();
            warn!(operation, request_id, ticket, kind, %error, cause, requests, duration_ms, "failed");
        }
    }
}
