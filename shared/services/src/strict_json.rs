//! JSON in which no object has a member twice.
//!
//! Which of two counts is anybody's guess, and a workflow that pastes a text into a body without escaping it
//! lets whoever wrote that text add members of their own.
//!
//! The reader of a console's lists (`rapid7/src/without_links.rs`) has the same shape and decides something else:
//! what of an answer is worth keeping.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads JSON.
///
/// # Errors
/// For what is no JSON; one that [`is_data`](serde_json::Error::is_data) for a member that is there twice.
pub fn from_slice(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Once).map(Self)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if all.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_elsewhere_but_for_a_member_that_is_there_twice() {
        for text in [
            r#"{"a": [1, -2, 3.5, null, true, "x\u0041", {"a": {}, "b": []}], "b": 18446744073709551615}"#,
            "[]",
            "null",
            r#""a""#,
        ] {
            let read = from_slice(text.as_bytes()).expect(text);
            assert_eq!(read, serde_json::from_str::<Value>(text).expect(text));
        }
        for text in [
            r#"{"login": "jdoe", "ticket": "x", "login": "ciso"}"#,
            r#"[{"a": {"b": 1, "b": 1}}]"#,
            r#"{"dry_run": true, "dry\u005frun": false}"#,
        ] {
            let error = from_slice(text.as_bytes()).expect_err(text);
            assert!(error.is_data(), "{error}");
        }
        for text in ["{", "{\"a\": 1,}", "{} {}", ""] {
            let error = from_slice(text.as_bytes()).expect_err(text);
            assert!(!error.is_data(), "{text}: {error}");
        }
    }
}
