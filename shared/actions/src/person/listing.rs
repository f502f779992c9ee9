//! What every surface says of its accounts, read once, and who among them a person is.

use futures_util::future::join_all;
use rapid7::{console, platform};
use schemars::JsonSchema;
use serde::Serialize;

use super::account::{Account, Confidence, List, Match, Person};
use super::failure::failure;
use super::options::AccountPick;
use crate::console::context::ConsoleContext;
use crate::core::context::Scope as _;
use crate::core::error::{Changed, Error, Result};
use crate::core::identity_rules::IdentityRules;
use crate::core::lookup::listed;
use crate::core::near::misspelt;
use crate::core::outcome::{AccountId, Subject};
use crate::core::text::{key, printable};
use crate::person::surfaces::Surfaces;
use crate::platform::context::PlatformContext;
use crate::platform::lookup::proves_something;

/// What the platform is called among the surfaces. No console may be called so.
pub(crate) const PLATFORM: &str = "platform";

/// The accounts of one surface, or why there are none to be had.
pub(crate) struct Listing<'a> {
    /// The console's name, or `platform`.
    pub(crate) name: &'a str,
    pub(crate) users: Result<Users<'a>>,
    accounts: Vec<Account>,
}

/// The accounts as their surface told of them.
#[derive(Clone, Copy)]
pub(crate) enum Users<'a> {
    Console(&'a ConsoleContext, &'a [console::User]),
    Platform(&'a PlatformContext, &'a [platform::User]),
}

/// Reads the list of every surface, all at once.
pub(crate) async fn listings(surfaces: &Surfaces, with_platform: bool) -> Vec<Listing<'_>> {
    let consoles = surfaces.consoles.iter().map(async |(name, console)| {
        let users = async {
            let console = console.as_ref().map_err(Clone::clone)?;
            let users = console.users().await?;
            console.proves_absence(users)?;
            Ok(Users::Console(console, users))
        };
        Listing::of(name, users.await)
    });
    let platform = surfaces.platform.iter().filter(|_| with_platform);
    let platform = platform.map(async |platform| {
        let users = async {
            let platform = platform.as_ref().map_err(Clone::clone)?;
            let users = platform.users().await?;
            proves_something(users)?;
            Ok(Users::Platform(platform, users))
        };
        Listing::of(PLATFORM, users.await)
    });
    let (consoles, platform) = tokio::join!(join_all(consoles), join_all(platform));
    consoles.into_iter().chain(platform).collect()
}

