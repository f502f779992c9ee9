//! Every operation, and the one way to run any of them.

use std::time::Instant as Clock;

use rapid7::BoxFuture;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{Instrument as _, error, info, info_span, warn};

use crate::core::action::{Action, Effect, Spec};
use crate::core::audit::Phase;
use crate::core::context::{Caller, RunContext, Scope, Services};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::input::{Input as _, parse};
use crate::{
    CreateUser, DeleteUser, DisableUser, EnableUser, GetAssetGroupAccess, GetSiteAccess, GetUser,
    GrantAssetGroupAccess, GrantSiteAccess, ListAssetGroups, ListAuthenticationSources, ListRoles,
    ListSites, ListUserChanges, ListUsers, OffboardUser, OffboardUsers, ProvisionUser,
    ReportAccess, ResetTwoFactor, ResolveIdentity, RestoreUser, RevokeAssetGroupAccess,
    RevokeSiteAccess, SetAssetGroupAccess, SetPassword, SetRole, SetSiteAccess, TestConnection,
    UnlockUser, UpdateUser,
};
// On the Insight Platform.
use crate::{
    CreatePlatformUser, DeletePlatformUser, GetPlatformUser, ListPlatformApiKeys,
    ListPlatformUsers, RestorePlatformUser, RevokePlatformApiKeys, RevokeProductAccess,
    SuspendPlatformUser, TestPlatformConnection,
};

/// An operation without its types.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Its description.
    pub spec: &'static Spec,
    run: fn(Run, Value) -> BoxFuture<'static, Result<Value>>,
}

impl Operation {
    /// Erases the types of an action.
    #[must_use]
    pub const fn of<A: Action>() -> Self {
        Self {
            spec: &A::SPEC,
            run: |run, input| Box::pin(run_action::<A>(run, input)),
        }
    }
}

/// An operation with the schemas of its input and output. Apart from [`Operation`], so that a
/// function binary does not carry them.
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// JSON Schema of what it takes.
    pub input: fn() -> Schema,
    /// JSON Schema of what it answers with.
    pub output: fn() -> Schema,
    /// Whether it works on consoles.
    pub console: bool,
    /// Whether it works on the Insight Platform.
    pub platform: bool,
    /// Whether it may deliver something into a secret.
    pub delivers: bool,
}

const fn entry<A: Action>() -> Entry {
    Entry {
        operation: Operation::of::<A>(),
        input: || schema_for!(A::Input),
        output: || answers::<A::Output>(),
        console: A::Scope::CONSOLE,
        platform: A::Scope::PLATFORM,
        delivers: A::DELIVERS,
    }
}

/// The schema of what is written, rather than of what could be read: a member that is left out where
/// it has nothing to say is not required, and one that may be null is there.
fn answers<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::default().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

/// Every operation, in the order of an account's life, then what helps to choose.
pub static ALL: &[Entry] = &[
    entry::<ListUsers>(),
    entry::<ListUserChanges>(),
    entry::<GetUser>(),
    entry::<CreateUser>(),
    entry::<ProvisionUser>(),
    entry::<UpdateUser>(),
    entry::<SetRole>(),
    entry::<GetSiteAccess>(),
    entry::<SetSiteAccess>(),
    entry::<GrantSiteAccess>(),
    entry::<RevokeSiteAccess>(),
    entry::<GetAssetGroupAccess>(),
    entry::<SetAssetGroupAccess>(),
    entry::<GrantAssetGroupAccess>(),
    entry::<RevokeAssetGroupAccess>(),
    entry::<SetPassword>(),
    entry::<ResetTwoFactor>(),
    entry::<UnlockUser>(),
    entry::<EnableUser>(),
    entry::<DisableUser>(),
    entry::<DeleteUser>(),
    entry::<RestoreUser>(),
    // On the Insight Platform.
    entry::<ListPlatformUsers>(),
    entry::<GetPlatformUser>(),
    entry::<CreatePlatformUser>(),
    entry::<RevokeProductAccess>(),
    entry::<ListPlatformApiKeys>(),
    entry::<RevokePlatformApiKeys>(),
    entry::<SuspendPlatformUser>(),
    entry::<DeletePlatformUser>(),
    entry::<RestorePlatformUser>(),
    entry::<TestPlatformConnection>(),
    // One person across both surfaces.
    entry::<ResolveIdentity>(),
    entry::<OffboardUser>(),
    entry::<OffboardUsers>(),
    entry::<ReportAccess>(),
    // What helps to choose.
    entry::<ListRoles>(),
    entry::<ListAuthenticationSources>(),
    entry::<ListSites>(),
    entry::<ListAssetGroups>(),
    entry::<TestConnection>(),
];

