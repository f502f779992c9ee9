//! Somebody leaves: what is left to do on every surface, and doing it.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::account::Person;
use super::console_task::ConsoleTask;
use super::listing::{Candidate, Listing, PLATFORM, PersonView, Resolved, SurfaceIdentity, Users};
use super::listing::{check_sight, listings, resolve};
use super::options::{AccountPick, Options, PlatformStep};
use super::pick::{Choice, ambiguous, choose};
use super::platform_task::PlatformTask;
use super::report::{SurfaceReport, SurfaceVerdict, Worked};
use crate::core::ending::Begun;
use crate::core::error::{Error, ErrorKind, Result};
use crate::person::surfaces::Surfaces;

/// Everything that taking people off the surfaces needs: one list of each.
pub(crate) struct Offboarding<'a> {
    surfaces: &'a Surfaces,
    options: Options,
    listings: Vec<Listing<'a>>,
}

/// Who leaves, and for which ticket.
pub(crate) struct Wanted<'a> {
    pub(crate) person: Person,
    /// The person's own ticket, beside the run's.
    pub(crate) ticket: Option<&'a str>,
    /// Once the work on somebody has begun, it is finished on every surface.
    pub(crate) begun: Begun,
}

/// What a person should know of a surface that is not there.
///
/// # Errors
/// `InvalidInput` if something is asked for that only the platform can do, and none is configured.
pub(crate) fn check_platform(surfaces: &Surfaces, options: Options) -> Result<Option<String>> {
    match (options.platform, &surfaces.platform) {
        (PlatformStep::Delete, None) => Err(Error::invalid_input(
            "platform",
            "expected suspend or keep, as the platform is not configured",
        )),
        (PlatformStep::Suspend, None) => Ok(Some(
            "the platform is not configured, and was not looked at".into(),
        )),
        _ => Ok(None),
    }
}

/// A person's accounts as the lists tell of them, and which of them are meant. Nothing was asked for it.
pub(crate) struct Looked {
    named: Person,
    resolved: Resolved,
    choices: Vec<Choice>,
    options: Options,
}

impl Looked {
    /// As the person was named.
    pub(crate) fn named(&self) -> &Person {
        &self.named
    }

    pub(crate) fn person(&self) -> &PersonView {
        &self.resolved.person
    }

    pub(crate) fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// For each surface, the accounts that are meant.
    fn taken(&self) -> impl Iterator<Item = (&SurfaceIdentity, &[Candidate])> {
        let surfaces = self.resolved.on.iter().zip(&self.choices);
        surfaces.map(|(surface, choice)| match choice {
            Choice::Take { accounts, .. } => (surface, accounts.as_slice()),
            _ => (surface, [].as_slice()),
        })
    }

    /// The accounts that it is about, by surface and id.
    pub(crate) fn accounts(&self) -> BTreeSet<(String, String)> {
        let accounts = self.taken().flat_map(|(surface, accounts)| {
            accounts.iter().filter_map(|account| {
                let id = account.subject.user_id.as_ref()?;
                Some((surface.name.clone(), id.to_string()))
            })
        });
        accounts.collect()
    }

    /// The surfaces that did not tell, or where a person has to say which account is meant.
    pub(crate) fn unsure(&self) -> BTreeSet<String> {
        let surfaces = self.resolved.on.iter().zip(&self.choices);
        let surfaces =
            surfaces.filter(|(_, choice)| matches!(choice, Choice::Ask | Choice::Failed));
        surfaces.map(|(surface, _)| surface.name.clone()).collect()
    }

    /// Whether an account on a console may still be used.
    pub(crate) fn is_enabled(&self) -> bool {
        let accounts = self.on_consoles();
        accounts.into_iter().any(|enabled| enabled != Some(false))
    }

    fn on_consoles(&self) -> Vec<Option<bool>> {
        let consoles = self.taken().filter(|(surface, _)| surface.name != PLATFORM);
        let accounts = consoles.flat_map(|(_, accounts)| accounts);
        accounts.map(|account| account.enabled).collect()
    }

    /// How many accounts may be changed, as far as the lists tell. What is suspended on the platform
    /// does not show in its list, nor what a console's account was given one by one.
    pub(crate) fn may_change(&self) -> usize {
        let clears = self.options.clear_sites || self.options.clear_asset_groups;
        let consoles = self.on_consoles().into_iter();
        let consoles = consoles.filter(|enabled| clears || *enabled != Some(false));
        let platform = self.taken().filter(|(surface, _)| surface.name == PLATFORM);
        consoles.count() + platform.map(|(_, accounts)| accounts.len()).sum::<usize>()
    }
}

