//! Whole lists out of pages.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tracing::info;

use crate::call::Call;
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::request::Request;
use crate::transport::Transport;

/// The largest page that a console gives (guide; its default is 10, vendor API file).
const PAGE_SIZE: usize = 500;

/// How many pages are asked for at once, where the client may: see [`crate::Options::at_once`].
const AT_ONCE: usize = 4;

const NEWEST_FIRST: &str = "id,desc";
const OLDEST_FIRST: &str = "id,asc";

/// One page: what it holds, and how many pages and entries there are in all.
pub(crate) struct Page {
    pub(crate) entries: Vec<Value>,
    pages: u64,
    total: Option<u64>,
}

impl Page {
    /// Whether it says that there are more entries than the `read` ones that were told apart in it.
    pub(crate) fn lacks_some(&self, read: usize) -> bool {
        self.pages > 1 || self.total.is_some_and(|total| (read as u64) < total)
    }

    /// Reads a page. The number of pages is told (vendor API file) or follows from the number of
    /// entries and the size of a page (guide); a list without either is whole. One without entries may have no
    /// list of them (seen in the field).
    pub(crate) fn read(mut answer: Value, request: &Request) -> Result<Self> {
        let is_empty = is_empty_list(&answer);
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
            None | Some(Value::Null) if is_empty => Ok(Self {
                entries: Vec::new(),
                pages,
                total,
            }),
            _ => Err(request.malformed("without a list of resources")),
        }
    }
}

/// Whether a list that shows no entries has none: it has links, tells of no entries, and has nothing that a
/// list has not. A user or an error has links, too.
fn is_empty_list(answer: &Value) -> bool {
    let Value::Object(members) = answer else {
        return false;
    };
    let known = ["links", "page", "resources"];
    let total = answer
        .get("page")
        .and_then(|page| page.get("totalResources"));
    members.get("links").is_some_and(Value::is_array)
        && members.keys().all(|name| known.contains(&name.as_str()))
        && total.is_none_or(|total| total.as_u64() == Some(0))
}

/// Every entry of a paged list, by id: complete, or an error. For lists whose entries get larger and
/// larger ids that are never used again: what is created comes last.
///
/// Listing is not read-consistent (seen in the field): what is deleted or created between two
/// requests shifts the rest. So the first page is asked for with the newest first, which tells how
/// many entries there are and the largest id; if that is not all, then all pages are read at once.
/// Whatever they show with an id up to the largest was in the list at the first request. If it is
/// as many as the list had then, it is the whole list of that moment.
///
/// If it is not, or if the console sorts otherwise, the pages are read one by one. A console that
/// sorts by something else altogether may still hide an entry then: there, the largest id that was
/// seen is what a second reading at once is counted up to.
pub(crate) async fn read_all(
    transport: &Transport,
    call: &Call,
    path: &str,
    id: fn(&Value) -> Option<i64>,
) -> Result<Vec<Value>> {
    let list = List {
        transport,
        call,
        path,
        key: id,
    };
    let first = list.page(0, NEWEST_FIRST).await?;
    if first.pages <= 1 {
        return list.whole(first.entries.into_iter().collect(), first.total);
    }
    let newest = first.newest();
    if let (Some(newest), Some(total)) = (newest, first.total)
        && let Some(entries) = list.at_once(first.pages, newest, total).await?
    {
        return Ok(entries);
    }
    info!(
        path,
        "the list has changed or is sorted otherwise: reading it page by page"
    );
    let read = list.backwards(first.pages).await?;
    if read.ascending || read.total.is_none() {
        return list.with_the_newest(read, newest).await;
    }
    let largest = read.entries.last_key_value().map(|(id, _)| *id);
    let first = list.page(0, NEWEST_FIRST).await?;
    if let (Some(largest), Some(total)) = (largest, first.total)
        && let Some(entries) = list.at_once(first.pages, largest, total).await?
    {
        return Ok(entries);
    }
    Err(list.wrong("the list changed while it was read, and is not sorted by id".into()))
}

