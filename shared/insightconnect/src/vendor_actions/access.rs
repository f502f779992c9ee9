//! Sites and asset groups of one user.

use serde_json::{Map, Value, json};

use super::action::{AS_IT_IS, Given, VendorAction, and_common, input, required};
use super::writing::{tell_links, with_links};
use crate::failure::{Failure, refused};
use crate::fields::{Field, Kind};

pub(super) const ADD_SITE: VendorAction = VendorAction {
    name: "add_user_site_access",
    operation: "grant-site-access",
    description: "Give a user one more site",
    difference: Some(
        "A `site_id` below 1 is refused. A user with all sites is refused; the error says what \
         to do.",
    ),
    input: |fields| and_common([user(), one("site_id", 1, "Number of the site")], fields),
    output: with_links,
    renamed: &[("site_id", "sites")],
    adapt: listed,
    tell: tell_links,
    ..AS_IT_IS
};

pub(super) const REMOVE_SITE: VendorAction = VendorAction {
    name: "remove_user_site_access",
    operation: "revoke-site-access",
    description: "Take one site from a user",
    difference: Some(
        "A `site_id` below 1 is refused; there, 0 took all sites from the user. A user with \
         all sites is refused; the error says what to do.",
    ),
    ..ADD_SITE
};

pub(super) const UPDATE_SITES: VendorAction = VendorAction {
    name: "update_user_site_access",
    operation: "set-site-access",
    description: "Give a user these sites and take all others",
    difference: Some(
        "It works: the list is sent as a list, and an empty one takes all sites away. A user \
         with all sites is refused, because the list would have no effect; the error says what \
         to do.",
    ),
    input: |fields| {
        let sites = many(
            "site_ids",
            [1, 5],
            "Numbers of the sites. An empty list takes all sites away",
        );
        and_common([user(), sites], fields)
    },
    renamed: &[("site_ids", "sites")],
    adapt: numbered,
    ..ADD_SITE
};

pub(super) const ADD_ASSET_GROUP: VendorAction = VendorAction {
    name: "add_user_asset_group_access",
    operation: "grant-asset-group-access",
    description: "Give a user one more asset group",
    difference: Some("As `add_user_site_access`, for `asset_group_id`."),
    input: |fields| {
        let group = one("asset_group_id", 2, "Number of the asset group");
        and_common([user(), group], fields)
    },
    renamed: &[("asset_group_id", "asset_groups")],
    ..ADD_SITE
};

pub(super) const REMOVE_ASSET_GROUP: VendorAction = VendorAction {
    name: "remove_user_asset_group_access",
    operation: "revoke-asset-group-access",
    description: "Take one asset group from a user",
    difference: Some("As `remove_user_site_access`, for `asset_group_id`."),
    ..ADD_ASSET_GROUP
};

pub(super) const UPDATE_ASSET_GROUPS: VendorAction = VendorAction {
    name: "update_user_asset_group_access",
    operation: "set-asset-group-access",
    description: "Give a user these asset groups and take all others",
    difference: Some("As `update_user_site_access`, for `asset_group_ids`."),
    input: |fields| {
        let groups = many(
            "asset_group_ids",
            [1, 4],
            "Numbers of the asset groups. An empty list takes all asset groups away",
        );
        and_common([user(), groups], fields)
    },
    renamed: &[("asset_group_ids", "asset_groups")],
    ..UPDATE_SITES
};

fn user() -> Field {
    one("user_id", 4, "The user's number on the console")
}

fn one(name: &str, example: i64, description: &str) -> Field {
    required(input(name, Kind::Integer, example.into(), description))
}

fn many(name: &str, example: [i64; 2], description: &str) -> Field {
    let kind = Kind::List(Box::new(Kind::Integer));
    required(input(name, kind, json!(example), description))
}

/// The operations take lists.
fn listed(_: &Given, input: &mut Map<String, Value>) -> Result<(), Failure> {
    for name in ["sites", "asset_groups"] {
        if let Some(value) = input.get_mut(name) {
            *value = json!([value.take()]);
        }
    }
    Ok(())
}

fn numbered(given: &Given, _: &mut Map<String, Value>) -> Result<(), Failure> {
    for name in ["site_ids", "asset_group_ids"] {
        let ids = given.input.get(name).and_then(Value::as_array);
        for (index, id) in ids.into_iter().flatten().enumerate() {
            if id.as_i64().is_none_or(|id| id < 1) {
                return Err(refused(
                    &format!("{name}[{index}]"),
                    "expected a number from 1",
                ));
            }
        }
    }
    Ok(())
}
