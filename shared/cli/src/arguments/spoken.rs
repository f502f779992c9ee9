//! Errors in the words of the command line: members of an input as what is typed for them.

use actions::{Entry, Error, ErrorKind, WrongInput};

use super::command::command;
use super::members::{Kind, Member, flag, members, with_flags};

/// Who is meant comes in the order in which people think of it.
const WHO: [&str; 3] = ["login", "email", "user_id"];

/// The error in flags. What is no member of the operation's input stays: a path in a file, a flag.
pub(crate) fn in_flags(entry: &Entry, mut error: Error) -> Error {
    let members = members(entry);
    let mut spoken = None;
    if let Some(wrong) = error.wrong_input() {
        spoken = Some((told(entry, &members, &wrong), wrong.has_advice));
    }
    match spoken {
        Some((message, has_advice)) => {
            error.message = message;
            if !has_advice {
                let name = entry.operation.spec.name;
                error.next = Some(format!("`r7user {name} --help` tells what it takes"));
            }
        }
        None if error.kind != ErrorKind::InvalidInput => {
            error.message = with_flags(&members, &error.message);
        }
        None => {}
    }
    error.next = error
        .next
        .map(|next| advised(&members, &with_flags(&members, &next)));
    error
}

fn told(entry: &Entry, members: &[Member], wrong: &WrongInput<'_>) -> String {
    let mut fields = whole(members, &wrong.fields);
    // Whoever is meant may be named without a flag, too.
    let place = |field: &String| WHO.iter().position(|known| known == field);
    let who = fields.len() > 1 && fields.iter().all(|field| place(field).is_some());
    if who {
        fields.sort_by_key(place);
    }
    let mut names: Vec<String> = Vec::new();
    let mut places = String::new();
    for field in fields {
        let (name, place) = field_told(members, &field);
        places.push_str(&place);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if who {
        let command = command(entry);
        let positional = command.get_positionals().next();
        let positional = positional.and_then(|argument| argument.get_value_names()?.first());
        if let Some(name) = positional {
            names.insert(0, name.to_string());
        }
    }
    let names = match names.split_last() {
        Some((one, [])) => format!("`{one}`"),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    };
    let expected = with_flags(members, wrong.expected);
    format!("{names}{places}: {expected}")
}

/// The paths of an error: what follows a comma and begins with no member is a place in the one before.
fn whole(members: &[Member], parts: &[&str]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for part in parts {
        let is_member = members.iter().any(|member| member.name == head(part).0);
        match fields.last_mut() {
            Some(field) if !is_member => field.push_str(&format!(", {part}")),
            _ => fields.push((*part).to_owned()),
        }
    }
    fields
}

/// A path's first member, and what follows it.
fn head(field: &str) -> (&str, &str) {
    let end = field.find(|c: char| !c.is_alphanumeric() && c != '_');
    field.split_at(end.unwrap_or(field.len()))
}

/// What is typed for a path, and where in it the place is, in quotation marks where that is a path of JSON.
fn field_told(members: &[Member], field: &str) -> (String, String) {
    let (name, path) = head(field);
    let Some(member) = members.iter().find(|member| member.name == name) else {
        return (field.to_owned(), String::new());
    };
    let flag = flag(members, member);
    let index = path
        .strip_prefix('[')
        .and_then(|path| path.strip_suffix(']'));
    let index = index.and_then(|index| index.parse::<usize>().ok());
    let place = match (&member.kind, index) {
        _ if path.is_empty() => String::new(),
        (Kind::List(_), Some(index)) => format!(", value {}", index + 1),
        (Kind::TextOfDocument, _) => path.to_owned(),
        _ => format!(", `{field}`"),
    };
    (flag, place)
}

/// Advice, in which members stand without quotation marks, too: those that can be no other word, and what is named
/// in one breath with them.
fn advised(members: &[Member], text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "_-\"`$".contains(c);
    let mut told = String::new();
    let mut rest = text;
    let mut follows_a_flag = false;
    while let Some(begin) = rest.find(is_word) {
        let (before, from) = rest.split_at(begin);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        told.push_str(before);
        let joins = before == ", " || before == " " && matches!(word, "or" | "and");
        let certain = word.contains('_') || follows_a_flag;
        let member = members.iter().find(|member| certain && member.name == word);
        follows_a_flag = member.is_some() || follows_a_flag && joins;
        match member {
            Some(member) => told.push_str(&flag(members, member)),
            None => told.push_str(word),
        }
        rest = after;
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str) -> &'static Entry {
        let mut all = actions::ALL.iter();
        all.find(|entry| entry.operation.spec.name == name)
            .expect(name)
    }

    fn spoken(name: &str, field: &str, expected: &str) -> String {
        in_flags(entry(name), Error::invalid_input(field, expected)).message
    }

    #[test]
    fn members_are_told_as_what_is_typed_for_them() {
        for (operation, field, expected, told) in [
            (
                "get-user",
                "user_id, login, email",
                "expected exactly one, got none",
                "--login, --email or --user-id: expected exactly one, got none",
            ),
            (
                "set-password",
                "password_secret",
                "required (or `generate_password`, or `password`)",
                "`--password-secret`: required (or `--generate-password`, or `--password-stdin`)",
            ),
            (
                "offboard-users",
                "people, people_text",
                "expected exactly one, got none",
                "`--people-file`: expected exactly one, got none",
            ),
            (
                "offboard-users",
                "people[3].email",
                "expected text",
                "`--people-file`, `people[3].email`: expected text",
            ),
            (
                "offboard-users",
                "people_text, line 2",
                "expected one JSON object",
                "`--people-file`, line 2: expected one JSON object",
            ),
            (
                "restore-user",
                "record.record.state.user",
                "expected a user with its `id`",
                "`--record-file`, `record.record.state.user`: expected a user with its `id`",
            ),
            (
                "revoke-product-access",
                "products[1]",
                "expected a code",
                "`--products`, value 2: expected a code",
            ),
            (
                "get-user",
                "--report",
                "can't be used",
                "`--report`: can't be used",
            ),
            (
                "get-user",
                "(standard input)",
                "can't be read",
                "`(standard input)`: can't be read",
            ),
        ] {
            let message = spoken(operation, field, expected);
            assert!(message.ends_with(told), "{message}");
        }
    }

    /// The same of an error that a function told.
    #[test]
    fn errors_from_elsewhere_are_spoken_too() {
        let told = Error::told(
            ErrorKind::InvalidInput,
            "`user_id, login, email`: expected exactly one, got none. Nothing was changed. Next: correct the \
             input and send it again.",
        );
        let error = in_flags(entry("disable-user"), told);
        assert!(
            error.message.contains("--login, --email or --user-id"),
            "{}",
            error.message
        );
        assert_eq!(
            error.next.as_deref(),
            Some("`r7user disable-user --help` tells what it takes")
        );
    }

    /// A secret in JSON has members, too.
    #[test]
    fn what_is_called_a_member_is_no_flag() {
        let members = members(entry("set-password"));
        assert_eq!(
            with_flags(&members, "`password`, or the member `password`"),
            "`--password-stdin`, or the member `password`"
        );
    }

    #[test]
    fn advice_names_flags_and_leaves_other_words_alone() {
        let error = Error::new(ErrorKind::Refused, "its `login` is \"user_id\"").next(
            "change the account in the console; or accept_loss_of_privileges, after RAPID7_user_id",
        );
        let error = in_flags(entry("disable-user"), error);
        assert_eq!(error.message, "its `--login` is \"user_id\"");
        assert_eq!(
            error.next.as_deref(),
            Some(
                "change the account in the console; or --accept-loss-of-privileges, after RAPID7_user_id"
            )
        );
        let error = Error::new(ErrorKind::Ambiguous, "several")
            .next("name one of them by user_id or login, and its login is told");
        let error = in_flags(entry("disable-user"), error);
        assert_eq!(
            error.next.as_deref(),
            Some("name one of them by --user-id or --login, and its login is told")
        );
        let error = Error::new(ErrorKind::Ambiguous, "several")
            .next(r#"name them in `accounts`, such as {"surface": "emea", "user_id": 4}"#);
        let error = in_flags(entry("offboard-user"), error);
        assert_eq!(
            error.next.as_deref(),
            Some(r#"name them in `--accounts-file`, such as {"surface": "emea", "user_id": 4}"#)
        );
    }

    /// Whatever an operation takes, there is something to type for it.
    #[test]
    fn every_member_has_something_that_clap_takes() {
        for entry in actions::ALL {
            let members = members(entry);
            let command = command(entry);
            for member in &members {
                let told = flag(&members, member);
                let long = told.strip_prefix("--").expect("a flag");
                let known = |argument: &clap::Arg| argument.get_long() == Some(long);
                let is_dry_run = member.name == "dry_run";
                let known = command.get_arguments().any(known);
                assert!(known || is_dry_run, "{}: {told}", command.get_name());
            }
        }
    }
}
