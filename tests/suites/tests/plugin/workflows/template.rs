//! Texts with variables in them, as far as these workflows use them: values, `#each`, and `#if` with `else`.

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    Value(Variable),
    Each(Variable, Vec<Part>),
    If(Variable, Vec<Part>, Vec<Part>),
}

/// What a text refers to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Variable {
    /// An output of the step with this id, and members of it.
    Output(String, Vec<String>),
    /// A member of the item that `#each` is at.
    Member(String),
    /// The item itself.
    This,
}

impl Variable {
    fn parse(text: &str) -> Self {
        if !text.starts_with('[') {
            assert!(
                text.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{text}"
            );
            return match text {
                "this" => Self::This,
                member => Self::Member(member.to_owned()),
            };
        }
        let parts = text.split('.').map(|part| {
            let name = part
                .strip_prefix('[')
                .and_then(|part| part.strip_suffix(']'));
            name.unwrap_or_else(|| panic!("{text}")).to_owned()
        });
        let mut parts: Vec<String> = parts.collect();
        let step = parts.remove(0);
        Self::Output(step, parts)
    }
}

/// A text in its parts.
pub(super) fn parse(text: &str) -> Vec<Part> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (inside, after) = behind
            .split_once("}}")
            .unwrap_or_else(|| panic!("{behind}"));
        tokens.push(Token::Text(before));
        tokens.push(Token::Tag(inside));
        rest = after;
    }
    assert!(!rest.contains("}}"), "{rest}");
    tokens.push(Token::Text(rest));
    let mut tokens = tokens.into_iter();
    let (parts, end) = parts(&mut tokens);
    assert_eq!(end, None, "{text}");
    parts
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Text(&'a str),
    Tag(&'a str),
}

/// Parts up to the tag that ends them, and that tag.
fn parts<'a>(tokens: &mut impl Iterator<Item = Token<'a>>) -> (Vec<Part>, Option<&'a str>) {
    let mut found = Vec::new();
    while let Some(token) = tokens.next() {
        let tag = match token {
            Token::Text("") => continue,
            Token::Text(text) => {
                found.push(Part::Text(text.to_owned()));
                continue;
            }
            Token::Tag(tag) => tag,
        };
        if let Some(list) = tag.strip_prefix("#each ") {
            let (body, end) = parts(tokens);
            assert_eq!(end, Some("/each"), "{tag}");
            found.push(Part::Each(Variable::parse(list), body));
        } else if let Some(condition) = tag.strip_prefix("#if ") {
            let (yes, mut end) = parts(tokens);
            let mut no = Vec::new();
            if end == Some("else") {
                (no, end) = parts(tokens);
            }
            assert_eq!(end, Some("/if"), "{tag}");
            found.push(Part::If(Variable::parse(condition), yes, no));
        } else if ["/each", "/if", "else"].contains(&tag) {
            return (found, Some(tag));
        } else {
            found.push(Part::Value(Variable::parse(tag)));
        }
    }
    (found, None)
}
