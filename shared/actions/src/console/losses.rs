//! What an account may lose by being replaced, beside its individual grants: members that the console tells and
//! that no replacement carries, and flags that it does not tell.

use rapid7::console::{AccessKind, User, WireForm};
use serde_json::Value;

use crate::console::context::ConsoleContext;
use crate::console::plan::{Change, Plan, Snapshot, noun};
use crate::core::change::FieldChange;
use crate::core::error::Result;
use crate::core::policy::refuse;
use crate::core::text::printable;

/// What the console may drop with a plan, and nobody can give back.
fn foreseen(user: &User, plan: &Plan) -> Vec<(&'static str, String)> {
    if !plan.replaces() {
        return Vec::new();
    }
    let intended = plan.intended(user);
    // A role that is given instead is what is asked for, whatever is said of it.
    let given = intended.role_id() != user.role_id();
    let kept = user.kept_by_the_console().into_iter();
    let kept = kept.filter(|(path, _)| !(given && path.starts_with("role.")));
    kept.map(|(path, value)| (path, shown(value))).collect()
}

fn shown(value: &Value) -> String {
    printable(&value.to_string())
}

impl ConsoleContext {
    /// Refuses a plan that may cost an account what nobody can give back, unless that was accepted; and says so
    /// in the plan else.
    ///
    /// # Errors
    /// `Refused`, with what may be lost.
    pub(crate) fn check_losses(&self, user: &User, plan: &mut Plan) -> Result<()> {
        let foreseen = foreseen(user, plan);
        if foreseen.is_empty() {
            return Ok(());
        }
        let what = foreseen
            .iter()
            .map(|(path, value)| format!("{path} {value}"));
        let what = what.collect::<Vec<_>>().join(", ");
        if !self.run.accepts_loss {
            return Err(refuse(
                "loss-of-privileges",
                &format!(
                    "the account has something of its own that no update can carry, and that can't be given \
                     back: {what}; the console may drop it"
                ),
                "change the account in the console; or accept_loss_of_privileges, after noting down what it has",
            ));
        }
        let warning = format!(
            "no update can carry what the account has of its own: {what}; the console may drop it, and nothing \
             can give it back"
        );
        if !plan.warnings.contains(&warning) {
            plan.warnings.push(warning);
        }
        Ok(())
    }
}

/// Whether the console may give the account another role with a plan, in place of permissions of its own.
pub(crate) fn may_lose_role(user: &User, plan: &Plan) -> bool {
    let foreseen = foreseen(user, plan);
    foreseen.iter().any(|(path, _)| path.starts_with("role."))
}

/// What was lost of that.
pub(crate) fn lost(
    plan: &Plan,
    before: &User,
    after: &User,
    warnings: &mut Vec<String>,
) -> Vec<FieldChange> {
    let mut lost = Vec::new();
    for (path, had) in foreseen(before, plan) {
        let kept = after.kept_by_the_console();
        let has = kept.into_iter().find(|(other, _)| *other == path);
        let has = has.map(|(_, value)| value.clone()).unwrap_or_default();
        if shown(&has) != had {
            warnings.push(format!(
                "lost: {path} was {had} and is {}; nothing can give it back",
                shown(&has)
            ));
            let was = before.kept_by_the_console().into_iter();
            let was = was
                .filter(|(other, _)| *other == path)
                .map(|(_, value)| value.clone())
                .next();
            lost.push(FieldChange {
                field: path.into(),
                before: was.unwrap_or_default(),
                after: has,
            });
        }
    }
    lost
}

/// Privileges whose roles see all of a kind whatever a flag says (vendor API file).
const FORCING: [(AccessKind, &[&str]); 2] = [
    (
        AccessKind::Sites,
        &["all-permissions", "manage-sites", "manage-tags"],
    ),
    (
        AccessKind::AssetGroups,
        &["all-permissions", "manage-dynamic-asset-groups"],
    ),
];

impl Plan {
    /// Says the flags that the console does not tell, as far as they are proven: who has single sites has not
    /// all of them. Left out of a replacement, a flag gets the console's own value, which may be true (seen in
    /// the field). What nothing proves is said.
    pub(crate) fn say_untold_flags(&mut self, before: &Snapshot, form: WireForm) {
        let form = before.user.form().unwrap_or(form);
        for (kind, forcing) in FORCING {
            let told = |user: &User| match kind {
                AccessKind::Sites => user.all_sites().is_some(),
                AccessKind::AssetGroups => user.all_asset_groups().is_some(),
            };
            let is_forced = |user: &User| {
                let privileges = user.privileges().unwrap_or_default();
                privileges
                    .iter()
                    .any(|privilege| forcing.contains(privilege))
            };
            let after = self.intended(&before.user);
            if !self.replaces()
                || told(&after)
                || is_forced(&before.user)
                || after.superuser() == Some(true)
            {
                continue;
            }
            let has_some = before.grants(kind).is_some_and(|ids| !ids.is_empty());
            let what = noun(kind);
            if !has_some {
                self.warnings.push(format!(
                    "the console does not tell whether the account has all {what}, and nothing else shows it: \
                     this update may change that"
                ));
                continue;
            }
            for change in &mut self.changes {
                if let Change::ReplaceUser { replacement, .. } = change {
                    match kind {
                        AccessKind::Sites => replacement.set_all_sites(false, form),
                        AccessKind::AssetGroups => replacement.set_all_asset_groups(false, form),
                    }
                }
            }
        }
    }
}
