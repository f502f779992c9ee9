//! What an answer, or none, means.

use std::io;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};
use secrecy::SecretString;
use serde_json::Value;

use crate::content::Content;
use crate::dns::NoSuchHost;
use crate::error::{Delivery, Error, ErrorKind, Names, Result, Surface};
use crate::proxy::Proxy;
use crate::rate_limit::RateLimit;
use crate::redact;
use crate::request::Request;
use crate::text::root_cause;

/// What a request that got no whole answer means.
pub(crate) fn connection_error(
    request: &Request,
    error: reqwest::Error,
    proxy: Option<&Proxy>,
    names: &Names,
) -> Error {
    let server = server(error.url(), names);
    let error = error.without_url();
    let mut delivery = if never_left(&error) {
        Delivery::NotSent
    } else {
        Delivery::Unknown
    };
    let mut kind = ErrorKind::Unavailable;
    let mut stopped_at_proxy = false;
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
            tls => {
                // Before the handshake is over, nothing else has been sent.
                let says = failed_handshake(tls).filter(|_| delivery == Delivery::NotSent);
                if says.is_some() {
                    kind = ErrorKind::Handshake;
                }
                let says = says.map_or_else(|| tls.to_string(), str::to_owned);
                format!("the TLS handshake failed: {says}")
            }
        }
    } else if let Some(said) = proxy.and_then(|proxy| proxy.told(&error)) {
        stopped_at_proxy = true;
        said
    } else if error.is_timeout() && delivery == Delivery::NotSent {
        let hint = proxy.map(Proxy::hint).unwrap_or_default();
        format!("no connection to {server} within the time allowed{hint}")
    } else if error.is_timeout() {
        "no answer within the time allowed".into()
    } else if error.is_connect() {
        format!("no connection to {server}: {}", no_way(&error))
    } else if error.is_builder() || error.is_redirect() {
        kind = ErrorKind::Protocol;
        format!("the request could not be made: {}", root_cause(&error))
    } else {
        format!("the connection broke: {}", root_cause(&error))
    };
    let mut failed = request.error(kind, delivery, message);
    failed.stopped_at_proxy = stopped_at_proxy;
    failed.source = Some(Box::new(error));
    failed
}

/// The server for people: its name, if it has one, and always host and port.
fn server(url: Option<&reqwest::Url>, names: &Names) -> String {
    let host = url.and_then(reqwest::Url::host_str).unwrap_or("the server");
    let port = url.and_then(reqwest::Url::port_or_known_default);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    match &names.server {
        Some(name) => format!("{name} at {host}{port}"),
        None => format!("{host}{port}"),
    }
}

/// Why there is no connection, as far as that tells what to look at.
fn no_way(error: &reqwest::Error) -> String {
    if let Some(unknown) = find::<NoSuchHost>(error) {
        return unknown.to_string();
    }
    let said = root_cause(error);
    let why = match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            "nothing listens at this port, or a firewall refuses it"
        }
        Some(io::ErrorKind::TimedOut) => "nobody answered",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "there is no way to it from here"
        }
        _ => return said,
    };
    format!("{why} ({said})")
}

/// Why no TLS comes about between this server and this client, if that is certain: it does not pass by itself.
fn failed_handshake(error: &rustls::Error) -> Option<&'static str> {
    let old = "the server speaks only a TLS older than 1.2";
    match error {
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::ServerDoesNotSupportTls12Or13,
        )
        | rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => Some(old),
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
        ) => Some("the server has no version of TLS or cipher in common with this client"),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Some("the server wants a certificate from its clients")
        }
        // A server that is asked in TLS and answers in the clear.
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Some("what listens at this port speaks no TLS")
        }
        _ => None,
    }
}

/// Why the server's certificate is not trusted, if that is what an error is about.
#[must_use]
pub fn untrusted(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    match find::<rustls::Error>(error)? {
        rustls::Error::InvalidCertificate(reason) => Some(describe(reason)),
        _ => None,
    }
}

/// Whether a request surely did not reach the server.
pub(crate) fn never_left(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}

