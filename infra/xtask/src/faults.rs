//! `cargo xtask faults`: sequences of faults, and what must hold whatever happens.

use faults::{Case, Report, Which, search, writing};

use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many cases to make at random.
    #[arg(long, default_value_t = 2000)]
    cases: usize,
    /// What they are made from: the same seed gives the same cases.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only cases of this operation.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// Run every pair of some events at every two requests, of seven operations, instead.
    #[arg(long, conflicts_with_all = ["cases", "seed"])]
    pairs: bool,
    /// Run one case again, from the line that tells it.
    #[arg(long, value_name = "LINE", conflicts_with_all = ["cases", "seed", "operation", "pairs"])]
    replay: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let only = args.operation.as_deref();
    if let Some(name) = only
        && !writing().any(|entry| entry.operation.spec.name == name)
    {
        return Err(format!("there is no operation {name:?} that writes").into());
    }
    let which = match &args.replay {
        Some(line) => Which::One(Box::new(line.parse::<Case>()?)),
        None if args.pairs => Which::Pairs,
        None => Which::AtRandom {
            cases: args.cases,
            seed: args.seed,
        },
    };
    let report = search(&which, only);
    print!("{}", shown(&report));
    match report.violations.is_empty() {
        true => Ok(()),
        false => Err("not everything holds".to_owned().into()),
    }
}

fn shown(report: &Report) -> String {
    let mut text = String::new();
    for line in &report.told {
        text += &format!("{line}\n");
    }
    for violation in &report.violations {
        for wrong in &violation.wrong {
            text += &format!("{wrong}\n");
        }
        let (case, place) = (&violation.shortest, violation.place + 1);
        text += &format!("  found in case {place}: cargo xtask faults --replay '{case}'\n\n");
    }
    let memory = report.peak_kib / 1024;
    let (violations, more) = (report.violations.len(), report.more);
    text += &format!(
        "{} cases, {violations} violations and {more} more like them, {:.1} s, {memory} MiB at most\n",
        report.cases,
        report.took.as_secs_f64(),
    );
    text
}
