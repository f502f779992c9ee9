//! Carrying out a plan on the platform: the only code that writes there.
//!
//! Record the full state, write, read back, compare with what was intended.

use rapid7::platform::UserId;

use super::context::PlatformContext;
use super::guard::Facts;
use super::new_user;
use super::plan::{PlatformChange, PlatformPlan};
use super::snapshot::PlatformSnapshot;
use super::verify::{difference, planned, verify};
use super::view::PlatformUserView;
use crate::core::change::still_exists;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::outcome::{Outcome, Subject};
use crate::core::reading::read_twice;

impl PlatformContext {
    /// Carries out a plan for an account that exists, as it was when the plan was made.
    pub(crate) async fn apply(
        &self,
        before: PlatformSnapshot,
        plan: PlatformPlan,
    ) -> Result<Outcome<PlatformUserView>> {
        let this = self.for_account();
        let subject = Subject::of_platform(&before.user, this.platform().address());
        let line = subject.to_line();
        let mut applied = Vec::new();
        let outcome = this.prepare(&before, plan, subject, &mut applied).await;
        outcome.map_err(|error| match error.plan_again {
            true => error,
            false => this.with_ids(error.after(applied).about(line)),
        })
    }

    /// Carries out a plan that creates an account.
    pub(crate) async fn apply_new(&self, plan: PlatformPlan) -> Result<Outcome<PlatformUserView>> {
        let Some(PlatformChange::CreateUser(new)) = plan.changes.first() else {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "a plan for a new account does something else",
            ));
        };
        let subject = Subject {
            surface: "platform".into(),
            target: self.platform().address().into(),
            user_id: None,
            login: new.email.clone(),
            email: Some(new.email.clone()),
        };
        let line = subject.to_line();
        let this = self.for_account();
        let mut applied = Vec::new();
        let outcome = this.create_new(&plan, subject, &mut applied).await;
        outcome.map_err(|error| this.with_ids(error.after(applied).about(line)))
    }

    /// The outcome of a run that found nothing left to do, and no account.
    pub(crate) fn nothing_to_do(
        &self,
        subject: Subject,
        plan: &PlatformPlan,
    ) -> Outcome<PlatformUserView> {
        self.unchanged(subject, plan, None)
    }

    /// The platform's support finds the writes of a run by these, whatever became of it.
    fn with_ids(&self, mut error: Error) -> Error {
        error.correlation_ids = self.platform().correlation_ids();
        error
    }

    /// The outcome of a run that has written nothing yet; of a dry run, its last.
    fn unchanged(
        &self,
        subject: Subject,
        plan: &PlatformPlan,
        before: Option<&PlatformSnapshot>,
    ) -> Outcome<PlatformUserView> {
        let left = plan.left.iter();
        let left = left.map(|left| format!("the run ends in an error for this: {}", left.what));
        Outcome {
            operation: self.run.spec.name.into(),
            subject,
            changed: false,
            dry_run: self.run.dry_run,
            plan: plan.to_lines(),
            changes: planned(plan, before),
            state: before.map(PlatformUserView::from),
            warnings: [self.warnings.clone(), plan.warnings.clone(), left.collect()].concat(),
            correlation_ids: Vec::new(),
            record: None,
        }
    }

    /// Asks what the guards have to know.
    async fn prepare(
        &self,
        before: &PlatformSnapshot,
        plan: PlatformPlan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome<PlatformUserView>> {
        if plan.changes.is_empty() {
            self.check_nobody_at_work(&before.user).await?;
            plan.check_nothing_left()?;
            return Ok(self.unchanged(subject, &plan, Some(before)));
        }
        let administrators = self.hold_administrators(before, &plan).await?;
        let outcome = async {
            let facts = self.facts(before, &plan).await?;
            self.change(before, plan, &facts, subject, applied).await
        };
        let outcome = outcome.await;
        if let Some(administrators) = administrators {
            administrators.end(self.run.deadline, true).await;
        }
        outcome
    }

    async fn change(
        &self,
        before: &PlatformSnapshot,
        mut plan: PlatformPlan,
        facts: &Facts,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome<PlatformUserView>> {
        let own_key = self.platform().own_key();
        let policy = self.policy();
        policy.check_on_platform(own_key, before, &plan, facts)?;
        plan.warnings
            .extend(super::guard::unknown_own_key(own_key, before, &plan));
        self.may_write().await?;
        let mut outcome = self.unchanged(subject, &plan, Some(before));
        if self.run.dry_run {
            return Ok(outcome);
        }
        let held = self.hold(&before.user, plan.to_lines()).await?;
        let result = match held.stale {
            true => Err(Error::plan_again()),
            false => self.change_held(before, &plan, &mut outcome, applied).await,
        };
        outcome
            .warnings
            .extend(held.end(self.run.deadline, true).await);
        result?;
        self.check_administrators(before, &plan, facts, &mut outcome.warnings)
            .await?;
        plan.check_nothing_left()?;
        outcome.changed = true;
        outcome.correlation_ids = self.platform().correlation_ids();
        Ok(outcome)
    }

    /// The same with the account's lease.
    async fn change_held(
        &self,
        before: &PlatformSnapshot,
        plan: &PlatformPlan,
        outcome: &mut Outcome<PlatformUserView>,
        applied: &mut Vec<String>,
    ) -> Result<()> {
        let state = Some(before.to_json());
        let undo = plan.undo();
        outcome.record = self.run.begin_to_write(outcome, state, undo).await?;
        let id = before.user.id();
        self.carry_out_all(id, &plan.changes, &mut outcome.warnings, applied)
            .await?;
        match plan.intended(before) {
            None => {
                if !self.is_gone(id).await? {
                    return Err(still_exists());
                }
                outcome.state = None;
            }
            Some(intended) => {
                let after = read_twice(|| self.read_back(before)).await?;
                let shown = &mut outcome.warnings;
                verify(before, &intended, &after, plan.suspends, shown)?;
                outcome.changes = difference(before, &after);
                outcome.subject = Subject::of_platform(&after.user, self.platform().address());
                outcome.state = Some(PlatformUserView::from(&after));
            }
        }
        Ok(())
    }

    async fn carry_out_all(
        &self,
        user: &UserId,
        changes: &[PlatformChange],
        warnings: &mut Vec<String>,
        applied: &mut Vec<String>,
    ) -> Result<()> {
        for change in changes {
            // Those before may have taken their time.
            self.run.time_to_write()?;
            self.carry_out(user, change, warnings).await?;
            applied.push(change.to_line());
        }
        Ok(())
    }

    async fn create_new(
        &self,
        plan: &PlatformPlan,
        subject: Subject,
        applied: &mut Vec<String>,
    ) -> Result<Outcome<PlatformUserView>> {
        let mut outcome = self.unchanged(subject, plan, None);
        let Some((PlatformChange::CreateUser(new), grants)) = plan.changes.split_first() else {
            return Ok(outcome);
        };
        self.policy().check_new_on_platform(new, plan)?;
        self.may_write().await?;
        if self.run.dry_run {
            return Ok(outcome);
        }
        self.run.begin_to_write(&outcome, None, plan.undo()).await?;
        let id = self.create(new, &mut outcome.warnings).await?;
        applied.push(format!("created {} as user {id}", new.email));
        // Before anything is given to it: an answer may tell the id of another account.
        let user = read_twice(|| self.platform().user(&id)).await?;
        let untold = new_user::verify(new, &user)?;
        self.carry_out_all(&id, grants, &mut outcome.warnings, applied)
            .await?;
        outcome.warnings.extend(untold);
        outcome.subject = Subject::of_platform(&user, self.platform().address());
        let mut after = PlatformSnapshot::of_user(user);
        if !grants.is_empty() {
            // A new account has none yet.
            let before = PlatformSnapshot {
                products: Some(Vec::new()),
                ..after.clone()
            };
            after.products = Some(self.platform().product_access(&id).await?);
            let intended = plan.intended(&before).unwrap_or_else(|| before.clone());
            verify(&before, &intended, &after, false, &mut outcome.warnings)?;
        }
        outcome.changed = true;
        outcome.state = Some(PlatformUserView::from(&after));
        outcome.correlation_ids = self.platform().correlation_ids();
        Ok(outcome)
    }
}