/// The same, where each entry is taken as it comes, the newest first, and none is kept: for lists of
/// which only the ids fit into memory. Complete if it ends without an error; then it tells how many
/// there were. Entries that were deleted meanwhile may be among them.
///
/// A list that changes too much to be read at once is read again as a whole.
pub(crate) async fn read_each(
    transport: &Transport,
    call: &Call,
    path: &str,
    id: fn(&Value) -> Option<i64>,
    take: &mut (dyn FnMut(Value) -> Result<()> + Send),
) -> Result<usize> {
    let list = List {
        transport,
        call,
        path,
        key: id,
    };
    let mut taken = BTreeSet::new();
    let mut take_new = |entries: Vec<(i64, Value)>, newest: i64| -> Result<usize> {
        for (id, entry) in entries {
            if id <= newest && taken.insert(id) {
                take(entry)?;
            }
        }
        Ok(taken.len())
    };
    // Nothing else is asked for before it is answered: what another page showed earlier might be gone by
    // then, and make up for what is missed.
    let first = list.page(0, NEWEST_FIRST).await?;
    if let (Some(newest), Some(total)) = (first.newest(), first.total) {
        let mut answers = stream::iter(1..first.pages)
            .map(async |number| (number, list.page(number, NEWEST_FIRST).await))
            .buffered(AT_ONCE);
        let mut count = take_new(first.entries, newest)?;
        while let Some((number, page)) = answers.next().await {
            match page {
                Ok(page) if page.total != Some(total) => break,
                Ok(page) => count = take_new(page.entries, newest)?,
                Err(error) if is_gone(number, &error) => break,
                Err(error) => return Err(error),
            }
        }
        if count as u64 == total {
            return Ok(count);
        }
    }
    info!(path, "the list has changed: reading it again as a whole");
    let entries = read_all(transport, call, path, id).await?;
    let entries = entries
        .into_iter()
        .filter_map(|entry| Some((id(&entry)?, entry)));
    take_new(entries.collect(), i64::MAX)
}

/// The same, page by page, for lists that may grow anywhere or that have other keys than numbers.
/// The first request only tells how many pages there are.
pub(crate) async fn read_backwards<K: Ord>(
    transport: &Transport,
    call: &Call,
    path: &str,
    key: fn(&Value) -> Option<K>,
) -> Result<Vec<Value>> {
    let list = List {
        transport,
        call,
        path,
        key,
    };
    let first = list.page(0, OLDEST_FIRST).await?;
    if first.pages <= 1 {
        return list.whole(first.entries.into_iter().collect(), first.total);
    }
    let read = list.backwards(first.pages).await?;
    list.whole(read.entries, read.total)
}

/// A page whose entries are told apart.
struct Keyed<K> {
    entries: Vec<(K, Value)>,
    pages: u64,
    total: Option<u64>,
}

impl<K: Ord + Copy> Keyed<K> {
    /// The largest key of all, if the console sorts as it was asked to.
    fn newest(&self) -> Option<K> {
        let keys = self.entries.iter().map(|(key, _)| key);
        let descending = keys.is_sorted_by(|one, next| one > next);
        self.entries
            .first()
            .filter(|_| descending)
            .map(|(key, _)| *key)
    }
}

/// What was read from the last page to the first.
struct Backwards<K> {
    entries: BTreeMap<K, Value>,
    /// As the page that was read last told it.
    total: Option<u64>,
    /// Whether the pages were sorted as they were asked for.
    ascending: bool,
}

impl<K: Ord> Backwards<K> {
    fn add(&mut self, page: Keyed<K>) {
        let keys = page.entries.iter().map(|(key, _)| key);
        let next = self.entries.first_key_value().map(|(key, _)| key);
        self.ascending &= keys.clone().is_sorted_by(|one, next| one < next);
        self.ascending &= keys.min() < next || next.is_none();
        self.entries.extend(page.entries);
        self.total = page.total;
    }
}

/// A list, and what tells its entries apart.
struct List<'a, K> {
    transport: &'a Transport,
    call: &'a Call,
    path: &'a str,
    key: fn(&Value) -> Option<K>,
}

