//! Writes that get any answer at all, carried out or not, and the writes after them: what a run tells is true,
//! and grants are kept.

use std::time::Duration;

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::answers::{Answered, STATUSES, all, pairs, refusals, some};
use suites::{OWN_LOGIN, OWN_PASSWORD, World, for_each, with_disabled};

/// All pairs of answers to the write that drops grants, and to what follows it.
#[test]
fn whatever_is_answered_to_a_replacement_the_account_keeps_its_grants() {
    let event = json!({"user_id": 4});
    let disable = Answered::new("disable-user", Some(event), "PUT", "/users/4");
    for_each(&pairs(&all(), &refusals()), |answers| {
        disable.holds(answers);
    });
}

#[test]
fn whatever_is_answered_to_a_write_what_is_told_is_true() {
    let sites = json!({"user_id": 4, "sites": [2, 5, 7]});
    let email = json!({"user_id": 4, "new_email": "jane@example.com"});
    let password = json!({"user_id": 4, "password": "An0ther-Passw0rd"});
    let both = json!({"login": "rmartinez", "password": "An0ther-Passw0rd"});
    let runs = [
        Answered::new("update-user", Some(email), "PUT", "/users/4"),
        Answered::new("set-site-access", Some(sites.clone()), "PUT", "/sites"),
        Answered::new("set-site-access", Some(sites), "DELETE", "/sites"),
        Answered::new("set-password", Some(password), "PUT", "/users/4"),
        Answered::new("unlock-user", Some(both), "DELETE", "/lock"),
        Answered::new("unlock-user", None, "DELETE", "/lock"),
        Answered::new("delete-user", None, "DELETE", "/users/"),
        Answered::new("create-user", None, "POST", "/users"),
    ];
    let pairs = pairs(&some(), &refusals());
    let cases = runs.iter();
    let cases = cases.flat_map(|run| pairs.iter().map(move |answers| (run, answers)));
    let cases: Vec<_> = cases.collect();
    for_each(&cases, |(run, answers)| run.holds(*answers));
}

/// The account is disabled and gets no answer in time; what follows is refused.
#[test]
fn silence_and_then_a_refusal_costs_no_grants() {
    let answers = [302, 403, 404, 429, 503].map(FaultKind::status);
    for_each(&answers, |answer| {
        let world = World::new();
        let before = world.console.state().snapshot();
        let function = world.function("disable-user");
        let put = |kind: &FaultKind| Fault::new(kind.clone()).on("PUT", "/users/4");
        world.console.push_fault(put(&FaultKind::HangAfter));
        world.console.push_fault(put(answer));
        let limit = Duration::from_secs(8);
        let answered = function.invoke_with_deadline(&json!({"user_id": 4}), limit);
        let outcome = answered.result;
        let outcome = outcome.unwrap_or_else(|error| panic!("{answer:?}: {error:?}"));
        assert_eq!(outcome["changed"], true, "{answer:?}");
        let after = world.console.state().snapshot();
        assert_eq!(after, with_disabled(before, 4), "{answer:?}");
        world.console.clear_faults();
    });
}

/// Whoever sees only that the run succeeded must find the grants in place.
#[test]
fn somebody_who_leaves_keeps_the_grants_whatever_the_replacement_is_answered() {
    let refusals = [400, 403, 404, 409, 429];
    for_each(&refusals, |status| {
        for first in [503, 429, 404, 409] {
            let world = World::new();
            let before = world.console.state().snapshot();
            let after = FaultKind::StatusAfter { status: first };
            for kind in [after, FaultKind::status(*status)] {
                world
                    .console
                    .push_fault(Fault::new(kind).on("PUT", "/users/4"));
            }
            let report = world.outcome(
                "offboard-user",
                json!({"login": "jdoe", "platform": "keep"}),
            );
            let after = world.console.state().snapshot();
            let shown = format!("{first}, {status}: {report}");
            assert_eq!(after, with_disabled(before, 4), "{shown}");
            world.console.clear_faults();
        }
    });
}

