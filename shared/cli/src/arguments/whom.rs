//! A user who is named without a flag: what the text is taken for, and whether it could be something else.

use actions::{Entry, Error, ErrorKind};
use clap::{Arg, ArgMatches};
use serde_json::{Map, Value};

use super::members::quoted;

const USER: &str = "user";

/// Whom an operation is about, by what its input has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// A user of a console: `user_id`, `login` or `email`.
    ConsoleUser,
    /// A user of the platform: `user_id` or `email`.
    PlatformUser,
    /// A person: `email` or `login`.
    Person,
}

fn about(entry: &Entry) -> Option<About> {
    let members = entry.operation.members();
    let has = |member: &str| members.contains(&member);
    match (has("user_id"), has("login") && has("email")) {
        (true, true) => Some(About::ConsoleUser),
        (true, false) if has("email") => Some(About::PlatformUser),
        (false, true) if entry.console && entry.platform => Some(About::Person),
        _ => None,
    }
}

/// The argument, for an operation on somebody who exists.
pub(crate) fn argument(entry: &Entry) -> Option<Arg> {
    let about = about(entry)?;
    let help = match about {
        About::ConsoleUser => "The user: a number, an email address or a login",
        About::PlatformUser => "The user: an email address or a UUID",
        About::Person => "The person: an email address or a login",
    };
    let flags = ["user_id", "login", "email"];
    let flags = flags
        .into_iter()
        .filter(|flag| entry.operation.members().contains(flag));
    Some(
        Arg::new(USER)
            .value_name("USER")
            .help(help)
            .help_heading("Input")
            .display_order(0)
            .conflicts_with_all(flags),
    )
}

/// A user, and what the text was taken for.
#[derive(Debug, PartialEq)]
pub(crate) struct Whom {
    text: String,
    member: &'static str,
    value: Value,
    /// Whether it may be somebody's login as well.
    may_be_login: bool,
}

impl Whom {
    fn of(about: About, text: &str) -> Result<Self, &'static str> {
        let whom = |member, value: Value, may_be_login| Self {
            text: text.to_owned(),
            member,
            value,
            may_be_login,
        };
        let number = text.parse::<i64>().ok();
        // 042 and +42 are no numbers of an account.
        let number = number.filter(|number| *number > 0 && number.to_string() == text);
        match about {
            _ if text.trim().is_empty() => Err("expected a user, and it is empty"),
            About::ConsoleUser if number.is_some() => Ok(whom("user_id", number.into(), true)),
            About::ConsoleUser if is_address(text) => Ok(whom("email", text.into(), true)),
            // Whoever has the address as a login is the same person here.
            About::Person if is_address(text) => Ok(whom("email", text.into(), false)),
            About::ConsoleUser | About::Person => Ok(whom("login", text.into(), false)),
            About::PlatformUser if is_address(text) => Ok(whom("email", text.into(), false)),
            About::PlatformUser if is_uuid(text) => Ok(whom("user_id", text.into(), false)),
            About::PlatformUser => Err(
                "expected an email address or a UUID: the platform has neither logins nor numbers",
            ),
        }
    }

    /// The flags that say what is meant.
    fn flags(&self) -> String {
        let flag = format!("--{}", self.member.replace('_', "-"));
        let text = quoted(&self.text);
        format!("{flag} {text} or --login {text}")
    }

    fn what(&self) -> &'static str {
        match self.member {
            "user_id" => "a number",
            "email" => "an email address",
            _ => "a login",
        }
    }

    /// Looks whether the text is somebody's login as well, and says in the input what is meant. `read` runs
    /// another operation at the same place.
    ///
    /// # Errors
    /// `Ambiguous` if two users are named by it, and what kept from looking.
    pub(crate) async fn settle(
        &self,
        read: impl AsyncFn(&'static str, Map<String, Value>) -> actions::Result<Value>,
        input: &mut Map<String, Value>,
    ) -> actions::Result<()> {
        if !self.may_be_login {
            return Ok(());
        }
        let console = input.get("console").cloned();
        let list = async |member: &str| {
            let mut wanted = Map::new();
            wanted.insert(member.to_owned(), self.text.clone().into());
            wanted.extend(
                console
                    .clone()
                    .map(|console| ("console".to_owned(), console)),
            );
            let found = read("list-users", wanted)
                .await
                .map_err(|error| self.not_looked(error))?;
            let users = found["users"].as_array().cloned().unwrap_or_default();
            let same = |user: &Value| match user[member].as_str() {
                Some(login) if member == "login" => login == self.text,
                Some(email) => email.to_lowercase() == self.text.to_lowercase(),
                None => false,
            };
            Ok::<_, Error>(users.into_iter().filter(same).collect::<Vec<Value>>())
        };
        let with_login = list("login").await?;
        if with_login.is_empty() {
            return Ok(());
        }
        let others = match self.member {
            "email" => list("email").await?,
            _ => {
                let mut wanted = Map::new();
                wanted.insert(self.member.to_owned(), self.value.clone());
                wanted.extend(
                    console
                        .clone()
                        .map(|console| ("console".to_owned(), console)),
                );
                match read("get-user", wanted).await {
                    Ok(user) => vec![user],
                    Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
                    Err(error) => return Err(self.not_looked(error)),
                }
            }
        };
        let is_other = |other: &&Value| {
            with_login
                .iter()
                .all(|mine| mine["user_id"] != other["user_id"])
        };
        let others: Vec<&Value> = others.iter().filter(is_other).collect();
        if others.is_empty() {
            input.remove(self.member);
            input.insert("login".into(), self.text.clone().into());
            return Ok(());
        }
        let lines = |users: &[&Value]| {
            let lines = users.iter().map(|user| {
                let login = user["login"].as_str().unwrap_or_default();
                format!("{} (user {})", rapid7::printable(login), user["user_id"])
            });
            lines.collect::<Vec<_>>().join(", ")
        };
        let text = rapid7::printable(&self.text);
        let message = format!(
            "{text:?} is {} of {}, and the login of {}",
            match self.member {
                "email" => "the email address",
                _ => "the number",
            },
            lines(&others),
            lines(&with_login.iter().collect::<Vec<_>>()),
        );
        Err(Error::new(ErrorKind::Ambiguous, message)
            .next(format!("say which is meant: {}", self.flags())))
    }

    fn not_looked(&self, mut error: Error) -> Error {
        error.message = format!(
            "whether {:?} is somebody's login, too, could not be looked up: {}",
            rapid7::printable(&self.text),
            error.message
        );
        let next = error.next.take().map(|next| format!("{next}; or "));
        error.next(format!(
            "{}say which is meant: {}",
            next.unwrap_or_default(),
            self.flags()
        ))
    }

    /// An error of the run, with what the text was taken for where nobody was found.
    pub(crate) fn told(&self, mut error: Error) -> Error {
        if error.kind == ErrorKind::NotFound {
            let also = match self.may_be_login {
                true => ", and nobody has it as a login either",
                false => "",
            };
            let message = error.message.trim_end_matches('.');
            let text = rapid7::printable(&self.text);
            error.message = format!("{message}; {text:?} was taken for {}{also}", self.what());
        }
        error
    }
}

