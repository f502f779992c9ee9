//! `cargo xtask bench`: our function beside a bare one, our plugin beside one on the vendor's runtime,
//! and long lists, in one run.

mod plugin;
mod scale;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use fake_console::{FakeConsole, LoggedRequest, State};
use harness::{Function, Invocation, SecretsManager, target_dir};
use serde_json::json;

use crate::package::lambda::{self, Built};
use crate::ui::Progress;
use crate::{Failure, cargo};

const OURS: &str = "disable-user";
const BARE: &str = "hello-world";
const SECRET: &str = "rapid7/console";

/// Warm invocations after each start.
const WARM: usize = 10;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Starts of each function.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=1000))]
    starts: u32,
    /// How long the console takes for each request.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    latency: u64,
    /// Only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// The Cargo profile that the functions are built with.
    #[arg(long, value_name = "NAME", default_value = lambda::PROFILE)]
    profile: String,
    /// Measure what is built already; the measuring program must be an optimised one too.
    #[arg(long, hide = true)]
    built: bool,
}

/// What can be measured on its own.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    /// A function beside a bare one.
    Function,
    /// The plugin beside one on the vendor's runtime.
    Plugin,
    /// Long lists.
    Lists,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Plugin => "plugin",
            Self::Lists => "lists",
        }
    }
}

