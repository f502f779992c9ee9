//! The account on the platform of somebody who leaves.

use rapid7::platform::User;

use super::account::Person;
use super::options::PlatformStep;
use super::report::{SurfaceReport, Worked};
use super::task::ended;
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::text::same_email;
use crate::platform::context::PlatformContext;
use crate::platform::ending::{Ending, STAYS, may_log_in};
use crate::platform::lookup::line;
use crate::platform::plan::PlatformPlan;
use crate::platform::snapshot::PlatformSnapshot;

/// What is to be done to an account of the platform.
pub(super) struct PlatformTask {
    context: PlatformContext,
    ending: Ending,
    before: PlatformSnapshot,
    plan: PlatformPlan,
    report: SurfaceReport,
}

impl PlatformTask {
    /// Plans what is left to do, without writing.
    pub(super) async fn prepare(
        context: PlatformContext,
        user: &User,
        step: PlatformStep,
        person: &Person,
        report: SurfaceReport,
    ) -> std::result::Result<Self, Box<Worked>> {
        let about =
            |error: Error| Box::new(Worked::failed(report.clone(), error.about(line(user))));
        if step == PlatformStep::Delete {
            confirm(person, user.email()).map_err(about)?;
        }
        let ending = match step {
            PlatformStep::Delete => Ending::Delete,
            _ => Ending::Suspend,
        };
        let before = context.snapshot(user.clone(), ending.keys()).await;
        let before = before.map_err(about)?;
        let plan = ending.plan(&before).map_err(about)?;
        Ok(Self {
            context,
            ending,
            before,
            plan,
            report,
        })
    }

    pub(super) fn context(&self) -> &PlatformContext {
        &self.context
    }

    pub(super) fn plan(&self) -> &PlatformPlan {
        &self.plan
    }

    pub(super) fn user(&self) -> &User {
        &self.before.user
    }

    /// What it is about.
    pub(super) fn report(&self) -> &SurfaceReport {
        &self.report
    }

    /// Carries the plan out, made anew on the account as it is by now, and records how that ended.
    pub(super) async fn carry_out(self) -> Worked {
        let Self {
            context,
            ending,
            before,
            plan,
            report,
        } = self;
        let mut begun = !plan.changes.is_empty();
        let result = match context.run.dry_run {
            true => context.apply(before.clone(), plan).await,
            false => context.end(&before.user, ending).await,
        };
        begun |= match &result {
            Ok(outcome) => outcome.changed,
            Err(error) => error.changed != Changed::Nothing,
        };
        let (step, left) = match ending {
            Ending::Delete => ("deleted", None),
            Ending::Suspend => ("suspended", may_log_in(&before.user).then_some(STAYS)),
        };
        ended(&context, report, begun, result, step, left).await
    }
}

/// What is deleted can't be given back: the account's own address is the confirmation.
fn confirm(person: &Person, email: &str) -> Result<()> {
    match person.email() {
        Some(given) if same_email(given, email) => Ok(()),
        _ => Err(Error::new(
            ErrorKind::Refused,
            "it is deleted only where the `email` given is the account's own: that is the \
             confirmation",
        )
        .next("name the person by the email of the account on the platform, or suspend it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_accounts_own_address_confirms_that_it_is_deleted() {
        let account = "Jdoe@Example.com";
        assert!(confirm(&Person::Email("jdoe@example.COM".into()), account).is_ok());
        for person in [
            Person::Email("jdoe@example.org".into()),
            Person::Login("jdoe".into()),
            Person::Login(account.into()),
        ] {
            let error = confirm(&person, account).expect_err("not confirmed");
            assert_eq!(error.kind, ErrorKind::Refused);
        }
    }
}
