//! What audit records tell of past runs: who did what to whom, how it ended, and how it is taken back.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use crate::core::records::{AuditRecords, RecordText};
use crate::core::text::printable;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// It changed something, and proved it.
    Done,
    /// Nothing was left to do.
    NothingToDo,
    /// It failed, before or after it changed something.
    Failed,
    /// No record tells how it ended: it was killed, or is still at work.
    Unfinished,
    /// The same, and a later run on the account ended well: it has looked at what this one left behind.
    Settled,
}

/// How a run is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UndoPath {
    /// By this operation, from the record.
    By(String),
    /// Not from a record: why, and what to do instead.
    Instead(String),
}

/// A run on one account. A run on several accounts is there several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastRun {
    /// Names it: the request's id, and a number behind it where the request was about several accounts.
    pub id: String,
    /// When it began to write; of one that wrote nothing, when it ended. RFC 3339 in UTC.
    pub at: String,
    /// The operation.
    pub operation: String,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// The ticket that asked for it.
    pub ticket: Option<String>,
    /// The address of the console or the platform.
    pub target: String,
    /// `console` or `platform`, where it is known.
    pub surface: Option<String>,
    /// The account's number or UUID.
    pub user_id: Option<String>,
    /// The account's login.
    pub login: Option<String>,
    /// Its email address.
    pub email: Option<String>,
    /// Whom it was about, where no account is known.
    pub about: Option<String>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The kind of error that it ended with.
    pub error: Option<String>,
    /// Whether it changed anything; null where that is not known.
    pub changed: Option<bool>,
    /// The run that settled what this one left behind.
    pub settled_by: Option<String>,
    /// How it is taken back; null if there is nothing to take back.
    pub undo: Option<UndoPath>,
    /// What of it no record brings back, and what to do instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<String>,
    /// The request, as its caller knows it.
    pub request_id: String,
    #[serde(skip)]
    before: Option<usize>,
}

impl PastRun {
    /// The operation that takes it back, from its record.
    ///
    /// # Errors
    /// Why none does, and what to do instead.
    pub fn undone_by(&self) -> Result<&str, String> {
        match &self.undo {
            Some(UndoPath::By(operation)) => Ok(operation),
            Some(UndoPath::Instead(why)) => Err(why.clone()),
            None if self.changed == Some(false) => Err("it changed nothing".into()),
            None => {
                Err("its record from before the change is not among those that were read".into())
            }
        }
    }

    /// Whether it was itself one that takes something back.
    fn is_restoration(&self) -> bool {
        ["restore-user", "restore-platform-user"].contains(&self.operation.as_str())
    }

    /// Whether it is about the same account. One that was not there yet is known by its login.
    fn is_on_account_of(&self, other: &Self) -> bool {
        self.target == other.target
            && match (&self.user_id, &other.user_id) {
                (Some(mine), Some(others)) => mine == others,
                _ => self.login.is_some() && self.login == other.login,
            }
    }

    /// Whom it was about, for people.
    #[must_use]
    pub fn whom(&self) -> String {
        match (&self.login, &self.user_id) {
            (Some(login), Some(id)) => format!("{} (user {})", printable(login), printable(id)),
            (Some(login), None) => printable(login),
            (None, _) => printable(self.about.as_deref().unwrap_or("nobody")),
        }
    }
}

/// Past runs, in the order in which they began.
#[derive(Debug)]
pub struct History<'a> {
    records: &'a AuditRecords<'a>,
    runs: Vec<PastRun>,
}

/// Why there is not one record to restore from.
#[derive(Debug, PartialEq, Eq)]
pub enum NotOne<'h> {
    /// None of the records has a state from before a run.
    None,
    /// There is none of this id.
    Unknown,
    /// There are several, the oldest first.
    Several(Vec<&'h PastRun>),
}

impl<'a> History<'a> {
    /// Puts records together to runs.
    #[must_use]
    pub fn of(records: &'a AuditRecords<'a>) -> Self {
        let mut reader = Reader::default();
        for (index, record) in records.iter().enumerate() {
            match record["audit"].as_str() {
                Some("before") => reader.begin(index, record),
                Some("after") => reader.end(record),
                _ => {}
            }
        }
        let mut runs: Vec<PastRun> = reader.runs.into_iter().map(|run| run.told).collect();
        number(&mut runs, &reader.by_request);
        settle(&mut runs);
        Self { records, runs }
    }

    /// All runs.
    #[must_use]
    pub fn runs(&self) -> &[PastRun] {
        &self.runs
    }

    /// Those to look at first: the unfinished ones, then all others, the newest first in both.
    #[must_use]
    pub fn for_people(&self) -> Vec<&PastRun> {
        let unfinished = |run: &&PastRun| run.outcome == RunOutcome::Unfinished;
        let (mut first, then): (Vec<_>, Vec<_>) = self.runs.iter().rev().partition(unfinished);
        first.extend(then);
        first
    }

