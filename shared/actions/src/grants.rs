//! Individual grants: kept, although replacing a user drops them.

use std::collections::BTreeSet;

use rapid7::console::AccessKind;
use tracing::{info, warn};

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Snapshot;

impl Context {
    /// Gives back the individual grants that the console dropped when the user was replaced (seen
    /// in the field), and proves it.
    pub(crate) async fn give_back(
        &self,
        before: &Snapshot,
        mut after: Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<Snapshot> {
        let id = before.user.id();
        for attempt in 0.. {
            let sites = dropped(&before.sites, &after.sites);
            let asset_groups = dropped(&before.asset_groups, &after.asset_groups);
            if sites.is_empty() && asset_groups.is_empty() {
                break;
            }
            let lost = format!("sites {sites:?}, asset groups {asset_groups:?}");
            if attempt == 2 {
                return Err(lost_grants(&lost, None));
            }
            info!(%lost, "the console dropped individual grants: giving them back");
            let give = async |kind, now: &Option<BTreeSet<i64>>, dropped: &BTreeSet<i64>| {
                let now = now.clone().unwrap_or_default();
                if dropped.is_empty() {
                    return Ok(());
                }
                let wanted = &now | dropped;
                self.console().set_access(id, kind, &now, &wanted).await
            };
            let results = tokio::join!(
                give(AccessKind::Sites, &after.sites, &sites),
                give(AccessKind::AssetGroups, &after.asset_groups, &asset_groups),
            );
            for error in [results.0.err(), results.1.err()].into_iter().flatten() {
                if !error.may_have_been_carried_out() {
                    return Err(lost_grants(&lost, Some(error)));
                }
                warn!(%error, "an answer was lost while giving grants back: looking");
            }
            let read = |kind, known: &Option<BTreeSet<i64>>, dropped: &BTreeSet<i64>| {
                let known = known.clone();
                let nothing_dropped = dropped.is_empty();
                async move {
                    if nothing_dropped {
                        return Ok(known);
                    }
                    self.console().access(id, kind).await.map(Some)
                }
            };
            let read = tokio::try_join!(
                read(AccessKind::Sites, &after.sites, &sites),
                read(AccessKind::AssetGroups, &after.asset_groups, &asset_groups),
            );
            (after.sites, after.asset_groups) =
                read.map_err(|error| lost_grants(&lost, Some(error)))?;
        }
        for (what, before, after) in [
            ("sites", &before.sites, &after.sites),
            ("asset groups", &before.asset_groups, &after.asset_groups),
        ] {
            let added = dropped(after, before);
            if !added.is_empty() {
                warnings.push(format!("somebody else gave {what} {added:?} meanwhile"));
            }
        }
        Ok(after)
    }
}

/// What is in the first list and not in the second.
fn dropped(before: &Option<BTreeSet<i64>>, after: &Option<BTreeSet<i64>>) -> BTreeSet<i64> {
    match (before, after) {
        (Some(before), Some(after)) => before - after,
        _ => BTreeSet::new(),
    }
}

/// The step that keeps individual grants, in a line for people; nothing if there are none.
pub(crate) fn kept_grants(before: &Snapshot) -> Option<String> {
    let grants = individual_grants(before)?;
    Some(format!("give back, if the console drops them: {grants}"))
}

fn individual_grants(before: &Snapshot) -> Option<String> {
    let kept = [
        ("sites", &before.sites),
        ("asset groups", &before.asset_groups),
    ];
    let kept: Vec<String> = kept
        .into_iter()
        .filter_map(|(what, ids)| Some((what, ids.as_ref().filter(|ids| !ids.is_empty())?)))
        .map(|(what, ids)| format!("{what} {ids:?}"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

fn lost_grants(lost: &str, error: Option<rapid7::Error>) -> Error {
    let why = error.as_ref().map(|error| format!(" ({error})"));
    let mut failed = Error::new(
        ErrorKind::Unexpected,
        format!(
            "the console dropped individual grants, and they are not back: {lost}{}",
            why.unwrap_or_default()
        ),
    )
    .next(GIVE_BACK_BY_HAND);
    failed.source = error.map(Box::new);
    failed
}

const GIVE_BACK_BY_HAND: &str = "give back by hand what is missing: the audit record of this run lists \
                                 what there was. Running it again would find the account done and \
                                 leave that lost";

/// An error between replacing an account and the proof that its individual grants are back. It must
/// not invite another run, which would find nothing left to do.
pub(crate) fn with_grants_at_stake(before: &Snapshot, mut error: Error) -> Error {
    let Some(grants) = individual_grants(before) else {
        return error;
    };
    error.message = format!(
        "{} ({}), and the console may have dropped individual grants: {grants}",
        error.message,
        error.kind.name()
    );
    error.kind = ErrorKind::Unexpected;
    error.next(GIVE_BACK_BY_HAND)
}
