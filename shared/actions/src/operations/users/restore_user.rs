//! `restore-user`: an account back as an audit record has it.

mod record;

use std::collections::{BTreeMap, BTreeSet};

use rapid7::console::{AccessKind, Replacement, Role, User, UserId};
use serde_json::{Map, Value};

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::console::lookup::{Selector, line, refuse_taken};
use crate::console::outcome::Outcome;
use crate::console::plan::{AccessChange, Plan, Snapshot};
use crate::console::record::{RecordedState, RestoreRecord};
use crate::console::view::{is_known, is_shown};
use crate::core::action::Action;
use crate::core::error::{Error, Result};
use crate::core::recorded::if_gone;
use crate::core::spec::{Effect, Spec};
use crate::core::text::printable;
use record::{recorded, whole};

console_input! {
    @replaces
    /// The audit record to restore from.
    pub struct RestoreUserInput {
        /// An audit record with `"audit": "before"`, unchanged.
        #[schemars(extend("x-record" = true))]
        pub record: RestoreRecord,
    }
}

/// Restores an account to the state in an audit record, with its individual grants. This also takes
/// back what others changed since, so look at the plan first. A record has no passwords, two-factor
/// seeds or locks. Privileges that belong to a role are not restored, nor are members that the console
/// reports for no account. A deleted account can't be restored.
pub struct RestoreUser;

impl Action for RestoreUser {
    type Input = RestoreUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "restore-user",
        title: "Restore an account to the state in an audit record",
        effect: Effect::Destructive,
        example: r#"{"record": {"audit": "before", "target": "https://console.example.com:3780", "record": {"state": {"user": {"id": 15, "login": "ext.pentest", "name": "Former Contractor", "email": "ext.pentest@example.com", "enabled": true, "locked": false, "role": {"id": "user", "name": "User", "superuser": false, "allSites": false, "allAssetGroups": false, "privileges": ["view-site-asset-data", "create-reports"]}, "authentication": {"id": 1, "type": "normal"}, "contractEnd": "2026-01-31"}, "sites": [4, 5], "asset_groups": []}}}, "dry_run": true, "ticket": "HR-78"}"#,
    };
    const QUESTION: &'static str = "Bring {} back to the state in the record";

    async fn run(context: &ConsoleContext, input: RestoreUserInput) -> Result<Outcome> {
        let state = recorded(&input.record, context.console().address())?;
        let id = state.user.get("id").and_then(Value::as_i64);
        let id = id.ok_or_else(|| {
            Error::invalid_input("record.record.state.user", "expected a user with its `id`")
        })?;
        let user = context.find_user(&Selector::Id(UserId(id))).await;
        let user = user.map_err(|error| if_gone(error, "provision-user"))?;
        let before = context.snapshot(&user).await?;
        let about = |error: Error| error.about(line(&user));
        let recorded = whole(state, &before.user).map_err(about)?;
        let known = known(context, &recorded, &before.user).await;
        let known = known.map_err(about)?;
        let plan = plan(state, &recorded, &before, &known);
        context.apply_to(before, plan).await
    }
}

/// What has to be known of the console beside the account.
#[derive(Default)]
struct Known {
    /// The members that it tells of the account or, where a record has others, of anybody.
    told: BTreeSet<String>,
    /// Its roles, where a record has another one than the account.
    roles: Vec<Role>,
}

/// Members that every console takes, whether it tells them of an account or not. All others have two forms,
/// or are a newer console's.
const TAKEN: &[&str] = &[
    "authentication",
    "authentication.id",
    "authentication.type",
    "email",
    "enabled",
    "locale",
    "locale.default",
    "locale.reports",
    "login",
    "name",
    "name.first",
    "name.last",
    "role",
    "role.id",
    "role.superuser",
];

impl Known {
    /// Whether a member is one that the console has, rather than one that somebody put into a record: no
    /// guard knows what it does.
    fn has(&self, path: &str) -> bool {
        TAKEN.contains(&path) || self.told.contains(path)
    }
}

/// The dotted paths of an object's members, those inside others included.
fn paths(prefix: &str, members: &Map<String, Value>, into: &mut BTreeSet<String>) {
    for (name, value) in members {
        let path = match prefix {
            "" => name.clone(),
            prefix => format!("{prefix}.{name}"),
        };
        if let Value::Object(members) = value {
            paths(&path, members, into);
        }
        into.insert(path);
    }
}

/// Reads it, as far as the record makes it matter.
async fn known(context: &ConsoleContext, recorded: &User, now: &User) -> Result<Known> {
    if recorded.login() != now.login() {
        let field = "record.record.state.user.login";
        refuse_taken(field, recorded.login(), now, context.users().await?)?;
    }
    let mut known = Known::default();
    paths("", now.members(), &mut known.told);
    let mut recorded_paths = BTreeSet::new();
    paths("", recorded.replacement().members(), &mut recorded_paths);
    if !recorded_paths.iter().all(|path| known.has(path)) {
        for user in context.users().await? {
            paths("", user.members(), &mut known.told);
        }
    }
    if recorded.role_id().is_some() && recorded.role_id() != now.role_id() {
        known.roles = context.roles().await?.to_vec();
    }
    Ok(known)
}

