//! Individual grants: given and taken as planned, and kept although replacing a user drops them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rapid7::console::{AccessKind, UserId};
use tracing::{info, warn};

use crate::console::context::ConsoleContext;
use crate::console::plan::{Plan, Snapshot, noun};
use crate::core::change::{FieldChange, conflict, grants};
use crate::core::error::{Changed, Error, ErrorKind, Result};

const KINDS: [AccessKind; 2] = [AccessKind::Sites, AccessKind::AssetGroups];

/// The same ids, or differences of ids, for both kinds.
type Ids = BTreeSet<i64>;

/// More differences than this are sent as one list, where the console takes lists.
const ONE_BY_ONE: usize = 20;

impl ConsoleContext {
    /// Makes the individual grants of an account what they should be, and proves it: gives and takes
    /// what the plan says, and gives back what the console dropped when the user was replaced (seen
    /// in the field). What somebody else gives or takes meanwhile is left alone and told.
    pub(crate) async fn settle(
        &self,
        before: &Snapshot,
        plan: &Plan,
        mut after: Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<Snapshot> {
        let goals = KINDS.map(|kind| Goal::of(before, plan, kind));
        let mut last = None;
        // Whether something was sent that no list has shown yet.
        let mut unseen = false;
        for attempt in 0.. {
            let left = goals.each_ref().map(|goal| goal.left(&after));
            if left.iter().all(Left::is_nothing) {
                break;
            }
            if attempt == 2 {
                let missing = last
                    .as_ref()
                    .is_some_and(|error: &rapid7::Error| error.kind == rapid7::ErrorKind::NotFound);
                let mut failed = failed(&goals, &left, before, &after, last, unseen);
                // 404 also means "not allowed": only a caller who may list users knows better.
                if failed.kind == ErrorKind::Unauthorized
                    && missing
                    && self.console().can_list_users().await.is_ok()
                {
                    failed.kind = ErrorKind::Refused;
                    failed = failed.next(
                        "check that what is to be given is still there: list-sites, \
                         list-asset-groups",
                    );
                }
                return Err(failed);
            }
            if plan.replaces() {
                info!(lost = %Lost(&goals, &left), "the console dropped individual grants");
            }
            let id = before.user.id();
            let [sites, asset_groups] = &left;
            let (sites, asset_groups) = tokio::join!(
                self.send_grants(id, &goals[0], sites, &after),
                self.send_grants(id, &goals[1], asset_groups, &after),
            );
            last = sites.err().or(asset_groups.err());
            if let Some(error) = &last {
                warn!(%error, "changing grants: looking");
            }
            match self.read_grants(id, &mut after, &left).await {
                Ok(()) => unseen = false,
                Err(error) => {
                    unseen = true;
                    last = Some(error);
                }
            }
        }
        for goal in &goals {
            goal.surprises(before, &after, warnings)?;
        }
        Ok(after)
    }

    /// After a replacement that can't be followed any more: gives back all individual grants that
    /// there were, without knowing which are gone. If that is proven, the error stays what it is and
    /// another run is safe; if not, it says so, and must not invite one: that would find the account
    /// done and leave the grants lost. `late` says that the replacement itself got no answer in time.
    pub(crate) async fn rescue_grants(
        &self,
        before: &Snapshot,
        plan: &Plan,
        mut error: Error,
        late: bool,
    ) -> Error {
        let mut after = Snapshot {
            user: before.user.clone(),
            sites: before.sites.as_ref().map(|_| BTreeSet::new()),
            asset_groups: before.asset_groups.as_ref().map(|_| BTreeSet::new()),
        };
        let intended = plan.intended(&before.user);
        for (kind, has_all) in KINDS
            .into_iter()
            .zip([intended.all_sites(), intended.all_asset_groups()])
        {
            if has_all == Some(true) {
                *after.grants_mut(kind) = None;
            }
        }
        // All that there was, what the plan takes away included: another run does that.
        let goals = KINDS.map(|kind| Goal {
            keep: before.grants(kind).cloned().unwrap_or_default(),
            give: Ids::new(),
            take: Ids::new(),
            exact: false,
            replaced: true,
            kind,
        });
        let lost = goals.each_ref().map(|goal| goal.left(&after));
        if lost.iter().all(Left::is_nothing) {
            return error;
        }
        warn!(%error, lost = %Lost(&goals, &lost), "the account can't be followed any more: giving back its grants");
        let id = before.user.id();
        // Blindly only if they can't be read: what somebody else gave meanwhile stays.
        let _ = self.read_grants(id, &mut after, &lost).await;
        let missing = goals.each_ref().map(|goal| goal.left(&after));
        let _ = tokio::join!(
            self.send_grants(id, &goals[0], &missing[0], &after),
            self.send_grants(id, &goals[1], &missing[1], &after),
        );
        let _ = self.read_grants(id, &mut after, &missing).await;
        let still = goals.each_ref().map(|goal| goal.left(&after));
        let found = still.iter().all(Left::is_nothing);
        if found && !late {
            error
                .message
                .push_str("; its individual grants are in place");
            return error;
        }
        let (may, lost) = match found {
            true => (
                "may still drop individual grants, should the write arrive late",
                lost,
            ),
            false => ("may have dropped individual grants", still),
        };
        error.message = format!(
            "{} ({}), and the console {may}: {}",
            error.message,
            error.kind.name(),
            Lost(&goals, &lost)
        );
        error.kind = ErrorKind::Unexpected;
        // Together with other failures, too, nothing may make another run look like the answer.
        error.changed(Changed::Unknown).next(GIVE_BACK_BY_HAND)
    }

    /// Sends what is left to give and to take of one kind.
    async fn send_grants(
        &self,
        id: UserId,
        goal: &Goal,
        left: &Left,
        now: &Snapshot,
    ) -> rapid7::Result<()> {
        if left.is_nothing() {
            return Ok(());
        }
        let console = self.console();
        let now = now.grants(goal.kind).cloned().unwrap_or_default();
        let wanted = &(&now | &left.give) - &left.take;
        let count = left.give.len() + left.take.len();
        if wanted.is_empty() && goal.exact {
            return console.clear_access(id, goal.kind).await;
        }
        // After a replacement the list was read a moment ago, and what is missing is most of it.
        // Otherwise single ones leave alone what somebody else gives meanwhile.
        let sent = if goal.replaced || goal.exact && count > ONE_BY_ONE {
            console.set_access(id, goal.kind, &now, &wanted).await
        } else {
            console
                .change_access(id, goal.kind, &left.give, &left.take)
                .await
        };
        match sent {
            // One that is gone meanwhile (a deleted site) must not take the others with it.
            Err(error) if error.delivery == rapid7::Delivery::Refused && count > 1 => {
                let mut last = Ok(());
                for one in &left.take {
                    last = last.and(console.revoke_access(id, goal.kind, *one).await);
                }
                for one in &left.give {
                    last = last.and(console.grant_access(id, goal.kind, *one).await);
                }
                last
            }
            sent => sent,
        }
    }

    /// Reads those lists again of which something was left.
    async fn read_grants(
        &self,
        id: UserId,
        known: &mut Snapshot,
        left: &[Left; 2],
    ) -> rapid7::Result<()> {
        let read = async |kind, left: &Left| -> rapid7::Result<_> {
            if left.is_nothing() {
                return Ok(None);
            }
            self.console().access(id, kind).await.map(Some)
        };
        let (sites, asset_groups) = tokio::try_join!(
            read(AccessKind::Sites, &left[0]),
            read(AccessKind::AssetGroups, &left[1]),
        )?;
        for (kind, read) in KINDS.into_iter().zip([sites, asset_groups]) {
            if read.is_some() {
                *known.grants_mut(kind) = read;
            }
        }
        Ok(())
    }
}

/// What the grants of one kind should become.
struct Goal {
    kind: AccessKind,
    /// Whether the account is replaced, which may drop what it has.
    replaced: bool,
    /// What the account has and should keep.
    keep: Ids,
    give: Ids,
    take: Ids,
    exact: bool,
}

impl Goal {
    fn of(before: &Snapshot, plan: &Plan, kind: AccessKind) -> Self {
        let access = plan.access().find(|access| access.kind == kind);
        let ids =
            |of: fn(&crate::console::plan::AccessChange) -> Ids| access.map(of).unwrap_or_default();
        let take = ids(|access| access.take.keys().copied().collect());
        let had = before.grants(kind).cloned().unwrap_or_default();
        Self {
            kind,
            replaced: plan.replaces(),
            keep: &had - &take,
            give: ids(|access| access.give.keys().copied().collect()),
            take,
            exact: access.is_some_and(|access| access.exact),
        }
    }

