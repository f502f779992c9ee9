//! What lists look like: bare, or `data` in pages with `metadata`.

use std::ops::Range;

use serde::Serialize;
use serde_json::json;

use super::routes::as_json;
use super::state::{IndexCounts, Lists, PlatformState};
use crate::answer::{Outcome, Problem};
use crate::extract::Parameters;

/// As the vendor's own client asks for managed organizations.
const DEFAULT_SIZE: usize = 20;

pub(crate) fn number(query: &Parameters, name: &str, default: usize) -> Result<usize, Problem> {
    let asked = query.iter().find(|(key, _)| key == name);
    asked.map_or(Ok(default), |(_, text)| {
        let invalid = |_| Problem::bad(format!("The parameter {name} is not valid."));
        text.parse().map_err(invalid)
    })
}

/// Which of `total` entries that page has.
pub(crate) fn page(state: &PlatformState, index: usize, size: usize, total: usize) -> Range<usize> {
    let begin = match state.index_counts {
        IndexCounts::Pages => index.saturating_mul(size),
        IndexCounts::Entries => index,
    };
    let begin = begin.min(total);
    begin..(begin.saturating_add(size)).min(total)
}

/// A list of the account API.
pub(crate) fn list(
    state: &PlatformState,
    query: &Parameters,
    entries: &[impl Serialize],
) -> Outcome {
    if state.lists == Lists::Bare {
        return Ok(as_json(200, &entries));
    }
    let index = number(query, "index", 0)?;
    let size = number(query, "size", DEFAULT_SIZE)?;
    if size == 0 {
        return Err(Problem::bad("The parameter size is not valid."));
    }
    let total = entries.len();
    let answer = json!({
        "data": entries[page(state, index, size, total)],
        "metadata": {
            "index": index,
            "size": size,
            "total_data": total,
            "total_pages": total.div_ceil(size),
        },
    });
    Ok(as_json(200, &answer))
}
