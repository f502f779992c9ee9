//! `restore-user`: an account back as an audit record has it.

use std::collections::{BTreeMap, BTreeSet};

use rapid7::console::{AccessKind, Replacement, Role, User, UserId};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::console::lookup::{Selector, line, refuse_taken};
use crate::console::outcome::Outcome;
use crate::console::plan::{AccessChange, Plan, Snapshot};
use crate::console::view::{is_known, is_shown};
use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::recorded::{Record, if_gone};
use crate::core::spec::{Effect, Spec};
use crate::core::text::{printable, solid};

/// What is needed of an audit record. Whatever else it has is left alone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreRecord {
    /// `before`: the record with the full state, written before the first write of a run.
    pub audit: String,
    /// The console.
    pub target: String,
    /// What was recorded: `{"state": {"user", "sites", "asset_groups"}}`, and more.
    pub record: Recorded,
}

/// The part of an audit record that an account is restored from.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The account before the run; null if the run created it.
    pub state: Option<RecordedState>,
}

/// An account as it was.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RecordedState {
    /// The user as the console told of it.
    pub user: Map<String, Value>,
    /// Sites given one by one; null where they meant nothing.
    pub sites: Option<BTreeSet<i64>>,
    /// Asset groups given one by one; null where they meant nothing.
    pub asset_groups: Option<BTreeSet<i64>>,
}

console_input! {
    /// What to restore from.
    pub struct RestoreUserInput {
        /// An audit record with `"audit": "before"`, as it was written.
        #[schemars(extend("x-record" = true))]
        pub record: RestoreRecord,
    }
}

/// Plans an account back to the state in an audit record, individual grants included: what a run
/// did, and what somebody else did since, so look at the plan first. Passwords, two-factor seeds and
/// locks are not in a record, a role's own privileges are not the account's to give back, and members that
/// the console tells of nobody stay out. An account that is gone can't be restored.
pub struct RestoreUser;

impl Action for RestoreUser {
    type Input = RestoreUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "restore-user",
        title: "Bring an account back to the state in an audit record",
        effect: Effect::Destructive,
        example: r#"{"record": {"audit": "before", "target": "https://console.example.com:3780", "record": {"state": {"user": {"id": 15, "login": "ext.pentest", "name": "Former Contractor", "email": "ext.pentest@example.com", "enabled": true, "locked": false, "role": {"id": "user", "name": "User", "superuser": false, "allSites": false, "allAssetGroups": false, "privileges": ["view-site-asset-data", "create-reports"]}, "authentication": {"id": 1, "type": "normal"}, "contractEnd": "2026-01-31"}, "sites": [4, 5], "asset_groups": []}}}, "dry_run": true, "ticket": "HR-78"}"#,
    };

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

/// The state in a record, if it is one of this console before a run.
fn recorded<'a>(record: &'a RestoreRecord, target: &str) -> Result<&'a RecordedState> {
    let record = Record {
        audit: &record.audit,
        target: &record.target,
        state: record.record.state.as_ref(),
    };
    record.state_on("console", target)
}

/// Members that every account has: a record without one is not of a whole account, and what it lacks
/// would be cleared.
const WHOLE: &[&str] = &["login", "name", "enabled", "role", "authentication"];

type IsOf = fn(&Value) -> bool;

/// What known members are. A console that is lenient about types would take a text for a flag that
/// no guard sees.
const TYPES: &[(&str, IsOf, &str)] = &[
    ("/enabled", Value::is_boolean, "true or false"),
    ("/accessAllSites", Value::is_boolean, "true or false"),
    ("/accessAllAssetGroups", Value::is_boolean, "true or false"),
    ("/role", Value::is_object, "an object"),
    ("/role/id", Value::is_string, "text"),
    ("/role/superuser", Value::is_boolean, "true or false"),
    ("/role/allSites", Value::is_boolean, "true or false"),
    ("/role/allAssetGroups", Value::is_boolean, "true or false"),
    ("/authentication", Value::is_object, "an object"),
    ("/authentication/type", Value::is_string, "text"),
    ("/authentication/id", Value::is_i64, "a whole number"),
    ("/email", Value::is_string, "text"),
];

