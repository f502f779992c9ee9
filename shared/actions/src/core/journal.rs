//! The journal: what a run is about to do to an account, kept where the next run finds it, and the lease that
//! keeps two runs from one account.

use std::fmt;
use std::time::SystemTime;

use rapid7::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a lease is about: an account of a target, or something that the whole target has once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JournalKey {
    /// The address of the console or the platform.
    pub target: String,
    /// The account's number or id there, or another name that is none of these.
    pub account: String,
}

impl fmt::Display for JournalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.target, self.account)
    }
}

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Nobody else's: made at random for each lease.
    pub id: String,
    /// When the lease ends, whatever became of its holder.
    pub until: SystemTime,
}

/// What a run leaves before its first write. No secret is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When it was left, RFC 3339 in UTC.
    pub at: String,
    /// The operation.
    pub operation: String,
    /// The run, as its caller knows it.
    pub request_id: String,
    /// The ticket that asked for it.
    pub ticket: Option<String>,
    /// Who asked for it.
    pub requested_by: Option<String>,
    /// Whom it is about, in a line for people.
    pub subject: String,
    /// What it is about to do, in lines for people.
    pub plan: Vec<String>,
    /// What the account must have afterwards and may lose on the way, in its engine's own words. None, if it
    /// can lose nothing: then whoever comes next need not finish anything.
    pub give_back: Option<Value>,
}

/// What came of asking for a lease.
#[derive(Debug, Clone, PartialEq)]
pub enum Lease {
    /// It is the holder's, and the entry is left. `ended` is when somebody else's work on the same ended last,
    /// where that is known: what was read before may be old.
    Begun {
        /// By the journal's clock.
        ended: Option<SystemTime>,
    },
    /// It is the holder's, but the entry is not left: the one that somebody left behind still is there, and is to
    /// be finished first.
    LeftBehind(Box<JournalEntry>),
    /// Somebody else holds it. Nothing was changed.
    Busy {
        /// Who, and with what.
        entry: Option<Box<JournalEntry>>,
        /// Until when at the latest, where that is known.
        until: Option<SystemTime>,
    },
}

/// What is found in a journal without asking for a lease.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing that has to be finished, and nobody at work.
    Nothing,
    /// What somebody left behind who is not at work any more.
    LeftBehind(Box<JournalEntry>),
    /// Somebody at work.
    Busy {
        /// Who, and with what.
        entry: Option<Box<JournalEntry>>,
    },
}

/// Why a journal can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalError {
    /// For a person.
    pub why: String,
    /// What it means for a run.
    pub kind: JournalErrorKind,
}

/// What it means for a run that a journal can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalErrorKind {
    /// Trying again may help.
    Passing,
    /// The way to it is set up wrongly.
    Misconfigured,
    /// What answered is not believed to be it.
    Untrusted,
}

impl From<String> for JournalError {
    fn from(why: String) -> Self {
        let kind = JournalErrorKind::Passing;
        Self { why, kind }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Where leases and entries are kept. If it can't be used, nothing is written to an account.
pub trait Journal: Send + Sync {
    /// Takes the lease of a key and leaves the entry there, in one step. Asked for again by the same holder
    /// (an answer was lost), it is the holder's all the same.
    fn begin<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        entry: &'a JournalEntry,
    ) -> BoxFuture<'a, Result<Lease, JournalError>>;

    /// Ends a lease. The entry is taken away if the work is `finished`, and stays for the next run else. Nothing
    /// happens if somebody else holds it by now.
    fn end<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        finished: bool,
    ) -> BoxFuture<'a, Result<(), JournalError>>;

    /// What is there, without changing anything.
    fn look<'a>(&'a self, key: &'a JournalKey) -> BoxFuture<'a, Result<Found, JournalError>>;

    /// The holder is gone without having ended its lease, as a future that was dropped: lets go of what this
    /// process holds for it. The entry stays.
    fn abandon(&self, _key: &JournalKey, _holder: &Holder) {}

    /// Where it is, for people: a folder, a table.
    fn place(&self) -> String;

    /// Whether an entry is still there when this process has ended.
    fn outlives_the_process(&self) -> bool;
}
