//! One refused login is the last one: whichever operation runs, however many people it is about, and
//! whenever the password of the pack's own account changes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_console::{Fault, FaultKind, State, WireForm};
use harness::{Function, FunctionError};
use serde_json::{Value, json};
use suites::example::entry;
use suites::{CONSOLE_SECRET, OWN_LOGIN, World, credentials, differing, for_each, with, without};

/// Changed by hand, while the secret still has the old one.
const BY_HAND: &str = "changed-by-hand";

/// How many logins the console refused.
fn refused(world: &World) -> usize {
    let requests = world.console.requests();
    requests.iter().filter(|r| r.status == Some(401)).count()
}

/// How many requests arrived with credentials.
fn sent(world: &World) -> usize {
    world
        .console
        .requests()
        .iter()
        .filter(|r| r.method != "HEAD")
        .count()
}

/// Every operation on a console.
fn operations() -> impl Iterator<Item = &'static str> {
    let entries = actions::ALL.iter().filter(|entry| entry.console);
    entries.map(|entry| entry.operation.spec.name)
}

/// What is done, to whom, and what it needs.
struct Case {
    operation: &'static str,
    form: WireForm,
    /// `None` for the usual event.
    event: Option<Value>,
    /// How many sites jdoe has been given one by one.
    sites: i64,
}

impl Case {
    fn usual(operation: &'static str) -> Self {
        Self {
            operation,
            form: WireForm::Vendor,
            event: None,
            sites: 3,
        }
    }

    fn of(operation: &'static str, form: WireForm, sites: i64, event: Value) -> Self {
        Self {
            operation,
            form,
            event: Some(event),
            sites,
        }
    }

    fn shown(&self) -> String {
        format!("{} in the form {:?}", self.operation, self.form)
    }

    fn world(&self) -> World {
        let world = World::speaking(self.form);
        {
            let mut state = world.console.state();
            state.lockout_after = 100;
            if self.sites > 3 {
                state.sites = (1..=40).map(|id| (id, format!("Site {id}"))).collect();
                state.user_mut("jdoe").sites = (1..=self.sites).collect();
            }
        }
        world
    }

    fn event(&self, world: &World) -> Value {
        let usual = || world.usual_event(self.operation);
        self.event.clone().unwrap_or_else(usual)
    }

    /// How many requests it sends when nothing happens.
    fn undisturbed(&self) -> u32 {
        let world = self.world();
        let function = world.allowed_function(self.operation);
        let done = function.invoke(&self.event(&world)).result;
        done.unwrap_or_else(|error| panic!("{}: {error:?}", self.shown()));
        u32::try_from(sent(&world)).expect("few")
    }
}

/// The whole list is given or taken, and then what is left of the case at each request.
fn many_grants(form: WireForm) -> [Case; 2] {
    let wanted: Vec<i64> = (11..=38).collect();
    [
        Case::of("disable-user", form, 30, json!({"user_id": 4})),
        Case::of(
            "set-site-access",
            form,
            10,
            json!({"user_id": 4, "sites": wanted}),
        ),
    ]
}

/// People of the realistic console who may leave.
fn leavers() -> Value {
    let logins = [
        "jdoe",
        "tokafor",
        "knguyen",
        "ohaddad",
        "soneill",
        "audit1",
        "lpetrova",
        "mkowalska",
        "rmartinez",
    ];
    logins.map(|login| json!({"login": login})).into()
}

/// Every operation's usual event, and those that send the most.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(operations().map(Case::usual));
    for form in [WireForm::Vendor, WireForm::Guide] {
        cases.extend(many_grants(form));
    }
    let people = json!({"people": leavers(), "reset_two_factor": true, "clear_sites": true, "platform": "keep"});
    cases.push(Case::of("offboard-users", WireForm::Vendor, 3, people));
    cases
}

