//! The list of users that the guide has: `data` in pages, and `metadata`.

use serde_json::json;

use super::Platform;
use super::lists::{number, page};
use super::routes::as_json;
use crate::answer::{Outcome, Problem};
use crate::extract::Parameters;

/// What the guide's own example asks for.
const DEFAULT_SIZE: usize = 100;

pub(crate) async fn list(platform: Platform, query: Parameters) -> Outcome {
    let state = platform.state();
    let index = number(&query, "index", 0)?;
    let size = number(&query, "size", DEFAULT_SIZE)?;
    if !(1..=state.vm_users_max_page).contains(&size) {
        return Err(Problem::bad("The parameter size is not valid."));
    }
    let total = state.vm_users.len();
    let answer = json!({
        "data": state.vm_users[page(&state, index, size, total)],
        "metadata": {
            "index": index,
            "size": size,
            "totalPages": total.div_ceil(size),
            "totalResources": total,
        },
    });
    Ok(as_json(200, &answer))
}