/// Whether anything can be said about anybody.
///
/// # Errors
/// What every surface failed with, if none could be listed.
pub(crate) fn check_sight(listings: &[Listing<'_>]) -> Result<()> {
    let errors = listings.iter();
    let errors = errors.filter_map(|listing| Some((listing.name, listing.users.as_ref().err()?)));
    let errors: Vec<(&str, &Error)> = errors.collect();
    if errors.len() < listings.len() {
        return Ok(());
    }
    let lines = errors.iter().map(|(name, error)| {
        let kind = error.kind.name();
        format!("{name}: {kind}: {}", error.message)
    });
    let lines: Vec<String> = lines.collect();
    let message = format!("no surface could be asked\n{}", lines.join("\n"));
    let errors: Vec<Error> = errors.into_iter().map(|(_, error)| error.clone()).collect();
    match (
        failure(&errors, message, Changed::Nothing),
        errors.as_slice(),
    ) {
        (_, [only]) => Err(only.clone()),
        (Some(error), _) => Err(error),
        // Everything is left out.
        (None, _) => Err(Error::invalid_input(
            "platform",
            "expected something else than keep, as no console is configured",
        )),
    }
}

impl<'a> Listing<'a> {
    fn of(name: &'a str, users: Result<Users<'a>>) -> Self {
        let accounts = match &users {
            Err(_) => Vec::new(),
            Ok(Users::Console(_, users)) => users
                .iter()
                .map(|user| Account::new(user.login(), user.email()))
                .collect(),
            Ok(Users::Platform(_, users)) => users
                .iter()
                .map(|user| Account::new(user.email(), Some(user.email())))
                .collect(),
        };
        Self {
            name,
            users,
            accounts,
        }
    }

    /// Whether it has such an account at all, whoever's it is.
    pub(crate) fn has(&self, pick: &AccountPick) -> bool {
        match &self.users {
            Err(_) => false,
            Ok(Users::Console(_, users)) => users
                .iter()
                .any(|user| pick.user_id.names(&AccountId::Console(user.id().0))),
            Ok(Users::Platform(_, users)) => users.iter().any(|user| {
                let id = AccountId::Platform(user.id().to_string());
                pick.user_id.names(&id)
            }),
        }
    }

    /// `console` or `platform`.
    pub(crate) fn surface(&self) -> &'static str {
        match self.name {
            PLATFORM => PLATFORM,
            _ => "console",
        }
    }

    /// The address, if it is known.
    pub(crate) fn target(&self) -> Option<String> {
        match &self.users {
            Ok(Users::Console(console, _)) => Some(console.target()),
            Ok(Users::Platform(platform, _)) => Some(platform.target()),
            Err(_) => None,
        }
    }

    /// The accounts that a slip of the finger makes of what was given.
    fn misspelt(&self, person: &Person) -> Vec<String> {
        let accounts = || {
            let accounts = self.accounts.iter().enumerate();
            accounts
                .map(|(index, account)| (index, [Some(&*account.lower), account.email.as_deref()]))
        };
        let given = person.email().or(person.login()).unwrap_or_default();
        let near = misspelt(&key(given), accounts()).into_iter();
        let near = near.filter_map(|index| {
            let found = Match {
                index,
                confidence: Confidence::Doubtful,
                reasons: Vec::new(),
            };
            Some(self.candidate(&found)?.to_line())
        });
        near.collect()
    }

    fn candidate(&self, found: &Match) -> Option<Candidate> {
        let (subject, enabled, status, locked) = match self.users.as_ref().ok()? {
            Users::Console(console, users) => {
                let user = users.get(found.index)?;
                (console.subject(user), user.enabled(), None, user.locked())
            }
            Users::Platform(platform, users) => {
                let user = users.get(found.index)?;
                let subject = Subject::of_platform(user, &platform.target());
                (subject, None, user.status().map(str::to_owned), None)
            }
        };
        Some(Candidate {
            subject,
            confidence: found.confidence,
            reasons: found.reasons.clone(),
            enabled,
            status,
            locked,
            index: found.index,
        })
    }
}

/// Whether a person has an account on a surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// One account without a contradiction. Other accounts that match are listed, too, as doubtful.
    Found,
    /// No account, proven by the complete list.
    Absent,
    /// Several accounts match. A person must choose.
    Several,
    /// One account matches, but something contradicts it: a person must decide. Or no account matches,
    /// but a surface that was not read might show one.
    Unsure,
    /// The surface could not be read.
    Failed,
}

/// An account that may be the person's.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Candidate {
    /// The account.
    pub subject: Subject,
    /// Confidence that it is the person's.
    pub confidence: Confidence,
    /// Reasons for the confidence.
    pub reasons: Vec<String>,
    /// Whether the account may log in. Only on a console.
    pub enabled: Option<bool>,
    /// Status of the account. Only on the platform.
    pub status: Option<String>,
    /// Whether the account is locked after failed logins. Only on a console.
    pub locked: Option<bool>,
    #[serde(skip)]
    pub(crate) index: usize,
}

impl Candidate {
    /// Whether something contradicts it.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.confidence == Confidence::Doubtful
    }

    /// For people: `jdoe (user 42, jdoe@example.com)`.
    pub(crate) fn to_line(&self) -> String {
        let line = self.subject.to_line();
        let email = self.subject.email.as_deref().unwrap_or_default();
        match email.is_empty() || email == self.subject.login {
            true => line,
            false => format!("{line}, {}", printable(email)),
        }
    }
}

/// A person's accounts on one surface.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SurfaceIdentity {
    /// The surface: `console` or `platform`.
    pub surface: String,
    /// The console's name, or `platform`.
    pub name: String,
    /// Address of the surface. Null if it could not be set up.
    pub target: Option<String>,
    /// Whether the person has an account there.
    pub verdict: Presence,
    /// The reason, for people.
    pub reason: String,
    /// Kind of the error, if it failed.
    pub error: Option<String>,
    /// The accounts that may be the person's, those without a contradiction first.
    pub accounts: Vec<Candidate>,
}

