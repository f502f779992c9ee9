//! What the tests of several operations on the platform share.

use rapid7::platform::{ApiKeyInfo, Product, User};
use serde_json::{Value, json};

use super::plan::PlatformPlan;
use super::snapshot::PlatformSnapshot;
use crate::core::error::Result;

pub(crate) const JDOE: &str = "00000000-0000-4000-8000-000000000004";

/// `jdoe`, with these members more or instead.
pub(crate) fn user(more: Value) -> User {
    let mut json = json!({
        "id": JDOE, "email": "jdoe@example.com", "first_name": "Jane", "last_name": "Doe",
        "status": "ACTIVE", "platform_admin": false,
    });
    let members = json.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    User::from_json(json).expect("a user")
}

/// A product: a code, and a token made of it and a number.
pub(crate) fn product(code: &str, number: u8) -> Product {
    let token = format!("{code}{number:02}");
    let json = json!({"product_code": code, "product_token": token});
    Product::from_json(json).expect("a product")
}

/// A key of a user, or, with `None`, the organization's.
pub(crate) fn key(id: &str, owner: Option<&str>) -> ApiKeyInfo {
    let kind = owner.map_or("ORGANIZATION", |_| "USER");
    let json = json!({"id": id, "name": format!("key {id}"), "type": kind, "user_id": owner});
    ApiKeyInfo::from_json(json).expect("a key")
}

/// A key of which nobody tells whose it is.
pub(crate) fn untold_key(id: &str) -> ApiKeyInfo {
    ApiKeyInfo::from_json(json!({"id": id})).expect("a key")
}

/// jdoe with two products and a key.
pub(crate) fn jdoe() -> PlatformSnapshot {
    PlatformSnapshot {
        user: user(json!({})),
        products: Some(vec![product("IVM", 1), product("IDR", 1)]),
        api_keys: Some(vec![key("k1", Some(JDOE))]),
    }
}

/// A plan, or its refusal, as text.
pub(crate) fn plan_text(plan: Result<PlatformPlan>) -> String {
    match plan {
        Ok(plan) => {
            let left = plan.left.iter().map(|left| format!("left: {}", left.what));
            let warnings = plan.warnings.iter().map(|text| format!("warning: {text}"));
            let lines: Vec<String> = plan
                .to_lines()
                .into_iter()
                .chain(warnings)
                .chain(left)
                .collect();
            lines.join("\n")
        }
        Err(error) => format!("{}: {}", error.kind.name(), error.message),
    }
}
