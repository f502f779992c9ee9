//! Cases: at random from a seed, or every pair of events.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::case::{Case, FEW_SECONDS, SECONDS, Setting, Start};
use crate::event::{Answer, Event, STATUSES, Second, What};
use crate::operations::{IN_PAIRS, setting_of_pairs};

/// The requests that arrive at each surface if nothing happens: of each, whether it is a write.
pub(crate) type Arrivals = [Vec<bool>; 2];

/// A setting, and the requests in it.
pub(crate) type Counted = (Setting, Arrivals);

/// Beyond the last request of an undisturbed run come those that look and give back.
const BEYOND: usize = 6;

/// So many cases of these settings. The same seed gives the same ones.
pub(crate) fn at_random(counted: &[Counted], cases: usize, seed: u64) -> Vec<Case> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let cases_of = any_case(counted.to_vec());
    let made = (0..cases).map(|_| cases_of.new_tree(&mut runner).map(|tree| tree.current()));
    made.collect::<Result<_, _>>().expect("nothing is filtered")
}

/// Among which requests an event has its place.
#[derive(Debug, Clone, Copy)]
enum Whence {
    /// All.
    Anywhere,
    /// Those that write.
    Write,
    /// So many after the event before it.
    After(u32),
}

/// Where an event is, before it is known how many requests there are.
#[derive(Debug, Clone)]
struct Placed {
    place: prop::sample::Index,
    whence: Whence,
    platform: bool,
    lasting: bool,
    what: What,
}

impl Placed {
    /// Its request, counted from one.
    fn at(&self, requests: &[bool], last: u32) -> u32 {
        let number = |place: usize| u32::try_from(place + 1).unwrap_or(u32::MAX);
        let writes = requests.iter().enumerate().filter(|(_, writes)| **writes);
        let writes: Vec<usize> = writes.map(|(place, _)| place).collect();
        match self.whence {
            Whence::After(near) if last > 0 => last + near,
            Whence::Write if !writes.is_empty() => number(writes[self.place.index(writes.len())]),
            _ => number(self.place.index(requests.len() + BEYOND)),
        }
    }
}

fn any_case(counted: Vec<Counted>) -> impl Strategy<Value = Case> {
    let hurries = prop::bool::weighted(0.03);
    let journal = prop::bool::weighted(0.7);
    let which = prop::sample::select(counted);
    (which, hurries, journal, vec(placed(), 1..=3)).prop_map(
        |((setting, requests), hurries, journal, placed)| {
            let mut case = Case {
                setting,
                seconds: if hurries { FEW_SECONDS } else { SECONDS },
                journal,
                events: Vec::new(),
            };
            let mut last = 0;
            for placed in placed {
                let platform = match &requests {
                    [console, _] if console.is_empty() => true,
                    [_, platform] if platform.is_empty() => false,
                    _ => placed.platform,
                };
                let at = placed.at(&requests[usize::from(platform)], last);
                last = at;
                let what = match placed.what {
                    // Without a journal, two runs on one account are not kept apart.
                    What::Second(_) if !journal => What::Password,
                    // The other administrator matters where there are two.
                    What::Second(_) if setting.start != Start::Administrator => {
                        What::Second(Second::Same)
                    }
                    what => what,
                };
                case.events.push(Event {
                    platform,
                    at,
                    lasting: placed.lasting && matches!(what, What::Answer { .. }),
                    what,
                });
            }
            case
        },
    )
}

fn placed() -> impl Strategy<Value = Placed> {
    let whence = prop_oneof![
        2 => Just(Whence::Anywhere),
        3 => Just(Whence::Write),
        5 => (0_u32..4).prop_map(Whence::After),
    ];
    let lasting = prop::bool::weighted(0.25);
    (
        any::<prop::sample::Index>(),
        whence,
        any::<bool>(),
        lasting,
        what(),
    )
        .prop_map(|(place, whence, platform, lasting, what)| Placed {
            place,
            whence,
            platform,
            lasting,
            what,
        })
}

fn what() -> impl Strategy<Value = What> {
    let answer = prop_oneof![
        220 => prop::sample::select(&STATUSES[..]).prop_map(Answer::Status),
        25 => Just(Answer::Echo),
        20 => Just(Answer::Html),
        20 => Just(Answer::Cut),
        40 => Just(Answer::Reset),
        12 => Just(Answer::Hang),
        2 => Just(Answer::Endless),
    ];
    let answers = (answer, any::<bool>());
    let answers = answers.prop_map(|(answer, carried_out)| What::Answer {
        answer,
        carried_out: carried_out && answer != Answer::Echo,
    });
    let seconds = vec![Second::Same, Second::DisableOther, Second::DeleteOther];
    let seconds = prop::sample::select(seconds).prop_map(What::Second);
    prop_oneof![
        36 => answers,
        3 => Just(What::Password),
        4 => seconds,
    ]
}

/// What is tried in pairs.
const PAIRED: [(Answer, bool, bool); 7] = [
    (Answer::Status(503), false, false),
    (Answer::Status(503), true, false),
    (Answer::Status(404), true, false),
    (Answer::Status(403), false, true),
    (Answer::Status(429), false, true),
    (Answer::Status(400), true, false),
    (Answer::Reset, true, false),
];

/// Every pair of these events at every two requests, of the operations that take most.
pub(crate) fn in_pairs(arrivals: impl Fn(Setting) -> Arrivals, only: Option<&str>) -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in IN_PAIRS {
        if only.is_some_and(|only| only != operation) {
            continue;
        }
        let setting = setting_of_pairs(operation);
        let [console, platform] = arrivals(setting).map(|requests| requests.len());
        let mut events = Vec::new();
        for (on_platform, requests) in [(false, console), (true, platform)] {
            // An error's look and rescue come after the last of them.
            let requests = if requests == 0 { 0 } else { requests + 2 };
            for at in (1..=requests).filter_map(|at| u32::try_from(at).ok()) {
                let event = |what, lasting| Event {
                    platform: on_platform,
                    at,
                    lasting,
                    what,
                };
                for (answer, carried_out, lasting) in PAIRED {
                    let what = What::Answer {
                        answer,
                        carried_out,
                    };
                    events.push(event(what, lasting));
                }
                events.push(event(What::Password, false));
            }
        }
        for (place, first) in events.iter().enumerate() {
            for second in &events[place..] {
                cases.push(Case {
                    setting,
                    seconds: SECONDS,
                    journal: true,
                    events: vec![*first, *second],
                });
            }
        }
    }
    cases
}
