//! Every operation against every common fault: the right error, and nothing changed that is not
//! told.

use std::time::Duration;

use actions::Effect;
use fake_console::{Fault, FaultKind, LoggedRequest, WireForm};
use serde_json::{Value, json};
use suites::example::{entry, forms};
use suites::platform;
use suites::{DELIVERED, OWN_LOGIN, OWN_PASSWORD, World, differing, for_each, with};

/// Every operation with each of the faults.
fn with_each<T: Clone>(faults: &[T]) -> Vec<(&'static str, T)> {
    let operations = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    operations
        .flat_map(|operation| faults.iter().map(move |fault| (operation, fault.clone())))
        .collect()
}

fn limited(retry_after: &str) -> FaultKind {
    FaultKind::Status {
        status: 429,
        retry_after: Some(retry_after.into()),
        message: "slow down".into(),
    }
}

/// Faults that pass are waited out.
#[test]
fn a_passing_fault_is_waited_out() {
    let faults = [
        limited("0"),
        limited("1"),
        FaultKind::status(502),
        FaultKind::status(503),
        FaultKind::status(504),
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::CutBody,
        FaultKind::Slow(Duration::from_millis(50)),
    ];
    for_each(&with_each(&faults), |(operation, kind)| {
        let world = World::new();
        let shown = format!("{operation} with {kind:?}");
        world.push_fault(operation, &Fault::new(kind.clone()));
        let function = world.allowed_function(operation);
        let answer = function.invoke(&world.usual_event(operation)).result;
        let answer = answer.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        if let Some(changed) = answer.get("changed") {
            assert_eq!(*changed, true, "{shown}");
        }
    });
}

/// Faults that don't pass end in an error of the right kind, and nothing is changed.
#[test]
fn a_lasting_fault_is_told_by_kind_and_nothing_is_changed() {
    // Requests at the same time share the faults.
    const LASTING: u32 = 50;
    let faults = [
        (limited("9999"), 1, "RateLimited"),
        (FaultKind::status(400), 1, "Unexpected"),
        (FaultKind::status(401), 1, "Unauthorized"),
        (FaultKind::status(403), 1, "Unauthorized"),
        (FaultKind::status(500), 1, "Unavailable"),
        (FaultKind::status(503), LASTING, "Unavailable"),
        (FaultKind::Html { status: 200 }, 1, "Unavailable"),
        (FaultKind::Html { status: 401 }, 1, "Unauthorized"),
        (FaultKind::Html { status: 503 }, LASTING, "Unavailable"),
        (FaultKind::BadJson, 1, "Unavailable"),
        (FaultKind::CutJson, 1, "Unavailable"),
        (FaultKind::ResetBefore, LASTING, "Unavailable"),
    ];
    let mut cases = with_each(&faults);
    // What reads both surfaces tells of each, also of one that is down (`people`).
    cases.retain(|(operation, _)| {
        let entry = entry(operation);
        let reads = entry.operation.spec.effect == Effect::Read;
        !(entry.console && entry.platform && reads)
    });
    for_each(&cases, |(operation, (kind, times, told))| {
        let world = World::new();
        let before = world.snapshot();
        let shown = format!("{operation} with {kind:?}");
        world.push_fault(operation, &Fault::new(kind.clone()).times(*times));
        let function = world.allowed_function(operation);
        let answer = function.invoke(&world.usual_event(operation)).result;
        let error = answer.expect_err(&shown);
        assert_eq!(error.error_type, *told, "{shown}: {}", error.error_message);
        let told_nothing = error.error_message.contains("Nothing was changed");
        assert!(told_nothing, "{shown}: {}", error.error_message);
        assert_eq!(world.snapshot(), before, "{shown}");
        world.clear_faults();
    });
}

#[test]
fn an_absurd_retry_after_is_reported_and_not_waited_for() {
    let world = World::new();
    world.console.push_fault(Fault::new(limited("999999999")));
    let answer = world.invoke("get-user", json!({"user_id": 4}));
    let error = answer.result.expect_err("limited");
    assert_eq!(error.error_type, "RateLimited");
    assert!(
        error.error_message.contains("asks to wait 3600 s"),
        "{}",
        error.error_message
    );
    assert!(answer.duration < Duration::from_secs(2));
}

