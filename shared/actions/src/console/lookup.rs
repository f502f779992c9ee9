//! From what a caller says to the one user it means.

use rapid7::console::{User, UserId};

use crate::console::context::ConsoleContext;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::lookup::{listed, nobody, several};
use crate::core::near::nearest;
use crate::core::text::{as_address, as_login, printable, same_email};

/// How a caller names a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// By number.
    Id(UserId),
    /// By login, exactly.
    Login(String),
    /// By email, upper and lower case alike.
    Email(String),
}

impl Selector {
    /// Reads the three members of an input.
    ///
    /// # Errors
    /// `InvalidInput` unless exactly one is given and has content.
    pub fn from_members(
        user_id: Option<i64>,
        login: Option<&str>,
        email: Option<&str>,
    ) -> Result<Self> {
        let one_of = "user_id, login, email";
        match (user_id, login, email) {
            (Some(id), None, None) if id > 0 => Ok(Self::Id(UserId(id))),
            (Some(_), None, None) => {
                Err(Error::invalid_input("user_id", "expected a number from 1"))
            }
            (None, Some(given), None) => Ok(Self::Login(as_login("login", given)?)),
            (None, None, Some(email)) => Ok(Self::Email(as_address("email", email)?)),
            (None, None, None) => Err(Error::invalid_input(
                one_of,
                "expected exactly one, got none",
            )),
            _ => Err(Error::invalid_input(
                one_of,
                "expected exactly one, got several",
            )),
        }
    }

    fn matches(&self, user: &User) -> bool {
        match self {
            Self::Id(id) => user.id() == *id,
            Self::Login(login) => user.login() == login,
            Self::Email(email) => user.email().is_some_and(|mine| same_email(mine, email)),
        }
    }

    /// Those who may have been meant.
    fn near<'a>(&self, users: &'a [User]) -> Vec<&'a User> {
        match self {
            Self::Id(_) => Vec::new(),
            Self::Login(given) | Self::Email(given) => {
                let users = users.iter();
                nearest(
                    given,
                    users.map(|user| (user, [Some(user.login()), user.email()])),
                )
            }
        }
    }

    fn to_line(&self) -> String {
        match self {
            Self::Id(id) => format!("user {id}"),
            Self::Login(login) => format!("login {login:?}"),
            Self::Email(email) => format!("email {email:?}"),
        }
    }
}

/// A user in one line for people: `jdoe (user 42)`.
pub(crate) fn line(user: &User) -> String {
    format!("{} (user {})", printable(user.login()), user.id())
}

/// Users in a few lines' worth, for people.
pub(crate) fn list(users: &[&User]) -> String {
    listed(lines(users))
}

fn lines(users: &[&User]) -> impl ExactSizeIterator<Item = String> {
    users.iter().map(|user| line(user))
}

/// Refuses a login for an account that another one has, upper and lower case alike.
pub(crate) fn refuse_taken(field: &str, login: &str, user: &User, users: &[User]) -> Result<()> {
    let same = login.to_lowercase();
    let taken = |other: &&User| other.id() != user.id() && other.login().to_lowercase() == same;
    match users.iter().find(taken) {
        Some(other) => Err(Error::invalid_input(
            field,
            &format!(
                "expected a login that nobody has: {} has this one",
                line(other)
            ),
        )),
        None => Ok(()),
    }
}

/// Picks the one user that is meant out of all of them.
///
/// # Errors
/// `Ambiguous` with the list, or `NotFound` with those that come near.
pub(crate) fn pick<'a>(users: &'a [User], selector: &Selector) -> Result<&'a User> {
    let found: Vec<&User> = users.iter().filter(|user| selector.matches(user)).collect();
    match found.as_slice() {
        [user] => Ok(*user),
        [] => {
            let near = selector.near(users);
            let what = match selector {
                Selector::Id(_) => "number",
                Selector::Login(_) => "login",
                Selector::Email(_) => "email",
            };
            Err(nobody(what, users.len(), "console", lines(&near)))
        }
        found => Err(several(lines(found), "user_id or login")),
    }
    .map_err(|error| error.about(selector.to_line()))
}

impl ConsoleContext {
    /// The user that is meant, as it is now.
    ///
    /// A lookup by login or email reads the whole list, as the console offers no filter (vendor API
    /// file), and then the user itself: a list may be older, or shorter in its members.
    pub(crate) async fn find_user(&self, selector: &Selector) -> Result<User> {
        let id = match selector {
            Selector::Id(id) => *id,
            _ => {
                let users = self.users().await?;
                match pick(users, selector) {
                    Err(error) if error.kind == ErrorKind::NotFound => {
                        let proven = self.proves_absence(users);
                        proven.map_err(|unproven| unproven.about(selector.to_line()))?;
                        return Err(error);
                    }
                    picked => picked?.id(),
                }
            }
        };
        let user = match self.console().user(id).await {
            Ok(user) => user,
            Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                return Err(self.proven_missing(id, selector).await);
            }
            Err(error) => return Err(Error::from(error).about(selector.to_line())),
        };
        if user.login().is_empty() {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "the console does not tell this user's login, without which it can't be changed",
            )
            .about(selector.to_line())
            .next("check the account's role and the console's version"));
        }
        if !selector.matches(&user) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the account was renamed while it was looked up",
            )
            .about(line(&user))
            .next("run it again"));
        }
        Ok(user)
    }

    /// Says why a user can't be seen. 404 also means "not allowed" (seen in the field), and what stands between
    /// may have answered it: only the whole list proves that there is none.
    async fn proven_missing(&self, id: UserId, selector: &Selector) -> Error {
        match self.is_gone(id).await {
            Ok(true) => Error::new(ErrorKind::NotFound, "there is no such user on the console")
                .next("check the number; if the account is gone already, nothing is left to do"),
            Ok(false) => Error::new(
                ErrorKind::Unavailable,
                "the console answered 404 for this user, and has it in its list",
            )
            .next("run it again; if it stays so, check that the pack's account is a global administrator"),
            Err(error) => error,
        }
        .about(selector.to_line())
    }
}
