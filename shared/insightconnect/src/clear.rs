//! Taking a member away, which JSON says with null and a plugin's types can't.

use actions::schema::has_type;
use serde_json::{Map, Value};

use crate::failure::{Failure, refused};
use crate::fields::{Field, Kind};

/// The input that names the members to take away.
pub(super) const NAME: &str = "clear";

/// That input, for an operation of which members can be taken away.
pub(super) fn field(input: &Value) -> Option<Field> {
    let properties = input["properties"].as_object().into_iter().flatten();
    let clearable = properties.filter(|(_, property)| property["x-clearable"] == true);
    let choices: Vec<String> = clearable.map(|(name, _)| name.clone()).collect();
    debug_assert!(
        choices
            .iter()
            .all(|name| has_type(&input["properties"][name], "null"))
    );
    Some(Field {
        name: NAME.into(),
        title: "Clear".into(),
        description: format!(
            "What to take away from the account: any of {}",
            choices.join(", ")
        ),
        kind: Kind::List(Box::new(Kind::String)),
        required: false,
        default: None,
        example: Some(vec![choices.last()?.clone()].into()),
        choices,
    })
}

/// Says it as the operation takes it.
///
/// # Errors
/// A member that is to be taken away and has a value all the same.
pub(super) fn to_operation(input: &mut Map<String, Value>) -> Result<(), Failure> {
    if let Some(Value::Array(names)) = input.remove(NAME) {
        for name in names.iter().filter_map(Value::as_str) {
            if input
                .insert(name.to_owned(), Value::Null)
                .is_some_and(|value| !value.is_null())
            {
                let expected = format!("expected not to be in `{NAME}` too, or to have no value");
                return Err(refused(name, &expected));
            }
        }
    }
    Ok(())
}
