//! The guide's own listing of users in the cloud: `GET /vm/v4/users`. Found nowhere else in public.

use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::error::Result;

const PATH: &str = "/vm/v4/users";

/// The largest page (guide; its default is 100).
const PAGE_SIZE: u64 = 500;

/// A user as this listing tells of it. Its numbers and logins are not those of the account API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmUser {
    /// Its number.
    pub id: i64,
    /// The login name.
    pub login: Option<String>,
    /// The email address.
    pub email: Option<String>,
}

impl Client {
    /// Every user of that listing, by number: complete, or an error.
    ///
    /// # Errors
    /// As every request: see [`crate::ErrorKind`]. `Unavailable` if the list is shorter than it says.
    pub async fn vm_users(&self) -> Result<Vec<VmUser>> {
        let mut request = self.request("GET", PATH).list();
        request.query = vec![("index", "0".into()), ("size", PAGE_SIZE.to_string())];
        let entries = self.entries(&request).await?;
        let users: serde_json::Result<Vec<VmUser>> =
            entries.into_iter().map(serde_json::from_value).collect();
        let mut users = users.map_err(|_| request.malformed("with an unreadable entry"))?;
        users.sort_by_key(|user| user.id);
        Ok(users)
    }
}
