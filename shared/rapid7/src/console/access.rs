//! Which sites and asset groups a user was given one by one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Client;
use super::paging::{Page, read_backwards};
use super::user::{UserId, WireForm};
use crate::error::Result;
use crate::request::Request;

/// What is given one by one. A user with all of them has no individual grants, and giving some is
/// ignored (vendor API file).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessKind {
    /// Sites.
    Sites,
    /// Asset groups.
    AssetGroups,
}

impl AccessKind {
    fn path(self, user: UserId) -> String {
        let name = match self {
            Self::Sites => "sites",
            Self::AssetGroups => "asset_groups",
        };
        format!("/api/3/users/{user}/{name}")
    }
}

/// The number of a site or asset group: bare (vendor API file) or in an object (guide).
fn grant_id(entry: &Value) -> Option<i64> {
    entry.as_i64().or_else(|| entry.get("id")?.as_i64())
}

/// The form of a list of grants, for a console whose users do not show theirs: the guide's own
/// example of a user has neither name nor access flags.
fn form_of(answer: &Value) -> Option<WireForm> {
    // One that is missing, as it is empty, tells nothing: not even with a page (seen in the field).
    let first = answer.get("resources")?.get(0);
    match first {
        Some(Value::Object(_)) => Some(WireForm::Guide),
        Some(Value::Number(_)) => Some(WireForm::Vendor),
        _ => answer.get("page").map(|_| WireForm::Guide),
    }
}

fn body(ids: &BTreeSet<i64>) -> Value {
    ids.iter().copied().collect()
}

impl Client {
    /// The sites or asset groups that a user was given one by one.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn access(&self, user: UserId, kind: AccessKind) -> Result<BTreeSet<i64>> {
        let request = Request::new("GET", kind.path(user)).list();
        let answer = self.transport.send(&request, &self.call).await?;
        if self.form().is_none() {
            self.learn_form(form_of(&answer));
        }
        let first = Page::read(answer, &request)?;
        let ids = |entries: &[Value]| -> Result<BTreeSet<i64>> {
            let ids = entries.iter().map(|entry| {
                grant_id(entry).ok_or_else(|| request.malformed("with an unreadable entry"))
            });
            ids.collect()
        };
        let found = ids(&first.entries)?;
        if !first.lacks_some(found.len()) {
            return Ok(found);
        }
        // What is given last may have any number.
        let whole = read_backwards(&self.transport, &self.call, &request.path, grant_id).await?;
        ids(&whole)
    }

    /// Gives a user exactly these sites or asset groups. The guide's form only knows how to add:
    /// there, `current` tells what has to go.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn set_access(
        &self,
        user: UserId,
        kind: AccessKind,
        current: &BTreeSet<i64>,
        wanted: &BTreeSet<i64>,
    ) -> Result<()> {
        match self.form_or_default() {
            WireForm::Vendor => {
                let request = Request::new("PUT", kind.path(user)).body(body(wanted));
                self.transport.send(&request, &self.call).await?;
            }
            WireForm::Guide => {
                for id in current.difference(wanted) {
                    self.revoke_access(user, kind, *id).await?;
                }
                let missing: BTreeSet<i64> = wanted.difference(current).copied().collect();
                if !missing.is_empty() {
                    self.add_access(user, kind, &missing).await?;
                }
            }
        }
        Ok(())
    }

    /// Gives a user more sites or asset groups by one request, which only the guide's form has.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn add_access(
        &self,
        user: UserId,
        kind: AccessKind,
        ids: &BTreeSet<i64>,
    ) -> Result<()> {
        let request = Request::new("POST", kind.path(user)).body(body(ids));
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Gives a user one more site or asset group.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn grant_access(&self, user: UserId, kind: AccessKind, id: i64) -> Result<()> {
        let request = match self.form_or_default() {
            WireForm::Vendor => Request::new("PUT", format!("{}/{id}", kind.path(user))),
            WireForm::Guide => return self.add_access(user, kind, &BTreeSet::from([id])).await,
        };
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Takes one site or asset group from a user.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn revoke_access(&self, user: UserId, kind: AccessKind, id: i64) -> Result<()> {
        let request = Request::new("DELETE", format!("{}/{id}", kind.path(user)));
        self.transport.send(&request, &self.call).await.map(drop)
    }

    /// Takes every site or asset group from a user that was given one by one.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`].
    pub async fn clear_access(&self, user: UserId, kind: AccessKind) -> Result<()> {
        let request = Request::new("DELETE", kind.path(user));
        self.transport.send(&request, &self.call).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_of_grants_shows_the_form_where_users_do_not() {
        let page = json!({"number": 0, "size": 10, "totalResources": 0});
        for (answer, form) in [
            (json!({"resources": [1, 2]}), Some(WireForm::Vendor)),
            (json!({"resources": [{"id": 1}]}), Some(WireForm::Guide)),
            (
                json!({"resources": [], "page": page}),
                Some(WireForm::Guide),
            ),
            (json!({"resources": []}), None),
            (json!({"links": [], "page": page}), None),
            (json!({}), None),
        ] {
            assert_eq!(form_of(&answer), form, "{answer}");
        }
    }
}
