//! What a run does to the fakes, in a form that is the same each time: which requests it sends, and what
//! it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, fs};

use fake_console::{FakeConsole, FakePlatform, LoggedRequest, PlatformState};
use harness::workspace_root;
use serde_json::{Map, Value};

/// Where `cargo xtask generate` writes what every operation's example does, below the workspace.
pub const FILE: &str = "tests/suites/example_runs.txt";

/// The line before what is changed.
const CHANGES: &str = "  changes:\n";

/// Texts that differ from run to run or say nothing to people, and what is written instead.
type Names = Vec<(String, String)>;

/// What two runs with the same event did.
#[derive(Debug, PartialEq, Eq)]
pub struct Trace {
    /// The requests of the first.
    pub first: Sent,
    /// The requests of the second.
    pub again: Sent,
    /// What the first changed, a member a line. The second changed nothing, or this tells it too.
    pub changes: Vec<String>,
}

/// The requests that arrived with credentials, in lines: a line has the requests between two writes in
/// alphabetical order, as many of them are sent at the same time, or a write.
#[derive(Debug, PartialEq, Eq)]
pub struct Sent {
    /// At the console.
    pub console: Vec<String>,
    /// At the platform.
    pub platform: Vec<String>,
}

/// Watches the fakes from now on.
pub struct Watch<'a> {
    console: &'a FakeConsole,
    platform: &'a FakePlatform,
    names: Names,
    before: Accounts,
}

impl<'a> Watch<'a> {
    /// Nothing has arrived yet.
    #[must_use]
    pub fn new(console: &'a FakeConsole, platform: &'a FakePlatform) -> Self {
        let names = names(&platform.state());
        let before = accounts(console, platform);
        Self {
            console,
            platform,
            names,
            before,
        }
    }

    /// What arrived since it was asked last.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let mut names = self.names.clone();
        names.extend(names_of_users(&self.platform.state()));
        let sent = Sent {
            console: lines(&self.console.requests(), &names),
            platform: lines(&self.platform.requests(), &names),
        };
        self.console.clear_requests();
        self.platform.clear_requests();
        sent
    }

    /// What is different now, apart from what is told only in the secret `delivered`.
    #[must_use]
    pub fn changes(&self, delivered: &Value) -> Vec<String> {
        let mut names = self.names.clone();
        names.extend(names_of_users(&self.platform.state()));
        let after = accounts(self.console, self.platform);
        if let Some(seed) = delivered["two_factor_seed"].as_str() {
            names.push((seed.to_owned(), "(the delivered seed)".to_owned()));
        }
        let state = self.console.state();
        let login = delivered["login"].as_str().unwrap_or_default();
        if let Some((id, user)) = state.user_by_login(login)
            && delivered["password"] == user.password.as_str()
            // Which is not the password itself.
            && let Some(shown) = after[&format!("console user {id}")]["password"].as_str()
        {
            names.push((shown.to_owned(), "(the delivered password)".to_owned()));
        }
        // Hashes, which are nobody's business in a file all the same.
        let all = self.before.values().chain(after.values());
        let hashes = all.filter_map(|members| members.get("password")?.as_str());
        names.extend(hashes.map(|hash| (hash.to_owned(), "(a password)".to_owned())));
        let changes = differences(&self.before, &after);
        changes.iter().map(|line| named(line, &names)).collect()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, lines) in [
            ("console", &self.first.console),
            ("platform", &self.first.platform),
            ("console, again", &self.again.console),
            ("platform, again", &self.again.platform),
            ("changes", &self.changes),
        ] {
            if !lines.is_empty() {
                writeln!(f, "  {title}:")?;
            }
            for line in lines {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

/// What the file says of an operation.
///
/// # Panics
/// If there is no file, or nothing on the operation in it.
#[must_use]
pub fn expected(operation: &str) -> String {
    let file = fs::read_to_string(workspace_root().join(FILE)).expect(FILE);
    let mut blocks = file.split("\n\n");
    let found = blocks.find_map(|block| block.strip_prefix(operation)?.strip_prefix('\n'));
    let found = found.unwrap_or_else(|| panic!("{FILE} lacks {operation}"));
    format!("{}\n", found.trim_end())
}

/// What an operation's example changes, as the file has it.
///
/// # Panics
/// As [`expected`].
#[must_use]
pub fn expected_changes(operation: &str) -> Vec<String> {
    let expected = expected(operation);
    let changes = expected.split_once(CHANGES).map_or("", |(_, lines)| lines);
    changes.lines().map(|line| line.trim().to_owned()).collect()
}

/// Every account and API key by what it is called, with its members.
type Accounts = BTreeMap<String, Map<String, Value>>;

fn accounts(console: &FakeConsole, platform: &FakePlatform) -> Accounts {
    let console = console.state().snapshot();
    let platform = platform.state().snapshot();
    let mut accounts = Accounts::new();
    for (what, list) in [
        ("console user", &console),
        ("platform user", &platform["users"]),
        ("API key", &platform["api_keys"]),
    ] {
        for (id, members) in list.as_object().into_iter().flatten() {
            let members = members.as_object().expect("members").clone();
            accounts.insert(format!("{what} {id}"), members);
        }
    }
    accounts
}

fn differences(before: &Accounts, after: &Accounts) -> Vec<String> {
    let mut lines = Vec::new();
    for account in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        match (before.get(account), after.get(account)) {
            (Some(before), Some(after)) => {
                for member in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                    let before = before.get(member).unwrap_or(&Value::Null);
                    let after = after.get(member).unwrap_or(&Value::Null);
                    if before != after {
                        lines.push(format!("{account}: {member}: {before} → {after}"));
                    }
                }
            }
            (None, Some(members)) => {
                let members = Value::from(members.clone());
                lines.push(format!("{account} is new: {members}"));
            }
            _ => lines.push(format!("{account} is gone")),
        }
    }
    lines
}

