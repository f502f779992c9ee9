//! A case, told: each run, and what was there before and after it.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use actions::{Error, ErrorKind};
use fake_console::{Fault, Gate, LoggedRequest, PlatformState, State};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::case::{Case, FEW_SECONDS, SECONDS, Setting, Start};
use crate::event::{Answer, Event, Second, What};
use crate::snapshot::Snapshot;
use crate::stage::{Process, Scene, Stage, set_key, set_password};

/// So often a run is repeated that says it may be.
const REPEATS: usize = 3;

/// How long a request is held, at most, while somebody else runs something.
const HELD: Duration = Duration::from_millis(700);

/// What comes of a setting in which nothing happens.
#[derive(Debug)]
pub(crate) struct Undisturbed {
    /// What arrives at the console and at the platform: of each request, whether it is a write.
    pub(crate) writes: [Vec<bool>; 2],
    pub(crate) before: Snapshot,
    pub(crate) end: Snapshot,
    /// The accounts that the operation is about.
    pub(crate) accounts: BTreeSet<String>,
    /// Why it fails all the same.
    pub(crate) failed: Option<String>,
}

/// One run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) result: Result<Value, Error>,
    pub(crate) took: Duration,
    pub(crate) before: Snapshot,
    pub(crate) after: Snapshot,
    /// The same with marks for what is another each time.
    pub(crate) marked: Snapshot,
}

/// All that came of a case.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) undisturbed: Arc<Undisturbed>,
    /// The disturbed one, and the repeats that it invites, in one process.
    pub(crate) runs: Vec<Ran>,
    /// Those of somebody else beside the first.
    pub(crate) seconds: Vec<(Result<Value, Error>, Duration)>,
    /// Those after a person has looked, if the last one failed.
    pub(crate) by_hand: Vec<Ran>,
    /// The requests until then.
    pub(crate) requests: [Vec<LoggedRequest>; 2],
    /// Whether there was an administrator at the start, and after each step.
    pub(crate) administrators: Vec<[bool; 2]>,
    pub(crate) audit: Vec<String>,
    /// What was generated for somebody.
    pub(crate) staged: Vec<String>,
    /// The accounts of the other administrator.
    pub(crate) other: BTreeSet<String>,
    /// What came of restoring the account from the first record, if that was tried.
    pub(crate) restored: Option<(Value, Result<Value, Error>, Snapshot)>,
}

impl Story {
    /// The requests, and what came of each run, for people.
    pub(crate) fn to_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (requests, surface) in self.requests.iter().zip(["console", "platform"]) {
            for (place, request) in requests.iter().enumerate() {
                let status = request
                    .status
                    .map_or("nothing".into(), |status| status.to_string());
                let (number, line) = (place + 1, suites::line(request));
                lines.push(format!("{surface}#{number} {line}: {status}"));
            }
        }
        let result = |result: &Result<Value, Error>| match result {
            Ok(outcome) => format!("done: {outcome}"),
            Err(error) => format!("{}: {error}", error.kind.name()),
        };
        let runs = self.runs.iter().enumerate();
        lines
            .extend(runs.map(|(place, ran)| format!("run {}: {}", place + 1, result(&ran.result))));
        let others = self.seconds.iter();
        lines.extend(others.map(|(other, _)| format!("somebody else: {}", result(other))));
        let by_hand = self.by_hand.iter();
        lines.extend(by_hand.map(|ran| format!("by hand: {}", result(&ran.result))));
        lines
    }
}

/// What comes of a setting if nothing happens: tried once in this process.
pub(crate) async fn undisturbed(stage: &Stage, setting: Setting) -> Arc<Undisturbed> {
    type Known = HashMap<Setting, Arc<Undisturbed>>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let known = || {
        let known = KNOWN.get_or_init(Mutex::default).lock();
        known.unwrap_or_else(PoisonError::into_inner)
    };
    if let Some(found) = known().get(&setting).cloned() {
        return found;
    }
    let scene = set(stage, setting, false).await;
    let before = scene.marked(scene.snapshot());
    let process = scene.process(Duration::from_secs(10), Duration::from_secs(60));
    let result = process
        .run(setting.operation, "undisturbed".into(), scene.input.clone())
        .await;
    let failed = result.err().map(|error| error.to_string());
    let end = scene.marked(scene.snapshot());
    let accounts = match setting.start {
        // Those that it was about the first time.
        Start::Done => {
            let usual = Setting {
                start: Start::Usual,
                ..setting
            };
            Box::pin(undisturbed(stage, usual)).await.accounts.clone()
        }
        _ => end.differing(&before),
    };
    let writes = scene.requests().map(|requests| {
        let requests = requests.iter();
        requests.map(LoggedRequest::is_write).collect()
    });
    let found = Arc::new(Undisturbed {
        writes,
        before,
        end,
        accounts,
        failed,
    });
    known().entry(setting).or_insert(found).clone()
}