fn describe(reason: &rustls::CertificateError) -> String {
    match reason {
        rustls::CertificateError::Other(other) => other.0.to_string(),
        // The certificate was believed before this is looked at: see `tls.rs`.
        rustls::CertificateError::BadSignature => "the server has not the key to it".into(),
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
    let content = Content::of(request, headers, body.unwrap_or_default());
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
        let (kind, what) = match content {
            _ if is_too_long => (
                ErrorKind::Malformed,
                format!(
                    "with more than {} MB, and was not read to its end",
                    request.longest / (1024 * 1024)
                ),
            ),
            Content::Json(json) => return Ok(json),
            Content::Empty => return Ok(Value::Null),
            // A console in maintenance answers so (seen in the field): it may pass.
            Content::Html(_) => (
                ErrorKind::Unavailable,
                format!(
                    "with {}: in maintenance, or not the API's address",
                    content.name(secrets)
                ),
            ),
            Content::Garbled => (
                ErrorKind::Unavailable,
                "with JSON that is cut or garbled".into(),
            ),
            Content::Compressed(_) | Content::Other(_) => (
                ErrorKind::NotTheApi,
                format!("with {}", content.name(secrets)),
            ),
        };
        return Err(fail(kind, Delivery::Unknown, format!("answered {what}")));
    }
    let said = content
        .message()
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
    let is_the_apis = content.is_an_error_of(request, code);
    let said = match (said, &content) {
        (Some(message), _) => format!("answered {code}: {message}"),
        (None, Content::Json(_) | Content::Empty | Content::Garbled) if is_the_apis => {
            format!("answered {code}")
        }
        (None, content) => format!("answered {code} with {}", content.name(secrets)),
    };
    let (kind, delivery) = match code {
        401 => (ErrorKind::Unauthorized, Delivery::Refused),
        429 => (ErrorKind::RateLimited, Delivery::Refused),
        408 | 500.. => (ErrorKind::Unavailable, Delivery::Unknown),
        300..=399 => (ErrorKind::NotTheApi, Delivery::Refused),
        _ if !is_the_apis => (ErrorKind::NotTheApi, Delivery::Refused),
        403 => (ErrorKind::Forbidden, Delivery::Refused),
        404 => (ErrorKind::NotFound, Delivery::Refused),
        _ => (ErrorKind::Rejected, Delivery::Refused),
    };
    let said = match redirect(request, headers, secrets) {
        Some(to) if status.is_redirection() => format!("answered {code}, a redirect to {to}"),
        _ => said,
    };
    Err(fail(kind, delivery, said))
}

