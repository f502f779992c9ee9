//! Writing: the only way to do it, and where its safety lives.
//!
//! Record the full state, write, read back, give back what the console dropped, compare every
//! member with what was intended. A write that may or may not have been carried out is looked at
//! before anything is sent again.

use std::collections::BTreeSet;
use std::time::Duration;

use rapid7::console::{AccessKind, NewUser, Replacement, User, UserId};
use serde_json::json;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::audit::Phase;
use crate::context::Context;
use crate::create_user;
use crate::diff::{FieldChange, changes, grants};
use crate::error::{Changed, Error, ErrorKind, Result};
use crate::lookup::{Selector, pick};
use crate::outcome::{Outcome, Subject};
use crate::plan::{Change, Plan, Snapshot};
use crate::view::{UserView, is_known};

/// A run with less time left than this does not begin to write: it could not read back.
const TIME_TO_WRITE: Duration = Duration::from_millis(1000);

/// What a look at the console says of a write without a good answer.
enum Look {
    Done,
    NotDone,
    Neither(Vec<FieldChange>),
}

impl Context {
    /// Carries out a plan for an account that exists, or, with `None`, for one to be created.
    pub(crate) async fn apply(&self, existing: Option<User>, plan: Plan) -> Result<Outcome> {
        let subject = match (&existing, plan.changes.as_slice()) {
            (Some(user), _) => self.subject(user),
            (None, [Change::CreateUser(new)]) => Subject {
                surface: "console".into(),
                target: self.console().address().into(),
                user_id: None,
                login: new.login.clone(),
                email: Some(new.email.clone()),
            },
            (None, _) => {
                return Err(Error::new(
                    ErrorKind::Unexpected,
                    "a plan about nobody can't be carried out",
                ));
            }
        };
        let line = subject.to_line();
        let mut applied = Vec::new();
        let outcome = self.run_plan(existing, plan, subject, &mut applied).await;
        outcome.map_err(|mut error| {
            if !applied.is_empty() {
                error.changed = Changed::Applied(applied);
            }
            error.about(line)
        })
    }

    async fn run_plan(
        &self,
        existing: Option<User>,
        plan: Plan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        let replaces = |change: &Change| matches!(change, Change::ReplaceUser { .. });
        let before = match existing {
            Some(user) if plan.changes.iter().any(replaces) => Some(self.snapshot(user).await?),
            Some(user) => Some(Snapshot {
                user,
                sites: None,
                asset_groups: None,
            }),
            None => None,
        };
        let mut lines = plan.to_lines();
        lines.extend(before.as_ref().and_then(kept_grants));
        let mut outcome = Outcome {
            operation: self.spec.name.into(),
            subject,
            changed: false,
            dry_run: self.dry_run,
            plan: lines,
            changes: planned(&plan),
            state: before.as_ref().map(view),
            warnings: [self.services.warnings.clone(), plan.warnings.clone()].concat(),
        };
        if self.dry_run || plan.changes.is_empty() {
            return Ok(outcome);
        }
        self.require_time()?;
        self.record_before(&outcome, before.as_ref()).await?;

        let after = match before {
            Some(before) => {
                let mut expected = before.user.replacement();
                for change in &plan.changes {
                    self.carry_out(change, &before, &mut outcome.warnings)
                        .await?;
                    applied.push(change.to_line());
                    if let Change::ReplaceUser { replacement, .. } = change {
                        expected = replacement.clone();
                    }
                }
                let after = self.read_back(&before).await?;
                let after = self
                    .give_back(&before, after, &mut outcome.warnings)
                    .await?;
                verify(&plan, &expected, &before, &after, &mut outcome.warnings)?;
                outcome.changes = observed(&before, &after);
                after
            }
            None => {
                let Some(Change::CreateUser(new)) = plan.changes.first() else {
                    unreachable!("apply() takes plans without an account only to create one");
                };
                let id = self.create(new, &mut outcome.warnings).await?;
                applied.push(format!("created {} as user {id}", new.login));
                let user = self.user(id).await?;
                let untold = create_user::verify(new, &user)?;
                outcome.warnings.extend(untold);
                outcome.subject = self.subject(&user);
                Snapshot {
                    user,
                    sites: None,
                    asset_groups: None,
                }
            }
        };
        outcome.changed = true;
        outcome.state = Some(view(&after));
        Ok(outcome)
    }