/// A person with what is to be done on each surface.
pub(crate) struct Prepared {
    pub(crate) person: PersonView,
    tasks: Vec<Task>,
}

enum Task {
    /// Nothing more is to be done.
    Settled(Box<Worked>),
    Console(Box<ConsoleTask>),
    Platform(Box<PlatformTask>),
}

impl<'a> Offboarding<'a> {
    /// Reads the list of every surface that is not left out.
    pub(crate) async fn read(surfaces: &'a Surfaces, options: Options) -> Self {
        let with_platform = options.platform != PlatformStep::Keep;
        Self {
            surfaces,
            options,
            listings: listings(surfaces, with_platform).await,
        }
    }

    /// Whether anything can be said about anybody.
    ///
    /// # Errors
    /// What every surface failed with, if none could be listed.
    pub(crate) fn check_sight(&self) -> Result<()> {
        check_sight(&self.listings)
    }

    /// How many people are planned, or worked on, at the same time: as many as requests may be on their way.
    /// With more, everybody would wait longer between the write that drops grants and giving them back.
    pub(crate) fn at_once(&self) -> usize {
        self.surfaces.at_once()
    }

    /// What is done on every surface.
    pub(crate) fn options(&self) -> Options {
        self.options
    }

    /// The person's accounts, as the lists tell of them, and which of them are meant.
    ///
    /// # Errors
    /// `InvalidInput` for accounts that are not the person's, and for an email and a login of two people.
    pub(crate) fn look(
        &self,
        person: &Person,
        picks: &[AccountPick],
    ) -> std::result::Result<Looked, Box<(PersonView, Error)>> {
        let resolved = resolve(self.surfaces.rules(), person, &self.listings);
        if let Some(why) = &resolved.contradiction {
            let error = Error::invalid_input("email, login", why);
            let error = error.next("give one of them, or the login that is theirs");
            return Err(Box::new((resolved.person, error)));
        }
        let exists = |place: usize, pick: &AccountPick| self.listings[place].has(pick);
        match choose(&resolved, picks, exists) {
            Ok(choices) => Ok(Looked {
                named: person.clone(),
                resolved,
                choices,
                options: self.options,
            }),
            Err(error) => Err(Box::new((resolved.person, error))),
        }
    }

    /// Whether nothing is left to do on the platform, for somebody who looks done in the lists: what
    /// was suspended does not show there.
    pub(crate) async fn is_still_done(&self, wanted: &Wanted<'_>, looked: &Looked) -> bool {
        let surfaces = looked.taken().zip(&self.listings);
        for ((surface, accounts), listing) in surfaces {
            if !matches!(listing.users, Ok(Users::Platform(..))) {
                continue;
            }
            for account in accounts {
                let report = skeleton(surface, Some(account));
                match self.task(listing, account, report, wanted).await {
                    Task::Platform(task) if task.plan().changes.is_empty() => {}
                    _ => return false,
                }
            }
        }
        true
    }

    /// Plans what is left to do for a person, without writing.
    pub(crate) async fn prepare(&self, wanted: &Wanted<'_>, looked: Looked) -> Prepared {
        let Looked {
            resolved, choices, ..
        } = looked;
        let surfaces = resolved.on.iter().zip(&resolved.errors).zip(choices);
        let surfaces = surfaces.zip(&self.listings);
        let tasks = surfaces.map(async |(((surface, error), choice), listing)| match choice {
            Choice::Take { accounts, left } => {
                let accounts = accounts.iter().enumerate();
                let tasks = accounts.map(|(place, account)| {
                    let mut report = skeleton(surface, Some(account));
                    // Once a surface is enough.
                    report.warnings.extend(left.clone().filter(|_| place == 0));
                    self.task(listing, account, report, wanted)
                });
                join_all(tasks).await
            }
            Choice::None => vec![Task::settled(skeleton(surface, None))],
            Choice::Ask => {
                let mut report = skeleton(surface, None);
                report.accounts.clone_from(&surface.accounts);
                vec![Task::Settled(Box::new(Worked::failed(
                    report,
                    ambiguous(surface),
                )))]
            }
            Choice::Failed => {
                let error = error.clone().unwrap_or_else(|| {
                    Error::new(
                        ErrorKind::Unexpected,
                        "the surface did not say why it failed",
                    )
                });
                let report = skeleton(surface, None);
                vec![Task::Settled(Box::new(Worked::failed(report, error)))]
            }
        });
        let tasks = join_all(tasks).await.into_iter().flatten().collect();
        Prepared {
            person: resolved.person,
            tasks,
        }
    }

