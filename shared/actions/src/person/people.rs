//! A list of people, as a caller sends it: data, CSV or JSON lines.

use schemars::JsonSchema;
use serde::Deserialize;

use super::account::Person;
use super::options::AccountPick;
use super::picks;
use super::table::{self, Shape};
use crate::core::error::{Error, Result};
use crate::core::input::parse_part;
use crate::core::strict_json;
use crate::core::text::solid;

/// A person who leaves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// The person's email address; case is ignored. Either this or `login`, or both of the same person.
    pub email: Option<String>,
    /// The person's login on a console, exactly as spelled there.
    pub login: Option<String>,
    /// The accounts to use on surfaces where several match.
    #[serde(default)]
    pub accounts: Vec<AccountPick>,
    /// Ticket for this person, instead of the run's.
    pub ticket: Option<String>,
}

impl PersonEntry {
    /// Whom it names. `place` says where it stands.
    fn person(&self, place: &str) -> Result<Person> {
        if let Some(ticket) = &self.ticket {
            solid(&format!("{place}.ticket"), ticket)?;
        }
        let person = Person::of_row(self.login.as_deref(), self.email.as_deref());
        person.map_err(|mut error| {
            error.message = format!("{place}: {}", error.message);
            error
        })
    }
}

/// People with what names each, in the order of the list; of whoever is not named, why not.
pub(crate) type People = Vec<(Result<Person>, PersonEntry)>;

/// A list of people, as it was read.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) people: People,
    /// What of it was not read.
    pub(crate) warnings: Vec<String>,
}

/// Entries, each with the place where it stands.
type Entries = Vec<(String, PersonEntry)>;

