//! `list-user-changes`: what changed among a console's users since an earlier run.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use rapid7::console::{User, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::warn;

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::core::action::Action;
use crate::core::context::Scope as _;
use crate::core::error::{Error, Result};
use crate::core::spec::{Effect, Spec};
use crate::user_changes::diff::{Page, UserChange, diff};
use crate::user_changes::state::State;

/// As many requests as are on their way to a console at once.
const AT_ONCE: usize = 4;

const PAGE_SIZE: u32 = 500;
const MOST: u32 = 10_000;

console_input! {
    /// The state to compare with, and the page size.
    pub struct ListUserChangesInput {
        /// The `state` of the last answer, unchanged. If left out or an empty object, this is the first
        /// run: it reports no changes and only returns a state.
        pub state: Option<Map<String, Value>>,
        /// Maximum number of changes in one answer. Default: 500. All changes of a user are in one
        /// answer, so a user with more changes than this has an answer alone.
        #[schemars(range(min = 1, max = 10_000), example = 500)]
        pub page_size: Option<u32>,
    }
}

impl ListUserChangesInput {
    fn page_size(&self) -> Result<usize> {
        let size = self.page_size.unwrap_or(PAGE_SIZE);
        if !(1..=MOST).contains(&size) {
            return Err(Error::invalid_input(
                "page_size",
                &format!("expected a number from 1 to {MOST}"),
            ));
        }
        Ok(size as usize)
    }
}

/// The changes, and the state for the next run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserChangeList {
    /// Number of changes.
    pub count: usize,
    /// The changes, with deleted accounts first, then by user number. All changes of a user are
    /// together.
    pub changes: Vec<UserChange>,
    /// The state for the next run, unchanged. Keep it only after these changes are dealt with: until
    /// then, the old state reports them again.
    pub state: Map<String, Value>,
    /// Whether there are more changes. The next run reports them.
    pub has_more_pages: bool,
    /// Number of accounts on the console now.
    pub users: usize,
    /// Whether this was the first run, with nothing to compare with.
    pub first_run: bool,
}

/// Reports what changed since the run that returned `state`. The first run reports nothing and only
/// records the current state. A change that was undone between two runs is not seen. Passwords,
/// two-factor seeds, individual sites and individual asset groups are not compared. What the console
/// does not report is no change. An account counts as deleted only if it is missing in a complete list,
/// can't be read by number, and would be visible if it existed. A failed run has reported nothing: run
/// it again with the same state.
pub struct ListUserChanges;

impl Action for ListUserChanges {
    type Input = ListUserChangesInput;
    type Output = UserChangeList;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "list-user-changes",
        title: "List changes to accounts since the last run",
        effect: Effect::Read,
        example: r#"{"state": {"format": 1, "target": "https://console.example.com:3780", "roles": ["asset-owner", "auditor", "global-admin", "security-manager", "site-admin", "system-admin", "user"], "users": {"1": "esag 2 xbbIHrtq svc-soar", "2": "esag 2 AgWYwFBH nxadmin", "3": "eag 3 hvZ3aB1M mkowalska", "4": "e 1 91de0W_b jdoe", "5": "e 3 tv6bBrzI tokafor", "6": "e 6 rHFI9g_c asmith", "7": "e 6 rHFI9g_c asmith2", "8": "ea 4 7xOFdKcU knguyen", "9": "e 5 1r4E9Ai3 ohaddad", "10": "e 0 hsnAUD6s soneill", "11": "ea 1 rHFstL54 audit1", "12": "e 6 MQjv4tWk lpetrova", "13": "e 0 xIxOYO3o y.tanaka", "14": "el 6 beWqKw2l rmartinez", "15": "e 6 kqCprCbU ext.pentest", "16": "e 6 pXq0c1Zr intern"}}}"#,
    };

    async fn run(context: &ConsoleContext, input: ListUserChangesInput) -> Result<UserChangeList> {
        let page_size = input.page_size()?;
        let target = context.target();
        let before = State::read(input.state.unwrap_or_default(), &target)?;
        let seen_at = jiff::Timestamp::now().round(jiff::Unit::Second);
        let seen_at = seen_at.unwrap_or_else(|_| jiff::Timestamp::now());
        let listed = context.users().await?;
        let Some(before) = before else {
            let page = Page {
                changes: Vec::new(),
                state: State::first(&target, listed),
                more: false,
            };
            return answer(page, listed.len(), true);
        };
        let mut now: BTreeMap<i64, &User> = listed.iter().map(|user| (user.id().0, user)).collect();
        let missing = before.ids().filter(|id| !now.contains_key(id));
        let missing: Vec<i64> = missing.collect();
        let (found, gone) = look(context, &missing, page_size).await?;
        if !found.is_empty() {
            warn!(
                accounts = found.len(),
                "the console's list lacks accounts that are there"
            );
        }
        now.extend(found.iter().map(|user| (user.id().0, user)));
        let page = diff(&before, &now, &gone, page_size, &seen_at.to_string());
        answer(page, now.len(), false)
    }
}

fn answer(page: Page, users: usize, first_run: bool) -> Result<UserChangeList> {
    Ok(UserChangeList {
        count: page.changes.len(),
        state: page.state.to_json()?,
        changes: page.changes,
        has_more_pages: page.more,
        users,
        first_run,
    })
}

/// Who of those that the list lacks is there all the same, and who is gone: at most `most` of these.
///
/// 404 also means "not allowed" (seen in the field). So it counts only if the list can still be read after
/// the last one; the list before it had our own account in it.
async fn look(
    context: &ConsoleContext,
    missing: &[i64],
    most: usize,
) -> Result<(Vec<User>, BTreeSet<i64>)> {
    let (mut found, mut gone) = (Vec::new(), BTreeSet::new());
    let mut rest = missing;
    // Whoever is there all the same does not count, or a page of them would never come to an end.
    while !rest.is_empty() && gone.len() < most {
        let (these, later) = rest.split_at(rest.len().min(most - gone.len()));
        let looked = stream::iter(these.to_vec()).map(async |id| {
            match context.console().user(UserId(id)).await {
                Ok(user) => Ok((id, Some(user))),
                Err(error) if error.kind == rapid7::ErrorKind::NotFound => Ok((id, None)),
                Err(error) => Err(Error::from(error).about(format!("user {id}"))),
            }
        });
        let looked: Vec<_> = looked.buffer_unordered(AT_ONCE).try_collect().await?;
        for (id, user) in looked {
            match user {
                Some(user) => found.push(user),
                None => _ = gone.insert(id),
            }
        }
        rest = later;
    }
    if !gone.is_empty() {
        context.console().can_list_users().await?;
    }
    Ok((found, gone))
}
