//! Reading every account of a surface.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rapid7::console::{AccessKind, NamedResource, Role, User};
use rapid7::platform;
use serde_json::json;
use tracing::warn;

use super::api_keys::{ReportedKey, reported};
use super::model::{ReportedAccount, SurfaceKind};
use crate::console::context::ConsoleContext;
use crate::core::context::RunContext;
use crate::core::error::{Error, Result};
use crate::platform::context::PlatformContext;
use crate::platform::lookup::proves_something;
use crate::platform::snapshot::is_of;

/// How many accounts are read at once; how many requests that makes is for the client to bound.
const AT_ONCE: usize = 16;

/// What is asked for beyond the lists of accounts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Depth {
    /// Sites, asset groups and products of each account: up to two requests an account on a console,
    /// one on the platform.
    pub(crate) access: bool,
}

/// Every account of a console.
pub(crate) async fn console(
    context: &ConsoleContext,
    name: &str,
    depth: Depth,
) -> Result<Vec<ReportedAccount>> {
    let places = async {
        if !depth.access {
            return Ok(Default::default());
        }
        let console = context.console();
        let (sites, groups) = tokio::try_join!(console.sites(), console.asset_groups())?;
        Ok::<_, Error>((names(&sites), names(&groups)))
    };
    let (users, roles, (sites, groups)) =
        tokio::try_join!(context.users(), context.roles(), places)?;
    context.proves_absence(users)?;
    begin(&context.run, name, users.len());
    let accounts = stream::iter(0..users.len()).map(async |index| {
        let user = &users[index];
        let mut account = of_console(user, name, roles);
        if depth.access {
            let read = tokio::try_join!(
                context.grants(user, AccessKind::Sites),
                context.grants(user, AccessKind::AssetGroups),
            );
            let (its_sites, its_groups) = match read {
                Err(error) if is_not_found(&error) => match context.user(user.id()).await {
                    // Deleted since the list was read.
                    Err(error) if is_not_found(&error) => return Ok::<_, Error>(None),
                    user => {
                        user?;
                        (None, None)
                    }
                },
                read => read?,
            };
            let named = |ids: Option<_>, names| ids.map(|ids| named(ids, names));
            account.sites = named(its_sites, &sites);
            account.asset_groups = named(its_groups, &groups);
        }
        done(&context.run, &account)?;
        Ok(Some(account))
    });
    let accounts = accounts.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>();
    Ok(accounts.await?.into_iter().flatten().collect())
}

/// Every account of the platform, and every API key where that was asked for and could be read.
pub(crate) async fn platform(
    context: &PlatformContext,
    name: &str,
    depth: Depth,
) -> Result<(Vec<ReportedAccount>, Vec<ReportedKey>)> {
    let keys = async {
        match depth.access {
            true => Some(context.platform().api_keys().await),
            false => None,
        }
    };
    let (users, keys) = tokio::join!(context.users(), keys);
    let users = users?;
    proves_something(users)?;
    if let Some(Err(error)) = &keys {
        warn!(%error, "the API keys could not be read: the report goes without");
    }
    // Whose a key is must be told of all of them, or a count of some would look like all.
    let keys = keys.and_then(|keys| keys.ok());
    let reported = keys.as_ref().map(|keys| reported(keys, users));
    let keys = keys.filter(|keys| keys.iter().all(platform::ApiKeyInfo::tells_owner));
    let keys = keys.as_deref();
    begin(&context.run, name, users.len());
    let accounts = stream::iter(0..users.len()).map(async |index| {
        let user = &users[index];
        let mut account = of_platform(user, name);
        if depth.access {
            let products = match context.platform().product_access(user.id()).await {
                Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                    match context.platform().user(user.id()).await {
                        Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                            return Ok::<_, Error>(None);
                        }
                        user => {
                            user?;
                            None
                        }
                    }
                }
                products => Some(products?),
            };
            account.products = products.map(|products| codes(&products));
            account.api_keys = keys.map(|keys| keys.iter().filter(|key| is_of(key, user)).count());
        }
        done(&context.run, &account)?;
        Ok(Some(account))
    });
    let accounts = accounts.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>();
    let accounts = accounts.await?.into_iter().flatten().collect();
    Ok((accounts, reported.unwrap_or_default()))
}

