//! Accounts of the Insight Platform: found, listed, made.

use fake_console::{Fault, FaultKind, PlatformUser, UserStatus};
use serde_json::{Value, json};
use suites::platform::{JDOE, jsmith};
use suites::{World, with};

fn emails(answer: &Value) -> Vec<&str> {
    let users = answer["users"].as_array().expect("users");
    users
        .iter()
        .map(|user| user["email"].as_str().expect("an email"))
        .collect()
}

fn id(world: &World, email: &str) -> String {
    world.platform.state().user_mut(email).id.clone()
}

#[test]
fn a_user_is_shown_with_products_and_keys_if_asked_and_without_any_key_itself() {
    let world = World::new();
    let event = json!({"email": "JDoe@Example.com", "include": ["products", "api_keys"]});
    let user = world.outcome("get-platform-user", event);
    assert_eq!(user["user_id"], id(&world, JDOE).as_str());
    assert_eq!(user["email"], JDOE);
    assert_eq!(user["status"], "ACTIVE");
    assert_eq!(user["never_used"], false);
    assert_eq!(user["other"]["preferred_locale"], "en-US");
    let codes = |list: &Value| -> Vec<Value> {
        let list = list.as_array().expect("products");
        list.iter().map(|p| p["product_code"].clone()).collect()
    };
    assert_eq!(codes(&user["products"]), ["IVM", "IDR"]);
    assert_eq!(user["api_keys"][0]["name"], "jdoe laptop");
    let value = world.platform.state().api_keys[1].value.clone();
    assert!(!user.to_string().contains(&value));

    let plain = world.outcome("get-platform-user", json!({"user_id": id(&world, JDOE)}));
    assert_eq!(plain["email"], JDOE);
    assert_eq!(plain.get("products"), None);
}

/// The platform's first hit is somebody whose email address contains the one that is meant.
#[test]
fn an_email_is_never_taken_for_one_that_contains_it() {
    let world = World::new();
    for operation in ["get-platform-user", "suspend-platform-user"] {
        let answer = world.outcome(operation, json!({"email": JDOE, "dry_run": true}));
        let about = answer.get("subject").unwrap_or(&answer);
        assert_eq!(about["user_id"], id(&world, JDOE).as_str(), "{operation}");
        for part in ["doe@example.com", "jdoe@example"] {
            let (kind, message) = world.failure(operation, json!({"email": part}));
            assert_eq!(kind, "NotFound", "{part}: {message}");
            assert!(
                message.contains("among all 12 on the platform"),
                "{message}"
            );
        }
    }
    let event = json!({"email": "jdoe@example.org"});
    let (_, message) = world.failure("get-platform-user", event);
    assert!(
        message.contains("perhaps this was meant: jdoe@example.com"),
        "{message}"
    );
}

#[test]
fn several_users_with_one_email_are_an_error_that_lists_them() {
    let world = World::new();
    let twin = PlatformUser::new("JDOE@example.com", "Jane", "Doe");
    world.platform.state().users.push(twin.clone());
    let (kind, message) = world.failure("get-platform-user", json!({"email": JDOE}));
    assert_eq!(kind, "Ambiguous", "{message}");
    for id in [twin.id, id(&world, JDOE)] {
        assert!(message.contains(&id), "{message}");
    }
}

#[test]
fn an_outage_is_never_told_as_not_found() {
    let world = World::new();
    let missing = "00000000-0000-4000-8000-000000000000";
    let (kind, message) = world.failure("get-platform-user", json!({"user_id": missing}));
    assert_eq!(kind, "NotFound", "{message}");

    let outage = Fault::new(FaultKind::status(500))
        .on("GET", "/users")
        .skip(1);
    world.platform.push_fault(outage);
    let (kind, message) = world.failure("get-platform-user", json!({"user_id": missing}));
    assert_eq!(kind, "Unavailable", "{message}");

    // A list of nobody proves nothing.
    world.platform.state().users.clear();
    world.platform.state().vm_users.clear();
    for (operation, event) in [
        ("get-platform-user", json!({"email": JDOE})),
        ("list-platform-users", json!({})),
        ("list-platform-users", json!({"email": JDOE})),
        ("list-platform-users", json!({"status": "PENDING"})),
        ("list-platform-users", json!({"listing": "insightvm"})),
    ] {
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains("proves nothing"), "{message}");
    }
}

/// Of a list that has somebody, nobody who fits is an answer.
#[test]
fn where_nobody_fits_the_list_is_empty() {
    let world = World::new();
    let event = json!({"email": "nobody@example.com", "status": "PENDING"});
    assert_eq!(world.outcome("list-platform-users", event)["count"], 0);
    let event = json!({"listing": "insightvm", "email": "nobody@example.com"});
    assert_eq!(world.outcome("list-platform-users", event)["count"], 0);
}

