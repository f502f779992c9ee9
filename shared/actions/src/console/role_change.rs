//! What a change of role brings with it: superuser, all sites, all asset groups.

use rapid7::console::{Replacement, Role, User, WireForm};

use crate::console::view::is_local;
use crate::core::error::{Error, Result};

/// What a caller wants of an account's role.
pub(crate) struct RoleChange<'a> {
    pub(crate) role: Option<&'a Role>,
    pub(crate) superuser: Option<bool>,
    pub(crate) all_sites: Option<bool>,
    pub(crate) all_asset_groups: Option<bool>,
}

/// Everything about an account's role as it shall be. What is `None` stays as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleFlags {
    role: Option<String>,
    superuser: Option<bool>,
    all_sites: Option<bool>,
    all_asset_groups: Option<bool>,
    /// The local store that goes with the role.
    local_type: Option<&'static str>,
}

impl RoleChange<'_> {
    /// The flags that go with it, and what a person should know about them.
    ///
    /// # Errors
    /// `InvalidInput` for a flag that the role does not leave open.
    pub(crate) fn flags(&self, user: &User, roles: &[Role]) -> Result<(RoleFlags, Vec<String>)> {
        let mut warnings = Vec::new();
        let old = roles
            .iter()
            .find(|role| Some(role.id.as_str()) == user.role_id());
        let new = self.role.or(old);
        let is_new = new.map(|role| role.id.as_str()) != user.role_id();
        let mut superuser = self.superuser;
        // Nobody stays a superuser by being forgotten.
        let down = is_new && new.is_some_and(|role| !role.is_global_administrator());
        if superuser.is_none() && down {
            superuser = Some(false);
        }
        if superuser == Some(false) && user.superuser() == Some(true) {
            warnings.push("the user is no superuser any more".into());
        }
        let all_sites = follow(
            Flag {
                name: "all_sites",
                what: "sites",
                grant: "grant-site-access",
                wanted: self.all_sites,
                now: user.all_sites(),
                forced: new.is_some_and(Role::gives_all_sites),
                was_forced: is_new && old.is_some_and(Role::gives_all_sites),
            },
            old,
            new,
            &mut warnings,
        )?;
        let all_asset_groups = follow(
            Flag {
                name: "all_asset_groups",
                what: "asset groups",
                grant: "grant-asset-group-access",
                wanted: self.all_asset_groups,
                now: user.all_asset_groups(),
                forced: new.is_some_and(Role::gives_all_asset_groups),
                was_forced: is_new && old.is_some_and(Role::gives_all_asset_groups),
            },
            old,
            new,
            &mut warnings,
        )?;
        let local_type = match self.role.filter(|_| is_new) {
            Some(role) if role.is_global_administrator() => Some("admin"),
            Some(_) => Some("normal"),
            None => None,
        };
        let flags = RoleFlags {
            local_type,
            role: self.role.map(|role| role.id.clone()),
            superuser,
            all_sites,
            all_asset_groups,
        };
        Ok((flags, warnings))
    }
}

/// One of the two flags, with what decides it.
struct Flag {
    name: &'static str,
    what: &'static str,
    grant: &'static str,
    wanted: Option<bool>,
    now: Option<bool>,
    /// Whether the new role forces it (seen in the field).
    forced: bool,
    was_forced: bool,
}

fn follow(
    flag: Flag,
    old: Option<&Role>,
    new: Option<&Role>,
    warnings: &mut Vec<String>,
) -> Result<Option<bool>> {
    let Flag {
        name,
        what,
        grant,
        wanted,
        now,
        forced,
        was_forced,
    } = flag;
    let id = |role: Option<&Role>| role.map(|role| role.id.clone()).unwrap_or_default();
    match (forced, wanted) {
        (true, Some(false)) => Err(Error::invalid_input(
            name,
            &format!(
                "the role {:?} gives its users all of them, so false can't be had: choose another \
                 role, or leave it out",
                id(new)
            ),
        )),
        (true, _) if now == Some(true) => Ok(None),
        (true, _) => {
            warnings.push(format!(
                "{name} becomes true: the role {:?} forces it; individual {what} mean nothing from \
                 then on",
                id(new)
            ));
            Ok(Some(true))
        }
        (false, None) if was_forced && now == Some(true) => {
            warnings.push(format!(
                "{name} becomes false: it came with the role {:?}; {grant} gives single ones",
                id(old)
            ));
            Ok(Some(false))
        }
        (false, wanted) => {
            let wanted = wanted.filter(|wanted| now != Some(*wanted));
            if wanted == Some(true) {
                warnings.push(format!(
                    "{name} becomes true: individual {what} mean nothing from then on, and the console \
                     drops them"
                ));
            }
            Ok(wanted)
        }
    }
}

impl RoleFlags {
    /// Writes them into a replacement. What is so already is left as it was written.
    pub(crate) fn edit(&self, user: &User, edit: &mut Replacement, form: WireForm) {
        if let Some(role) = &self.role
            && user.role_id() != Some(role)
        {
            edit.set_role(role);
        }
        if let Some(superuser) = self.superuser
            && user.superuser() != Some(superuser)
        {
            edit.set_superuser(superuser);
        }
        // The console moves the account itself, or insists on it (clients in the field do both); it picks the
        // source of a type by itself (vendor API file).
        if let Some(kind) = self.local_type
            && is_local(user)
            && user.authentication_type() != Some(kind)
        {
            edit.set_authentication(kind, None);
        }
        let form = user.form().unwrap_or(form);
        if let Some(all) = self.all_sites {
            edit.set_all_sites(all, form);
        }
        if let Some(all) = self.all_asset_groups {
            edit.set_all_asset_groups(all, form);
        }
    }
}