fn begin(run: &RunContext, name: &str, total: usize) {
    if let Some(progress) = &run.services.progress {
        progress.begin(&format!("accounts of {name}"), total);
    }
}

fn done(run: &RunContext, account: &ReportedAccount) -> Result<()> {
    let Some(progress) = &run.services.progress else {
        return Ok(());
    };
    let row = json!({"account": account.login});
    let kept = progress.done(&row);
    kept.map_err(|why| Error::unavailable(format!("a row could not be kept: {why}")))
}

fn codes(products: &[platform::Product]) -> Vec<String> {
    let code = |product: &platform::Product| {
        let code = product.code().unwrap_or(product.token().as_str());
        code.to_owned()
    };
    products.iter().map(code).collect()
}

/// A 404, which alone is no proof that an account is gone.
fn is_not_found(error: &Error) -> bool {
    error
        .source
        .as_ref()
        .is_some_and(|source| source.kind == rapid7::ErrorKind::NotFound)
}

fn names(places: &[NamedResource]) -> BTreeMap<i64, String> {
    let named = places
        .iter()
        .filter_map(|place| Some((place.id, place.name.clone()?)));
    named.collect()
}

fn named(ids: impl IntoIterator<Item = i64>, names: &BTreeMap<i64, String>) -> Vec<String> {
    let name = |id: i64| names.get(&id).cloned().unwrap_or_else(|| id.to_string());
    ids.into_iter().map(name).collect()
}

fn of_console(user: &User, name: &str, roles: &[Role]) -> ReportedAccount {
    let role = roles
        .iter()
        .find(|role| Some(role.id.as_str()) == user.role_id());
    let by_role = match user.privileges() {
        Some(privileges) => privileges.contains(&"all-permissions"),
        // A role that nobody can look up might be one: a review must not pass it over.
        None => role.is_none_or(Role::may_be_global_administrator),
    };
    let role_name = role
        .and_then(|role| role.name.as_deref())
        .or(user.role_id());
    ReportedAccount {
        person: None,
        surface: SurfaceKind::Console,
        name: name.to_owned(),
        user_id: user.id().to_string(),
        login: user.login().to_owned(),
        email: user.email().map(str::to_owned),
        full_name: user.full_name(),
        enabled: user.enabled(),
        locked: user.locked(),
        status: None,
        role: role_name.map(str::to_owned),
        permissions: own_permissions(user),
        superuser: user.superuser(),
        admin: by_role || user.may_be_superuser(),
        all_sites: user.all_sites(),
        all_asset_groups: user.all_asset_groups(),
        sites: None,
        asset_groups: None,
        products: None,
        api_keys: None,
        authentication: user.authentication_type().map(str::to_owned),
        last_login: None,
        never_used: None,
    }
}

/// The privileges of a user whose role has no id: they are the access.
fn own_permissions(user: &User) -> Option<Vec<String>> {
    let kept = user.kept_by_the_console();
    let own = kept.iter().any(|(path, _)| path.starts_with("role."));
    let privileges = own.then(|| user.privileges().unwrap_or_default())?;
    Some(privileges.into_iter().map(str::to_owned).collect())
}

fn of_platform(user: &platform::User, name: &str) -> ReportedAccount {
    let authentication = user.federated().map(|federated| match federated {
        true => "federated",
        false => "password",
    });
    ReportedAccount {
        person: None,
        surface: SurfaceKind::Platform,
        name: name.to_owned(),
        user_id: user.id().to_string(),
        login: user.email().to_owned(),
        email: Some(user.email().to_owned()),
        full_name: user.full_name(),
        // Who is invited may log in; a word that is new is for the reviewer to read.
        enabled: match user.status() {
            Some("DISABLED") => Some(false),
            Some("ACTIVE" | "PENDING") => Some(true),
            _ => None,
        },
        locked: None,
        status: user.status().map(str::to_owned),
        role: match user.platform_admin() {
            Some(true) => Some("Platform Admin".into()),
            _ => None,
        },
        permissions: None,
        superuser: user.platform_admin(),
        admin: user.platform_admin() != Some(false),
        all_sites: None,
        all_asset_groups: None,
        sites: None,
        asset_groups: None,
        products: None,
        api_keys: None,
        authentication: authentication.map(str::to_owned),
        last_login: user.last_login().map(str::to_owned),
        never_used: user.never_used(),
    }
}