/// Names for the platform's ids.
fn names(state: &PlatformState) -> Names {
    let mut names = names_of_users(state);
    names.extend(state.api_keys.iter().map(|key| {
        let name = format!("({})", key.name);
        (key.id.clone(), name)
    }));
    let products = state.products.iter();
    names.extend(products.map(|p| (p.product_token.clone(), p.product_code.clone())));
    names
}

fn names_of_users(state: &PlatformState) -> Names {
    let local = |email: &str| email.split('@').next().unwrap_or_default().to_owned();
    let users = state.users.iter();
    users.map(|u| (u.id.clone(), local(&u.email))).collect()
}

fn named(line: &str, names: &Names) -> String {
    let names = names.iter();
    names.fold(line.to_owned(), |line, (text, name)| {
        line.replace(text, name)
    })
}

/// A request in one line, and whether it may change something.
struct Request {
    line: String,
    is_write: bool,
}

impl Request {
    /// The account in its path, if it is about one.
    fn account(&self) -> Option<&str> {
        let (_, rest) = self.line.split_once(" /users/")?;
        rest.split('/').next()
    }
}

fn lines(requests: &[LoggedRequest], names: &Names) -> Vec<String> {
    let sent = requests.iter().filter(|r| r.authorized_as.is_some());
    let sent: Vec<Request> = sent
        .map(|request| {
            let line = super::line(request);
            let line = line.replace("/api/3/", "/").replace("/account/api/1/", "/");
            Request {
                line: named(&line, names),
                is_write: request.is_write(),
            }
        })
        .collect();
    let writes = sent.iter().filter(|request| request.is_write);
    let written: BTreeSet<&str> = writes.filter_map(Request::account).collect();
    if written.len() < 2 {
        return in_order(&sent.iter().collect::<Vec<_>>());
    }
    // Several accounts are worked on at the same time, each in its order.
    let mut of_account: BTreeMap<Option<&str>, Vec<&Request>> = BTreeMap::new();
    for request in &sent {
        let account = request.account();
        of_account.entry(account).or_default().push(request);
    }
    of_account
        .values()
        .flat_map(|sent| in_order(sent))
        .collect()
}

fn in_order(sent: &[&Request]) -> Vec<String> {
    let between = sent.chunk_by(|one, next| one.is_write == next.is_write);
    let lines = between.flat_map(|alike| {
        let mut lines: Vec<&str> = alike.iter().map(|request| request.line.as_str()).collect();
        match alike[0].is_write {
            true => {
                // Sites and asset groups are given at the same time, each in their order.
                lines.sort_by_key(|line| line.contains("/asset_groups"));
                lines.into_iter().map(str::to_owned).collect()
            }
            false => vec![counted(lines)],
        }
    });
    lines.collect()
}

/// In alphabetical order, with how often what is sent several times is sent.
fn counted(mut requests: Vec<&str>) -> String {
    requests.sort_unstable();
    let alike = requests.chunk_by(|one, next| one == next);
    let counted = alike.map(|alike| match alike {
        [one] => (*one).to_owned(),
        alike => format!("{} × {}", alike.len(), alike[0]),
    });
    counted.collect::<Vec<_>>().join(", ")
}
