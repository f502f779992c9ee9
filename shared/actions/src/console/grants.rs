//! Sends individual grants: gives and takes as planned, and gives back what replacing a user dropped.

use rapid7::console::{AccessKind, UserId};
use tracing::{info, warn};

use crate::console::context::ConsoleContext;
use crate::console::grant_goals::{GIVE_BACK_BY_HAND, Goal, Ids, KINDS, Left, Lost, failed};
use crate::console::plan::{Plan, Snapshot};
use crate::core::error::{Changed, Error, ErrorKind, Result};

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
            sites: before.sites.as_ref().map(|_| Ids::new()),
            asset_groups: before.asset_groups.as_ref().map(|_| Ids::new()),
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
        // Credentials that were refused are not sent again.
        if !error.is_failed_login() {
            // Blindly only if they can't be read: what somebody else gave meanwhile stays.
            let read = self.read_grants(id, &mut after, &lost).await;
            let missing = |error: &rapid7::Error| error.kind == rapid7::ErrorKind::NotFound;
            if read.is_err_and(|error| missing(&error)) && self.is_gone(id).await.unwrap_or(false) {
                // Nobody is left to give them back to.
                return error;
            }
            let missing = goals.each_ref().map(|goal| goal.left(&after));
            let _ = tokio::join!(
                self.send_grants(id, &goals[0], &missing[0], &after),
                self.send_grants(id, &goals[1], &missing[1], &after),
            );
            let _ = self.read_grants(id, &mut after, &missing).await;
        }
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
        // Together with other failures, too, nothing may make another run look like the answer.
        let next = match error.next.take() {
            // The login comes first, and no retrier takes this kind for an invitation.
            Some(next) if error.is_failed_login() => format!("{next}; then {GIVE_BACK_BY_HAND}"),
            _ => {
                error.kind = ErrorKind::Unexpected;
                GIVE_BACK_BY_HAND.into()
            }
        };
        error.changed(Changed::Unknown).next(next)
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
