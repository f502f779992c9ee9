//! One account on a console of somebody who leaves.

use std::collections::BTreeMap;

use rapid7::console::{AccessKind, User};
use secrecy::SecretString;
use serde_json::json;

use super::options::Options;
use super::report::{SurfaceReport, Worked};
use crate::audit::Phase;
use crate::console_context::ConsoleContext;
use crate::error::{Changed, Error, ErrorKind, Result};
use crate::lookup::{Selector, line};
use crate::outcome::Outcome;
use crate::password::{NEVER_SHOWN, Rules};
use crate::plan::{AccessChange, Change, Plan, Snapshot, noun};

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
        let before = before(&context, user, options).await.map_err(about)?;
        let plan = plan(&before, options, new_password).map_err(about)?;
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
            mut report,
        } = self;
        let left = left(&before.user, options);
        let step = match before.user.enabled() {
            Some(false) => "disabled already",
            _ => "disabled",
        };
        let nothing = plan.changes.is_empty();
        let result = work(&context, before, listed, plan, options).await;
        if !nothing && !context.run.dry_run {
            let record = match &result {
                Ok(outcome) => json!(outcome),
                Err(error) => json!({
                    "subject": report.subject, "state": null, "error": error.to_json(),
                }),
            };
            if let Err(why) = context.record(Phase::After, record).await {
                report.warnings.push(format!(
                    "the audit record of this account's outcome could not be written: {why}"
                ));
            }
        }
        match result {
            Ok(outcome) => Worked::of(report, outcome, step, left.as_deref()),
            Err(error) => Worked::failed(report, error),
        }
    }
}

/// The account as it is planned on.
async fn before(context: &ConsoleContext, user: &User, options: Options) -> Result<Snapshot> {
    if user.login().is_empty() {
        return Err(Error::new(
            ErrorKind::Unexpected,
            "the console does not tell this user's login, without which it can't be changed",
        )
        .next("check the account's role and the console's version"));
    }
    if !options.clear_sites && !options.clear_asset_groups {
        return Ok(Snapshot::without_grants(user.clone()));
    }
    let now = context.snapshot(user).await?;
    same_account(user, &now.user)?;
    Ok(now)
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
) -> Result<Outcome> {
    if !listed {
        return context.apply_to(before, plan).await;
    }
    let user = before.user;
    match context.apply(user.clone(), plan).await {
        // A list may be older than the account, or shorter in its members: planned once more on the
        // account itself.
        Err(error) if error.kind == ErrorKind::Conflict && error.changed == Changed::Nothing => {
            let now = context.find_user(&Selector::Id(user.id())).await?;
            same_account(&user, &now)?;
            let now = Snapshot::without_grants(now);
            let plan = self::plan(&now, options, new_password)?;
            context.apply(now.user, plan).await
        }
        result => result,
    }
}

fn new_password() -> Result<SecretString> {
    Rules::from_members(None, None)?.generate()
}

