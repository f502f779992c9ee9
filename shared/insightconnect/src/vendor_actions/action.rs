//! What an action of the vendor's plugin is made of.

use serde_json::{Map, Value};

use crate::failure::{Failure, refused};
use crate::fields::{Field, Kind, Types};
use crate::wording::{sentence, title};

/// What an action was given, and what was found out for it.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The inputs that have a value, by the action's names.
    pub(crate) input: Map<String, Value>,
    /// The answer of the operation that is run first, where one is.
    pub(crate) read: Option<Value>,
    /// The address of the console, once it was spoken to.
    pub(crate) console: String,
}

impl Given {
    pub(super) fn has(&self, name: &str) -> bool {
        self.input.contains_key(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name)?.as_str()
    }
}

/// An operation that reads what another has to be told.
#[derive(Debug)]
pub(crate) struct Read {
    /// Which one.
    pub(crate) operation: &'static str,
    /// What it is given; nothing if it is not needed this time.
    pub(crate) input: fn(&Given) -> Option<Map<String, Value>>,
}

/// The name of an input, and what the operation calls it.
pub(super) type Renamed = &'static [(&'static str, &'static str)];
/// What the operation is given, out of the inputs by its own names.
pub(super) type Adapt = fn(&Given, &mut Map<String, Value>) -> Result<(), Failure>;
/// What the action answers with, out of what the operation does.
pub(super) type Tell = fn(&Given, &mut Value) -> Result<(), Failure>;

/// An action of the vendor's plugin, told by what differs from the operation that does its work.
///
/// One with the name of an operation takes the inputs of both and answers with the outputs of both.
#[derive(Debug)]
pub struct VendorAction {
    /// Its name there and here.
    pub(crate) name: &'static str,
    /// The operation that does the work.
    pub(crate) operation: &'static str,
    /// What it does.
    pub(crate) description: &'static str,
    pub(super) difference: Option<&'static str>,
    /// Its inputs, out of those of the operation.
    pub(crate) input: fn(Vec<Field>) -> Vec<Field>,
    /// Its outputs, out of those of the operation, and the types that they need.
    pub(crate) output: fn(Vec<Field>, &mut Types) -> Vec<Field>,
    /// What is read before.
    pub(crate) read: Option<Read>,
    pub(super) renamed: Renamed,
    /// The same, for inputs that mean something else where there is an `id`.
    pub(super) renamed_with_id: Renamed,
    pub(super) adapt: Adapt,
    pub(super) tell: Tell,
}

/// An action as its operation is, to start from.
pub(super) const AS_IT_IS: VendorAction = VendorAction {
    name: "",
    operation: "",
    description: "",
    difference: None,
    input: |fields| fields,
    output: |fields, _| fields,
    read: None,
    renamed: &[],
    renamed_with_id: &[],
    adapt: |_, _| Ok(()),
    tell: |_, _| Ok(()),
};

/// Inputs that number something. A number that nothing has is an empty variable of the workflow.
const NUMBERS: [&str; 4] = ["id", "user_id", "site_id", "asset_group_id"];

impl VendorAction {
    /// Its name, in the vendor's plugin and in this one.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The operation that does its work.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// What it does that the vendor's does not, or otherwise, for people.
    #[must_use]
    pub fn difference(&self) -> Option<&'static str> {
        self.difference
    }

    fn renames(&self, given: &Given) -> impl Iterator<Item = (&'static str, &'static str)> {
        let with_id = if given.has("id") {
            self.renamed_with_id
        } else {
            &[]
        };
        self.renamed.iter().chain(with_id).copied()
    }

    /// Refuses numbers that nothing has, before anything is asked or done.
    pub(crate) fn check(given: &Given) -> Result<(), Failure> {
        for name in NUMBERS {
            let number = given.input.get(name).and_then(Value::as_i64);
            if number.is_some_and(|number| number < 1) {
                return Err(refused(name, "expected a number from 1"));
            }
        }
        Ok(())
    }

    /// What the operation takes.
    pub(crate) fn to_operation(&self, given: &Given) -> Result<Map<String, Value>, Failure> {
        let mut input = given.input.clone();
        let renamed: Vec<_> = self
            .renames(given)
            .filter_map(|(name, theirs)| Some((name, theirs, input.remove(name)?)))
            .collect();
        for (name, theirs, value) in renamed {
            if input.insert(theirs.to_owned(), value).is_some() {
                let both = format!("{name}, {theirs}");
                return Err(refused(&both, "expected one of them, got both"));
            }
        }
        (self.adapt)(given, &mut input)?;
        Ok(input)
    }

    /// What the action answers with.
    pub(crate) fn to_plugin(&self, given: &Given, mut output: Value) -> Result<Value, Failure> {
        (self.tell)(given, &mut output)?;
        Ok(output)
    }

    /// A failure of the operation, by the names that the caller knows.
    pub(crate) fn in_its_words(&self, given: &Given, failure: Failure) -> Failure {
        let names: Vec<_> = self
            .renames(given)
            .filter(|(name, _)| given.has(name))
            .collect();
        let say = |text: String| {
            names.iter().fold(text, |text, (name, theirs)| {
                let text = text.replace(&format!("`{theirs}`"), &format!("`{name}`"));
                match NUMBERS.contains(name) {
                    true => text.replace(&format!("`{theirs}[0]`"), &format!("`{name}`")),
                    false => text.replace(&format!("`{theirs}["), &format!("`{name}[")),
                }
            })
        };
        match failure {
            Failure::Step {
                cause,
                assistance,
                data,
                surprise,
            } => Failure::Step {
                cause: say(cause),
                assistance: say(assistance),
                data: say(data),
                surprise,
            },
            other => other,
        }
    }
}

/// An input that the operation does not have by this name.
pub(super) fn input(name: &str, kind: Kind, example: Value, description: &str) -> Field {
    Field {
        example: Some(example),
        ..output(name, kind, description)
    }
}

/// An output, or a member of a type.
pub(super) fn output(name: &str, kind: Kind, description: &str) -> Field {
    Field {
        name: name.into(),
        title: title(name),
        description: sentence(description),
        kind,
        required: false,
        default: None,
        choices: Vec::new(),
        example: None,
    }
}

pub(super) fn required(field: Field) -> Field {
    Field {
        required: true,
        ..field
    }
}

/// The inputs that every operation on a console has, alone.
pub(super) fn common(mut fields: Vec<Field>) -> Vec<Field> {
    fields.retain(|field| {
        ["dry_run", "ticket", "requested_by", "console"].contains(&field.name.as_str())
    });
    fields
}

/// Fields of the vendor's, and behind them those that every operation has.
pub(super) fn and_common<const N: usize>(own: [Field; N], fields: Vec<Field>) -> Vec<Field> {
    own.into_iter().chain(common(fields)).collect()
}

/// Fields of the operation's, with more in front.
pub(super) fn and_all<const N: usize>(own: [Field; N], fields: Vec<Field>) -> Vec<Field> {
    own.into_iter().chain(fields).collect()
}