/// Texts that are one line.
const TEXTS: &[&str] = &[
    "/authentication/type",
    "/email",
    "/locale/default",
    "/locale/reports",
    "/login",
    "/name",
    "/name/first",
    "/name/last",
    "/role/id",
];

/// The recorded account, if it is one that this can be restored from.
fn whole(state: &RecordedState, now: &User) -> Result<User> {
    let field = "record.record.state.user";
    let Some(recorded) = User::from_json(Value::Object(state.user.clone())) else {
        return Err(Error::invalid_input(field, "expected a user"));
    };
    // What is named like a secret is redacted in every record, and this is never told by a console:
    // somebody put it there.
    let user = Value::Object(state.user.clone());
    let secrets = rapid7::redact_secret_members(&user) != user;
    if secrets || state.user.contains_key("passwordResetOnLogin") {
        return Err(Error::invalid_input(
            field,
            "expected an audit record as it was written: none holds passwords or other secrets",
        ));
    }
    if recorded.login() != now.login() {
        solid(&format!("{field}.login"), recorded.login())?;
    }
    let is = Value::Object(now.members().clone());
    for path in TEXTS {
        let text = user
            .pointer(path)
            .filter(|text| is.pointer(path) != Some(text));
        let text = text.and_then(Value::as_str);
        if text.is_some_and(|text| text.contains(char::is_control)) {
            let field = format!("{field}{}", path.replace('/', "."));
            let expected = "expected text without line breaks and other control characters";
            return Err(Error::invalid_input(&field, expected));
        }
    }
    let in_parts = |user: &Value| {
        Some(user.get("name")?)
            .filter(|n| !n.is_null())
            .map(Value::is_object)
    };
    if let (Some(was), Some(is)) = (in_parts(&user), in_parts(&is))
        && was != is
    {
        let expected = "expected it as this console tells names, in one text or in two";
        return Err(Error::invalid_input(&format!("{field}.name"), expected));
    }
    for (path, fits, kind) in TYPES {
        let value = user.pointer(path).filter(|value| !value.is_null());
        if value.is_some_and(|value| !fits(value)) {
            let field = format!("{field}{}", path.replace('/', "."));
            return Err(Error::invalid_input(&field, &format!("expected {kind}")));
        }
    }
    for name in WHOLE {
        let has = |members: &Map<String, Value>| members.get(*name).is_some_and(|v| !v.is_null());
        if has(now.members()) && !has(&state.user) {
            return Err(Error::invalid_input(
                field,
                &format!("expected the whole account, as it was recorded: it lacks `{name}`"),
            ));
        }
    }
    let local = |kind: Option<&str>| matches!(kind, Some("normal" | "admin"));
    if local(recorded.authentication_type()) && !local(now.authentication_type()) {
        return Err(Error::new(
            ErrorKind::Refused,
            "the account logs in from outside now; to keep its password here again, the console wants \
             one with the change",
        )
        .next("change it in the console, where the person can choose the password"));
    }
    Ok(recorded)
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
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{any_user, applied, plan_text, user};

    /// The plan, where the console tells of nobody what it does not tell of this account.
    fn plan(state: &RecordedState, before: &Snapshot) -> Result<Plan> {
        let recorded = whole(state, &before.user)?;
        let mut known = Known::default();
        paths("", before.user.members(), &mut known.told);
        Ok(super::plan(state, &recorded, before, &known))
    }

    fn state(user: &User, sites: &[i64]) -> RecordedState {
        RecordedState {
            user: user.members().clone(),
            sites: Some(sites.iter().copied().collect()),
            asset_groups: None,
        }
    }

    fn now(user: User, sites: &[i64]) -> Snapshot {
        Snapshot {
            user,
            sites: Some(sites.iter().copied().collect()),
            asset_groups: None,
        }
    }

    fn jdoe(more: Value) -> User {
        let mut members = json!({
            "email": "jdoe@example.com", "enabled": true, "costCenter": "4711",
            "role": {"id": "user", "superuser": false, "name": "User"},
        });
        let more = more.as_object().expect("an object").clone();
        members.as_object_mut().expect("an object").extend(more);
        user(members)
    }

    #[test]
    fn members_and_grants_come_back() {
        let was = state(&jdoe(json!({})), &[1, 2, 4]);
        let is = now(
            jdoe(
                json!({"enabled": false, "role": {"id": "auditor", "superuser": true, "beta": 1}}),
            ),
            &[4, 7],
        );
        assert_snapshot!(plan_text(plan(&was, &is)), @r#"
        replace user 42 by itself with enabled: false → true, role.id: "auditor" → "user", role.superuser: true → false; every other member goes back as read
        give sites 1, 2; take away sites 7
        "#);
        let same = now(jdoe(json!({})), &[1, 2, 4]);
        assert_snapshot!(plan_text(plan(&was, &same)), @"");
    }

    #[test]
    fn what_was_empty_is_emptied_and_what_is_new_stays() {
        let was = state(&jdoe(json!({"email": null})), &[]);
        let is = now(
            jdoe(json!({"locale": {"default": "de-DE"}, "newMember": 1})),
            &[],
        );
        assert_snapshot!(plan_text(plan(&was, &is)), @r#"replace user 42 by itself with email: "jdoe@example.com" → null, locale.default: "de-DE" → null; every other member goes back as read"#);
    }

    #[test]
    fn what_was_redacted_stays_and_is_told() {
        let was = state(&jdoe(json!({"apiToken": "[redacted]"})), &[]);
        let is = now(
            jdoe(json!({"apiToken": "secret", "enabled": false, "locked": true})),
            &[],
        );
        assert_snapshot!(plan_text(plan(&was, &is)), @r"
        replace user 42 by itself with enabled: false → true; every other member goes back as read
        warning: apiToken: the record does not hold it, so it stays as it is
        ");
    }

    #[test]
    fn what_is_redacted_inside_a_member_does_not_keep_the_rest_from_coming_back() {
        let with = |id: &str, token: &str| jdoe(json!({"role": {"id": id, "apiToken": token}}));
        let was = state(&with("user", "[redacted]"), &[]);
        let is = now(with("auditor", "secret"), &[]);
        assert_snapshot!(plan_text(plan(&was, &is)), @r#"
        replace user 42 by itself with role.id: "auditor" → "user"; every other member goes back as read
        warning: role.apiToken: the record does not hold it, so it stays as it is
        "#);
    }

    /// No guard knows what a member does that no console has: whoever wrote the record may.
    #[test]
    fn members_that_the_console_never_told_stay_out() {
        let was = state(
            &jdoe(json!({
                "isSuperUser": true, "accessAllSites": true, "enabled": false,
                "role": {"id": "user", "superuser": false, "godMode": true},
                "badge": {"colour": "red", "opens": "all"},
            })),
            &[],
        );
        let is = now(jdoe(json!({"badge": {"colour": "blue"}})), &[]);
        assert_snapshot!(plan_text(plan(&was, &is)), @r#"
        replace user 42 by itself with badge.colour: "blue" → "red", enabled: true → false; every other member goes back as read
        warning: accessAllSites: the console tells no such member of anybody, so it is not given back
        warning: badge.opens: the console tells no such member of anybody, so it is not given back
        warning: isSuperUser: the console tells no such member of anybody, so it is not given back
        warning: role.godMode: the console tells no such member of anybody, so it is not given back
        "#);
    }

    #[test]
    fn a_roles_privileges_that_are_others_by_now_are_said() {
        let with = |role: Value| jdoe(json!({"role": role}));
        let role = |privileges: &[&str]| json!({"id": "user", "privileges": privileges});
        let was = state(&with(role(&["scan", "report"])), &[]);
        let is = now(with(role(&["report", "tag"])), &[]);
        assert_snapshot!(plan_text(plan(&was, &is)), @"warning: role.privileges: the role user is not as it was, and stays so (it allowed and allows no more: scan; it allows now and did not: tag)");
        let own = json!({"privileges": ["scan", "report"]});
        let was = state(&with(own.clone()), &[]);
        assert_snapshot!(plan_text(plan(&was, &is)), @"warning: role.privileges: the record has privileges of the account's own, which no update gives back, so its role stays as it is: report, scan");
        assert_snapshot!(plan_text(plan(&was, &now(with(own), &[]))), @"");
    }

    /// Which entry is which, nobody can tell: the account keeps its list.
    #[test]
    fn a_list_with_something_redacted_in_it_stays_as_it_is() {
        let with = |token: &str, enabled: bool| {
            jdoe(json!({"enabled": enabled, "devices": [{"name": "x", "token": token}]}))
        };
        let was = state(&with("[redacted]", true), &[]);
        let is = now(with("real", false), &[]);
        assert_snapshot!(plan_text(plan(&was, &is)), @r"
        replace user 42 by itself with enabled: false → true; every other member goes back as read
        warning: devices: the record does not hold all of it, so it stays as it is
        ");
    }

    #[test]
    fn a_record_that_somebody_edited_is_refused() {
        let is = now(jdoe(json!({})), &[]);
        let told = |more: Value| plan_text(plan(&state(&jdoe(more), &[]), &is));
        assert_snapshot!(told(json!({"password": "canary"})), @"InvalidInput: `record.record.state.user`: expected an audit record as it was written: none holds passwords or other secrets");
        assert_snapshot!(told(json!({"role": {"id": "user", "superuser": "true"}})), @"InvalidInput: `record.record.state.user.role.superuser`: expected true or false");
        assert_snapshot!(told(json!({"login": "svc "})), @"InvalidInput: `record.record.state.user.login`: expected text that is not empty and has no spaces around it");
        assert_snapshot!(told(json!({"role": null})), @"InvalidInput: `record.record.state.user`: expected the whole account, as it was recorded: it lacks `role`");
        assert_snapshot!(told(json!({"passwordResetOnLogin": true})), @"InvalidInput: `record.record.state.user`: expected an audit record as it was written: none holds passwords or other secrets");
        assert_snapshot!(told(json!({"role": {"id": "user", "apiToken": "canary"}})), @"InvalidInput: `record.record.state.user`: expected an audit record as it was written: none holds passwords or other secrets");
        assert_snapshot!(told(json!({"login": "a\nb"})), @"InvalidInput: `record.record.state.user.login`: expected text without line breaks and other control characters");
        assert_snapshot!(told(json!({"email": "a\u{9b}b"})), @"InvalidInput: `record.record.state.user.email`: expected text without line breaks and other control characters");
        assert_snapshot!(told(json!({"login": "other"})), @r#"
        replace user 42 by itself with login: "jdoe" → "other"; every other member goes back as read
        warning: the account with this number is called jdoe now, and other in the record
        "#);
        let external = now(
            jdoe(json!({"authentication": {"type": "ldap", "id": 3}})),
            &[],
        );
        let local = state(
            &jdoe(json!({"authentication": {"type": "normal", "id": 1}})),
            &[],
        );
        assert_snapshot!(plan_text(plan(&local, &external)), @"Refused: the account logs in from outside now; to keep its password here again, the console wants one with the change");
    }

    #[test]
    fn only_a_record_of_this_console_before_a_run_is_taken() {
        let told = |json: Value| {
            let record: RestoreRecord = serde_json::from_value(json).expect("a record");
            match recorded(&record, "https://console") {
                Ok(_) => String::new(),
                Err(error) => error.message,
            }
        };
        let state = json!({"state": {"user": {"id": 4, "login": "jdoe"}}});
        assert_snapshot!(told(json!({"audit": "after", "target": "https://console", "record": state})), @r#"`record.audit`: expected a record with "before": the one with the full state"#);
        assert_snapshot!(told(json!({"audit": "before", "target": "https://other", "record": state})), @"`record.target`: expected a record of this console, https://console");
        assert_snapshot!(told(json!({"audit": "before", "target": "https://console", "record": {"state": null}})), @"`record.record.state`: expected the state of an account: this run created one, so there was none before");
        assert_snapshot!(told(json!({"audit": "before", "target": "https://console", "record": state, "at": "2026"})), @"");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            was in any_user(), is in any_user(),
            had in prop::collection::btree_set(1_i64..9, 0..5),
        ) {
            let sites: Vec<i64> = had.into_iter().collect();
            let record = state(&was, &sites);
            if let Ok(first) = plan(&record, &now(is.clone(), &[3])) {
                let after = now(applied(&is, &first), &sites);
                let again = plan(&record, &after).expect("a plan");
                prop_assert!(again.changes.is_empty(), "{:?}", again.to_lines());
            }
        }
    }
}