/// What is known of every operation, in the same order. A binary that only names operations carries
/// this and none of their code.
pub static SPECS: [&Spec; ALL.len()] = {
    let mut specs = [ALL[0].operation.spec; ALL.len()];
    let mut index = 0;
    while index < ALL.len() {
        specs[index] = ALL[index].operation.spec;
        index += 1;
    }
    specs
};

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
        deadline: run.deadline,
        services: run.services,
        caller,
    };
    let span = info_span!(
        "run",
        operation,
        request_id = run.caller.request_id,
        ticket = run.caller.ticket,
    );
    run_checked::<A>(run, input, started).instrument(span).await
}

async fn run_checked<A: Action>(run: RunContext, input: A::Input, started: Clock) -> Result<Value> {
    let opened = async {
        run.services.policy.may_run(A::SPEC.name)?;
        A::Scope::open(run.clone(), input.common().console).await
    };
    let scope = match opened.await {
        Ok(scope) => scope,
        Err(error) => return finish::<A>(&run, None, Err(error), started).await,
    };
    for warning in scope.warnings() {
        warn!("{warning}");
        if let Some(progress) = &run.services.progress {
            progress.warning(&warning);
        }
    }
    let result = A::run(&scope, input).await.and_then(|output| {
        serde_json::to_value(output).map_err(|error| {
            Error::new(
                ErrorKind::Unexpected,
                format!("the outcome can't be written: {error}"),
            )
            .changed(Changed::Unknown)
        })
    });
    finish::<A>(&run, Some(&scope), result, started).await
}

async fn finish<A: Action>(
    run: &RunContext,
    scope: Option<&A::Scope>,
    result: Result<Value>,
    started: Clock,
) -> Result<Value> {
    let target = scope.map(Scope::target).unwrap_or_default();
    let result = if A::SPEC.effect == Effect::Read {
        result
    } else {
        record_after(run, &target, result, A::recorded).await
    };
    log(run, scope.map_or(0, Scope::requests), &result, started);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_examples_are_what_the_schema_describes() {
        let mut names = BTreeSet::new();
        for entry in ALL {
            let spec = entry.operation.spec;
            assert!(names.insert(spec.name), "{} twice", spec.name);
            let example: Value = serde_json::from_str(spec.example).expect(spec.name);
            let schema = serde_json::to_value((entry.input)()).expect(spec.name);
            let members = schema["properties"].as_object().expect(spec.name);
            for member in example.as_object().expect(spec.name).keys() {
                assert!(members.contains_key(member), "{}: {member}", spec.name);
            }
            for (member, schema) in members {
                let described = schema.get("description").is_some();
                assert!(described, "{}: {member} has no description", spec.name);
            }
        }
    }

    #[test]
    fn every_member_of_an_input_has_an_example_that_fits() {
        for entry in ALL {
            let name = entry.operation.spec.name;
            let own: Value = serde_json::from_str(entry.operation.spec.example).expect(name);
            let schema = serde_json::to_value((entry.input)()).expect(name);
            for (member, property) in schema["properties"].as_object().expect(name) {
                // What only one entrypoint offers is explained there.
                if property["x-report"] == true {
                    continue;
                }
                let examples = property["examples"].as_array().into_iter().flatten();
                let mut examples: Vec<&Value> = examples.chain(own.get(member)).collect();
                examples.retain(|example| !example.is_null());
                assert!(!examples.is_empty(), "{name}: {member} has no example");
                let mut property = property.clone();
                property["$defs"] = schema.get("$defs").cloned().unwrap_or_else(|| json!({}));
                for example in examples {
                    let fits = jsonschema::validate(&property, example);
                    assert!(fits.is_ok(), "{name}: {member}: {fits:?}");
                }
            }
        }
    }
}
