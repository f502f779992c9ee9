//! What individual grants should become, what is left of it, and what to say when it can't be had: plain
//! functions over what was read.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rapid7::console::AccessKind;

use crate::console::plan::{AccessChange, Plan, Snapshot, noun};
use crate::core::change::{FieldChange, conflict, grants};
use crate::core::error::{Changed, Error, ErrorKind, Result};

/// Every kind of grant.
pub(super) const KINDS: [AccessKind; 2] = [AccessKind::Sites, AccessKind::AssetGroups];

/// The same ids, or differences of ids, for both kinds.
pub(super) type Ids = BTreeSet<i64>;

/// What the grants of one kind should become.
pub(super) struct Goal {
    pub(super) kind: AccessKind,
    /// Whether the account is replaced, which may drop what it has.
    pub(super) replaced: bool,
    /// What the account has and should keep.
    pub(super) keep: Ids,
    pub(super) give: Ids,
    pub(super) take: Ids,
    pub(super) exact: bool,
}

impl Goal {
    pub(super) fn of(before: &Snapshot, plan: &Plan, kind: AccessKind) -> Self {
        let access = plan.access().find(|access| access.kind == kind);
        let ids = |of: fn(&AccessChange) -> Ids| access.map(of).unwrap_or_default();
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
    pub(super) fn left(&self, after: &Snapshot) -> Left {
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
    pub(super) fn surprises(
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
#[derive(Clone, Default)]
pub(super) struct Left {
    pub(super) give: Ids,
    pub(super) take: Ids,
}

impl Left {
    pub(super) fn is_nothing(&self) -> bool {
        self.give.is_empty() && self.take.is_empty()
    }
}

/// Of what is left, the grants that the console dropped.
pub(super) struct Lost<'a>(pub(super) &'a [Goal; 2], pub(super) &'a [Left; 2]);

impl Lost<'_> {
    pub(super) fn lists(&self) -> impl Iterator<Item = (AccessKind, Ids)> {
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
pub(super) fn failed(
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

/// The login was refused in the middle: what is left, of what the console dropped and of what was wanted.
/// `after` has what the console said yes to.
pub(super) fn login_refused(
    goals: &[Goal; 2],
    before: &Snapshot,
    after: &Snapshot,
    cause: rapid7::Error,
) -> Error {
    let left = goals.each_ref().map(|goal| goal.left(after));
    let lost = Lost(goals, &left);
    let mut failed = Error::from(cause);
    let mut told = Vec::new();
    for (goal, left) in goals.iter().zip(&left) {
        let what = noun(goal.kind);
        for (ids, done) in [
            (&left.give & &goal.give, "given"),
            (left.take.clone(), "taken away"),
        ] {
            if !ids.is_empty() {
                told.push(format!("these were not {done}: {what} {ids:?}"));
            }
        }
    }
    if lost.lists().next().is_some() {
        told.push(format!(
            "the console dropped individual grants, and these are not back: {lost}"
        ));
        failed = then_give_back(failed);
    } else if told.is_empty() {
        told.push("what was sent before could not be read back".into());
    }
    failed.message = format!("{}; {}", failed.message, told.join("; "));
    failed.changed(applied(before, after))
}

/// The login was refused after a write that may have dropped grants: none of them can be given back.
pub(super) fn not_given_back(mut error: Error, lost: &Lost<'_>) -> Error {
    error.kind = ErrorKind::Unauthorized;
    if lost.lists().next().is_none() {
        error
            .message
            .push_str("; its individual grants were given back, and could not be read back");
        return error.changed(Changed::Unknown);
    }
    error.message = format!(
        "{}; the console may have dropped individual grants, and they were not given back: {lost}",
        error.message
    );
    then_give_back(error).changed(Changed::Unknown)
}

fn then_give_back(mut error: Error) -> Error {
    let next = error.next.take();
    error.next = Some(match next {
        Some(next) => format!("{next}; then {GIVE_BACK_BY_HAND}"),
        None => GIVE_BACK_BY_HAND.into(),
    });
    error
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

pub(super) const GIVE_BACK_BY_HAND: &str = "give back what is missing with grant-site-access and \
                                 grant-asset-group-access: the ids are here and in the audit record. \
                                 Running this again would find the account done and leave that lost";

/// The end of that, which is not true where there is a journal; and what is true then.
pub(super) const NOT_AGAIN: &str =
    ". Running this again would find the account done and leave that lost";
pub(super) const AGAIN: &str = "; or run this, or anything else on the account, again: what is missing is in \
                                the journal, and is given back first";

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