/// Sets the stage, and does what is done already at the start.
async fn set(stage: &Stage, setting: Setting, journal: bool) -> Scene<'_> {
    let scene = stage.set(setting, journal);
    if setting.start == Start::Done {
        let process = scene.process(Duration::from_secs(10), Duration::from_secs(60));
        // If this fails, so does the undisturbed run, which tells it.
        let _ = process
            .run(setting.operation, "earlier".into(), scene.input.clone())
            .await;
        scene.forget_requests();
    }
    scene
}

/// Runs a case to its end.
pub(crate) async fn told(stage: &Stage, case: &Case) -> Story {
    let undisturbed = undisturbed(stage, case.setting).await;
    let scene = set(stage, case.setting, case.journal).await;
    let audit_before = scene.props.audit().len();
    let mut administrators = vec![scene.administrators()];
    let other = scene.other();
    let gates = disturb(&scene, case);
    let silent = case.has(|what| what.is(Answer::Hang));
    let holds = case.has(|what| matches!(what, What::Second(_)));
    let endless = case.has(|what| what.is(Answer::Endless));
    let request_timeout = match (silent, holds) {
        // Time enough to take too much.
        _ if endless => Duration::from_secs(6),
        (true, _) if case.seconds <= FEW_SECONDS => Duration::from_secs(15),
        (true, false) => Duration::from_millis(300),
        _ => Duration::from_secs(2),
    };
    let process = scene.process(request_timeout, case.limit());
    let ended = Arc::new(AtomicBool::new(false));
    let mut others = Vec::new();
    for (gate, second, platform) in gates {
        // Somebody else's process, with the same secrets.
        let process = scene.process(request_timeout, case.limit());
        let (operation, input) = scene.second(second, platform);
        let ended = Arc::clone(&ended);
        let meanwhile = meanwhile(process, operation, input, gate, ended);
        others.push(tokio::spawn(meanwhile));
    }
    let mut runs = vec![ran(&scene, &process, "run 1", &[]).await];
    ended.store(true, Ordering::SeqCst);
    let mut seconds = Vec::new();
    for other in others {
        seconds.extend(other.await.expect("no panic"));
    }
    // What somebody else did after the first had ended belongs to it, too.
    if let Some(first) = runs.first_mut()
        && !seconds.is_empty()
    {
        first.after = scene.snapshot();
        first.marked = scene.marked(first.after.clone());
    }
    administrators.push(scene.administrators());
    scene.clear_faults();
    for repeat in 0..REPEATS {
        let last = runs.last().and_then(|ran| ran.result.as_ref().err());
        if !last.is_some_and(|error| error.kind.is_retryable()) {
            break;
        }
        let name = format!("run {}", repeat + 2);
        let repeated = ran(&scene, &process, &name, &runs).await;
        runs.push(repeated);
        administrators.push(scene.administrators());
    }
    let last = runs.last().and_then(|ran| ran.result.as_ref().err());
    let mut by_hand = Vec::new();
    let mut requests = scene.requests();
    if let Some(kind) = last.map(|error| error.kind) {
        let refused = |request: &LoggedRequest| request.status == Some(401);
        if kind == ErrorKind::Unauthorized && requests.iter().flatten().any(refused) {
            // Whoever runs it again all the same: nothing is sent.
            let _ = process
                .run(
                    case.setting.operation,
                    "once more".into(),
                    scene.input.clone(),
                )
                .await;
            requests = scene.requests();
        }
        scene.put_right("by hand");
        let process = scene.process(Duration::from_secs(5), Duration::from_secs(SECONDS));
        by_hand.push(ran(&scene, &process, "by hand", &[]).await);
        administrators.push(scene.administrators());
    }
    let restored = restore(&scene, case, audit_before).await;
    Story {
        undisturbed,
        runs,
        seconds,
        by_hand,
        requests,
        administrators,
        audit: scene.props.audit().split_off(audit_before),
        staged: scene.props.staged(),
        other,
        restored,
    }
}

