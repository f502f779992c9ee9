//! What a run may use.

use std::collections::BTreeSet;
use std::sync::Arc;

use rapid7::BoxFuture;
use rapid7::console::{AccessKind, Client, User, UserId};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use crate::action::Spec;
use crate::audit::{Audit, AuditRecord, Phase};
use crate::error::Result;
use crate::guard::Policy;
use crate::outcome::Subject;
use crate::plan::Snapshot;

/// Reads secrets that inputs refer to, such as a new user's password.
pub trait SecretReader: Send + Sync {
    /// The secret behind a reference.
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SecretString>>;
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
}

/// What one run may use. It reads freely and writes only through `Context::apply`.
pub struct Context {
    pub(crate) spec: &'static Spec,
    pub(crate) services: Services,
    pub(crate) caller: Caller,
    pub(crate) dry_run: bool,
    pub(crate) deadline: Instant,
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

    /// The user with its individual grants; both lists are read at once. Flags that the console did
    /// not tell count as false: asking for a list that is empty costs nothing.
    pub(crate) async fn snapshot(&self, user: User) -> Result<Snapshot> {
        let (sites, asset_groups) = tokio::try_join!(
            self.grants(&user, AccessKind::Sites),
            self.grants(&user, AccessKind::AssetGroups),
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

    /// Reads an account again after a write, with the lists that were read before: all at once.
    pub(crate) async fn read_back(&self, before: &Snapshot) -> Result<Snapshot> {
        let id = before.user.id();
        let list = async |read: bool, kind| -> Result<Option<BTreeSet<i64>>> {
            if !read {
                return Ok(None);
            }
            Ok(Some(self.console().access(id, kind).await?))
        };
        let (user, sites, asset_groups) = tokio::try_join!(
            self.user(id),
            list(before.sites.is_some(), AccessKind::Sites),
            list(before.asset_groups.is_some(), AccessKind::AssetGroups),
        )?;
        // Somebody who was given all of them meanwhile has no individual ones to miss.
        let (all_sites, all_asset_groups) = (user.all_sites(), user.all_asset_groups());
        Ok(Snapshot {
            user,
            sites: sites.filter(|_| all_sites != Some(true)),
            asset_groups: asset_groups.filter(|_| all_asset_groups != Some(true)),
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