/// A 2xx of any kind is success; so is an empty body.
#[test]
fn writes_without_content_in_the_answer_are_success() {
    let world = World::new();
    world.console.state().no_content_on_write = true;
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], true);
    assert_eq!(outcome["warnings"], json!([]));
}

#[test]
fn an_error_body_may_tell_its_status_as_text() {
    let world = World::new();
    world.console.state().error_status_as_string = true;
    let (kind, _) = world.failure("get-user", json!({"user_id": 4711}));
    assert_eq!(kind, "NotFound");
}

/// All users, and instead of a password or seed that was delivered, which is another one each time,
/// that the console has the one that is in the secret.
fn ended(world: &World) -> Value {
    let mut ended = world.snapshot();
    let state = world.console.state();
    let delivered = world.delivered();
    let login = delivered["login"].as_str().unwrap_or_default();
    if let Some((id, user)) = state.user_by_login(login) {
        let ended = &mut ended[id.to_string()];
        if delivered["password"] == user.password.as_str() {
            ended["password"] = "the delivered one".into();
        }
        let seed = user.two_factor_key.as_deref();
        if seed.is_some_and(|seed| delivered["two_factor_seed"] == seed) {
            ended["two_factor_key"] = "the delivered one".into();
        }
    }
    ended
}

/// An event, what becomes of it without a fault, and the faults to try.
struct Undisturbed {
    operation: &'static str,
    form: WireForm,
    /// Members beside those of the usual event.
    more: Value,
    ended: Value,
    faults: Vec<(Surface, Fault)>,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Surface {
    Console,
    Platform,
}

impl Undisturbed {
    fn run(operation: &'static str, form: WireForm, more: Value) -> Self {
        let world = World::speaking(form);
        let function = world.allowed_function(operation);
        let event = with(world.usual_event(operation), more.clone());
        function.invoke(&event).result.expect(operation);
        let mut surfaces = vec![(Surface::Console, world.console.requests())];
        // The platform has only one form.
        if form == WireForm::Vendor {
            surfaces.push((Surface::Platform, world.platform.requests()));
        }
        let mut faults = Vec::new();
        for (surface, requests) in surfaces {
            let requests = requests.iter().filter(|r| r.authorized_as.is_some());
            let requests: Vec<&LoggedRequest> = requests.collect();
            let all = [at_writes(&requests), at_reads_back(&requests)].concat();
            faults.extend(all.into_iter().map(|fault| (surface, fault)));
        }
        Self {
            operation,
            form,
            more,
            ended: ended(&world),
            faults,
        }
    }
}

/// Whatever can happen to each of the writes.
fn at_writes(requests: &[&LoggedRequest]) -> Vec<Fault> {
    let kinds = [
        limited("0"),
        FaultKind::status(500),
        FaultKind::status(502),
        FaultKind::status(503),
        FaultKind::status(504),
        FaultKind::StatusAfter { status: 500 },
        FaultKind::StatusAfter { status: 502 },
        FaultKind::StatusAfter { status: 503 },
        FaultKind::StatusAfter { status: 504 },
        FaultKind::Html { status: 200 },
        FaultKind::HtmlAfter,
        FaultKind::BadJson,
        FaultKind::CutJson,
        FaultKind::CutBody,
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::Slow(Duration::from_millis(50)),
    ];
    let mut faults = Vec::new();
    for (index, write) in requests.iter().enumerate().filter(|(_, r)| r.is_write()) {
        // A fault is for all paths that contain its own.
        let alike = requests[..index]
            .iter()
            .filter(|r| r.method == write.method && r.path.contains(&write.path));
        let skip = u32::try_from(alike.count()).expect("few");
        let at = |kind: &FaultKind| Fault::new(kind.clone()).on(&write.method, &write.path);
        faults.extend(kinds.iter().map(|kind| at(kind).skip(skip)));
    }
    faults
}

/// Whatever can happen to each of the reads that come after a write.
fn at_reads_back(requests: &[&LoggedRequest]) -> Vec<Fault> {
    let kinds = [
        limited("0"),
        FaultKind::status(500),
        FaultKind::status(503),
        FaultKind::Html { status: 200 },
        FaultKind::CutJson,
        FaultKind::ResetAfter,
    ];
    let Some(first_write) = requests.iter().position(|request| request.is_write()) else {
        return Vec::new();
    };
    let reads = |requests: &[&LoggedRequest]| requests.iter().filter(|r| !r.is_write()).count();
    let mut faults = Vec::new();
    for read in reads(&requests[..first_write])..reads(requests) {
        let skip = u32::try_from(read).expect("few");
        let at = |kind: &FaultKind| Fault::new(kind.clone()).on("GET", "/api/").skip(skip);
        faults.extend(kinds.iter().map(at));
    }
    faults
}

/// Whatever happens to any write, and to any reading back: the run succeeds, or running it again
/// does, and the console ends up as it does without a fault. No error says that nothing was changed
/// if something was. A POST is never sent twice by one run.
#[test]
fn a_fault_at_any_write_or_read_back_ends_in_the_same_state() {
    let generated = json!({
        "generate_password": true, "deliver_to": DELIVERED, "request_token": "INC-4",
    });
    let usual = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    let mut all: Vec<(&str, Value)> = usual.map(|operation| (operation, json!({}))).collect();
    all.extend([
        ("unlock-user", generated),
        // Every run is a request of its own.
        ("set-password", json!({"request_token": null})),
        ("reset-two-factor", json!({"request_token": null})),
        // With it come all sites, and the individual ones mean nothing any more.
        (
            "set-role",
            json!({"login": "jdoe", "role_id": "site-admin"}),
        ),
    ]);
    let all = all.iter().flat_map(|(operation, more)| {
        let forms = forms(entry(operation)).iter();
        forms.map(|form| Undisturbed::run(operation, *form, more.clone()))
    });
    let all: Vec<Undisturbed> = all.collect();
    let cases = all.iter().flat_map(|undisturbed| {
        let faults = undisturbed.faults.iter();
        faults.map(move |fault| (undisturbed, fault))
    });
    let cases: Vec<(&Undisturbed, &(Surface, Fault))> = cases.collect();
    for_each(&cases, |(undisturbed, (surface, fault))| {
        ends_in_the_same_state(undisturbed, *surface, fault);
    });
}

fn ends_in_the_same_state(undisturbed: &Undisturbed, surface: Surface, fault: &Fault) {
    let Undisturbed {
        operation,
        form,
        more,
        ..
    } = undisturbed;
    let world = World::speaking(*form);
    let before = world.snapshot();
    let shown =
        format!("{operation} with {more} in the form {form:?} with {fault:?} on the {surface:?}");
    match surface {
        Surface::Console => world.console.push_fault(fault.clone()),
        Surface::Platform => world.platform.push_fault(platform::fault(fault)),
    }
    let function = world.allowed_function(operation);
    let event = with(world.usual_event(operation), more.clone());
    let first = function.invoke(&event).result;
    let limited = matches!(fault.kind, FaultKind::Status { status: 429, .. });
    // Grants are added by a POST too, where the form is the guide's, but after another look.
    let grants = |write: &str| write.ends_with("/sites") || write.ends_with("/asset_groups");
    let writes = world.writes();
    for post in writes
        .iter()
        .filter(|write| write.starts_with("POST ") && !grants(write))
    {
        let most = 1 + usize::from(limited);
        assert!(world.times_written(post) <= most, "{shown}: {post}");
    }
    if let Err(error) = first {
        let message = error.error_message;
        if message.contains("Nothing was changed") {
            let changed = differing(&world.snapshot(), &before);
            assert!(changed.is_empty(), "{shown}: {message} {changed:#?}");
        }
        let kind = error.error_type.as_str();
        let again = ["Unavailable", "Indeterminate", "RateLimited", "Conflict"];
        assert!(again.contains(&kind), "{shown}: {message}");
        let second = function.invoke(&event).result;
        second.unwrap_or_else(|error| panic!("{shown}, again: {error:?}"));
    }
    let different = differing(&ended(&world), &undisturbed.ended);
    assert!(different.is_empty(), "{shown}: {different:#?}");
}

/// A new password for the pack's own account.
fn own_password() -> Value {
    json!({
        "login": OWN_LOGIN, "generate_password": true, "deliver_to": DELIVERED, "request_token": "INC-3",
    })
}

/// The old password may be of no use any more: there is only one way of asking.
#[test]
fn a_lost_answer_about_the_own_password_is_looked_at_with_the_new_one() {
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    for (kind, carried_out) in [
        (FaultKind::ResetAfter, true),
        (FaultKind::StatusAfter { status: 500 }, true),
        (FaultKind::StatusAfter { status: 502 }, true),
        (FaultKind::HtmlAfter, true),
        (FaultKind::CutJson, true),
        // Sent again, it would take another login to prove it, and the first one was refused.
        (FaultKind::ResetBefore, false),
        (FaultKind::status(502), false),
        (FaultKind::status(500), false),
        (FaultKind::Html { status: 200 }, false),
    ] {
        let world = World::new();
        let password = || world.console.state().user_mut(OWN_LOGIN).password.clone();
        let shown = format!("{kind:?}");
        let fault = Fault::new(kind).on("PUT", "/users/1/password");
        world.console.push_fault(fault);
        let function = world.function_with("set-password", &allowed);
        let event = own_password();
        let first = function.invoke(&event).result;
        assert_eq!(first.is_ok(), carried_out, "{shown}: {first:?}");
        if let Err(error) = first {
            assert_eq!(password(), OWN_PASSWORD);
            let message = error.error_message;
            let not_known = "Whether something was changed is not known";
            assert!(message.contains(not_known), "{shown}: {message}");
            let again = function.invoke(&event).result.expect(&shown);
            assert_eq!(again["changed"], true, "{shown}");
        }
        assert_eq!(world.delivered()["password"], password(), "{shown}");
    }
}

/// The pack can't run again with the old password, so another run is no way out: the new one must be
/// where it was to go, or the error must tell where it is.
#[test]
fn an_own_password_that_can_not_be_followed_is_not_lost() {
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    let away = Fault::new(FaultKind::status(500)).on("GET", "/users/1");
    let away = away.skip(1).times(4);
    let lost = Fault::new(FaultKind::ResetAfter).on("PUT", "/users/1/password");
    for faults in [vec![away.clone()], vec![lost, away]] {
        let world = World::new();
        let shown = format!("{faults:?}");
        let answered = faults.len() == 1;
        for fault in faults {
            world.console.push_fault(fault);
        }
        let function = world.function_with("set-password", &allowed);
        let event = own_password();
        let first = function.invoke(&event).result;
        let password = world.console.state().user_mut(OWN_LOGIN).password.clone();
        assert_ne!(password, OWN_PASSWORD);
        if answered {
            assert_eq!(
                world.delivered()["password"],
                password,
                "{shown}: {first:?}"
            );
        }
        if let Err(error) = first {
            let message = error.error_message;
            assert!(message.contains(DELIVERED), "{shown}: {message}");
            assert_ne!(error.error_type, "Unavailable", "{shown}: {message}");
        }
        world.console.clear_faults();
    }
}

/// The password comes first, and costs the account its grants: they are given back whatever becomes of
/// the lock.
#[test]
fn grants_are_given_back_where_a_new_password_is_followed_by_a_refusal() {
    let world = World::new();
    let refused = Fault::new(FaultKind::status(400)).on("DELETE", "/lock");
    world.console.push_fault(refused);
    let event = json!({"login": "rmartinez", "password": "N3w!passphrase"});
    let (kind, message) = world.failure("unlock-user", event);
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("Already changed: "), "{message}");
    let user = world.console.state().user_mut("rmartinez").clone();
    assert_eq!(user.password, "N3w!passphrase");
    assert_eq!(user.sites, [8].into(), "{message}");
}
