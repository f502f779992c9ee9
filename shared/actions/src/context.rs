//! What a run may use.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use rapid7::BoxFuture;
use rapid7::console::{AccessKind, Client, Role, User, UserId};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::action::Spec;
use crate::audit::{Audit, AuditRecord, Phase};
use crate::error::{Error, Result};
use crate::guard::Policy;
use crate::outcome::Subject;
use crate::plan::{Plan, Snapshot};

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

/// What outlives a run: given once when the process starts.
#[derive(Clone)]
pub struct Services {
    /// The console.
    pub console: Client,
    /// What the deployment allows; `own_login` is filled in when a run starts.
    pub policy: Policy,
    /// Where audit records go.
    pub audit: Arc<dyn Audit>,
    /// Where secrets come from.
    pub secrets: Arc<dyn SecretReader>,
    /// Where generated secrets go; operations that deliver nothing do without.
    pub deliveries: Option<Arc<dyn SecretWriter>>,
    /// Warnings about the deployment itself, shown with every outcome.
    pub warnings: Vec<String>,
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

/// What one run may use. It reads freely and writes only through `Context::apply`.
pub struct Context {
    pub(crate) spec: &'static Spec,
    pub(crate) services: Services,
    pub(crate) caller: Caller,
    pub(crate) dry_run: bool,
    pub(crate) deadline: Instant,
    pub(crate) roles: OnceCell<Vec<Role>>,
    pub(crate) users: OnceCell<Vec<User>>,
}

impl Context {
    pub(crate) fn console(&self) -> &Client {
        &self.services.console
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.services.policy
    }

    pub(crate) fn subject(&self, user: &User) -> Subject {
        Subject::of(user, self.console().address())
    }

    /// A user as it is now with its individual grants, all read at once. Flags that the console did
    /// not tell count as false: asking for a list that is empty costs nothing.
    pub(crate) async fn snapshot(&self, user: &User) -> Result<Snapshot> {
        let (user, sites, asset_groups) = tokio::try_join!(
            self.user(user.id()),
            self.grants(user, AccessKind::Sites),
            self.grants(user, AccessKind::AssetGroups),
        )?;
        Ok(Snapshot {
            user,
            sites,
            asset_groups,
        })
    }

    pub(crate) async fn grants(
        &self,
        user: &User,
        kind: AccessKind,
    ) -> Result<Option<BTreeSet<i64>>> {
        let has_all = match kind {
            AccessKind::Sites => user.all_sites(),
            AccessKind::AssetGroups => user.all_asset_groups(),
        };
        if has_all == Some(true) {
            return Ok(None);
        }
        Ok(Some(self.console().access(user.id(), kind).await?))
    }

    /// Reads an account again after a write, with the lists that were read before or are to change:
    /// all at once.
    pub(crate) async fn read_back(&self, before: &Snapshot, plan: &Plan) -> Result<Snapshot> {
        let id = before.user.id();
        let list = async |kind| -> Result<Option<BTreeSet<i64>>> {
            let planned = plan.access().any(|access| access.kind == kind);
            if !planned && before.grants(kind).is_none() {
                return Ok(None);
            }
            Ok(Some(self.console().access(id, kind).await?))
        };
        let (user, sites, asset_groups) = tokio::try_join!(
            self.user(id),
            list(AccessKind::Sites),
            list(AccessKind::AssetGroups),
        )?;
        // Somebody who was given all of them meanwhile has no individual ones to miss.
        let (all_sites, all_asset_groups) = (user.all_sites(), user.all_asset_groups());
        Ok(Snapshot {
            user,
            sites: sites.filter(|_| all_sites != Some(true)),
            asset_groups: asset_groups.filter(|_| all_asset_groups != Some(true)),
        })
    }

    /// The console's roles, read once in a run.
    pub(crate) async fn roles(&self) -> Result<&[Role]> {
        let read = async || Ok::<_, Error>(self.console().roles().await?);
        Ok(self.roles.get_or_try_init(read).await?)
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

    pub(crate) async fn user(&self, id: UserId) -> Result<User> {
        Ok(self.console().user(id).await?)
    }

    pub(crate) async fn record(
        &self,
        phase: Phase,
        record: Value,
    ) -> std::result::Result<(), String> {
        let record = AuditRecord {
            at: jiff::Timestamp::now().to_string(),
            audit: phase,
            operation: self.spec.name,
            request_id: &self.caller.request_id,
            ticket: self.caller.ticket.as_deref(),
            requested_by: self.caller.requested_by.as_deref(),
            target: self.console().address(),
            record,
        };
        self.services.audit.write(&record).await
    }
}
