//! What the tests of several operations share.

use proptest::prelude::*;
use rapid7::console::{Role, User};
use serde_json::{Value, json};

use crate::console::plan::{Change, Plan};
use crate::core::error::Result;
use crate::core::policy::Policy;

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

/// Some roles: one without privileges, one whose privileges are not told, and those that matter.
pub(crate) fn roles() -> Vec<Role> {
    let role = |id: &str, name: &str, privileges: Option<&[&str]>| Role {
        id: id.into(),
        name: Some(name.into()),
        description: None,
        privileges: privileges.map(|all| all.iter().map(|one| (*one).to_owned()).collect()),
    };
    vec![
        role("user", "User", Some(&[])),
        role("auditor", "Auditor", Some(&["create-reports"])),
        role("site-admin", "Site Administrator", Some(&["manage-sites"])),
        role(
            "global-admin",
            "Global Administrator",
            Some(&["all-permissions"]),
        ),
        role("untold", "Untold", None),
    ]
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
            _ => {}
        }
    }
    User::from_json(Value::Object(members)).expect("a user")
}

/// A user with each member present, absent, null or odd, in either wire form or a mixture, among
/// unknown ones at the top and inside others.
pub(crate) fn any_user() -> impl Strategy<Value = User> {
    let flag = || {
        maybe(prop_oneof![
            4 => any::<bool>().prop_map(Value::from),
            1 => Just(json!("true")),
        ])
    };
    let text = || maybe("[a-zÀ-ž Ω]{0,6}".prop_map(Value::from));
    let name = maybe(prop_oneof![
        "[A-ZÀ-ž]{1,5} [a-zΩ]{1,5}".prop_map(Value::from),
        object(vec![("first", text()), ("last", text())]),
    ]);
    let roles = prop::sample::select(vec!["user", "auditor", "site-admin", "global-admin"]);
    let role = maybe(object(vec![
        ("id", maybe(roles.prop_map(Value::from))),
        ("superuser", flag()),
        ("allSites", flag()),
        ("allAssetGroups", flag()),
        ("name", text()),
    ]));
    let kinds = prop::sample::select(vec!["normal", "admin", "ldap", "saml"]);
    let authentication = maybe(object(vec![
        ("type", maybe(kinds.prop_map(Value::from))),
        ("id", maybe((1_i64..5).prop_map(Value::from))),
    ]));
    let locale = maybe(object(vec![("default", text()), ("reports", text())]));
    object(vec![
        ("email", text()),
        ("enabled", flag()),
        ("locked", flag()),
        ("accessAllSites", flag()),
        ("accessAllAssetGroups", flag()),
        ("name", name),
        ("role", role),
        ("authentication", authentication),
        ("locale", locale),
    ])
    .prop_map(|mut json| {
        json["id"] = 42.into();
        json["login"] = "jdoe".into();
        User::from_json(json).expect("a user")
    })
}

/// A member: absent, null, or there.
fn maybe(
    value: impl Strategy<Value = Value> + 'static,
) -> proptest::strategy::BoxedStrategy<Option<Value>> {
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Value::Null)),
        5 => value.prop_map(Some),
    ]
    .boxed()
}

/// An object with these members, as they come, among members of a newer console.
fn object(
    members: Vec<(
        &'static str,
        proptest::strategy::BoxedStrategy<Option<Value>>,
    )>,
) -> proptest::strategy::BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let unknown = prop::collection::btree_map(
        "new[a-zé]{1,4}",
        prop_oneof![
            ".{0,4}".prop_map(Value::from),
            Just(Value::Null),
            Just(json!({"deep": [1, {"er": "ü"}]})),
        ],
        0..3,
    );
    (values, unknown)
        .prop_map(move |(values, unknown)| {
            let known = names.iter().zip(values);
            let known = known.filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
            Value::Object(known.chain(unknown).collect())
        })
        .boxed()
}
