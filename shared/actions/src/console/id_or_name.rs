//! Things of a console that callers may name instead of numbering.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A site, an asset group or an authentication source, by number or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdOrName {
    /// By number.
    Id(i64),
    /// By name; case is ignored.
    Name(String),
}

impl<'de> Deserialize<'de> for IdOrName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = IdOrName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a name")
            }

            fn visit_i64<E: Error>(self, id: i64) -> Result<IdOrName, E> {
                Ok(IdOrName::Id(id))
            }

            fn visit_u64<E: Error>(self, id: u64) -> Result<IdOrName, E> {
                i64::try_from(id)
                    .map(IdOrName::Id)
                    .map_err(|_| E::custom("too large, expected a number or a name"))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<IdOrName, E> {
                Ok(IdOrName::Name(name.to_owned()))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for IdOrName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "IdOrName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["integer", "string"]})
    }
}
