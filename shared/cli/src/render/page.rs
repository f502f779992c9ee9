//! How wide what a person reads may be, and texts wrapped to it.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

use terminal_size::{Width, terminal_size_of};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// What a terminal has that does not tell: those inside other programs are no small ones.
const USUAL: usize = 100;

/// Narrower than this, nothing can be laid out: some terminals, inside other programs, tell such widths.
const NARROWEST: usize = 20;

/// Where something is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// In columns; without, lines are as long as they are.
    width: Option<usize>,
}

impl Page {
    /// Of no width in particular.
    pub(crate) const ENDLESS: Self = Self { width: None };

    /// As wide as standard output.
    pub(crate) fn of_stdout() -> Self {
        let width = || terminal_size_of(stdout()).map(|(Width(width), _)| width);
        Self::of(stdout().is_terminal(), width)
    }

    /// As wide as standard error.
    pub(crate) fn of_stderr() -> Self {
        let width = || terminal_size_of(stderr()).map(|(Width(width), _)| width);
        Self::of(stderr().is_terminal(), width)
    }

    fn of(is_terminal: bool, width: impl Fn() -> Option<u16>) -> Self {
        if !is_terminal {
            return Self::ENDLESS;
        }
        let columns = || env::var("COLUMNS").ok()?.trim().parse().ok();
        let told = width().filter(|width| *width > 0).or_else(columns);
        Self::wide(match told {
            None | Some(0) => USUAL,
            Some(width) => width.into(),
        })
    }

    /// So many columns wide.
    pub(crate) fn wide(width: usize) -> Self {
        Self {
            width: Some(width.max(NARROWEST)),
        }
    }

    /// At most so many columns wide.
    pub(crate) fn at_most(self, width: usize) -> Self {
        Self::wide(self.width.map_or(width, |own| own.min(width)))
    }

    /// The same, however narrow.
    pub(super) fn exactly(width: usize) -> Self {
        Self { width: Some(width) }
    }

    pub(crate) fn width(self) -> Option<usize> {
        self.width
    }

    /// Each line of the text wrapped between words, which are never broken: an address or a path can be copied
    /// as it is. What follows in a line's place is indented.
    pub(crate) fn wrapped(self, text: &str, indent: &str) -> String {
        let lines = text.split('\n');
        let lines = lines.map(|line| self.lines(line, indent).join("\n"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Two texts in one line, or below each other where they don't fit.
    pub(super) fn joined(self, first: &str, second: &str) -> String {
        let line = format!("{first} {second}");
        match self.lines(&line, "").len() {
            1 => line,
            _ => format!("{}\n  {second}", self.wrapped(first, "  ")),
        }
    }

    /// One line, wrapped.
    pub(crate) fn lines(self, line: &str, indent: &str) -> Vec<String> {
        let Some(width) = self.width else {
            return vec![line.to_owned()];
        };
        let options = Options::new(width)
            .subsequent_indent(indent)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        let lines = textwrap::wrap(line, options).into_iter();
        lines.map(|line| line.into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole() {
        let text = "told by a-rather-long.address@sub.example.com and\nby another";
        assert_eq!(
            Page::wide(20).wrapped(text, "  "),
            "told by\n  a-rather-long.address@sub.example.com\n  and\nby another"
        );
        assert_eq!(Page::ENDLESS.wrapped(text, "  "), text);
    }

    #[test]
    fn a_terminal_without_a_width_has_the_usual_one() {
        assert_eq!(Page::of(false, || Some(60)).width(), None);
        assert_eq!(Page::of(true, || Some(60)).width(), Some(60));
        assert_eq!(Page::of(true, || Some(3)).width(), Some(NARROWEST));
    }
}
