//! Carrying out a plan: the only code that writes, and where its safety lives.
//!
//! Record the full state, write, read back, give back what the console dropped, compare every
//! member with what was intended.

use std::collections::BTreeSet;

use rapid7::console::{AccessKind, NewUser, User};
use secrecy::SecretString;

use crate::console::context::ConsoleContext;
use crate::console::deliver::Delivered;
use crate::console::grant_goals::{AGAIN, NOT_AGAIN, kept_grants};
use crate::console::guard::Facts;
use crate::console::losses::lost;
use crate::console::new_account;
use crate::console::outcome::Outcome;
use crate::console::own_password::{not_in_force, own_password_unknown};
use crate::console::password::NEVER_SHOWN;
use crate::console::plan::{AccessChange, Change, Plan, Snapshot, noun};
use crate::console::verify::{known, observed, planned, verify};
use crate::console::view::{SAML, UserView};
use crate::core::change::{changed_meanwhile, changes, grants, still_exists};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::outcome::Subject;
use crate::core::reading::read_twice;

impl ConsoleContext {
    /// Carries out a plan for an account that exists.
    pub(crate) async fn apply(&self, user: User, plan: Plan) -> Result<Outcome> {
        self.apply_to(Snapshot::without_grants(user), plan).await
    }

    /// The same, where the grants that the plan is about have been read.
    pub(crate) async fn apply_to(&self, before: Snapshot, plan: Plan) -> Result<Outcome> {
        let subject = self.subject(&before.user);
        let line = subject.to_line();
        let mut applied = Vec::new();
        let outcome = self.prepare(before, plan, subject, &mut applied).await;
        outcome.map_err(|error| match error.plan_again {
            true => error,
            false => error.after(applied).about(line),
        })
    }

    /// Asks what the guards have to know, and reads the account once more.
    async fn prepare(
        &self,
        mut before: Snapshot,
        mut plan: Plan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        if plan.changes.is_empty() {
            self.check_finished(&before.user).await?;
            return Ok(self.unchanged(subject, &plan, Some(&before)));
        }
        self.check_losses(&before.user, &mut plan)?;
        let (facts, administrators) = self.facts(&before.user, &plan).await?;
        let outcome = async {
            // Last of all: nothing may come between this reading and the write.
            if plan.replaces() || plan.deletes() {
                let waited = administrators.as_ref().is_some_and(|held| held.stale);
                let same = self.refresh(&before, &mut plan).await;
                before = match same {
                    Err(error) if error.kind == ErrorKind::Conflict && !waited => {
                        return Err(self.whose_change(&before.user, error).await);
                    }
                    same => same.map_err(|error| again_if(waited, error))?,
                };
                // A list may tell less of it.
                self.check_losses(&before.user, &mut plan)?;
                plan.say_untold_flags(&before, self.console().form_or_default());
            }
            self.change(before, plan, &facts, subject, applied).await
        };
        let outcome = outcome.await;
        if let Some(administrators) = administrators {
            administrators.end(self.run.deadline, true).await;
        }
        outcome
    }