#[test]
fn a_list_is_of_those_who_fit_everything() {
    let world = World::new();
    for (event, expected) in [
        (json!({"email": "JDOE@"}), vec!["xjdoe@example.com", JDOE]),
        (json!({"status": "DISABLED"}), vec!["knguyen@example.com"]),
        (
            json!({"platform_admin": true}),
            vec!["mkowalska@example.com", "nxadmin@example.com"],
        ),
        (
            json!({"federated": true, "first_name": "由"}),
            vec!["Y.Tanaka@Example.com"],
        ),
        (
            json!({"never_used": true}),
            vec!["ohaddad@example.com", "contractor@example.com"],
        ),
        (json!({"last_name": "o'neill"}), vec!["SONeill@Example.com"]),
    ] {
        let list = world.outcome("list-platform-users", event.clone());
        assert_eq!(emails(&list), expected, "{event}");
        assert_eq!(list["count"], expected.len(), "{event}");
    }
    let all = world.outcome("list-platform-users", json!({}));
    assert_eq!(all["count"], 12);
}

#[test]
fn the_guides_own_listing_has_its_own_numbers() {
    let world = World::new();
    let event = json!({"listing": "insightvm", "email": "a.smith@"});
    let list = world.outcome("list-platform-users", event);
    assert_eq!(
        list,
        json!({"count": 2, "insightvm_users": [
            {"id": 4, "login": "asmith", "email": "a.smith@example.com"},
            {"id": 5, "login": "asmith2", "email": "a.smith@example.com"},
        ]})
    );
    let event = json!({"listing": "insightvm", "status": "ACTIVE"});
    let (kind, message) = world.failure("list-platform-users", event);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("`status`: only goes with"), "{message}");
}

#[test]
fn a_new_account_is_read_back_with_its_products() {
    let world = World::new();
    let outcome = world.outcome("create-platform-user", jsmith());
    assert_eq!(outcome["changed"], true);
    let state = &outcome["state"];
    assert_eq!(state["email"], "jsmith@example.com");
    assert_eq!(state["status"], "PENDING");
    assert_eq!(state["platform_admin"], false);
    assert_eq!(state["products"][0]["product_code"], "IVM");
    assert_eq!(outcome["subject"]["user_id"], state["user_id"]);
    // Never left to the platform's own idea.
    let requests = world.platform.requests();
    let post = requests
        .iter()
        .find(|r| r.method == "POST")
        .expect("a POST");
    let body = post.body.as_ref().expect("a body");
    assert_eq!(body["platform_admin"], false);
    // The platform's support finds the writes by these.
    let ids = requests.iter().filter(|r| r.is_write());
    let ids: Vec<_> = ids.map(|r| r.correlation_id.clone()).collect();
    assert_eq!(outcome["correlation_ids"], json!(ids));
}

#[test]
fn an_account_that_differs_is_an_error_and_one_that_is_the_same_is_not() {
    let world = World::new();
    let same = json!({"email": "JDOE@example.com", "first_name": "Jane", "last_name": "Doe"});
    let outcome = world.outcome("create-platform-user", same.clone());
    assert_eq!(outcome["changed"], false);
    let with_more = with(same.clone(), json!({"products": ["IVM", "OPS"]}));
    let outcome = world.outcome("create-platform-user", with_more);
    assert_eq!(outcome["changed"], true);
    assert_eq!(world.writes().len(), 1);
    for (other, told) in [
        (
            json!({"first_name": "John"}),
            "first_name is \"Jane\", not \"John\"",
        ),
        (
            json!({"timezone": "UTC"}),
            "timezone is \"America/New_York\"",
        ),
        (json!({"platform_admin": true}), "platform_admin is false"),
    ] {
        let event = with(same.clone(), other);
        let (kind, message) = world.failure("create-platform-user", event);
        assert_eq!(kind, "Refused", "{message}");
        assert!(message.contains(told), "{message}");
    }
    world.platform.state().user_mut(JDOE).status = UserStatus::Disabled;
    let (kind, message) = world.failure("create-platform-user", same);
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("it is disabled"), "{message}");
    assert_eq!(world.writes().len(), 1);
}

/// Somebody else is faster.
#[test]
fn an_email_that_is_taken_meanwhile_is_a_conflict() {
    let world = World::new();
    let faster = FaultKind::platform_change_before(|state| {
        let jsmith = PlatformUser::new("jsmith@example.com", "John", "Smith");
        state.users.push(jsmith);
    });
    world
        .platform
        .push_fault(Fault::new(faster).on("POST", "/users"));
    let function = world.function("create-platform-user");
    let error = function.invoke(&jsmith()).result.expect_err("taken");
    assert_eq!(error.error_type, "Conflict", "{}", error.error_message);
    // By whom, nothing tells.
    assert!(error.error_message.contains("is not known"));
    function.invoke(&jsmith()).result.expect("the same person");
}

