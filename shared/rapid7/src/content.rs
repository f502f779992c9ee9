//! What an answer holds, by what it says of itself and by what can be read in it.

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use secrecy::SecretString;
use serde_json::Value;

use crate::error::Surface;
use crate::redact;
use crate::request::Request;
use crate::without_links;

/// What an answer holds. The API answers with JSON: whoever answers with something else stands between, or is
/// somebody else.
pub(crate) enum Content {
    Json(Value),
    Empty,
    /// A page, and its title.
    Html(Option<String>),
    /// In an encoding that was not asked for.
    Compressed(String),
    /// Something that says or looks like JSON, and is none.
    Garbled,
    /// Anything else, in words.
    Other(&'static str),
}

impl Content {
    pub(crate) fn of(request: &Request, headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |name| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.trim().to_ascii_lowercase())
        };
        // Right in front of JSON it may be passed over (RFC 8259, section 8.1).
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let text = body.trim_ascii();
        if text.is_empty() {
            return Self::Empty;
        }
        let encoding = header(CONTENT_ENCODING).filter(|encoding| encoding != "identity");
        let encoding = encoding.filter(|encoding| !encoding.is_empty());
        if body.starts_with(&[0x1F, 0x8B]) {
            return Self::Compressed(encoding.unwrap_or_else(|| "gzip".into()));
        }
        let json = match request.is_list {
            true => without_links::parse(body).ok(),
            false => serde_json::from_slice(body).ok(),
        };
        let said = header(CONTENT_TYPE).unwrap_or_default();
        match json {
            // A page that says that it is one is no answer, whatever else can be read in it.
            _ if said.contains("html") => Self::Html(title(text)),
            // Some name an encoding that is none: what can be read was not compressed.
            Some(json) => Self::Json(json),
            None if encoding.is_some() => Self::Compressed(encoding.unwrap_or_default()),
            None if text.starts_with(b"<?xml") => Self::Other("XML"),
            None if text.starts_with(b"<") => Self::Html(title(text)),
            None if body.starts_with(&[0xFF, 0xFE]) || body.starts_with(&[0xFE, 0xFF]) => {
                Self::Other("text in UTF-16")
            }
            None if said.contains("json") || text.starts_with(b"{") || text.starts_with(b"[") => {
                Self::Garbled
            }
            None if said.starts_with("text/") => Self::Other("plain text"),
            None => Self::Other("something that is no JSON"),
        }
    }

    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Json(json) => json.get("message")?.as_str(),
            _ => None,
        }
    }

    /// What it is, for a person.
    pub(crate) fn name(&self, secrets: &[SecretString]) -> String {
        match self {
            Self::Html(Some(title)) => {
                format!("an HTML page titled \"{}\"", redact::quote(title, secrets))
            }
            Self::Html(None) => "an HTML page".into(),
            Self::Compressed(encoding) => format!(
                "{} that was not asked for, by something between that changes answers",
                redact::quote(encoding, secrets)
            ),
            Self::Other(what) => (*what).into(),
            Self::Json(_) => "JSON that is not the API's".into(),
            Self::Empty => "nothing".into(),
            Self::Garbled => "JSON that is cut or garbled".into(),
        }
    }

    /// Whether a refusal with this content may be the API's own. Somebody else's 403 or 404 would be taken for a
    /// word about a privilege or an account, so there a console has to sound like one: it says what is wrong, or
    /// has links (vendor API file). Of the platform nothing more is known than that it answers with objects.
    pub(crate) fn is_an_error_of(&self, request: &Request, code: u16) -> bool {
        match (self, request.surface) {
            (Self::Json(Value::Object(members)), Surface::Console) if matches!(code, 403 | 404) => {
                members.contains_key("message") || members.contains_key("links")
            }
            (Self::Json(json), _) => json.is_object(),
            // A list is always there, and a console that will not show it says so.
            (Self::Empty, Surface::Console) if matches!(code, 403 | 404) => !request.is_for_list(),
            (Self::Empty, _) => true,
            _ => false,
        }
    }
}

/// The title of a page, in one line.
fn title(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(&page[..page.len().min(LOOKED_THROUGH)]);
    // Of the same length, so that places in one are places in the other.
    let lower = page.to_ascii_lowercase();
    let begin = lower.find("<title")?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let end = begin + lower[begin..].find('<')?;
    let words: Vec<&str> = page[begin..end].split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// How far into a page its title is looked for.
const LOOKED_THROUGH: usize = 16 * 1024;
