//! The guide's own listing of users in the cloud: `GET /vm/v4/users`. Found nowhere else in public.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::error::{Delivery, ErrorKind, Result};
use crate::request::Request;

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
    /// More than one page is read from the last to the first: whoever moves forward because somebody
    /// else was deleted meanwhile moves into a page that is still to be read.
    ///
    /// # Errors
    /// As every request: see [`ErrorKind`]. `Unavailable` if the list is shorter than it says.
    pub async fn vm_users(&self) -> Result<Vec<VmUser>> {
        let first = self.vm_page(0).await?;
        let pages = first.metadata.total_pages;
        let mut total = first.metadata.total_resources;
        let mut users = BTreeMap::new();
        if pages <= 1 {
            users.extend(first.data.into_iter().map(|user| (user.id, user)));
        }
        for index in (0..pages).rev().filter(|_| pages > 1) {
            let page = self.vm_page(index).await?;
            total = page.metadata.total_resources;
            users.extend(page.data.into_iter().map(|user| (user.id, user)));
        }
        let read = users.len() as u64;
        if read < total {
            let message = format!("the list is not complete: {read} of {total} users were read");
            let request = page_request(0);
            return Err(request.error(ErrorKind::Unavailable, Delivery::Refused, message));
        }
        Ok(users.into_values().collect())
    }

    async fn vm_page(&self, index: u64) -> Result<Page> {
        let request = page_request(index);
        let answer = self.send(&request).await?;
        serde_json::from_value(answer).map_err(|_| request.malformed("without data and metadata"))
    }
}

fn page_request(index: u64) -> Request {
    let mut request = Request::to_platform("GET", PATH).list();
    request.query = vec![
        ("index", index.to_string()),
        ("size", PAGE_SIZE.to_string()),
    ];
    request
}
