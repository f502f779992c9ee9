//! JSON in which no object has a member twice.
//!
//! Which of two counts is anybody's guess, and a workflow that pastes a text into a message without escaping
//! it lets whoever wrote that text add members of their own. So every transport reads what it is sent by this.
//!
//! The reader of a console's lists (`rapid7/src/without_links.rs`) has the same shape and decides something else:
//! what of an answer is worth keeping.

use std::fmt;

use rapid7::number;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::core::error::{Error, Result};
use crate::core::text::printable;

/// A longer path is cut: it comes from outside.
const LONGEST_PATH: usize = 200;

/// JSON that was read to its end, whatever is twice in it.
#[derive(Debug, Clone, Default)]
pub struct Read {
    value: Value,
    twice: Option<String>,
}

impl Read {
    /// The JSON, for who answers to it all the same: where a member is there twice, it has one of them.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Why it can't be used, if a member is there twice: `InvalidInput` with the first of them. What it holds
    /// is not told. `place` says where the JSON stands; empty for a whole input.
    #[must_use]
    pub fn twice(&self, place: &str) -> Option<Error> {
        let twice = self.twice.as_deref()?;
        let dot = match place.is_empty() || twice.starts_with('[') {
            true => "",
            false => ".",
        };
        let member = format!("{place}{dot}{twice}");
        let expected = "expected once; it is given twice, and only one of them could be meant";
        Some(Error::invalid_input(&member, expected))
    }

    /// The JSON, if every member is there once.
    ///
    /// # Errors
    /// What [`Self::twice`] tells.
    pub fn once(self, place: &str) -> Result<Value> {
        match self.twice(place) {
            None => Ok(self.value),
            Some(error) => Err(error),
        }
    }
}

/// Reads JSON.
///
/// # Errors
/// For what is no JSON. That a member is there twice is told by [`Read::once`].
pub fn from_slice(text: &[u8]) -> serde_json::Result<Read> {
    serde_json::from_slice(text)
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut twice = None;
        let reader = Reader {
            place: &Place::Whole,
            twice: &mut twice,
        };
        let value = reader.deserialize(deserializer)?;
        Ok(Self { value, twice })
    }
}

/// Where in the JSON something stands.
enum Place<'a> {
    Whole,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Member(Self::Whole, name) => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Reader<'a> {
    place: &'a Place<'a>,
    twice: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Value, A::Error> {
        let mut all = Vec::new();
        loop {
            let reader = Reader {
                place: &Place::Item(self.place, all.len()),
                twice: self.twice,
            };
            match items.next_element_seed(reader)? {
                Some(item) => all.push(item),
                None => return Ok(all.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if all.is_empty()
                && let Some(number) = number(&name, &mut members)?
            {
                return Ok(number);
            }
            let place = Place::Member(self.place, &name);
            if all.contains_key(&name) {
                self.twice.get_or_insert_with(|| {
                    let path = printable(&place.to_string());
                    path.chars().take(LONGEST_PATH).collect()
                });
            }
            let value = members.next_value_seed(Reader {
                place: &place,
                twice: self.twice,
            })?;
            all.insert(name, value);
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_elsewhere() {
        for text in [
            r#"{"a":[1,-2,3.5,null,true,"xA",{"a":{},"b":[]}],"b":18446744073709551615}"#,
            r#"{"big":12345678901234567890123,"long":[0.1234567890123456789012345,-1e-7]}"#,
            "[]",
            "null",
            r#""a""#,
            "1.50",
        ] {
            let read = from_slice(text.as_bytes()).expect(text).once("");
            let read = read.expect("every member once");
            assert_eq!(read, serde_json::from_str::<Value>(text).expect(text));
            assert_eq!(read.to_string(), text);
        }
        for text in ["{", "{\"a\": 1,}", "{} {}", "", "1e", "{\"a\" 1}"] {
            assert!(from_slice(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_told_by_its_path() {
        let long = format!(r#"{{"{0}": 1, "{0}": 2}}"#, "a".repeat(1000));
        for (text, path) in [
            (
                r#"{"login": "jdoe", "ticket": "x", "login": "canary"}"#,
                "`login`",
            ),
            (r#"[{"a": {"b": 1, "b": 1}}]"#, "`[0].a.b`"),
            (
                r#"{"a": [1, {"b": [{"c": 1, "c": "canary"}]}]}"#,
                "`a[1].b[0].c`",
            ),
            (r#"{"dry_run": true, "dry\u005frun": false}"#, "`dry_run`"),
            (r#"{"a\u001b[2J": 1, "a\u001b[2J": 2}"#, "`a\\u001b[2J`"),
            // The first one, and none that is in something else of the same name.
            (r#"{"a": {"b": 1}, "b": 2, "c": 3, "c": 4, "b": 5}"#, "`c`"),
            (long.as_str(), &format!("`{}`", "a".repeat(LONGEST_PATH))),
        ] {
            let read = from_slice(text.as_bytes()).expect(text);
            let error = read.clone().once("").expect_err(text);
            let told = format!("{path}: expected once");
            assert!(error.message.starts_with(&told), "{}", error.message);
            assert!(!error.message.contains("canary"), "{}", error.message);
            let error = read.once("record").expect_err(text);
            let path = format!("`record.{}", &path[1..]).replace(".[", "[");
            assert!(error.message.starts_with(&path), "{}", error.message);
        }
    }
}
