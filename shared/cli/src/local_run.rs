//! An operation that this process carries out itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actions::{Caller, Effect, Entry, Operation, Run, Services, invoke};
use clap::ArgMatches;
use serde_json::{Map, Value};
use services::assemble::assemble;
use services::aws::Chain;
use services::needs::Needs;
use services::sent::Sent;
use services::settings::{JournalAt, Profile, Settings, misconfigured};
use tokio::time::Instant;

use crate::audit_file::{AppendedFile, state_folder};
use crate::caller::{person, request_id};
use crate::interrupt::Interrupt;
use crate::watch::{self, Watcher};
use crate::{arguments, profile};

/// An operation, with all that it may use.
pub(crate) struct LocalRun {
    operation: Operation,
    services: Services,
    timeout: Duration,
    audit_place: String,
}

impl LocalRun {
    /// What a run of this process needs, and the rows of an earlier one.
    pub(crate) fn new(
        entry: &Entry,
        arguments: &ArgMatches,
        profile: Option<&Profile>,
        input: &mut Map<String, Value>,
        timeout: Duration,
        watcher: &Arc<Watcher>,
        interrupt: &Interrupt,
    ) -> actions::Result<Self> {
        let operation = entry.operation;
        let settings = Settings::with_profile(profile).map_err(misconfigured)?;
        if settings.is_empty() {
            return Err(profile::nothing());
        }
        let [console, platform] = profile::missing();
        let mut settings = settings.saying_what_is_missing(&console, &platform);
        // Reading leaves no record, and needs no place for one.
        let audit = match operation.spec.effect {
            Effect::Read => AppendedFile::new(PathBuf::new()),
            _ => AppendedFile::of(arguments)?,
        };
        let audit_place = audit.place();
        let known = actions::ALL.iter().map(|entry| entry.operation.spec.name);
        let known: Vec<&str> = known.collect();
        settings.check_operations(&known).map_err(misconfigured)?;
        settings.journal = match operation.spec.effect {
            Effect::Read => None,
            _ => Some(settings.journal.map_or_else(journal_of_this_machine, Ok)?),
        };
        if let Some(at) = arguments::report(entry, arguments) {
            let earlier = match input.get("dry_run") {
                Some(Value::Bool(true)) => watch::rows_of(&at.path, at.resume)?,
                _ => watcher.keep_rows(&at.path, at.resume)?,
            };
            if let Some(earlier) = earlier {
                input.insert(at.member, earlier.into());
            }
        }
        let progress = Some(watcher.clone() as Arc<dyn actions::Progress>);
        let mut services = assemble(
            settings,
            Chain::EVERYWHERE,
            Arc::new(audit),
            Needs::ALL_ON_A_LAPTOP,
            progress,
            &Sent::default(),
        );
        services.ending = interrupt.ending();
        Ok(Self {
            operation,
            services,
            timeout,
            audit_place,
        })
    }

    /// Where its audit records are.
    pub(crate) fn audit_place(&self) -> &str {
        &self.audit_place
    }

    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Runs an operation that this one reads by. Whether that may be is decided by this one, as for the plugin's;
    /// nobody watches it.
    pub(crate) async fn read(
        &self,
        operation: Operation,
        input: Map<String, Value>,
    ) -> actions::Result<Value> {
        self.services.policy.may_run(self.operation.spec.name)?;
        let mut services = self.services.clone();
        services.policy.operations = None;
        services.progress = None;
        let reader = Self {
            operation,
            services,
            timeout: self.timeout,
            audit_place: String::new(),
        };
        reader.run(input).await
    }

    pub(crate) async fn run(&self, input: Map<String, Value>) -> actions::Result<Value> {
        let run = Run {
            services: self.services.clone(),
            caller: Caller {
                request_id: request_id(),
                ticket: None,
                requested_by: person(),
                event_id: None,
            },
            deadline: Instant::now() + self.timeout,
        };
        invoke(self.operation, run, Value::Object(input)).await
    }
}

/// Where the journal is, if nobody says.
fn journal_of_this_machine() -> actions::Result<JournalAt> {
    let state = state_folder("RAPID7_JOURNAL_FOLDER")?;
    Ok(JournalAt::Folder(state.join("journal")))
}
