//! `revoke-platform-api-keys`: a person's API keys, gone for good.

use rapid7::platform::{ApiKeyId, ApiKeyInfo};

use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::outcome::Outcome;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::PlatformContext;
use crate::platform::input::platform_user_input;
use crate::platform::lookup::line;
use crate::platform::plan::{Left, PlatformChange, PlatformPlan, key_line};
use crate::platform::snapshot::{Keys, PlatformSnapshot, is_of};
use crate::platform::view::PlatformUserView;

platform_user_input! {
    /// The person, and the API keys to delete.
    pub struct RevokePlatformApiKeysInput {
        /// Ids of the keys, as list-platform-api-keys shows them. Either this or `all`.
        #[schemars(extend("examples" = [["0daa1cd4-d9c4-4862-8ef5-9ccf90fbe062"]]))]
        pub key_ids: Option<Vec<String>>,
        /// Delete all of the person's keys.
        #[serde(default)]
        pub all: bool,
    }
}

/// Deletes a person's API keys. Whatever uses them stops working, and nobody can restore them. The
/// organization's keys, the pack's own key, and keys without a known owner are not touched. A key
/// without a known owner may be the person's: if `key_ids` names one, the run is an error before
/// anything is done; with `all`, the run ends in an error after everything else is done. An unknown key
/// id is an error, too. How the platform handles this request is unconfirmed, so the result is proven
/// by reading back.
pub struct RevokePlatformApiKeys;

impl Action for RevokePlatformApiKeys {
    type Input = RevokePlatformApiKeysInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "revoke-platform-api-keys",
        title: "Delete a person's Insight Platform API keys for good",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "all": true, "ticket": "SEC-13"}"#,
    };
    const QUESTION: &'static str = "Delete API keys for good of {}";

    async fn run(
        context: &PlatformContext,
        input: RevokePlatformApiKeysInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let selector = input.selector()?;
        let wanted = wanted(&input)?;
        let user = context.find_user(&selector).await?;
        let before = context.snapshot(user, Keys::Needed).await?;
        let keys = context.api_keys().await?;
        let plan = plan(&before, keys, wanted.as_deref());
        let plan = plan.map_err(|error| error.about(line(&before.user)))?;
        context.apply(before, plan).await
    }
}

/// The keys that are named, or `None` for all.
fn wanted(input: &RevokePlatformApiKeysInput) -> Result<Option<Vec<ApiKeyId>>> {
    match (&input.key_ids, input.all) {
        (None, true) => Ok(None),
        (Some(ids), false) if !ids.is_empty() => {
            let ids = ids.iter().enumerate().map(|(index, id)| {
                ApiKeyId::parse(id).ok_or_else(|| {
                    Error::invalid_input(
                        &format!("key_ids[{index}]"),
                        "expected the id of a key, not the key itself",
                    )
                })
            });
            ids.collect::<Result<_>>().map(Some)
        }
        (Some(_), false) => Err(Error::invalid_input("key_ids", "expected at least one")),
        (Some(_), true) => Err(Error::invalid_input(
            "key_ids, all",
            "expected one of them, got both",
        )),
        (None, false) => Err(Error::invalid_input(
            "key_ids, all",
            "expected one of them, got none",
        )),
    }
}

fn plan(
    before: &PlatformSnapshot,
    keys: &[ApiKeyInfo],
    wanted: Option<&[ApiKeyId]>,
) -> Result<PlatformPlan> {
    before.known_keys()?;
    let mut plan = PlatformPlan::default();
    let Some(wanted) = wanted else {
        let all = before.own_keys().cloned();
        plan.changes = all.map(PlatformChange::DeleteApiKey).collect();
        plan.left.extend(Left::untold_keys(before));
        return Ok(plan);
    };
    for id in wanted {
        let Some(key) = keys.iter().find(|key| key.id() == id) else {
            // An event that is delivered twice finds its keys gone; a list that proves nothing was refused.
            plan.warnings.push(format!(
                "there is no key {id} among all {}: it is gone already, or never was there",
                keys.len()
            ));
            continue;
        };
        if key.is_organization_key() {
            return Err(not_theirs(
                key,
                "is the organization's key, nobody's (rule `organization-keys`)",
            ));
        }
        if !key.tells_owner() {
            return Err(not_theirs(
                key,
                "is nobody's, as far as the platform tells (rule `keys-of-others`)",
            ));
        }
        if !is_of(key, &before.user) {
            return Err(not_theirs(
                key,
                "is somebody else's key (rule `keys-of-others`)",
            ));
        }
        let change = PlatformChange::DeleteApiKey(key.clone());
        if !plan.changes.contains(&change) {
            plan.changes.push(change);
        }
    }
    Ok(plan)
}

