//! JSON without the `links` of entries, which are more than half of a page of a list and of no use here.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::number::number;

/// Parses JSON and leaves out every member named `links` but the outermost object's: that it has some tells an
/// empty list from something else. For lists: nothing that was read in one is ever sent back.
pub(crate) fn parse(body: &[u8]) -> serde_json::Result<Value> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = WithoutLinks { inside: false }.deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct WithoutLinks {
    /// Whether this is a part of something.
    inside: bool,
}

const INSIDE: WithoutLinks = WithoutLinks { inside: true };

impl<'de> DeserializeSeed<'de> for WithoutLinks {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for WithoutLinks {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
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
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(INSIDE)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.is_empty()
                && let Some(number) = number(&name, &mut members)?
            {
                return Ok(number);
            }
            if self.inside && name == "links" {
                members.next_value::<IgnoredAny>()?;
            } else {
                object.insert(name, members.next_value_seed(INSIDE)?);
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn links_of_entries_are_left_out_and_nothing_else_is() {
        let json = json!({
            "resources": [{"id": 1, "links": [{"href": "a"}], "role": {"id": "x", "links": []}}],
            "links": [], "page": {"size": 1.5, "n": null, "b": true, "i": -1},
        });
        let without = json!({
            "resources": [{"id": 1, "role": {"id": "x"}}],
            "links": [], "page": {"size": 1.5, "n": null, "b": true, "i": -1},
        });
        assert_eq!(parse(json.to_string().as_bytes()).expect("JSON"), without);
    }

    #[test]
    fn numbers_are_as_they_were_written() {
        let text = r#"[12345678901234567890123,0.1234567890123456789012345,-1.50,{"a":1e-400}]"#;
        let read = parse(text.as_bytes()).expect("JSON");
        assert_eq!(read.to_string(), text);
    }

    proptest! {
        #[test]
        fn what_is_no_json_is_none_here_either(text in "[\\[\\]{}\":,a1 .e-]{0,12}") {
            let whole: Option<Value> = serde_json::from_str(&text).ok();
            prop_assert_eq!(parse(text.as_bytes()).ok(), whole);
        }
    }
}
