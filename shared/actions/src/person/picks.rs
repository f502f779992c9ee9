//! The accounts of a person, as texts name them.

use super::options::AccountPick;
use super::table::{self, Shape};
use crate::core::error::{Error, Result};
use crate::core::input::parse_part;
use crate::core::outcome::AccountId;
use crate::core::strict_json;
use crate::person::listing::PLATFORM;

const PAIRS: &str = "expected pairs of a console and a number, or of platform and a UUID, with blanks between \
                     them, such as emea:42 platform:067c4624-3a7c-4f42-8045-fee12e8ad7f6";

const ACCOUNTS: Shape = Shape {
    columns: &["surface", "user_id"],
    one_of: &["surface"],
    expected: PAIRS,
};

/// Accounts as a cell has them: `emea:42 platform:UUID`. `place` says where it stands.
///
/// # Errors
/// `InvalidInput` for anything else.
pub(super) fn of_pairs(place: &str, text: &str) -> Result<Vec<AccountPick>> {
    let pairs = text.split(|c: char| c.is_whitespace() || c == ';');
    let pairs = pairs.filter(|pair| !pair.is_empty());
    let picks = pairs.map(|pair| {
        let (surface, id) = pair.rsplit_once(':')?;
        pick(surface, id)
    });
    let picks: Option<Vec<AccountPick>> = picks.collect();
    picks.ok_or_else(|| Error::invalid_input(place, PAIRS))
}

fn pick(surface: &str, id: &str) -> Option<AccountPick> {
    let id = match surface {
        "" => return None,
        PLATFORM => AccountId::Platform(rapid7::platform::UserId::parse(id)?.to_string()),
        _ => AccountId::Console(id.parse().ok().filter(|number| *number > 0)?),
    };
    Some(AccountPick {
        surface: surface.to_owned(),
        user_id: id.into(),
    })
}

impl AccountPick {
    /// A list of accounts out of a text that is no JSON list: CSV with the columns `surface` and `user_id`, one
    /// JSON object a line, or the pairs that a list of people has in its column `accounts`. `name` is what the
    /// text is called in messages.
    ///
    /// # Errors
    /// `InvalidInput` for anything else.
    pub fn of_text(name: &str, text: &str) -> Result<Vec<Self>> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with('{') {
            let lines = text.lines().enumerate();
            let lines = lines.filter(|(_, line)| !line.trim().is_empty());
            let picks = lines.map(|(index, line)| {
                let place = format!("{name}, line {}", index + 1);
                let line = strict_json::from_slice(line.as_bytes())
                    .map_err(|_| Error::invalid_input(&place, "expected one JSON object"))?;
                parse_part(&place, line.once(&place)?)
            });
            return picks.collect();
        }
        let Ok((rows, _)) = table::read(name, text, &ACCOUNTS) else {
            return of_pairs(name, text);
        };
        let picks = rows.into_iter().map(|mut row| {
            let (surface, id) = (row.take("surface"), row.take("user_id"));
            let found = surface
                .zip(id)
                .and_then(|(surface, id)| pick(&surface, &id));
            let expected = "expected a console and a number, or platform and a UUID";
            found.ok_or_else(|| Error::invalid_input(&row.place, expected))
        });
        picks.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_names_the_same_accounts() {
        let uuid = "067c4624-3a7c-4f42-8045-fee12e8ad7f6";
        let expected = json!([
            {"surface": "emea", "user_id": 42}, {"surface": "platform", "user_id": uuid},
        ]);
        for text in [
            format!("emea:42 platform:{uuid}\n"),
            format!("\u{feff}emea:42\r\nplatform:{uuid}"),
            format!("surface,user_id\nemea,42\nplatform,{uuid}\n"),
            format!("User ID;Surface\n42;emea\n{uuid};platform\n"),
            format!("{}\n\n{}\n", expected[0], expected[1]),
        ] {
            let picks = AccountPick::of_text("--accounts-file", &text).expect(&text);
            assert_eq!(json!(picks), expected, "{text}");
        }
    }

    #[test]
    fn what_names_no_account_is_told_by_its_place_and_never_by_value() {
        for (text, told) in [
            ("canary", "`--accounts-file`: expected pairs"),
            ("emea:canary", "`--accounts-file`: expected pairs"),
            ("emea:0", "`--accounts-file`: expected pairs"),
            ("platform:42", "`--accounts-file`: expected pairs"),
            (":42", "`--accounts-file`: expected pairs"),
            (
                "surface,user_id\nemea,4\nemea,canary\n",
                "`--accounts-file, line 3`: expected a console",
            ),
            (
                "surface\nemea\n",
                "`--accounts-file, line 2`: expected a console",
            ),
            (
                "{\"surface\": \"emea\"}\n",
                "`--accounts-file, line 1.user_id`: required",
            ),
            (
                "{canary\n",
                "`--accounts-file, line 1`: expected one JSON object",
            ),
        ] {
            let error = AccountPick::of_text("--accounts-file", text).expect_err(text);
            assert!(
                error.message.starts_with(told),
                "{text:?}: {}",
                error.message
            );
            assert!(
                !error.message.contains("canary"),
                "{text:?}: {}",
                error.message
            );
        }
        assert_eq!(
            AccountPick::of_text("--accounts-file", " \n").expect("none"),
            []
        );
    }
}