/// Where a redirect leads, without what may be secret in an address: it is not followed, as it would take the
/// credentials along.
fn redirect(request: &Request, headers: &HeaderMap, secrets: &[SecretString]) -> Option<String> {
    let to = headers.get(LOCATION)?.to_str().ok()?.trim();
    // Whatever it is relative to: only the path shows then.
    let base = reqwest::Url::parse("https://this-server.invalid")
        .and_then(|base| base.join(&request.path))
        .ok()?;
    let to = base.join(to).ok()?;
    let path = redact::quote(to.path(), secrets);
    Some(match to.host_str() {
        Some("this-server.invalid") => format!("{path} of the same server"),
        Some(host) => {
            let port = to.port().map(|port| format!(":{port}")).unwrap_or_default();
            let host = redact::quote(host, secrets);
            format!("{}://{host}{port}{path}", to.scheme())
        }
        None => redact::quote(to.scheme(), secrets),
    })
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
    use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};

    use super::*;

    /// What comes of an answer: its JSON, or the kind of the error and what it says.
    fn understood(
        status: u16,
        headers: &[(HeaderName, &'static str)],
        body: &[u8],
    ) -> std::result::Result<Value, (ErrorKind, String)> {
        let request = Request::new("GET", "/api/3/users").list();
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        let status = StatusCode::from_u16(status).expect("a status");
        understand(&request, status, &headers.collect(), Some(body), &[])
            .map_err(|error| (error.kind, error.message))
    }

    /// Some front ends name an encoding that is none.
    #[test]
    fn json_that_can_be_read_was_not_compressed() {
        let answer = understood(200, &[(CONTENT_ENCODING, "UTF-8")], b"{\"resources\": []}");
        assert!(answer.is_ok(), "{answer:?}");
    }

    #[test]
    fn what_is_not_the_apis_is_told_as_what_it_is() {
        let html = (CONTENT_TYPE, "text/html; charset=UTF-8");
        let json = (CONTENT_TYPE, "application/json");
        let text = (CONTENT_TYPE, "text/plain");
        let page = b"<!DOCTYPE html><head><TITLE lang=en>\n 403 \n Forbidden</title>".as_slice();
        let not_the_api = ErrorKind::NotTheApi;
        for (status, headers, body, kind, said) in [
            (
                404,
                vec![html.clone()],
                page,
                not_the_api,
                "answered 404 with an HTML page titled \"403 Forbidden\"",
            ),
            (
                403,
                vec![],
                b"<html>".as_slice(),
                not_the_api,
                "answered 403 with an HTML page",
            ),
            (
                400,
                vec![html.clone()],
                page,
                not_the_api,
                "answered 400 with an HTML page titled \"403 Forbidden\"",
            ),
            (
                404,
                vec![text.clone()],
                b"404 page not found",
                not_the_api,
                "answered 404 with plain text",
            ),
            (404, vec![], b"", not_the_api, "answered 404 with nothing"),
            (
                404,
                vec![json.clone()],
                br#"{"error": "Not Found"}"#,
                not_the_api,
                "answered 404 with JSON that is not the API's",
            ),
            (
                404,
                vec![json.clone()],
                br#"{"message": "no", "links": []}"#,
                ErrorKind::NotFound,
                "answered 404: no",
            ),
            (
                403,
                vec![json.clone()],
                br#"{"links": []}"#,
                ErrorKind::Forbidden,
                "answered 403",
            ),
            (
                503,
                vec![html.clone()],
                page,
                ErrorKind::Unavailable,
                "answered 503 with an HTML page titled \"403 Forbidden\"",
            ),
            (
                401,
                vec![html.clone()],
                page,
                ErrorKind::Unauthorized,
                "answered 401 with an HTML page titled \"403 Forbidden\"",
            ),
            (
                200,
                vec![html.clone()],
                b"{}",
                ErrorKind::Unavailable,
                "answered with an HTML page: in maintenance, or not the API's address",
            ),
            (
                200,
                vec![text],
                b"OK",
                not_the_api,
                "answered with plain text",
            ),
            (
                200,
                vec![],
                b"<?xml version='1.0'?><a/>",
                not_the_api,
                "answered with XML",
            ),
            (
                200,
                vec![json.clone()],
                b"OK",
                ErrorKind::Unavailable,
                "answered with JSON that is cut or garbled",
            ),
            (
                200,
                vec![],
                b"{\"resources\": [",
                ErrorKind::Unavailable,
                "answered with JSON that is cut or garbled",
            ),
            (
                200,
                vec![json, (CONTENT_ENCODING, "gzip")],
                b"\x1F\x8B\x08",
                not_the_api,
                "answered with gzip that was not asked for, by something between that changes answers",
            ),
            (
                200,
                vec![],
                b"\x1F\x8B\x08",
                not_the_api,
                "answered with gzip that was not asked for, by something between that changes answers",
            ),
            (
                302,
                vec![html, (LOCATION, "/login.jsp?next=1")],
                page,
                not_the_api,
                "answered 302, a redirect to /login.jsp of the same server",
            ),
            (
                301,
                vec![(LOCATION, "https://u:p@sso.example.com:8443/a?token=t")],
                b"",
                not_the_api,
                "answered 301, a redirect to https://sso.example.com:8443/a",
            ),
            (304, vec![], b"", not_the_api, "answered 304"),
        ] {
            let answer = understood(status, &headers, body);
            assert_eq!(answer, Err((kind, said.to_owned())), "{status} {headers:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_in_front_of_json_is_passed_over() {
        let answer = understood(200, &[], b"\xEF\xBB\xBF{\"resources\": []}");
        assert_eq!(answer, Ok(serde_json::json!({"resources": []})));
    }

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
