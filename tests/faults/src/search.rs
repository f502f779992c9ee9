//! Runs cases, some at once, and gathers what does not hold.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::case::{Case, Setting};
use crate::generate::{Arrivals, at_random, in_pairs};
use crate::operations::settings;
use crate::properties::violated;
use crate::stage::Stage;
use crate::story::{told, undisturbed};
use crate::{logs, memory, shrink};

/// So many cases are run at once: much of the time of one is spent waiting.
const AT_ONCE: usize = 6;

/// So many violations are made short; of others only the number is told.
const SHORTENED: usize = 12;

/// So many other cases are tried to make one short.
const TRIES: usize = 80;

/// Which cases are run.
#[derive(Debug, Clone)]
pub enum Which {
    /// So many, at random.
    AtRandom {
        /// How many.
        cases: usize,
        /// What makes them the same again.
        seed: u64,
    },
    /// Every pair of some events at every two requests.
    Pairs,
    /// This one.
    One(Box<Case>),
}

/// A case in which something does not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Its place among all.
    pub place: usize,
    /// The shortest one like it.
    pub shortest: Case,
    /// What does not hold in it.
    pub wrong: Vec<String>,
}

/// What came of all.
#[derive(Debug, Default)]
pub struct Report {
    /// How many cases were run.
    pub cases: usize,
    /// The violations that were made short.
    pub violations: Vec<Violation>,
    /// Of a single case, what happened in it.
    pub told: Vec<String>,
    /// How many more cases are like them.
    pub more: usize,
    /// How long it took.
    pub took: Duration,
    /// The most memory of this process, in KiB.
    pub peak_kib: u64,
}

/// A console, a platform, and a thread to run cases on.
struct Worker {
    runtime: Runtime,
    stage: Stage,
}

impl Worker {
    fn new() -> Self {
        logs::watch();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            runtime: runtime.expect("a runtime"),
            stage: Stage::new(),
        }
    }

    /// Which requests arrive if nothing happens.
    fn arrivals(&self, setting: Setting) -> Arrivals {
        let found = self.runtime.block_on(undisturbed(&self.stage, setting));
        found.writes.clone()
    }

    /// What does not hold in a case.
    fn violated(&self, case: &Case) -> Vec<String> {
        self.run(case).0
    }

    /// The same, and what happened in it.
    fn run(&self, case: &Case) -> (Vec<String>, Vec<String>) {
        let run = || {
            let story = self.runtime.block_on(told(&self.stage, case));
            (violated(case, &story), story.to_lines())
        };
        let panicked = || vec!["(0) something panicked: see above".to_owned()];
        let (mut wrong, lines) =
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| (panicked(), Vec::new()));
        let leaked = logs::take().into_iter();
        wrong.extend(leaked.map(|line| format!("(10) a secret was logged: {line}")));
        wrong.extend(memory::too_much());
        (wrong, lines)
    }
}

/// What is alike for people: the operation, and which properties do not hold.
fn kind(case: &Case, wrong: &[String]) -> (&'static str, BTreeSet<String>) {
    let numbers = wrong.iter().filter_map(|line| line.split(' ').next());
    (case.setting.operation, numbers.map(str::to_owned).collect())
}

/// Works on each of a list, on this thread and some more.
fn each<T: Sync>(first: &Worker, list: &[T], work: impl Fn(&Worker, usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    let on = |worker: &Worker| {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = list.get(place) else {
                break;
            };
            work(worker, place, one);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..AT_ONCE.min(list.len()) {
            scope.spawn(|| on(&Worker::new()));
        }
        on(first);
    });
}

/// Runs one case, as it is.
fn replay(worker: &Worker, case: &Case) -> Report {
    let started = Instant::now();
    let (wrong, told) = worker.run(case);
    let violation = (!wrong.is_empty()).then(|| Violation {
        place: 0,
        shortest: case.clone(),
        wrong,
    });
    Report {
        cases: 1,
        violations: violation.into_iter().collect(),
        told,
        more: 0,
        took: started.elapsed(),
        peak_kib: memory::peak_kib(),
    }
}

/// Runs cases of every operation that writes, or of one.
#[must_use]
pub fn search(which: &Which, only: Option<&str>) -> Report {
    let started = Instant::now();
    let first = Worker::new();
    let cases = match which {
        Which::One(case) => return replay(&first, case),
        Which::Pairs => in_pairs(|setting| first.arrivals(setting), only),
        Which::AtRandom { cases, seed } => {
            let settings = settings(only);
            each(&first, &settings, |worker, _, one| {
                worker.arrivals(*one);
            });
            let counted = settings.into_iter();
            let counted: Vec<_> = counted.map(|one| (one, first.arrivals(one))).collect();
            at_random(&counted, *cases, *seed)
        }
    };
    let found = Mutex::new(Vec::new());
    let more = AtomicUsize::new(0);
    each(&first, &cases, |worker, place, case| {
        let wrong = worker.violated(case);
        if wrong.is_empty() {
            return;
        }
        let alike = kind(case, &wrong);
        {
            let mut found = found.lock().expect("no panic");
            let is_known = found.iter().any(|(known, _): &(_, _)| *known == alike);
            if is_known || found.len() == SHORTENED {
                more.fetch_add(1, Ordering::Relaxed);
                return;
            }
            found.push((alike.clone(), None));
        }
        let (shortest, wrong) = shrink::shrink(case, wrong, TRIES, |case| worker.violated(case));
        let violation = Violation {
            place,
            shortest,
            wrong,
        };
        let mut found = found.lock().expect("no panic");
        if let Some((_, empty)) = found.iter_mut().find(|(known, _)| *known == alike) {
            *empty = Some(violation);
        }
    });
    let found = found.into_inner().expect("no panic");
    let mut violations: Vec<Violation> = found.into_iter().filter_map(|(_, one)| one).collect();
    violations.sort_by_key(|violation| violation.place);
    Report {
        cases: cases.len(),
        violations,
        told: Vec::new(),
        more: more.into_inner(),
        took: started.elapsed(),
        peak_kib: memory::peak_kib(),
    }
}
