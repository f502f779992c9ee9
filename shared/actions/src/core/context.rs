//! What a run may use, whichever surfaces it is about.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rapid7::{BoxFuture, console, platform};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::core::audit::{Audit, AuditRecord, Phase};
use crate::core::ending::{Begun, Ending};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::journal::Journal;
use crate::core::lease::Leases;
use crate::core::outcome::Outcome;
use crate::core::policy::Policy;
use crate::core::spec::Spec;
use crate::core::undo::{Undo, without_records};

/// Reads secrets that inputs refer to, such as a new user's password.
pub trait SecretReader: Send + Sync {
    /// The secret behind a reference.
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SecretString>>;
}

/// A value that is on its way into a secret.
#[derive(Debug)]
pub struct Staged {
    /// The secret's text under this token: what was given now, or what an earlier run gave.
    pub text: SecretString,
    /// Whether an earlier run has already promoted this version, whichever is current by now.
    pub delivered: bool,
}

/// Delivers what nobody may see, such as a generated password, into a secret that exists.
///
/// In two steps, so that a secret never tells a value that is not in force: staged before the
/// console is changed, promoted afterwards.
pub trait SecretWriter: Send + Sync {
    /// Keeps `text` as a pending version of the secret. A token that was used before gives the
    /// text that was kept then, so that a repeated run uses the same value.
    fn stage<'a>(
        &'a self,
        secret: &'a str,
        token: &'a str,
        text: SecretString,
    ) -> BoxFuture<'a, Result<Staged>>;

    /// Refuses what can't be delivered into, as far as its name tells.
    ///
    /// # Errors
    /// `InvalidInput`, or `Unauthorized` for the pack's own secret.
    fn check(&self, secret: &str) -> Result<()>;

    /// Makes the version with this token the current one, and remembers that the version `request`,
    /// the same one or what held its place, was delivered.
    fn promote<'a>(
        &'a self,
        secret: &'a str,
        token: &'a str,
        request: &'a str,
    ) -> BoxFuture<'a, Result<()>>;
}

/// Where one of Rapid7's surfaces is, and how it is reached.
#[derive(Debug, Clone)]
pub struct Target<C> {
    /// What is asked there.
    pub client: C,
    /// What a person should know about how it is reached.
    pub warnings: Vec<String>,
}

/// The targets of a surface that this deployment knows, by name.
pub trait Targets<C>: Send + Sync {
    /// The names, in the order in which they were configured. None: this surface is not configured.
    fn names(&self) -> &[String];

    /// Gets a target ready. What was got ready before is used again.
    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Target<C>>>;

    /// What to say where there is none: which setting is missing.
    fn missing(&self) -> Error;
}

/// The only target of a surface, for programs that make the client themselves.
pub struct OnlyTarget<C> {
    name: String,
    target: Target<C>,
}

impl<C> OnlyTarget<C> {
    /// A client under the name by which inputs may ask for it.
    pub fn new(name: impl Into<String>, client: C) -> Self {
        let target = Target {
            client,
            warnings: Vec::new(),
        };
        Self::of(name, target)
    }

    /// The same, with what a person should know about how it is reached.
    pub fn of(name: impl Into<String>, target: Target<C>) -> Self {
        Self {
            name: name.into(),
            target,
        }
    }
}

impl<C: Clone + Send + Sync> Targets<C> for OnlyTarget<C> {
    fn names(&self) -> &[String] {
        std::slice::from_ref(&self.name)
    }

    fn open<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<Target<C>>> {
        let target = self.target.clone();
        Box::pin(async { Ok(target) })
    }

    fn missing(&self) -> Error {
        Error::new(ErrorKind::Unexpected, "the only target is missing")
    }
}

/// Shows long work while it goes on.
pub trait Progress: Send + Sync {
    /// Work on so many begins.
    fn begin(&self, what: &str, total: usize);

    /// One of them is done; `row` is what became of it.
    ///
    /// # Errors
    /// Why the row could not be kept, for a person: the work stops.
    fn done(&self, row: &Value) -> std::result::Result<(), String>;

    /// Whether the rows of a list are wanted as they come, by [`Self::row`], rather than in the answer.
    fn streams(&self) -> bool {
        false
    }

    /// One row of the answer's list, as JSON.
    ///
    /// # Errors
    /// Why it could not be handed over, for a person.
    fn row(&self, _row: &str) -> std::result::Result<(), String> {
        Ok(())
    }

    /// A person should know this before the answer.
    fn warning(&self, text: &str);
}

/// What outlives a run: given once when the process starts.
#[derive(Clone)]
pub struct Services {
    /// The consoles.
    pub consoles: Arc<dyn Targets<console::Client>>,
    /// The Insight Platform; operations that are not about it do without.
    pub platform: Option<Arc<dyn Targets<platform::Client>>>,
    /// What the deployment allows; `own_login` is filled in for each console.
    pub policy: Policy,
    /// Where audit records go.
    pub audit: Arc<dyn Audit>,
    /// Where secrets come from.
    pub secrets: Arc<dyn SecretReader>,
    /// Where generated secrets go; operations that deliver nothing do without.
    pub deliveries: Option<Arc<dyn SecretWriter>>,
    /// Who watches long work.
    pub progress: Option<Arc<dyn Progress>>,
    /// What keeps two runs from one account, and what a killed run did from being lost. Without one, neither
    /// is promised.
    pub journal: Option<Arc<dyn Journal>>,
    /// Whether the process was told to end.
    pub ending: Ending,
}

