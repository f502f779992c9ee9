//! One account on a console of somebody who leaves.

use std::collections::BTreeMap;

use rapid7::console::{AccessKind, User};

use super::extras::{self, has_password};
use super::options::Options;
use super::report::{SurfaceReport, SurfaceVerdict, Worked};
use super::task::ended;
use crate::console::context::ConsoleContext;
use crate::console::lookup::{Selector, line};
use crate::console::outcome::Outcome;
use crate::console::plan::{AccessChange, Plan, Snapshot, noun};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::lease::PLANS;

/// What is to be done to an account, planned on the list that was read.
pub(super) struct ConsoleTask {
    context: ConsoleContext,
    options: Options,
    /// As planned on. Its grants were read where some are to be taken away.
    before: Snapshot,
    /// Whether that is the list's, which may be older, or shorter in its members.
    listed: bool,
    plan: Plan,
    report: SurfaceReport,
}

impl ConsoleTask {
    /// Plans what is left to do, without writing.
    pub(super) async fn prepare(
        context: ConsoleContext,
        user: &User,
        options: Options,
        report: SurfaceReport,
    ) -> std::result::Result<Self, Box<Worked>> {
        let about =
            |error: Error| Box::new(Worked::failed(report.clone(), error.about(line(user))));
        let before = match before(&context, user, options).await {
            Ok(before) => before,
            Err(error) if is_gone(&context, user, &error).await => {
                return Err(Box::new(gone(report)));
            }
            Err(error) => return Err(about(error)),
        };
        let plan = plan(&before, options).map_err(about)?;
        Ok(Self {
            listed: before.sites.is_none() && before.asset_groups.is_none(),
            context,
            options,
            before,
            plan,
            report,
        })
    }

    pub(super) fn context(&self) -> &ConsoleContext {
        &self.context
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn user(&self) -> &User {
        &self.before.user
    }

    /// What it is about.
    pub(super) fn report(&self) -> &SurfaceReport {
        &self.report
    }

    /// Carries the plan out, and records how that ended.
    pub(super) async fn carry_out(self) -> Worked {
        let Self {
            context,
            options,
            before,
            listed,
            plan,
            report,
        } = self;
        let mut user = before.user.clone();
        let mut begun = !plan.changes.is_empty();
        let result = work(&context, before, listed, plan, options, &mut user).await;
        // As it was when it was planned last: another run may have been at it.
        let left = left(&user, options);
        let step = match user.enabled() {
            Some(false) => "disabled already",
            _ => "disabled",
        };
        let key = context.key(&user);
        let result = result.map_err(|error| error.after(context.run.leases.finished_on(&key)));
        begun |= match &result {
            Ok(outcome) => outcome.changed,
            Err(error) => error.changed != Changed::Nothing,
        };
        if let Err(error) = &result
            && error.changed == Changed::Nothing
            && is_gone(&context, &user, error).await
        {
            return gone(report);
        }
        let result = extras::add(&context, &user, options, result).await;
        ended(&context, report, begun, result, step, left.as_deref()).await
    }
}

/// The account as it is planned on. The list is enough for one that is to be disabled, as that reads it
/// once more; that nothing is left to do, only the account itself tells.
async fn before(context: &ConsoleContext, user: &User, options: Options) -> Result<Snapshot> {
    if user.login().is_empty() {
        return Err(Error::new(
            ErrorKind::Unexpected,
            "the console does not tell this user's login, without which it can't be changed",
        )
        .next("check the account's role and the console's version"));
    }
    let clears = options.clear_sites || options.clear_asset_groups;
    if !clears && user.enabled() == Some(true) {
        return Ok(Snapshot::without_grants(user.clone()));
    }
    let now = match clears {
        true => context.snapshot(user).await?,
        false => Snapshot::without_grants(context.user(user.id()).await?),
    };
    same_account(user, &now.user)?;
    Ok(now)
}

/// Whether an account is not there any more, which 404 alone does not prove.
async fn is_gone(context: &ConsoleContext, user: &User, error: &Error) -> bool {
    let missing = error.source.as_ref();
    let missing = missing.is_some_and(|source| source.kind == rapid7::ErrorKind::NotFound);
    missing && context.is_gone(user.id()).await.unwrap_or(false)
}

/// What was to be ended was deleted by somebody else.
fn gone(mut report: SurfaceReport) -> Worked {
    report.verdict = SurfaceVerdict::Absent;
    report.reason = "somebody deleted the account after the list was read".into();
    Worked {
        report,
        error: None,
    }
}

/// A number stands for a person only as long as its account is called the same.
fn same_account(listed: &User, now: &User) -> Result<()> {
    if listed.login() == now.login() && listed.email() == now.email() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Conflict,
        "the account got another login or email while it was looked up",
    )
    .about(line(now))
    .next("run it again"))
}