    /// The runs of this id, or of the request of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Vec<&PastRun> {
        let named = |run: &&PastRun| run.id == id;
        match self.runs.iter().find(named) {
            Some(run) => vec![run],
            None => {
                let of_request = |run: &&PastRun| run.request_id == id;
                self.runs.iter().filter(of_request).collect()
            }
        }
    }

    /// The newest run that changed something, or may have, and was not made to take another one back: so that the
    /// same asked twice means the same run. Whether it can be taken back, it says itself; an older one is never
    /// taken in its place.
    #[must_use]
    pub fn last_to_undo(&self) -> Option<&PastRun> {
        let fits = |run: &&PastRun| !run.is_restoration() && run.changed != Some(false);
        self.runs.iter().rev().find(fits)
    }

    /// What was done to the same account after a run, or may have been, the oldest first.
    #[must_use]
    pub fn later_on_account(&self, run: &PastRun) -> Vec<&PastRun> {
        let later = self.runs.iter().skip_while(|one| one.id != run.id).skip(1);
        let later = later.filter(|one| one.is_on_account_of(run) && one.changed != Some(false));
        later.collect()
    }

    /// The record from before a run, as it was written.
    #[must_use]
    pub fn record(&self, run: &PastRun) -> Option<RecordText<'a>> {
        run.before.map(|index| self.records.text(index))
    }

    /// The one run whose record is meant: by its id, or as the only one there is. With a `surface`, those of the
    /// other one don't count.
    ///
    /// # Errors
    /// If it is not exactly one.
    pub fn to_restore_from(&self, id: Option<&str>, surface: &str) -> Result<&PastRun, NotOne<'_>> {
        let fits = |run: &&PastRun| {
            let elsewhere = run.surface.as_deref().is_some_and(|its| its != surface);
            run.before.is_some() && !elsewhere
        };
        let found: Vec<&PastRun> = match id {
            Some(id) => self.find(id).into_iter().filter(fits).collect(),
            None => self.runs.iter().filter(fits).collect(),
        };
        match (found.as_slice(), id) {
            ([run], _) => Ok(*run),
            ([], Some(_)) => Err(NotOne::Unknown),
            ([], None) => Err(NotOne::None),
            _ => Err(NotOne::Several(found)),
        }
    }
}

/// A run as far as its records were read.
struct Open {
    told: PastRun,
    ended: bool,
    /// Whether it has only given back so far what an earlier run had cost the account.
    gave_back: bool,
}

