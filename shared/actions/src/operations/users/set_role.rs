//! `set-role`: another role, with the flags that go with it.

use rapid7::console::{Role, User, WireForm};

use crate::console::choice;
use crate::console::context::ConsoleContext;
use crate::console::input::user_input;
use crate::console::lookup::line;
use crate::console::outcome::Outcome;
use crate::console::plan::Plan;
use crate::console::role_change::RoleChange;
use crate::core::action::Action;
use crate::core::error::{Error, Result};
use crate::core::spec::{Effect, Spec};

user_input! {
    @replaces
    /// The account, and its new role.
    pub struct SetRoleInput {
        /// Role, by name or by its id on this console, such as `user`.
        pub role_id: String,
        /// Whether the user is a superuser. The policy must allow true. If left out, nobody becomes a
        /// superuser, and a superuser stays one only in a role that has all privileges anyway.
        #[schemars(example = false)]
        pub superuser: Option<bool>,
        /// Whether the user has all sites. If left out, it follows the role.
        #[schemars(example = false)]
        pub all_sites: Option<bool>,
        /// Whether the user has all asset groups. If left out, it follows the role.
        #[schemars(example = false)]
        pub all_asset_groups: Option<bool>,
    }
}

/// Gives an account another role. A lesser role clears the superuser flag. The flags for all sites and
/// all asset groups follow the role.
pub struct SetRole;

impl Action for SetRole {
    type Input = SetRoleInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "set-role",
        title: "Give an account another role, and the flags that go with it",
        effect: Effect::Destructive,
        example: r#"{"login": "knguyen", "role_id": "user", "ticket": "HR-77"}"#,
    };
    const QUESTION: &'static str = "Give {} another role";

    async fn run(context: &ConsoleContext, input: SetRoleInput) -> Result<Outcome> {
        let selector = input.selector()?;
        let (user, roles) = tokio::try_join!(context.find_user(&selector), context.roles())?;
        let form = context.console().form_or_default();
        let plan = plan(&input, &user, roles, form);
        let plan = plan.map_err(|error: Error| error.about(line(&user)))?;
        context.apply(user, plan).await
    }
}

fn plan(input: &SetRoleInput, user: &User, roles: &[Role], form: WireForm) -> Result<Plan> {
    let role = choice::role("role_id", &input.role_id, roles)?;
    let change = RoleChange {
        role: Some(role),
        superuser: input.superuser,
        all_sites: input.all_sites,
        all_asset_groups: input.all_asset_groups,
    };
    let (flags, warnings) = change.flags(user, roles)?;
    let mut plan = Plan::replace(user, |edit| flags.edit(user, edit, form));
    if !plan.changes.is_empty() {
        plan.warnings.extend(warnings);
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::*;
    use crate::console::testing::{applied, plan_text, roles, user};

    fn input(more: Value) -> SetRoleInput {
        let mut input = json!({"user_id": 42});
        let members = input.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        crate::core::input::parse(input).expect("an input")
    }

    fn planned(user: &User, more: Value) -> String {
        plan_text(plan(&input(more), user, &roles(), WireForm::Vendor))
    }

    fn with_role(role: Value) -> User {
        user(json!({"role": role}))
    }

    #[test]
    fn superuser_is_cleared_on_the_way_down_and_all_sites_with_it() {
        let admin = with_role(json!({
            "id": "global-admin", "superuser": true, "allSites": true, "allAssetGroups": true,
        }));
        assert_snapshot!(planned(&admin, json!({"role_id": "user"})), @r#"
        replace user 42 by itself with role.allAssetGroups: true → false, role.allSites: true → false, role.id: "global-admin" → "user", role.superuser: true → false; every other member goes back as read
        warning: the user is no superuser any more
        warning: all_sites becomes false: it came with the role "global-admin"; grant-site-access gives single ones
        warning: all_asset_groups becomes false: it came with the role "global-admin"; grant-asset-group-access gives single ones
        "#);
        let stays = json!({"role_id": "user", "all_sites": true, "all_asset_groups": true});
        assert_snapshot!(planned(&admin, stays), @r#"
        replace user 42 by itself with role.id: "global-admin" → "user", role.superuser: true → false; every other member goes back as read
        warning: the user is no superuser any more
        "#);
    }

    #[test]
    fn flags_follow_a_role_that_forces_them() {
        let jdoe = with_role(json!({
            "id": "user", "superuser": false, "allSites": false, "allAssetGroups": false,
        }));
        assert_snapshot!(planned(&jdoe, json!({"role_id": "Site Administrator"})), @r#"
        replace user 42 by itself with role.allSites: false → true, role.id: "user" → "site-admin"; every other member goes back as read
        warning: all_sites becomes true: the role "site-admin" forces it; individual sites mean nothing from then on
        "#);
        let impossible = json!({"role_id": "site-admin", "all_sites": false});
        assert_snapshot!(planned(&jdoe, impossible), @r#"InvalidInput: `all_sites`: the role "site-admin" gives its users all of them, so false can't be had: choose another role, or leave it out"#);
        assert_snapshot!(planned(&jdoe, json!({"role_id": "nope"})), @"InvalidInput: `role_id`: expected one of this console's roles: user, auditor, site-admin, global-admin, untold");
    }

    #[test]
    fn flags_that_somebody_chose_stay() {
        let jdoe = with_role(json!({
            "id": "user", "superuser": false, "allSites": true, "allAssetGroups": false,
        }));
        assert_snapshot!(planned(&jdoe, json!({"role_id": "auditor"})), @r#"replace user 42 by itself with role.id: "user" → "auditor"; every other member goes back as read"#);
    }

    #[test]
    fn the_same_role_is_nothing_to_do_even_for_a_superuser() {
        let admin = with_role(json!({
            "id": "global-admin", "superuser": true, "allSites": true, "allAssetGroups": true,
        }));
        assert_snapshot!(planned(&admin, json!({"role_id": "global-admin"})), @"");
    }

    proptest::proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            user in crate::console::testing::any_user(),
            role in proptest::sample::select(vec!["user", "auditor", "site-admin", "global-admin"]),
            superuser: Option<bool>,
            all_sites: Option<bool>,
            guide: bool,
        ) {
            let form = if guide { WireForm::Guide } else { WireForm::Vendor };
            let mut more = json!({"role_id": role});
            for (name, flag) in [("superuser", superuser), ("all_sites", all_sites)] {
                if let Some(flag) = flag {
                    more[name] = flag.into();
                }
            }
            let input = input(more);
            if let Ok(first) = plan(&input, &user, &roles(), form) {
                let again = plan(&input, &applied(&user, &first), &roles(), form).expect("a plan");
                proptest::prop_assert!(again.changes.is_empty(), "{:?}", again.to_lines());
            }
        }
    }
}
