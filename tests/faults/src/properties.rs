//! What must hold, whatever happens.

use std::collections::BTreeSet;
use std::time::Duration;

use actions::{AuditRecords, Changed, Error, ErrorKind};
use serde_json::Value;

use crate::case::Case;
use crate::event::{Second, What};
use crate::snapshot::{Lost, Snapshot};
use crate::stage::CANARY;
use crate::story::{Ran, Story};

/// How late a run may be on a machine that does much at once.
const LATE: Duration = Duration::from_secs(2);

/// The base64 of the own login, the colon, and the beginning of every password.
const ENCODED: &str = "c3ZjLXNvYXI6YzRuYXJ5";

/// What does not hold: a line each, with the number of the property first.
pub(crate) fn violated(case: &Case, story: &Story) -> Vec<String> {
    if let Some(error) = &story.undisturbed.failed {
        let setting = case.setting;
        return vec![format!(
            "(1) {setting} fails where nothing happens: {error}"
        )];
    }
    let mut wrong = Vec::new();
    let told = Told { case, story };
    for (place, ran) in story.runs.iter().chain(&story.by_hand).enumerate() {
        let name = match place {
            place if place < story.runs.len() => format!("run {}", place + 1),
            _ => "the run by hand".to_owned(),
        };
        told.success(ran, &name, &mut wrong);
        told.words(ran, &name, &mut wrong);
        told.loss(ran, &name, &mut wrong);
        if ran.took > case.limit() + LATE {
            wrong.push(format!("(7) {name} took {:?}", ran.took));
        }
    }
    for (_, took) in &story.seconds {
        if *took > case.limit() + LATE {
            wrong.push(format!("(7) somebody else's run took {took:?}"));
        }
    }
    told.ending(&mut wrong);
    told.looks(&mut wrong);
    told.logins(&mut wrong);
    told.administrators(&mut wrong);
    told.others(&mut wrong);
    told.records(&mut wrong);
    told.secrets(&mut wrong);
    wrong
}

struct Told<'a> {
    case: &'a Case,
    story: &'a Story,
}

