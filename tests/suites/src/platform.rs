//! What the suites know of the Insight Platform.

use actions::{ALL, Effect};
use fake_console::{Fault, FaultKind, PlatformState, State};
use serde_json::{Value, json};

use crate::World;
use crate::example::entry;

/// The account of the analyst whom most events are about.
pub const JDOE: &str = "jdoe@example.com";

/// Whether an operation is about the platform alone.
#[must_use]
pub fn is_about(operation: &str) -> bool {
    let entry = entry(operation);
    entry.platform && !entry.console
}

/// The operations about the platform alone.
#[must_use]
pub fn operations() -> Vec<&'static str> {
    let names = ALL.iter().map(|entry| entry.operation.spec.name);
    names.filter(|name| is_about(name)).collect()
}

/// Those of them that write.
#[must_use]
pub fn writing() -> Vec<&'static str> {
    let mut operations = operations();
    operations.retain(|name| entry(name).operation.spec.effect != Effect::Read);
    operations
}

/// The input for a new account.
#[must_use]
pub fn jsmith() -> Value {
    json!({
        "email": "jsmith@example.com", "first_name": "John", "last_name": "Smith",
        "products": ["IVM"],
    })
}

/// What an audit record tells of a user with these products.
#[must_use]
pub fn record(world: &World, state: &PlatformState, email: &str, products: &Value) -> Value {
    let user = state.user_by_email(email).expect(email);
    let user = json!({
        "id": user.id, "email": user.email, "status": user.status,
        "platform_admin": user.platform_admin,
    });
    let state = json!({"user": user, "products": products, "api_keys": []});
    json!({"audit": "before", "target": world.platform.url(), "record": {"state": state}})
}

/// Every person and API key of both, each under its own number or UUID.
#[must_use]
pub fn snapshot(console: &State, platform: &PlatformState) -> Value {
    let mut all = console.snapshot();
    let members = all.as_object_mut().expect("users");
    let platform = platform.snapshot();
    for list in ["users", "api_keys"] {
        members.extend(platform[list].as_object().expect(list).clone());
    }
    all
}

/// The same fault on the platform.
///
/// # Panics
/// For a change of the state, which is another one there.
#[must_use]
pub fn fault(fault: &Fault) -> Fault<PlatformState> {
    Fault {
        method: fault.method.clone(),
        path_contains: fault.path_contains.clone(),
        kind: kind(&fault.kind),
        times: fault.times,
        skip: fault.skip,
    }
}

fn kind(kind: &FaultKind) -> FaultKind<PlatformState> {
    match kind {
        FaultKind::Status {
            status,
            retry_after,
            message,
        } => FaultKind::Status {
            status: *status,
            retry_after: retry_after.clone(),
            message: message.clone(),
        },
        FaultKind::StatusAfter { status } => FaultKind::StatusAfter { status: *status },
        FaultKind::Html { status } => FaultKind::Html { status: *status },
        FaultKind::HtmlAfter => FaultKind::HtmlAfter,
        FaultKind::BadJson => FaultKind::BadJson,
        FaultKind::CutJson => FaultKind::CutJson,
        FaultKind::CutBody => FaultKind::CutBody,
        FaultKind::CutBodyBefore => FaultKind::CutBodyBefore,
        FaultKind::EndlessBodyBefore { status } => FaultKind::EndlessBodyBefore { status: *status },
        FaultKind::EndlessBody { status } => FaultKind::EndlessBody { status: *status },
        FaultKind::PromisedBody(bytes) => FaultKind::PromisedBody(*bytes),
        FaultKind::ResetBefore => FaultKind::ResetBefore,
        FaultKind::ResetAfter => FaultKind::ResetAfter,
        FaultKind::Slow(delay) => FaultKind::Slow(*delay),
        FaultKind::Hang => FaultKind::Hang,
        FaultKind::HangAfter => FaultKind::HangAfter,
        FaultKind::HoldBefore(gate) => FaultKind::HoldBefore(gate.clone()),
        FaultKind::HoldAfter(gate) => FaultKind::HoldAfter(gate.clone()),
        FaultKind::EchoBody => FaultKind::EchoBody,
        FaultKind::ChangeBefore(_)
        | FaultKind::ChangeBeforeWrite(_)
        | FaultKind::ChangeAfterWrite(_) => {
            panic!("a change of a console means nothing on the platform")
        }
    }
}
