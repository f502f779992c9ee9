//! Texts of servers and callers, made fit to be seen by people.

/// The text with every character escaped as in JSON, `\u202e`, that a reader would not see or that shows
/// others elsewhere than they are: a name must not move a cursor, nor look like another one.
#[must_use]
pub fn printable(text: &str) -> String {
    escaped(text, is_hidden)
}

/// The same of a text of several lines: these stay. JSON stays the same JSON.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    escaped(text, |c| c != '\n' && is_hidden(c))
}

/// The cause behind all others, in its own words.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn escaped(text: &str, hides: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character controls, changes the writing direction, ends a line, or is not seen at all
/// (Unicode's `Default_Ignorable_Code_Point`). Letters that are written from right to left are letters.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_escaped_and_letters_are_letters() {
        for (text, shown) in [
            ("a\u{1b}[2J\u{9b}b\n", r"a\u001b[2J\u009bb\u000a"),
            (
                "user\u{202e}nimda\u{2066}\u{200b}",
                r"user\u202enimda\u2066\u200b",
            ),
            ("\u{feff}\u{2028}\u{e0041}", r"\ufeff\u2028\udb40\udc41"),
            ("DOMAIN\\zoë", "DOMAIN\\zoë"),
            ("محمد אבי 由紀", "محمد אבי 由紀"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let json =
            serde_json::json!({"login": "a\u{202e}b\u{7f}\u{9b}\n\u{e0041}", "é": ["\u{200d}"]});
        let shown = printable_lines(&format!("{json:#}"));
        assert_eq!(shown.lines().count(), 6);
        assert!(!shown.contains(|c| c != '\n' && is_hidden(c)), "{shown}");
        let read: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(read, json);
    }
}