impl Told<'_> {
    /// Whether somebody else changes something, too.
    fn is_alone(&self) -> bool {
        !self.case.has(|what| matches!(what, What::Second(_)))
    }

    /// Whether somebody else takes the other administrator away.
    fn other_goes(&self) -> bool {
        let takes = |second: &Second| *second != Second::Same;
        self.case
            .has(|what| matches!(what, What::Second(second) if takes(second)))
    }

    /// Without the accounts of the other administrator, if somebody else is at them.
    fn of_ours(&self, snapshot: &Snapshot) -> Snapshot {
        match self.other_goes() {
            true => snapshot.clone().without(&self.story.other),
            false => snapshot.clone(),
        }
    }

    fn lost(&self, snapshot: &Snapshot) -> Vec<Lost> {
        let undisturbed = &self.story.undisturbed;
        snapshot.lost(&undisturbed.before, &undisturbed.end)
    }

    /// (1)
    fn success(&self, ran: &Ran, name: &str, wrong: &mut Vec<String>) {
        if ran.result.is_err() {
            return;
        }
        let should_be = self.of_ours(&self.story.undisturbed.end);
        let lost = match self.was_told() {
            // Whoever was told of a loss gives it back by hand; with a journal, the next run does.
            true if !self.case.journal => self.lost(&ran.marked),
            _ => Vec::new(),
        };
        let is = self.of_ours(&ran.marked).with_given_back(&lost);
        if is != should_be {
            let told = is.told(&should_be);
            wrong.push(format!("(1) {name} succeeded, and {told}"));
        }
    }

    /// (2)
    fn words(&self, ran: &Ran, name: &str, wrong: &mut Vec<String>) {
        if !self.is_alone() {
            return;
        }
        let changed = ran.after.differing(&ran.before);
        let line = match &ran.result {
            Ok(outcome) => {
                // A password that is given is always written, also the one in force.
                let writes = self.case.setting.operation == "set-password";
                let claimed = outcome["changed"].as_bool();
                match (claimed, changed.is_empty()) {
                    (Some(true), true) if !writes => "it says that it changed something",
                    (Some(false), false) => "it says that it changed nothing",
                    _ => return,
                }
                .to_owned()
            }
            Err(error) => match (&error.changed, changed.is_empty()) {
                (Changed::Nothing, false) => format!("nothing was changed, it says: {error}"),
                (Changed::Applied(_), true) => format!("something was changed, it says: {error}"),
                _ => return,
            },
        };
        let told = ran.after.told(&ran.before);
        wrong.push(format!("(2) after {name}: {line}. Changed was: {told}"));
    }

    /// (3), of one run: what is lost is told, and nothing invites a run that would find the account done.
    fn loss(&self, ran: &Ran, name: &str, wrong: &mut Vec<String>) {
        // With a journal, the next run gives it back.
        let Some(error) = ran.result.as_ref().err().filter(|_| !self.case.journal) else {
            return;
        };
        for lost in self.lost(&ran.marked) {
            let untold = !tells(error, &lost);
            if untold || error.kind.is_retryable() {
                let (ids, noun, account) = (&lost.ids, lost.noun, &lost.account);
                let why = if untold {
                    "does not tell"
                } else {
                    "invites another run"
                };
                wrong.push(format!(
                    "(3) {name} lost {noun} {ids:?} of {account} and {why} ({:?}): {error}",
                    error.kind
                ));
            }
        }
    }

    /// Whether some error told of a loss.
    fn was_told(&self) -> bool {
        self.story.runs.iter().any(|ran| {
            let lost = self.lost(&ran.marked);
            let told = |error: &Error| lost.iter().all(|lost| tells(error, lost));
            !lost.is_empty() && ran.result.as_ref().err().is_some_and(told)
        })
    }

    /// (3), of all of them.
    fn ending(&self, wrong: &mut Vec<String>) {
        let invited = self.story.runs.last();
        if let Some(Err(error)) = invited.map(|ran| &ran.result)
            && error.kind.is_retryable()
        {
            let kind = error.kind;
            wrong.push(format!(
                "(3) with nothing in its way, the last repeat still invites another ({kind:?}): {error}"
            ));
        }
        let by_hand = self.story.by_hand.last();
        let Some(Err(error)) = by_hand.map(|ran| &ran.result) else {
            return;
        };
        // Whoever comes second may find that nobody else is left.
        let guarded = error.kind == ErrorKind::Refused && self.other_goes();
        if !guarded {
            let kind = error.kind;
            wrong.push(format!(
                "(3) with nothing in its way, the run by hand fails ({kind:?}): {error}"
            ));
        }
    }

    /// (2), before that: a write that got no plain success is not sent again without a look, unless it was one
    /// too many.
    fn looks(&self, wrong: &mut Vec<String>) {
        if !self.is_alone() {
            return;
        }
        for requests in &self.story.requests {
            for pair in requests.windows(2) {
                let [first, next] = pair else { continue };
                let same = first.is_write()
                    && suites::line(first) == suites::line(next)
                    && first.text == next.text;
                if same && first.status != Some(429) {
                    let line = suites::line(first);
                    wrong.push(format!("(2) {line} was sent again without a look"));
                }
            }
        }
    }

    /// (4)
    fn logins(&self, wrong: &mut Vec<String>) {
        // Each run at the same time has credentials of its own to lose.
        let most = 1 + self.story.seconds.len();
        for (requests, surface) in self.story.requests.iter().zip(["console", "platform"]) {
            let refused = |request: &&fake_console::LoggedRequest| request.status == Some(401);
            let count = requests.iter().filter(refused).count();
            let first = requests.iter().position(|request| refused(&request));
            let after = first.map_or(0, |first| requests.len() - first - 1);
            if count > most || after > 0 && self.is_alone() {
                wrong.push(format!(
                    "(4) the {surface} refused {count} logins, and {after} requests followed the first"
                ));
            }
        }
    }

    /// (5)
    fn administrators(&self, wrong: &mut Vec<String>) {
        let Some(first) = self.story.administrators.first() else {
            return;
        };
        for (place, surface) in [(0, "console"), (1, "platform")] {
            let gone = |now: &[bool; 2]| first[place] && !now[place];
            if self.story.administrators.iter().any(gone) {
                wrong.push(format!("(5) nobody administers the {surface} any more"));
            }
        }
    }

    /// (6)
    fn others(&self, wrong: &mut Vec<String>) {
        let undisturbed = &self.story.undisturbed;
        let mut ours = undisturbed.accounts.clone();
        if self.other_goes() {
            ours.extend(self.story.other.iter().cloned());
        }
        for ran in self.story.runs.iter().chain(&self.story.by_hand) {
            let changed = ran.after.differing(&ran.before);
            let strange: Vec<&String> = changed.difference(&ours).collect();
            if !strange.is_empty() {
                wrong.push(format!("(6) changed other accounts: {strange:?}"));
            }
            let twice = twice(&ran.after);
            if !twice.is_empty() {
                wrong.push(format!("(6) accounts twice: {twice:?}"));
            }
        }
    }

    /// (9)
    fn records(&self, wrong: &mut Vec<String>) {
        let text = self.story.audit.join("\n");
        let records = AuditRecords::read(&text);
        let count = records.iter().count();
        if count != self.story.audit.len() || !records.broken().is_empty() {
            wrong.push("(9) an audit record can't be read".into());
        }
        let before = |record: &Value| record["audit"] == "before";
        let changed = self.story.runs.iter().chain(&self.story.by_hand);
        let mut changed = changed.filter(|ran| ran.after != ran.before);
        if changed.next().is_some() && !records.iter().any(before) {
            wrong.push("(9) something was changed, and no record has the state before".into());
        }
        let Some((record, result, now)) = &self.story.restored else {
            return;
        };
        let record = &record["record"]["state"];
        if let Err(error) = result {
            wrong.push(format!("(9) the record does not restore: {error}"));
            return;
        }
        // What can be restored of the account is as it was at the start.
        let was = &self.story.undisturbed.before.0;
        let id = match &record["user"]["id"] {
            Value::String(id) => format!("platform user {id}"),
            id => format!("console user {id}"),
        };
        let members = [
            "enabled",
            "role",
            "superuser",
            "all_sites",
            "all_asset_groups",
            "sites",
            "asset_groups",
            "email",
            "first",
            "last",
            "locale",
            "products",
        ];
        if !was.contains_key(&id) {
            // It was this case that made the account.
            return;
        }
        for member in members {
            // Nobody's where the account has all.
            if record.get(member).is_some_and(Value::is_null) {
                continue;
            }
            let [was, is] = [was, &now.0].map(|all| all.get(&id).and_then(|user| user.get(member)));
            // Products that were given since stay.
            let all = |list: Option<&Value>| -> BTreeSet<String> {
                let list = list.and_then(Value::as_array).into_iter().flatten();
                list.map(Value::to_string).collect()
            };
            let fits = match member {
                "products" => all(was).is_subset(&all(is)),
                _ => was == is,
            };
            if !fits {
                wrong.push(format!(
                    "(9) restored, {member} of {id} is {is:?}, not {was:?}"
                ));
            }
        }
    }

    /// (10)
    fn secrets(&self, wrong: &mut Vec<String>) {
        let mut texts = self.story.audit.clone();
        let runs = self.story.runs.iter().chain(&self.story.by_hand);
        let results = runs.map(|ran| &ran.result);
        let results = results.chain(self.story.seconds.iter().map(|(result, _)| result));
        texts.extend(results.map(|result| match result {
            Ok(outcome) => outcome.to_string(),
            Err(error) => format!("{error} {}", error.to_json()),
        }));
        let mut secrets: BTreeSet<String> = [CANARY.to_owned(), ENCODED.to_owned()].into();
        for staged in &self.story.staged {
            let staged: Value = serde_json::from_str(staged).unwrap_or_default();
            let values = ["password", "two_factor_seed"].map(|name| staged[name].as_str());
            let values = values.into_iter().flatten();
            secrets.extend(values.filter(|text| text.len() > 7).map(str::to_owned));
        }
        for text in texts {
            if secrets.iter().any(|secret| text.contains(secret)) {
                wrong.push(format!("(10) a secret came out: {text}"));
            }
        }
    }
}

