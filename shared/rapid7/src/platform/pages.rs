//! Whole lists, whatever they look like: bare, or in pages of `data` with `metadata`.
//!
//! Some lists of the platform were seen bare, one of the same family in pages; of the rest nothing is known.
//! So either is taken everywhere, and nobody is absent on the word of a first page. A bare list costs the one
//! request that it always did.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Client;
use crate::error::{Delivery, Error, ErrorKind, Result};
use crate::request::Request;

/// One page.
struct Page {
    entries: Vec<Value>,
    /// How many entries a page has, how many pages there are, and how many entries in all: as far as it is told.
    size: Option<u64>,
    pages: Option<u64>,
    total: Option<u64>,
}

impl Page {
    /// Reads a page. The members of `metadata` are spelt in two ways (the guide's list, and what the vendor's
    /// own client reads). One of an empty list may have no `data`.
    fn read(mut answer: Value) -> Option<Self> {
        let metadata = answer.get("metadata").cloned().unwrap_or_default();
        let number = |names: &[&str]| {
            let mut told = names.iter().filter_map(|name| metadata.get(name)?.as_u64());
            told.next()
        };
        let total = number(&[
            "total_data",
            "totalData",
            "totalResources",
            "total_resources",
        ]);
        let entries = match answer.get_mut("data").map(Value::take) {
            Some(Value::Array(entries)) => entries,
            None | Some(Value::Null) if total == Some(0) => Vec::new(),
            _ => return None,
        };
        Some(Self {
            size: number(&["size"]).filter(|size| *size > 0),
            pages: number(&["total_pages", "totalPages"]),
            entries,
            total,
        })
    }

    /// What `index` counts, if this is the first page and that came for it. Entries that are on both are near the
    /// place of that number if it counts entries, and near the page of that number, if anywhere, if it counts
    /// pages: what is made or deleted meanwhile moves them a little.
    fn index_of(&self, index: u64, size: u64, came: &Self) -> Index {
        let place = |entry| {
            let found = self.entries.iter().position(|one| key(one) == key(entry))?;
            u64::try_from(found).ok()
        };
        let place = came.entries.iter().find_map(place);
        let middle = index.saturating_mul(size).saturating_add(index) / 2;
        match place {
            Some(place) if place < middle => Index::Entries,
            _ => Index::Pages,
        }
    }

    /// Whether there is nothing on other pages. What tells neither pages nor entries may have more.
    fn is_all(&self) -> bool {
        let has_all = |total| self.entries.len() as u64 >= total;
        match (self.pages, self.total) {
            (Some(pages), total) => pages <= 1 && total.is_none_or(has_all),
            (None, Some(total)) => has_all(total),
            (None, None) => false,
        }
    }
}

/// What `index` counts. Nothing public says it: what comes tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Index {
    Pages,
    Entries,
}

/// What tells entries apart.
fn key(entry: &Value) -> String {
    let id = ["id", "product_token"]
        .iter()
        .find_map(|name| entry.get(name).filter(|id| !id.is_null()));
    id.unwrap_or(entry).to_string()
}

impl Client {
    /// Every entry of a list, in the platform's order: complete, or an error.
    ///
    /// Pages are read from the last to the first: what moves forward because something was
    /// deleted meanwhile moves into a page that is still to be read.
    pub(super) async fn entries(&self, request: &Request) -> Result<Vec<Value>> {
        let first = match self.send(request).await? {
            Value::Array(entries) => return Ok(entries),
            answer => Page::read(answer).ok_or_else(|| request.malformed("without a list"))?,
        };
        if first.is_all() {
            return Ok(first.entries);
        }
        let size = first.size.unwrap_or(first.entries.len() as u64).max(1);
        let told = first.total.map(|total| total.div_ceil(size));
        let pages = first.pages.or(told);
        // The last page, so that it is read already if pages are counted; and one whose number is that of an
        // entry of the first page, so that it tells if entries are.
        let last = pages.map_or(1, |pages| pages.saturating_sub(1));
        let within = (first.entries.len() as u64).saturating_sub(1);
        let tried = last.min(within).max(1);
        let next = self.page(request, tried, size).await?;
        let counts = first.index_of(tried, size, &next);
        let index = |page: u64| match counts {
            Index::Pages => page,
            Index::Entries => page.saturating_mul(size),
        };
        let mut list = List::default();
        let Some(pages) = pages else {
            // Nothing tells how many there are: on, until nothing new comes.
            list.add(first);
            let mut page = match counts {
                Index::Pages => 2,
                Index::Entries => 1,
            };
            let mut is_more = list.add(next);
            while is_more {
                is_more = list.add(self.page(request, index(page), size).await?);
                page += 1;
            }
            return Ok(list.in_order());
        };
        let is_last = tried == last && counts == Index::Pages;
        if is_last {
            list.add(next);
        }
        for page in (0..pages).rev().skip(usize::from(is_last)) {
            list.add(self.page(request, index(page), size).await?);
        }
        list.pages.reverse();
        let total = list.total;
        let entries = list.in_order();
        match total {
            Some(total) if (entries.len() as u64) < total => {
                let read = entries.len();
                let short =
                    format!("the list is not complete: {read} of {total} entries were read");
                Err(request.error(ErrorKind::Unavailable, Delivery::Refused, short))
            }
            _ => Ok(entries),
        }
    }

    /// One page. One that is not there any more has nothing.
    async fn page(&self, list: &Request, index: u64, size: u64) -> Result<Page> {
        let mut request = self.request("GET", list.path.clone()).list();
        let filters = list.query.iter();
        let filters = filters.filter(|(name, _)| !["index", "size"].contains(name));
        request.query = filters.cloned().collect();
        request.query.push(("index", index.to_string()));
        request.query.push(("size", size.to_string()));
        match self.send(&request).await {
            Ok(answer) => Page::read(answer).ok_or_else(|| request.malformed("without a list")),
            Err(error) if is_gone(index, &error) => Ok(Page {
                entries: Vec::new(),
                size: None,
                pages: None,
                total: None,
            }),
            Err(error) => Err(error),
        }
    }
}

fn is_gone(index: u64, error: &Error) -> bool {
    error.kind == ErrorKind::NotFound && index > 0
}

/// The pages that were read.
#[derive(Default)]
struct List {
    pages: Vec<Vec<Value>>,
    seen: BTreeSet<String>,
    /// As the page that was read last told it.
    total: Option<u64>,
}

impl List {
    /// Adds what is new in a page. `false` if nothing is.
    fn add(&mut self, page: Page) -> bool {
        let seen = &mut self.seen;
        let new = page.entries.into_iter();
        let new: Vec<Value> = new.filter(|entry| seen.insert(key(entry))).collect();
        self.total = page.total.or(self.total);
        let is_any = !new.is_empty();
        self.pages.push(new);
        is_any
    }

    fn in_order(self) -> Vec<Value> {
        self.pages.into_iter().flatten().collect()
    }
}