async fn work(
    context: &ConsoleContext,
    before: Snapshot,
    listed: bool,
    plan: Plan,
    options: Options,
    planned_on: &mut User,
) -> Result<Outcome> {
    let user = before.user.clone();
    let mut result = context.apply_to(before, plan).await;
    for again in 1..PLANS {
        let again = match &result {
            Err(error) if error.plan_again => true,
            // A list may be older than the account, or shorter in its members: planned once more on the
            // account itself.
            Err(error) => {
                let changed = error.changed != Changed::Nothing;
                listed && again == 1 && error.kind == ErrorKind::Conflict && !changed
            }
            Ok(_) => false,
        };
        if !again {
            break;
        }
        let context = context.read_anew();
        let now = context.find_user(&Selector::Id(user.id())).await?;
        same_account(&user, &now)?;
        let now = self::before(&context, &now, options).await?;
        planned_on.clone_from(&now.user);
        let plan = self::plan(&now, options)?;
        result = context.apply_to(now, plan).await;
    }
    result
}

/// What was asked for and can't be done any more.
fn left(user: &User, options: Options) -> Option<String> {
    if user.enabled() != Some(false) {
        return None;
    }
    let asked = [
        (options.replace_password, "password"),
        (options.reset_two_factor, "two-factor seed"),
    ];
    let asked: Vec<&str> = asked
        .into_iter()
        .filter_map(|(asked, what)| asked.then_some(what))
        .collect();
    (!asked.is_empty()).then(|| {
        format!(
            "as for its {}: nothing was replaced, since whether an earlier run did that does not show",
            asked.join(" and ")
        )
    })
}

/// What is left to do. The account is disabled whatever else was asked for, and grants are taken last: a
/// run that is cut anywhere is finished by another one. What replaces its password and seed comes after
/// this, as a plan of its own: see [`extras`].
fn plan(before: &Snapshot, options: Options) -> Result<Plan> {
    let user = &before.user;
    let mut plan = Plan::set_enabled(user, false)?;
    if !plan.changes.is_empty() && options.replace_password && !has_password(user) {
        let kind = user.authentication_type().unwrap_or_default();
        plan.warnings.push(format!(
            "the account logs in by {kind}: its password lives elsewhere and was not replaced"
        ));
    }
    for (kind, clear) in [
        (AccessKind::Sites, options.clear_sites),
        (AccessKind::AssetGroups, options.clear_asset_groups),
    ] {
        if !clear {
            continue;
        }
        let Some(had) = before.grants(kind) else {
            let what = noun(kind);
            plan.warnings.push(format!(
                "the account has all {what}, by its role or a flag: that stays, and no single ones \
                 are taken away"
            ));
            continue;
        };
        plan.set_access(AccessChange {
            kind,
            give: BTreeMap::new(),
            take: had.iter().map(|id| (*id, None)).collect(),
            exact: true,
        });
    }
    Ok(plan)
}

#[cfg(test)]
mod tests;
