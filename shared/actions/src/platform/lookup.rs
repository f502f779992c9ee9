//! From what a caller says to the one user of the platform it means.

use rapid7::platform::{User, UserFilter, UserId};

use super::context::PlatformContext;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::lookup::{nobody, several};
use crate::core::near::nearest;
use crate::core::text::{as_address, printable, same_email};

/// How a caller names a user of the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformSelector {
    /// By UUID.
    Id(UserId),
    /// By email, upper and lower case alike.
    Email(String),
}

impl PlatformSelector {
    /// Reads the two members of an input.
    ///
    /// # Errors
    /// `InvalidInput` unless exactly one is given and has content.
    pub fn from_members(user_id: Option<&str>, email: Option<&str>) -> Result<Self> {
        let one_of = "user_id, email";
        match (user_id, email) {
            (Some(id), None) => UserId::parse(id)
                .map(Self::Id)
                .ok_or_else(|| Error::invalid_input("user_id", "expected a UUID")),
            (None, Some(email)) => Ok(Self::Email(as_address("email", email)?)),
            (None, None) => Err(Error::invalid_input(
                one_of,
                "expected exactly one, got none",
            )),
            _ => Err(Error::invalid_input(
                one_of,
                "expected exactly one, got both",
            )),
        }
    }

    fn matches(&self, user: &User) -> bool {
        match self {
            Self::Id(id) => user.id() == id,
            Self::Email(email) => same_email(user.email(), email),
        }
    }

    /// Those who may have been meant.
    fn near<'a>(&self, users: &'a [User]) -> Vec<&'a User> {
        match self {
            Self::Id(_) => Vec::new(),
            Self::Email(email) => {
                let users = users.iter();
                nearest(email, users.map(|user| (user, [Some(user.email()), None])))
            }
        }
    }

    fn to_line(&self) -> String {
        match self {
            Self::Id(id) => format!("user {id}"),
            Self::Email(email) => format!("email {email:?}"),
        }
    }
}

/// What stands before the `@` of an email address.
pub(crate) fn local_part(email: &str) -> &str {
    email.split_once('@').map_or(email, |(local, _)| local)
}

/// A user in one line for people.
pub(crate) fn line(user: &User) -> String {
    format!("{} (user {})", printable(user.email()), user.id())
}

fn lines(users: &[&User]) -> impl ExactSizeIterator<Item = String> {
    users.iter().map(|user| line(user))
}

/// The one user that is meant, `None` if nobody is.
///
/// # Errors
/// `Ambiguous`, with the list.
fn pick<'a>(users: &'a [User], selector: &PlatformSelector) -> Result<Option<&'a User>> {
    let found: Vec<&User> = users.iter().filter(|user| selector.matches(user)).collect();
    match found.as_slice() {
        [] => Ok(None),
        [user] => Ok(Some(*user)),
        found => Err(several(lines(found), "user_id").about(selector.to_line())),
    }
}

impl PlatformContext {
    /// Whether a list has anybody of those who were seen in this run, the one in question aside.
    fn is_same_organization(&self, id: &UserId, users: &[User]) -> Result<()> {
        let mut seen = self
            .seen_users()
            .iter()
            .filter(|user| user.id() != id)
            .peekable();
        let is_listed = |seen: &User| users.iter().any(|user| user.id() == seen.id());
        if seen.peek().is_none() || seen.any(is_listed) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unauthorized,
            "the platform's list of users has nobody whom it had before, so it is another \
             organization's, and proves nothing",
        )
        .next("check that the key is an organization key of the right organization"))
    }

    /// The user that is meant, as it is now.
    ///
    /// By email, the platform's own filter comes first: it saves the whole list. How it compares is not
    /// known, so what it finds is compared again, and what it does not find is looked for in the whole
    /// list.
    pub(crate) async fn find_user(&self, selector: &PlatformSelector) -> Result<User> {
        match selector {
            PlatformSelector::Id(id) => match self.platform().user(id).await {
                Ok(user) => Ok(user),
                Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                    Err(self.proven_missing(selector).await)
                }
                Err(error) => Err(Error::from(error).about(selector.to_line())),
            },
            PlatformSelector::Email(email) => {
                if !self.has_read_users() {
                    let filter = UserFilter {
                        email: Some(email.clone()),
                        ..UserFilter::default()
                    };
                    let found = self.platform().users(&filter).await;
                    let found = found.map_err(|e| Error::from(e).about(selector.to_line()))?;
                    if let Some(user) = pick(&found, selector)? {
                        return Ok(user.clone());
                    }
                }
                let users = self.users().await;
                let users = users.map_err(|error| error.about(selector.to_line()))?;
                match pick(users, selector)? {
                    Some(user) => Ok(user.clone()),
                    None => Err(self.proven_missing(selector).await),
                }
            }
        }
    }

    /// Says why a user can't be seen. 404 may also mean "not allowed": only a list that can be read and
    /// lacks the user is proof.
    async fn proven_missing(&self, selector: &PlatformSelector) -> Error {
        let users = match self.users().await {
            Ok(users) => users,
            Err(error) => return error.about(selector.to_line()),
        };
        if let Err(error) = proves_something(users) {
            return error.about(selector.to_line());
        }
        if users.iter().any(|user| selector.matches(user)) {
            return Error::new(
                ErrorKind::Conflict,
                "the platform lists this user, and has none when it is asked for it",
            )
            .about(selector.to_line())
            .next("run it again: somebody may be deleting the user right now");
        }
        let near = selector.near(users);
        let what = match selector {
            PlatformSelector::Id(_) => "id",
            PlatformSelector::Email(_) => "email",
        };
        nobody(what, users.len(), "platform", lines(&near)).about(selector.to_line())
    }

    /// Whether there is no such user, which is proven: 404, and a list that was read just now and lacks
    /// it, and has somebody whom this run saw before. In the middle of a run the key may be renewed, and
    /// another organization's would see nobody of this one.
    ///
    /// # Errors
    /// When that can't be told.
    pub(crate) async fn is_gone(&self, id: &UserId) -> Result<bool> {
        match self.platform().user(id).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                let users = self.platform().users(&UserFilter::default()).await?;
                proves_something(&users)?;
                self.is_same_organization(id, &users)?;
                Ok(users.iter().all(|user| user.id() != id))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// An organization has users: a list of none says that the key may not see them.
pub(crate) fn proves_something(users: &[User]) -> Result<()> {
    match users.is_empty() {
        true => Err(empty()),
        false => Ok(()),
    }
}

/// A list of no users.
pub(crate) fn empty() -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "the platform's list of users is empty, which proves nothing",
    )
    .next("check that the key is an organization key of the right organization")
}