    /// What is left to do. What is missing although nothing that we did drops it was taken by
    /// somebody else, and stays so.
    fn left(&self, after: &Snapshot) -> Left {
        let Some(now) = after.grants(self.kind) else {
            return Left::default();
        };
        let lost = if self.replaced {
            &self.keep - now
        } else {
            Ids::new()
        };
        Left {
            give: &lost | &(&self.give - now),
            take: &self.take & now,
        }
    }

    /// What somebody else changed meanwhile: a conflict if these grants were to be set as a whole.
    fn surprises(
        &self,
        before: &Snapshot,
        after: &Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let what = noun(self.kind);
        let Some(now) = after.grants(self.kind) else {
            if self.give.is_empty() {
                return Ok(());
            }
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("the account has all {what} now, so single ones were not given"),
            )
            .next("look who changed it, then run it again"));
        };
        let wanted = &self.keep | &self.give;
        if self.exact
            && let Some(found) = grants(what, &wanted, now)
        {
            return Err(conflict(&[found]).changed(applied(before, after)));
        }
        let (added, gone) = (now - &wanted, &wanted - now);
        if !added.is_empty() {
            warnings.push(format!("somebody else gave {what} {added:?} meanwhile"));
        }
        if !gone.is_empty() {
            warnings.push(format!("somebody else took {what} {gone:?} meanwhile"));
        }
        Ok(())
    }
}

