//! So many cases as fit into a minute. `cargo xtask faults` runs others, more, and every pair.

use std::fmt::Write as _;

use faults::{Report, Which, search};

fn assert_holds(report: &Report) {
    let mut told = String::new();
    for violation in &report.violations {
        let (wrong, case) = (violation.wrong.join("\n"), &violation.shortest);
        let _ = writeln!(told, "{wrong}\n  cargo xtask faults --replay '{case}'");
    }
    assert!(told.is_empty(), "{told}and {} more", report.more);
}

/// What a night of cases found once: a 404 that what stands between answers to a look is no proof, neither that an
/// account is gone nor that a write was refused.
#[test]
fn what_was_found_once_holds() {
    for case in [
        "disable-user guide administrator 8s none console#5=409-after console#5=404",
        "set-password vendor usual 8s none console#9=403-after console#9=404",
        "delete-user vendor usual 8s none console#6=503 console#6=404",
    ] {
        let case = Box::new(case.parse().expect(case));
        assert_holds(&search(&Which::One(case), None));
    }
}

#[test]
fn whatever_happens_what_must_hold_holds() {
    let which = Which::AtRandom {
        cases: 2000,
        seed: 20,
    };
    let report = search(&which, None);
    assert_holds(&report);
    assert_eq!(report.cases, 2000);
}
