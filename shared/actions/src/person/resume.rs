//! What an earlier run of a list has done, out of its report.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::identity::Person;
use super::listing::{Presence, Resolved};
use crate::outcome::AccountId;

/// The people whom an earlier run is done with, each with the accounts that it was about.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    complete: BTreeMap<Person, Vec<(String, String)>>,
    /// Lines that can't be read: whoever they were about is done again.
    pub(crate) unreadable: usize,
}

#[derive(Deserialize)]
struct Line {
    person: Named,
    result: String,
    surfaces: Vec<Surface>,
}

#[derive(Deserialize)]
struct Named {
    email: Option<String>,
    login: Option<String>,
}

#[derive(Deserialize)]
struct Surface {
    name: String,
    subject: Option<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    user_id: Value,
}

impl Earlier {
    /// Reads the rows of a report. The last one about a person counts. What can't be read, such as a
    /// line that was cut, makes nobody complete.
    pub(crate) fn read(text: &str) -> Self {
        let mut earlier = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let line: Option<Line> = serde_json::from_str(line).ok();
            let known = line.and_then(|line| {
                let Named { email, login } = &line.person;
                let person = Person::from_members(login.as_deref(), email.as_deref()).ok()?;
                Some((person.key(), line))
            });
            let Some((person, line)) = known else {
                earlier.unreadable += 1;
                continue;
            };
            match line.result.as_str() {
                "done" | "already" => {
                    let accounts = line.surfaces.into_iter().filter_map(|surface| {
                        let id = match surface.subject?.user_id {
                            Value::String(id) => id,
                            id => id.to_string(),
                        };
                        Some((surface.name, id))
                    });
                    earlier.complete.insert(person, accounts.collect());
                }
                // Of another row: nothing new about this person.
                "skipped" => {}
                _ => _ = earlier.complete.remove(&person),
            }
        }
        earlier
    }

    /// Whether an earlier run is done with a person, and the surfaces still look like it: no account
    /// that it was not about, and none that is enabled.
    pub(crate) fn is_done(&self, person: &Person, now: &Resolved) -> bool {
        let Some(accounts) = self.complete.get(&person.key()) else {
            return false;
        };
        now.on.iter().all(|surface| match surface.verdict {
            Presence::Absent => true,
            Presence::Found => surface.accounts.iter().all(|account| {
                let id = account.subject.user_id.as_ref().map(AccountId::to_string);
                let id = id.unwrap_or_default();
                let was = accounts.contains(&(surface.name.clone(), id));
                // What is suspended on the platform does not show in its list.
                was && account.enabled != Some(true)
            }),
            Presence::Several | Presence::Unsure | Presence::Failed => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(text: &str) -> Vec<String> {
        let earlier = Earlier::read(text);
        earlier.complete.keys().map(Person::to_line).collect()
    }

    fn row(person: &str, result: &str) -> String {
        format!(
            r#"{{"person": {person}, "result": "{result}", "changed": true, "surfaces": [{{"name": "emea", "verdict": "done", "subject": {{"user_id": 4}}}}, {{"name": "platform", "subject": null}}]}}"#
        )
    }

    #[test]
    fn the_last_row_about_a_person_counts() {
        let a = r#"{"email": "A@example.com", "login": null}"#;
        let b = r#"{"email": null, "login": "bob"}"#;
        let rows = [row(a, "failed"), row(b, "done"), row(a, "already")].join("\n");
        let both = ["email \"a@example.com\"", "login \"bob\""];
        assert_eq!(complete(&rows), both);
        assert_eq!(
            complete(&[rows.as_str(), &row(b, "skipped")].join("\n")),
            both
        );
        for result in ["failed", "refused", "absent", "not_begun", "dry_run", "new"] {
            let rows = [rows.as_str(), &row(b, result)].join("\n");
            assert_eq!(complete(&rows), both[..1], "{result}");
        }
    }

    #[test]
    fn a_line_that_was_cut_makes_nobody_complete() {
        let a = r#"{"email": "a@example.com", "login": null}"#;
        let whole = row(a, "done");
        for end in 1..whole.len() {
            let Some(cut) = whole.get(..end) else {
                continue;
            };
            let earlier = Earlier::read(cut);
            assert_eq!(
                (earlier.complete.len(), earlier.unreadable),
                (0, 1),
                "{cut}"
            );
        }
        let two = format!("{}\n{whole}\n\n", &whole[..40]);
        assert_eq!(complete(&two).len(), 1);
    }
}