impl Args {
    fn measures(&self, parts: &[Part]) -> bool {
        self.only.is_none_or(|only| parts.contains(&only))
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if args.built {
        measure(args, &Built::here(&args.profile)?);
        return Ok(());
    }
    let mut progress = Progress::new(2);
    progress.step("Build: the functions as they are deployed, and the programs that measure them");
    let functions = [
        (&[Part::Function][..], BARE),
        (&[Part::Function], OURS),
        (&[Part::Lists], scale::LIST),
        (&[Part::Lists], scale::OFFBOARD),
    ];
    let functions = wanted(args, &functions);
    if !functions.is_empty() {
        lambda::build_here(&args.profile, &["functions", BARE], &functions)?;
    }
    // In one go: what all of them use is compiled once.
    let programs = [
        (&[Part::Lists][..], ["-p", "cli", "--bin", scale::CLI]),
        (
            &[Part::Plugin],
            ["-p", "insightconnect", "--bin", plugin::PROGRAM],
        ),
        (
            &[Part::Function, Part::Plugin, Part::Lists],
            ["-p", "xtask", "--bin", "xtask"],
        ),
    ];
    let mut build = cargo::command("build");
    build.args(["--release", "--locked"]);
    build.args(wanted(args, &programs).as_flattened());
    cargo::run(&mut build, "the build failed")?;
    progress.step("Measure");
    let mut optimised = Command::new(release("xtask"));
    optimised.env("USER_ACTIONS_TEST_PROFILE_DIR", "release");
    optimised.args(["bench", "--built"]);
    optimised.args(["--starts", &args.starts.to_string()]);
    optimised.args(["--latency", &args.latency.to_string()]);
    optimised.args(["--profile", &args.profile]);
    if let Some(only) = args.only {
        optimised.args(["--only", only.name()]);
    }
    cargo::run(&mut optimised, "the bench failed")?;
    progress.finish("Measured");
    Ok(())
}

/// What is wanted for the parts that are measured.
fn wanted<T: Copy>(args: &Args, all: &[(&[Part], T)]) -> Vec<T> {
    let wanted = all.iter().filter(|(parts, _)| args.measures(parts));
    wanted.map(|&(_, what)| what).collect()
}

fn release(name: &str) -> PathBuf {
    target_dir().join("release").join(name)
}

/// What was measured of a function, one entry a start.
#[derive(Default)]
struct Samples {
    start: Vec<Duration>,
    first: Vec<Duration>,
    /// Of the first invocation, what the console did not take.
    first_own: Vec<Duration>,
    warm: Vec<Duration>,
    warm_own: Vec<Duration>,
    peak_kib: Vec<u64>,
    requests: usize,
}

fn measure(args: &Args, built: &Built) {
    if args.measures(&[Part::Function]) {
        measure_function(args, built);
    }
    if args.measures(&[Part::Plugin]) {
        plugin::measure(args.starts);
    }
    if args.measures(&[Part::Lists]) {
        scale::measure(built);
    }
}

fn measure_function(args: &Args, built: &Built) {
    let mut state = State::realistic();
    state.latency = Duration::from_millis(args.latency);
    let console = FakeConsole::start(state);
    let secrets = SecretsManager::start();
    let pin = console.certificate_sha256();
    secrets.put(
        SECRET,
        json!({"username": "svc-soar", "password": "correct horse battery staple"}),
    );
    let mut environment = secrets.env();
    environment.push(("RAPID7_CONSOLE_SECRET", SECRET));
    environment.push(("RAPID7_CONSOLE_URL", console.url()));
    environment.push(("RAPID7_CONSOLE_CERTIFICATE_SHA256", &pin));
    environment.push(("RAPID7_LOG", "warn"));

    let (mut bare, mut ours) = (Samples::default(), Samples::default());
    // In turns, so that whatever else this machine does hits both alike.
    for _ in 0..args.starts {
        start_bare(&mut bare, built);
        start_ours(&mut ours, built, &console, &environment);
    }
    report(args, built, &bare, &ours);
}

fn start_bare(samples: &mut Samples, built: &Built) {
    let function = Function::start(&built.program(BARE), &[]);
    samples.start.push(function.wait_for_first_next(PATIENCE));
    let event = json!({"name": "bench"});
    let (first, _) = timed(&function.invoke(&event));
    samples.first.push(first);
    for _ in 0..WARM {
        samples.warm.push(timed(&function.invoke(&event)).0);
    }
    samples.peak_kib.extend(function.peak_memory_kib());
}

const PATIENCE: Duration = Duration::from_secs(20);

fn start_ours(
    samples: &mut Samples,
    built: &Built,
    console: &FakeConsole,
    environment: &[(&str, &str)],
) {
    let before = console.state().user_mut("jdoe").clone();
    let function = Function::start(&built.program(OURS), environment);
    samples.start.push(function.wait_for_first_next(PATIENCE));
    let event = json!({"user_id": 4});
    console.clear_requests();
    let invocation = function.invoke(&event);
    changed(&invocation, true);
    let (first, own) = own_time(&invocation, &console.requests());
    samples.first.push(first);
    samples.first_own.push(own);
    samples.requests = console.requests().len();
    for _ in 0..WARM {
        console.clear_requests();
        let invocation = function.invoke(&event);
        changed(&invocation, false);
        let (warm, own) = own_time(&invocation, &console.requests());
        samples.warm.push(warm);
        samples.warm_own.push(own);
    }
    samples.peak_kib.extend(function.peak_memory_kib());
    *console.state().user_mut("jdoe") = before;
}

/// A number of a run that did not do its work would be worth nothing.
fn changed(invocation: &Invocation, expected: bool) {
    match &invocation.result {
        Ok(outcome) if outcome["changed"] == expected => {}
        other => panic!("expected changed: {expected}, got {other:?}"),
    }
}

fn timed(invocation: &Invocation) -> (Duration, (Instant, Instant)) {
    let times = invocation.handed_out.zip(invocation.answered);
    let (from, to) = times.expect("the function answered");
    (to - from, (from, to))
}

/// An invocation's time, and what of it no request was with the console.
fn own_time(invocation: &Invocation, requests: &[LoggedRequest]) -> (Duration, Duration) {
    let (whole, _) = timed(invocation);
    let mut spans: Vec<(Instant, Instant)> = requests
        .iter()
        .filter_map(|request| Some((request.received, request.answered?)))
        .collect();
    spans.sort();
    let mut busy = Duration::ZERO;
    let mut end: Option<Instant> = None;
    for (from, to) in spans {
        let from = end.map_or(from, |end| from.max(end));
        busy += to.saturating_duration_since(from);
        end = Some(end.map_or(to, |end| end.max(to)));
    }
    (whole, whole.saturating_sub(busy))
}

fn median<T: Copy + Ord>(samples: &[T]) -> T {
    let mut sorted = samples.to_vec();
    sorted.sort();
    sorted[sorted.len() / 2]
}

fn milliseconds(samples: &[Duration]) -> f64 {
    median(samples).as_secs_f64() * 1000.0
}

fn report(args: &Args, built: &Built, bare: &Samples, ours: &Samples) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "median of all starts",
        BARE,
        OURS,
        "ratio",
        "to reach",
        "",
    ]);
    let mut row =
        |what: &str, bare: Option<f64>, ours: f64, ratio: bool, limit: f64, unit: &str| {
            let against = match bare {
                Some(bare) if ratio => ours / bare,
                _ => ours,
            };
            let shown_ratio = bare.map_or("–".into(), |bare| format!("{:.2} ×", ours / bare));
            table.add_row([
                what.to_owned(),
                bare.map_or("–".into(), |bare| format!("{bare:.2} {unit}")),
                format!("{ours:.2} {unit}"),
                shown_ratio,
                format!("≤ {limit} {}", if ratio { "×" } else { unit }),
                if against <= limit {
                    "reached"
                } else {
                    "missed"
                }
                .into(),
            ]);
        };
    let size = |name| {
        let size = fs::metadata(built.program(name)).expect("built").len();
        size as f64 / 1e6
    };
    let mib = |samples: &Samples| median(&samples.peak_kib) as f64 / 1024.0;
    let start = (milliseconds(&bare.start), milliseconds(&ours.start));
    row(
        "process start → first next",
        Some(start.0),
        start.1,
        true,
        2.5,
        "ms",
    );
    row(
        "first invocation, above the console's time",
        Some(milliseconds(&bare.first)),
        milliseconds(&ours.first_own),
        false,
        3.0,
        "ms",
    );
    row(
        "warm invocation, above the console's time",
        Some(milliseconds(&bare.warm)),
        milliseconds(&ours.warm_own),
        false,
        0.5,
        "ms",
    );
    row(
        "peak memory",
        Some(mib(bare)),
        mib(ours),
        false,
        10.0,
        "MiB",
    );
    row("binary", Some(size(BARE)), size(OURS), false, 6.5, "MB");
    println!("{table}");
    println!(
        "{} starts of each; the console takes {} ms a request. The first invocation disables an \
         account with individual grants\n({} requests, {:.2} ms in all); warm ones find it \
         disabled (1 request, {:.2} ms in all). Init reads the secret from a stand-in\nfor \
         Secrets Manager and opens the console's connection (TLS, pinned certificate).",
        args.starts,
        args.latency,
        ours.requests,
        milliseconds(&ours.first),
        milliseconds(&ours.warm),
    );
}
