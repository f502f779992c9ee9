//! `restore-platform-user`: product access back as an audit record has it.

use rapid7::platform::{ApiKeyInfo, Product, User};
use serde_json::{Map, Value};

use crate::core::action::Action;
use crate::core::error::{Error, Result};
use crate::core::input::input;
use crate::core::outcome::Outcome;
use crate::core::recorded::{Record, if_gone};
use crate::core::spec::{Effect, Spec};
use crate::core::text::same_email;
use crate::platform::context::PlatformContext;
use crate::platform::lookup::{PlatformSelector, line};
use crate::platform::plan::{PlatformChange, PlatformPlan, key_line};
use crate::platform::record::{PlatformRecordedState, PlatformRestoreRecord};
use crate::platform::snapshot::{Keys, PlatformSnapshot};
use crate::platform::view::PlatformUserView;

input! {
    /// The audit record to restore from.
    pub struct RestorePlatformUserInput {
        /// An audit record with `"audit": "before"`, unchanged.
        #[schemars(extend("x-record" = true))]
        pub record: PlatformRestoreRecord,
    }
}

/// Gives a user of the platform back the product access that is in an audit record and missing now.
/// Access given since then stays. A record has only what its own run found. If a run was stopped and
/// the suspension took several runs, restore each record of the ticket separately. API keys can't be
/// restored, because the platform shows a key only when it is created. A deleted account can't be
/// restored either. How the platform handles this request is unconfirmed, so the result is proven by
/// reading back.
pub struct RestorePlatformUser;

impl Action for RestorePlatformUser {
    type Input = RestorePlatformUserInput;
    type Output = Outcome<PlatformUserView>;
    const QUESTION: &'static str = "Give products back to {}";
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "restore-platform-user",
        title: "Restore Insight Platform product access from an audit record",
        effect: Effect::Write,
        example: r#"{"record": {"audit": "before", "target": "https://eu.api.insight.rapid7.com", "record": {"state": {"user": {"id": "a4f074c9-9256-4419-98ce-caba0b3d6728", "email": "contractor@example.com", "first_name": "Casey", "last_name": "Contractor", "status": "ACTIVE", "platform_admin": false, "federated": false, "last_login": null, "timezone": null}, "products": [{"product_token": "770A2CE2E4A0416289A2", "product_code": "ICON", "product_name": "InsightConnect", "organization_id": "af3a1bb3-12bf-4430-855d-0f513e3a27c4", "organization_name": "Example Corporation"}, {"product_token": "E21B8E2ADEF643559142", "product_code": "IVM", "product_name": "InsightVM", "organization_id": "af3a1bb3-12bf-4430-855d-0f513e3a27c4", "organization_name": "Example Corporation"}], "api_keys": []}}}, "dry_run": true, "ticket": "HR-78"}"#,
    };

    async fn run(
        context: &PlatformContext,
        input: RestorePlatformUserInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let state = recorded(&input.record, context.platform().address())?;
        let was = read(state)?;
        let selector = PlatformSelector::Id(was.user.id().clone());
        let user = context.find_user(&selector).await;
        let user = user.map_err(|error| if_gone(error, "create-platform-user"))?;
        let now = context.snapshot(user, Keys::Unread).await?;
        let plan = plan(&was, &now).map_err(|error| error.about(line(&now.user)))?;
        context.apply(now, plan).await
    }
}

/// The state in a record, if it is one of this platform before a run.
fn recorded<'a>(
    record: &'a PlatformRestoreRecord,
    target: &str,
) -> Result<&'a PlatformRecordedState> {
    let record = Record {
        audit: &record.audit,
        target: &record.target,
        state: record.record.state.as_ref(),
    };
    record.state_on("platform", target)
}

/// The recorded account as the platform once told of it.
fn read(state: &PlatformRecordedState) -> Result<PlatformSnapshot> {
    fn list<T>(
        field: &str,
        expected: &str,
        entries: Option<&Vec<Map<String, Value>>>,
        read: fn(Value) -> Option<T>,
    ) -> Result<Option<Vec<T>>> {
        let Some(entries) = entries else {
            return Ok(None);
        };
        let entries = entries.iter().enumerate().map(|(index, entry)| {
            let field = format!("record.record.state.{field}[{index}]");
            read(Value::Object(entry.clone())).ok_or_else(|| Error::invalid_input(&field, expected))
        });
        entries.collect::<Result<_>>().map(Some)
    }
    let user = User::from_json(Value::Object(state.user.clone()));
    let user = user.ok_or_else(|| {
        Error::invalid_input(
            "record.record.state.user",
            "expected a user with `id` and `email`",
        )
    })?;
    Ok(PlatformSnapshot {
        user,
        products: list(
            "products",
            "expected a product with its `product_token`",
            state.products.as_ref(),
            Product::from_json,
        )?,
        api_keys: list(
            "api_keys",
            "expected a key with its `id`",
            state.api_keys.as_ref(),
            ApiKeyInfo::from_json,
        )?,
    })
}