/// One `@` with something on both sides of it.
fn is_address(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, domain)) => {
            let odd = |c: char| c.is_whitespace() || c == '\\' || c == '@';
            !local.is_empty() && !domain.is_empty() && !local.contains(odd) && !domain.contains(odd)
        }
        None => false,
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(hex)
}

/// The user who is named without a flag; what it is taken for is in the input from here on.
pub(crate) fn given(
    entry: &Entry,
    arguments: &ArgMatches,
    input: &mut Map<String, Value>,
) -> actions::Result<Option<Whom>> {
    let Some(about) = about(entry) else {
        return Ok(None);
    };
    let Some(text) = arguments.get_one::<String>(USER) else {
        return Ok(None);
    };
    let whom = Whom::of(about, text).map_err(|expected| Error::invalid_input("USER", expected))?;
    input.insert(whom.member.into(), whom.value.clone());
    Ok(Some(whom))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_taken_for_what_it_looks_like() {
        let taken = |about, text| match Whom::of(about, text) {
            Ok(whom) => json!([whom.member, whom.value, whom.may_be_login]),
            Err(expected) => expected.into(),
        };
        let uuid = "067c4624-3a7c-4f42-8045-fee12e8ad7f6";
        for (text, member, value, login) in [
            ("42", "user_id", json!(42), true),
            ("042", "login", json!("042"), false),
            ("0", "login", json!("0"), false),
            ("+42", "login", json!("+42"), false),
            (
                "99999999999999999999",
                "login",
                json!("99999999999999999999"),
                false,
            ),
            ("jdoe@example.com", "email", json!("jdoe@example.com"), true),
            ("jdoe@REALM", "email", json!("jdoe@REALM"), true),
            ("EMEA\\jdoe", "login", json!("EMEA\\jdoe"), false),
            ("EMEA\\jdoe@x", "login", json!("EMEA\\jdoe@x"), false),
            ("@x", "login", json!("@x"), false),
            ("a@b@c", "login", json!("a@b@c"), false),
            ("jdoe", "login", json!("jdoe"), false),
            (uuid, "login", json!(uuid), false),
        ] {
            let expected = json!([member, value, login]);
            assert_eq!(taken(About::ConsoleUser, text), expected, "{text}");
        }
        assert_eq!(taken(About::Person, "42"), json!(["login", "42", false]));
        let address = json!(["email", "jdoe@example.com", false]);
        assert_eq!(taken(About::Person, "jdoe@example.com"), address);
        assert_eq!(taken(About::PlatformUser, "jdoe@example.com"), address);
        assert_eq!(
            taken(About::PlatformUser, uuid),
            json!(["user_id", uuid, false])
        );
        for text in ["42", "jdoe", "067c4624-3a7c-4f42-8045-fee12e8ad7fz"] {
            let told = taken(About::PlatformUser, text);
            assert!(
                told.as_str().is_some_and(|told| told.contains("UUID")),
                "{text}: {told}"
            );
        }
        for about in [About::ConsoleUser, About::PlatformUser, About::Person] {
            assert!(taken(about, " ").is_string());
        }
    }

    #[test]
    fn whoever_exists_can_be_named_so_and_nobody_else() {
        let names = |wanted| {
            let entries = actions::ALL.iter();
            let entries = entries.filter(|entry| about(entry) == Some(wanted));
            entries
                .map(|entry| entry.operation.spec.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(About::Person), ["resolve-identity", "offboard-user"]);
        let platform = names(About::PlatformUser);
        assert!(platform.contains(&"suspend-platform-user"), "{platform:?}");
        let console = names(About::ConsoleUser);
        assert!(
            console.contains(&"get-user") && console.contains(&"delete-user"),
            "{console:?}"
        );
        for other in [
            "create-user",
            "provision-user",
            "list-users",
            "restore-user",
        ] {
            assert!(
                !console.contains(&other) && !platform.contains(&other),
                "{other}"
            );
        }
    }
}
