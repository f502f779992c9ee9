//! What an answer, or none, means.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use secrecy::SecretString;
use serde_json::Value;

use crate::error::{Delivery, Error, ErrorKind, Result, Surface};
use crate::rate_limit::RateLimit;
use crate::redact;
use crate::request::Request;
use crate::without_links;

/// What a request that got no whole answer means.
pub(crate) fn connection_error(request: &Request, error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut delivery = if never_left(&error) {
        Delivery::NotSent
    } else {
        Delivery::Unknown
    };
    let mut kind = ErrorKind::Unavailable;
    let message = if let Some(tls) = find::<rustls::Error>(&error) {
        match tls {
            rustls::Error::InvalidCertificate(reason) => {
                kind = ErrorKind::Certificate;
                delivery = Delivery::NotSent;
                format!(
                    "the server's certificate is not trusted: {}",
                    describe(reason)
                )
            }
            tls => format!("the TLS handshake failed: {tls}"),
        }
    } else if error.is_timeout() && delivery == Delivery::NotSent {
        "no connection within the time allowed".into()
    } else if error.is_timeout() {
        "no answer within the time allowed".into()
    } else if error.is_connect() {
        format!("no connection: {}", root_cause(&error))
    } else if error.is_builder() || error.is_redirect() {
        kind = ErrorKind::Protocol;
        format!("the request could not be made: {}", root_cause(&error))
    } else {
        format!("the connection broke: {}", root_cause(&error))
    };
    let mut failed = request.error(kind, delivery, message);
    failed.source = Some(Box::new(error));
    failed
}

/// Whether a request surely did not reach the server.
pub(crate) fn never_left(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}

fn describe(reason: &rustls::CertificateError) -> String {
    match reason {
        rustls::CertificateError::Other(other) => other.0.to_string(),
        reason => reason.to_string(),
    }
}

/// The first error of type `T` among an error and its sources. rustls' errors travel inside
/// `io::Error`, whose `source` skips the error that it wraps.
fn find<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = match error.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    None
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// Reads an answer's body, piece by piece and no more than `longest` bytes of it. `None` if there is more,
/// or if it says so itself: then the rest is left where it is, and the connection ends.
///
/// # Errors
/// When the answer breaks off.
pub async fn read_body(
    mut response: reqwest::Response,
    longest: usize,
) -> reqwest::Result<Option<Vec<u8>>> {
    let told = response.content_length().unwrap_or_default();
    if usize::try_from(told).is_ok_and(|told| told <= longest) {
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            if piece.len() > longest - body.len() {
                return Ok(None);
            }
            body.extend_from_slice(&piece);
        }
        return Ok(Some(body));
    }
    Ok(None)
}

/// What an answer means: its JSON, `Null` if it is empty, or an error fit to show. `body` is `None` if it
/// was too long to be read.
pub(crate) fn understand(
    request: &Request,
    status: StatusCode,
    headers: &HeaderMap,
    body: Option<&[u8]>,
    secrets: &[SecretString],
) -> Result<Value> {
    let is_too_long = body.is_none();
    // What an error says beyond that is of no use; that it is one counts.
    let body = body.unwrap_or_default();
    let said_html = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("html"));
    let html = match body.trim_ascii_start() {
        [] => false,
        text => said_html || text.starts_with(b"<"),
    };
    let json: Option<Value> = match request.is_list {
        true => without_links::parse(body).ok(),
        false => serde_json::from_slice(body).ok(),
    };
    let code = status.as_u16();
    let fail = |kind, delivery, message: String| {
        let mut error = request.error(kind, delivery, message);
        error.status = Some(code);
        error.retry_after = retry_after(headers);
        error.correlation_id = correlation_id(headers);
        if code == 429 && error.retry_after.is_none() {
            error.retry_after = RateLimit::told(headers).map(|limit| limit.reset);
        }
        error
    };
    if status.is_success() {
        return match json {
            _ if is_too_long => Err(fail(
                ErrorKind::Malformed,
                Delivery::Unknown,
                format!(
                    "answered with more than {} MB, and was not read to its end",
                    request.longest / (1024 * 1024)
                ),
            )),
            _ if html => Err(fail(
                ErrorKind::Unavailable,
                Delivery::Unknown,
                "answered with an HTML page: in maintenance, or not the API's address".into(),
            )),
            Some(json) => Ok(json),
            None if body.trim_ascii().is_empty() => Ok(Value::Null),
            None => Err(fail(
                ErrorKind::Unavailable,
                Delivery::Unknown,
                "answered with JSON that is cut or garbled".into(),
            )),
        };
    }
    let said = json
        .as_ref()
        .and_then(|json| json.get("message"))
        .and_then(Value::as_str)
        .map(|message| redact::quote(message, secrets))
        .filter(|message| !message.is_empty());
    let said = match mistaken_for(request.surface, code, headers) {
        Some(hint) => Some(
            format!("{} ({hint})", said.unwrap_or_default())
                .trim()
                .into(),
        ),
        None => said,
    };
    let said = match (&said, html) {
        (Some(message), _) => format!("answered {code}: {message}"),
        (None, true) => format!("answered {code} with an HTML page"),
        (None, false) => format!("answered {code}"),
    };
    let (kind, delivery) = match code {
        401 => (ErrorKind::Unauthorized, Delivery::Refused),
        403 => (ErrorKind::Forbidden, Delivery::Refused),
        404 => (ErrorKind::NotFound, Delivery::Refused),
        429 => (ErrorKind::RateLimited, Delivery::Refused),
        300..=399 => (ErrorKind::Protocol, Delivery::Refused),
        408 | 500.. => (ErrorKind::Unavailable, Delivery::Unknown),
        _ => (ErrorKind::Rejected, Delivery::Refused),
    };
    Err(fail(kind, delivery, said))
}

/// Whom the answer seems to be from, if it is not from whom was asked: the guide calls
/// authentication mismatches between the two surfaces the most common failure.
fn mistaken_for(surface: Surface, code: u16, headers: &HeaderMap) -> Option<&'static str> {
    let asks_for_basic = headers
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().starts_with("basic"));
    match surface {
        _ if code != 401 => None,
        Surface::Platform if asks_for_basic => Some(
            "this server asks for a user name and a password: it looks like a console, not the \
             Insight Platform, and takes no API key",
        ),
        Surface::Console if headers.contains_key(CORRELATION_ID) => Some(
            "this looks like the Insight Platform, not a console: it takes an API key, no user name \
             and password",
        ),
        _ => None,
    }
}

const CORRELATION_ID: &str = "r7-correlation-id";

/// The platform's name for a request, if it is fit to show.
pub(crate) fn correlation_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(CORRELATION_ID)?.to_str().ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (id.len() <= 64 && !id.is_empty() && id.chars().all(fits)).then(|| id.to_owned())
}

/// `Retry-After` in seconds, at most an hour. Its other form, a date, is not worth a clock that
/// may be wrong: it counts as absent.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let seconds: f64 = value.trim().parse().ok()?;
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(3600.0)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn an_absurd_retry_after_is_capped_and_a_date_counts_as_none() {
        let header = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            retry_after(&headers)
        };
        assert_eq!(header("2"), Some(Duration::from_secs(2)));
        assert_eq!(header("1e300"), Some(Duration::from_secs(3600)));
        assert_eq!(header("-1"), None);
        assert_eq!(header("NaN"), None);
        assert_eq!(header("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
