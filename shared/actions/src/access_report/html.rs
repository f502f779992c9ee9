//! HTML in which no value can become markup.

use std::fmt::Write as _;

use crate::core::text::printable;

/// A piece of HTML. Markup is written in the source; every other value is escaped on its way in.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup. That it lives forever is how the compiler knows it for ours.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A value, between tags or inside a quoted attribute. Characters that nobody sees are shown escaped.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        for c in printable(value).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// A number.
    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        write!(self.0, "{number}").expect("memory takes every number");
        self
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}
