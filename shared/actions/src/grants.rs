//! Individual grants: kept, although replacing a user drops them.

use std::collections::BTreeSet;
use std::fmt;

use rapid7::console::{AccessKind, UserId};
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
        let mut last = None;
        for attempt in 0.. {
            let lost = Lost::between(before, &after);
            if lost.is_nothing() {
                break;
            }
            if attempt == 2 {
                return Err(lost.error(last));
            }
            info!(%lost, "the console dropped individual grants: giving them back");
            last = self.give(before.user.id(), &after, &lost).await;
            match self.read_grants(&after, &lost).await {
                Ok(read) => (after.sites, after.asset_groups) = read,
                Err(error) => last = Some(error),
            }
        }
        for (what, added) in Lost::between(&after, before).lists() {
            warnings.push(format!("somebody else gave {what} {added:?} meanwhile"));
        }
        Ok(after)
    }

    /// After a replacement that can't be followed any more: gives back all individual grants that
    /// there were, without knowing which are gone. If that is proven, the error stays what it is and
    /// another run is safe; if not, it says so, and must not invite one: that would find the account
    /// done and leave the grants lost.
    pub(crate) async fn rescue_grants(&self, before: &Snapshot, mut error: Error) -> Error {
        let nothing = Snapshot {
            user: before.user.clone(),
            sites: before.sites.as_ref().map(|_| BTreeSet::new()),
            asset_groups: before.asset_groups.as_ref().map(|_| BTreeSet::new()),
        };
        let lost = Lost::between(before, &nothing);
        if lost.is_nothing() {
            return error;
        }
        warn!(%error, %lost, "the account can't be followed any more: giving back its grants");
        let _ = self.give(before.user.id(), &nothing, &lost).await;
        let mut after = nothing;
        if let Ok(read) = self.read_grants(&after, &lost).await {
            (after.sites, after.asset_groups) = read;
        }
        let still = Lost::between(before, &after);
        let late = error.source.as_ref().is_some_and(|e| e.timed_out());
        if still.is_nothing() && !late {
            error
                .message
                .push_str("; its individual grants are in place");
            return error;
        }
        let (may, lost) = match still.is_nothing() {
            true => (
                "may still drop individual grants, should the write arrive late",
                lost,
            ),
            false => ("may have dropped individual grants", still),
        };
        error.message = format!(
            "{} ({}), and the console {may}: {lost}",
            error.message,
            error.kind.name()
        );
        error.kind = ErrorKind::Unexpected;
        error.next(GIVE_BACK_BY_HAND)
    }

    /// Gives grants, both kinds at once; returns what went wrong.
    async fn give(&self, id: UserId, now: &Snapshot, lost: &Lost) -> Option<rapid7::Error> {
        let (sites, asset_groups) = tokio::join!(
            self.give_kind(id, AccessKind::Sites, now.sites.as_ref(), &lost.sites),
            self.give_kind(
                id,
                AccessKind::AssetGroups,
                now.asset_groups.as_ref(),
                &lost.asset_groups
            ),
        );
        let error = sites.err().or(asset_groups.err())?;
        warn!(%error, "giving grants back: looking");
        Some(error)
    }

    async fn give_kind(
        &self,
        id: UserId,
        kind: AccessKind,
        now: Option<&BTreeSet<i64>>,
        lost: &BTreeSet<i64>,
    ) -> rapid7::Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        let now = now.cloned().unwrap_or_default();
        let console = self.console();
        match console.set_access(id, kind, &now, &(&now | lost)).await {
            // One that is gone meanwhile (a deleted site) must not take the others with it.
            Err(error) if error.delivery == rapid7::Delivery::Refused && lost.len() > 1 => {
                let mut last = Ok(());
                for one in lost {
                    last = last.and(console.grant_access(id, kind, *one).await);
                }
                last
            }
            result => result,
        }
    }

    /// Reads those lists again that lacked something.
    async fn read_grants(&self, known: &Snapshot, lost: &Lost) -> rapid7::Result<Lists> {
        let id = known.user.id();
        let read = |kind, known: &Option<BTreeSet<i64>>, lost: &BTreeSet<i64>| {
            let (known, complete) = (known.clone(), lost.is_empty());
            async move {
                if complete {
                    return Ok(known);
                }
                self.console().access(id, kind).await.map(Some)
            }
        };
        tokio::try_join!(
            read(AccessKind::Sites, &known.sites, &lost.sites),
            read(
                AccessKind::AssetGroups,
                &known.asset_groups,
                &lost.asset_groups
            ),
        )
    }
}

type Lists = (Option<BTreeSet<i64>>, Option<BTreeSet<i64>>);

/// Grants that one state of an account has and another lacks.
struct Lost {
    sites: BTreeSet<i64>,
    asset_groups: BTreeSet<i64>,
}

impl Lost {
    fn between(before: &Snapshot, after: &Snapshot) -> Self {
        Self {
            sites: dropped(&before.sites, &after.sites),
            asset_groups: dropped(&before.asset_groups, &after.asset_groups),
        }
    }

    fn lists(&self) -> impl Iterator<Item = (&'static str, &BTreeSet<i64>)> {
        [("sites", &self.sites), ("asset groups", &self.asset_groups)]
            .into_iter()
            .filter(|(_, ids)| !ids.is_empty())
    }

    fn is_nothing(&self) -> bool {
        self.lists().next().is_none()
    }

    fn error(&self, cause: Option<rapid7::Error>) -> Error {
        let why = cause.as_ref().map(|error| format!(" ({error})"));
        let mut failed = Error::new(
            ErrorKind::Unexpected,
            format!(
                "the console dropped individual grants, and they are not back: {self}{}",
                why.unwrap_or_default()
            ),
        )
        .next(GIVE_BACK_BY_HAND);
        failed.source = cause.map(Box::new);
        failed
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists: Vec<String> = self
            .lists()
            .map(|(what, ids)| format!("{what} {ids:?}"))
            .collect();
        f.write_str(&lists.join(", "))
    }
}

const GIVE_BACK_BY_HAND: &str = "give back by hand what is missing: the audit record of this run lists \
                                 what there was. Running it again would find the account done and \
                                 leave that lost";

/// What is in the first list and not in the second.
fn dropped(before: &Option<BTreeSet<i64>>, after: &Option<BTreeSet<i64>>) -> BTreeSet<i64> {
    match (before, after) {
        (Some(before), Some(after)) => before - after,
        _ => BTreeSet::new(),
    }
}

/// The step that keeps individual grants, in a line for people; nothing if there are none.
pub(crate) fn kept_grants(before: &Snapshot) -> Option<String> {
    let none = Snapshot {
        sites: Some(BTreeSet::new()),
        asset_groups: Some(BTreeSet::new()),
        ..before.clone()
    };
    let grants = Lost::between(before, &none);
    (!grants.is_nothing()).then(|| format!("give back, if the console drops them: {grants}"))
}
