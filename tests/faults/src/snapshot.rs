//! What the fakes hold, read from them directly.

use std::collections::{BTreeMap, BTreeSet};

use fake_console::{FakeConsole, FakePlatform, State};
use serde_json::{Map, Value};
use suites::OWN_LOGIN;

/// Every account and API key with its members, but for the pack's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Snapshot(pub(crate) BTreeMap<String, Map<String, Value>>);

/// The two lists of an account's own grants.
pub(crate) const LISTS: [(&str, &str); 2] = [("sites", "sites"), ("asset_groups", "asset groups")];

/// Grants of an account that are gone and were to stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) account: String,
    pub(crate) list: &'static str,
    /// As messages call it.
    pub(crate) noun: &'static str,
    pub(crate) ids: BTreeSet<i64>,
}

impl Snapshot {
    /// What is there now.
    pub(crate) fn of(console: &FakeConsole, platform: &FakePlatform) -> Self {
        let mut all = BTreeMap::new();
        let mut add = |what: &str, list: &Value| {
            for (id, members) in list.as_object().into_iter().flatten() {
                let members = members.as_object().cloned().unwrap_or_default();
                all.insert(format!("{what} {id}"), members);
            }
        };
        let own_id = {
            let state = console.state();
            add("console user", &state.snapshot());
            state.user_by_login(OWN_LOGIN).map(|(id, _)| id)
        };
        let own_key = {
            let state = platform.state();
            let snapshot = state.snapshot();
            add("platform user", &snapshot["users"]);
            add("API key", &snapshot["api_keys"]);
            let mut keys = state.api_keys.iter();
            keys.find(|key| key.user_id.is_none())
                .map(|key| key.id.clone())
        };
        if let Some(id) = own_id {
            all.remove(&format!("console user {id}"));
        }
        if let Some(id) = own_key {
            all.remove(&format!("API key {id}"));
        }
        Self(all)
    }

    /// The same with a mark in place of what was delivered into a secret, which is another each time.
    pub(crate) fn marked(mut self, delivered: &Value, state: &State) -> Self {
        let login = delivered["login"].as_str().unwrap_or_default();
        let Some((id, user)) = state.user_by_login(login) else {
            return self;
        };
        let Some(members) = self.0.get_mut(&format!("console user {id}")) else {
            return self;
        };
        if delivered["password"] == user.password.as_str() {
            members.insert("password".into(), "as delivered".into());
        }
        if delivered["two_factor_seed"].is_string()
            && delivered["two_factor_seed"].as_str() == user.two_factor_key.as_deref()
        {
            members.insert("two_factor_key".into(), "as delivered".into());
        }
        self
    }

    /// The accounts that differ.
    pub(crate) fn differing(&self, other: &Self) -> BTreeSet<String> {
        let names = self.0.keys().chain(other.0.keys());
        let names = names.filter(|name| self.0.get(*name) != other.0.get(*name));
        names.cloned().collect()
    }

    /// Where they differ, for people: `account: member: is, not should be`.
    pub(crate) fn told(&self, should_be: &Self) -> String {
        let mut told = Vec::new();
        for name in self.differing(should_be) {
            match (self.0.get(&name), should_be.0.get(&name)) {
                (Some(is), Some(should)) => {
                    for member in is.keys().chain(should.keys()).collect::<BTreeSet<_>>() {
                        let [is, should] = [is, should].map(|of| of.get(member));
                        if is != should {
                            let [is, should] =
                                [is, should].map(|value| value.cloned().unwrap_or(Value::Null));
                            told.push(format!("{name}: {member} is {is}, not {should}"));
                        }
                    }
                }
                (Some(_), None) => told.push(format!("{name} should not be there")),
                _ => told.push(format!("{name} is gone")),
            }
        }
        told.join("; ")
    }

    pub(crate) fn without(mut self, accounts: &BTreeSet<String>) -> Self {
        self.0.retain(|name, _| !accounts.contains(name));
        self
    }

    fn ids(&self, account: &str, list: &str) -> Option<BTreeSet<i64>> {
        let list = self.0.get(account)?.get(list)?.as_array()?;
        Some(list.iter().filter_map(Value::as_i64).collect())
    }

    /// What was there before and is there in the end, if nothing happens, and is not there now.
    pub(crate) fn lost(&self, before: &Self, end: &Self) -> Vec<Lost> {
        let mut lost = Vec::new();
        for account in before.0.keys() {
            for (list, noun) in LISTS {
                let of = |snapshot: &Self| snapshot.ids(account, list);
                let (Some(before), Some(end), Some(now)) = (of(before), of(end), of(self)) else {
                    continue;
                };
                let ids: BTreeSet<i64> = &(&before & &end) - &now;
                if !ids.is_empty() {
                    lost.push(Lost {
                        account: account.clone(),
                        list,
                        noun,
                        ids,
                    });
                }
            }
        }
        lost
    }

    /// The same with what was lost given back.
    pub(crate) fn with_given_back(mut self, lost: &[Lost]) -> Self {
        for lost in lost {
            let has = self.ids(&lost.account, lost.list);
            let members = self.0.get_mut(&lost.account);
            if let (Some(has), Some(members)) = (has, members) {
                let all: Vec<i64> = (&has | &lost.ids).into_iter().collect();
                members.insert(lost.list.into(), all.into());
            }
        }
        self
    }
}
