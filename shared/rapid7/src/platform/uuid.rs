//! What users and organizations are named by.

/// The UUID in lower case; `None` for anything else.
pub(super) fn uuid(text: &str) -> Option<String> {
    let groups = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    let fits = groups.iter().all(|length| {
        let part = parts.next().unwrap_or_default();
        part.len() == *length && part.bytes().all(|b| b.is_ascii_hexdigit())
    });
    (fits && parts.next().is_none()).then(|| text.to_ascii_lowercase())
}
