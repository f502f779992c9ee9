use proptest::prelude::*;

use super::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Known members, each absent, null or anything at all, among unknown ones.
fn any_user() -> impl Strategy<Value = Value> {
    let known = prop::sample::subsequence(
        vec![
            "email",
            "name",
            "enabled",
            "locked",
            "links",
            "role",
            "locale",
            "authentication",
            "accessAllSites",
            "accessAllAssetGroups",
        ],
        0..=10,
    );
    let nested = prop::collection::btree_map(
        prop::sample::select(vec![
            "id",
            "name",
            "privileges",
            "superuser",
            "allSites",
            "links",
            "external",
            "type",
            "default",
            "new",
        ]),
        any_json(),
        0..6,
    );
    let value = prop_oneof![
        any_json(),
        nested.prop_map(|members| {
            let members = members.into_iter().map(|(k, v)| (k.to_owned(), v));
            Value::Object(members.collect())
        }),
    ];
    let known = known.prop_flat_map(move |names| {
        let values = prop::collection::vec(value.clone(), names.len());
        values.prop_map(move |values| {
            let names = names.iter().map(|name| (*name).to_owned());
            names.zip(values).collect::<Map<String, Value>>()
        })
    });
    let unknown = prop::collection::btree_map("[a-zé]{1,8}", any_json(), 0..5);
    (known, unknown, any::<i64>(), ".{1,12}").prop_map(|(known, unknown, id, login)| {
        let mut user: Map<String, Value> = unknown.into_iter().collect();
        user.extend(known);
        user.insert("id".into(), id.into());
        user.insert("login".into(), login.into());
        Value::Object(user)
    })
}

#[test]
fn an_edit_is_carried_over_to_a_newer_state() {
    let read = |json: Value| User::from_json(json).expect("a user").replacement();
    let from =
        read(json!({"id": 1, "login": "a", "email": "e", "n": 1, "role": {"id": "user", "x": 1}}));
    let onto = read(
        json!({"id": 1, "login": "a", "email": "e", "n": 2, "role": {"id": "user", "x": 2, "y": 3}}),
    );
    let mut edited = from.clone();
    edited.set_role("auditor");
    edited.set_email(None);
    let rebased = edited.rebased(&from, &onto);
    let wanted = json!({"login": "a", "n": 2, "role": {"id": "auditor", "x": 2, "y": 3}});
    assert_eq!(Value::Object(rebased.members().clone()), wanted);
}

proptest! {
    /// Of the same state, an edit is itself; without an edit, the newer state is.
    #[test]
    fn rebasing_on_nothing_new_changes_nothing(json in any_user(), other in any_user(), flag: bool) {
        let read = |json: &Value| User::from_json(json.clone()).expect("a user").replacement();
        let (from, onto) = (read(&json), read(&other));
        let mut edited = from.clone();
        edited.set_enabled(flag);
        let same = edited.rebased(&from, &from);
        prop_assert_eq!(same.members(), edited.members());
        let newer = from.rebased(&from, &onto);
        prop_assert_eq!(newer.members(), onto.members());
    }
}

/// The top-level and nested members of an object by their paths.
fn leaves(members: &Map<String, Value>) -> std::collections::BTreeMap<String, Value> {
    let mut leaves = std::collections::BTreeMap::new();
    for (name, value) in members {
        match value {
            Value::Object(nested) => {
                for (inner, value) in nested {
                    leaves.insert(format!("{name}.{inner}"), value.clone());
                }
            }
            value => _ = leaves.insert(name.clone(), value.clone()),
        }
    }
    leaves
}

proptest! {
    /// Every setter, in either form: the members that it names differ, and no others.
    #[test]
    fn a_setter_changes_only_its_own_members(
        json in any_user(), which in 0_usize..10, guide: bool, flag: bool, text in "[a-zé]{1,6}",
    ) {
        let form = if guide { WireForm::Guide } else { WireForm::Vendor };
        let user = User::from_json(json).expect("a user");
        let mut edit = user.replacement();
        let before = leaves(edit.members());
        let parents = |edit: &Replacement| -> Vec<String> {
            let members = edit.members().iter();
            members.filter(|(_, v)| v.is_object()).map(|(name, _)| name.clone()).collect()
        };
        let objects = parents(&edit);
        let mine: &[&str] = match which {
            0 => { edit.set_login(&text); &["login"] }
            1 => { edit.set_email(flag.then_some(text.as_str())); &["email"] }
            2 => { edit.set_enabled(flag); &["enabled"] }
            3 => { edit.set_role(&text); &["role.id"] }
            4 => { edit.set_superuser(flag); &["role.superuser"] }
            5 => {
                edit.set_all_sites(flag, form);
                if guide { &["accessAllSites"] } else { &["role.allSites"] }
            }
            6 => {
                edit.set_all_asset_groups(flag, form);
                if guide { &["accessAllAssetGroups"] } else { &["role.allAssetGroups"] }
            }
            7 => {
                edit.set_authentication(&text, flag.then_some(7));
                &["authentication.type", "authentication.id"]
            }
            8 => {
                edit.set_locale("reports", flag.then_some(text.as_str()));
                &["locale.reports"]
            }
            _ => {
                let name = PersonName { first: text.clone(), last: String::new() };
                edit.set_name(&name, form);
                &["name", "name.first", "name.last"]
            }
        };
        let after = leaves(edit.members());
        for path in before.keys().chain(after.keys()) {
            if mine.contains(&path.as_str()) || before.get(path) == after.get(path) {
                continue;
            }
            // A member that should be an object and was not has become one; one that was
            // written as a name in the other form has gone.
            let (parent, _) = path.split_once('.').unwrap_or((path, ""));
            let own_parent = mine.iter().any(|m| m.split('.').next() == Some(parent));
            let whole = mine.contains(&parent);
            prop_assert!(whole || own_parent && !objects.contains(&parent.to_owned()), "{path}");
        }
        prop_assert!(edit.password().is_none());
    }

    /// An edit changes what it means to change and carries every other member through, known
    /// or unknown, minus the read-only ones.
    #[test]
    fn an_edit_changes_only_what_it_says(json in any_user(), enabled: bool) {
        let user = User::from_json(json.clone()).expect("a user");
        let mut edit = user.replacement();
        edit.set_enabled(enabled);
        let sent = edit.members();
        prop_assert_eq!(sent.get("enabled"), Some(&Value::from(enabled)));
        for (name, before) in json.as_object().expect("an object") {
            let after = sent.get(name);
            match name.as_str() {
                "enabled" => {}
                "id" | "links" | "locked" => prop_assert_eq!(after, None),
                "role" | "authentication" | "locale" if before.is_object() => {
                    let read_only: &[&str] = match name.as_str() {
                        "role" => &["name", "privileges"],
                        "locale" => &["links"],
                        _ => &["name", "external", "links"],
                    };
                    let mut before = before.clone();
                    let nested = before.as_object_mut().expect("an object");
                    nested.retain(|name, _| !read_only.contains(&name.as_str()));
                    prop_assert_eq!(after, Some(&before));
                }
                _ => prop_assert_eq!(after, Some(before)),
            }
        }
        for name in sent.keys() {
            prop_assert!(name == "enabled" || json.get(name).is_some());
        }
    }
}
