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

/// What a server answered with, whatever it is.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The `content-type`, without its parameters.
    pub content_type: String,
    /// The body, as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; `None` if it is none.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.text).ok()
    }
}

/// Sends a request with any method and body; the answer, whatever its status.
pub(crate) fn request(
    method: &str,
    url: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Answer, ureq::Error> {
    let config = ureq::config::Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(60)))
        .proxy(None)
        .build();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let agent = ureq::Agent::new_with_config(config);
    let mut answer = if body.is_empty() {
        agent.run(request.body(())?)?
    } else {
        agent.run(request.body(body)?)?
    };
    let content_type = answer.headers().get("content-type");
    let content_type = content_type.map_or("", |value| value.to_str().unwrap_or_default());
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    Ok(Answer {
        status: answer.status().as_u16(),
        content_type: content_type.to_owned(),
        text: answer.body_mut().read_to_string()?,
    })
}
