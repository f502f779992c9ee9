//! A new password and a new two-factor seed, which nobody gets, for an account that was disabled.
//!
//! They are optional and come after the disabling, each by itself: a console without two-factor
//! authentication, or one that refuses a password, must not leave the account of a leaver enabled.

use rapid7::console::User;
use secrecy::SecretString;

use super::options::Options;
use crate::console::context::ConsoleContext;
use crate::console::lookup::line;
use crate::console::outcome::Outcome;
use crate::console::password::NEVER_SHOWN;
use crate::console::plan::{Change, Plan, Snapshot};
use crate::console::random_password::Rules;
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::lease::PLANS;

/// Whether a password in the console is what lets the person in.
pub(super) fn has_password(user: &User) -> bool {
    matches!(user.authentication_type(), None | Some("normal" | "admin"))
}

/// What may be asked for besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    Password,
    TwoFactor,
}

impl Extra {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::TwoFactor => "two-factor seed",
        }
    }

    /// The plan for an account that is disabled.
    fn plan(self, user: &User, password: impl FnOnce() -> Result<SecretString>) -> Result<Plan> {
        let mut plan = match self {
            Self::Password => {
                let password = password()?;
                let mut plan = Plan::replace(user, |edit| edit.set_password(password));
                plan.warnings.push(NEVER_SHOWN.into());
                plan
            }
            Self::TwoFactor => Plan::of(Some(Change::ResetTwoFactor(user.id()))),
        };
        plan.thrown_away = true;
        Ok(plan)
    }
}

fn new_password() -> Result<SecretString> {
    Rules::from_members(None, None)?.generate()
}

/// What is asked for and makes sense, in the order in which it is done.
fn wanted(user: &User, options: Options) -> Vec<Extra> {
    let extras = [
        (
            options.replace_password && has_password(user),
            Extra::Password,
        ),
        (options.reset_two_factor, Extra::TwoFactor),
    ];
    let extras = extras.into_iter();
    extras
        .filter_map(|(wanted, extra)| wanted.then_some(extra))
        .collect()
}

/// Adds what was asked for to how the disabling ended. It is done only where this run disabled the
/// account, as whether an earlier one did it does not show.
pub(super) async fn add(
    context: &ConsoleContext,
    before: &User,
    options: Options,
    disabled: Result<Outcome>,
) -> Result<Outcome> {
    let extras = wanted(before, options);
    let enabled = before.enabled() != Some(false);
    let nothing = match &disabled {
        Ok(outcome) => !outcome.changed && !outcome.dry_run,
        Err(error) => error.changed == Changed::Nothing,
    };
    if extras.is_empty() || !enabled || nothing {
        return disabled;
    }
    match disabled {
        Ok(outcome) if context.run.dry_run => preview(context, before, &extras, outcome).await,
        Ok(outcome) => replace(context, before, &extras, outcome).await,
        // Disabled perhaps, with something else that failed.
        Err(mut error) => {
            let now = context.user(before.id()).await;
            if now.is_ok_and(|now| now.enabled() == Some(false)) {
                for extra in extras {
                    match one(context, before, extra).await {
                        Ok(done) => error = with(error, done.plan),
                        Err(failed) => {
                            let why = format!("; {}", told(extra, &failed));
                            error.message.push_str(&why);
                        }
                    }
                }
            }
            Err(error)
        }
    }
}

/// The plan of a dry run, with its guards.
async fn preview(
    context: &ConsoleContext,
    before: &User,
    extras: &[Extra],
    mut outcome: Outcome,
) -> Result<Outcome> {
    let disabled = Plan::set_enabled(before, false)?.intended(before);
    for extra in extras {
        let plan = extra.plan(&disabled, new_password)?;
        let (facts, _) = context.facts(&disabled, &plan).await?;
        let now = Snapshot::without_grants(disabled.clone());
        context.policy().check(&now, &plan, &facts)?;
        outcome.plan.extend(plan.to_lines());
        let unseen = plan.changes.iter().filter_map(Change::unseen);
        outcome.changes.extend(unseen);
        add_warnings(&mut outcome.warnings, plan.warnings);
    }
    Ok(outcome)
}

async fn replace(
    context: &ConsoleContext,
    before: &User,
    extras: &[Extra],
    mut outcome: Outcome,
) -> Result<Outcome> {
    let mut failed: Vec<(Extra, Error)> = Vec::new();
    for extra in extras {
        match one(context, before, *extra).await {
            Ok(done) => {
                outcome.plan.extend(done.plan);
                outcome.changes.extend(done.changes);
                add_warnings(&mut outcome.warnings, done.warnings);
                outcome.state = done.state;
            }
            Err(error) => failed.push((*extra, error)),
        }
    }
    match failed.is_empty() {
        true => Ok(outcome),
        false => Err(not_all(failed, outcome.plan).about(line(before))),
    }
}

