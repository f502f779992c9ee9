//! `provision-user`: a new account that may see some sites only, proven.

use rapid7::console::{AccessKind, Role};

use crate::console::account_input::account_input;
use crate::console::account_plan::{Known, with_password};
use crate::console::choice::{self, Places, places};
use crate::console::context::ConsoleContext;
use crate::console::id_or_name::IdOrName;
use crate::console::lookup::line;
use crate::console::outcome::Outcome;
use crate::console::plan::{AccessChange, Plan, Snapshot, noun};
use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::spec::{Effect, Spec};

account_input! {
    /// The account to create, with its sites and asset groups.
    pub struct ProvisionUserInput {
        /// The user's sites, each by number or name. At least one, unless there are asset groups.
        #[serde(default)]
        pub sites: Vec<IdOrName>,
        /// The user's asset groups, each by number or name.
        #[serde(default)]
        pub asset_groups: Vec<IdOrName>,
    }
}

/// Creates an account with the flag for all sites explicitly false, gives it individual sites and asset
/// groups, and reads them back. If a run stops half-way, run it again to finish it. If an existing
/// account differs from the input, the run is an error that lists the differences.
pub struct ProvisionUser;

impl Action for ProvisionUser {
    type Input = ProvisionUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "provision-user",
        title: "Create an account with individual sites and asset groups",
        effect: Effect::Write,
        example: r#"{"login": "jsmith", "first_name": "John", "last_name": "Smith", "email": "jsmith@example.com", "role_id": "user", "password_secret": "rapid7/initial-password", "sites": [1, "DMZ"], "asset_groups": ["Laptops"], "ticket": "HR-77"}"#,
    };

    async fn run(context: &ConsoleContext, input: ProvisionUserInput) -> Result<Outcome> {
        let account = input.account(Some(false));
        input.check()?;
        let (known, (sites, untold), (asset_groups, more_untold)) = tokio::try_join!(
            Known::read(context, &account),
            chosen(context, AccessKind::Sites, &input.sites),
            chosen(context, AccessKind::AssetGroups, &input.asset_groups),
        )?;
        input.check_role(known.roles)?;
        let mut plan = known.plan(&account, context.policy())?;
        plan.warnings.extend(untold.into_iter().chain(more_untold));
        let wanted = Wanted {
            sites,
            asset_groups,
        };
        let Some(existing) = known.existing else {
            wanted.add_to(&mut plan, None)?;
            return context
                .apply_new(with_password(plan, &account, context).await?)
                .await;
        };
        let about = line(&existing);
        let before = context.snapshot(&existing).await?;
        let added = wanted.add_to(&mut plan, Some(&before));
        added.map_err(|error| error.about(about))?;
        context.apply_to(before, plan).await
    }
}

/// The sites or asset groups that are meant, and perhaps a warning about their names.
async fn chosen(
    context: &ConsoleContext,
    kind: AccessKind,
    wanted: &[IdOrName],
) -> Result<(Places, Option<String>)> {
    if wanted.is_empty() {
        return Ok((Places::new(), None));
    }
    let (known, warning) = context.places_for(kind, wanted).await?;
    Ok((places(kind, wanted, &known)?, warning))
}

impl ProvisionUserInput {
    fn check(&self) -> Result<()> {
        if self.sites.is_empty() && self.asset_groups.is_empty() {
            return Err(Error::invalid_input(
                "sites",
                "expected at least one site (or asset group): create-user makes accounts without",
            ));
        }
        if self.all_asset_groups == Some(true) && !self.asset_groups.is_empty() {
            return Err(Error::invalid_input(
                "asset_groups",
                "single ones mean nothing to a user with all asset groups: leave out one of the two",
            ));
        }
        Ok(())
    }

    /// "If accessAllSites is true on the user object, explicit site assignments are ignored" (guide),
    /// and a role may force it.
    fn check_role(&self, roles: &[Role]) -> Result<()> {
        let role = choice::role("role_id", &self.role_id, roles)?;
        let all = if role.gives_all_sites() {
            "site"
        } else if role.gives_all_asset_groups() && !self.asset_groups.is_empty() {
            "asset group"
        } else {
            return Ok(());
        };
        Err(Error::invalid_input(
            "role_id",
            &format!(
                "the role {:?} gives its users every {all}, so single ones mean nothing: choose \
                 another role, or create-user",
                role.id
            ),
        ))
    }
}

/// The individual grants that the account shall have.
struct Wanted {
    sites: Places,
    asset_groups: Places,
}

impl Wanted {
    /// Adds what is left to give. An account that has more than what is wanted is not half-done, but
    /// another one.
    fn add_to(&self, plan: &mut Plan, before: Option<&Snapshot>) -> Result<()> {
        for (kind, wanted) in [
            (AccessKind::Sites, &self.sites),
            (AccessKind::AssetGroups, &self.asset_groups),
        ] {
            let had = before.and_then(|before| before.grants(kind));
            let had = had.cloned().unwrap_or_default();
            let more: Vec<i64> = had
                .iter()
                .filter(|id| !wanted.contains_key(id))
                .copied()
                .collect();
            if !more.is_empty() {
                return Err(Error::new(
                    ErrorKind::Refused,
                    format!(
                        "the account exists and has other {} too: {more:?}",
                        noun(kind)
                    ),
                )
                .next("if it is the same person, change the account instead of creating it"));
            }
            let give = wanted.iter().filter(|(id, _)| !had.contains(id));
            plan.set_access(AccessChange {
                kind,
                give: give.map(|(id, name)| (*id, name.clone())).collect(),
                take: Places::new(),
                exact: true,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{plan_text, user};

    fn wanted() -> Wanted {
        Wanted {
            sites: [(1, Some("Corp".into())), (2, None)].into(),
            asset_groups: [(3, None)].into(),
        }
    }

    fn has(sites: &[i64], asset_groups: &[i64]) -> Snapshot {
        let ids = |ids: &[i64]| Some(ids.iter().copied().collect::<BTreeSet<i64>>());
        Snapshot {
            user: user(json!({})),
            sites: ids(sites),
            asset_groups: ids(asset_groups),
        }
    }

    fn left(before: &Snapshot) -> String {
        let mut plan = Plan::default();
        let added = wanted().add_to(&mut plan, Some(before));
        plan_text(added.map(|()| plan))
    }

    #[test]
    fn a_run_that_ended_half_way_is_finished() {
        assert_snapshot!(left(&has(&[], &[])), @r"
        give sites 1 (Corp), 2
        give asset groups 3
        ");
        assert_snapshot!(left(&has(&[2], &[3])), @"give sites 1 (Corp)");
        assert_snapshot!(left(&has(&[1, 2], &[3])), @"");
    }

    #[test]
    fn an_account_with_more_is_another_one() {
        assert_snapshot!(left(&has(&[1, 7], &[])), @"Refused: the account exists and has other sites too: [7]");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            sites in prop::collection::btree_set(1_i64..3, 0..=2),
        ) {
            let had: Vec<i64> = sites.into_iter().collect();
            let mut plan = Plan::default();
            wanted().add_to(&mut plan, Some(&has(&had, &[]))).expect("half-done");
            let mut after = has(&had, &[]);
            for access in plan.access() {
                let ids = after.grants_mut(access.kind).get_or_insert_default();
                ids.extend(access.give.keys());
            }
            let mut again = Plan::default();
            wanted().add_to(&mut again, Some(&after)).expect("done");
            prop_assert!(again.changes.is_empty());
        }
    }
}
