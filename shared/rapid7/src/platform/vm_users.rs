//! The guide's own listing of users in the cloud: `GET /vm/v4/users`. Found nowhere else in public.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Client;
use crate::error::{Delivery, ErrorKind, Result};
use crate::transport::Request;

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

#[derive(Deserialize)]
struct Page {
    data: Vec<VmUser>,
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    total_pages: u64,
    total_resources: u64,
}

impl Client {
    /// Every user of that listing, by number: complete, or an error.
    ///
    /// # Errors
    /// As every request: see [`ErrorKind`]. `Unavailable` if the list changed while it was read.
    pub async fn vm_users(&self) -> Result<Vec<VmUser>> {
        let mut users = std::collections::BTreeMap::new();
        let (mut index, mut total);
        index = 0;
        loop {
            let request = page_request(index);
            let page = read(self.send(&request).await?, &request)?;
            total = page.metadata.total_resources;
            users.extend(page.data.into_iter().map(|user| (user.id, user)));
            index += 1;
            if index >= page.metadata.total_pages {
                break;
            }
        }
        let read = users.len() as u64;
        if read != total {
            let message = format!("the list is not complete: {read} of {total} users were read");
            let request = page_request(0);
            return Err(request.error(ErrorKind::Unavailable, Delivery::Refused, message));
        }
        Ok(users.into_values().collect())
    }
}

fn page_request(index: u64) -> Request {
    let mut request = Request::to_platform("GET", PATH);
    request.query = vec![
        ("index", index.to_string()),
        ("size", PAGE_SIZE.to_string()),
    ];
    request
}

fn read(answer: Value, request: &Request) -> Result<Page> {
    serde_json::from_value(answer).map_err(|_| request.malformed("without data and metadata"))
}
