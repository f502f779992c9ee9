//! What an earlier run of a list has done, out of its report.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::account::Person;
use super::listing::{PLATFORM, Presence, Resolved};
use super::options::{Options, PlatformStep};
use crate::core::outcome::AccountId;

/// The people whom an earlier run is done with, each with the accounts that it was about.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    complete: BTreeMap<Person, Complete>,
    /// Lines that can't be read: whoever they were about is done again.
    pub(crate) unreadable: usize,
}

/// What a row says of somebody who is done.
#[derive(Debug)]
struct Complete {
    accounts: Vec<(String, String)>,
    options: Options,
}

#[derive(Deserialize)]
struct Line {
    person: Named,
    result: String,
    /// Rows of older versions lack it, and what was asked for: they make nobody complete.
    #[serde(default)]
    dry_run: bool,
    options: Option<Options>,
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
                let person = Person::of_row(login.as_deref(), email.as_deref()).ok()?;
                Some((person.key(), line))
            });
            let Some((person, line)) = known else {
                earlier.unreadable += 1;
                continue;
            };
            match (line.result.as_str(), line.options) {
                ("done" | "already", Some(options)) if !line.dry_run => {
                    let accounts = line.surfaces.into_iter().filter_map(|surface| {
                        let id = match surface.subject?.user_id {
                            Value::String(id) => id,
                            id => id.to_string(),
                        };
                        Some((surface.name, id))
                    });
                    let accounts = accounts.collect();
                    let complete = Complete { accounts, options };
                    earlier.complete.insert(person, complete);
                }
                // Of another row: nothing new about this person.
                ("skipped", _) => {}
                _ => _ = earlier.complete.remove(&person),
            }
        }
        earlier
    }

    /// Whether an earlier run is done with a person by what is asked for now, and the lists still look
    /// like it: no account that it was not about, none that is enabled, and none on the platform that
    /// is to be deleted.
    pub(crate) fn is_done(&self, person: &Person, now: &Resolved, asked: Options) -> bool {
        let Some(Complete { accounts, options }) = self.complete.get(&person.key()) else {
            return false;
        };
        let deletes = asked.platform == PlatformStep::Delete;
        options.cover(asked)
            && now.on.iter().all(|surface| match surface.verdict {
                Presence::Found if deletes && surface.name == PLATFORM => false,
                Presence::Absent => true,
                Presence::Found => surface.accounts.iter().all(|account| {
                    let id = account.subject.user_id.as_ref().map(AccountId::to_string);
                    let id = id.unwrap_or_default();
                    let was = accounts.contains(&(surface.name.clone(), id));
                    // What is suspended on the platform does not show in its list: it is asked once more.
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
            r#"{{"person": {person}, "result": "{result}", "changed": true, "dry_run": false, "options": {{"platform": "suspend", "clear_sites": false, "clear_asset_groups": true, "reset_two_factor": false, "replace_password": false}}, "surfaces": [{{"name": "emea", "verdict": "done", "subject": {{"user_id": 4}}}}, {{"name": "platform", "subject": null}}]}}"#
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

    #[test]
    fn rows_of_dry_runs_and_rows_that_do_not_say_what_was_asked_make_nobody_complete() {
        let a = r#"{"email": "a@example.com", "login": null}"#;
        let whole = row(a, "already");
        assert_eq!(complete(&whole).len(), 1);
        let dry = whole.replace(r#""dry_run": false"#, r#""dry_run": true"#);
        assert!(complete(&dry).is_empty());
        assert!(complete(&format!("{whole}\n{dry}")).is_empty());
        let old = whole.replace("\"options\"", "\"other\"");
        assert!(complete(&old).is_empty());
        assert_eq!(Earlier::read(&old).unreadable, 0);
    }

    #[test]
    fn a_row_covers_no_more_than_what_was_asked_for() {
        use PlatformStep::{Delete, Keep, Suspend};
        let of = |platform, clear_sites| Options {
            platform,
            clear_sites,
            ..Options::default()
        };
        for (was, asked, covered) in [
            (of(Suspend, false), of(Suspend, false), true),
            (of(Suspend, true), of(Suspend, false), true),
            (of(Suspend, false), of(Suspend, true), false),
            (of(Suspend, false), of(Delete, false), false),
            (of(Delete, false), of(Suspend, false), true),
            (of(Keep, false), of(Suspend, false), false),
            (of(Keep, false), of(Keep, false), true),
        ] {
            assert_eq!(was.cover(asked), covered, "{was:?} {asked:?}");
        }
        let plain = Options::default();
        let seed = Options {
            reset_two_factor: true,
            ..plain
        };
        let password = Options {
            replace_password: true,
            ..plain
        };
        assert!(seed.cover(plain) && !plain.cover(seed) && !seed.cover(password));
    }
}