/// Whether a password in the console is what lets the person in.
fn has_password(user: &User) -> bool {
    matches!(user.authentication_type(), None | Some("normal" | "admin"))
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

/// What is left to do. In this order a run that is cut anywhere is finished by another one: as long as
/// the account is enabled the new seed and password are made again, and grants are taken last.
fn plan(
    before: &Snapshot,
    options: Options,
    password: impl FnOnce() -> Result<SecretString>,
) -> Result<Plan> {
    let user = &before.user;
    let mut plan = Plan::set_enabled(user, false)?;
    if !plan.changes.is_empty() {
        if options.replace_password && has_password(user) {
            let password = password()?;
            plan = Plan::replace(user, |edit| {
                edit.set_enabled(false);
                edit.set_password(password);
            });
            plan.warnings.push(NEVER_SHOWN.into());
        } else if options.replace_password {
            let kind = user.authentication_type().unwrap_or_default();
            plan.warnings.push(format!(
                "the account logs in by {kind}: its password lives elsewhere and was not replaced"
            ));
        }
        if options.reset_two_factor {
            plan.changes.insert(0, Change::ResetTwoFactor(user.id()));
        }
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
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::testing::{any_user, applied, plan_text, user};

    const ALL: Options = Options {
        platform: super::super::PlatformStep::Suspend,
        clear_sites: true,
        clear_asset_groups: true,
        reset_two_factor: true,
        replace_password: true,
    };

    fn with_grants(user: User, sites: &[i64]) -> Snapshot {
        Snapshot {
            user,
            sites: Some(sites.iter().copied().collect()),
            asset_groups: Some([].into()),
        }
    }

    fn planned(before: &Snapshot, options: Options) -> Result<Plan> {
        plan(before, options, || Ok("canary-password".into()))
    }

    #[test]
    fn the_account_is_disabled_and_no_more_unless_it_is_asked_for() {
        let jdoe = Snapshot::without_grants(user(json!({"enabled": true})));
        assert_snapshot!(plan_text(planned(&jdoe, Options::default())), @"replace user 42 by itself with enabled: true → false; every other member goes back as read");
    }

    #[test]
    fn a_new_seed_comes_first_and_grants_go_last() {
        let jdoe = with_grants(user(json!({"enabled": true})), &[1, 4]);
        assert_snapshot!(plan_text(planned(&jdoe, ALL)), @r"
        make a new seed for the two-factor token of user 42
        replace user 42 by itself with enabled: true → false, a new password; every other member goes back as read
        take away sites 1, 4
        warning: a console never shows a password: that it took this one is known by its answer alone
        ");
    }

    #[test]
    fn what_can_not_be_compared_is_left_on_an_account_that_is_disabled() {
        let jdoe = with_grants(user(json!({"enabled": false})), &[1]);
        assert_snapshot!(plan_text(planned(&jdoe, ALL)), @"take away sites 1");
        assert_snapshot!(left(&jdoe.user, ALL).expect("told"), @"as for its password and two-factor seed: nothing was replaced, since whether an earlier run did that does not show");
        assert_eq!(left(&jdoe.user, Options::default()), None);
        let enabled = user(json!({"enabled": true}));
        assert_eq!(left(&enabled, ALL), None);
    }

    #[test]
    fn a_password_that_lives_elsewhere_is_told() {
        let ldap = json!({"enabled": true, "authentication": {"type": "ldap", "id": 3}});
        let ldap = Snapshot::without_grants(user(ldap));
        let options = Options {
            replace_password: true,
            ..Options::default()
        };
        assert_snapshot!(plan_text(planned(&ldap, options)), @r"
        replace user 42 by itself with enabled: true → false; every other member goes back as read
        warning: the account logs in by ldap: its password lives elsewhere and was not replaced
        ");
    }

    #[test]
    fn all_sites_are_no_list_that_could_be_cleared() {
        let all = Snapshot::without_grants(user(json!({"enabled": false, "accessAllSites": true})));
        let options = Options {
            clear_sites: true,
            ..Options::default()
        };
        assert_snapshot!(plan_text(planned(&all, options)), @"warning: the account has all sites, by its role or a flag: that stays, and no single ones are taken away");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            user in any_user(),
            sites in prop::collection::btree_set(1_i64..9, 0..4),
            clear_sites in any::<bool>(),
            reset_two_factor in any::<bool>(),
            replace_password in any::<bool>(),
        ) {
            let options = Options { clear_sites, reset_two_factor, replace_password, ..Options::default() };
            let sites: Vec<i64> = sites.into_iter().collect();
            let before = with_grants(user.clone(), &sites);
            if let Ok(first) = planned(&before, options) {
                let text = format!("{:?} {:?}", first.to_lines(), first);
                prop_assert!(!text.contains("canary-password"), "{text}");
                let left: &[i64] = if clear_sites { &[] } else { &sites };
                let again = planned(&with_grants(applied(&user, &first), left), options);
                prop_assert!(again.expect("a plan").changes.is_empty());
            } else {
                prop_assert_eq!(user.enabled(), None);
            }
        }
    }
}