#[derive(Default)]
struct Reader {
    runs: Vec<Open>,
    by_request: HashMap<String, Vec<usize>>,
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Reader {
    /// What a record tells of its run, whatever came of it.
    fn told(record: &Value) -> PastRun {
        let subject = &record["record"]["subject"];
        let target = text(&subject["target"]).or_else(|| text(&record["target"]));
        PastRun {
            id: String::new(),
            at: text(&record["at"]).unwrap_or_default(),
            operation: text(&record["operation"]).unwrap_or_default(),
            requested_by: text(&record["requested_by"]),
            ticket: text(&record["ticket"]),
            target: target.unwrap_or_default(),
            surface: text(&subject["surface"]),
            user_id: text(&subject["user_id"]),
            login: text(&subject["login"]),
            email: text(&subject["email"]),
            about: None,
            outcome: RunOutcome::Unfinished,
            error: None,
            changed: None,
            settled_by: None,
            undo: None,
            stays: Vec::new(),
            request_id: text(&record["request_id"]).unwrap_or_default(),
            before: None,
        }
    }

    fn push(&mut self, run: Open) {
        let request = self.by_request.entry(run.told.request_id.clone());
        request.or_default().push(self.runs.len());
        self.runs.push(run);
    }

    /// The runs of the same request that have not ended.
    fn open(&self, like: &PastRun) -> Vec<usize> {
        let of_request = self.by_request.get(&like.request_id).into_iter().flatten();
        let open = of_request.filter(|place| {
            let run = &self.runs[**place];
            !run.ended && run.told.operation == like.operation
        });
        open.copied().collect()
    }

    fn begin(&mut self, index: usize, record: &Value) {
        let mut told = Self::told(record);
        told.before = Some(index);
        told.undo = Some(undo(record));
        // A record by itself may lack the subject.
        let user = &record["record"]["state"]["user"];
        told.user_id = told.user_id.or_else(|| text(&user["id"]));
        let login = if user["login"].is_string() {
            "login"
        } else {
            "email"
        };
        told.login = told.login.or_else(|| text(&user[login]));
        let gave_back = record["record"]["left_behind"].is_object();
        let mine = self.open(&told).into_iter();
        let mine = mine
            .rev()
            .find(|place| self.runs[*place].told.is_on_account_of(&told));
        match mine.map(|place| &mut self.runs[place]) {
            // Of several steps, the state before the first is what it was before the run.
            Some(run) if run.gave_back && !gave_back => {
                run.told.before = told.before;
                run.told.undo = told.undo;
                run.gave_back = false;
            }
            // Of later steps, what only they did is told.
            Some(run) => {
                if let (Some(UndoPath::By(_)), UndoPath::Instead(why)) =
                    (&run.told.undo, undo(record))
                {
                    run.told.stays.push(why);
                }
            }
            None => self.push(Open {
                told,
                ended: false,
                gave_back,
            }),
        }
    }

    fn end(&mut self, record: &Value) {
        let ended = &record["record"];
        // A dry run; and a person of a list, each of whose accounts has a record.
        if ended["dry_run"] == true || ended["row"].is_object() {
            return;
        }
        let mut told = Self::told(record);
        let error = &ended["error"];
        (told.outcome, told.changed) = match (error.is_object(), &ended["changed"]) {
            (true, _) => (RunOutcome::Failed, changed_before(error)),
            (false, Value::Bool(true)) => (RunOutcome::Done, Some(true)),
            _ => (RunOutcome::NothingToDo, Some(false)),
        };
        told.error = text(&error["kind"]);
        let open = self.open(&told);
        if ended["subject"].is_object() {
            let mine = open.into_iter();
            let mine = mine
                .rev()
                .find(|place| self.runs[*place].told.is_on_account_of(&told));
            return match mine {
                Some(place) => self.close(place, &told),
                None => self.push_ended(told),
            };
        }
        let report = match error.is_object() {
            true => &error["details"],
            false => ended,
        };
        let of_people = report["person"].is_object() || report["rows"].is_array();
        let known = self.by_request.contains_key(&told.request_id);
        if open.is_empty() && !(of_people && known) {
            let person = &report["person"];
            let person = text(&person["email"]).or_else(|| text(&person["login"]));
            told.about = person.or_else(|| text(&error["subject"]));
            if report["rows"].is_array() {
                told.about = Some("a list of people".into());
            }
            return self.push_ended(told);
        }
        if of_people {
            // Of this account alone nothing is told.
            told.changed = None;
        }
        for place in open {
            self.close(place, &told);
        }
    }

    fn push_ended(&mut self, told: PastRun) {
        self.push(Open {
            told,
            ended: true,
            gave_back: false,
        });
    }

    fn close(&mut self, place: usize, ended: &PastRun) {
        let run = &mut self.runs[place];
        run.ended = true;
        run.told.outcome = ended.outcome;
        run.told.error.clone_from(&ended.error);
        run.told.changed = ended.changed;
        if ended.changed == Some(false) {
            run.told.undo = None;
        }
        // A new account has its number by now, and a renamed one its other login.
        let told = &mut run.told;
        told.user_id = told.user_id.take().or_else(|| ended.user_id.clone());
    }
}

/// What had been changed when a run failed.
fn changed_before(error: &Value) -> Option<bool> {
    match &error["changed"] {
        Value::Array(changes) => Some(!changes.is_empty()),
        _ => None,
    }
}

/// What a record says of how its run is taken back. Older ones say nothing of it.
fn undo(record: &Value) -> UndoPath {
    let record = &record["record"];
    if let Some(operation) = text(&record["undo"]["by"]) {
        return UndoPath::By(operation);
    }
    if let Some(why) = text(&record["undo"]["instead"]) {
        return UndoPath::Instead(why);
    }
    match (
        record["state"].is_object(),
        record["subject"]["surface"].as_str(),
    ) {
        (false, _) => {
            UndoPath::Instead("the run created the account, so there was none before".into())
        }
        (true, Some("platform")) => UndoPath::By("restore-platform-user".into()),
        (true, _) => UndoPath::By("restore-user".into()),
    }
}

fn number(runs: &mut [PastRun], by_request: &HashMap<String, Vec<usize>>) {
    for (request, places) in by_request {
        for (number, place) in places.iter().enumerate() {
            runs[*place].id = match places.len() {
                1 => request.clone(),
                _ => format!("{request}/{}", number + 1),
            };
        }
    }
}

/// Whatever ended well on an account has looked first at what an earlier run left behind there.
fn settle(runs: &mut [PastRun]) {
    let mut unfinished: Vec<usize> = Vec::new();
    for place in 0..runs.len() {
        let (earlier, later) = runs.split_at_mut(place);
        let run = &later[0];
        match run.outcome {
            RunOutcome::Unfinished => unfinished.push(place),
            RunOutcome::Done | RunOutcome::NothingToDo => unfinished.retain(|left| {
                let left = &mut earlier[*left];
                // On the platform an operation looks only at what itself is for.
                let looks = left.surface.as_deref() != Some("platform")
                    || left.operation == run.operation
                    || run.is_restoration();
                let mine = looks && left.is_on_account_of(run);
                if mine {
                    left.outcome = RunOutcome::Settled;
                    left.settled_by = Some(run.id.clone());
                }
                !mine
            }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
