//! Pages: zero-based, ten by default, at most five hundred (vendor API file and guide).

use std::ops::Range;

use serde::Serialize;

use super::answer::{Link, as_list};
use super::state::State;
use crate::answer::{Outcome, Problem};
use crate::extract::Parameters;

/// The `page` member of a paged list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    number: usize,
    size: usize,
    /// The guide's example of a user's sites has no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_pages: Option<usize>,
    total_resources: usize,
}

/// `{resources, page, links}`: a paged list.
#[derive(Debug, Serialize)]
struct Page<'a, T> {
    resources: &'a [T],
    page: &'a PageInfo,
    links: Vec<Link>,
}

fn number(query: &Parameters, name: &str, least: usize) -> Result<Option<usize>, Problem> {
    let Some((_, text)) = query.iter().find(|(key, _)| key == name) else {
        return Ok(None);
    };
    text.parse()
        .ok()
        .filter(|value| *value >= least)
        .map(Some)
        .ok_or_else(|| Problem::bad(format!("The parameter {name} is not valid.")))
}

/// Which of `total` resources the request asks for. Past the end there is nothing: 404.
pub(crate) fn window(
    state: &State,
    query: &Parameters,
    total: usize,
) -> Result<(Range<usize>, PageInfo), Problem> {
    let page = number(query, "page", 0)?.unwrap_or(0);
    let size = number(query, "size", 1)?.unwrap_or(state.default_page_size);
    let size = size.clamp(1, state.max_page_size.max(1));
    let pages = total.div_ceil(size);
    if page > 0 && page >= pages {
        return Err(Problem::not_found());
    }
    let start = page * size;
    let info = PageInfo {
        number: page,
        size,
        total_pages: Some(pages),
        total_resources: total,
    };
    Ok((start..(start + size).min(total), info))
}

/// The answer for one page, with links to the pages around it.
pub(crate) fn answer<T: Serialize>(
    state: &State,
    path: &str,
    resources: &[T],
    info: &PageInfo,
) -> Outcome {
    let last = info.total_resources.div_ceil(info.size).saturating_sub(1);
    let to = |number: usize, rel| {
        let path = format!("{}?page={number}&size={}", path, info.size);
        Link::new(state, &path, rel)
    };
    let mut links = vec![to(0, "first"), to(info.number, "self")];
    if info.number > 0 {
        links.push(to(info.number - 1, "prev"));
    }
    if info.number < last {
        links.push(to(info.number + 1, "next"));
    }
    links.push(to(last, "last"));
    let page = Page {
        resources,
        page: info,
        links,
    };
    Ok(as_list(state, &page))
}