/// What an error must say that ends a run in the middle: that nothing was changed only if that is so, and the
/// numbers of all grants that are lost.
fn check(case: &Case, world: &World, before: &Value, shown: &str, error: &FunctionError) {
    let message = &error.error_message;
    assert_eq!(error.error_type, "Unauthorized", "{shown}: {message}");
    if message.contains("Nothing was changed") {
        let own = world.id(OWN_LOGIN).to_string();
        let [now, before] = [world.snapshot(), before.clone()].map(|users| without(users, &own));
        let changed = differing(&now, &before);
        assert!(changed.is_empty(), "{shown}: {message} {changed:#?}");
    }
    if case.operation.ends_with("-access") {
        return;
    }
    for (id, user) in &world.console.state().users {
        for (list, kind, now) in [
            ("sites", "sites", &user.sites),
            ("asset_groups", "asset groups", &user.asset_groups),
        ] {
            let had = before[id.to_string()][list].as_array();
            let had = had.into_iter().flatten().filter_map(Value::as_i64);
            for lost in had.filter(|had| !now.contains(had)) {
                let what = format!("{shown}: {kind} {lost} of user {id}: {message}");
                assert!(named(message, kind).contains(&lost), "{what}");
                assert!(message.contains("grant-site-access"), "{what}");
            }
        }
    }
}