    async fn task(
        &self,
        listing: &Listing<'_>,
        account: &Candidate,
        report: SurfaceReport,
        wanted: &Wanted<'_>,
    ) -> Task {
        match listing.users {
            Ok(Users::Console(console, users)) => {
                let context = console.for_part(wanted.ticket, &wanted.begun);
                let user = &users[account.index];
                match ConsoleTask::prepare(context, user, self.options, report).await {
                    Ok(task) => Task::Console(Box::new(task)),
                    Err(failed) => Task::Settled(failed),
                }
            }
            Ok(Users::Platform(platform, users)) => {
                let context = platform.for_part(wanted.ticket, &wanted.begun);
                let user = &users[account.index];
                let step = self.options.platform;
                let person = &wanted.person;
                match PlatformTask::prepare(context, user, step, person, report).await {
                    Ok(task) => Task::Platform(Box::new(task)),
                    Err(failed) => Task::Settled(failed),
                }
            }
            Err(_) => Task::settled(report),
        }
    }

    /// Tells the surfaces who leaves in this run: none of them counts as an administrator who stays.
    pub(crate) fn announce(&self, prepared: &Prepared) {
        for task in &prepared.tasks {
            match task {
                Task::Console(task) if !task.plan().changes.is_empty() => {
                    task.context().leaves(task.user().id());
                }
                Task::Platform(task) if !task.plan().changes.is_empty() => {
                    task.context().leaves(task.user().id().clone());
                }
                _ => {}
            }
        }
    }

    /// The same before anything is planned: of everybody, whether or not something is left to take.
    pub(crate) fn announce_all(&self, looked: &Looked) {
        for ((_, accounts), listing) in looked.taken().zip(&self.listings) {
            for account in accounts {
                match listing.users {
                    Ok(Users::Console(console, users)) => {
                        console.leaves(users[account.index].id());
                    }
                    Ok(Users::Platform(platform, users)) => {
                        platform.leaves(users[account.index].id().clone());
                    }
                    Err(_) => {}
                }
            }
        }
    }
}

/// A report before anything is known.
fn skeleton(surface: &SurfaceIdentity, account: Option<&Candidate>) -> SurfaceReport {
    SurfaceReport {
        surface: surface.surface.clone(),
        name: surface.name.clone(),
        target: surface.target.clone(),
        verdict: SurfaceVerdict::Absent,
        reason: surface.reason.clone(),
        next: None,
        error: None,
        retryable: false,
        subject: account.map(|account| account.subject.clone()),
        accounts: Vec::new(),
        plan: Vec::new(),
        changes: Vec::new(),
        warnings: Vec::new(),
        record: None,
    }
}

impl Task {
    fn settled(report: SurfaceReport) -> Self {
        let error = None;
        Self::Settled(Box::new(Worked { report, error }))
    }

    async fn carry_out(self) -> Worked {
        match self {
            Self::Settled(worked) => *worked,
            Self::Console(task) => task.carry_out().await,
            Self::Platform(task) => task.carry_out().await,
        }
    }

    /// How many accounts and grants it is going to change.
    fn size(&self) -> usize {
        match self {
            Self::Settled(_) => 0,
            Self::Console(task) => task.plan().size(),
            Self::Platform(task) => task.plan().size(),
        }
    }

    /// What it is about: the surface and the account, if there is one.
    fn account(&self) -> Option<(String, String)> {
        let report = match self {
            Self::Settled(worked) => &worked.report,
            Self::Console(task) => task.report(),
            Self::Platform(task) => task.report(),
        };
        let id = report.subject.as_ref()?.user_id.as_ref()?;
        Some((report.name.clone(), id.to_string()))
    }
}

impl Prepared {
    /// Carries everything out, all surfaces at once. One that fails does not stop the others.
    pub(crate) async fn carry_out(self) -> (PersonView, Vec<Worked>) {
        let worked = join_all(self.tasks.into_iter().map(Task::carry_out)).await;
        (self.person, worked)
    }

    /// How many accounts and grants are going to be changed.
    pub(crate) fn size(&self) -> usize {
        self.tasks.iter().map(Task::size).sum()
    }

    /// How many accounts are going to be changed.
    pub(crate) fn accounts_to_change(&self) -> usize {
        let changed = self.tasks.iter().filter(|task| task.size() > 0);
        let changed: BTreeSet<_> = changed.filter_map(Task::account).collect();
        changed.len()
    }
}
