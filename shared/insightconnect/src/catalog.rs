//! What the plugin can run: every operation of the registry as an action, and the actions of the
//! vendor's own plugin that go by other names or take other inputs.

use actions::{ALL, Effect, Entry, Operation};
use serde_json::{Map, Value};

use crate::failure::{Failure, refused};
use crate::fields::{self, Field, Types};
use crate::vendor_actions::{self, Given, VendorAction};
use crate::wording::{sentence, title};
use crate::{clear, task};

/// An action of the plugin, with everything that is known of it without running it.
pub struct PluginAction {
    /// Its name in messages.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it does.
    pub description: String,
    /// What it takes.
    pub input: Vec<Field>,
    /// What it answers with.
    pub output: Vec<Field>,
    /// The types that inputs and outputs need.
    pub types: Types,
    /// What it does to accounts.
    pub effect: Effect,
    /// The operation that it runs.
    pub entry: &'static Entry,
    vendor: Option<&'static VendorAction>,
}

/// The name of an operation as an action.
fn snake(name: &str) -> String {
    name.replace('-', "_")
}

fn entry(name: &str) -> Option<&'static Entry> {
    ALL.iter()
        .find(|entry| snake(entry.operation.spec.name) == name)
}

/// The names of all actions: those of the operations, in their order, then the vendor's.
#[must_use]
pub fn names() -> Vec<String> {
    let operations = ALL.iter().map(|entry| snake(entry.operation.spec.name));
    let vendor = vendor_actions::ALL
        .iter()
        .filter(|action| entry(action.name).is_none());
    operations
        .chain(vendor.map(|action| action.name.to_owned()))
        .collect()
}

/// The names of all operations.
pub(super) fn operations() -> Vec<&'static str> {
    ALL.iter().map(|entry| entry.operation.spec.name).collect()
}

/// Names of actions, with commas between them, as those of the operations that they run.
pub(super) fn as_operations(names: &str) -> String {
    let operation = |name: &str| {
        let name = name.trim();
        match vendor_actions::ALL
            .iter()
            .find(|action| action.name == name)
        {
            Some(action) => action.operation.to_owned(),
            None if name == task::NAME => task::OPERATION.to_owned(),
            None => name.replace('_', "-"),
        }
    };
    names
        .split(',')
        .map(operation)
        .collect::<Vec<_>>()
        .join(",")
}

impl PluginAction {
    /// An action by its name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let vendor = vendor_actions::ALL
            .iter()
            .find(|action| action.name == name);
        let entry = match vendor {
            Some(vendor) => entry(&snake(vendor.operation))?,
            None => entry(name)?,
        };
        let spec = entry.operation.spec;
        let mut types = Types::new();
        let input_schema = Value::from((entry.input)());
        let mut input = fields::fields(&input_schema, &mut types);
        add_examples(&mut input, &types, spec.example);
        input.extend(clear::field(&input_schema));
        let mut output = fields::fields(&Value::from((entry.output)()), &mut types);
        if let Some(vendor) = vendor {
            input = (vendor.input)(input);
            output = (vendor.output)(output, &mut types);
        }
        let (title, description) = match vendor {
            Some(vendor) => (title(name), sentence(vendor.description)),
            None => (title(name), sentence(spec.title)),
        };
        Some(Self {
            name: name.to_owned(),
            title,
            description,
            input,
            output,
            types,
            effect: spec.effect,
            entry,
            vendor,
        })
    }

    /// An input to start from: what is required, and what the operation's own example has.
    #[must_use]
    pub fn example(&self) -> Map<String, Value> {
        let own = self.entry.operation.spec.example;
        let own: Value = serde_json::from_str(own).unwrap_or_default();
        let says = |field: &Field| match field.name.as_str() {
            // What an operation is told by null.
            clear::NAME => own
                .as_object()
                .is_some_and(|own| own.values().any(Value::is_null)),
            name => own.get(name).is_some_and(|value| !value.is_null()),
        };
        let shown = self.input.iter();
        let shown = shown.filter(|field| field.required || says(field));
        let member = |field: &Field| Some((field.name.clone(), field.example.clone()?));
        shown.filter_map(member).collect()
    }

    /// What the action was given, without what is empty or not one of its inputs.
    pub(super) fn given(&self, input: Map<String, Value>) -> Result<Given, Failure> {
        let known = |name: &str| self.input.iter().any(|field| field.name == name);
        let (input, unknown): (Map<_, _>, Map<_, _>) =
            input.into_iter().partition(|(name, _)| known(name));
        let plain = |name: &str| name.replace(['-', '_', ' '], "").to_lowercase();
        let safety = self.input.iter().map(|field| field.name.as_str());
        let safety = safety.filter(|name| {
            matches!(*name, "dry_run" | "max_changes") || name.starts_with("confirm_")
        });
        for name in unknown.keys() {
            // Others are passed over, as the contract wants it; a slip in these must not write.
            let meant = safety.clone().find(|safety| plain(safety) == plain(name));
            if let Some(meant) = meant {
                return Err(refused(
                    name,
                    &format!("no such input here; there is `{meant}`"),
                ));
            }
            tracing::warn!("the input {name:?} is not one of this action's and was ignored");
        }
        let mut input = fields::to_operation(&self.input, input);
        clear::to_operation(&mut input)?;
        let given = Given {
            input,
            ..Given::default()
        };
        if self.vendor.is_some() {
            VendorAction::check(&given)?;
        }
        Ok(given)
    }

    /// The operation to run first, with what it is given, if one is needed.
    pub(super) fn read(&self, given: &Given) -> Option<(Operation, Value)> {
        let read = self.vendor?.read.as_ref()?;
        let input = (read.input)(given)?;
        Some((entry(&snake(read.operation))?.operation, input.into()))
    }

    /// Whether the answer needs the console's address.
    pub(super) fn links(&self) -> bool {
        self.vendor.is_some()
    }

    /// What the operation takes, out of what the action was given.
    pub(super) fn to_operation(&self, given: &Given) -> Result<Value, Failure> {
        match self.vendor {
            Some(vendor) => vendor.to_operation(given).map(Value::from),
            None => Ok(given.input.clone().into()),
        }
    }

    /// A failure of the operation, by the names of the action's inputs.
    pub(super) fn in_its_words(&self, given: &Given, failure: Failure) -> Failure {
        match self.vendor {
            Some(vendor) => vendor.in_its_words(given, failure),
            None => failure,
        }
    }

    /// What the action answers with, out of what the operation does.
    pub(super) fn to_plugin(&self, given: &Given, output: Value) -> Result<Value, Failure> {
        let mut output = match self.vendor {
            Some(vendor) => vendor.to_plugin(given, output)?,
            None => output,
        };
        fields::to_plugin(&self.output, &self.types, &mut output);
        Ok(output)
    }
}

/// The values of an operation's own example, where they fit the field.
fn add_examples(fields: &mut [Field], types: &Types, example: &str) {
    let example: Value = serde_json::from_str(example).unwrap_or_default();
    for field in fields {
        if let Some(value) = fields::example(&field.kind, types, example.get(&field.name)) {
            field.example = Some(value);
        }
    }
}
