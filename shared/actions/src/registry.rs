//! Every operation: the lists of the nouns, joined.

use crate::core::entry::Entry;
use crate::core::spec::Spec;
use crate::operations::{access, catalogue, credentials, people, platform, users};

/// The nouns in the order of an account's life, then what helps to choose.
const LISTS: &[&[Entry]] = &[
    users::ENTRIES,
    access::ENTRIES,
    credentials::ENTRIES,
    users::ENTRIES_OF_STATE,
    platform::ENTRIES,
    people::ENTRIES,
    catalogue::ENTRIES,
];

const COUNT: usize = {
    let mut count = 0;
    let mut list = 0;
    while list < LISTS.len() {
        count += LISTS[list].len();
        list += 1;
    }
    count
};

/// Every operation.
pub static ALL: &[Entry] = &{
    let mut all = [LISTS[0][0]; COUNT];
    let (mut list, mut place, mut index) = (0, 0, 0);
    while index < COUNT {
        if place == LISTS[list].len() {
            (list, place) = (list + 1, 0);
        }
        all[index] = LISTS[list][place];
        (place, index) = (place + 1, index + 1);
    }
    all
};

/// What is known of every operation, in the same order. A binary that only names operations carries
/// this and none of their code.
pub static SPECS: [&Spec; COUNT] = {
    let mut specs = [ALL[0].operation.spec; COUNT];
    let mut index = 0;
    while index < COUNT {
        specs[index] = ALL[index].operation.spec;
        index += 1;
    }
    specs
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn names_are_unique_and_examples_are_what_the_schema_describes() {
        let mut names = BTreeSet::new();
        for entry in ALL {
            let spec = entry.operation.spec;
            assert!(names.insert(spec.name), "{} twice", spec.name);
            let example: Value = serde_json::from_str(spec.example).expect(spec.name);
            let schema = serde_json::to_value((entry.input)()).expect(spec.name);
            let members = schema["properties"].as_object().expect(spec.name);
            for member in example.as_object().expect(spec.name).keys() {
                assert!(members.contains_key(member), "{}: {member}", spec.name);
            }
            let known: BTreeSet<&str> = entry.operation.members().iter().copied().collect();
            let described: BTreeSet<&str> = members.keys().map(String::as_str).collect();
            assert_eq!(known, described, "{}", spec.name);
            for (member, schema) in members {
                let described = schema.get("description").is_some();
                assert!(described, "{}: {member} has no description", spec.name);
            }
        }
    }

    #[test]
    fn every_member_of_an_input_has_an_example_that_fits() {
        for entry in ALL {
            let name = entry.operation.spec.name;
            let own: Value = serde_json::from_str(entry.operation.spec.example).expect(name);
            let schema = serde_json::to_value((entry.input)()).expect(name);
            for (member, property) in schema["properties"].as_object().expect(name) {
                // What only one entrypoint offers is explained there.
                if property["x-report"] == true {
                    continue;
                }
                let examples = property["examples"].as_array().into_iter().flatten();
                let mut examples: Vec<&Value> = examples.chain(own.get(member)).collect();
                examples.retain(|example| !example.is_null());
                assert!(!examples.is_empty(), "{name}: {member} has no example");
                let mut property = property.clone();
                property["$defs"] = schema.get("$defs").cloned().unwrap_or_else(|| json!({}));
                for example in examples {
                    let fits = jsonschema::validate(&property, example);
                    assert!(fits.is_ok(), "{name}: {member}: {fits:?}");
                }
            }
        }
    }
}
