//! What the vendor's plugin answers with, out of what operations answer with.

use serde_json::{Map, Value, json};

use super::action::{output, required};
use crate::fields::{Field, Kind, Types};

/// A list of links as an output.
pub(super) fn links_field(types: &mut Types) -> Field {
    let link = || {
        vec![
            output("href", Kind::String, "Address of the resource"),
            output("rel", Kind::String, "Relation of the resource to this one"),
        ]
    };
    types.entry("link".into()).or_insert_with(link);
    let links = Kind::List(Box::new(Kind::Custom("link".into())));
    output("links", links, "Links to the resource on the console")
}

/// An account as an output's kind.
pub(super) fn user_account(types: &mut Types) -> Kind {
    let links = links_field(types);
    let source = vec![
        output(
            "external",
            Kind::Boolean,
            "Whether passwords are kept outside the console",
        ),
        output("id", Kind::Integer, "Number of the authentication source"),
        links.clone(),
        output("type", Kind::String, "How the user logs in"),
    ];
    let locale = vec![
        output("default", Kind::String, "Language of the user interface"),
        output("reports", Kind::String, "Language of reports"),
    ];
    let role = vec![
        output(
            "allAssetGroups",
            Kind::Boolean,
            "Whether the user has all asset groups",
        ),
        output("allSites", Kind::Boolean, "Whether the user has all sites"),
        output("id", Kind::String, "Role ID"),
        output(
            "privileges",
            Kind::List(Box::new(Kind::String)),
            "Privileges of the role, if they were read",
        ),
        output(
            "superuser",
            Kind::Boolean,
            "Whether the user is a superuser",
        ),
    ];
    let custom = |name: &str| Kind::Custom(name.into());
    let account = vec![
        output(
            "authentication",
            custom("user_account_authentication"),
            "Authentication of the user",
        ),
        output("email", Kind::String, "Email address"),
        output("enabled", Kind::Boolean, "Whether the account may log in"),
        required(output("id", Kind::Integer, "Number on the console")),
        links,
        output("locale", custom("user_account_locale"), "Languages"),
        output(
            "locked",
            Kind::Boolean,
            "Whether the account is locked after failed logins",
        ),
        required(output("login", Kind::String, "Login name")),
        output("name", Kind::String, "Full name"),
        output("role", custom("user_account_role"), "Role and its flags"),
    ];
    for (name, fields) in [
        ("user_account_authentication", source),
        ("user_account_locale", locale),
        ("user_account_role", role),
        ("user_account", account),
    ] {
        types.insert(name.into(), fields);
    }
    custom("user_account")
}

/// A role, or an authentication source, with its links, as an output's kind.
pub(super) fn linked(name: &str, more: Vec<Field>, types: &mut Types) -> Kind {
    let mut fields = more;
    fields.push(required(links_field(types)));
    types.insert(name.into(), fields);
    Kind::Custom(name.into())
}

/// The link to a resource of a console.
pub(super) fn links(console: &str, path: &str, id: &Value) -> Value {
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    json!([{"rel": "self", "href": format!("{console}/api/3/{path}/{id}")}])
}

/// An object with the members that are told.
fn told(members: Value) -> Value {
    let mut members: Map<String, Value> = match members {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.retain(|_, value| !value.is_null());
    members.into()
}

/// An account as the console tells it, out of our view of it. What the console did not tell is left
/// out, and so are parts of which nothing was told.
pub(super) fn account(console: &str, user: &Value, privileges: Option<&Value>) -> Value {
    let kind = user["authentication_type"].as_str();
    let source = &user["authentication_source_id"];
    let part = |members: Value| {
        let members = told(members);
        match members.as_object().is_some_and(Map::is_empty) {
            true => Value::Null,
            false => members,
        }
    };
    told(json!({
        "authentication": part(json!({
            "external": kind.map(|kind| !["normal", "admin"].contains(&kind)),
            "id": source,
            "links": (!source.is_null()).then(|| links(console, "authentication_sources", source)),
            "type": kind,
        })),
        "email": user["email"],
        "enabled": user["enabled"],
        "id": user["user_id"],
        "links": links(console, "users", &user["user_id"]),
        "locale": part(json!({"default": user["locale"], "reports": user["reports_locale"]})),
        "locked": user["locked"],
        "login": user["login"],
        "name": user["name"],
        "role": part(json!({
            "allAssetGroups": user["all_asset_groups"],
            "allSites": user["all_sites"],
            "id": user["role_id"],
            "privileges": privileges,
            "superuser": user["superuser"],
        })),
    }))
}

/// The privileges of a role in a list of roles, where the console tells them.
pub(super) fn privileges<'a>(roles: &'a Value, id: &Value) -> Option<&'a Value> {
    let role = roles["roles"]
        .as_array()?
        .iter()
        .find(|role| role["id"] == *id)?;
    Some(&role["privileges"]).filter(|privileges| privileges.is_array())
}
