//! JSON for people: in the order of the text, and on one line wherever it fits.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The longest line that is not broken.
const WIDTH: usize = 100;

/// A JSON document whose members stay in order, unlike those of [`Value`].
pub(super) enum Json {
    Scalar(Value),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Scalar(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = access.next_element()? {
                    items.push(item);
                }
                Ok(Json::Array(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = access.next_key::<String>()? {
                    if members.is_empty()
                        && let Some(number) = rapid7::number(&name, &mut access)?
                    {
                        return Ok(Json::Scalar(number));
                    }
                    members.push((name, access.next_value()?));
                }
                Ok(Json::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Json {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    pub(super) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0, 0);
        text
    }

    /// Whether several of it on one line can be read.
    fn is_word(&self) -> bool {
        match self {
            Self::Scalar(Value::String(text)) => !text.contains(' '),
            Self::Scalar(_) => true,
            Self::Array(_) | Self::Object(_) => false,
        }
    }

    /// All of it on one line.
    pub(super) fn line(&self) -> String {
        match self {
            Self::Scalar(value) => value.to_string(),
            Self::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::line).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!("{}: {}", Value::from(name.as_str()), value.line())
                };
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(", "))
            }
        }
    }

    /// Appends the value, behind `taken` characters on its line. Room is kept for a comma.
    fn write(&self, text: &mut String, indent: usize, taken: usize) {
        let line = self.line();
        let fits = taken + line.chars().count() < WIDTH;
        let inner = indent + 2;
        let margin = " ".repeat(inner);
        match self {
            Self::Array(items) if !fits => {
                text.push('[');
                let mut column = WIDTH;
                for (index, item) in items.iter().enumerate() {
                    let length = item.line().chars().count() + 1;
                    let starts_line = !item.is_word() || column + length >= WIDTH;
                    text.push_str(if index == 0 { "" } else { "," });
                    if starts_line {
                        text.push('\n');
                        text.push_str(&margin);
                        column = inner;
                    } else {
                        text.push(' ');
                        column += 1;
                    }
                    item.write(text, inner, column);
                    column += length;
                }
                text.push_str(&format!("\n{}]", " ".repeat(indent)));
            }
            Self::Object(members) if !fits => {
                text.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "\n" } else { ",\n" });
                    let name = format!("{margin}{}: ", Value::from(name.as_str()));
                    text.push_str(&name);
                    value.write(text, inner, name.chars().count());
                }
                text.push_str(&format!("\n{}}}", " ".repeat(indent)));
            }
            _ => text.push_str(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pretty(text: &str) -> String {
        Json::parse(text).expect(text).pretty()
    }

    #[test]
    fn members_stay_in_order_and_on_one_line() {
        let text =
            r#"{"login": "jdoe", "all": true, "email": null, "sites": [1, "DMZ"], "x": -1.5}"#;
        assert_eq!(pretty(text), text);
        assert_eq!(pretty("{}"), "{}");
        assert!(Json::parse("{").is_err());
    }

    #[test]
    fn what_is_too_long_is_broken_from_the_outside() {
        let login = "l".repeat(WIDTH);
        let text = format!(r#"{{"user": {{"login": "{login}", "id": 4}}, "ids": [1, 2]}}"#);
        let expected = format!(
            "{{\n  \"user\": {{\n    \"login\": \"{login}\",\n    \"id\": 4\n  }},\n  \"ids\": [1, 2]\n}}"
        );
        assert_eq!(pretty(&text), expected);
        let objects = format!(r#"[{{"id": 1}}, {{"id": 2, "login": "{login}"}}]"#);
        let expected = format!(
            "[\n  {{\"id\": 1}},\n  {{\n    \"id\": 2,\n    \"login\": \"{login}\"\n  }}\n]"
        );
        assert_eq!(pretty(&objects), expected);
    }

    #[test]
    fn a_long_list_of_words_fills_its_lines() {
        let long: Vec<i64> = (100..160).collect();
        let list = pretty(&json!(long).to_string());
        let lines: Vec<&str> = list.lines().collect();
        assert_eq!(lines.len(), 6, "{list}");
        assert_eq!(lines[1].len(), 96);
        assert!(lines[1].starts_with("  100, 101,") && lines[1].ends_with("118,"));
        assert_eq!(serde_json::from_str::<Value>(&list).ok(), Some(json!(long)));
        let steps = json!(["first this", "then that", "l".repeat(WIDTH)]);
        let list = pretty(&steps.to_string());
        assert!(
            list.starts_with("[\n  \"first this\",\n  \"then that\",\n"),
            "{list}"
        );
    }

    /// The last column is for a comma.
    #[test]
    fn a_line_is_never_too_long() {
        let fitting = |length: usize| format!(r#"["{}", 1]"#, "é".repeat(length));
        assert!(!pretty(&fitting(WIDTH - 8)).contains('\n'));
        assert!(pretty(&fitting(WIDTH - 7)).contains('\n'));
    }
}
