//! Requests to the servers that this crate starts.

use std::time::Duration;

use serde_json::Value;

/// Posts JSON; the status and the JSON of any answer.
pub(crate) fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Result<(u16, Value), ureq::Error> {
    let request = ureq::post(url)
        .config()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        // What the environment names is for other hosts than this one.
        .proxy(None)
        .build();
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let mut answer = request.send(body.to_string())?;
    let status = answer.status().as_u16();
    Ok((status, answer.body_mut().read_json()?))
}
