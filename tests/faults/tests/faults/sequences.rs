//! So many cases as fit into a minute. `cargo xtask faults` runs others, more, and every pair.

use std::fmt::Write as _;

use faults::{Which, search};

#[test]
fn whatever_happens_what_must_hold_holds() {
    let which = Which::AtRandom {
        cases: 2000,
        seed: 20,
    };
    let report = search(&which, None);
    let mut told = String::new();
    for violation in &report.violations {
        let (wrong, case) = (violation.wrong.join("\n"), &violation.shortest);
        let _ = writeln!(told, "{wrong}\n  cargo xtask faults --replay '{case}'");
    }
    assert!(told.is_empty(), "{told}and {} more", report.more);
    assert_eq!(report.cases, 2000);
}
