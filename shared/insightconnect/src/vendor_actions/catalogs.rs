//! Roles and authentication sources: all that fit, or one.

use serde_json::{Value, json};

use super::action::{AS_IT_IS, Given, VendorAction, and_common, input, output, required};
use super::listing::{Filter, fitting, pattern};
use super::shapes::{linked, links};
use crate::failure::{Failure, refused};
use crate::fields::{Field, Kind, Types};

pub(super) const GET_ROLES: VendorAction = VendorAction {
    name: "get_roles",
    operation: "list-roles",
    description: "List the console's roles, all or those whose name matches a regular expression",
    difference: Some(
        "A role without a description or name is listed without it, and does not fail the \
         list. The error for an invalid regular expression names the input.",
    ),
    input: |fields| and_common([pattern("name", "Global", "Name of the role")], fields),
    output: |_, types| {
        let roles = Kind::List(Box::new(role_kind(types)));
        vec![required(output("roles", roles, "The matching roles"))]
    },
    adapt: |given, input| {
        Filter::of(given, "name")?;
        input.remove("name");
        Ok(())
    },
    tell: |given, output| {
        let roles = fitting(given, &output["roles"], &["name"])?;
        let roles = roles.into_iter().map(|role| told_role(given, role));
        *output = json!({"roles": roles.collect::<Vec<_>>()});
        Ok(())
    },
    ..AS_IT_IS
};

pub(super) const GET_ROLE: VendorAction = VendorAction {
    name: "get_role",
    operation: "list-roles",
    description: "Show a role of the console",
    difference: Some("The error for an unknown `id` lists the known roles."),
    input: |fields| {
        let id = input("id", Kind::String, "user".into(), "Role ID");
        and_common([required(id)], fields)
    },
    output: |_, types| vec![required(output("role", role_kind(types), "The role"))],
    adapt: |_, input| {
        input.remove("id");
        Ok(())
    },
    tell: |given, output| {
        let role = one(given, &output["roles"], "roles")?;
        *output = json!({"role": told_role(given, role)});
        Ok(())
    },
    ..AS_IT_IS
};

pub(super) const GET_SOURCES: VendorAction = VendorAction {
    name: "get_authentication_sources",
    operation: "list-authentication-sources",
    description: "List the authentication sources of the console, all or those that match",
    difference: Some(
        "`type` is used. A source with few details is listed with what the console reports.",
    ),
    input: |fields| {
        let kind = Field {
            default: Some("".into()),
            choices: ["", "admin", "kerberos", "ldap", "normal", "saml"]
                .map(str::to_owned)
                .into(),
            ..input(
                "type",
                Kind::String,
                "ldap".into(),
                "Type of the authentication source. Left out or empty, any",
            )
        };
        let name = pattern("name", "Corporate", "Name of the authentication source");
        and_common([name, kind], fields)
    },
    output: |_, types| {
        let sources = Kind::List(Box::new(source_kind(types)));
        vec![required(output(
            "authentication_sources",
            sources,
            "The matching authentication sources",
        ))]
    },
    adapt: |given, input| {
        Filter::of(given, "name")?;
        input.remove("name");
        input.remove("type");
        Ok(())
    },
    tell: |given, output| {
        let sources = fitting(given, &output["authentication_sources"], &["name"])?;
        let kind = given.text("type");
        let sources = sources
            .into_iter()
            .filter(|source| kind.is_none_or(|kind| source["type"] == kind))
            .map(|source| told_source(given, source));
        *output = json!({"authentication_sources": sources.collect::<Vec<_>>()});
        Ok(())
    },
    ..AS_IT_IS
};

pub(super) const GET_SOURCE: VendorAction = VendorAction {
    name: "get_authentication_source",
    operation: "list-authentication-sources",
    description: "Show an authentication source of the console",
    difference: Some(
        "An `id` below 1 is refused. The error for an unknown one lists the known sources.",
    ),
    input: |fields| {
        let id = input(
            "id",
            Kind::Integer,
            3.into(),
            "Number of the authentication source",
        );
        and_common([required(id)], fields)
    },
    output: |_, types| {
        vec![required(output(
            "authentication_source",
            source_kind(types),
            "The authentication source",
        ))]
    },
    adapt: GET_ROLE.adapt,
    tell: |given, output| {
        let sources = &output["authentication_sources"];
        let source = one(given, sources, "authentication sources")?;
        *output = json!({"authentication_source": told_source(given, source)});
        Ok(())
    },
    ..AS_IT_IS
};

fn role_kind(types: &mut Types) -> Kind {
    let privileges = output(
        "privileges",
        Kind::List(Box::new(Kind::String)),
        "Privileges of the role; none if the console reports none",
    );
    let members = vec![
        output("description", Kind::String, "Description"),
        required(output("id", Kind::String, "Role ID")),
        output("name", Kind::String, "Name shown in the console"),
        required(privileges),
    ];
    linked("linked_role", members, types)
}

fn source_kind(types: &mut Types) -> Kind {
    let members = vec![
        output(
            "external",
            Kind::Boolean,
            "Whether passwords are kept outside the console",
        ),
        required(output("id", Kind::Integer, "Its number")),
        output("name", Kind::String, "Name shown in the console"),
        output("type", Kind::String, "How its users log in"),
    ];
    linked("linked_authentication_source", members, types)
}

fn told_role(given: &Given, role: &Value) -> Value {
    let mut role = role.clone();
    // The console leaves them out for a role that allows nothing.
    if role["privileges"].is_null() {
        role["privileges"] = json!([]);
    }
    role["links"] = links(&given.console, "roles", &role["id"]);
    role
}

fn told_source(given: &Given, source: &Value) -> Value {
    let mut source = source.clone();
    source["links"] = links(&given.console, "authentication_sources", &source["id"]);
    source
}

/// The one in a list that has the `id` which was given.
fn one<'a>(given: &Given, list: &'a Value, what: &str) -> Result<&'a Value, Failure> {
    let wanted = given.input.get("id").unwrap_or(&Value::Null);
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .find(|thing| thing["id"] == *wanted)
        .ok_or_else(|| {
            let known = list.iter().map(|thing| match &thing["id"] {
                Value::String(id) => id.clone(),
                id => id.to_string(),
            });
            let known: Vec<String> = known.collect();
            let known = known.join(", ");
            refused(
                "id",
                &format!("expected one of this console's {what}: {known}"),
            )
        })
}
