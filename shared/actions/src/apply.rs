//! Carrying out a plan: the only code that writes, and where its safety lives.
//!
//! Record the full state, write, read back, give back what the console dropped, compare every
//! member with what was intended.

use std::time::Duration;

use rapid7::console::{NewUser, User};
use serde_json::json;
use tokio::time::Instant;
use tracing::warn;

use crate::audit::Phase;
use crate::context::Context;
use crate::error::{Changed, Error, ErrorKind, Result};
use crate::grants::kept_grants;
use crate::new_account;
use crate::outcome::{Outcome, Subject};
use crate::plan::{Change, Plan, Snapshot};
use crate::verify::{observed, planned, verify};
use crate::view::UserView;

/// A run with less time left than this does not begin to write: it could not read back, and give
/// back what the console dropped.
const TIME_TO_WRITE: Duration = Duration::from_secs(2);

impl Context {
    /// Carries out a plan for an account that exists.
    pub(crate) async fn apply(&self, user: User, plan: Plan) -> Result<Outcome> {
        let subject = self.subject(&user);
        let line = subject.to_line();
        let mut applied = Vec::new();
        let outcome = self.change(user, &plan, subject, &mut applied).await;
        outcome.map_err(|error| after(error, applied).about(line))
    }

    /// Carries out a plan that creates an account.
    pub(crate) async fn apply_new(&self, plan: Plan) -> Result<Outcome> {
        let [Change::CreateUser(new)] = plan.changes.as_slice() else {
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
        outcome.map_err(|error| after(error, applied).about(line))
    }

    /// The outcome of a run that has written nothing yet; of a dry run, its last.
    fn unchanged(&self, subject: Subject, plan: &Plan, before: Option<&Snapshot>) -> Outcome {
        let mut lines = plan.to_lines();
        lines.extend(before.and_then(kept_grants));
        Outcome {
            operation: self.spec.name.into(),
            subject,
            changed: false,
            dry_run: self.dry_run,
            plan: lines,
            changes: planned(plan),
            state: before.map(view),
            warnings: [self.services.warnings.clone(), plan.warnings.clone()].concat(),
        }
    }

    async fn change(
        &self,
        user: User,
        plan: &Plan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        let replaces = |change: &Change| matches!(change, Change::ReplaceUser { .. });
        let before = if plan.changes.iter().any(replaces) {
            self.snapshot(user).await?
        } else {
            Snapshot::without_grants(user)
        };
        let mut outcome = self.unchanged(subject, plan, Some(&before));
        if self.dry_run || plan.changes.is_empty() {
            return Ok(outcome);
        }
        self.begin_to_write(&outcome, Some(&before)).await?;
        let mut expected = before.user.replacement();
        for change in &plan.changes {
            let sent = self.carry_out(change, &before, &mut outcome.warnings).await;
            match sent {
                Err(error) if error.changed == Changed::Unknown => {
                    return Err(self.rescue_grants(&before, error).await);
                }
                sent => sent?,
            }
            applied.push(change.to_line());
            if let Change::ReplaceUser { replacement, .. } = change {
                expected = replacement.clone();
            }
        }
        let after = match self.read_back(&before).await {
            Ok(after) => after,
            Err(first) => {
                warn!(error = %first, "reading back failed: once more");
                match self.read_back(&before).await {
                    Ok(after) => after,
                    Err(error) => return Err(self.rescue_grants(&before, error).await),
                }
            }
        };
        let after = self
            .give_back(&before, after, &mut outcome.warnings)
            .await?;
        verify(plan, &expected, &before, &after, &mut outcome.warnings)?;
        outcome.changes = observed(&before, &after);
        outcome.changed = true;
        outcome.state = Some(view(&after));
        Ok(outcome)
    }

    async fn create_new(
        &self,
        new: &NewUser,
        plan: &Plan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome> {
        let mut outcome = self.unchanged(subject, plan, None);
        if self.dry_run {
            return Ok(outcome);
        }
        self.begin_to_write(&outcome, None).await?;
        let id = self.create(new, &mut outcome.warnings).await?;
        applied.push(format!("created {} as user {id}", new.login));
        let user = self.user(id).await?;
        let untold = new_account::verify(new, &user)?;
        outcome.warnings.extend(untold);
        outcome.subject = self.subject(&user);
        outcome.changed = true;
        outcome.state = Some(UserView::from(&user));
        Ok(outcome)
    }

    /// The last moment at which nothing has been written: there must be time to read back, and the
    /// audit record must be safe.
    async fn begin_to_write(&self, outcome: &Outcome, before: Option<&Snapshot>) -> Result<()> {
        if self.deadline.saturating_duration_since(Instant::now()) < TIME_TO_WRITE {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "less than two seconds were left before the deadline, too little to write and to \
                 read back",
            )
            .next("run it again with more time"));
        }
        let record = json!({
            "subject": outcome.subject,
            "plan": outcome.plan,
            "state": before.map(Snapshot::to_json),
        });
        self.record(Phase::Before, record).await.map_err(|error| {
            Error::unavailable(format!("the audit record could not be written: {error}"))
        })
    }
}

/// An error that knows what had been written before it.
fn after(mut error: Error, applied: Vec<String>) -> Error {
    if !applied.is_empty() {
        error.changed = Changed::Applied(applied);
    }
    error
}

fn view(snapshot: &Snapshot) -> UserView {
    UserView::from(&snapshot.user)
        .with_grants(snapshot.sites.as_ref(), snapshot.asset_groups.as_ref())
}
