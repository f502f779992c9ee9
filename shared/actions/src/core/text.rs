//! How texts of callers and servers are read, compared and shown.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use rapid7::is_hidden;

use crate::core::error::{Error, Result};

/// Text with content, no spaces around it and no control characters in it: " jdoe" is more likely a
/// mistake than a login, and no line break is part of one.
pub(crate) fn solid(field: &str, text: &str) -> Result<String> {
    if text.is_empty() || text.trim() != text {
        return Err(Error::invalid_input(
            field,
            "expected text that is not empty and has no spaces around it",
        ));
    }
    if text.contains(char::is_control) {
        return Err(Error::invalid_input(
            field,
            "expected text without line breaks and other control characters",
        ));
    }
    Ok(text.to_owned())
}

/// A login: what nobody sees is part of none.
pub(crate) fn as_login(field: &str, text: &str) -> Result<String> {
    let text = solid(field, text)?;
    match text.contains(is_hidden) {
        true => Err(Error::invalid_input(
            field,
            "expected a login without characters that nobody sees",
        )),
        false => Ok(text),
    }
}

/// One email address and nothing else. What is none is nobody's: a search for it would find nobody, and look
/// like the proof that somebody is gone.
pub(crate) fn as_address(field: &str, text: &str) -> Result<String> {
    let text = solid(field, text)?;
    match why_no_address(&text) {
        None => Ok(text),
        Some(why) => Err(Error::invalid_input(
            field,
            &format!(
                "expected one email address, such as jdoe@example.com, and nothing else: {why}"
            ),
        )),
    }
}

fn why_no_address(text: &str) -> Option<&'static str> {
    let odd =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '\\');
    let of_a_host = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_') || is_mark(c);
    if text.contains(is_hidden) {
        return Some("it has characters that nobody sees");
    }
    let Some((local, domain)) = text.split_once('@') else {
        return Some("it has no @");
    };
    if domain.contains('@') {
        return Some("it has more than one @");
    }
    if text.contains(odd) {
        return Some("it has spaces, brackets or quotation marks");
    }
    if text.contains([',', ';', ':']) {
        return Some("it has a comma, a semicolon or a colon");
    }
    if local.is_empty() || domain.split('.').any(str::is_empty) {
        return Some("something is missing before or after the @");
    }
    (!domain.chars().all(of_a_host)).then_some("what follows the @ is no name of a domain")
}

/// Marks that stand on a letter, where the two are not one character.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// What texts have in common that are the same but for upper and lower case, blanks around them, and how
/// Unicode puts letters together (NFC). A letter that becomes another alphabet's by that, such as the sign
/// for kelvin, stays what it is: whoever looks like somebody is not that person.
pub(crate) fn key(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let mut key = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| becomes_ascii(*c)) {
        key.push_str(&nfc.normalize(&nfc.normalize(&rest[..at]).to_lowercase()));
        key.push(c);
        rest = &rest[at + c.len_utf8()..];
    }
    key.push_str(&nfc.normalize(&nfc.normalize(rest).to_lowercase()));
    key
}

fn becomes_ascii(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    c.to_lowercase().all(|c| c.is_ascii()) || nfc.normalize(c.encode_utf8(&mut [0; 4])).is_ascii()
}

/// What texts have in common that look alike: what nobody sees is left out, and letters of other widths and
/// shapes are the plain ones (NFKC). Good for a doubt, and never for more.
pub(crate) fn looks(text: &str) -> String {
    if text.is_ascii() && !text.contains(is_hidden) {
        return text.trim().to_ascii_lowercase();
    }
    let seen: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let folded = nfkc.normalize(&seen).to_lowercase();
    // The Turkish letters, one without its dot and one with two.
    let folded = folded.replace('ı', "i").replace("i\u{307}", "i");
    nfkc.normalize(folded.trim()).into_owned()
}

/// Whether two email addresses are the same: see [`key`].
pub(crate) fn same_email(a: &str, b: &str) -> bool {
    key(a) == key(b)
}

/// Text without characters that nobody sees: a login must not move the cursor of whoever reads about it,
/// nor look like another one.
pub(crate) fn printable(text: &str) -> String {
    rapid7::printable(text)
}

/// A value that no spreadsheet takes for a formula, neither at its beginning nor behind a semicolon:
/// where the comma is the decimal sign, a spreadsheet may take that for the end of a cell.
#[must_use]
pub fn no_formula(value: &str) -> String {
    let parts: Vec<Cow<'_, str>> = value.split(';').map(no_formula_in).collect();
    parts.join(";")
}

fn no_formula_in(value: &str) -> Cow<'_, str> {
    // Some spreadsheets pass over spaces in front of a formula.
    let starts_formula = value.starts_with(['\t', '\r', '\n'])
        || value.trim_start().starts_with(['=', '+', '-', '@']);
    if starts_formula {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_and_nothing_else() {
        for text in [
            "jdoe@example.com",
            "JDoe+admin@Sub.Example.COM",
            "o'neill_s@example.com",
            "zoë@exämple.com",
            "zoe\u{308}@exa\u{308}mple.com",
            "root@localhost",
        ] {
            assert_eq!(as_address("email", text).expect(text), text);
        }
        for (text, why) in [
            ("User Eleven <user11@example.com>", "spaces, brackets"),
            ("<user11@example.com>", "spaces, brackets"),
            ("\"user11\"@example.com", "spaces, brackets"),
            (
                "mailto:user11@example.com",
                "a comma, a semicolon or a colon",
            ),
            ("user11@example.com,user12@example.com", "more than one @"),
            ("user11@example.com user12@example.com", "more than one @"),
            ("user11@user12@example.com", "more than one @"),
            ("user11,user12@example.com", "a comma"),
            ("user11@example.com;", "a comma, a semicolon"),
            ("user\u{200b}11@example.com", "nobody sees"),
            ("\u{feff}user11@example.com", "nobody sees"),
            ("user11\u{a0}x@example.com", "spaces"),
            ("user11", "no @"),
            ("@example.com", "missing"),
            ("user11@", "missing"),
            ("user11@example.", "missing"),
            ("user11@example..com", "missing"),
            ("user11@example.com/x", "no name of a domain"),
        ] {
            let told = as_address("email", text).expect_err(text).message;
            assert!(
                told.contains(why) && !told.contains("user1"),
                "{text}: {told}"
            );
        }
        for text in ["", " user11@example.com", "user11@example.com\n"] {
            assert!(as_address("email", text).is_err(), "{text:?}");
        }
        assert!(as_login("login", "CORP\\zoë").is_ok());
        assert!(as_login("login", "user\u{200d}11").is_err());
    }

    #[test]
    fn the_same_address_is_the_same_however_unicode_puts_its_letters_together() {
        for (a, b) in [
            ("ZOË@example.com", "zoe\u{308}@Example.com"),
            ("Ωmega@example.com", "ωmega@example.com"),
            (" jdoe@example.com", "JDOE@example.com\t"),
        ] {
            assert!(same_email(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("mi\u{212a}e@example.com", "mike@example.com"),
            ("\u{212a}\u{212a}@example.com", "kk@example.com"),
            ("ba\u{17f}s@example.com", "bass@example.com"),
            ("ｊdoe@example.com", "jdoe@example.com"),
            ("j\u{200b}doe@example.com", "jdoe@example.com"),
            ("İstanbul@example.com", "istanbul@example.com"),
        ] {
            assert!(!same_email(a, b), "{a} {b}");
            assert_eq!(looks(a), looks(b), "{a} {b}");
        }
        assert_ne!(looks("zoë"), looks("zoe"));
    }
}