fn plan(was: &PlatformSnapshot, now: &PlatformSnapshot) -> Result<PlatformPlan> {
    if !same_email(was.user.email(), now.user.email()) {
        return Err(Error::invalid_input(
            "record.record.state.user",
            "expected a record of this user: the one with this id has another email address, which \
             never changes",
        ));
    }
    let mut plan = PlatformPlan::default();
    let has = now.known_products()?;
    match &was.products {
        None => plan
            .warnings
            .push("the record does not tell the products of then, so none is given".into()),
        Some(products) => {
            let lacks = |product: &&Product| has.iter().all(|p| p.token() != product.token());
            for product in products.iter().filter(lacks) {
                let change = PlatformChange::GrantProduct(product.clone());
                if !plan.changes.contains(&change) {
                    plan.changes.push(change);
                }
            }
        }
    }
    if was.products.is_some() {
        plan.warnings.push(
        "the record has what its own run found: if an earlier run of the same ticket was stopped in \
         the middle, its record has more to give back"
            .into(),
    );
    }
    let keys: Vec<String> = was.api_keys.iter().flatten().map(key_line).collect();
    if !keys.is_empty() {
        plan.warnings.push(format!(
            "the API keys were not read; those of the record that were deleted are gone for good, as \
             the platform tells a key only when it is made, and the person makes new ones: {}",
            keys.join(", ")
        ));
    }
    for member in ["platform_admin", "status"] {
        let value = |snapshot: &PlatformSnapshot| {
            let value = snapshot.user.members().get(member);
            value.cloned().unwrap_or_default()
        };
        let (then, is) = (value(was), value(now));
        if then != is {
            plan.warnings.push(format!(
                "{member} was {then} and is {is}: nothing public changes it, so it stays"
            ));
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::platform::testing::{jdoe, plan_text, product, user};

    fn suspended() -> PlatformSnapshot {
        PlatformSnapshot {
            products: Some(vec![]),
            api_keys: Some(vec![]),
            ..jdoe()
        }
    }

    #[test]
    fn products_come_back_and_keys_do_not() {
        assert_snapshot!(plan_text(plan(&jdoe(), &suspended())), @r"
        give access to the product IVM (IVM01)
        give access to the product IDR (IDR01)
        warning: the record has what its own run found: if an earlier run of the same ticket was stopped in the middle, its record has more to give back
        warning: the API keys were not read; those of the record that were deleted are gone for good, as the platform tells a key only when it is made, and the person makes new ones: k1 (key k1)
        ");
        let nothing = plan(&jdoe(), &jdoe()).expect("a plan");
        assert!(nothing.changes.is_empty());
        let was = PlatformSnapshot {
            products: None,
            api_keys: None,
            ..jdoe()
        };
        let since = PlatformSnapshot {
            user: user(json!({"status": "PENDING"})),
            products: Some(vec![
                product("OPS", 1),
                product("IVM", 1),
                product("IDR", 1),
            ]),
            ..jdoe()
        };
        assert_snapshot!(plan_text(plan(&was, &since)), @r#"
        warning: the record does not tell the products of then, so none is given
        warning: status was "ACTIVE" and is "PENDING": nothing public changes it, so it stays
        "#);
    }

    #[test]
    fn what_is_not_known_is_not_given() {
        let untold = PlatformSnapshot::of_user(jdoe().user);
        assert_snapshot!(plan_text(plan(&untold, &suspended())), @"warning: the record does not tell the products of then, so none is given");
        assert_snapshot!(plan_text(plan(&jdoe(), &untold)), @"Unexpected: the products that the user may use could not be read, and have to be known for this");
        let other = PlatformSnapshot {
            user: user(json!({"email": "other@example.com"})),
            ..suspended()
        };
        assert_snapshot!(plan_text(plan(&jdoe(), &other)), @"InvalidInput: `record.record.state.user`: expected a record of this user: the one with this id has another email address, which never changes");
    }

    /// What the audit record holds is enough, although tokens are named like secrets.
    #[test]
    fn a_state_survives_its_record() {
        let state: PlatformRecordedState =
            serde_json::from_value(jdoe().to_json()).expect("a state");
        assert_eq!(read(&state).expect("an account"), jdoe());
    }

    #[test]
    fn only_a_record_of_this_platform_before_a_run_is_taken() {
        let told = |json: Value| {
            let record: PlatformRestoreRecord = serde_json::from_value(json).expect("a record");
            match recorded(&record, "https://eu").and_then(read) {
                Ok(_) => String::new(),
                Err(error) => error.message,
            }
        };
        let record = |audit: &str, target: &str, state: Value| json!({"audit": audit, "target": target, "record": {"state": state}});
        let state = jdoe().to_json();
        assert_snapshot!(told(record("after", "https://eu", state.clone())), @r#"`record.audit`: expected a record with "before": the one with the full state"#);
        assert_snapshot!(told(record("before", "https://us", state.clone())), @"`record.target`: expected a record of this platform, https://eu");
        assert_snapshot!(told(record("before", "https://eu", Value::Null)), @"`record.record.state`: expected the state of an account: this run created one, so there was none before");
        assert_snapshot!(told(record("before", "https://eu", json!({"user": {"id": 4}}))), @"`record.record.state.user`: expected a user with `id` and `email`");
        let mut redacted = state.clone();
        redacted["products"][1] = json!({"product_code": "IVM"});
        assert_snapshot!(told(record("before", "https://eu", redacted)), @"`record.record.state.products[1]`: expected a product with its `product_token`");
        assert_snapshot!(told(record("before", "https://eu", state)), @"");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            then in prop::collection::vec(0..5_u8, 0..5),
            is in prop::collection::btree_set(0..5_u8, 0..5),
        ) {
            let was = PlatformSnapshot {
                products: Some(then.iter().map(|n| product("IVM", *n)).collect()),
                ..jdoe()
            };
            let now = PlatformSnapshot {
                products: Some(is.iter().map(|n| product("IVM", *n)).collect()),
                ..jdoe()
            };
            let first = plan(&was, &now).expect("a plan");
            let after = first.intended(&now).expect("an account");
            prop_assert!(plan(&was, &after).expect("a plan").changes.is_empty());
        }
    }
}
