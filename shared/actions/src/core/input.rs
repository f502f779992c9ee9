//! What callers send, and how it is told to them when it is wrong.

use schemars::JsonSchema;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use crate::core::error::{Error, Result};

/// The members that every input has, borrowed from it.
#[derive(Debug, Clone, Copy)]
pub struct Common<'a> {
    /// Whether to only show what would be done.
    pub dry_run: bool,
    /// The ticket that asked for it.
    pub ticket: Option<&'a str>,
    /// Who asked for it.
    pub requested_by: Option<&'a str>,
    /// Which console it is about, of several.
    pub console: Option<&'a str>,
    /// Whether it may cost an account what no update can carry.
    pub accept_loss_of_privileges: bool,
}

/// An operation's input. Made by the macro `input!`, or one that is made of it.
pub trait Input: DeserializeOwned + JsonSchema + Send + Sync {
    /// The members that every input has.
    fn common(&self) -> Common<'_>;
}

/// Declares an operation's input: its own members, and those that every input has.
macro_rules! input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::core::input::input! { @declare $(#[$attributes])* $name { $($members)* } |_| None, |_| false }
    };
    (@declare $(#[$attributes:meta])* $name:ident { $($members:tt)* } $console:expr, $loss:expr) => {
        $(#[$attributes])*
        #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($members)*
            /// Dry run: read and plan, but write nothing.
            #[serde(default)]
            #[schemars(example = true)]
            pub dry_run: bool,
            /// Ticket for this request, kept in logs and audit records.
            #[schemars(example = &"OFF-1042")]
            pub ticket: Option<String>,
            /// Who asked for this; kept in logs and audit records.
            #[schemars(example = &"mkowalska@example.com")]
            pub requested_by: Option<String>,
        }

        impl $crate::core::input::Input for $name {
            fn common(&self) -> $crate::core::input::Common<'_> {
                $crate::core::input::Common {
                    dry_run: self.dry_run,
                    ticket: self.ticket.as_deref(),
                    requested_by: self.requested_by.as_deref(),
                    console: {
                        let console: fn(&Self) -> Option<&str> = $console;
                        console(self)
                    },
                    accept_loss_of_privileges: {
                        let loss: fn(&Self) -> bool = $loss;
                        loss(self)
                    },
                }
            }
        }
    };
}

pub(crate) use input;

/// For members that may be left out and can't be cleared: null is wrong, not "left out".
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// For members that may be left out or cleared: null is `Some(None)`.
pub(crate) fn clearable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads an input. Values are never repeated in errors: one of them may be a password.
///
/// # Errors
/// `InvalidInput`, naming the field and what it expects.
pub(crate) fn parse<T: Input>(value: Value) -> Result<T> {
    if !value.is_object() {
        let got = kind_of(&value);
        return Err(Error::invalid_input(
            "(input)",
            &format!("expected a JSON object, got {got}"),
        ));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let (field, expected) = explain(&path, &error.inner().to_string());
        Error::invalid_input(&field, &expected)
    })
}

/// The names of an input's members.
pub(crate) fn members<T: Input>() -> &'static [&'static str] {
    let mut names = Names(&[]);
    // It hands over nothing, so that this fails whatever the input is.
    let _ = T::deserialize(&mut names);
    names.0
}