#[test]
fn wrong_input_is_told_by_field_before_anything_is_sent() {
    let world = World::new();
    let jdoe = |more: Value| with(json!({"email": JDOE}), more);
    for (operation, event, told) in [
        (
            "get-platform-user",
            json!({}),
            "`user_id, email`: expected exactly one, got none",
        ),
        (
            "get-platform-user",
            jdoe(json!({"user_id": "canary"})),
            "exactly one, got both",
        ),
        (
            "get-platform-user",
            json!({"user_id": "canary"}),
            "`user_id`: expected a UUID",
        ),
        (
            "get-platform-user",
            json!({"user_id": 4}),
            "`user_id`: expected a string",
        ),
        (
            "get-platform-user",
            json!({"email": " canary"}),
            "`email`: expected text",
        ),
        (
            "get-platform-user",
            json!({"login": "canary"}),
            "`login`: no such field here",
        ),
        (
            "get-platform-user",
            jdoe(json!({"include": ["canary"]})),
            "`include[0]`: expected products or api_keys",
        ),
        (
            "list-platform-users",
            json!({"status": "canary"}),
            "`status`: expected one of",
        ),
        (
            "list-platform-api-keys",
            json!({"kind": "canary"}),
            "`kind`: expected one of",
        ),
        (
            "list-platform-api-keys",
            json!({"user_id": "canary"}),
            "`user_id`: expected a UUID",
        ),
        (
            "create-platform-user",
            with(jsmith(), json!({"email": "canary"})),
            "`email`: expected one email address",
        ),
        (
            "create-platform-user",
            with(jsmith(), json!({"first_name": ""})),
            "`first_name`: expected text",
        ),
        (
            "create-platform-user",
            with(jsmith(), json!({"products": ["IVM", " "]})),
            "`products[1]`: expected text",
        ),
        (
            "create-platform-user",
            with(jsmith(), json!({"timezone": ""})),
            "`timezone`: expected text",
        ),
        (
            "delete-platform-user",
            jdoe(json!({})),
            "`confirm_email`: required, and missing",
        ),
        (
            "delete-platform-user",
            jdoe(json!({"confirm_email": ""})),
            "`confirm_email`: expected text",
        ),
        (
            "revoke-product-access",
            jdoe(json!({})),
            "`products, all`: expected one of them, got none",
        ),
        (
            "revoke-product-access",
            jdoe(json!({"products": []})),
            "`products`: expected at least one",
        ),
        (
            "revoke-product-access",
            jdoe(json!({"products": ["IVM"], "all": true})),
            "got both",
        ),
        (
            "revoke-platform-api-keys",
            jdoe(json!({})),
            "`key_ids, all`: expected one of them, got none",
        ),
        (
            "revoke-platform-api-keys",
            jdoe(json!({"key_ids": []})),
            "`key_ids`: expected at least one",
        ),
        (
            "revoke-platform-api-keys",
            jdoe(json!({"key_ids": ["canary/.."]})),
            "`key_ids[0]`: expected the id",
        ),
        (
            "suspend-platform-user",
            jdoe(json!({"console": "canary"})),
            "`console`: no such field here",
        ),
        (
            "restore-platform-user",
            json!({"record": {"audit": "canary", "target": "", "record": {}}}),
            "`record.audit`",
        ),
        (
            "restore-platform-user",
            json!({"record": {"audit": "before", "target": "canary", "record": {}}}),
            "`record.target`: expected a record of this platform",
        ),
    ] {
        let function = world.allowed_function(operation);
        let shown = format!("{operation} {event}");
        let error = function.invoke(&event).result.expect_err(&shown);
        let message = error.error_message;
        assert_eq!(error.error_type, "InvalidInput", "{shown}: {message}");
        assert!(message.contains(told), "{shown}: {message}");
        assert!(!message.contains("canary"), "{shown}: {message}");
        assert!(!function.logs().contains("canary"), "{shown}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}

#[test]
fn products_that_the_organization_does_not_have_are_told_by_place_with_those_that_it_has() {
    let world = World::new();
    let first = world.platform.state().product("IVM").clone();
    let mut second = first.clone();
    second.product_token = "SECOND".into();
    world.platform.state().products.push(second);
    let unknown = json!({"products": ["IDR", "canary"]});
    for (operation, event) in [
        ("create-platform-user", with(jsmith(), unknown.clone())),
        (
            "revoke-product-access",
            with(json!({"email": JDOE}), unknown),
        ),
    ] {
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "InvalidInput", "{message}");
        assert!(
            message.contains("`products[1]`: expected the code or token"),
            "{message}"
        );
        assert!(message.contains("ICON ("), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
    // Which one to give, a code alone does not say.
    let (kind, message) = world.failure("create-platform-user", jsmith());
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("expected one of the tokens"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
    let event = with(jsmith(), json!({"products": ["SECOND"]}));
    let outcome = world.outcome("create-platform-user", event);
    assert_eq!(outcome["state"]["products"][0]["product_token"], "SECOND");
}
