//! What the eight operations on individual grants share: sites and asset groups work alike.

use std::collections::BTreeSet;

use rapid7::console::{AccessKind, NamedResource, User};
use schemars::JsonSchema;
use serde::Serialize;

use crate::console::choice::{Places, places};
use crate::console::context::ConsoleContext;
use crate::console::id_or_name::IdOrName;
use crate::console::lookup::{Selector, line};
use crate::console::outcome::Outcome;
use crate::console::plan::{AccessChange, Plan, Snapshot, noun};
use crate::core::error::{Error, ErrorKind, Result};

/// A site or asset group in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// Number of the site or asset group.
    pub id: i64,
    /// Name, if the console reports it.
    pub name: Option<String>,
}

/// How individual grants shall change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// These and no others.
    Set,
    /// These too.
    Grant,
    /// These no more.
    Revoke,
}

/// Changes the individual grants of one user.
pub(crate) async fn change(
    context: &ConsoleContext,
    selector: &Selector,
    kind: AccessKind,
    way: Way,
    wanted: &[IdOrName],
) -> Result<Outcome> {
    if wanted.is_empty() && way != Way::Set {
        let field = field(kind);
        return Err(Error::invalid_input(field, "expected at least one"));
    }
    let known = async {
        // Nothing is to be looked up to take everything away.
        match wanted {
            [] => Ok((Vec::new(), None)),
            _ => context.places_for(kind, wanted).await,
        }
    };
    let (user, (known, warning)) = tokio::try_join!(context.find_user(selector), known)?;
    let about = |error: Error| error.about(line(&user));
    refuse_where_meaningless(&user, kind).map_err(about)?;
    let had = context.console().access(user.id(), kind).await;
    let had = had.map_err(|error| about(error.into()))?;
    let mut plan = plan(kind, way, wanted, &had, &known).map_err(about)?;
    plan.warnings.extend(warning);
    let mut before = Snapshot::without_grants(user);
    *before.grants_mut(kind) = Some(had);
    context.apply_to(before, plan).await
}

fn field(kind: AccessKind) -> &'static str {
    match kind {
        AccessKind::Sites => "sites",
        AccessKind::AssetGroups => "asset_groups",
    }
}

/// "Individual site access cannot be granted to users with the allSites permission" (vendor API
/// file); consoles ignore it without an error (seen in the field).
fn refuse_where_meaningless(user: &User, kind: AccessKind) -> Result<()> {
    let (all, flag) = match kind {
        AccessKind::Sites => (user.all_sites(), "all_sites"),
        AccessKind::AssetGroups => (user.all_asset_groups(), "all_asset_groups"),
    };
    if all != Some(true) {
        return Ok(());
    }
    let what = noun(kind);
    Err(Error::new(
        ErrorKind::Refused,
        format!("the user has all {what}, so single ones mean nothing and the console ignores them"),
    )
    .next(format!(
        "if the user shall have single {what}, update-user with {flag}: false first (a role may force \
         it: then set-role)"
    )))
}

/// Only what differs is sent.
fn plan(
    kind: AccessKind,
    way: Way,
    wanted: &[IdOrName],
    had: &BTreeSet<i64>,
    known: &[NamedResource],
) -> Result<Plan> {
    // What is gone can still be taken from an account that has it.
    let gone = had
        .iter()
        .filter(|id| known.iter().all(|place| place.id != **id));
    let gone = gone.map(|id| NamedResource {
        id: *id,
        name: None,
        description: None,
        kind: None,
    });
    let known: Vec<NamedResource> = known.iter().cloned().chain(gone).collect();
    let wanted = places(kind, wanted, &known)?;
    let named = |ids: BTreeSet<i64>| -> Places {
        let name = |id: i64| known.iter().find(|place| place.id == id)?.name.clone();
        ids.into_iter().map(|id| (id, name(id))).collect()
    };
    let wanted: BTreeSet<i64> = wanted.into_keys().collect();
    let (give, take) = match way {
        Way::Set => (&wanted - had, had - &wanted),
        Way::Grant => (&wanted - had, BTreeSet::new()),
        Way::Revoke => (BTreeSet::new(), &wanted & had),
    };
    let mut plan = Plan::default();
    plan.set_access(AccessChange {
        kind,
        give: named(give),
        take: named(take),
        exact: way == Way::Set,
    });
    Ok(plan)
}

/// The individual grants of one user, with names, and whether the user has all anyway.
pub(crate) async fn show(
    context: &ConsoleContext,
    selector: &Selector,
    kind: AccessKind,
) -> Result<(User, Vec<Place>)> {
    let (user, names) = tokio::try_join!(context.find_user(selector), context.place_names(kind))?;
    let ids = context.grants(&user, kind).await?.unwrap_or_default();
    let places = ids.into_iter().map(|id| Place {
        id,
        name: names.get(&id).cloned(),
    });
    let places = places.collect();
    Ok((user, places))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{plan_text, user};

    fn known() -> Vec<NamedResource> {
        (1..=9)
            .map(|id| NamedResource {
                id,
                name: Some(format!("Site {id}")),
                description: None,
                kind: None,
            })
            .collect()
    }

    fn planned(way: Way, wanted: &[i64], had: &[i64]) -> Plan {
        let wanted: Vec<IdOrName> = wanted.iter().map(|id| IdOrName::Id(*id)).collect();
        let had = had.iter().copied().collect();
        plan(AccessKind::Sites, way, &wanted, &had, &known()).expect("a plan")
    }

    #[test]
    fn only_what_differs_is_given_and_taken() {
        let text = |way, wanted: &[i64], had: &[i64]| plan_text(Ok(planned(way, wanted, had)));
        assert_snapshot!(text(Way::Set, &[1, 2], &[2, 3]), @"give sites 1 (Site 1); take away sites 3 (Site 3)");
        assert_snapshot!(text(Way::Set, &[], &[2, 3]), @"take away sites 2 (Site 2), 3 (Site 3)");
        assert_snapshot!(text(Way::Set, &[2], &[2]), @"");
        assert_snapshot!(text(Way::Grant, &[1, 2], &[2, 3]), @"give sites 1 (Site 1)");
        assert_snapshot!(text(Way::Revoke, &[1, 2], &[2, 3]), @"take away sites 2 (Site 2)");
        assert_snapshot!(text(Way::Revoke, &[1], &[2, 3]), @"");
    }

    #[test]
    fn single_ones_mean_nothing_to_a_user_with_all() {
        let all = user(json!({"accessAllSites": true}));
        let refused = refuse_where_meaningless(&all, AccessKind::Sites).expect_err("refused");
        assert_snapshot!(refused.message, @"the user has all sites, so single ones mean nothing and the console ignores them");
        assert!(refuse_where_meaningless(&all, AccessKind::AssetGroups).is_ok());
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            way in prop::sample::select(vec![Way::Set, Way::Grant, Way::Revoke]),
            wanted in prop::collection::btree_set(1_i64..=9, 0..6),
            had in prop::collection::btree_set(1_i64..=9, 0..6),
        ) {
            let wanted: Vec<i64> = wanted.into_iter().collect();
            let has: Vec<i64> = had.iter().copied().collect();
            let mut has: BTreeSet<i64> = has.into_iter().collect();
            for access in planned(way, &wanted, &has.iter().copied().collect::<Vec<_>>()).access() {
                has.extend(access.give.keys());
                has.retain(|id| !access.take.contains_key(id));
            }
            let now: Vec<i64> = has.into_iter().collect();
            prop_assert!(planned(way, &wanted, &now).changes.is_empty());
            if way == Way::Set {
                prop_assert_eq!(now, wanted);
            }
        }
    }
}