/// Who asked.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The run, as the caller knows it.
    pub request_id: String,
    /// The ticket.
    pub ticket: Option<String>,
    /// The person or system.
    pub requested_by: Option<String>,
    /// What is the same when the same event is delivered again.
    pub event_id: Option<String>,
}

/// A run with less time left than this does not begin to write: it could not read back, and give
/// back what the console dropped.
pub(crate) const TIME_TO_WRITE: Duration = Duration::from_secs(2);

/// What every run has.
#[derive(Clone)]
pub struct RunContext {
    pub(crate) spec: &'static Spec,
    pub(crate) services: Services,
    pub(crate) caller: Caller,
    pub(crate) dry_run: bool,
    /// Whether the caller accepts that an account loses what no update can carry.
    pub(crate) accepts_loss: bool,
    pub(crate) deadline: Instant,
    pub(crate) begun: Begun,
    pub(crate) leases: Leases,
    /// What is planned on was read after this.
    pub(crate) read_since: SystemTime,
}

/// What an operation may use: one console, the platform, or every surface. Opened for each run.
pub trait Scope: Sized + Send + Sync {
    /// Whether consoles are part of it. Functions carry no code for what is not.
    const CONSOLE: bool;
    /// Whether the platform is part of it.
    const PLATFORM: bool;

    /// Gets it ready; `console` is the one that the input names.
    fn open(run: RunContext, console: Option<&str>) -> impl Future<Output = Result<Self>> + Send;

    /// What every run has.
    fn run(&self) -> &RunContext;

    /// Where it is: addresses, for the audit record.
    fn target(&self) -> String;

    /// Requests that were sent, retries included.
    fn requests(&self) -> u32;

    /// What a person should know about how it is reached.
    fn warnings(&self) -> Vec<String>;
}

impl RunContext {
    /// Who wants rows as they come.
    pub(crate) fn watcher_of_rows(&self) -> Option<&dyn Progress> {
        self.services
            .progress
            .as_deref()
            .filter(|watcher| watcher.streams())
    }

    /// Something from outside the console, which must not outlast the run.
    pub(crate) async fn in_time<T>(
        &self,
        what: &str,
        future: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let result = tokio::time::timeout_at(self.deadline, future).await;
        result.unwrap_or_else(|_| {
            Err(Error::unavailable(format!(
                "{what} did not answer before the deadline"
            )))
        })
    }

    /// Refuses to begin a write that could not be read back in time.
    pub(crate) fn time_to_write(&self) -> Result<()> {
        if self.deadline.saturating_duration_since(Instant::now()) < TIME_TO_WRITE {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "less than two seconds were left before the deadline, too little to write and to \
                 read back",
            )
            .next("run it again with more time"));
        }
        Ok(())
    }

    /// Writes an audit record, and hands it back as it was written.
    pub(crate) async fn record(
        &self,
        target: &str,
        phase: Phase,
        mut record: Value,
    ) -> std::result::Result<Value, String> {
        if phase == Phase::After {
            without_records(&mut record);
        }
        let record = AuditRecord {
            at: jiff::Timestamp::now().to_string(),
            audit: phase,
            operation: self.spec.name,
            request_id: &self.caller.request_id,
            ticket: self.caller.ticket.as_deref(),
            requested_by: self.caller.requested_by.as_deref(),
            target,
            record,
        };
        self.services.audit.write(&record).await?;
        serde_json::to_value(&record).map_err(|error| error.to_string())
    }

    /// The last moment at which nothing has been written: there must be time to read back, nobody may
    /// have told the process to end, and the audit record, with the state that is going to change, must be
    /// safe. Answers with that record, where the run is taken back by it.
    pub(crate) async fn begin_to_write<State>(
        &self,
        outcome: &Outcome<State>,
        state: Option<Value>,
        undo: Undo,
    ) -> Result<Option<Value>> {
        self.time_to_write()?;
        self.begun.begin(&self.services.ending)?;
        let record = json!({
            "subject": outcome.subject,
            "plan": outcome.plan,
            "state": state,
            "undo": undo.to_json(),
        });
        let recorded = self
            .record(&outcome.subject.target, Phase::Before, record)
            .await;
        let record = recorded.map_err(|error| {
            Error::unavailable(format!("the audit record could not be written: {error}"))
        })?;
        Ok(undo.is_by_record().then_some(record))
    }

    /// Gets a target ready, in time.
    pub(crate) async fn open<C>(&self, targets: &dyn Targets<C>, name: &str) -> Result<Target<C>> {
        let opened = tokio::time::timeout_at(self.deadline, targets.open(name)).await;
        opened.unwrap_or_else(|_| {
            Err(Error::unavailable(format!(
                "the secret of {name:?} could not be read before the deadline"
            )))
        })
    }
}