/// Of some cases: the account is restored from the first record that has it.
async fn restore(
    scene: &Scene<'_>,
    case: &Case,
    earlier: usize,
) -> Option<(Value, Result<Value, Error>, Snapshot)> {
    let sum: u32 = case.events.iter().map(|event| event.at).sum();
    let deletes = case.setting.operation.starts_with("delete-");
    if !sum.is_multiple_of(5) || deletes || case.has(|what| matches!(what, What::Second(_))) {
        return None;
    }
    let audit = scene.props.audit().split_off(earlier);
    let records = audit
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut before = records.filter(|record| {
        record["audit"] == "before" && record["record"]["state"]["user"].is_object()
    });
    let record = before.next()?;
    let on_console = record["record"]["state"]["user"]["login"].is_string();
    let operation = match on_console {
        true => "restore-user",
        false => "restore-platform-user",
    };
    scene.put_right("restore");
    let process = scene.process(Duration::from_secs(5), Duration::from_secs(SECONDS));
    let input = serde_json::json!({"record": record});
    let result = process.run(operation, "restore".into(), input).await;
    Some((record, result, scene.snapshot()))
}

/// Runs the operation once more, after these.
async fn ran(scene: &Scene<'_>, process: &Process, name: &str, earlier: &[Ran]) -> Ran {
    let before = earlier.last().map(|ran| ran.after.clone());
    let before = before.unwrap_or_else(|| scene.snapshot());
    let started = Instant::now();
    let result = process
        .run(scene.setting.operation, name.into(), scene.input.clone())
        .await;
    let took = started.elapsed();
    let after = scene.snapshot();
    Ran {
        result,
        took,
        before,
        marked: scene.marked(after.clone()),
        after,
    }
}

/// Runs something once a request is held, and lets that go on when it is done or is waiting itself.
async fn meanwhile(
    process: Process,
    operation: &'static str,
    input: Value,
    gate: Gate,
    ended: Arc<AtomicBool>,
) -> Option<(Result<Value, Error>, Duration)> {
    while gate.reached() == 0 {
        if ended.load(Ordering::SeqCst) {
            gate.open();
            return None;
        }
        sleep(Duration::from_millis(1)).await;
    }
    let started = Instant::now();
    let run = process.run(operation, "somebody else".into(), input);
    let mut run = std::pin::pin!(run);
    let result = match tokio::time::timeout(HELD, run.as_mut()).await {
        Ok(result) => {
            gate.open();
            result
        }
        Err(_) => {
            gate.open();
            run.await
        }
    };
    Some((result, started.elapsed()))
}

/// Queues the events: the last first, so that each counts every request and an earlier one that lasts ends
/// where a later one begins.
fn disturb(scene: &Scene<'_>, case: &Case) -> Vec<(Gate, Second, bool)> {
    let mut events: Vec<(usize, Event)> = case.events.iter().copied().enumerate().collect();
    events.sort_by_key(|(place, event)| (std::cmp::Reverse(event.at), *place));
    let mut gates = Vec::new();
    for (place, event) in events {
        let gate = Gate::default();
        if let What::Second(second) = event.what {
            gates.push((gate.clone(), second, event.platform));
        }
        let password = scene.new_password(&format!("changed-{place}"));
        let times = if event.lasting { u32::MAX } else { 1 };
        let skip = event.at - 1;
        if event.platform {
            let change = move |state: &mut PlatformState| set_key(state, &password);
            let fault = Fault::new(event.kind(change, &gate));
            scene.platform.push_fault(fault.skip(skip).times(times));
        } else {
            let change = move |state: &mut State| set_password(state, &password);
            let fault = Fault::new(event.kind(change, &gate));
            scene.console.push_fault(fault.skip(skip).times(times));
        }
    }
    gates
}
