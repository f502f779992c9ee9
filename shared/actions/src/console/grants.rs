//! Sends individual grants: gives and takes as planned, and gives back what replacing a user dropped.

use rapid7::console::{AccessKind, UserId, WireForm};
use tracing::{info, warn};

use crate::console::context::ConsoleContext;
use crate::console::grant_goals::{
    GIVE_BACK_BY_HAND, Goal, Ids, KINDS, Left, Lost, failed, login_refused, not_given_back,
};
use crate::console::plan::{Plan, Snapshot};
use crate::core::error::{Changed, Error, ErrorKind, Result};

/// More differences than this are sent as one list, where the console takes lists.
const ONE_BY_ONE: usize = 20;

/// So many single ones that are refused in a row are not refused for what they are.
const REFUSED_IN_A_ROW: usize = 3;

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
        // Whether something was sent that may or may not have been carried out, and no list has shown since.
        let mut unsure = false;
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
            let mut done = [Left::default(), Left::default()];
            let sent = self
                .send_all(id, &goals, &left, &after, &mut done, attempt > 0)
                .await;
            unsure |= sent.iter().any(left_in_doubt);
            last = worst(sent);
            if let Some(error) = &last {
                warn!(%error, "changing grants");
            }
            // A login that was refused is none to look with.
            if !last.as_ref().is_some_and(is_failed_login) {
                match self.read_grants(id, &mut after, &left).await {
                    Ok(()) => (unseen, unsure) = (false, false),
                    Err(error) => {
                        unseen = true;
                        last = Some(error);
                    }
                }
            }
            if let Some(error) = last.take_if(|error| is_failed_login(error)) {
                add(&mut after, &done);
                let failed = login_refused(&goals, before, &after, error);
                return Err(match unsure {
                    true => failed.changed(Changed::Unknown),
                    false => failed,
                });
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
    /// With a login that is refused, nothing is sent, and what has to be given back is told.
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
        if error.is_failed_login() {
            return not_given_back(error, &Lost(&goals, &lost));
        }
        warn!(%error, lost = %Lost(&goals, &lost), "the account can't be followed any more: giving back its grants");
        let id = before.user.id();
        // Blindly only if they can't be read: what somebody else gave meanwhile stays.
        let read = self.read_grants(id, &mut after, &lost).await;
        let is_missing = |error: &rapid7::Error| error.kind == rapid7::ErrorKind::NotFound;
        if read.as_ref().is_err_and(is_missing) && self.is_gone(id).await.unwrap_or(false) {
            // Nobody is left to give them back to.
            return error;
        }
        let missing = goals.each_ref().map(|goal| goal.left(&after));
        let mut done = [Left::default(), Left::default()];
        let sent = self
            .send_all(id, &goals, &missing, &after, &mut done, false)
            .await;
        let seen = self.read_grants(id, &mut after, &missing).await;
        let still = goals.each_ref().map(|goal| goal.left(&after));
        let found = still.iter().all(Left::is_nothing);
        let errors = [read.err(), worst(sent), seen.err()];
        let refused = errors.into_iter().flatten().find(is_failed_login);
        if let Some(refused) = refused.filter(|_| !found) {
            add(&mut after, &done);
            let still = goals.each_ref().map(|goal| goal.left(&after));
            let refused = Error::from(refused);
            let error = Error {
                message: format!("{}; {}", error.message, refused.message),
                subject: error.subject,
                ..refused
            };
            return not_given_back(error, &Lost(&goals, &still));
        }
        if found && !late {
            error
                .message
                .push_str("; its individual grants are in place");
            return error.grants_kept();
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

    /// Sends what is left to give and to take of both kinds. `done` is what the console said yes to;
    /// `last_first` begins at the other end.
    async fn send_all(
        &self,
        id: UserId,
        goals: &[Goal; 2],
        left: &[Left; 2],
        now: &Snapshot,
        done: &mut [Left; 2],
        last_first: bool,
    ) -> [rapid7::Result<()>; 2] {
        let [sites, asset_groups] = done;
        tokio::join!(
            self.send_grants(id, &goals[0], &left[0], now, sites, last_first),
            self.send_grants(id, &goals[1], &left[1], now, asset_groups, last_first),
        )
        .into()
    }

    async fn send_grants(
        &self,
        id: UserId,
        goal: &Goal,
        left: &Left,
        now: &Snapshot,
        done: &mut Left,
        last_first: bool,
    ) -> rapid7::Result<()> {
        if left.is_nothing() {
            return Ok(());
        }
        let console = self.console();
        let now = now.grants(goal.kind).cloned().unwrap_or_default();
        let wanted = &(&now | &left.give) - &left.take;
        let count = left.give.len() + left.take.len();
        if wanted.is_empty() && goal.exact {
            console.clear_access(id, goal.kind).await?;
            done.clone_from(left);
            return Ok(());
        }
        // One that is gone meanwhile (a deleted site) must not take the others with it: then each is sent by
        // itself.
        let goes_on = |error: &rapid7::Error| count > 1 && is_about_one(error);
        if console.form_or_default() == WireForm::Guide {
            let taken = self.send_one_by_one(id, goal, left, Way::Take, done, last_first);
            let taken = taken.await;
            if left.give.is_empty() || taken.as_ref().is_err_and(|error| !goes_on(error)) {
                return taken;
            }
            return match console.add_access(id, goal.kind, &left.give).await {
                Ok(()) => {
                    done.give.clone_from(&left.give);
                    taken
                }
                Err(error) if left.give.len() > 1 && is_about_one(&error) => {
                    let given = self.send_one_by_one(id, goal, left, Way::Give, done, last_first);
                    taken.and(given.await)
                }
                Err(error) => Err(error),
            };
        }
        // After a replacement the list was read a moment ago, and what is missing is most of it.
        // Otherwise single ones leave alone what somebody else gives meanwhile.
        if goal.replaced || goal.exact && count > ONE_BY_ONE {
            match console.set_access(id, goal.kind, &now, &wanted).await {
                Ok(()) => {
                    done.clone_from(left);
                    return Ok(());
                }
                Err(error) if goes_on(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let taken = self.send_one_by_one(id, goal, left, Way::Take, done, last_first);
        let taken = taken.await;
        if taken.as_ref().is_err_and(|error| !is_about_one(error)) {
            return taken;
        }
        let given = self.send_one_by_one(id, goal, left, Way::Give, done, last_first);
        taken.and(given.await)
    }

    /// Sends single ones, and goes on after a refusal that is about one of them. A few in a row are about
    /// something else. (A second time, begun at the other end, finds what is good behind a few that are
    /// gone.)
    async fn send_one_by_one(
        &self,
        id: UserId,
        goal: &Goal,
        left: &Left,
        way: Way,
        done: &mut Left,
        last_first: bool,
    ) -> rapid7::Result<()> {
        let console = self.console();
        let (ids, done) = match way {
            Way::Give => (&left.give, &mut done.give),
            Way::Take => (&left.take, &mut done.take),
        };
        let mut ids: Vec<i64> = ids.iter().copied().collect();
        if last_first {
            ids.reverse();
        }
        let (mut refused, mut in_a_row) = (Ok(()), 0);
        for one in ids {
            let sent = match way {
                Way::Give => console.grant_access(id, goal.kind, one).await,
                Way::Take => console.revoke_access(id, goal.kind, one).await,
            };
            match sent {
                Ok(()) => {
                    done.insert(one);
                    in_a_row = 0;
                }
                Err(error) if is_about_one(&error) => {
                    in_a_row += 1;
                    refused = refused.and(Err(error));
                    if in_a_row == REFUSED_IN_A_ROW {
                        break;
                    }
                }
                Err(mut error) => {
                    // One that was refused before has left, whatever became of this one.
                    error.sent |= refused.is_err();
                    return Err(error);
                }
            }
        }
        refused
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

/// What is done with single grants.
#[derive(Clone, Copy)]
enum Way {
    Give,
    Take,
}

/// What stops everything comes first.
fn worst(sent: [rapid7::Result<()>; 2]) -> Option<rapid7::Error> {
    let [first, second] = sent.map(rapid7::Result::err);
    match second {
        Some(second) if is_failed_login(&second) => Some(second),
        second => first.or(second),
    }
}

fn is_failed_login(error: &rapid7::Error) -> bool {
    error.kind == rapid7::ErrorKind::Unauthorized
}

/// Whether a write has left and got no plain success: whatever was answered, only a look tells.
fn left_in_doubt(sent: &rapid7::Result<()>) -> bool {
    matches!(sent, Err(error) if error.sent)
}

/// Whether a refusal may be about a single site or asset group, rather than about who asks, how often, or
/// what is in between.
fn is_about_one(error: &rapid7::Error) -> bool {
    error.kind != rapid7::ErrorKind::NotTheApi
        && matches!(error.status, Some(400 | 404 | 409 | 422))
}

/// What the console said yes to, without having been read.
fn add(now: &mut Snapshot, done: &[Left; 2]) {
    for (kind, done) in KINDS.into_iter().zip(done) {
        if let Some(ids) = now.grants_mut(kind) {
            *ids = &(&*ids | &done.give) - &done.take;
        }
    }
}