fn not_theirs(key: &ApiKeyInfo, why: &str) -> Error {
    Error::new(
        ErrorKind::Refused,
        format!("the key {} {why}", key_line(key)),
    )
    .next("name only keys of this person: see list-platform-api-keys")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::platform::testing::{JDOE, jdoe, key, plan_text, untold_key};

    const OTHER: &str = "00000000-0000-4000-8000-000000000001";

    fn all() -> Vec<ApiKeyInfo> {
        vec![
            key("k1", Some(JDOE)),
            key("k2", Some(OTHER)),
            key("k3", Some(JDOE)),
            key("org", None),
            untold_key("odd"),
        ]
    }

    fn before(keys: &[ApiKeyInfo]) -> PlatformSnapshot {
        let mut before = jdoe();
        let concerns = |key: &&ApiKeyInfo| is_of(key, &before.user) || !key.tells_owner();
        let keys = keys.iter().filter(concerns).cloned().collect();
        before.api_keys = Some(keys);
        before
    }

    fn text(ids: Option<&[&str]>) -> String {
        let ids: Option<Vec<ApiKeyId>> = ids.map(|ids| {
            let ids = ids.iter().map(|id| ApiKeyId::parse(id).expect("an id"));
            ids.collect()
        });
        plan_text(plan(&before(&all()), &all(), ids.as_deref()))
    }

    #[test]
    fn only_what_is_certainly_the_users_is_deleted() {
        assert_snapshot!(text(None), @r"
        delete the API key k1 (key k1) for good
        delete the API key k3 (key k3) for good
        left: the platform does not tell whose these API keys are, so they stay, and may be this person's: odd
        ");
        assert_snapshot!(text(Some(&["k3", "k3"])), @"delete the API key k3 (key k3) for good");
        assert_snapshot!(text(Some(&["k3", "gone"])), @r"
        delete the API key k3 (key k3) for good
        warning: there is no key gone among all 5: it is gone already, or never was there
        ");
        assert_snapshot!(text(Some(&["k3", "odd"])), @"Refused: the key odd is nobody's, as far as the platform tells (rule `keys-of-others`)");
        assert_snapshot!(text(Some(&["k1", "k2"])), @"Refused: the key k2 (key k2) is somebody else's key (rule `keys-of-others`)");
        assert_snapshot!(text(Some(&["org"])), @"Refused: the key org (key org) is the organization's key, nobody's (rule `organization-keys`)");
    }

    /// It may name who made it.
    #[test]
    fn an_organization_key_with_a_user_in_it_is_nobodys() {
        let made_by = serde_json::json!({"id": "org2", "type": "ORGANIZATION", "user_id": JDOE});
        let made_by = ApiKeyInfo::from_json(made_by).expect("a key");
        let keys = [made_by];
        let all = plan(&before(&keys), &keys, None);
        assert_snapshot!(plan_text(all), @"");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            owners in prop::collection::vec(0..4_usize, 0..8),
        ) {
            let keys = owners.iter().enumerate().map(|(index, owner)| {
                let id = format!("k{index}");
                match owner {
                    0 => key(&id, None),
                    1 => untold_key(&id),
                    2 => key(&id, Some(OTHER)),
                    _ => key(&id, Some(JDOE)),
                }
            });
            let keys: Vec<ApiKeyInfo> = keys.collect();
            let first = plan(&before(&keys), &keys, None).expect("a plan");
            for deleted in first.deleted_keys() {
                prop_assert!(is_of(deleted, &jdoe().user));
            }
            let after = first.intended(&before(&keys)).expect("an account");
            let left = after.api_keys.clone().expect("keys");
            let again = plan(&after, &left, None).expect("a plan");
            prop_assert!(again.changes.is_empty());
        }
    }
}
