//! Accounts: all that fit, or one.

use fancy_regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use super::action::{
    AS_IT_IS, Given, Read, VendorAction, and_all, and_common, input, output, required,
};
use super::shapes::{account, privileges, user_account};
use crate::failure::{Failure, refused};
use crate::fields::{Field, Kind};

pub(super) const GET_USERS: VendorAction = VendorAction {
    name: "get_users",
    operation: "list-users",
    description: "List user accounts, all or those whose name and login match regular expressions",
    difference: Some(
        "The error for an invalid regular expression names the input, and comes before any \
         request. An account with few details is listed with what the console reports, and does \
         not fail the list. The authentication source has no `name`.",
    ),
    input: |fields| {
        and_common(
            [
                pattern("name", "Jane", "Full name"),
                pattern("login", "jdoe", "Login name"),
            ],
            fields,
        )
    },
    output: |_, types| {
        let users = Kind::List(Box::new(user_account(types)));
        vec![required(output("users", users, "The matching accounts"))]
    },
    // The privileges of a role are told with the role, not with every account that has it.
    read: Some(Read {
        operation: "list-roles",
        input: |given| {
            let common = ["console", "ticket", "requested_by"];
            let mut input = given.input.clone();
            input.retain(|name, _| common.contains(&name.as_str()));
            Some(input)
        },
    }),
    adapt: |given, input| {
        for field in ["name", "login"] {
            Filter::of(given, field)?;
            input.remove(field);
        }
        Ok(())
    },
    tell: |given, output| {
        let roles = given.read.as_ref().unwrap_or(&Value::Null);
        let users = fitting(given, &output["users"], &["name", "login"])?;
        let users = users.into_iter().map(|user| {
            let privileges = privileges(roles, &user["role_id"]);
            account(&given.console, user, privileges)
        });
        *output = json!({"users": users.collect::<Vec<_>>()});
        Ok(())
    },
    ..AS_IT_IS
};

pub(super) const GET_USER: VendorAction = VendorAction {
    name: "get_user",
    operation: "get-user",
    description: "Show an account, with grants, role and privileges on request",
    difference: Some(
        "An `id` below 1 is refused. It takes a login or an email address, too, and returns the account's grants if \
         `include` requests them. The authentication source has no `name`.",
    ),
    input: |fields| and_all([id()], fields),
    output: |fields, types| {
        let user = output(
            "user",
            user_account(types),
            "The account, in the console's own format",
        );
        and_all([required(user)], fields)
    },
    renamed: &[("id", "user_id")],
    adapt: |given, input| {
        if given.has("id") && !input.contains_key("include") {
            input.insert("include".into(), json!(["role"]));
        }
        Ok(())
    },
    tell: |given, output| {
        let privileges = Some(&output["role"]["privileges"]).filter(|told| told.is_array());
        output["user"] = account(&given.console, output, privileges);
        Ok(())
    },
    ..AS_IT_IS
};

/// The number of an account, as the vendor's plugin calls it.
pub(super) fn id() -> Field {
    input(
        "id",
        Kind::Integer,
        4.into(),
        "The user's number on the console, instead of `user_id`",
    )
}

/// A filter as an input.
pub(super) fn pattern(name: &str, example: &str, what: &str) -> Field {
    let description = format!(
        "{what}: a regular expression that matches its beginning; case is ignored. Default: all"
    );
    input(name, Kind::String, example.into(), &description)
}

/// What in a list has members that fit the inputs of the same names.
///
/// # Errors
/// As [`Filter::of`] and [`Filter::fits`].
pub(super) fn fitting<'a>(
    given: &Given,
    list: &'a Value,
    fields: &[&'static str],
) -> Result<Vec<&'a Value>, Failure> {
    let mut fitting: Vec<&Value> = list.as_array().into_iter().flatten().collect();
    for field in fields {
        let Some(filter) = Filter::of(given, field)? else {
            continue;
        };
        let mut kept = Vec::new();
        for thing in fitting {
            if filter.fits(thing)? {
                kept.push(thing);
            }
        }
        fitting = kept;
    }
    Ok(fitting)
}

/// A regular expression that a member must begin with.
pub(super) struct Filter {
    field: &'static str,
    pattern: Regex,
}

impl Filter {
    /// The filter that an input says. None if it says nothing.
    ///
    /// # Errors
    /// What is no regular expression, by the input's name.
    pub(super) fn of(given: &Given, field: &'static str) -> Result<Option<Self>, Failure> {
        let Some(pattern) = given.text(field) else {
            return Ok(None);
        };
        let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
        match pattern {
            Ok(pattern) => Ok(Some(Self { field, pattern })),
            Err(_) => Err(refused(field, "expected a regular expression")),
        }
    }

    /// Whether something has such a member. What the console does not tell fits nothing.
    ///
    /// # Errors
    /// If telling takes too long.
    pub(super) fn fits(&self, thing: &Value) -> Result<bool, Failure> {
        let Some(text) = thing[self.field].as_str() else {
            return Ok(false);
        };
        match self.pattern.find(text) {
            Ok(found) => Ok(found.is_some_and(|found| found.start() == 0)),
            Err(_) => {
                let simpler = "expected a simpler regular expression: this one takes too long";
                Err(refused(self.field, simpler))
            }
        }
    }
}