/// What of a role's privileges was so and can't be given back.
fn other_privileges(recorded: &User, now: &User, known: &Known) -> Option<String> {
    let set = |privileges: Vec<&str>| -> BTreeSet<String> {
        privileges.into_iter().map(printable).collect()
    };
    let list = |names: &BTreeSet<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.join(", ")
    };
    let was = set(recorded.privileges()?);
    let Some(id) = recorded.role_id() else {
        let same = now.role_id().is_none() && now.privileges().map(set).as_ref() == Some(&was);
        return (!same).then(|| {
            format!(
                "role.privileges: the record has privileges of the account's own, which no update gives \
                 back, so its role stays as it is: {}",
                list(&was)
            )
        });
    };
    let is = match now.role_id() == Some(id) {
        true => set(now.privileges()?),
        false => {
            let role = known.roles.iter().find(|role| role.id == id)?;
            let privileges = role.privileges.as_ref()?;
            set(privileges.iter().map(String::as_str).collect())
        }
    };
    let (lost, new) = (&was - &is, &is - &was);
    let differ = [
        ("it allowed and allows no more", lost),
        ("it allows now and did not", new),
    ];
    let differ = differ.iter().filter(|(_, names)| !names.is_empty());
    let differ: Vec<String> = differ
        .map(|(what, names)| format!("{what}: {}", list(names)))
        .collect();
    (!differ.is_empty()).then(|| {
        format!(
            "role.privileges: the role {} is not as it was, and stays so ({})",
            printable(id),
            differ.join("; ")
        )
    })
}

fn plan(state: &RecordedState, recorded: &User, before: &Snapshot, known: &Known) -> Plan {
    let mut kept = Vec::new();
    let edit = |edit: &mut Replacement| {
        for (name, value) in recorded.replacement().members() {
            if !known.has(name) {
                kept.push(untold(name));
                continue;
            }
            let now = before.user.members().get(name);
            let mut value = merged(name, value, now, known, &mut kept);
            // Privileges of the account's own can't be written: what it has instead stays.
            if name == "role"
                && recorded.role_id().is_none()
                && let Some(id) = before.user.role_id()
            {
                value["id"] = id.into();
            }
            edit.restore(name, &value);
        }
        // What this pack knows and the account lacked; a newer console's own members stay.
        let names: Vec<String> = edit.members().keys().cloned().collect();
        for name in names {
            if is_shown(&name) && !state.user.contains_key(&name) {
                edit.restore(&name, &Value::Null);
            }
        }
    };
    let mut plan = Plan::replace(&before.user, edit);
    plan.warnings.extend(kept);
    plan.warnings
        .extend(other_privileges(recorded, &before.user, known));
    if recorded.login() != before.user.login() {
        plan.warnings.push(format!(
            "the account with this number is called {} now, and {} in the record",
            printable(before.user.login()),
            printable(recorded.login())
        ));
    }
    for (kind, wanted) in [
        (AccessKind::Sites, &state.sites),
        (AccessKind::AssetGroups, &state.asset_groups),
    ] {
        let Some(wanted) = wanted else { continue };
        // Somebody with all of them now who had single ones before: none are there yet.
        let had = before.grants(kind).cloned().unwrap_or_default();
        let unnamed = |ids: BTreeSet<i64>| -> BTreeMap<i64, Option<String>> {
            ids.into_iter().map(|id| (id, None)).collect()
        };
        plan.set_access(AccessChange {
            kind,
            give: unnamed(wanted - &had),
            take: unnamed(&had - wanted),
            exact: true,
        });
    }
    let locked = recorded.locked();
    if locked.is_some() && locked != before.user.locked() {
        plan.warnings.push(
            match before.user.locked() {
                Some(true) => "the account is locked now, and was not: see unlock-user",
                _ => "the account was locked, and is not any more; that stays so",
            }
            .into(),
        );
    }
    plan
}

fn untold(path: &str) -> String {
    format!(
        "{}: the console tells no such member of anybody, so it is not given back",
        printable(path)
    )
}

/// A recorded member as it shall be: what was redacted stays as it is, and so does what a newer
/// console has added to it since.
fn merged(
    path: &str,
    recorded: &Value,
    now: Option<&Value>,
    known: &Known,
    kept: &mut Vec<String>,
) -> Value {
    match recorded {
        Value::String(text) if text == rapid7::REDACTED => {
            kept.push(format!(
                "{path}: the record does not hold it, so it stays as it is"
            ));
            now.cloned().unwrap_or_default()
        }
        Value::Object(was) => {
            let is = now.and_then(Value::as_object);
            let mut members = Map::new();
            for (name, value) in was {
                let path = format!("{path}.{name}");
                if !known.has(&path) {
                    kept.push(untold(&path));
                    continue;
                }
                let now = is.and_then(|is| is.get(name));
                members.insert(name.clone(), merged(&path, value, now, known, kept));
            }
            for (name, value) in is.into_iter().flatten() {
                if !is_known(&format!("{path}.{name}")) && !members.contains_key(name) {
                    members.insert(name.clone(), value.clone());
                }
            }
            Value::Object(members)
        }
        // Which entry of a list is which, nobody can tell.
        Value::Array(items) if items.iter().any(holds_redacted) => {
            kept.push(format!(
                "{path}: the record does not hold all of it, so it stays as it is"
            ));
            now.cloned().unwrap_or_default()
        }
        recorded => recorded.clone(),
    }
}

fn holds_redacted(value: &Value) -> bool {
    match value {
        Value::String(text) => text == rapid7::REDACTED,
        Value::Array(items) => items.iter().any(holds_redacted),
        Value::Object(members) => members.values().any(holds_redacted),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
