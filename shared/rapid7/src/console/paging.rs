//! Whole lists out of pages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Delivery, ErrorKind, Result};
use crate::transport::{Call, Request, Transport};

/// The largest page that a console gives (guide; its default is 10, vendor API file).
const PAGE_SIZE: usize = 500;

/// One page: what it holds, and how many pages and entries there are in all.
struct Page {
    entries: Vec<Value>,
    pages: u64,
    total: Option<u64>,
}

/// Every entry of a paged list, each once, in the order of `key`.
///
/// Listing is not read-consistent (seen in the field): a user deleted meanwhile moves all later
/// ones forward. So the first page only tells how many there are, and if there are several they
/// are read from the last to the first: an entry that moves forward moves into a page still to
/// be read, and none that existed throughout is missed.
pub(crate) async fn read_all<K: Ord>(
    transport: &Transport,
    call: &Call,
    path: &str,
    key: impl Fn(&Value) -> Option<K>,
) -> Result<Vec<Value>> {
    let mut entries = BTreeMap::new();
    let mut keep = |page: &Page, request: &Request| {
        for entry in &page.entries {
            let key = key(entry).ok_or_else(|| request.malformed("with an unreadable entry"))?;
            entries.insert(key, entry.clone());
        }
        Ok(())
    };
    let (first, request) = read_page(transport, call, path, 0).await;
    let first = first?;
    if first.pages <= 1 {
        keep(&first, &request)?;
        return Ok(entries.into_values().collect());
    }
    let mut total = first.total;
    for number in (0..first.pages).rev() {
        let (page, request) = read_page(transport, call, path, number).await;
        match page {
            Ok(page) => {
                keep(&page, &request)?;
                total = page.total;
            }
            // So many were deleted meanwhile that this page is gone: a page past the end is 404
            // (seen in the field).
            Err(error) if error.kind == ErrorKind::NotFound && number > 0 => {}
            Err(error) => return Err(error),
        }
    }
    let read = entries.len();
    if total.is_some_and(|total| (read as u64) < total) {
        let kind = ErrorKind::Unavailable;
        let message = format!("the list changed while it was read: {read} of {total:?} entries");
        return Err(request.error(kind, Delivery::Refused, message));
    }
    Ok(entries.into_values().collect())
}

async fn read_page(
    transport: &Transport,
    call: &Call,
    path: &str,
    number: u64,
) -> (Result<Page>, Request) {
    let mut request = Request::new("GET", path);
    request.query = vec![
        ("page", number.to_string()),
        ("size", PAGE_SIZE.to_string()),
        ("sort", "id,asc".into()),
    ];
    let page = match transport.send(&request, call).await {
        Ok(mut answer) => match answer.get_mut("resources").map(Value::take) {
            Some(Value::Array(entries)) => {
                let page = |name| answer.get("page")?.get(name)?.as_u64();
                Ok(Page {
                    entries,
                    pages: page("totalPages").unwrap_or(1),
                    total: page("totalResources"),
                })
            }
            _ => Err(request.malformed("without a list of resources")),
        },
        Err(error) => Err(error),
    };
    (page, request)
}