    /// Carries out a plan that creates an account.
    pub(crate) async fn apply_new(&self, plan: Plan) -> Result<Outcome> {
        let Some(Change::CreateUser(new)) = plan.changes.first() else {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "a plan for a new account does something else",
            ));
        };
        let subject = Subject {
            surface: "console".into(),
            target: self.console().address().into(),
            user_id: None,
            login: new.login.clone(),
            email: Some(new.email.clone()),
        };
        let line = subject.to_line();
        let mut applied = Vec::new();
        let outcome = self.create_new(new, &plan, subject, &mut applied).await;
        outcome.map_err(|error| error.after(applied).about(line))
    }

    /// The outcome of a run that found nothing left to do, and no account.
    pub(crate) fn nothing_to_do(&self, subject: Subject, plan: &Plan) -> Outcome {
        self.unchanged(subject, plan, None)
    }

    /// The outcome of a run that has written nothing yet; of a dry run, its last.
    fn unchanged(&self, subject: Subject, plan: &Plan, before: Option<&Snapshot>) -> Outcome {
        let leases = &self.run.leases;
        let key = before.map(|before| self.key(&before.user));
        let notes = key.as_ref().map(|key| leases.notes_on(key));
        // What was done of somebody else's plan comes first.
        let mut lines = key.map_or_else(Vec::new, |key| leases.finished_on(&key));
        let finished = !lines.is_empty();
        lines.extend(plan.to_lines());
        lines.extend(before.and_then(|before| kept_grants(before, plan)));
        Outcome {
            operation: self.run.spec.name.into(),
            subject,
            changed: finished,
            dry_run: self.run.dry_run,
            plan: lines,
            changes: planned(plan, before),
            state: before.map(view),
            warnings: [
                self.warnings.clone(),
                notes.unwrap_or_default(),
                plan.warnings.clone(),
            ]
            .concat(),
            correlation_ids: Vec::new(),
            record: None,
        }
    }

    async fn change(
        &self,
        before: Snapshot,
        plan: Plan,
        facts: &Facts,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        let outcome = self.unchanged(subject, &plan, Some(&before));
        self.policy().check(&before, &plan, facts)?;
        if self.run.dry_run {
            self.check_finished(&before.user).await?;
            return Ok(self.unchanged(outcome.subject, &plan, Some(&before)));
        }
        let held = self.hold(&before, &plan).await?;
        let (keeps, for_good) = (held.keeps(), held.keeps_for_good());
        let stale = held.stale;
        let result = self
            .change_held(before, plan, facts, outcome, stale, applied)
            .await;
        // Whatever is not proven is looked at once more by whoever comes next.
        let finished = match &result {
            Ok(_) => true,
            Err(error) => {
                !keeps
                    || error.grants_kept
                    || error.plan_again
                    || error.changed == Changed::Nothing && applied.is_empty()
            }
        };
        let untold = held.end(self.run.deadline, finished).await;
        match result {
            Ok(mut outcome) => {
                outcome.warnings.extend(untold);
                Ok(outcome)
            }
            Err(error) if finished || !for_good => Err(error),
            Err(error) => Err(remembered(error)),
        }
    }

    /// The same with the account's lease. `stale` says that somebody else may have been at it after it was
    /// read.
    async fn change_held(
        &self,
        mut before: Snapshot,
        mut plan: Plan,
        facts: &Facts,
        mut outcome: Outcome,
        stale: bool,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        if stale {
            if !plan.replaces() && !plan.deletes() {
                return Err(Error::plan_again());
            }
            let same = self.refresh(&before, &mut plan).await;
            before = same.map_err(|error| again_if(true, error))?;
        }
        let state = Some(before.to_json());
        let record = self
            .run
            .begin_to_write(&outcome, state, plan.undo())
            .await?;
        if self.stage(before.user.login(), &mut plan).await? == Delivered::Before {
            plan.delivery = None;
            plan.changes.retain(|change| !change.is_delivered());
            outcome.warnings.retain(|warning| warning != NEVER_SHOWN);
            outcome.plan = plan.to_lines();
            outcome.changes = planned(&plan, Some(&before));
            outcome.warnings.push(
                "an earlier run of the same request has delivered this already: its value is in the \
                 secret"
                    .into(),
            );
            if plan.changes.is_empty() {
                return Ok(outcome);
            }
        }
        // Staging may have taken its time.
        self.run.time_to_write()?;
        if plan.delivery.is_some() && plan.replaces() {
            before = self.refresh(&before, &mut plan).await?;
        }
        let written = self
            .write(&before, &plan, &mut outcome.warnings, applied)
            .await;
        let (after, seed) = written.map_err(|error| undelivered(&plan, applied, error))?;
        if let Some(delivery) = plan.delivery.as_ref().filter(|_| !plan.sets_own_password()) {
            let delivered = self.deliver(delivery, &before, seed).await;
            delivered.map_err(Error::grants_kept)?;
        }
        if facts.users.is_some() {
            let warnings = &mut outcome.warnings;
            let left = self.check_administrators(&before, &plan, after.as_ref(), facts, warnings);
            let left = left.await;
            // A refusal gave back what there is to see.
            let hidden = plan.changes.iter().any(|change| change.unseen().is_some());
            if left
                .as_ref()
                .is_err_and(|error| error.kind == ErrorKind::Refused)
                && !hidden
            {
                applied.clear();
            }
            left?;
        }
        outcome.changed = true;
        outcome.record = record;
        match after {
            Some(after) => {
                outcome.changes = observed(&before, &after);
                let unseen = plan.changes.iter().filter_map(Change::unseen);
                outcome.changes.extend(unseen);
                let lost = lost(&plan, &before.user, &after.user, &mut outcome.warnings);
                outcome.changes.extend(lost);
                outcome.subject = self.subject(&after.user);
                outcome.state = Some(view(&after));
            }
            None => outcome.state = None,
        }
        Ok(outcome)
    }

    /// Writes, reads back, and proves. The state is `None` if there is no such account any more.
    pub(super) async fn write(
        &self,
        before: &Snapshot,
        plan: &Plan,
        warnings: &mut Vec<String>,
        applied: &mut Vec<String>,
    ) -> Result<(Option<Snapshot>, Option<SecretString>)> {
        let id = before.user.id();
        let mut expected = before.user.replacement();
        let mut seed = None;
        let mut proven = None;
        let mut written = false;
        for change in &plan.changes {
            match change {
                Change::SetAccess(_) => continue,
                Change::ResetTwoFactor(id) => seed = Some(self.reset_two_factor(*id).await?),
                change => {
                    let sent = self.carry_out(change, before, warnings).await;
                    let sent = sent.map_err(|error| own_password_unknown(change, plan, error));
                    match sent {
                        // A replacement that was sent, now or before, may have dropped grants.
                        Err(error) if plan.replaces() && may_have_dropped(&error, written) => {
                            let replaces = matches!(change, Change::ReplaceUser { .. });
                            let late = replaces && error.ran_out_of_time();
                            return Err(self.rescue_grants(before, plan, error, late).await);
                        }
                        sent => sent?,
                    }
                }
            }
            applied.push(change.to_line());
            written = true;
            match change {
                Change::ReplaceUser { replacement, .. } => expected = replacement.clone(),
                Change::SetOwnPassword(_, password) => {
                    self.console().use_password(password).await?;
                    let proof = self.proof_of_own_password(id).await;
                    // One that is not in force must not get into the secret.
                    if let Err(refused) = &proof
                        && refused.is_failed_login()
                    {
                        applied.pop();
                        return Err(not_in_force(change, plan, refused.clone()));
                    }
                    // Nothing else may come between: without this password nobody can look, or log in.
                    if let Some(delivery) = &plan.delivery {
                        self.deliver(delivery, before, None).await?;
                    }
                    proven = Some(Snapshot::without_grants(proof?));
                    warnings.push(
                        "the pack's own secret must hold the new password now, or the next run \
                         fails"
                            .into(),
                    );
                }
                Change::DeleteUser(_) => {
                    return if self.is_gone(id).await? {
                        Ok((None, None))
                    } else {
                        Err(still_exists())
                    };
                }
                _ => {}
            }
        }
        let unread = |access: &AccessChange| before.grants(access.kind).is_none();
        let after = if let Some(proven) = proven {
            proven
        } else if written || plan.access().any(unread) {
            match read_twice(|| self.read_back(before, plan)).await {
                Ok(after) => after,
                Err(error) if plan.replaces() => {
                    return Err(self.rescue_grants(before, plan, error, false).await);
                }
                Err(error) => return Err(error),
            }
        } else {
            before.clone()
        };
        let after = self.settle(before, plan, after, warnings).await?;
        verify(plan, &expected, before, &after, warnings).map_err(Error::grants_kept)?;
        Ok((Some(after), seed))
    }

    /// Reads the account again, with its grants, and plans the same on it. Planned on one state and
    /// about to replace another, somebody else's change would be lost: that is a conflict.
    async fn refresh(&self, planned_on: &Snapshot, plan: &mut Plan) -> Result<Snapshot> {
        let now = self.snapshot(&planned_on.user).await?;
        let was = planned_on.user.replacement();
        let mut found = known(changes(was.members(), now.user.replacement().members()));
        for kind in [AccessKind::Sites, AccessKind::AssetGroups] {
            if let (Some(had), Some(has)) = (planned_on.grants(kind), now.grants(kind)) {
                found.extend(grants(noun(kind), had, has));
            }
        }
        if !found.is_empty() {
            return Err(changed_meanwhile(&found));
        }
        plan.rebase(&planned_on.user, &now.user);
        Ok(now)
    }

    async fn create_new(
        &self,
        new: &NewUser,
        plan: &Plan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        let mut outcome = self.unchanged(subject, plan, None);
        let by_email = new.authentication.kind == SAML;
        let email = by_email.then_some(new.email.as_str());
        let logins: Vec<&str> = [new.login.as_str()].into_iter().chain(email).collect();
        self.policy().check_new(&logins, plan)?;
        if self.run.dry_run {
            return Ok(outcome);
        }
        self.run.begin_to_write(&outcome, None, plan.undo()).await?;
        let id = self.create(new, &mut outcome.warnings).await?;
        applied.push(format!("created {} as user {id}", new.login));
        let user = self.user(id).await?;
        let untold = new_account::verify(new, &user)?;
        outcome.warnings.extend(untold);
        outcome.subject = self.subject(&user);
        // A new account has no grants yet.
        let mut after = Snapshot::without_grants(user);
        for access in plan.access() {
            *after.grants_mut(access.kind) = Some(BTreeSet::new());
        }
        let before = after.clone();
        let after = self
            .settle(&before, plan, after, &mut outcome.warnings)
            .await?;
        outcome.changed = true;
        outcome.state = Some(view(&after));
        Ok(outcome)
    }
}