/// What is known of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonView {
    /// Email address in the input.
    pub email: Option<String>,
    /// Login in the input.
    pub login: Option<String>,
    /// The person's email addresses, in lower case: the given one, or those of the accounts with the
    /// login.
    pub emails: Vec<String>,
}

impl PersonView {
    /// Somebody of a list who is not named there.
    pub(crate) fn unnamed() -> Self {
        Self {
            email: None,
            login: None,
            emails: Vec::new(),
        }
    }

    pub(crate) fn of(person: &Person) -> Self {
        Self {
            email: person.email().map(str::to_owned),
            login: person.login().map(str::to_owned),
            emails: Vec::new(),
        }
    }
}

/// A person on every surface, in the order of the listings.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) person: PersonView,
    pub(crate) on: Vec<SurfaceIdentity>,
    /// For each surface, why it did not tell. That may be because another one did not.
    pub(crate) errors: Vec<Option<Error>>,
    /// Why nobody can be told for the person on any surface.
    pub(crate) untold: Option<String>,
    /// Why what was given can't be one person's.
    pub(crate) contradiction: Option<String>,
}

/// Finds a person's accounts on every surface.
pub(crate) fn resolve(
    rules: &IdentityRules,
    person: &Person,
    listings: &[Listing<'_>],
) -> Resolved {
    let lists = listings.iter().map(|listing| List {
        name: listing.name,
        accounts: listing.users.is_ok().then_some(&*listing.accounts),
        lends: listing.name != PLATFORM,
    });
    let lists: Vec<List<'_>> = lists.collect();
    let matches = rules.find(person, &lists);
    let untold = matches.untold.as_deref();
    let found = listings.iter().zip(&matches.found);
    let on = found.map(|(listing, found)| {
        let accounts: Vec<Candidate> = found
            .iter()
            .filter_map(|found| listing.candidate(found))
            .collect();
        let (verdict, reason) = match &listing.users {
            Err(error) => (Presence::Failed, error.message.clone()),
            Ok(_) => tell(listing, person, &accounts, untold),
        };
        SurfaceIdentity {
            surface: listing.surface().into(),
            name: listing.name.into(),
            target: listing.target(),
            verdict,
            reason,
            error: listing.users.as_ref().err().map(|e| e.kind.name().into()),
            accounts,
        }
    });
    let on = on.collect();
    let errors = listings.iter().map(|listing| {
        let own = listing.users.as_ref().err().cloned();
        own.or_else(|| untold.map(Error::unavailable))
    });
    Resolved {
        person: PersonView {
            emails: matches.emails.iter().cloned().collect(),
            ..PersonView::of(person)
        },
        on,
        errors: errors.collect(),
        untold: untold.map(str::to_owned),
        contradiction: matches.contradiction.clone(),
    }
}

fn tell(
    listing: &Listing<'_>,
    person: &Person,
    accounts: &[Candidate],
    untold: Option<&str>,
) -> (Presence, String) {
    let lines = |accounts: &[Candidate]| {
        let lines: Vec<String> = accounts.iter().map(Candidate::to_line).collect();
        lines.join("; ")
    };
    let clear = accounts.iter().filter(|account| !account.is_doubtful());
    match (clear.count(), accounts) {
        (_, []) => {
            let near = match listing.misspelt(person) {
                near if near.is_empty() => String::new(),
                near => format!("; perhaps misspelt: {}", listed(near.into_iter())),
            };
            let none = format!(
                "none of its {} accounts is theirs{near}",
                listing.accounts.len()
            );
            match untold {
                Some(untold) => (
                    Presence::Unsure,
                    format!("{none} as far as known; {untold}"),
                ),
                None => (Presence::Absent, none),
            }
        }
        (clear, [one, others @ ..]) if clear == 1 || others.is_empty() => {
            let mut reason = format!("{}: {}", one.to_line(), one.reasons.join("; "));
            if !others.is_empty() {
                reason.push_str(&format!("; doubtful beside it: {}", lines(others)));
            }
            match one.is_doubtful() {
                true => (Presence::Unsure, reason),
                false => (Presence::Found, reason),
            }
        }
        (_, several) => (
            Presence::Several,
            format!(
                "{} accounts may be theirs: {}",
                several.len(),
                lines(several)
            ),
        ),
    }
}
