//! Secrets as their owners type them.
//!
//! A password that somebody saved with a line break behind it, or as a part of something else, would be in force
//! and nobody could log in with it. One rule for every source.

use rapid7::is_hidden;

/// A secret out of a text: without a byte order mark and the line breaks around it.
///
/// # Errors
/// What is expected, without the text, where it has something in it that nobody types.
pub fn typed(text: &str) -> Result<&str, &'static str> {
    let text = text.trim_start_matches('\u{feff}');
    let text = text.trim_matches(['\r', '\n']);
    if text.is_empty() {
        return Err("expected text that is not empty");
    }
    if text.contains(['\r', '\n']) {
        return Err("expected one line, got several");
    }
    if text.contains(is_hidden) {
        return Err("expected text without control characters and others that nobody sees");
    }
    Ok(text)
}

/// The same of a text that is the secret as a whole, where JSON with the secret in it was possible, too.
///
/// # Errors
/// As [`typed`], and for what begins like JSON.
pub fn typed_whole(text: &str) -> Result<&str, &'static str> {
    let begins_like = |open: char, next: &[char]| {
        let rest = text.trim_start_matches('\u{feff}').trim_start();
        let rest = rest.strip_prefix(open).map(str::trim_start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(next))
    };
    if begins_like('{', &['"', '}']) || begins_like('[', &['"', '{', ']']) {
        return Err("it begins like JSON, and is no JSON object");
    }
    typed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_what_its_owner_types() {
        for (text, secret) in [
            ("Correct-Horse-7\n", "Correct-Horse-7"),
            ("\u{feff}Correct-Horse-7\r\n", "Correct-Horse-7"),
            ("\n\nzoë 密码 \n", "zoë 密码 "),
            ("{Xy9!", "{Xy9!"),
            ("[x]", "[x]"),
        ] {
            assert_eq!(typed_whole(text), Ok(secret), "{text:?}");
        }
        for text in [
            "",
            "\n",
            "one\ntwo",
            "one\r\ntwo\r\n",
            "a\tb",
            "a\0b",
            "a\u{200b}b",
            "a\u{feff}b",
            "a\u{202e}b",
        ] {
            assert!(typed(text).is_err(), "{text:?}");
        }
        for text in [
            "{\"password\": \"a",
            "{",
            " {\n \"password\"",
            "[\"a\"]",
            "{}",
            "\u{feff}{\"a\":",
        ] {
            assert!(
                typed_whole(text).expect_err(text).contains("JSON"),
                "{text:?}"
            );
        }
    }
}
