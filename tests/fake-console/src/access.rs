//! Which sites and asset groups a user was granted one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::answer::{Link, Links, Outcome, Problem, Resources, only};
use crate::call::Call;
use crate::paging;
use crate::state::{State, UserRecord, WireForm};

/// What is granted. Both work alike.
#[derive(Clone, Copy)]
pub(crate) enum Grant {
    Site,
    AssetGroup,
}

impl Grant {
    pub(crate) fn from_segment(segment: &str) -> Option<Grant> {
        match segment {
            "sites" => Some(Grant::Site),
            "asset_groups" => Some(Grant::AssetGroup),
            _ => None,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Grant::Site => "site",
            Grant::AssetGroup => "asset group",
        }
    }

    fn all(self, state: &State) -> &BTreeMap<i64, String> {
        match self {
            Grant::Site => &state.sites,
            Grant::AssetGroup => &state.asset_groups,
        }
    }

    fn of(self, user: &UserRecord) -> &BTreeSet<i64> {
        match self {
            Grant::Site => &user.sites,
            Grant::AssetGroup => &user.asset_groups,
        }
    }

    fn of_mut(self, user: &mut UserRecord) -> &mut BTreeSet<i64> {
        match self {
            Grant::Site => &mut user.sites,
            Grant::AssetGroup => &mut user.asset_groups,
        }
    }

    /// "Individual site access cannot be granted to users with the `allSites` permission" (vendor
    /// API file); in the field such grants are ignored without an error.
    fn ignored_for(self, state: &State, user: &UserRecord) -> bool {
        match self {
            Grant::Site => state.sees_all_sites(user),
            Grant::AssetGroup => state.sees_all_asset_groups(user),
        }
    }
}

/// `/users/{id}/sites` and `/users/{id}/asset_groups`. How grants are given is where guide and
/// vendor differ: POST adds in the guide, PUT replaces in the vendor's API file.
pub(crate) fn collection(state: &mut State, call: &Call, id: i64, grant: Grant) -> Outcome {
    if !state.users.contains_key(&id) {
        return Err(Problem::not_found());
    }
    match (call.method.as_str(), state.form) {
        ("GET", _) => list(state, call, id, grant),
        ("DELETE", _) => change(state, call, id, grant, BTreeSet::clear),
        ("PUT", WireForm::Vendor) => {
            let asked = ids(state, call, grant)?;
            change(state, call, id, grant, |granted| *granted = asked)
        }
        ("POST", WireForm::Guide) => {
            let asked = ids(state, call, grant)?;
            change(state, call, id, grant, |granted| granted.extend(asked))
        }
        (method, WireForm::Vendor) => only("GET, PUT, DELETE, OPTIONS", method),
        (method, WireForm::Guide) => only("GET, POST, DELETE, OPTIONS", method),
    }
}

/// `/users/{id}/sites/{siteId}` and `/users/{id}/asset_groups/{assetGroupId}`.
pub(crate) fn one(state: &mut State, call: &Call, id: i64, grant: Grant, what: i64) -> Outcome {
    if !state.users.contains_key(&id) || !grant.all(state).contains_key(&what) {
        return Err(Problem::not_found());
    }
    match call.method.as_str() {
        "PUT" => change(state, call, id, grant, |granted| {
            granted.insert(what);
        }),
        "DELETE" => change(state, call, id, grant, |granted| {
            granted.remove(&what);
        }),
        method => only("PUT, DELETE, OPTIONS", method),
    }
}

fn change(
    state: &mut State,
    call: &Call,
    id: i64,
    grant: Grant,
    edit: impl FnOnce(&mut BTreeSet<i64>),
) -> Outcome {
    let user = state.users.get(&id).ok_or_else(Problem::not_found)?;
    if !grant.ignored_for(state, user)
        && let Some(user) = state.users.get_mut(&id)
    {
        edit(grant.of_mut(user));
    }
    Links::ok(Link::new(state, &call.path, "self"))
}

/// The body: an array of ids that must all exist.
fn ids(state: &State, call: &Call, grant: Grant) -> Result<BTreeSet<i64>, Problem> {
    let noun = grant.noun();
    let malformed = || Problem::bad(format!("The request body must be an array of {noun} ids."));
    let Value::Array(values) = call.json()? else {
        return Err(malformed());
    };
    let mut ids = BTreeSet::new();
    for value in values {
        let id = value.as_i64().ok_or_else(malformed)?;
        if !grant.all(state).contains_key(&id) {
            return Err(Problem::bad(format!("The {noun} {id} does not exist.")));
        }
        ids.insert(id);
    }
    Ok(ids)
}

/// Bare ids, all at once, in the vendor's API file; named and paged in the guide.
fn list(state: &State, call: &Call, id: i64, grant: Grant) -> Outcome {
    #[derive(Serialize)]
    struct Named<'a> {
        id: i64,
        name: &'a str,
    }
    let user = state.users.get(&id).ok_or_else(Problem::not_found)?;
    let granted: Vec<i64> = if grant.ignored_for(state, user) {
        Vec::new()
    } else {
        grant.of(user).iter().copied().collect()
    };
    if state.form == WireForm::Vendor {
        return Resources::ok(state, &call.path, granted);
    }
    let (range, mut info) = paging::window(state, call, granted.len())?;
    info.total_pages = None;
    let named: Vec<Named<'_>> = granted[range]
        .iter()
        .map(|id| Named {
            id: *id,
            name: grant.all(state).get(id).map_or("", String::as_str),
        })
        .collect();
    paging::answer(state, call, &named, &info)
}
