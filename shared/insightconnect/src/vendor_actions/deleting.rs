//! Accounts that are deleted. The vendor's step gives a number and nothing that could confirm it.

use serde_json::{Map, Value, json};

use super::action::{AS_IT_IS, Given, Read, VendorAction, and_all};
use super::listing::id;
use super::writing::{tell_links, with_links};

const UNCONFIRMED: &str = "no login confirmed that this is the account that was meant: the step gave \
                           its `id` alone";

pub(super) const DELETE_USER: VendorAction = VendorAction {
    name: "delete_user",
    operation: "delete-user",
    description: "Delete an account for good, and prove that it is gone. If it is named by `user_id`, \
                  `login` or `email`, its login must be confirmed",
    difference: Some(
        "Deletes only if the connection allows it (`allow_deletion`), and never the plugin's \
         own account or a protected one. It proves that the account is gone. An `id` without \
         `confirm_login` is enough, with a warning. `links` is empty, because there is nothing \
         to link to.",
    ),
    input: |mut fields| {
        for field in &mut fields {
            if field.name == "confirm_login" {
                field.required = false;
                field.description.push_str(". May be left out with `id`");
            }
        }
        and_all([id()], fields)
    },
    output: with_links,
    // The operation wants the login as well; whoever has only the number can't know it.
    read: Some(Read {
        operation: "get-user",
        input: |given| {
            let mut input = Map::new();
            input.insert("user_id".into(), given.input.get("id")?.clone());
            if let Some(console) = given.input.get("console") {
                input.insert("console".into(), console.clone());
            }
            unconfirmed(given).then_some(input)
        },
    }),
    renamed: &[("id", "user_id")],
    adapt: |given, input| {
        if let Some(user) = &given.read {
            input.insert("confirm_login".into(), user["login"].clone());
        }
        Ok(())
    },
    tell: |given, output| {
        tell_links(given, output)?;
        if output["dry_run"] != true && output["state"].is_null() {
            output["links"] = json!([]);
        }
        if unconfirmed(given)
            && let Some(Value::Array(warnings)) = output.get_mut("warnings")
        {
            warnings.push(UNCONFIRMED.into());
        }
        Ok(())
    },
    ..AS_IT_IS
};

fn unconfirmed(given: &Given) -> bool {
    given.has("id") && !given.has("confirm_login")
}