/// What is left to give and to take.
#[derive(Default)]
struct Left {
    give: Ids,
    take: Ids,
}

impl Left {
    fn is_nothing(&self) -> bool {
        self.give.is_empty() && self.take.is_empty()
    }
}

/// Of what is left, the grants that the console dropped.
struct Lost<'a>(&'a [Goal; 2], &'a [Left; 2]);

impl Lost<'_> {
    fn lists(&self) -> impl Iterator<Item = (AccessKind, Ids)> {
        let lists = self.0.iter().zip(self.1);
        let lists = lists.map(|(goal, left)| (goal.kind, &left.give - &goal.give));
        lists.filter(|(_, ids)| !ids.is_empty())
    }
}

impl fmt::Display for Lost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = self.lists();
        let lists: Vec<String> = lists
            .map(|(kind, ids)| format!("{} {ids:?}", noun(kind)))
            .collect();
        f.write_str(&lists.join(", "))
    }
}

/// The grants are not what they should be, and sending them again did not help.
fn failed(
    goals: &[Goal; 2],
    left: &[Left; 2],
    before: &Snapshot,
    after: &Snapshot,
    cause: Option<rapid7::Error>,
    unseen: bool,
) -> Error {
    let lost = Lost(goals, left);
    if lost.lists().next().is_some() {
        let why = cause.as_ref().map(|error| format!(" ({error})"));
        let mut failed = Error::new(
            ErrorKind::Unexpected,
            format!(
                "the console dropped individual grants, and they are not back: {lost}{}",
                why.unwrap_or_default()
            ),
        )
        .next(GIVE_BACK_BY_HAND);
        failed.source = cause.map(Arc::new);
        return failed;
    }
    let found: Vec<FieldChange> = goals
        .iter()
        .filter_map(|goal| {
            let now = after.grants(goal.kind)?;
            let wanted = &(now | &goal.give) - &goal.take;
            grants(noun(goal.kind), &wanted, now)
        })
        .collect();
    if let (true, Some(cause)) = (unseen, cause.as_ref()) {
        let wanted = found
            .iter()
            .map(|change| format!("{} {}", change.field, change.before));
        let wanted: Vec<String> = wanted.collect();
        let mut failed = Error::new(
            ErrorKind::Indeterminate,
            format!(
                "grants were changed and could not be read back ({cause}); wanted were {}",
                wanted.join(", ")
            ),
        )
        .next("run it again: it reads first and does only what is left");
        failed.retry_after = cause.retry_after;
        return failed.changed(Changed::Unknown);
    }
    let mut failed = conflict(&found);
    if let Some(cause) = cause {
        let wire = Error::from(cause);
        failed.message = format!("{}; {}", failed.message, wire.message);
        failed.kind = match &wire.source {
            Some(source) if source.kind == rapid7::ErrorKind::Rejected => ErrorKind::Refused,
            Some(source) if source.may_have_been_carried_out() => ErrorKind::Indeterminate,
            _ => wire.kind,
        };
        failed.next = wire.next;
        failed.retry_after = wire.retry_after;
        failed.source = wire.source;
    }
    failed.changed(applied(before, after))
}

/// What was seen to change in the grants.
fn applied(before: &Snapshot, after: &Snapshot) -> Changed {
    let changes = KINDS.into_iter().filter_map(|kind| {
        let change = grants(noun(kind), before.grants(kind)?, after.grants(kind)?)?;
        Some(change.to_line())
    });
    let changes: Vec<String> = changes.collect();
    if changes.is_empty() {
        Changed::Nothing
    } else {
        Changed::Applied(changes)
    }
}

const GIVE_BACK_BY_HAND: &str = "give back what is missing with grant-site-access and \
                                 grant-asset-group-access: the ids are here and in the audit record. \
                                 Running this again would find the account done and leave that lost";

/// The step that keeps individual grants, in a line for people; nothing if there are none.
pub(crate) fn kept_grants(before: &Snapshot, plan: &Plan) -> Option<String> {
    if !plan.replaces() {
        return None;
    }
    let intended = plan.intended(&before.user);
    let has_all = [intended.all_sites(), intended.all_asset_groups()];
    let lists = KINDS.into_iter().zip(has_all).filter_map(|(kind, all)| {
        let keep = Goal::of(before, plan, kind).keep;
        (all != Some(true) && !keep.is_empty()).then(|| format!("{} {keep:?}", noun(kind)))
    });
    let lists: Vec<String> = lists.collect();
    let lists = lists.join(", ");
    (!lists.is_empty()).then(|| format!("give back, if the console drops them: {lists}"))
}
