//! The user management guide, sentence by sentence: its three scenarios and its warnings.

use std::sync::mpsc;
use std::time::Duration;

use fake_console::{FakeConsole, Fault, FaultKind, State, WireForm};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, answer, credentials};
use suites::{jsmith, serve, with, with_disabled, without};

const FORMS: [WireForm; 2] = [WireForm::Vendor, WireForm::Guide];

fn world_where(form: WireForm, edit: impl FnOnce(&mut State)) -> World {
    let mut state = State::realistic();
    state.form = form;
    edit(&mut state);
    World::with(FakeConsole::start_http(state))
}

/// The bodies of the requests with a method and a path.
fn bodies(world: &World, method: &str, path: &str) -> Vec<Option<Value>> {
    let requests = world.console.requests();
    let sent = requests.iter();
    sent.filter(|request| request.method == method && request.path == path)
        .map(|request| request.body.clone())
        .collect()
}

/// The only body of that kind.
fn body(world: &World, method: &str, path: &str) -> Value {
    let mut bodies = bodies(world, method, path);
    assert_eq!(bodies.len(), 1, "{method} {path}");
    bodies.remove(0).expect("a body")
}

/// "Provision a new InsightVM user with site-restricted access": POST the account, capture its id,
/// give the sites, "verify with GET /api/3/users/{id}/sites that the correct sites are listed".
#[test]
fn provision_a_new_user_with_site_restricted_access() {
    for form in FORMS {
        let world = World::speaking(form);
        let event = with(jsmith(), json!({"sites": ["Corp Network", 4]}));
        let outcome = world.outcome("provision-user", event);
        assert_eq!(outcome["subject"]["user_id"], 16);
        assert_eq!(outcome["state"]["sites"], json!([1, 4]));
        let requests = world.requests();
        let place = |wanted: &str| requests.iter().position(|line| line == wanted);
        let post = place("POST /api/3/users").expect("the account");
        let given = match form {
            WireForm::Guide => "POST /api/3/users/16/sites",
            WireForm::Vendor => "PUT /api/3/users/16/sites/4",
        };
        let given = place(given).expect("the sites");
        let verified = requests
            .iter()
            .rposition(|line| line == "GET /api/3/users/16/sites");
        assert!(post < given && Some(given) < verified, "{requests:?}");
        assert_eq!(
            world.console.state().user_mut("jsmith").sites,
            [1, 4].into()
        );
    }
}

/// "Omitting the explicit false flag causes site assignments to be silently ignored." "Ensure
/// accessAllSites is explicitly set to false during creation."
#[test]
fn the_explicit_false_flag_is_never_omitted() {
    for operation in ["create-user", "provision-user"] {
        for form in FORMS {
            let world = World::speaking(form);
            let event = match operation {
                "create-user" => jsmith(),
                _ => with(jsmith(), json!({"sites": [1]})),
            };
            let _ = world.outcome(operation, event);
            let sent = body(&world, "POST", "/api/3/users");
            let flag = match form {
                WireForm::Guide => &sent["accessAllSites"],
                WireForm::Vendor => &sent["role"]["allSites"],
            };
            assert_eq!(flag, false, "{operation}: {sent}");
            assert!(!world.console.state().user_mut("jsmith").all_sites);
        }
    }
}