    fn require_time(&self) -> Result<()> {
        if self.deadline.saturating_duration_since(Instant::now()) < TIME_TO_WRITE {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "less than a second was left before the deadline, too little to write and to read \
                 back",
            )
            .next("run it again with more time"));
        }
        Ok(())
    }

    async fn record_before(&self, outcome: &Outcome, before: Option<&Snapshot>) -> Result<()> {
        let record = json!({
            "subject": outcome.subject,
            "plan": outcome.plan,
            "state": before.map(Snapshot::to_json),
        });
        self.record(Phase::Before, record).await.map_err(|error| {
            Error::unavailable(format!("the audit record could not be written: {error}"))
        })
    }

    /// Sends one write to an account that exists. If its answer is lost, looks whether it was
    /// carried out, and sends it at most once more.
    async fn carry_out(
        &self,
        change: &Change,
        before: &Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut sent_before = false;
        loop {
            let Err(error) = self.send(change).await else {
                return Ok(());
            };
            if !error.may_have_been_carried_out() {
                return Err(refused_write(change, error));
            }
            warn!(%error, "a write without a good answer: looking");
            let server_declined = error.status == Some(503);
            match self.look(change, before).await {
                Ok(Look::Done) => {
                    warnings.push(format!(
                        "an answer was lost ({error}); reading back shows that it was carried out"
                    ));
                    return Ok(());
                }
                Ok(Look::NotDone) if server_declined || sent_before => {
                    let mut failed = Error::from(error);
                    failed.message.push_str("; the account reads as before");
                    return Err(failed.changed(Changed::Nothing));
                }
                Ok(Look::NotDone) => sent_before = true,
                Ok(Look::Neither(found)) => return Err(conflict(&found)),
                Err(look) => {
                    warn!(error = %look, "looking failed");
                    return Err(indeterminate(error));
                }
            }
        }
    }

    async fn send(&self, change: &Change) -> rapid7::Result<()> {
        let console = self.console();
        match change {
            Change::CreateUser(new) => console.create_user(new).await.map(drop),
            Change::ReplaceUser {
                user, replacement, ..
            } => console.update_user(*user, replacement).await,
            Change::UnlockUser(user) => console.unlock_user(*user).await,
        }
    }

    async fn look(&self, change: &Change, before: &Snapshot) -> Result<Look> {
        let user = self.user(before.user.id()).await?;
        Ok(match change {
            Change::ReplaceUser { replacement, .. } => {
                let now = user.replacement();
                let left = known(changes(replacement.members(), now.members()));
                let as_before = before.user.replacement();
                if left.is_empty() {
                    Look::Done
                } else if known(changes(as_before.members(), now.members())).is_empty() {
                    Look::NotDone
                } else {
                    Look::Neither(left)
                }
            }
            Change::UnlockUser(_) if user.locked() == Some(false) => Look::Done,
            Change::UnlockUser(_) | Change::CreateUser(_) => Look::NotDone,
        })
    }

    /// Creates an account and returns its number. A lost answer is never followed by a second POST:
    /// the login is looked up instead.
    async fn create(&self, new: &NewUser, warnings: &mut Vec<String>) -> Result<UserId> {
        let error = match self.console().create_user(new).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => None,
            Err(error) if error.may_have_been_carried_out() => Some(error),
            Err(error) => {
                let change = Change::CreateUser(Box::new(new.clone()));
                return Err(refused_write(&change, error));
            }
        };
        info!("looking up the login of a new account whose number is not known");
        let users = match self.console().users().await {
            Ok(users) => users,
            Err(look) => {
                warn!(error = %look, "looking failed");
                return Err(indeterminate(error.unwrap_or(look)));
            }
        };
        match (pick(&users, &Selector::Login(new.login.clone())), error) {
            (Ok(user), error) => {
                if let Some(error) = error {
                    warnings.push(format!(
                        "an answer was lost ({error}); the login was looked up, and the account \
                         was created"
                    ));
                }
                Ok(user.id())
            }
            (Err(_), Some(error)) if error.status == Some(503) => {
                let mut failed = Error::from(error);
                failed.message.push_str("; no account has this login");
                Err(failed.changed(Changed::Nothing))
            }
            (Err(_), Some(error)) => Err(indeterminate(error)),
            (Err(error), None) => Err(error),
        }
    }

    /// Gives back the individual grants that the console dropped when the user was replaced (seen
    /// in the field), and proves it.
    async fn give_back(
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
fn kept_grants(before: &Snapshot) -> Option<String> {
    let kept = [
        ("sites", &before.sites),
        ("asset groups", &before.asset_groups),
    ];
    let kept: Vec<String> = kept
        .into_iter()
        .filter_map(|(what, ids)| Some((what, ids.as_ref().filter(|ids| !ids.is_empty())?)))
        .map(|(what, ids)| format!("{what} {ids:?}"))
        .collect();
    (!kept.is_empty()).then(|| format!("give back, if the console drops them: {}", kept.join(", ")))
}

fn view(snapshot: &Snapshot) -> UserView {
    UserView::from(&snapshot.user)
        .with_grants(snapshot.sites.as_ref(), snapshot.asset_groups.as_ref())
}

fn known(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let known = |change: &FieldChange| is_known(&change.field);
    changes.into_iter().filter(known).collect()
}

/// What a plan says that will differ.
fn planned(plan: &Plan) -> Vec<FieldChange> {
    let field = |field: &str, before: serde_json::Value, after| FieldChange {
        field: field.into(),
        before,
        after,
    };
    plan.changes
        .iter()
        .flat_map(|change| match change {
            Change::CreateUser(new) => create_user::fields(new),
            Change::ReplaceUser { fields, .. } => fields.clone(),
            Change::UnlockUser(_) => vec![field("locked", true.into(), false.into())],
        })
        .collect()
}

/// What does differ, whoever changed it.
fn observed(before: &Snapshot, after: &Snapshot) -> Vec<FieldChange> {
    let mut observed = changes(before.user.members(), after.user.members());
    for (name, before, after) in [
        ("sites", &before.sites, &after.sites),
        ("asset_groups", &before.asset_groups, &after.asset_groups),
    ] {
        if let (Some(before), Some(after)) = (before, after) {
            observed.extend(grants(name, before, after));
        }
    }
    observed
}

/// Compares every member with what was intended. A member that this pack knows and that is not as
/// intended is an error; one that it does not know may have a life of its own (a time stamp), and
/// is a warning.
fn verify(
    plan: &Plan,
    expected: &Replacement,
    before: &Snapshot,
    after: &Snapshot,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let found = changes(expected.members(), after.user.replacement().members());
    let (mut wrong, unknown): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|change| is_known(&change.field));
    for change in unknown {
        warnings.push(format!(
            "{}: expected {}, read back {}",
            change.field, change.before, change.after
        ));
    }
    let (was_locked, is_locked) = (before.user.locked(), after.user.locked());
    let unlocks = |change: &Change| matches!(change, Change::UnlockUser(_));
    if plan.changes.iter().any(unlocks) {
        if is_locked != Some(false) {
            wrong.push(FieldChange {
                field: "locked".into(),
                before: false.into(),
                after: is_locked.into(),
            });
        }
    } else if was_locked != is_locked {
        warnings.push(format!(
            "locked: was {was_locked:?}, is {is_locked:?}; nobody asked for it"
        ));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(conflict(&wrong))
    }
}

