//! A list of people, as a caller sends it: data, CSV or JSON lines.

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Person;
use super::options::AccountPick;
use crate::core::error::{Error, Result};
use crate::core::input::parse_part;
use crate::core::strict_json;
use crate::core::text::solid;

/// One of the people who leave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// The person's email address; upper and lower case count as the same. Exactly one of `email`,
    /// `login`.
    pub email: Option<String>,
    /// A login name of the person on a console, exactly as there.
    pub login: Option<String>,
    /// Which accounts are meant, on surfaces where several fit.
    #[serde(default)]
    pub accounts: Vec<AccountPick>,
    /// The ticket for this person, in place of the run's.
    pub ticket: Option<String>,
}

impl PersonEntry {
    fn of_text(email: Option<String>, login: Option<String>, ticket: Option<String>) -> Self {
        Self {
            email,
            login,
            accounts: Vec::new(),
            ticket,
        }
    }

    /// Whom it names. `place` says where it stands.
    fn person(&self, place: &str) -> Result<Person> {
        if let Some(ticket) = &self.ticket {
            solid(&format!("{place}.ticket"), ticket)?;
        }
        let person = Person::from_members(self.login.as_deref(), self.email.as_deref());
        person.map_err(|mut error| {
            error.message = format!("{place}: {}", error.message);
            error
        })
    }
}

/// People with what names each, in the order of the list; of whoever is not named, why not.
pub(crate) type People = Vec<(Result<Person>, PersonEntry)>;

/// The members of an input.
///
/// # Errors
/// `InvalidInput` unless exactly one is given, can be read, and names somebody.
pub(crate) fn people(list: Option<&[PersonEntry]>, text: Option<&str>) -> Result<People> {
    let field = "people, people_text";
    let (entries, place): (Vec<PersonEntry>, fn(usize) -> String) = match (list, text) {
        (Some(list), None) => (list.to_vec(), |index| format!("people[{index}]")),
        (None, Some(text)) => (from_text(text)?, |index| {
            format!("people_text, person {}", index + 1)
        }),
        (None, None) => {
            return Err(Error::invalid_input(
                field,
                "expected exactly one, got none",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Error::invalid_input(
                field,
                "expected exactly one, got both",
            ));
        }
    };
    let entries = entries.into_iter().enumerate();
    let people: People = entries
        .map(|(index, entry)| (entry.person(&place(index)), entry))
        .collect();
    match people.iter().all(|(person, _)| person.is_err()) {
        true => Err(people
            .into_iter()
            .find_map(|(person, _)| person.err())
            .unwrap_or_else(|| Error::invalid_input(field, "expected at least one person"))),
        false => Ok(people),
    }
}

/// JSON lines, if the text begins like it, else CSV.
fn from_text(text: &str) -> Result<Vec<PersonEntry>> {
    let text = text.trim_start_matches('\u{feff}');
    match text.trim_start().starts_with('{') {
        true => from_json_lines(text),
        false => from_csv(text),
    }
}

fn from_json_lines(text: &str) -> Result<Vec<PersonEntry>> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let place = format!("people_text, line {}", index + 1);
            let line = strict_json::from_slice(line.as_bytes())
                .map_err(|_| Error::invalid_input(&place, "expected one JSON object"))?;
            parse_part(&place, line.once(&place)?)
        })
        .collect()
}

/// The columns that there may be.
const COLUMNS: [&str; 3] = ["email", "login", "ticket"];

