//! Where a text has a secret, in whatever way a server may have spelled it: a server that quotes a
//! request quotes it as JSON, as HTML, as an address, or as one inside the other.

use std::ops::Range;

use secrecy::{ExposeSecret as _, SecretString};

/// How often what was read once is read again: HTML that quotes JSON that quotes an address.
const DEEPEST: usize = 3;

/// A character, and the part of the text that it was read from.
#[derive(Clone)]
struct Read {
    c: char,
    at: Range<usize>,
}

/// Reads one escaped character at the beginning, and tells how many characters it took.
type Reader = fn(&[Read]) -> Option<(char, usize)>;

const READERS: [Reader; 4] = [html, address, form, string];

/// The parts of a text that are a secret, in order; none begins inside another.
pub(crate) fn places(text: &[char], secrets: &[SecretString]) -> Vec<Range<usize>> {
    let secrets: Vec<Vec<char>> = secrets
        .iter()
        .map(|secret| secret.expose_secret().chars().collect())
        .filter(|secret: &Vec<char>| !secret.is_empty())
        .collect();
    let mut found = Vec::new();
    let plain = text.iter().enumerate();
    let mut readings: Vec<Vec<Read>> = vec![
        plain
            .map(|(at, c)| Read {
                c: *c,
                at: at..at + 1,
            })
            .collect(),
    ];
    for depth in 0..=DEEPEST {
        let mut deeper = Vec::new();
        for reading in &readings {
            for secret in &secrets {
                find(reading, secret, &mut found);
            }
            if depth < DEEPEST {
                deeper.extend(READERS.iter().filter_map(|reader| read(reading, *reader)));
            }
        }
        readings = deeper;
    }
    found.sort_by_key(|place| (place.start, place.end));
    let mut places: Vec<Range<usize>> = Vec::new();
    for place in found {
        match places.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => places.push(place),
        }
    }
    places
}

fn find(reading: &[Read], secret: &[char], found: &mut Vec<Range<usize>>) {
    for window in reading.windows(secret.len()) {
        if window.iter().map(|read| &read.c).eq(secret) {
            found.push(window[0].at.start..window[window.len() - 1].at.end);
        }
    }
}

/// The same text without its escapes of one kind, or `None` if it has none.
fn read(text: &[Read], reader: Reader) -> Option<Vec<Read>> {
    let mut reading = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (c, length) = reader(rest).unwrap_or((first.c, 1));
        let at = first.at.start..rest[length - 1].at.end;
        reading.push(Read { c, at });
        rest = &rest[length..];
    }
    let differs = reading.len() != text.len() || reading.iter().zip(text).any(|(a, b)| a.c != b.c);
    differs.then_some(reading)
}

/// So many hexadecimal digits as a number.
fn hexadecimal(digits: Option<&[Read]>) -> Option<u32> {
    let mut digits = digits?.iter();
    digits.try_fold(0, |number, digit| Some(number * 16 + digit.c.to_digit(16)?))
}

/// `&amp;`, `&#38;`, `&#x26;`.
fn html(text: &[Read]) -> Option<(char, usize)> {
    /// The longest name, and a number with many zeros before it.
    const LONGEST: usize = 16;
    if text.first()?.c != '&' {
        return None;
    }
    let inside = &text[1..text.len().min(LONGEST)];
    if inside.first()?.c != '#' {
        let end = inside.iter().position(|read| read.c == ';')?;
        let name: String = inside[..end].iter().map(|read| read.c).collect();
        return Some((named(&name)?, end + 2));
    }
    let (radix, digits) = match inside.get(1)?.c {
        'x' | 'X' => (16, &inside[2..]),
        _ => (10, &inside[1..]),
    };
    let count = digits
        .iter()
        .take_while(|read| read.c.is_digit(radix))
        .count();
    let number: String = digits[..count].iter().map(|read| read.c).collect();
    let c = char::from_u32(u32::from_str_radix(&number, radix).ok()?)?;
    // The semicolon may be missing.
    let ended = usize::from(digits.get(count).is_some_and(|read| read.c == ';'));
    Some((c, 1 + inside.len() - digits.len() + count + ended))
}

/// The names of HTML for what a password may hold: punctuation and the letters of Latin-1.
fn named(name: &str) -> Option<char> {
    const PUNCTUATION: &str = "amp& lt< gt> quot\" apos' excl! num# dollar$ percnt% lpar( rpar) ast* \
        plus+ comma, period. sol/ colon: semi; equals= quest? commat@ lsqb[ lbrack[ bsol\\ rsqb] rbrack] \
        Hat^ lowbar_ grave` lcub{ lbrace{ verbar| vert| rcub} rbrace}";
    const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr \
        deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest \
        Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc \
        Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute \
        THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave \
        iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc \
        uuml yacute thorn yuml";
    let mark = PUNCTUATION.split_whitespace().find_map(|entry| {
        let mut rest = entry.chars();
        let mark = rest.next_back()?;
        (rest.as_str() == name).then_some(mark)
    });
    if mark.is_some() {
        return mark;
    }
    let place = LATIN.split_whitespace().position(|known| known == name)?;
    char::from_u32(0xa0 + u32::try_from(place).ok()?)
}

