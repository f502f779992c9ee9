//! Numbers as they were written: a member that nobody here knows may hold one that fits neither 64 bits nor
//! a fraction's, and it has to go back as it came.

use serde::de::MapAccess;
use serde_json::{Number, Value};

/// The only member of the map as which `serde_json`, told to keep numbers as they are
/// (`arbitrary_precision`), hands over one that is no whole number of 64 bits. It has no public name.
const AS_WRITTEN: &str = "$serde_json::private::Number";

/// The number in a map whose first member has been read; `None` if the map is an object. For visitors
/// that take JSON apart themselves; `serde_json`'s own do this by themselves.
///
/// # Errors
/// For what is no number after all.
pub fn number<'de, A: MapAccess<'de>>(
    first: &str,
    members: &mut A,
) -> Result<Option<Value>, A::Error> {
    use serde::de::Error as _;

    if first != AS_WRITTEN {
        return Ok(None);
    }
    let text: String = members.next_value()?;
    let number: Result<Number, _> = text.parse();
    number.map(|n| Some(n.into())).map_err(A::Error::custom)
}