/// "If accessAllSites is true on the user object, explicit site assignments are ignored." By a
/// console, without a word; not here.
#[test]
fn site_assignments_that_would_be_ignored_are_refused() {
    for form in FORMS {
        let world = World::speaking(form);
        let event = json!({"login": "mkowalska", "sites": [1]});
        let (kind, message) = world.failure("grant-site-access", event);
        assert_eq!(kind, "Refused", "{message}");
        assert!(message.contains("all_sites: false first"), "{message}");
        let event = with(jsmith(), json!({"role_id": "site-admin", "sites": [1]}));
        let (kind, message) = world.failure("provision-user", event);
        assert_eq!(kind, "InvalidInput", "{message}");
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

/// "Disable a departed employee without deleting their audit history": "find the user's numeric id
/// by login or email", "retrieve the full current user object", "PUT … with the full user object
/// modified to set enabled: false", "confirm … that enabled is now false".
#[test]
fn disable_a_departed_employee_without_deleting_their_audit_history() {
    for form in FORMS {
        for event in [
            json!({"login": "jdoe"}),
            json!({"email": "jdoe@example.com"}),
        ] {
            let world = World::speaking(form);
            let before = world.console.state().snapshot();
            let outcome = world.outcome("disable-user", event);
            assert_eq!(outcome["state"]["enabled"], false);
            let expected = with_disabled(before, 4);
            assert!(world.console.state().snapshot() == expected);
            let requests = world.requests();
            let put = requests
                .iter()
                .position(|line| line == "PUT /api/3/users/4");
            let get = |line: &String| line == "GET /api/3/users/4";
            assert_eq!(requests[0], "GET /api/3/users");
            assert!(requests.iter().position(get) < put, "{requests:?}");
            assert!(requests.iter().rposition(get) > put, "{requests:?}");
            assert!(!requests.contains(&"DELETE /api/3/users/4".into()));
        }
    }
}

/// "PUT requires the complete user object. Sending only {enabled: false} will overwrite other
/// fields with defaults. Always fetch first, then modify and PUT." "… including role assignments
/// and site access flags."
#[test]
fn put_sends_the_complete_user_object_and_no_other_field_becomes_a_default() {
    for form in FORMS {
        for (operation, more) in [
            ("disable-user", json!({})),
            ("update-user", json!({"new_email": "jane@example.com"})),
            ("set-password", json!({"password": "An0ther-passw0rd"})),
        ] {
            let world = World::speaking(form);
            let mut expected = world.console.state().user_json(4).expect("jdoe");
            let _ = world.outcome(operation, with(json!({"user_id": 4}), more.clone()));
            let mut sent = body(&world, "PUT", "/api/3/users/4");
            match operation {
                "disable-user" => expected["enabled"] = false.into(),
                "update-user" => expected["email"] = more["new_email"].clone(),
                _ => expected["password"] = more["password"].clone(),
            }
            // What the console itself says of the account: it is read-only.
            for member in ["id", "locked", "links"] {
                expected = without(expected, member);
            }
            for (member, nested) in [
                ("role", "name"),
                ("role", "privileges"),
                ("authentication", "name"),
                ("authentication", "external"),
                ("authentication", "links"),
                ("locale", "links"),
            ] {
                expected[member] = without(expected[member].take(), nested);
            }
            assert_eq!(sent.take(), expected, "{operation} {form:?}");
        }
    }
}

/// "Unlock a locked-out user account": "locate the user id", "confirm locked: true", "send DELETE
/// /api/3/users/{id}/lock", "optionally PUT … to reset the password if credentials were
/// compromised". The new password comes first here: the old one must not get in meanwhile.
#[test]
fn unlock_a_locked_out_user_account_and_optionally_reset_the_password() {
    for form in FORMS {
        let world = World::speaking(form);
        let outcome = world.outcome("unlock-user", json!({"login": "rmartinez"}));
        assert_eq!(outcome["state"]["locked"], false);
        assert_eq!(world.writes(), ["DELETE /api/3/users/14/lock"]);

        let world = World::speaking(form);
        let event = json!({"login": "rmartinez", "password": "An0ther-passw0rd"});
        let outcome = world.outcome("unlock-user", event);
        assert_eq!(outcome["state"]["locked"], false);
        let writes = world.writes();
        assert_eq!(
            writes[..2],
            ["PUT /api/3/users/14", "DELETE /api/3/users/14/lock"]
        );
        let user = world.console.state().user_mut("rmartinez").clone();
        assert_eq!(
            (user.password.as_str(), user.locked),
            ("An0ther-passw0rd", false)
        );
        assert_eq!(user.sites, [8].into());
    }
}

/// "An HTTP DELETE with no request body, which is semantically non-standard and may be blocked by
/// HTTP clients". "Ensure your HTTP client is not blocking DELETE requests with a body": it needs
/// neither.
#[test]
fn the_unlock_operation_uses_delete_with_no_request_body() {
    for form in FORMS {
        let world = World::speaking(form);
        let _ = world.outcome("unlock-user", json!({"login": "rmartinez"}));
        let sent = bodies(&world, "DELETE", "/api/3/users/14/lock");
        assert_eq!(sent, [None]);
    }
}

/// "Request body is a plain JSON string (quoted password), not a JSON object."
#[test]
fn the_password_endpoint_takes_a_plain_json_string() {
    for form in FORMS {
        let world = World::speaking(form);
        let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
        let function = world.function_with("set-password", &allowed);
        let event = json!({"login": OWN_LOGIN, "password": "N3w \"quoted\" p\\ss"});
        function.invoke(&event).result.expect("set");
        let sent = body(&world, "PUT", "/api/3/users/1/password");
        assert_eq!(sent, json!("N3w \"quoted\" p\\ss"));
        let password = world.console.state().user_mut(OWN_LOGIN).password.clone();
        assert_eq!(password, "N3w \"quoted\" p\\ss");
    }
}

/// "Password is required for 'normal' authentication type. LDAP/SAML users do not require a password
/// field." "Specifies external auth source ID if using LDAP/SAML."
#[test]
fn a_password_is_required_for_normal_authentication_and_not_for_ldap_or_saml() {
    for form in FORMS {
        let world = World::speaking(form);
        let event = without(jsmith(), "password");
        let (kind, message) = world.failure("create-user", event.clone());
        assert_eq!(kind, "InvalidInput", "{message}");
        for (kind, source) in [("ldap", 3), ("saml", 4)] {
            let more = json!({"login": kind, "authentication_type": kind, "authentication_source_id": source});
            world.console.clear_requests();
            let _ = world.outcome("create-user", with(event.clone(), more));
            let sent = body(&world, "POST", "/api/3/users");
            assert_eq!(sent.get("password"), None);
            assert_eq!(sent["authentication"], json!({"type": kind, "id": source}));
        }
    }
}

/// "Deleting a user is permanent. Disable the account (enabled=false) via PUT if soft-deactivation
/// is preferred." It is, unless the deployment says otherwise.
#[test]
fn deleting_is_permanent_and_disabling_is_preferred() {
    let world = World::new();
    let event = json!({"login": "jdoe", "confirm_login": "jdoe"});
    let (kind, message) = world.failure("delete-user", event);
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("use disable-user"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// "Only relevant when accessAllSites is false; returns empty if user has global site access."
#[test]
fn an_empty_list_of_sites_is_told_apart_from_global_site_access() {
    for form in FORMS {
        let world = World::speaking(form);
        for (login, all) in [("mkowalska", true), ("soneill", false)] {
            let access = world.outcome("get-site-access", json!({"login": login}));
            assert_eq!(
                (&access["all_sites"], &access["sites"]),
                (&json!(all), &json!([]))
            );
        }
    }
}

/// "Pagination pointer: page and size", "max page size: 500".
#[test]
fn lists_are_read_by_page_and_size_with_five_hundred_at_most() {
    for form in FORMS {
        let mut state = State::with_users(1201);
        state.form = form;
        let world = World::with(FakeConsole::start_http(state));
        let list = world.outcome("list-users", json!({}));
        assert_eq!(list["count"], 1201);
        for request in world.console.requests() {
            if request.path == "/api/3/users" {
                let query = request.query.expect("a query");
                assert!(
                    query.starts_with("page=") && query.contains("size=500"),
                    "{query}"
                );
            }
        }
    }
}

/// "Rate limits are not publicly documented, which means production integrations must implement
/// exponential backoff defensively". "Retry-After header: No".
#[test]
fn too_many_requests_without_retry_after_are_sent_again_and_not_for_ever() {
    for form in FORMS {
        let world = World::speaking(form);
        for (method, path) in [("GET", "/users/4"), ("PUT", "/users/4")] {
            let limited = Fault::new(FaultKind::status(429)).on(method, path);
            world.console.push_fault(limited.times(3));
        }
        let expected = with_disabled(world.console.state().snapshot(), 4);
        let outcome = world.outcome("disable-user", json!({"user_id": 4}));
        assert_eq!(outcome["changed"], true);
        assert_eq!(world.times_written("PUT /api/3/users/4"), 4);
        assert!(world.console.state().snapshot() == expected);
    }
    // No end of it: told, before the time is over.
    let world = World::new();
    let limited = Fault::new(FaultKind::status(429)).times(1000);
    world.console.push_fault(limited);
    let function = world.function("get-user");
    let limit = Duration::from_secs(4);
    let answer = function.invoke_with_deadline(&json!({"user_id": 4}), limit);
    world.console.clear_faults();
    let error = answer.result.expect_err("limited");
    assert_eq!(error.error_type, "RateLimited", "{}", error.error_message);
    let sent = world.requests().len();
    assert!((2..20).contains(&sent), "{sent} requests");
}

/// "The password field is write-only and never returned in GET responses, which affects any
/// reconciliation logic": an account that exists is compared without it, and that is said.
#[test]
fn a_password_is_never_returned_and_never_taken_for_compared() {
    for form in FORMS {
        let world = World::speaking(form);
        let _ = world.outcome("create-user", jsmith());
        let other = with(jsmith(), json!({"password": "An0ther-passw0rd"}));
        let again = world.outcome("create-user", other);
        assert_eq!(again["changed"], false);
        assert!(
            again["warnings"]
                .to_string()
                .contains("neither compared nor changed")
        );
        assert_eq!(
            world.console.state().user_mut("jsmith").password,
            "S3cur3!pass"
        );
        let user = world.outcome("get-user", json!({"login": "jsmith"}));
        assert_eq!(user.get("password"), None);
    }
}

/// "Username / login identifier for the user": "must be unique within the platform."
#[test]
fn a_login_is_unique() {
    for form in FORMS {
        let world = World::speaking(form);
        for login in ["jdoe", "JDOE"] {
            let (kind, message) =
                world.failure("create-user", with(jsmith(), json!({"login": login})));
            assert_eq!(kind, "Refused", "{message}");
        }
        let event = json!({"login": "tokafor", "new_login": "JDoe"});
        let (kind, message) = world.failure("update-user", event);
        assert_eq!(kind, "InvalidInput", "{message}");
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

/// "Whether the user account is active": "optional (defaults true)".
#[test]
fn a_new_account_is_enabled_unless_it_is_said_otherwise() {
    for form in FORMS {
        let world = World::speaking(form);
        let _ = world.outcome("create-user", jsmith());
        assert_eq!(body(&world, "POST", "/api/3/users")["enabled"], true);
        let off = json!({"login": "off", "enabled": false});
        let _ = world.outcome("create-user", with(jsmith(), off));
        let mut state = world.console.state();
        assert!(state.user_mut("jsmith").enabled);
        assert!(!state.user_mut("off").enabled);
    }
}

/// "Role assignment object including 'id' (role name) and 'superuser' boolean": "Role IDs include:
/// global-admin, system-admin, user, asset-owner, auditor, etc."
#[test]
fn every_role_of_the_guide_and_of_the_console_itself_can_be_given() {
    let roles = [
        "system-admin",
        "user",
        "asset-owner",
        "auditor",
        "of-our-own",
    ];
    for form in FORMS {
        let world = world_where(form, |state| {
            let own = state.roles["auditor"].clone();
            state.roles.insert("of-our-own".into(), own);
        });
        for role in roles {
            let more = json!({"login": role, "role_id": role});
            let outcome = world.outcome("create-user", with(jsmith(), more));
            assert_eq!(outcome["state"]["role_id"], role);
            assert_eq!(outcome["state"]["superuser"], false);
        }
    }
}

/// "InsightVM on-premise API uses Basic Auth and a host:port URL, not the cloud Insight Platform API
/// key pattern." "InsightVM API v3 uses /api/3/users." The account is the guide's own example, which
/// has neither name nor flags.
#[test]
fn the_console_is_spoken_to_with_basic_auth_at_its_own_port() {
    let (send, heads) = mpsc::channel();
    let user = json!({
        "id": 42, "login": "jdoe", "email": "jdoe@example.com", "enabled": true, "locked": false,
        "role": {"id": "user", "superuser": false},
    });
    let url = serve(move |request| {
        send.send(request.to_owned()).expect("the test listens");
        answer("200 OK", &user)
    });
    let world = World::new();
    world
        .secrets
        .put(CONSOLE_SECRET, credentials(&url, OWN_PASSWORD));
    let shown = world.outcome("get-user", json!({"user_id": 42}));
    assert_eq!(shown["login"], "jdoe");
    assert_eq!(
        (&shown["name"], &shown["all_sites"]),
        (&Value::Null, &Value::Null)
    );
    let heads: Vec<String> = heads.try_iter().map(|head| head.to_lowercase()).collect();
    let asked = heads
        .iter()
        .find(|head| head.starts_with("get /api/3/users/42 "));
    let asked = asked.expect("the account was asked for");
    assert!(
        asked.contains("\nauthorization: basic c3zjlxnvyxi6"),
        "{asked}"
    );
    assert!(!heads.concat().contains("x-api-key"));
}