/// `%26`, of UTF-8 or of Latin-1.
fn address(text: &[Read]) -> Option<(char, usize)> {
    let byte = |place: usize| {
        let escape = text.get(place * 3..place * 3 + 3)?;
        let number = (escape[0].c == '%').then(|| hexadecimal(escape.get(1..)))?;
        u8::try_from(number?).ok()
    };
    let first = byte(0)?;
    let mut bytes = vec![first];
    for place in 1..4 {
        if let Ok(decoded) = std::str::from_utf8(&bytes) {
            return Some((decoded.chars().next()?, place * 3));
        }
        let Some(next) = byte(place) else { break };
        bytes.push(next);
    }
    match std::str::from_utf8(&bytes) {
        Ok(decoded) => Some((decoded.chars().next()?, bytes.len() * 3)),
        Err(_) => Some((first.into(), 3)),
    }
}

/// The same in what a form sends, where a space is a plus sign.
fn form(text: &[Read]) -> Option<(char, usize)> {
    match text.first()?.c {
        '+' => Some((' ', 1)),
        _ => address(text),
    }
}

/// `\\u0026`, `\\x26`, `\\"`, of JSON and its relatives.
fn string(text: &[Read]) -> Option<(char, usize)> {
    if text.first()?.c != '\\' {
        return None;
    }
    let unit = |at: usize| {
        let begins = text.get(at)?.c == '\\' && text.get(at + 1)?.c == 'u';
        begins.then(|| hexadecimal(text.get(at + 2..at + 6)))?
    };
    let c = match text.get(1)?.c {
        'u' => {
            let first = unit(0)?;
            let second = unit(6).and_then(|second| u16::try_from(second).ok());
            let units = [Some(u16::try_from(first).ok()?), second];
            let mut decoded = char::decode_utf16(units.into_iter().flatten());
            let c = decoded.next()?.ok()?;
            return Some((c, 6 * c.len_utf16()));
        }
        'x' => return Some((char::from_u32(hexadecimal(text.get(2..4))?)?, 4)),
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        c @ ('"' | '\'' | '/' | '\\') => c,
        _ => return None,
    };
    Some((c, 2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str, secret: &str) -> Vec<(usize, usize)> {
        let text: Vec<char> = text.chars().collect();
        let places = places(&text, &[secret.into()]).into_iter();
        places.map(|place| (place.start, place.end)).collect()
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        for (text, secret) in [
            ("p&amp;ss&lt;1&#39;&quot;", "p&ss<1'\""),
            ("p&#38;ss&#x3C;1&#039;&#X22;", "p&ss<1'\""),
            ("p&#38ss&#x3c&excl;", "p&ss<!"),
            ("p%26ss+w%c3%B6rd%21", "p&ss wörd!"),
            ("p%26ss%20w%F6rd!", "p&ss wörd!"),
            ("a+b%21", "a+b!"),
            (r#"p\u0026\"\\\/\x41\u00f6\ud83d\ude00"#, "p&\"\\/Aö😀"),
            ("p\\&quot;w&ouml;rd", "p\"wörd"),
            ("p%2526ss", "p&ss"),
            ("&amp;lt;p", "<p"),
            ("%5Cu0026x", "&x"),
            ("plain", "plain"),
        ] {
            let length = text.chars().count();
            assert_eq!(found(text, secret), [(0, length)], "{text}");
            let inside = format!("é[{text}]");
            assert_eq!(found(&inside, secret), [(2, length + 2)], "{text}");
        }
        assert_eq!(found("nothing of %zz &nosuch; \\q \\u12", "secret"), []);
        assert_eq!(found("% & \\ &# &#x \\u \\x %4", "secret"), []);
    }

    #[test]
    fn places_are_in_order_and_apart() {
        assert_eq!(found("aaa b aa", "aa"), [(0, 3), (6, 8)]);
        assert_eq!(found("", "aa"), []);
        assert_eq!(places(&['a'], &["".into(), "a".into()]).len(), 1);
    }

    /// A character as a way of writing has it; what it must escape, it escapes.
    fn written(c: char, way: usize, escape: bool) -> String {
        let utf8 = || c.to_string().bytes().map(|b| format!("%{b:02X}")).collect();
        let utf16 = || {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            units.map(|unit| format!("\\u{unit:04x}")).collect()
        };
        match way {
            0 if escape || "&<>\"'".contains(c) => format!("&#{};", u32::from(c)),
            1 if escape || "&<>\"'".contains(c) => format!("&#x{:x};", u32::from(c)),
            2 if escape || !(c.is_ascii_alphanumeric() || "-_.~".contains(c)) => utf8(),
            3 if escape || "\"\\".contains(c) || c.is_control() => utf16(),
            _ => c.into(),
        }
    }

    proptest! {
        #[test]
        fn no_way_of_writing_hides_a_secret(
            secret in "\\PC{1,12}", way in 0_usize..4, again in 0_usize..5,
            escapes in prop::collection::vec(any::<bool>(), 12),
        ) {
            let once: String = secret.chars().zip(escapes.iter().cycle())
                .map(|(c, escape)| written(c, way, *escape)).collect();
            let twice: String = match again {
                4 => once,
                way => once.chars().map(|c| written(c, way, false)).collect(),
            };
            let places = found(&twice, &secret);
            let length = twice.chars().count();
            prop_assert!(places.contains(&(0, length)), "{twice}: {places:?}");
        }

        #[test]
        fn any_text_can_be_read(text in any::<String>(), secret in "[&%a-c]{1,4}") {
            let length = text.chars().count();
            for (start, end) in found(&text, &secret) {
                prop_assert!(start < end && end <= length);
            }
        }
    }
}