fn from_csv(text: &str) -> Result<Vec<PersonEntry>> {
    let wrong = |place: &str, expected: &str| Error::invalid_input(place, expected);
    let header = text.lines().next().unwrap_or_default();
    // Spreadsheets write semicolons where a comma is the decimal sign.
    let delimiter = match header.contains(';') {
        true => b';',
        false => b',',
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let expected = "expected CSV whose first line names its columns, email, login or both and perhaps \
                    ticket; or one JSON object a line";
    let header = reader
        .headers()
        .map_err(|_| wrong("people_text", expected))?;
    let columns: Vec<String> = header.iter().map(str::to_lowercase).collect();
    let known = |column: &String| COLUMNS.contains(&column.as_str());
    let once = |column: &String| columns.iter().filter(|other| *other == column).count() == 1;
    let names = columns
        .iter()
        .any(|column| column == "email" || column == "login");
    if !names || !columns.iter().all(|column| known(column) && once(column)) {
        return Err(wrong("people_text", expected));
    }
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            let place = format!("people_text, line {line}");
            wrong(&place, "expected as many columns as in the first line")
        })?;
        let cell = |name: &str| {
            let place = columns.iter().position(|column| column == name)?;
            let text = record.get(place)?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        entries.push(PersonEntry::of_text(
            cell("email"),
            cell("login"),
            cell("ticket"),
        ));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match people(None, Some(text)) {
            Ok(people) => {
                let people = people.iter().map(|(person, entry)| {
                    let ticket = entry.ticket.as_deref().unwrap_or("no ticket");
                    match person {
                        Ok(person) => format!("{}, {ticket}", person.to_line()),
                        Err(error) => format!("{}, {ticket}", error.message),
                    }
                });
                people.collect::<Vec<_>>().join("\n")
            }
            Err(error) => error.message,
        }
    }

    #[test]
    fn csv_has_its_columns_in_any_order() {
        let told = "email \"a@example.com\", no ticket\nlogin \"bob\", OFF-2";
        for text in [
            "email,login,ticket\na@example.com,,\n,bob,OFF-2\n",
            "\u{feff}Ticket, LOGIN ,email\r\n,,a@example.com\r\nOFF-2,bob,\r\n",
            "login;email;ticket\n;a@example.com;\n\nbob;;OFF-2",
            "{\"email\": \"a@example.com\"}\n\n{\"login\": \"bob\", \"ticket\": \"OFF-2\"}\n",
        ] {
            assert_eq!(read(text), told, "{text}");
        }
        assert_eq!(
            read("email\n\"o'neill, s\"@example.com\n"),
            "email \"o'neill, s@example.com\", no ticket"
        );
    }

    #[test]
    fn whoever_is_not_named_keeps_nobody_else_back() {
        let told = "email \"a@example.com\", no ticket\n\
                    people_text, person 2: `email, login`: expected exactly one, got none, OFF-2";
        assert_eq!(read("email,ticket\na@example.com,\n,OFF-2\n"), told);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_never_by_value() {
        for (text, told) in [
            ("", "`people_text`: expected CSV whose first line"),
            ("canary@example.com\n", "`people_text`: expected CSV whose"),
            ("email,canary\na,b\n", "`people_text`: expected CSV whose"),
            ("email,email\na,b\n", "`people_text`: expected CSV whose"),
            ("ticket\ncanary\n", "`people_text`: expected CSV whose"),
            ("email\n", "`people, people_text`: expected at least one"),
            (
                "email,login\na@example.com,\ncanary@example.com\n",
                "`people_text, line 3`: expected as many columns",
            ),
            (
                "email,login\ncanary@example.com,canary\n",
                "people_text, person 1: `email, login`: expected exactly one, got both",
            ),
            (
                "email,ticket\n,canary\n",
                "people_text, person 1: `email, login`: expected exactly one, got none",
            ),
            (
                "{\"email\": \"a@example.com\"}\n{canary\n",
                "`people_text, line 2`: expected one JSON object",
            ),
            (
                "{\"email\": \"a@example.com\", \"ticket\": \"\"}\n",
                "`people_text, person 1.ticket`: expected text that is not empty",
            ),
            (
                "{\"email\": 17}\n",
                "`people_text, line 1.email`: expected a string",
            ),
            (
                "{\"login\": \"jdoe\"}\n{\"login\": \"asmith\", \"login\": \"canary\"}\n",
                "`people_text, line 2.login`: expected once",
            ),
            (
                "{\"mail\": \"canary\"}\n",
                "`people_text, line 1.mail`: no such field here",
            ),
        ] {
            let error = read(text);
            assert!(error.contains(told), "{text:?}: {error}");
            assert!(!error.contains("canary"), "{text:?}: {error}");
        }
    }
}
