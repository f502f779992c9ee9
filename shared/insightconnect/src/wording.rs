//! Titles and descriptions in the vendor's style, which its validators insist on: plain ASCII, no
//! full stop at the end, acronyms in capitals, none of the characters that its tools stumble over.

use actions::ALL;

/// Words that are written in capitals, among those that occur.
const ACRONYMS: [&str; 13] = [
    "api", "ca", "csv", "html", "id", "json", "sha256", "ssl", "tls", "uri", "url", "utc", "uuid",
];

/// The words that the vendor takes for an acronym and that are none here, with one that means the
/// same.
const MISTAKEN: [(&str, &str); 1] = [("rest", "remainder")];

/// A title of a snake_case name.
#[must_use]
pub fn title(name: &str) -> String {
    const SMALL: [&str; 9] = ["a", "and", "by", "for", "from", "in", "of", "on", "to"];
    let word = |(index, word): (usize, &str)| match word {
        "ids" => "IDs".to_owned(),
        "insightvm" => "InsightVM".to_owned(),
        _ if ACRONYMS.contains(&word) => word.to_uppercase(),
        _ if index > 0 && SMALL.contains(&word) => word.to_owned(),
        _ => capitalized(word),
    };
    let words = name.split(['_', '-']).enumerate().map(word);
    words.collect::<Vec<_>>().join(" ")
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// A description of a field, type, action or task.
#[must_use]
pub(super) fn sentence(text: &str) -> String {
    let words: Vec<String> = ascii(text).split_whitespace().map(word).collect();
    capitalized(words.join(" ").trim_end_matches('.'))
}

fn word(word: &str) -> String {
    if let Some((_, instead)) = MISTAKEN.iter().find(|(mistaken, _)| *mistaken == word) {
        return (*instead).to_owned();
    }
    // As an identifier, "id" is a word like any other.
    if word != "id" && ACRONYMS.contains(&word) {
        return word.to_uppercase();
    }
    // Operations are called as actions are here.
    let names = ALL.iter().map(|entry| entry.operation.spec.name);
    let mentioned = names.filter(|name| name.contains('-') && word.contains(name));
    match mentioned.max_by_key(|name| name.len()) {
        Some(name) => word.replace(name, &name.replace('-', "_")),
        None => word.to_owned(),
    }
}

/// A text in ASCII. What is in quotes is in backticks then: the vendor's tools do not survive both
/// kinds of quotes in one text.
#[must_use]
pub(super) fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut in_code = false;
    for character in text.chars() {
        match character {
            '–' | '—' => plain.push('-'),
            '…' => plain.push_str("..."),
            '→' => plain.push_str("->"),
            '×' => plain.push('x'),
            '‘' | '’' => plain.push('\''),
            '“' | '”' | '"' if !in_code => plain.push('`'),
            '“' | '”' | '"' => {}
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            other => {
                in_code ^= other == '`';
                plain.push(other);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_written_as_the_vendor_writes_them() {
        for (name, expected) in [
            ("user_id", "User ID"),
            ("key_ids", "Key IDs"),
            ("password_reset_on_login", "Password Reset on Login"),
            ("list_platform_api_keys", "List Platform API Keys"),
        ] {
            assert_eq!(title(name), expected);
        }
    }

    #[test]
    fn descriptions_are_plain() {
        for (text, expected) in [
            (
                "the url is a × b… – and the rest",
                "The URL is a x b... - and the remainder",
            ),
            ("A record with \"audit\".", "A record with `audit`"),
            ("With `\"audit\": 1`.", "With `audit: 1`"),
            (
                "A lock stays: see `unlock-user`.",
                "A lock stays: see `unlock_user`",
            ),
        ] {
            assert_eq!(sentence(text), expected);
        }
    }
}
