//! Which sites and asset groups a user was granted one by one.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::http::Method;
use serde::Serialize;
use serde_json::json;

use super::answer::{self, Link, links, resources};
use super::extract::{self, At};
use super::paging;
use super::state::{State, UserRecord, WireForm};
use super::{Console, Held};
use crate::answer::{Outcome, Problem};
use crate::extract::{Body, Parameters};

/// What is granted. Both work alike.
#[derive(Clone, Copy)]
pub(crate) enum Grant {
    Site,
    AssetGroup,
}

impl Grant {
    fn noun(self) -> &'static str {
        match self {
            Grant::Site => "site",
            Grant::AssetGroup => "asset group",
        }
    }

    pub(crate) fn all(self, state: &State) -> &BTreeMap<i64, String> {
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

/// What all requests here have in common: whose grants, and of what.
pub(crate) type Of<T> = (Console, Extension<Grant>, At<T>);

/// `/users/{id}/sites` and `/users/{id}/asset_groups`.
pub(crate) async fn replace(of: Of<i64>, body: Body) -> Outcome {
    assign(of, body, |granted, asked| *granted = asked)
}

pub(crate) async fn add(of: Of<i64>, body: Body) -> Outcome {
    assign(of, body, |granted, asked| granted.extend(asked))
}

pub(crate) async fn clear((console, Extension(grant), At(id)): Of<i64>) -> Outcome {
    change(&console, grant, id, BTreeSet::clear)
}

/// `/users/{id}/sites/{siteId}` and `/users/{id}/asset_groups/{assetGroupId}`.
pub(crate) async fn grant((console, Extension(grant), At(ids)): Of<[i64; 2]>) -> Outcome {
    exists(&console, grant, &ids)?;
    change(&console, grant, ids[0], |granted| granted.extend(&ids[1..]))
}

pub(crate) async fn revoke((console, Extension(grant), At(ids)): Of<[i64; 2]>) -> Outcome {
    exists(&console, grant, &ids)?;
    change(&console, grant, ids[0], |granted| {
        granted.retain(|id| *id != ids[1])
    })
}

/// What is not there has no methods either.
pub(crate) async fn other_method(of: Of<Vec<i64>>, method: Method) -> Outcome {
    let (console, Extension(grant), At(ids)) = of;
    exists(&console, grant, &ids)?;
    answer::other_method(&method)
}

/// The user and, if there is a second id, what is granted.
fn exists(console: &Held, grant: Grant, ids: &[i64]) -> Result<(), Problem> {
    let state = console.state();
    let found = match ids {
        [id, what] => state.users.contains_key(id) && grant.all(&state).contains_key(what),
        ids => ids.iter().all(|id| state.users.contains_key(id)),
    };
    found.then_some(()).ok_or_else(Problem::not_found)
}

fn assign(
    (console, Extension(grant), At(id)): Of<i64>,
    body: Body,
    edit: impl FnOnce(&mut BTreeSet<i64>, BTreeSet<i64>),
) -> Outcome {
    exists(&console, grant, &[id])?;
    let asked = extract::ids(&body, grant.noun(), grant.all(&console.state()))?;
    change(&console, grant, id, |granted| edit(granted, asked))
}

fn change(console: &Held, grant: Grant, id: i64, edit: impl FnOnce(&mut BTreeSet<i64>)) -> Outcome {
    let mut state = console.state();
    let user = state.users.get(&id).ok_or_else(Problem::not_found)?;
    if !grant.ignored_for(&state, user)
        && let Some(user) = state.users.get_mut(&id)
    {
        edit(grant.of_mut(user));
    }
    links(Link::new(&state, &console.path, "self"))
}

/// Bare ids, all at once, in the vendor's API file, unless the console pages them all the same; named and
/// paged in the guide.
pub(crate) async fn list(
    (console, Extension(grant), At(id)): Of<i64>,
    query: Parameters,
) -> Outcome {
    #[derive(Serialize)]
    struct Named<'a> {
        id: i64,
        name: &'a str,
    }
    let state = console.state();
    let user = state.users.get(&id).ok_or_else(Problem::not_found)?;
    let granted: Vec<i64> = if grant.ignored_for(&state, user) {
        Vec::new()
    } else {
        grant.of(user).iter().copied().collect()
    };
    if let (WireForm::Vendor, true) = (state.form, state.pages_grants) {
        let (range, _) = paging::window(&state, &query, granted.len())?;
        let page = json!({"totalResources": granted.len()});
        let body = json!({"resources": granted[range], "page": page, "links": []});
        return Ok(answer::as_list(&state, &body));
    }
    if state.form == WireForm::Vendor {
        return resources(&state, &console.path, granted);
    }
    let (range, mut info) = paging::window(&state, &query, granted.len())?;
    info.total_pages = None;
    let named: Vec<Named<'_>> = granted[range]
        .iter()
        .map(|id| Named {
            id: *id,
            name: grant.all(&state).get(id).map_or("", String::as_str),
        })
        .collect();
    paging::answer(&state, &console.path, &named, &info)
}