impl<K: Ord> List<'_, K> {
    fn request(&self, number: u64, sort: &str) -> Request {
        let mut request = Request::new("GET", self.path).list();
        request.query = vec![
            ("page", number.to_string()),
            ("size", PAGE_SIZE.to_string()),
            ("sort", sort.into()),
        ];
        request.is_list = true;
        request
    }

    async fn page(&self, number: u64, sort: &str) -> Result<Keyed<K>> {
        let request = self.request(number, sort);
        let answer = self.transport.send(&request, self.call).await?;
        let page = Page::read(answer, &request)?;
        let entries = page.entries.into_iter();
        let keyed = entries.map(|entry| Some(((self.key)(&entry)?, entry)));
        Ok(Keyed {
            entries: keyed
                .collect::<Option<_>>()
                .ok_or_else(|| request.malformed("with an unreadable entry"))?,
            pages: page.pages,
            total: page.total,
        })
    }

    /// All pages, a few at a time, if they are the list of the first request: with `total` entries
    /// up to `newest`. The first failure ends the other requests.
    async fn at_once(&self, pages: u64, newest: K, total: u64) -> Result<Option<Vec<Value>>> {
        let mut entries = BTreeMap::new();
        let pages = stream::iter(0..pages);
        let mut answers = pages
            .map(async |number| (number, self.page(number, NEWEST_FIRST).await))
            .buffer_unordered(AT_ONCE);
        while let Some((number, page)) = answers.next().await {
            match page {
                // A console may count at another moment than it lists: so no total may differ.
                Ok(page) if page.total != Some(total) => return Ok(None),
                Ok(page) => entries.extend(page.entries),
                Err(error) if is_gone(number, &error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let read = entries.range(..=newest).count() as u64;
        if read > total {
            return Err(self.wrong(format!(
                "the list has more entries than the {total} it is said to have"
            )));
        }
        Ok((read == total).then(|| entries.into_values().collect()))
    }

    /// All pages from the last to the first, with the oldest first: an entry that moves forward
    /// because another was deleted moves into a page still to be read, so none that existed
    /// throughout is missed.
    async fn backwards(&self, pages: u64) -> Result<Backwards<K>> {
        let mut read = Backwards {
            entries: BTreeMap::new(),
            total: None,
            ascending: true,
        };
        for number in (0..pages).rev() {
            match self.page(number, OLDEST_FIRST).await {
                Ok(page) => read.add(page),
                Err(error) if is_gone(number, &error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    /// With the largest key of before the reading, if it is known, what was created since need not
    /// be among what was read, though the console counts it.
    async fn with_the_newest(&self, read: Backwards<K>, newest: Option<K>) -> Result<Vec<Value>> {
        let Backwards { entries, total, .. } = read;
        let Some(newest) = newest.filter(|_| short(&entries, total)) else {
            return self.whole(entries, total);
        };
        let latest = self.page(0, NEWEST_FIRST).await?;
        let created = latest.entries.iter().filter(|(key, _)| *key > newest);
        let created = created.count() as u64;
        let older = entries.range(..=newest).count() as u64;
        match latest.total.or(total) {
            Some(total) if older + created < total => Err(self.incomplete(older + created, total)),
            _ => Ok(entries.into_values().collect()),
        }
    }

    fn whole(&self, entries: BTreeMap<K, Value>, total: Option<u64>) -> Result<Vec<Value>> {
        match total {
            Some(total) if short(&entries, Some(total)) => {
                Err(self.incomplete(entries.len() as u64, total))
            }
            _ => Ok(entries.into_values().collect()),
        }
    }

    fn incomplete(&self, read: u64, total: u64) -> Error {
        self.wrong(format!(
            "the list is not complete: {read} of {total} entries were read"
        ))
    }

    fn wrong(&self, message: String) -> Error {
        let request = self.request(0, OLDEST_FIRST);
        request.error(ErrorKind::Unavailable, Delivery::Refused, message)
    }
}

fn short<K>(entries: &BTreeMap<K, Value>, total: Option<u64>) -> bool {
    total.is_some_and(|total| (entries.len() as u64) < total)
}

/// So many were deleted meanwhile that there is no such page any more: a page past the end is 404
/// (seen in the field).
fn is_gone(number: u64, error: &Error) -> bool {
    error.kind == ErrorKind::NotFound && number > 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_that_is_missing_is_empty_where_nothing_says_otherwise() {
        let read = |answer: Value| {
            let request = Request::new("GET", "/api/3/users/3/sites");
            Page::read(answer, &request).map(|page| (page.entries, page.pages))
        };
        let links = json!([{"href": "/api/3/users/3/sites", "rel": "self"}]);
        for empty in [
            json!({"links": links}),
            json!({"links": []}),
            json!({"links": links, "resources": null}),
            json!({"links": links, "page": {"number": 0, "size": 10, "totalResources": 0}}),
            json!({"links": links, "page": {"size": 10}}),
        ] {
            let read = read(empty.clone());
            assert!(
                matches!(read, Ok((entries, 0 | 1)) if entries.is_empty()),
                "{empty}"
            );
        }
        for other in [
            json!({}),
            json!(null),
            json!({"page": {"totalResources": 0}}),
            json!({"links": links, "page": {"totalResources": 2}}),
            json!({"links": links, "page": {"totalResources": "2"}}),
            json!({"links": links, "resources": {}}),
            json!({"links": links, "id": 3, "login": "jdoe"}),
            json!({"links": links, "status": 404, "message": "not found"}),
        ] {
            let error = read(other.clone()).expect_err("a surprise");
            assert_eq!(error.kind, ErrorKind::Malformed, "{other}");
        }
    }
}