/// The numbers in the lists of that kind in a message.
fn named(message: &str, kind: &str) -> Vec<i64> {
    let begin = format!("{kind} {{");
    let lists = message.match_indices(&begin);
    let lists = lists.filter_map(|(at, found)| message[at + found.len()..].split('}').next());
    let numbers = lists.flat_map(|list| list.split(", "));
    numbers.filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn a_password_that_changes_at_any_request_is_refused_once() {
    let cases: Vec<Arc<Case>> = cases().into_iter().map(Arc::new).collect();
    let at = Mutex::new(Vec::new());
    for_each(&cases, |case| {
        let each = (0..case.undisturbed()).map(|skip| (Arc::clone(case), skip));
        at.lock().expect("no panic").extend(each);
    });
    let at = at.into_inner().expect("no panic");
    assert!(at.len() > 200, "{}", at.len());
    for_each(&at, |(case, skip)| {
        let shown = format!("{}, changed before request {skip}", case.shown());
        let world = case.world();
        let before = world.snapshot();
        let event = case.event(&world);
        let change = FaultKind::password_change(OWN_LOGIN, BY_HAND);
        world.console.push_fault(Fault::new(change).skip(*skip));
        let function = world.allowed_function(case.operation);
        let first = function.invoke(&event).result;
        // Those on both surfaces tell in what they answer of one that failed.
        let both = entry(case.operation).platform;
        match &first {
            Err(error) if !both => check(case, &world, &before, &shown, error),
            Err(error) => {
                let final_ = ["Unauthorized", "Unexpected"].contains(&error.error_type.as_str());
                assert!(final_, "{shown}: {error:?}");
            }
            Ok(_) => assert!(both, "{shown}"),
        }
        assert_eq!(refused(&world), 1, "{shown}: {first:?}");
        // Warm, and whatever is to be done.
        let _ = function.invoke(&event);
        assert_eq!(refused(&world), 1, "{shown}, again");
        world.console.clear_faults();
    });
}

#[test]
fn a_wrong_password_is_sent_once_by_a_warm_process() {
    let operations: Vec<&str> = operations().collect();
    for_each(&operations, |operation| {
        let world = World::new();
        let wrong = credentials(world.console.url(), "wrong");
        world.secrets.put(CONSOLE_SECRET, wrong);
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        for _ in 0..5 {
            let result = function.invoke(&event).result;
            let both = entry(operation).platform;
            assert!(both || result.is_err(), "{operation}");
            assert_eq!(refused(&world), 1, "{operation}: {result:?}");
        }
        // What a person puts into the secret is used at once.
        let right = credentials(world.console.url(), suites::OWN_PASSWORD);
        world.secrets.put(CONSOLE_SECRET, right);
        world.console.clear_requests();
        let _ = function.invoke(&event);
        assert_eq!(refused(&world), 0, "{operation}");
        assert!(sent(&world) > 0, "{operation}");
    });
}

#[test]
fn a_two_factor_token_that_runs_out_is_refused_once() {
    for skip in 0..6 {
        let world = World::new();
        world.console.state().user_mut(OWN_LOGIN).two_factor_token = Some("123456".into());
        let secret = |token: &str| {
            with(
                credentials(world.console.url(), suites::OWN_PASSWORD),
                json!({"token": token}),
            )
        };
        world.secrets.put(CONSOLE_SECRET, secret("123456"));
        let runs_out = FaultKind::ChangeBefore(Arc::new(|state: &mut State| {
            state.user_mut(OWN_LOGIN).two_factor_token = Some("654321".into());
        }));
        world.console.push_fault(Fault::new(runs_out).skip(skip));
        let function = world.function("disable-user");
        let event = json!({"user_id": 4});
        for _ in 0..3 {
            let error = function.invoke(&event).result.expect_err("ran out");
            assert_eq!(error.error_type, "Unauthorized", "{error:?}");
            assert_eq!(refused(&world), 1);
        }
        // Another token with the same password is another login.
        world.secrets.put(CONSOLE_SECRET, secret("654321"));
        function.invoke(&event).result.expect("the new token");
        assert_eq!(refused(&world), 1);
    }
}

/// From some request on, everything is refused for another reason.
#[test]
fn a_refusal_that_goes_on_is_not_followed_by_a_request_for_each_grant() {
    let mut at = Vec::new();
    for form in [WireForm::Vendor, WireForm::Guide] {
        for case in many_grants(form) {
            let requests = case.undisturbed();
            let case = Arc::new(case);
            for status in [400, 403, 404, 409, 429, 500] {
                at.extend((0..requests).map(|skip| (case.clone(), requests, status, skip)));
            }
        }
    }
    for_each(&at, |(case, undisturbed, status, skip)| {
        let shown = format!("{}: {status} from request {skip} on", case.shown());
        let world = case.world();
        let kind = FaultKind::Status {
            status: *status,
            // Not waited for by what tells it, and no time for a test.
            retry_after: (*status == 429).then(|| "9999".into()),
            message: "no".into(),
        };
        let fault = Fault::new(kind).skip(*skip).times(10_000);
        world.console.push_fault(fault);
        let function = world.function(case.operation);
        let limit = Duration::from_secs(12);
        let answer = function.invoke_with_deadline(&case.event(&world), limit);
        let error = answer.result.expect_err(&shown);
        // Each list is tried twice, a few of it by themselves, and looked at.
        let most = undisturbed + 24;
        let sent = u32::try_from(sent(&world)).expect("few");
        assert!(sent <= most, "{shown}: {sent} requests: {error:?}");
        world.console.clear_faults();
    });
}

/// Some of many are gone: they must not take the others with them, nor end what is sent for each.
#[test]
fn sites_that_are_gone_do_not_keep_the_others_from_being_given_back() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        for gone in [
            vec![7],
            vec![1, 2, 3, 4, 5],
            vec![12, 13, 14, 15],
            vec![3, 9, 21],
        ] {
            let case = Case::of("disable-user", form, 30, json!({"user_id": 4}));
            let world = case.world();
            let shown = format!("{form:?}: {gone:?}");
            let deleted = gone.clone();
            let deletes = FaultKind::change_after(move |state| {
                state.sites.retain(|id, _| !deleted.contains(id));
            });
            let deletes = Fault::new(deletes).on("PUT", "/users/4");
            world.console.push_fault(deletes);
            let (kind, message) = world.failure("disable-user", case.event(&world));
            assert_eq!(kind, "Unexpected", "{shown}: {message}");
            let sites = world.console.state().user_mut("jdoe").sites.clone();
            let expected = (1..=30).filter(|id| !gone.contains(id)).collect();
            assert_eq!(sites, expected, "{shown}: {message}");
        }
    }
}

/// A list of many people goes on to the end without that console.
#[test]
fn a_list_of_many_people_stops_asking_the_console_that_refuses() {
    let world = World::with_two_consoles();
    let change = FaultKind::password_change(OWN_LOGIN, BY_HAND);
    world.console.push_fault(Fault::new(change).skip(12));
    let second = world.second.as_ref().expect("the second console");
    let function: Function = world.function("offboard-users");
    let event = json!({"people": leavers(), "platform": "keep"});
    let error = function.invoke(&event).result.expect_err("refused");
    assert_eq!(error.error_type, "Unauthorized", "{error:?}");
    assert_eq!(refused(&world), 1);
    // The other console's accounts are done.
    let mut state = second.state();
    for login in leavers().as_array().expect("people") {
        let login = login["login"].as_str().expect("a login");
        assert!(!state.user_mut(login).enabled, "{login}");
    }
}
