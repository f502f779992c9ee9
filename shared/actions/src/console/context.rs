//! What a run may use of one console.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rapid7::console::{AccessKind, Client, Role, User, UserId};
use tokio::sync::OnceCell;

use crate::console::plan::{Plan, Snapshot};
use crate::core::context::{RunContext, Scope, Targets};
use crate::core::ending::Begun;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::outcome::Subject;
use crate::core::policy::Policy;

/// What a run may use of one console. It reads freely and writes only through
/// `ConsoleContext::apply`.
#[derive(Clone)]
pub struct ConsoleContext {
    pub(crate) run: RunContext,
    console: Client,
    policy: Policy,
    pub(crate) warnings: Vec<String>,
    roles: Arc<OnceCell<Vec<Role>>>,
    users: Arc<OnceCell<Vec<User>>>,
    /// Who loses the account in this run.
    leaving: Arc<Mutex<BTreeSet<UserId>>>,
}

impl ConsoleContext {
    /// Gets a console ready: its secret is read, so that it is known whose account this run must not
    /// touch.
    pub(crate) async fn of(run: RunContext, name: &str) -> Result<Self> {
        let target = run.open(&*run.services.consoles, name).await?;
        let console = target.client.for_run(run.deadline);
        let mut policy = run.services.policy.clone();
        policy.own_login = console.own_login().await?;
        Ok(Self {
            run,
            console,
            policy,
            warnings: target.warnings,
            roles: Arc::default(),
            users: Arc::default(),
            leaving: Arc::default(),
        })
    }
}

impl Scope for ConsoleContext {
    const CONSOLE: bool = true;
    const PLATFORM: bool = false;

    async fn open(run: RunContext, console: Option<&str>) -> Result<Self> {
        let name = choose(&*run.services.consoles, console)?;
        Self::of(run, &name).await
    }

    fn run(&self) -> &RunContext {
        &self.run
    }

    fn target(&self) -> String {
        self.console.address().to_owned()
    }

    fn requests(&self) -> u32 {
        self.console.requests()
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}

/// The console that is meant: the one that is named, or the only one.
fn choose(consoles: &dyn Targets<Client>, named: Option<&str>) -> Result<String> {
    let names = consoles.names();
    let listed = names.join(", ");
    match (named, names) {
        (_, []) => Err(consoles.missing()),
        (Some(named), names) if names.iter().any(|name| name == named) => Ok(named.to_owned()),
        (Some(_), names) => {
            let there_are = match names {
                [only] => format!("the only console is called `{only}`"),
                _ => format!("there are {listed}"),
            };
            let expected = format!("there is no console of this name: {there_are}");
            Err(Error::invalid_input("console", &expected))
        }
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(Error::invalid_input(
            "console",
            &format!("required, as there are several: {listed}"),
        )),
    }
}

impl ConsoleContext {
    pub(crate) fn console(&self) -> &Client {
        &self.console
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
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

    /// The same console, with what was read of it, for another ticket and a part of the run.
    pub(crate) fn for_part(&self, ticket: Option<&str>, begun: &Begun) -> Self {
        let mut other = self.clone();
        other.run.begun = begun.clone();
        if let Some(ticket) = ticket {
            other.run.caller.ticket = Some(ticket.to_owned());
        }
        other
    }

    /// The same console for what is read from here on.
    pub(crate) fn read_anew(&self) -> Self {
        let mut other = self.clone();
        other.run.read_since = SystemTime::now();
        other
    }

    /// Says that an account is lost in this run: it does not count among those that stay.
    pub(crate) fn leaves(&self, id: UserId) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.insert(id);
    }

    /// Every user but those who lose the account in this run.
    pub(crate) async fn staying(&self) -> Result<Vec<User>> {
        let users = self.users().await?;
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let stays = |user: &&User| !leaving.contains(&user.id());
        Ok(users.iter().filter(stays).cloned().collect())
    }

    /// The same, read now.
    pub(crate) async fn staying_now(&self) -> Result<Vec<User>> {
        let mut users = self.list().await?;
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        users.retain(|user| !leaving.contains(&user.id()));
        Ok(users)
    }

    /// Every user, read once in a run.
    pub(crate) async fn users(&self) -> Result<&[User]> {
        Ok(self
            .users
            .get_or_try_init(async || self.list().await)
            .await?)
    }

    /// Every user. A list that lacks even our own account proves nothing about anybody else.
    pub(crate) async fn list(&self) -> Result<Vec<User>> {
        let users = self.console().users().await?;
        let own = self.policy().own_login.to_lowercase();
        if users.iter().any(|user| user.login().to_lowercase() == own) {
            return Ok(users);
        }
        Err(without_own_account(users.len()))
    }

    /// Whether a list of users proves that somebody is not on the console.
    ///
    /// # Errors
    /// For one that has nobody but our own account: a console that hides the others looks the same.
    pub(crate) fn proves_absence(&self, users: &[User]) -> Result<()> {
        let own = self.policy().own_login.to_lowercase();
        if users.iter().any(|user| user.login().to_lowercase() != own) {
            return Ok(());
        }
        Err(only_own_account())
    }

    /// The console's roles, read once in a run.
    pub(crate) async fn roles(&self) -> Result<&[Role]> {
        let read = async || Ok::<_, Error>(self.console().roles().await?);
        Ok(self.roles.get_or_try_init(read).await?)
    }

    pub(crate) async fn user(&self, id: UserId) -> Result<User> {
        Ok(self.console().user(id).await?)
    }
}

/// A list of nobody but our own account proves nobody's absence.
pub(crate) fn only_own_account() -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "the console's list of users has nobody but the account that asked for it, which proves nobody's \
         absence: perhaps it may not see the others",
    )
    .next("check that the pack's account is a global administrator")
}

/// A list that lacks even our own account proves nothing about anybody else.
pub(crate) fn without_own_account(users: usize) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        format!("the console's list of {users} users lacks the account that asked for it"),
    )
    .next("check that the pack's account is a global administrator")
}