/// Whether an error names everything that is lost.
fn tells(error: &Error, lost: &Lost) -> bool {
    let text = format!("{error} {}", error.to_json());
    lost.ids.is_subset(&named(&text, lost.noun))
}

/// The numbers in the lists of that kind in a message: `sites {1, 2}`.
fn named(message: &str, noun: &str) -> BTreeSet<i64> {
    let begin = format!("{noun} {{");
    let lists = message.match_indices(&begin);
    let lists = lists.filter_map(|(at, found)| message[at + found.len()..].split('}').next());
    let numbers = lists.flat_map(|list| list.split(", "));
    numbers.filter_map(|number| number.parse().ok()).collect()
}

/// Logins and addresses that are there more than once.
fn twice(snapshot: &Snapshot) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut twice = Vec::new();
    for (account, members) in &snapshot.0 {
        let (surface, name) = match account.split(' ').next() {
            Some("console") => ("console", &members["login"]),
            Some("platform") => ("platform", &members["email"]),
            _ => continue,
        };
        let name = name.as_str().unwrap_or_default().to_lowercase();
        if !seen.insert((surface, name.clone())) {
            twice.push(name);
        }
    }
    twice
}

/// What a log line must not have.
pub(crate) fn is_secret(line: &str) -> bool {
    line.contains(CANARY) || line.contains(ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::LISTS;

    #[test]
    fn what_a_message_names_is_found() {
        let text = "gone: sites {1, 22}, asset groups {3}; sites {4}";
        assert_eq!(named(text, LISTS[0].1), [1, 4, 22].into());
        assert_eq!(named(text, LISTS[1].1), [3].into());
    }
}
