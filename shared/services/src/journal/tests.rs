//! The same promises wherever the journal is: what it answers to any sequence of calls is what a plain model
//! answers.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actions::{Found, Holder, Journal, JournalEntry, JournalError, JournalKey, Lease};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::config::SharedCredentialsProvider;
use futures_util::future::join_all;
use harness::{LambdaService, Moto, REGION};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::dynamodb::DynamoDb;
use super::times::millis;
use super::{Folder, Memory, Table};
use crate::aws::Http;

pub(super) fn key(account: &str) -> JournalKey {
    JournalKey {
        target: "https://console.example.com:3780".into(),
        account: account.into(),
    }
}

pub(super) fn holder(id: &str) -> Holder {
    Holder {
        id: id.into(),
        until: SystemTime::now() + Duration::from_secs(60),
    }
}

pub(super) fn entry(request_id: &str, gives_back: bool) -> JournalEntry {
    JournalEntry {
        at: "2026-01-01T00:00:00Z".into(),
        operation: "disable-user".into(),
        request_id: request_id.into(),
        ticket: None,
        requested_by: Some("\u{1f980} \"crab\"".into()),
        subject: "\"jdoe\" (user 3)".into(),
        plan: vec!["disable".into()],
        give_back: gives_back.then(|| json!({"sites": [1, 2]})),
    }
}

const HOLDERS: usize = 3;
const KEYS: usize = 2;

/// What somebody does to an account.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Asks for the lease, with something to give back or not.
    Begin(usize, usize, bool),
    /// The same, and is killed at once; whoever comes after is somebody else.
    BeginAndDie(usize, usize, bool),
    End(usize, usize, bool),
    Abandon(usize, usize),
    Look(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (who, what) = (0..HOLDERS, 0..KEYS);
    let both = (who.clone(), what.clone());
    let with = (who, what.clone(), any::<bool>());
    prop_oneof![
        4 => with.clone().prop_map(|(who, what, gives)| Step::Begin(who, what, gives)),
        2 => with.clone().prop_map(|(who, what, gives)| Step::BeginAndDie(who, what, gives)),
        3 => with.prop_map(|(who, what, finished)| Step::End(who, what, finished)),
        1 => both.prop_map(|(who, what)| Step::Abandon(who, what)),
        1 => what.prop_map(Step::Look),
        1 => Just(Step::Look(0)),
    ]
}

/// What there is of an account.
#[derive(Debug, Default)]
struct Model {
    holder: Option<String>,
    alive: bool,
    entry: Option<JournalEntry>,
    taken_over: bool,
    ended: bool,
}

/// What is compared of an answer: what it is, with whose entry; and whether work has ended before, where that is
/// told.
type Told = (&'static str, Option<String>, Option<bool>);

impl Model {
    fn left_behind(&self) -> Option<&JournalEntry> {
        self.entry
            .as_ref()
            .filter(|entry| entry.give_back.is_some())
    }

    fn whose(&self) -> Option<String> {
        self.entry.as_ref().map(|entry| entry.request_id.clone())
    }

    fn begin(&mut self, id: &str, entry: &JournalEntry, alive: bool) -> Told {
        let again = self.holder.as_deref() == Some(id);
        if self.alive && !again {
            return ("busy", self.whose(), None);
        }
        self.ended |= self.holder.is_some() && !again;
        (self.holder, self.alive) = (Some(id.to_owned()), alive);
        if (!again || self.taken_over) && self.left_behind().is_some() {
            self.taken_over = true;
            return ("left behind", self.whose(), None);
        }
        self.entry = Some(entry.clone());
        ("begun", None, (!again).then_some(self.ended))
    }

    fn end(&mut self, id: &str, finished: bool) {
        if self.holder.as_deref() != Some(id) {
            return;
        }
        let left = self.left_behind().cloned().filter(|_| !finished);
        *self = Self {
            entry: left,
            ended: true,
            ..Self::default()
        };
    }

    fn look(&self) -> Told {
        match self.left_behind() {
            _ if self.alive => ("busy", self.whose(), None),
            Some(_) => ("left behind", self.whose(), None),
            None => ("nothing", None, None),
        }
    }
}

fn told_of_lease(lease: Lease, again: bool) -> Told {
    match lease {
        Lease::Begun { ended } => ("begun", None, (!again).then_some(ended.is_some())),
        Lease::LeftBehind(entry) => ("left behind", Some(entry.request_id), None),
        Lease::Busy { entry, until } => {
            assert!(until.is_some());
            ("busy", entry.map(|entry| entry.request_id), None)
        }
    }
}

fn told_of_found(found: Found) -> Told {
    match found {
        Found::Nothing => ("nothing", None, None),
        Found::LeftBehind(entry) => ("left behind", Some(entry.request_id), None),
        Found::Busy { entry } => ("busy", entry.map(|entry| entry.request_id), None),
    }
}

/// Does the same to journals and to the model. `open` is what a process does at its start.
async fn follow(
    steps: &[Step],
    case: usize,
    abandons: bool,
    open: &dyn Fn() -> Arc<dyn Journal>,
) -> Result<(), TestCaseError> {
    let keys: [JournalKey; KEYS] = std::array::from_fn(|what| key(&format!("{case}-{what}")));
    let mut models: [Model; KEYS] = Default::default();
    let mut journals: [[Arc<dyn Journal>; KEYS]; HOLDERS] =
        std::array::from_fn(|_| std::array::from_fn(|_| open()));
    let mut lives = [[0; KEYS]; HOLDERS];
    let failed = |error: JournalError| TestCaseError::fail(error.why);
    let equal = |number: usize, found: Told, expected: Told| {
        let same = found == expected;
        let what = || format!("step {number}: {found:?}, expected {expected:?}");
        same.then_some(())
            .ok_or_else(|| TestCaseError::fail(what()))
    };
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Begin(who, what, gives) | Step::BeginAndDie(who, what, gives) => {
                let dies = matches!(step, Step::BeginAndDie(..));
                let mut holder = holder(&format!("{who}-{}", lives[who][what]));
                if dies {
                    holder.until = SystemTime::now() - Duration::from_millis(2);
                }
                let entry = entry(&format!("request-{number}"), gives);
                let (journal, model) = (&journals[who][what], &mut models[what]);
                let again = model.holder.as_deref() == Some(&holder.id);
                let begun = journal.begin(&keys[what], &holder, &entry).await;
                let begun = told_of_lease(begun.map_err(failed)?, again);
                equal(number, begun, model.begin(&holder.id, &entry, !dies))?;
                if dies {
                    journals[who][what] = open();
                    lives[who][what] += 1;
                }
            }
            Step::End(who, what, finished) => {
                let holder = holder(&format!("{who}-{}", lives[who][what]));
                let ended = journals[who][what].end(&keys[what], &holder, finished);
                ended.await.map_err(failed)?;
                models[what].end(&holder.id, finished);
            }
            Step::Abandon(who, what) if abandons => {
                let holder = holder(&format!("{who}-{}", lives[who][what]));
                journals[who][what].abandon(&keys[what], &holder);
                models[what].end(&holder.id, false);
            }
            Step::Abandon(..) => {}
            Step::Look(what) => {
                let found = journals[0][what].look(&keys[what]).await;
                let found = told_of_found(found.map_err(failed)?);
                equal(number, found, models[what].look())?;
            }
        }
    }
    Ok(())
}

