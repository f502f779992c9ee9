//! The shortest case that still shows what a long one showed.

use crate::case::{Case, SECONDS, Start};
use crate::event::{Answer, What};
use crate::operations::starts;

/// Cases that say less, the least first.
fn simpler(case: &Case) -> Vec<Case> {
    let mut simpler = Vec::new();
    for place in 0..case.events.len() {
        let mut fewer = case.clone();
        fewer.events.remove(place);
        simpler.push(fewer);
    }
    for start in [Start::Usual, Start::Few] {
        let has = || starts(case.setting.operation).contains(&start);
        if case.setting.start > start && case.setting.start != Start::Done && has() {
            let mut other = case.clone();
            other.setting.start = start;
            simpler.push(other);
        }
    }
    if case.journal {
        let mut without = case.clone();
        without.journal = false;
        simpler.push(without);
    }
    if case.seconds != SECONDS {
        let mut longer = case.clone();
        longer.seconds = SECONDS;
        simpler.push(longer);
    }
    for place in 0..case.events.len() {
        let mut change = |edit: &dyn Fn(&mut crate::event::Event)| {
            let mut other = case.clone();
            edit(&mut other.events[place]);
            if other != *case {
                simpler.push(other);
            }
        };
        change(&|event| event.lasting = false);
        change(&|event| {
            if let What::Answer { carried_out, .. } = &mut event.what {
                *carried_out = false;
            }
        });
        change(&|event| {
            if let What::Answer { answer, .. } = &mut event.what
                && !matches!(answer, Answer::Status(_) | Answer::Reset)
            {
                *answer = Answer::Reset;
            }
        });
        change(&|event| {
            if let What::Answer { answer, .. } = &mut event.what
                && *answer != Answer::Status(403)
            {
                *answer = Answer::Status(503);
            }
        });
        change(&|event| event.at = event.at.div_ceil(2));
        change(&|event| event.at = (event.at - 1).max(1));
    }
    simpler
}

/// The simplest case found for which something is `wrong`, in so many tries, and what that is.
pub(crate) fn shrink(
    case: &Case,
    found: Vec<String>,
    tries: usize,
    mut wrong: impl FnMut(&Case) -> Vec<String>,
) -> (Case, Vec<String>) {
    let (mut case, mut found, mut left) = (case.clone(), found, tries);
    'simpler: loop {
        for other in simpler(&case) {
            if left == 0 {
                break 'simpler;
            }
            left -= 1;
            let shown = wrong(&other);
            if !shown.is_empty() {
                (case, found) = (other, shown);
                continue 'simpler;
            }
        }
        break;
    }
    (case, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let line = "disable-user vendor many 3s journal console#9..=html-after console#6=401 console#2=hang";
        let case: Case = line.parse().expect(line);
        let wrong = |case: &Case| {
            let late = |event: &crate::event::Event| event.at > 3 && event.what.is(Answer::Hang);
            let matters =
                |event: &crate::event::Event| event.at > 3 && event.lasting || late(event);
            match case.events.iter().any(matters) {
                true => vec!["it matters".to_owned()],
                false => Vec::new(),
            }
        };
        let (shortest, _) = shrink(&case, wrong(&case), 1000, wrong);
        assert_eq!(
            shortest.to_string(),
            "disable-user vendor usual 8s none console#4..=503"
        );
    }
}