/// An account that another run changed, which this one has `waited` for, is no conflict: it is planned on anew.
fn again_if(waited: bool, error: Error) -> Error {
    match waited && error.kind == ErrorKind::Conflict {
        true => Error::plan_again(),
        false => error,
    }
}

/// What has to be given back is in the journal: another run does that first.
fn remembered(mut error: Error) -> Error {
    error.next = error.next.map(|next| next.replace(NOT_AGAIN, AGAIN));
    error
}

/// Whether a replacement may have been carried out before this error, or with it.
fn may_have_dropped(error: &Error, written: bool) -> bool {
    let unanswered = error.source.as_ref();
    let unanswered = unanswered.is_some_and(|source| source.may_have_been_carried_out());
    written || error.changed == Changed::Unknown || unanswered
}

/// An error after the console took a new value that nobody has been given yet: it says where it is.
fn undelivered(plan: &Plan, applied: &[String], mut error: Error) -> Error {
    if applied.is_empty() {
        return error;
    }
    let own = |change: &&Change| matches!(change, Change::SetOwnPassword(..));
    if let Some(change) = plan.changes.iter().find(own) {
        return match error.kind {
            ErrorKind::Unexpected => error,
            _ => own_password_unknown(change, plan, error.changed(Changed::Unknown)),
        };
    }
    if let Some(delivery) = &plan.delivery {
        let next = error.next.take().unwrap_or_default();
        let secret = &delivery.secret;
        error.next = Some(format!(
            "{next}; the new value is in the pending version of the secret {secret:?}, and another run \
             with the same request_token makes it current"
        ));
    }
    error
}

fn view(snapshot: &Snapshot) -> UserView {
    UserView::from(&snapshot.user)
        .with_grants(snapshot.sites.as_ref(), snapshot.asset_groups.as_ref())
}
