//! What the tests of several operations share.

use proptest::prelude::*;
use rapid7::console::User;
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::guard::Policy;
use crate::plan::{Change, Plan};

pub(crate) fn policy() -> Policy {
    Policy {
        own_login: "svc-soar".into(),
        ..Policy::default()
    }
}

/// `jdoe`, user 42, with these members more or instead.
pub(crate) fn user(more: Value) -> User {
    let mut json = json!({"id": 42, "login": "jdoe", "name": "Jane Doe"});
    let members = json.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    User::from_json(json).expect("a user")
}

/// A plan, or its refusal, as text.
pub(crate) fn plan_text(plan: Result<Plan>) -> String {
    match plan {
        Ok(plan) => {
            let warnings = plan.warnings.iter().map(|text| format!("warning: {text}"));
            let lines: Vec<String> = plan.to_lines().into_iter().chain(warnings).collect();
            lines.join("\n")
        }
        Err(error) => format!("{}: {}", error.kind.name(), error.message),
    }
}

/// The user as a console would have it after the plan: replaced by what was sent, with the
/// read-only members that it keeps itself.
pub(crate) fn applied(user: &User, plan: &Plan) -> User {
    let mut members = user.members().clone();
    for change in &plan.changes {
        match change {
            Change::ReplaceUser { replacement, .. } => {
                members = replacement.members().clone();
                members.insert("id".into(), user.id().0.into());
                if let Some(locked) = user.members().get("locked") {
                    members.insert("locked".into(), locked.clone());
                }
            }
            Change::UnlockUser(_) => _ = members.insert("locked".into(), false.into()),
            Change::CreateUser(_) => {}
        }
    }
    User::from_json(Value::Object(members)).expect("a user")
}

/// A user with each member present, absent, null or odd, in either wire form, among unknown ones.
pub(crate) fn any_user() -> impl Strategy<Value = User> {
    let flag = || {
        prop_oneof![
            Just(None),
            Just(Some(Value::Null)),
            any::<bool>().prop_map(|flag| Some(flag.into())),
            Just(Some(json!("true"))),
        ]
    };
    let nested = prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        Just(Some(
            json!({"id": "user", "superuser": false, "allSites": true, "new": [1]})
        )),
        Just(Some(json!({"first": "Zoë", "last": "Ω"}))),
    ];
    let unknown = prop::collection::btree_map("[a-zé]{3,8}", ".{0,4}", 0..3);
    let members = (flag(), flag(), flag(), nested.clone(), nested, unknown);
    members.prop_map(|(enabled, locked, all_sites, role, name, unknown)| {
        let mut members = Map::new();
        for (name, value) in unknown {
            members.insert(name, value.into());
        }
        for (member, value) in [
            ("enabled", enabled),
            ("locked", locked),
            ("accessAllSites", all_sites),
            ("role", role),
            ("name", name),
        ] {
            if let Some(value) = value {
                members.insert(member.into(), value);
            }
        }
        members.insert("id".into(), 42.into());
        members.insert("login".into(), "jdoe".into());
        User::from_json(Value::Object(members)).expect("a user")
    })
}
