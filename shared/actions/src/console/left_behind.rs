//! What a killed run left behind: the grants that its account must have, given back before anything else is done.

use std::collections::BTreeSet;

use rapid7::console::{AccessKind, User};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::console::context::ConsoleContext;
use crate::console::grant_goals::{Goal, KINDS};
use crate::console::lookup::line;
use crate::console::plan::{AccessChange, Plan, Snapshot, noun};
use crate::core::audit::Phase;
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::journal::{Found, JournalEntry, JournalKey};
use crate::core::lease::{Held, Taken, whose};
use crate::core::text::printable;
use crate::core::undo::Undo;

/// What gives back is not taken back.
const GAVE_BACK: Undo =
    Undo::Instead("the run gave back what an earlier one had cost the account: undo that one");

/// What an account must have, whatever becomes of a run. Logins are there since a number alone is no proof of
/// who is meant: before the run and as it intends.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct GiveBack {
    logins: BTreeSet<String>,
    sites: BTreeSet<i64>,
    asset_groups: BTreeSet<i64>,
}

impl GiveBack {
    /// What a plan may cost an account; nothing if it has none, or loses none.
    fn of(before: &Snapshot, plan: &Plan) -> Option<Self> {
        if !plan.replaces() {
            return None;
        }
        let intended = plan.intended(&before.user);
        let keep = |kind, has_all: Option<bool>| match has_all {
            Some(true) => BTreeSet::new(),
            _ => Goal::of(before, plan, kind).keep,
        };
        let sites = keep(AccessKind::Sites, intended.all_sites());
        let asset_groups = keep(AccessKind::AssetGroups, intended.all_asset_groups());
        let logins = [before.user.login(), intended.login()];
        (!sites.is_empty() || !asset_groups.is_empty()).then(|| Self {
            logins: logins.map(str::to_owned).into(),
            sites,
            asset_groups,
        })
    }

    fn ids(&self, kind: AccessKind) -> &BTreeSet<i64> {
        match kind {
            AccessKind::Sites => &self.sites,
            AccessKind::AssetGroups => &self.asset_groups,
        }
    }

    /// What the account lacks of it.
    fn missing(&self, now: &Snapshot) -> Vec<AccessChange> {
        let missing = KINDS.into_iter().filter_map(|kind| {
            let missing = self.ids(kind) - now.grants(kind)?;
            (!missing.is_empty()).then(|| AccessChange {
                kind,
                give: missing.into_iter().map(|id| (id, None)).collect(),
                take: [].into(),
                exact: false,
            })
        });
        missing.collect()
    }
}

impl ConsoleContext {
    /// What an account's lease is called.
    pub(crate) fn key(&self, user: &User) -> JournalKey {
        self.key_of(&user.id().to_string())
    }

    pub(crate) fn key_of(&self, account: &str) -> JournalKey {
        JournalKey {
            target: self.console().address().into(),
            account: account.into(),
        }
    }

    /// Takes the lease of an account for a plan, and leaves there what the account must not lose. What somebody
    /// left behind is finished first, and then everything is planned anew.
    pub(crate) async fn hold(&self, before: &Snapshot, plan: &Plan) -> Result<Held> {
        let user = &before.user;
        let mut entry = self.run.entry(line(user), plan.to_lines());
        let give_back = GiveBack::of(before, plan);
        entry.give_back = give_back.map(|give_back| json!(give_back));
        match self.run.hold(self.key(user), &entry).await? {
            Taken::Begun(held) => Ok(held),
            Taken::LeftBehind(held, left) => Err(self.finish(user, held, &left).await),
        }
    }

    /// Nothing is to be done to an account, unless somebody left something behind, or is still at work.
    pub(crate) async fn check_finished(&self, user: &User) -> Result<()> {
        let key = self.key(user);
        match self.run.found(&key).await? {
            Found::Nothing => Ok(()),
            Found::LeftBehind(left) if self.run.dry_run => {
                self.run.leases.foreseen(&key, foreseen(&left));
                Ok(())
            }
            Found::Busy { .. } if self.run.dry_run => Ok(()),
            Found::LeftBehind(_) | Found::Busy { .. } => {
                let entry = self.run.entry(line(user), Vec::new());
                match self.run.hold(key, &entry).await? {
                    Taken::Begun(held) => {
                        held.end(self.run.deadline, true).await;
                        Err(Error::plan_again())
                    }
                    Taken::LeftBehind(held, left) => Err(self.finish(user, held, &left).await),
                }
            }
        }
    }

    /// An account is not any more what was planned on: a conflict, unless it was another run, which the journal
    /// tells. Then everything is planned anew, after that run.
    pub(crate) async fn whose_change(&self, user: &User, conflict: Error) -> Error {
        if self.run.dry_run || self.run.services.journal.is_none() {
            return conflict;
        }
        let entry = self.run.entry(line(user), Vec::new());
        match self.run.hold(self.key(user), &entry).await {
            Ok(Taken::Begun(held)) => {
                let stale = held.stale;
                held.end(self.run.deadline, true).await;
                match stale {
                    true => Error::plan_again(),
                    false => conflict,
                }
            }
            Ok(Taken::LeftBehind(held, left)) => self.finish(user, held, &left).await,
            Err(error) => error,
        }
    }