/// The members of an input.
///
/// # Errors
/// `InvalidInput` unless exactly one is given, can be read, and names somebody.
pub(crate) fn people(list: Option<&[PersonEntry]>, text: Option<&str>) -> Result<Listed> {
    let field = "people, people_text";
    let (entries, warnings): (Entries, _) = match (list, text) {
        (Some(list), None) => {
            let list = list.iter().cloned().enumerate();
            let list = list.map(|(index, entry)| (format!("people[{index}]"), entry));
            (list.collect(), Vec::new())
        }
        (None, Some(text)) => from_text(text)?,
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
    let entries = entries.into_iter();
    let people: People = entries
        .map(|(place, entry)| (entry.person(&place), entry))
        .collect();
    match people.iter().all(|(person, _)| person.is_err()) {
        true => Err(people
            .into_iter()
            .find_map(|(person, _)| person.err())
            .unwrap_or_else(|| Error::invalid_input(field, "expected at least one person"))),
        false => Ok(Listed { people, warnings }),
    }
}

const PEOPLE: Shape = Shape {
    columns: &["email", "login", "ticket", "accounts"],
    one_of: &["email", "login"],
    expected: "expected CSV whose first line names its columns, email, login or both and perhaps ticket and \
               accounts; or one JSON object a line",
};

/// JSON lines, if the text begins like it, else CSV.
fn from_text(text: &str) -> Result<(Entries, Vec<String>)> {
    let text = text.trim_start_matches('\u{feff}');
    match text.trim_start().starts_with('{') {
        true => Ok((from_json_lines(text)?, Vec::new())),
        false => {
            let (rows, warnings) = table::read("people_text", text, &PEOPLE)?;
            let rows = rows.into_iter();
            let entries = rows.map(|mut row| {
                let accounts = row.take("accounts").unwrap_or_default();
                let place = format!("{}.accounts", row.place);
                let entry = PersonEntry {
                    email: row.take("email"),
                    login: row.take("login"),
                    accounts: picks::of_pairs(&place, &accounts)?,
                    ticket: row.take("ticket"),
                };
                Ok((row.place, entry))
            });
            Ok((entries.collect::<Result<_>>()?, warnings))
        }
    }
}

fn from_json_lines(text: &str) -> Result<Entries> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let place = format!("people_text, line {}", index + 1);
            let line = strict_json::from_slice(line.as_bytes())
                .map_err(|_| Error::invalid_input(&place, "expected one JSON object"))?;
            let entry = parse_part(&place, line.once(&place)?)?;
            Ok((place, entry))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match people(None, Some(text)) {
            Ok(Listed { people, warnings }) => {
                let people = people.iter().map(|(person, entry)| {
                    let ticket = entry.ticket.as_deref().unwrap_or("no ticket");
                    match person {
                        Ok(person) => format!("{}, {ticket}", person.to_line()),
                        Err(error) => format!("{}, {ticket}", error.message),
                    }
                });
                people.chain(warnings).collect::<Vec<_>>().join("\n")
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
            read("name,email\n\"O'Neill, Sé\n(two lines)\",o'neill@example.com\n"),
            "email \"o'neill@example.com\", no ticket\n\
             columns of the list that were not read: name"
        );
    }

    #[test]
    fn csv_comes_as_spreadsheets_write_it() {
        let told = "email \"a@example.com\", no ticket\n\
                    email \"b@example.com\" and login \"bob\", OFF-2\n\
                    columns of the list that were not read: Name, Site";
        for (delimiter, first) in [
            (',', ""),
            (';', ""),
            ('\t', ""),
            ('|', "sep=|\r\n"),
            (';', "SEP=;\r\n\r\n"),
            (',', "\r\n,,,,\r\n"),
        ] {
            let text = "Name,E-Mail,Login,Site,Ticket,\r\n\
                        \"Ada, A\",a@example.com,,Paris,,\r\n\
                        ,,,,,\r\n\
                        Bob,b@example.com, bob ,\"Oslo\r\nor Bergen\",OFF-2\r\n\
                        ,,,,,\r\n\r\n";
            let text = text
                .replace("\"Ada, A\"", "Ada")
                .replace(',', &delimiter.to_string());
            assert_eq!(
                read(&format!("\u{feff}{first}{text}")),
                told,
                "{first:?} {delimiter:?}"
            );
        }
    }

    #[test]
    fn whoever_is_not_named_keeps_nobody_else_back() {
        let told = "email \"a@example.com\", no ticket\n\
                    people_text, line 3: `email, login`: expected one of them, or both of one person, got none, \
                    OFF-2";
        assert_eq!(read("email,ticket\na@example.com,\n,OFF-2\n"), told);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_and_never_by_value() {
        for (text, told) in [
            ("", "`people_text`: expected CSV whose first line"),
            ("canary@example.com\n", "`people_text`: expected CSV whose"),
            (
                "email,e-mail\na,b\n",
                "`people_text`: expected the column email once",
            ),
            ("ticket\ncanary\n", "`people_text`: expected CSV whose"),
            ("email\n", "`people, people_text`: expected at least one"),
            (
                "email,login\na@example.com,\ncanary@example.com,,x\n",
                "`people_text, line 3`: expected as many columns",
            ),
            (
                "email,login\r\n\r\na@example.com,\r\n\r\n,\r\ncanary@example.com,,x\r\n",
                "`people_text, line 6`: expected as many columns",
            ),
            (
                "email,ticket\n,canary\n",
                "people_text, line 2: `email, login`: expected one of them",
            ),
            (
                "email\rcanary\r",
                "people_text, line 2: `email`: expected one email address",
            ),
            (
                "email,name\na@example.com,\"canary\nb@example.com,c\n",
                "`people_text, line 2`: expected a quotation mark at the end",
            ),
            (
                "{\"email\": \"a@example.com\"}\n{canary\n",
                "`people_text, line 2`: expected one JSON object",
            ),
            (
                "{\"email\": \"a@example.com\", \"ticket\": \"\"}\n",
                "`people_text, line 1.ticket`: expected text that is not empty",
            ),
            (
                "email,accounts\na@example.com,console:4\nb@example.com,canary\n",
                "`people_text, line 3.accounts`: expected pairs",
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

    /// Spreadsheets leave out the last cells of a row, and end lines with what stands between cells.
    #[test]
    fn rows_may_end_early_and_late() {
        let told = "email \"a@example.com\", no ticket";
        for text in [
            "email,login,ticket\na@example.com\n",
            "email;\na@example.com;\n",
            "email;login;ticket\na@example.com;\n",
        ] {
            assert_eq!(read(text), told, "{text:?}");
        }
    }

    /// The same accounts in both forms of a list.
    #[test]
    fn accounts_are_named_in_csv_as_in_json() {
        let uuid = "067c4624-3a7c-4f42-8045-fee12e8ad7f6";
        let json = format!(
            "{{\"email\": \"a@example.com\", \"accounts\": [{{\"surface\": \"emea\", \"user_id\": 42}}, \
             {{\"surface\": \"platform\", \"user_id\": \"{uuid}\"}}]}}\n{{\"email\": \"b@example.com\"}}"
        );
        let entries = |text: &str| {
            let listed = people(None, Some(text)).expect(text);
            let entries = listed.people.into_iter().map(|(_, entry)| entry);
            entries.collect::<Vec<_>>()
        };
        let expected = entries(&json);
        assert_eq!(expected[0].accounts.len(), 2);
        for between in [" ", ";", "; ", "\t", " \n"] {
            let text = format!(
                "email,Accounts\na@example.com,\"emea:42{between}platform:{uuid}\"\nb@example.com,\n"
            );
            assert_eq!(entries(&text), expected, "{text}");
        }
    }
}