/// Notes which members a type asks for: its derived `Deserialize` is the only one that knows, and a schema
/// would be a good part of a small binary.
struct Names(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Names {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> std::result::Result<V::Value, Self::Error> {
        Err(Self::Error::custom("nothing is here"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Self::Error> {
        self.0 = names;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Reads a part of an input that came as text of its own. `place` says where it stands.
///
/// # Errors
/// `InvalidInput`, naming the place, the field and what it expects.
pub(crate) fn parse_part<T: DeserializeOwned>(place: &str, value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let (field, expected) = explain(&path, &error.inner().to_string());
        Error::invalid_input(&join(place, &field), &expected)
    })
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The field and what it expects, out of serde's message, without the value that serde quotes.
fn explain(path: &str, message: &str) -> (String, String) {
    let quoted = |after: &str| {
        let rest = message.strip_prefix(after)?;
        Some(rest.split('`').nth(1)?.to_owned())
    };
    if let Some(name) = quoted("missing field ") {
        return (join(path, &name), "required, and missing".into());
    }
    // A number that is not one of the kind: no input has a fraction.
    let expected = match message {
        "invalid number" => Some("a whole number"),
        message => message.rsplit_once(", expected ").map(|(_, what)| what),
    };
    let expected = expected.map(|what| said(&what.replace('`', "")));
    if let Some(name) = quoted("unknown field ") {
        let known = expected.unwrap_or_default();
        let known = known.trim_start_matches("one of ");
        let field = if path.ends_with(&name) {
            path.to_owned()
        } else {
            join(path, &name)
        };
        return (field, format!("no such field here; there are {known}"));
    }
    match expected {
        Some(expected) => (path.to_owned(), format!("expected {expected}")),
        None => (path.to_owned(), "can't be read".into()),
    }
}

/// What serde expects, in the words of JSON: a type of ours is nothing to a caller.
fn said(expected: &str) -> String {
    const NUMBERS: [&str; 12] = [
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    // A struct can be read out of a list, too, and then its length is what is expected.
    let kinds = [
        "struct ",
        "internally tagged enum ",
        "tuple struct ",
        "unit struct ",
    ];
    let is_ours = kinds.iter().any(|kind| expected.starts_with(kind));
    match expected {
        number if NUMBERS.contains(&number) => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a sequence" => "a list".into(),
        "a map" => "an object".into(),
        "unit" => "null".into(),
        "string or map" | "map with a single key" => "text".into(),
        _ if is_ours => "an object".into(),
        other if other.starts_with("enum ") || other.starts_with("variant ") => "text".into(),
        other => other.to_owned(),
    }
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" | "." => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::core::error::ErrorKind;
    use crate::operations::users::create_user::CreateUserInput;
    use crate::operations::users::disable_user::DisableUserInput;

    use super::*;

    fn error<T: Input>(value: Value) -> String {
        match parse::<T>(value) {
            Ok(_) => panic!("accepted"),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::InvalidInput);
                error.message
            }
        }
    }

    #[test]
    fn wrong_input_is_told_by_field_and_expectation() {
        let told = |value| error::<DisableUserInput>(value);
        assert_eq!(
            told(json!({"user_id": "42"})),
            "`user_id`: expected a whole number"
        );
        assert_eq!(
            told(json!({"dry_run": "yes"})),
            "`dry_run`: expected a boolean"
        );
        for number in ["1.5", "1e3", "12345678901234567890123", "-0.0"] {
            let number: Value = serde_json::from_str(number).expect(number);
            assert_eq!(
                told(json!({"user_id": number})),
                "`user_id`: expected a whole number"
            );
        }
        assert_eq!(
            told(json!({"logn": "jdoe"})),
            "`logn`: no such field here; there are user_id, login, email, accept_loss_of_privileges, console, dry_run, ticket, requested_by"
        );
        assert_eq!(
            told(json!("jdoe")),
            "`(input)`: expected a JSON object, got a string"
        );
        assert_eq!(
            error::<CreateUserInput>(json!({"email": "a@example.com"})),
            "`login`: required, and missing"
        );
    }

    /// A type of ours is nothing to a caller: what is expected is said in JSON's words.
    #[test]
    fn types_of_rust_reach_nobody() {
        use crate::operations::access::grant_site_access::GrantSiteAccessInput;
        use crate::operations::credentials::set_password::SetPasswordInput;
        use crate::operations::people::access_report::AccessReportInput;
        use crate::operations::people::offboard_users::OffboardUsersInput;
        use crate::operations::users::list_user_changes::ListUserChangesInput;
        use crate::operations::users::restore_user::RestoreUserInput;

        fn all<T: Input>() -> Vec<String> {
            let schema = Value::from(schemars::schema_for!(T));
            let members: Vec<&str> = members::<T>().to_vec();
            let values = [
                json!("canary"),
                json!(1.5),
                json!(true),
                json!([]),
                json!({}),
                json!(["canary"]),
                json!([{"canary": 1}]),
                json!([[1]]),
                json!({"canary": 1}),
                json!([{"accounts": ["canary"]}]),
                json!([{"accounts": [{"surface": 1, "user_id": {}}]}]),
            ];
            assert!(schema.is_object());
            let wrong = members.iter().flat_map(|member| {
                let values = values.iter();
                values.filter_map(move |value| {
                    let error = parse::<T>(json!({ *member: value })).err()?;
                    Some(error.message)
                })
            });
            wrong.collect()
        }
        let told = [
            all::<CreateUserInput>(),
            all::<OffboardUsersInput>(),
            all::<GrantSiteAccessInput>(),
            all::<SetPasswordInput>(),
            all::<AccessReportInput>(),
            all::<ListUserChangesInput>(),
            all::<RestoreUserInput>(),
        ];
        for told in told.concat() {
            for word in [
                "struct", "enum", "variant", "64", "32", "::", "sequence", "tuple", "map",
            ] {
                assert!(!told.contains(word), "{word}: {told}");
            }
            assert!(
                !told.contains("canary") || told.contains("no such field"),
                "{told}"
            );
        }
    }

    #[test]
    fn an_inputs_members_are_known_by_name() {
        assert_eq!(
            members::<DisableUserInput>(),
            [
                "user_id",
                "login",
                "email",
                "accept_loss_of_privileges",
                "console",
                "dry_run",
                "ticket",
                "requested_by"
            ]
        );
    }

    #[test]
    fn a_value_is_never_repeated() {
        for value in [
            json!({"login": "a", "password": 17_420_815}),
            json!({"login": "a", "password": ["17420815"]}),
            json!({"login": "a", "enabled": "17420815"}),
            json!({"login": "a", "authentication_type": "17420815"}),
            json!({"login": "a", "authentication_type": ", expected 17420815"}),
            json!("17420815"),
        ] {
            let told = error::<CreateUserInput>(value);
            assert!(!told.contains("17420815"), "{told}");
        }
    }
}