/// The account is not as intended: somebody else changed it, or the console did.
pub(crate) fn conflict(found: &[FieldChange]) -> Error {
    let lines: Vec<String> = found
        .iter()
        .map(|change| {
            format!(
                "{} should be {} and reads {}",
                change.field, change.before, change.after
            )
        })
        .collect();
    Error::new(
        ErrorKind::Conflict,
        format!("the account is not as intended: {}", lines.join("; ")),
    )
    .next("look who changed it (the audit record has the state before), then run it again")
}

fn indeterminate(error: rapid7::Error) -> Error {
    let mut failed = Error::from(error);
    failed.kind = ErrorKind::Indeterminate;
    failed
        .changed(Changed::Unknown)
        .next("run it again: it reads first and does only what is left")
}

fn lost_grants(lost: &str, error: Option<rapid7::Error>) -> Error {
    let kind = match &error {
        Some(error) if error.kind == rapid7::ErrorKind::RateLimited => ErrorKind::RateLimited,
        Some(error) if error.kind == rapid7::ErrorKind::Unavailable => ErrorKind::Unavailable,
        _ => ErrorKind::Conflict,
    };
    let why = error.as_ref().map(|error| format!(" ({error})"));
    let mut failed = Error::new(
        kind,
        format!(
            "the console dropped individual grants, and they are not back: {lost}{}",
            why.unwrap_or_default()
        ),
    )
    .next("give them back by hand; the audit record of this run lists all that there were");
    failed.source = error.map(Box::new);
    failed
}

/// A write that was not carried out, told in its own terms.
fn refused_write(change: &Change, error: rapid7::Error) -> Error {
    use rapid7::ErrorKind as Wire;
    let kind = match (change, error.kind) {
        (Change::CreateUser(_), Wire::Rejected) => ErrorKind::InvalidInput,
        (_, Wire::Rejected) => ErrorKind::Refused,
        (_, Wire::NotFound) => ErrorKind::Conflict,
        _ => return Error::from(error),
    };
    let next = match (change, error.kind) {
        (_, Wire::NotFound) => "run it again: the account was there a moment ago".to_owned(),
        (Change::CreateUser(_), _) => "correct what the console complains of".into(),
        // The vendor API file calls it required; clients in the field leave it out.
        (Change::ReplaceUser { .. }, _) if error.message.to_lowercase().contains("password") => {
            "this console insists on a password in every update, so an account can't be changed \
             without setting a new one: change it in the console"
                .into()
        }
        _ => "change the account in the console, and report what it said".into(),
    };
    let mut failed = Error::from(error).next(next);
    failed.kind = kind;
    failed
}
