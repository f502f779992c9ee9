//! Accounts that are made, and what is changed about them except access.

use rapid7::console::Role;
use serde_json::{Map, Value, json};

use super::action::{
    AS_IT_IS, Given, Read, VendorAction, and_all, common, input, output, required,
};
use super::listing::id;
use super::shapes::{links, links_field};
use crate::failure::{Failure, refused};
use crate::fields::{Field, Kind, Types};

/// Inputs about access that are the same by another name.
const ACCESS: [(&str, &str); 2] = [
    ("access_all_asset_groups", "all_asset_groups"),
    ("access_all_sites", "all_sites"),
];

/// The role that the vendor's plugin makes superusers of.
const GLOBAL_ADMINISTRATOR: &str = "global-admin";

pub(super) const CREATE_USER: VendorAction = VendorAction {
    name: "create_user",
    operation: "create-user",
    description: "Create an account, with explicit access flags",
    difference: Some(
        "Local users can be created, with a password. If the same account already exists, this \
         is no error. A dry run answers without `id`. A warning says if a role forces access to \
         all sites or asset groups. Administrators need a connection that allows them. Unknown \
         inputs are ignored, and never sent to the console.",
    ),
    input: |fields| and_all([source(), all_asset_groups(), all_sites()], fields),
    output: |fields, types| {
        let id = output("id", Kind::Integer, "Number of the account, if it exists");
        and_all([id, required(links_field(types))], fields)
    },
    renamed: &[
        ("authentication_id", "authentication_source_id"),
        ACCESS[0],
        ACCESS[1],
    ],
    adapt: |given, input| {
        without_source_zero(given, input)?;
        let theirs = ACCESS.iter().filter(|(name, _)| given.has(name));
        let mut in_their_words = false;
        for (_, flag) in theirs {
            in_their_words = true;
            // A new account has what its role forces and nothing else, unless something is asked for.
            if input[*flag] == false {
                input.remove(*flag);
            }
        }
        if in_their_words {
            superuser(input);
        }
        Ok(())
    },
    tell: |given, output| {
        tell_links(given, output)?;
        if let Some(id) = subject(output) {
            output["id"] = id;
        }
        Ok(())
    },
    ..AS_IT_IS
};

pub(super) const UPDATE_USER: VendorAction = VendorAction {
    name: "update_user",
    operation: "update-user",
    description: "Change only the given members of an account. With `id`, `login` and `email` are the \
                  new ones",
    difference: Some(
        "Only the given members change, and only `id` is required: languages, lock and every \
         other member stay, and individual grants are kept. A superuser who keeps the role \
         stays one. A warning says if a role forces access to all sites or asset groups. \
         Administrators need a connection that allows them.",
    ),
    input: |mut fields| {
        for (name, also) in [("login", "new login name"), ("email", "new email address")] {
            if let Some(field) = fields.iter_mut().find(|field| field.name == name) {
                field
                    .description
                    .push_str(&format!(". With `id`, the {also}"));
            }
        }
        and_all([id(), source(), all_asset_groups(), all_sites()], fields)
    },
    output: with_links,
    read: Some(ROLES),
    renamed: &[
        ("id", "user_id"),
        ("authentication_id", "authentication_source_id"),
        ACCESS[0],
        ACCESS[1],
    ],
    renamed_with_id: &[("login", "new_login"), ("email", "new_email")],
    adapt: |given, input| {
        without_source_zero(given, input)?;
        without_what_is_forced(given, input);
        if given.has("id") {
            superuser(input);
        }
        Ok(())
    },
    tell: tell_links,
};

pub(super) const DISABLE_USER: VendorAction = VendorAction {
    name: "disable_user",
    operation: "disable-user",
    description: "Disable an account and change nothing else about it",
    difference: Some(
        "Individual grants that the console drops are given back. It also works for accounts \
         and roles with few details.",
    ),
    input: |fields| and_all([id()], fields),
    output: with_links,
    renamed: &[("id", "user_id")],
    tell: tell_links,
    ..AS_IT_IS
};

pub(super) const ENABLE_USER: VendorAction = VendorAction {
    name: "enable_user",
    operation: "enable-user",
    description: "Enable a disabled account and change nothing else about it",
    difference: Some("As `disable_user`. A warning says if the account is also locked."),
    ..DISABLE_USER
};

