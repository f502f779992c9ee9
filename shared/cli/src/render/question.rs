//! What a person is asked before something is taken away.

use serde_json::{Map, Value};

use super::page::Page;
use super::parts::cell;
use super::people;

/// The question, with whom it is about in the place of its `{}`; `preview` is the plan that was shown, and
/// `console` the console's name, where it was named.
pub(crate) fn question(
    question: &str,
    preview: &Map<String, Value>,
    console: Option<&str>,
    page: Page,
) -> String {
    let whom = match people::is_about(preview) {
        true => people::asked_about(preview),
        false => account(preview, console),
    };
    let asked = match question {
        "" => format!("Do this to {whom}"),
        question => question.replacen("{}", &whom, 1),
    };
    format!("{} ", page.wrapped(&format!("{asked}? [y/N]"), "  "))
}

/// `jdoe – Jane Doe, jdoe@example.com, role user, 3 sites (user 4 on emea)`: what is known.
fn account(preview: &Map<String, Value>, console: Option<&str>) -> String {
    let subject = &preview["subject"];
    let state = preview.get("state").unwrap_or(&Value::Null);
    let login = cell(&subject["login"]);
    let text = |member: &str| state[member].as_str().map(|text| cell(&text.into()));
    let names = ["first_name", "last_name"].map(text);
    let names: Vec<String> = names.into_iter().flatten().collect();
    let email = subject["email"].as_str().map(|email| cell(&email.into()));
    let known = [
        text("name"),
        (!names.is_empty()).then(|| names.join(" ")),
        email.filter(|email| *email != login),
        text("role_id").map(|role| format!("role {role}")),
        (state["superuser"] == true).then(|| "superuser".to_owned()),
        (state["platform_admin"] == true).then(|| "platform administrator".to_owned()),
        how_many(state, "all_sites", "sites", "site"),
        how_many(state, "all_asset_groups", "asset_groups", "asset group"),
        how_many(state, "", "products", "product"),
        how_many(state, "", "api_keys", "API key"),
        (state["enabled"] == false).then(|| "disabled".to_owned()),
        (state["locked"] == true).then(|| "locked".to_owned()),
    ];
    let known: Vec<String> = known
        .into_iter()
        .flatten()
        .filter(|known| !known.is_empty())
        .collect();
    let known = match known.is_empty() {
        true => String::new(),
        false => format!(" – {}", known.join(", ")),
    };
    let place = match (&subject["surface"], console) {
        (Value::String(surface), _) if surface == "platform" => "the platform".to_owned(),
        (_, Some(console)) => cell(&console.into()),
        (_, None) => host(&cell(&subject["target"])).to_owned(),
    };
    match &subject["user_id"] {
        Value::Null => format!("{login}{known} (on {place})"),
        id => format!("{login}{known} (user {} on {place})", cell(id)),
    }
}

/// Of an address, what tells it from others.
fn host(address: &str) -> &str {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    host.split('/').next().unwrap_or(host)
}

fn how_many(state: &Value, all: &str, list: &str, one: &str) -> Option<String> {
    if state[all] == true {
        return Some(format!("all {one}s"));
    }
    match state[list].as_array()?.len() {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {one}s")),
    }
}

#[cfg(test)]
mod tests {
    use actions::Effect;
    use serde_json::json;

    use super::*;

    fn asked(preview: Value, console: Option<&str>) -> String {
        let preview = preview.as_object().expect("an object");
        question("Disable {}", preview, console, Page::ENDLESS)
    }

    /// Whatever takes something away says so, and of whom.
    #[test]
    fn what_takes_something_away_has_a_question_that_begins_with_what_is_done() {
        for entry in actions::ALL {
            let (spec, question) = (entry.operation.spec, entry.question);
            if spec.effect == Effect::Destructive {
                assert_eq!(question.matches("{}").count(), 1, "{}", spec.name);
            }
            if !question.is_empty() {
                assert!(question.starts_with(char::is_uppercase), "{question}");
                assert!(!question.ends_with(['?', '.']), "{question}");
            }
        }
    }

    #[test]
    fn the_question_names_the_person() {
        let subject = json!({
            "surface": "console", "target": "https://emea.example.com:3780", "user_id": 4, "login": "jdoe",
            "email": "jdoe@example.com",
        });
        let state = json!({
            "name": "Jane Doe", "role_id": "user", "superuser": false, "all_sites": false, "sites": [1, 2, 4],
            "asset_groups": [], "all_asset_groups": false, "enabled": true, "locked": false,
        });
        assert_eq!(
            asked(json!({"subject": subject, "state": state}), Some("emea")),
            "Disable jdoe – Jane Doe, jdoe@example.com, role user, 3 sites (user 4 on emea)? [y/N] "
        );
        assert_eq!(
            asked(json!({"subject": subject, "state": null}), None),
            "Disable jdoe – jdoe@example.com (user 4 on emea.example.com:3780)? [y/N] "
        );
    }

    #[test]
    fn what_a_console_tells_does_not_move_the_cursor() {
        let subject = json!({
            "surface": "platform", "target": "https://us.api.example.com", "user_id": "5b0e", "login": "a@example.com",
            "email": "a@example.com",
        });
        let state = json!({
            "first_name": "Eve\u{1b}[2K", "last_name": null, "platform_admin": true, "products": [{}],
            "api_keys": [{}, {}],
        });
        assert_eq!(
            asked(json!({"subject": subject, "state": state}), None),
            r"Disable a@example.com – Eve\u001b[2K, platform administrator, 1 product, 2 API keys (user 5b0e on the platform)? [y/N] "
        );
    }
}