/// A refusal costs one look, and says what it always said.
#[test]
fn a_refusal_that_is_true_is_told_as_such_after_one_look() {
    for (status, told) in [
        (302, "Unexpected"),
        (400, "Refused"),
        (403, "Unauthorized"),
        (404, "Conflict"),
        (409, "Refused"),
    ] {
        let world = World::new();
        let before = world.console.state().snapshot();
        let refused = Fault::new(FaultKind::status(status)).on("PUT", "/users/4");
        world.console.push_fault(refused);
        let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
        assert_eq!(kind, told, "{status}: {message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        let mut requests = world.requests().into_iter();
        requests
            .find(|request| request == "PUT /api/3/users/4")
            .expect("sent");
        let mut after: Vec<String> = requests.collect();
        // That 404 is no want of privilege is looked at as ever.
        after.retain(|request| request != "GET /api/3/users");
        assert_eq!(after, ["GET /api/3/users/4"], "{status}");
        assert_eq!(world.console.state().snapshot(), before, "{status}");
    }
}

/// Credentials that were refused are not sent again, not even to look.
#[test]
fn after_a_refused_login_nobody_looks_and_what_may_be_lost_is_told() {
    for kind in [
        FaultKind::status(401),
        FaultKind::StatusAfter { status: 401 },
    ] {
        let world = World::new();
        let shown = format!("{kind:?}");
        world
            .console
            .push_fault(Fault::new(kind).on("PUT", "/users/4"));
        let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
        assert_eq!(kind, "Unauthorized", "{shown}: {message}");
        for told in ["is not known", "sites {1, 2, 4}", "grant-site-access"] {
            assert!(message.contains(told), "{shown}: {message}");
        }
        let last = world.requests().pop();
        assert_eq!(last.as_deref(), Some("PUT /api/3/users/4"), "{shown}");
    }
}

/// That there is no seed is told by 404, and that is told by anything between, too.
#[test]
fn a_first_seed_that_is_not_seen_may_be_there_all_the_same() {
    let had = Some("OLDSEEDOLDSEEDOL".to_owned());
    for (seed, seen, told) in [
        (None, Some(404), "is not known"),
        (None, None, "is not known"),
        (had, None, "Nothing was changed"),
    ] {
        let world = World::new();
        world.console.state().user_mut("jdoe").two_factor_key = seed;
        let refused = match seen {
            Some(_) => FaultKind::StatusAfter { status: 302 },
            None => FaultKind::status(302),
        };
        let refused = Fault::new(refused).on("POST", "/2FA");
        world.console.push_fault(refused);
        if let Some(status) = seen {
            let seen = Fault::new(FaultKind::status(status)).on("GET", "/2FA");
            world.console.push_fault(seen.skip(1));
        }
        let event = world.usual_event("reset-two-factor");
        let (kind, message) = world.failure("reset-two-factor", event);
        assert_eq!(kind, "Unexpected", "{message}");
        assert!(message.contains(told), "{told}: {message}");
    }
}

/// By 503 a console may ask for time: it is not sent the same before that.
#[test]
fn a_console_that_asks_for_more_time_than_there_is_gets_no_second_write() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let away = FaultKind::Status {
        status: 503,
        retry_after: Some("3600".into()),
        message: "Restarting.".into(),
    };
    world
        .console
        .push_fault(Fault::new(away).on("PUT", "/users/4"));
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unavailable", "{message}");
    for told in [
        "reads as before",
        "asks to wait 3600 s",
        "Nothing was changed",
    ] {
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(world.times_written("PUT /api/3/users/4"), 1);
    assert_eq!(world.console.state().snapshot(), before);
}

/// Somebody else is faster by a moment: the account is refused, and theirs.
#[test]
fn an_account_that_somebody_else_creates_meanwhile_is_not_taken_for_the_one_that_was_sent() {
    let world = World::new();
    let creates = FaultKind::change_before(|state| {
        let mut other = state.user_mut("jdoe").clone();
        other.login = "jsmith".into();
        other.email = Some("other@example.com".into());
        state.add_user(other);
    });
    world
        .console
        .push_fault(Fault::new(creates).on("POST", "/users"));
    let (kind, message) = world.failure("create-user", suites::jsmith());
    assert_eq!(kind, "Conflict", "{message}");
    for told in ["answered 4", "email should be", "look who created it"] {
        assert!(message.contains(told), "{message}");
    }
}

/// The own password never shows. Where the console says no, the old one is asked with, which is no failed
/// login as long as that is true.
#[test]
fn the_own_password_that_is_refused_is_looked_at_with_the_old_one() {
    let event = json!({"login": OWN_LOGIN, "password": "N3w!passphrase"});
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    let cases: Vec<(u16, bool)> = STATUSES
        .into_iter()
        .filter(|status| *status < 500 && *status != 401)
        .flat_map(|status| [(status, false), (status, true)])
        .collect();
    for_each(&cases, |(status, carried_out)| {
        let world = World::new();
        let shown = format!("{status}, carried out: {carried_out}");
        let kind = match carried_out {
            true => FaultKind::StatusAfter { status: *status },
            false => FaultKind::status(*status),
        };
        let refused = Fault::new(kind).on("PUT", "/password");
        // What a rate limit is waited out for.
        let times = if *carried_out { 1 } else { 9 };
        world.console.push_fault(refused.times(times));
        let function = world.function_with("set-password", &allowed);
        let error = function.invoke(&event).result.expect_err(&shown);
        world.console.clear_faults();
        let (kind, message) = (error.error_type, error.error_message);
        let state = world.console.state().user_mut(OWN_LOGIN).clone();
        let nothing = message.contains("Nothing was changed");
        assert_eq!(
            nothing,
            state.password == OWN_PASSWORD,
            "{shown}: {message}"
        );
        if *carried_out {
            assert_eq!(kind, "Unexpected", "{shown}: {message}");
            assert!(message.contains("find out by hand"), "{shown}: {message}");
        } else {
            assert_eq!(state.failed_logins, 0, "{shown}: {message}");
        }
        assert!(state.failed_logins <= 1, "{shown}: {message}");
    });
}

/// It is given up after a megabyte, and what it was an answer to is looked at.
#[test]
fn an_endless_answer_to_a_write_is_not_read_to_its_end() {
    for kind in [
        FaultKind::EndlessBody { status: 200 },
        FaultKind::EndlessBody { status: 400 },
        FaultKind::PromisedBody(1 << 40),
    ] {
        let world = World::new();
        let before = world.console.state().snapshot();
        let shown = format!("{kind:?}");
        let answers = |path| Fault::new(kind.clone()).on("PUT", path);
        world.console.push_fault(answers("/users/4"));
        world.console.push_fault(answers("/users/4/sites"));
        let outcome = world.outcome("disable-user", json!({"user_id": 4}));
        assert_eq!(outcome["changed"], true, "{shown}");
        let warning = outcome["warnings"][0].as_str().expect(&shown);
        let told = match shown.contains("400") {
            true => "answered 400",
            false => "answered with more than 1 MB",
        };
        assert!(warning.contains(told), "{shown}: {warning}");
        let after = world.console.state().snapshot();
        assert_eq!(after, with_disabled(before, 4), "{shown}");
    }
}

#[test]
fn an_endless_answer_to_a_read_is_an_error_that_says_so() {
    for (operation, path, limit) in [
        ("get-user", "/users/4", "1 MB"),
        ("list-users", "/users", "32 MB"),
        ("list-roles", "/roles", "32 MB"),
        ("get-site-access", "/users/4/sites", "32 MB"),
    ] {
        for kind in [
            FaultKind::EndlessBody { status: 200 },
            FaultKind::PromisedBody(1 << 40),
        ] {
            let world = World::new();
            let shown = format!("{operation} with {kind:?}");
            world.console.push_fault(Fault::new(kind).on("GET", path));
            let event = match operation.starts_with("get-") {
                true => json!({"user_id": 4}),
                false => Value::Object(serde_json::Map::new()),
            };
            let (kind, message) = world.failure(operation, event);
            assert_eq!(kind, "Unexpected", "{shown}: {message}");
            let told = format!("answered with more than {limit}");
            assert!(message.contains(&told), "{shown}: {message}");
            world.console.clear_faults();
        }
    }
}
