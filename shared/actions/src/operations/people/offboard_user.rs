//! `offboard-user`: a person's accounts on every surface, disabled and suspended in one call.

use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::spec::{Effect, Spec};
use crate::person::account::Person;
use crate::person::failure::{details, failure};
use crate::person::offboarding::{Offboarding, Wanted, check_platform};
use crate::person::options::{AccountPick, offboarding_input};
use crate::person::report::{PersonReport, RowResult, Worked, changed, report};
use crate::person::surfaces::Surfaces;

offboarding_input! {
    /// The person who leaves, and what to do in addition to disabling the accounts.
    pub struct OffboardUserInput {
        /// The person's email address; case is ignored. Exactly one of `email`, `login`.
        pub email: Option<String>,
        /// The person's login on a console, exactly as spelled there. The email address of the accounts
        /// with this login is used to search the other surfaces.
        #[schemars(example = &"jdoe")]
        pub login: Option<String>,
        /// The accounts to use on surfaces where several match. Each must be one of the person's.
        #[serde(default)]
        #[schemars(extend("x-accounts" = true, "examples" = [[{"surface": "console", "user_id": 4}]]))]
        pub accounts: Vec<AccountPick>,
    }
}

/// Takes one person off every surface. On each console, the account is disabled; on the platform, it is
/// suspended, deleted or left alone. All surfaces are planned before anything is written, and then
/// changed at the same time. Each account is disabled before anything else is done to it. A surface
/// that is down does not stop the others. If any surface was refused or failed, the run is an error
/// that says what was done where. Run it again: only what is missing is done. A person without any
/// account is an error, unless `allow_absent` is set.
pub struct OffboardUser;

impl Action for OffboardUser {
    type Input = OffboardUserInput;
    type Output = PersonReport;
    type Scope = Surfaces;
    const SPEC: Spec = Spec {
        name: "offboard-user",
        title: "Offboard a person from all consoles and the platform",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "clear_sites": true, "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Offboard {}";

    async fn run(surfaces: &Surfaces, input: OffboardUserInput) -> Result<PersonReport> {
        let person = Person::from_members(input.login.as_deref(), input.email.as_deref())?;
        let line = person.to_line();
        let about = |error: Error| error.about(line.clone());
        let warning = check_platform(surfaces, input.options()).map_err(about)?;
        let offboarding = Offboarding::read(surfaces, input.options()).await;
        offboarding.check_sight().map_err(about)?;
        let looked = offboarding.look(&person, &input.accounts);
        let looked = looked.map_err(|wrong| about(wrong.1))?;
        let wanted = Wanted {
            person,
            ticket: None,
            begun: surfaces.run_context().begun.clone(),
        };
        let prepared = offboarding.prepare(&wanted, looked).await;
        surfaces
            .policy()
            .check_count(prepared.size())
            .map_err(about)?;
        offboarding.announce(&prepared);
        let (person, worked) = prepared.carry_out().await;
        let run = surfaces.run_context();
        let mut report = report(run.spec.name, person, run.dry_run, &worked);
        report.warnings.extend(warning);
        finish(report, &worked, input.allow_absent).map_err(about)
    }
}

/// The report, or the error that has it in it.
fn finish(report: PersonReport, worked: &[Worked], allow_absent: bool) -> Result<PersonReport> {
    let errors = worked.iter().filter_map(|worked| worked.error.clone());
    let errors: Vec<Error> = errors.collect();
    let lines = worked.iter().map(|worked| worked.report.to_line());
    let lines = lines.collect::<Vec<_>>().join("\n");
    let failed = match errors.len() {
        0 if report.result == RowResult::Absent && !allow_absent => Some(
            Error::new(
                ErrorKind::NotFound,
                format!("no account on any surface\n{lines}"),
            )
            .next("check the spelling; if the accounts are gone already, nothing is left to do"),
        ),
        0 => None,
        left => {
            let message = format!("{left} of {} not done\n{lines}", worked.len());
            failure(&errors, message, changed(worked.iter()))
        }
    };
    match failed {
        None => Ok(report),
        Some(mut error) => {
            error.details = details(&report, &errors);
            Err(error)
        }
    }
}