    /// Finishes what somebody left behind, and answers why the run can't go on as planned.
    async fn finish(&self, user: &User, held: Held, left: &JournalEntry) -> Error {
        if let Err(told_to_end) = self.run.begun.begin(&self.run.services.ending) {
            held.end(self.run.deadline, false).await;
            return told_to_end;
        }
        match self.give_back(user, left).await {
            Ok(told) => {
                if let Some(told) = told {
                    self.run.leases.finished(&self.key(user), told);
                }
                held.end(self.run.deadline, true).await;
                Error::plan_again()
            }
            Err(NotGivenBack {
                mut error,
                for_good,
            }) => {
                error.message = format!("{} was cut, and {}", whose(left), error.message);
                // What can never be given back is told once, and must not stop everybody else.
                held.end(self.run.deadline, for_good).await;
                error
            }
        }
    }

    async fn give_back(
        &self,
        user: &User,
        left: &JournalEntry,
    ) -> std::result::Result<Option<String>, NotGivenBack> {
        let wanted = left.give_back.clone().unwrap_or_default();
        let wanted: GiveBack = serde_json::from_value(wanted).map_err(|_| {
            NotGivenBack::for_good(
                Error::new(
                    ErrorKind::Unexpected,
                    "what it left in the journal can't be understood",
                )
                .next("look for its audit record, and give back by hand what the account lacks"),
            )
        })?;
        let now = match self.snapshot(user).await {
            Ok(now) => now,
            Err(error) if error.is_missing() && self.is_gone(user.id()).await? => return Ok(None),
            Err(error) => return Err(with_all(error, &wanted).into()),
        };
        let mut plan = Plan::default();
        for missing in wanted.missing(&now) {
            plan.set_access(missing);
        }
        if plan.changes.is_empty() {
            return Ok(None);
        }
        let lacks = plan.access().map(|access| {
            let ids: Vec<i64> = access.give.keys().copied().collect();
            format!("{} {ids:?}", noun(access.kind))
        });
        let lacks = lacks.collect::<Vec<_>>().join(", ");
        if !wanted.logins.contains(now.user.login()) {
            return Err(NotGivenBack::for_good(
                Error::new(
                    ErrorKind::Unexpected,
                    format!(
                        "its account has another login by now, {:?}, so these were not given back: {lacks}",
                        printable(now.user.login())
                    ),
                )
                .next("look whose account it is, and give back by hand what it should have"),
            ));
        }
        self.run.time_to_write()?;
        let subject = self.subject(&now.user);
        let record = json!({
            "subject": subject, "plan": plan.to_lines(), "state": now.to_json(), "left_behind": left,
            "undo": GAVE_BACK.to_json(),
        });
        let target = &subject.target;
        let recorded = self.run.record(target, Phase::Before, record).await;
        recorded.map_err(|error| {
            Error::unavailable(format!("the audit record could not be written: {error}"))
        })?;
        let mut warnings = Vec::new();
        let after = now.clone();
        let settled = self.settle(&now, &plan, after, &mut warnings).await;
        settled.map_err(|mut error| {
            error.message = format!("these were not all given back: {lacks}: {}", error.message);
            // The console itself refuses them, or takes them without a word and does not show them.
            let for_good = match &error.source {
                Some(source) => {
                    source.kind == rapid7::ErrorKind::Rejected || error.kind == ErrorKind::Refused
                }
                None => error.kind == ErrorKind::Conflict,
            };
            if error.changed == Changed::Nothing && !for_good {
                error.changed = Changed::Unknown;
            }
            if for_good {
                error.kind = ErrorKind::Unexpected;
                error.next = Some(
                    "give back by hand what the account should have: it is not tried again".into(),
                );
            }
            NotGivenBack { error, for_good }
        })?;
        Ok(Some(format!(
            "an earlier run was cut in the middle ({}); what the account had lost by it was given back: {lacks}",
            whose(left)
        )))
    }
}

/// Why what somebody left behind is not finished, and whether trying again makes no difference.
struct NotGivenBack {
    error: Error,
    for_good: bool,
}

impl NotGivenBack {
    fn for_good(error: Error) -> Self {
        Self {
            error,
            for_good: true,
        }
    }
}

impl From<Error> for NotGivenBack {
    fn from(error: Error) -> Self {
        Self {
            error,
            for_good: false,
        }
    }
}

/// What can't even be looked at says all that may be missing.
fn with_all(mut error: Error, wanted: &GiveBack) -> Error {
    let lists = KINDS.map(|kind| format!("{} {:?}", noun(kind), wanted.ids(kind)));
    error.message = format!(
        "whether it has lost these can't be read ({}): {}",
        lists.join(", "),
        error.message
    );
    error
}

/// What a run that is not dry would do first.
fn foreseen(left: &JournalEntry) -> String {
    format!(
        "an earlier run was cut in the middle ({}); a run that is not dry first gives back what the account has \
         lost by it",
        whose(left)
    )
}