/// One of them, on the account as it is now.
async fn one(context: &ConsoleContext, before: &User, extra: Extra) -> Result<Outcome> {
    for _ in 1..PLANS {
        match once(&context.read_anew(), before, extra).await {
            Err(error) if error.plan_again => {}
            result => return result,
        }
    }
    once(&context.read_anew(), before, extra).await
}

async fn once(context: &ConsoleContext, before: &User, extra: Extra) -> Result<Outcome> {
    let now = context.user(before.id()).await?;
    if now.enabled() != Some(false) {
        return Err(Error::new(
            ErrorKind::Conflict,
            "somebody enabled the account again at the same time",
        ));
    }
    let plan = extra.plan(&now, new_password)?;
    let lines = plan.to_lines();
    let mut outcome = context.apply(now, plan).await?;
    // As in the dry run, which can't know what of its grants is left by then.
    outcome.plan = lines;
    Ok(outcome)
}

fn add_warnings(warnings: &mut Vec<String>, more: Vec<String>) {
    for warning in more {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

fn told(extra: Extra, error: &Error) -> String {
    let kind = error.kind.name();
    format!(
        "its {} was not replaced ({kind}): {}",
        extra.name(),
        error.message
    )
}

fn with(mut error: Error, more: Vec<String>) -> Error {
    if let Changed::Applied(lines) = &mut error.changed {
        lines.extend(more);
    }
    error
}

/// Disabled, and not all that was asked for besides. No retry is invited: another run would find the
/// account disabled, and leave the rest as it is.
fn not_all(failed: Vec<(Extra, Error)>, mut applied: Vec<String>) -> Error {
    let lines = failed.iter().map(|(extra, error)| told(*extra, error));
    let message = format!("disabled; but {}", lines.collect::<Vec<_>>().join("; "));
    for (_, error) in &failed {
        match &error.changed {
            Changed::Nothing => {}
            Changed::Applied(lines) => applied.extend(lines.iter().cloned()),
            Changed::Unknown => applied.push("and perhaps more, which is not known".into()),
        }
    }
    let lost =
        |error: &Error| error.kind == ErrorKind::Unexpected && error.changed != Changed::Nothing;
    let first = failed.iter().map(|(_, error)| error);
    let first = first
        .clone()
        .find(|error| lost(error))
        .or(first.clone().next());
    let (kind, next, source) = match first {
        Some(error) if error.kind.is_retryable() => {
            (ErrorKind::Unexpected, None, error.source.clone())
        }
        Some(error) => (error.kind, error.next.clone(), error.source.clone()),
        None => (ErrorKind::Unexpected, None, None),
    };
    let by_hand = "the account is disabled. Another run leaves its password and two-factor seed as they \
                   are: if they have to go too, do it by hand";
    let next = next.map_or(by_hand.into(), |next| format!("{next}; {by_hand}"));
    let mut error = Error::new(kind, message)
        .changed(Changed::Applied(applied))
        .next(next);
    error.source = source;
    error
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{plan_text, user};

    #[test]
    fn both_are_plans_of_their_own_that_show_nothing() {
        let jdoe = user(json!({"enabled": false}));
        let plan = |extra: Extra| extra.plan(&jdoe, || Ok("canary-password".into()));
        let told = format!("{:?} {:?}", plan(Extra::Password), plan(Extra::TwoFactor));
        assert!(!told.contains("canary-password"), "{told}");
        assert_snapshot!(plan_text(plan(Extra::Password)), @r"
        replace user 42 by itself with a new password; every other member goes back as read
        warning: a console never shows a password: that it took this one is known by its answer alone
        ");
        assert_snapshot!(plan_text(plan(Extra::TwoFactor)), @"make a new seed for the two-factor token of user 42");
    }

    #[test]
    fn no_retry_is_invited_after_the_disabling_and_what_may_be_lost_comes_first() {
        let error = |kind, changed| Error::new(kind, "why").changed(changed);
        for (first, second, kind) in [
            (
                error(ErrorKind::Unavailable, Changed::Nothing),
                None,
                ErrorKind::Unexpected,
            ),
            (
                error(ErrorKind::Refused, Changed::Nothing),
                None,
                ErrorKind::Refused,
            ),
            (
                error(ErrorKind::Refused, Changed::Nothing),
                Some(error(ErrorKind::Unexpected, Changed::Unknown)),
                ErrorKind::Unexpected,
            ),
        ] {
            let second = second.map(|error| (Extra::TwoFactor, error));
            let failed: Vec<_> = [(Extra::Password, first)]
                .into_iter()
                .chain(second)
                .collect();
            let told = not_all(failed, vec!["disabled".into()]);
            assert_eq!(told.kind, kind);
            assert!(
                told.message.starts_with("disabled; but its password"),
                "{told}"
            );
            assert!(matches!(told.changed, Changed::Applied(lines) if lines[0] == "disabled"));
        }
    }
}