pub(super) const UPDATE_USER_ROLE: VendorAction = VendorAction {
    name: "update_user_role",
    operation: "set-role",
    description: "Give an account another role, and the flags that go with it",
    difference: Some(
        "A lesser role clears the superuser flag. Accounts without an email address, or with \
         an unusual one, can change their role. If left out, the access flags follow the role. \
         A warning names a flag that the role forces. Administrators need a connection that \
         allows them.",
    ),
    input: |fields| {
        let role = fields.iter().find(|field| field.name == "role_id").cloned();
        let user = input(
            "user_id",
            Kind::Integer,
            4.into(),
            "The user's number on the console",
        );
        let mut own = vec![required(user), all_asset_groups(), all_sites()];
        own.extend(role.map(|role| Field {
            example: Some("asset-owner".into()),
            ..role
        }));
        own.extend(common(fields));
        own
    },
    output: with_links,
    read: Some(ROLES),
    renamed: &ACCESS,
    adapt: |given, input| {
        without_what_is_forced(given, input);
        superuser(input);
        Ok(())
    },
    tell: tell_links,
    ..AS_IT_IS
};

/// The roles of the console, where a flag is to be false that the role might force.
const ROLES: Read = Read {
    operation: "list-roles",
    input: |given| {
        let asked = ACCESS
            .iter()
            .any(|(name, _)| given.input.get(*name) == Some(&Value::Bool(false)));
        let mut input = Map::new();
        if let Some(console) = given.input.get("console") {
            input.insert("console".into(), console.clone());
        }
        (asked && given.has("role_id")).then_some(input)
    },
};

fn source() -> Field {
    input(
        "authentication_id",
        Kind::Integer,
        3.into(),
        "Number of the authentication source, instead of `authentication_source_id`; 0 for none",
    )
}

fn all_sites() -> Field {
    input(
        "access_all_sites",
        Kind::Boolean,
        false.into(),
        "Whether the user has all sites, like `all_sites`. False is ignored if the role forces all \
         sites",
    )
}

fn all_asset_groups() -> Field {
    input(
        "access_all_asset_groups",
        Kind::Boolean,
        false.into(),
        "Whether the user has all asset groups, like `all_asset_groups`. False is ignored if the role \
         forces all asset groups",
    )
}

/// The outputs of an operation that writes, and the links to the account.
pub(super) fn with_links(fields: Vec<Field>, types: &mut Types) -> Vec<Field> {
    and_all([required(links_field(types))], fields)
}

/// User interfaces send 0 for a number that nobody gave.
fn without_source_zero(given: &Given, input: &mut Map<String, Value>) -> Result<(), Failure> {
    match given.input.get("authentication_id").and_then(Value::as_i64) {
        Some(0) => {
            input.remove("authentication_source_id");
            Ok(())
        }
        Some(id) if id < 0 => Err(refused(
            "authentication_id",
            "expected a number from 1, or 0 for none",
        )),
        _ => Ok(()),
    }
}

/// "No" to a flag that the role forces means "what the role says": a step that sends its defaults
/// can't know the role.
fn without_what_is_forced(given: &Given, input: &mut Map<String, Value>) {
    let wanted = input.get("role_id").and_then(Value::as_str);
    let role = wanted.and_then(|wanted| role(given.read.as_ref()?, wanted));
    let Some(role) = role else { return };
    for ((name, flag), forced) in ACCESS
        .into_iter()
        .zip([role.gives_all_asset_groups(), role.gives_all_sites()])
    {
        if forced && given.input.get(name) == Some(&Value::Bool(false)) {
            input.remove(flag);
        }
    }
}

/// The role that an operation will take, by id or else by name.
fn role(roles: &Value, wanted: &str) -> Option<Role> {
    let roles = roles["roles"].as_array()?;
    let roles = roles.iter().cloned().map(serde_json::from_value::<Role>);
    let roles: Vec<Role> = roles.filter_map(Result::ok).collect();
    let by_id = roles.iter().find(|role| role.id == wanted);
    let same = |name: &str| name.trim().to_lowercase() == wanted.trim().to_lowercase();
    let by_name = || {
        roles
            .iter()
            .find(|role| role.name.as_deref().is_some_and(same))
    };
    by_id.or_else(by_name).cloned()
}

/// A step for the vendor's plugin has no input for it: its global administrators are superusers.
fn superuser(input: &mut Map<String, Value>) {
    if input
        .get("role_id")
        .is_some_and(|role| *role == GLOBAL_ADMINISTRATOR)
    {
        input.entry("superuser").or_insert(true.into());
    }
}

/// The number of the account that an outcome is about.
fn subject(output: &Value) -> Option<Value> {
    let id = [&output["subject"]["user_id"], &output["state"]["user_id"]];
    id.into_iter().find(|id| !id.is_null()).cloned()
}

/// Adds the link to the account. One that is not there (yet, or any more) has none.
pub(super) fn tell_links(_: &Given, output: &mut Value) -> Result<(), Failure> {
    let console = output["subject"]["target"].as_str().unwrap_or_default();
    let links = match subject(output) {
        Some(id) => links(console, "users", &id),
        None => json!([]),
    };
    output["links"] = links;
    Ok(())
}