fn check(cases: u32, abandons: bool, open: &dyn Fn() -> Arc<dyn Journal>) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().expect("a runtime");
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let case = Cell::new(0);
    let steps = proptest::collection::vec(step(), 1..25);
    let checked = TestRunner::new(config).run(&steps, |steps| {
        case.set(case.get() + 1);
        runtime.block_on(follow(&steps, case.get(), abandons, open))
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn memory_does_what_the_model_does() {
    let journal: Arc<dyn Journal> = Arc::new(Memory::default());
    check(1000, true, &|| Arc::clone(&journal));
}

#[test]
fn a_folder_does_what_the_model_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state/journal");
    check(40, true, &|| Arc::new(Folder::new(path.clone())));
}

const TABLE: &str = "acme-journal";

/// The table of a moto, by way of what loses answers.
struct World {
    moto: Moto,
    gateway: LambdaService,
}

impl World {
    fn new() -> Self {
        let moto = Moto::start();
        let gateway = LambdaService::start();
        gateway.forward_rest_to(moto.url());
        moto.create_table(TABLE);
        Self { moto, gateway }
    }

    fn ask(&self, action: &str, request: &Value) -> Value {
        let target = format!("DynamoDB_20120810.{action}");
        self.moto.call("dynamodb", &target, request)
    }

    fn journal(&self) -> Table {
        table(TABLE, &self.gateway.url())
    }

    fn item(&self, key: &JournalKey) -> Value {
        let request = json!({"TableName": TABLE, "Key": {"id": {"S": key.to_string()}}});
        self.ask("GetItem", &request)["Item"].take()
    }

    fn requests(&self) -> usize {
        self.moto.asked()
    }

    /// The next answer to a change is lost: the change is carried out, or is not.
    fn lose(&self, carried_out: bool) {
        self.gateway.fail_rest("UpdateItem", 1, carried_out);
    }
}

fn table(name: &str, endpoint: &str) -> Table {
    let token = Some("canary-token".to_owned());
    let credentials = Credentials::new("AKIACANARY", "canary-key", token, None, "tests");
    let settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build();
    let client = DynamoDb::of(&settings, Http::new().expect("a client"));
    Table::of(name, client.expect("settings"))
}

#[test]
fn a_table_does_what_the_model_does() {
    let world = World::new();
    let journal: Arc<dyn Journal> = Arc::new(world.journal());
    check(40, false, &|| Arc::clone(&journal));
}

#[tokio::test]
async fn a_write_costs_two_requests_and_what_is_done_expires() {
    let world = World::new();
    let journal = world.journal();
    let key = key("3");
    let hour = 3600;
    let seconds = |item: &Value| {
        let expires = item["expires"]["N"].as_str().map(str::parse::<u64>);
        expires.map(|expires| expires.expect("a number"))
    };
    let now = || millis(SystemTime::now()) / 1000;
    for gives_back in [true, false] {
        let holder = holder("one");
        let before = world.requests();
        let begun = journal
            .begin(&key, &holder, &entry("one", gives_back))
            .await;
        assert!(matches!(begun, Ok(Lease::Begun { .. })), "{begun:?}");
        let item = world.item(&key);
        let expires = (!gives_back).then(|| millis(holder.until) / 1000 + 24 * hour);
        assert_eq!(seconds(&item), expires, "{item}");
        journal.end(&key, &holder, true).await.expect("ended");
        // And one by the test itself.
        assert_eq!(world.requests() - before, 3);
        let item = world.item(&key);
        let names: Vec<&String> = item.as_object().expect("an item").keys().collect();
        assert_eq!(names, ["ended", "expires", "id"]);
        let expires = seconds(&item).expect("expires");
        assert!(
            (now() + hour - 60..=now() + hour).contains(&expires),
            "{item}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_changes_nothing() {
    let world = World::new();
    let journal = world.journal();
    for carried_out in [true, false] {
        for gives_back in [true, false] {
            let key = key(&format!("{carried_out} {gives_back}"));
            let holder = holder("one");
            world.lose(carried_out);
            let begun = journal
                .begin(&key, &holder, &entry("one", gives_back))
                .await;
            assert!(matches!(begun, Ok(Lease::Begun { .. })), "{begun:?}");
            world.lose(carried_out);
            journal.end(&key, &holder, false).await.expect("ended");
        }
        let key = key(&format!("{carried_out} true"));
        let left = Lease::LeftBehind(Box::new(entry("one", true)));
        let (two, three) = (holder("two"), holder("three"));
        // The first change is the one that is refused, so its answer is lost before.
        world.lose(carried_out);
        let begun = journal.begin(&key, &two, &entry("two", true)).await;
        assert_eq!(begun, Ok(left.clone()));
        // Asked for again as a whole.
        let again = journal.begin(&key, &two, &entry("two", true)).await;
        assert_eq!(again, Ok(left));
        let busy = journal.begin(&key, &three, &entry("three", true)).await;
        assert!(matches!(busy, Ok(Lease::Busy { .. })), "{busy:?}");
        world.lose(carried_out);
        journal.end(&key, &two, true).await.expect("ended");
        assert_eq!(journal.look(&key).await, Ok(Found::Nothing));
    }
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_lease() {
    let world = World::new();
    let journal = world.journal();
    for left_behind in [false, true] {
        let key = key(&left_behind.to_string());
        if left_behind {
            let gone = holder("gone");
            let begun = journal.begin(&key, &gone, &entry("gone", true)).await;
            begun.expect("begun");
            journal.end(&key, &gone, false).await.expect("ended");
        }
        let asked = (0..8).map(async |number| {
            let id = number.to_string();
            journal.begin(&key, &holder(&id), &entry(&id, true)).await
        });
        let leases = join_all(asked).await;
        let got = leases.iter().filter(|lease| match lease {
            Ok(Lease::Begun { .. }) => !left_behind,
            Ok(Lease::LeftBehind(entry)) => left_behind && entry.request_id == "gone",
            Ok(Lease::Busy { .. }) => false,
            Err(error) => panic!("{error}"),
        });
        assert_eq!(got.count(), 1, "{leases:?}");
    }
}

#[tokio::test]
async fn an_item_that_can_t_be_read_stays() {
    let world = World::new();
    let key = key("3");
    let item = json!({
        "id": {"S": key.to_string()}, "entry": {"S": "canary {"}, "give_back": {"BOOL": true},
        "until": {"N": "0"}, "holder": {"S": "gone"},
    });
    world.ask("PutItem", &json!({"TableName": TABLE, "Item": item}));
    let journal = world.journal();
    for error in [
        journal
            .begin(&key, &holder("one"), &entry("one", true))
            .await
            .expect_err("accepted"),
        journal.look(&key).await.expect_err("accepted"),
    ] {
        assert!(
            error.why.contains(&key.to_string()) && error.why.contains(TABLE),
            "{error}"
        );
        assert!(!error.why.contains("canary"), "{error}");
    }
    assert_eq!(world.item(&key), item);
}

#[tokio::test]
async fn a_table_that_is_not_there_is_told_by_name_and_region() {
    let world = World::new();
    let journal = table("other-journal", world.moto.url());
    let begun = journal
        .begin(&key("3"), &holder("one"), &entry("one", true))
        .await;
    let error = begun.expect_err("no such table");
    assert!(
        error.why.contains("no table \"other-journal\"") && error.why.contains(REGION),
        "{error}"
    );
    assert_eq!(world.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_table_that_does_not_answer_is_given_up_after_a_while() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    drop(port);
    let began = tokio::time::Instant::now();
    let journal = table(TABLE, &format!("http://{address}"));
    let error = journal.look(&key("3")).await.expect_err("nobody is there");
    assert!(
        error.why.contains(TABLE) && error.why.contains(&address.to_string()),
        "{error}"
    );
    assert!(!error.why.to_lowercase().contains("canary"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(9));
}
