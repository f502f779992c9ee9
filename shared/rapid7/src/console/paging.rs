//! Whole lists out of pages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Delivery, ErrorKind, Result};
use crate::transport::{Call, Request, Transport};

/// The largest page that a console gives (guide; its default is 10, vendor API file).
const PAGE_SIZE: usize = 500;

/// One page: what it holds, and how many pages and entries there are in all.
pub(crate) struct Page {
    pub(crate) entries: Vec<Value>,
    pub(crate) pages: u64,
    total: Option<u64>,
}

impl Page {
    /// Reads a page. The number of pages is told (vendor API file) or follows from the number of
    /// entries and the size of a page (guide); a list without either is whole.
    pub(crate) fn read(mut answer: Value, request: &Request) -> Result<Self> {
        let page = |name| answer.get("page")?.get(name)?.as_u64();
        let total = page("totalResources");
        let size = page("size").filter(|size| *size > 0);
        let counted = total.map(|total| total.div_ceil(size.unwrap_or(total.max(1))));
        let pages = page("totalPages").or(counted).unwrap_or(1);
        match answer.get_mut("resources").map(Value::take) {
            Some(Value::Array(entries)) => Ok(Self {
                entries,
                pages,
                total,
            }),
            _ => Err(request.malformed("without a list of resources")),
        }
    }
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
    let mut total = first.total;
    let pages_to_read = if first.pages > 1 {
        first.pages
    } else {
        keep(&first, &request)?;
        0
    };
    for number in (0..pages_to_read).rev() {
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
    let read = entries.len() as u64;
    if let Some(total) = total
        && read < total
    {
        let kind = ErrorKind::Unavailable;
        let message = format!("the list is not complete: {read} of {total} entries were read");
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
    let answer = transport.send(&request, call).await;
    (
        answer.and_then(|answer| Page::read(answer, &request)),
        request,
    )
}
