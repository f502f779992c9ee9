//! Tables without frames: columns two blanks apart. Where there is no room for all of them, the least important
//! are left out, and what is left out is told; what names somebody is never broken or cut. Where not even those fit
//! that must stay, each row is a paragraph.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::page::Page;
use super::parts::{BOLD, QUIET, paint};

const BETWEEN: usize = 2;

/// Texts are not squeezed below this, nor is a word in them longer than the second one made room for: it stands
/// out of its column.
const NARROWEST_TEXT: usize = 16;
const LONGEST_WORD: usize = 40;

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    name: String,
    /// Whether a cell may be wrapped between words.
    wraps: bool,
    /// The less, the longer it stays; without any, always.
    importance: Option<usize>,
}

impl Column {
    /// Names, numbers and short words, in one line.
    pub(super) fn whole(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            wraps: false,
            importance: None,
        }
    }

    /// Sentences and lists, in several lines if need be.
    pub(super) fn text(name: impl Into<String>) -> Self {
        Self {
            wraps: true,
            ..Self::whole(name)
        }
    }

    /// It may be left out: those of the highest number first.
    pub(super) fn importance(mut self, importance: usize) -> Self {
        self.importance = Some(importance);
        self
    }
}

/// What stands in one place of a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(super) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

/// Rows of cells.
#[derive(Debug, Clone)]
pub(super) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    with_header: bool,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
            with_header: true,
        }
    }

    /// Whose first column says what each row is.
    pub(super) fn without_header(mut self) -> Self {
        self.with_header = false;
        self
    }

    pub(super) fn add(&mut self, row: impl IntoIterator<Item = Cell>) {
        self.rows.push(row.into_iter().collect());
    }

    /// The table, and in a last line which columns were left out.
    pub(super) fn shown(&self, page: Page) -> String {
        let Some((kept, widths)) = self.layout(page) else {
            return self.as_paragraphs(page);
        };
        let mut lines = Vec::new();
        if self.with_header {
            let header = self.columns.iter();
            let header = header.map(|column| Cell::styled(column.name.clone(), BOLD));
            self.add_lines(&mut lines, &header.collect::<Vec<_>>(), &kept, &widths);
        }
        for row in &self.rows {
            self.add_lines(&mut lines, row, &kept, &widths);
        }
        let left_out = self.columns.iter().enumerate();
        let left_out = left_out.filter(|(place, _)| !kept.contains(place));
        let left_out: Vec<&str> = left_out.map(|(_, column)| column.name.as_str()).collect();
        if !left_out.is_empty() {
            let told = format!(
                "Not shown, for want of room: {}. --output json has all.",
                left_out.join(", ")
            );
            lines.extend(
                page.lines(&told, "  ")
                    .iter()
                    .map(|line| paint(QUIET, line)),
            );
        }
        lines.join("\n")
    }

    /// A line a cell, its column's name before it.
    fn as_paragraphs(&self, page: Page) -> String {
        let paragraphs = self.rows.iter().map(|row| {
            let mut paragraph = Self::new([Column::whole(""), Column::text("")]).without_header();
            for (column, cell) in self.columns.iter().zip(row) {
                paragraph.add([Cell::styled(column.name.clone(), BOLD), cell.clone()]);
            }
            paragraph.shown(page)
        });
        paragraphs.collect::<Vec<_>>().join("\n\n")
    }

    /// Which columns there is room for, and how wide each is; none, if those that must stay do not fit beside each
    /// other.
    fn layout(&self, page: Page) -> Option<(Vec<usize>, Vec<usize>)> {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let natural: Vec<usize> = all.iter().map(|place| self.natural(*place)).collect();
        let Some(room) = page.width() else {
            return Some((all, natural));
        };
        let least: Vec<usize> = all
            .iter()
            .map(|place| self.least(*place, natural[*place]))
            .collect();
        let taken = |kept: &[usize], widths: &[usize]| {
            let between = BETWEEN * kept.len().saturating_sub(1);
            kept.iter().map(|place| widths[*place]).sum::<usize>() + between
        };
        let mut kept = all;
        while taken(&kept, &least) > room {
            let droppable = kept.iter().enumerate();
            let droppable =
                droppable.filter_map(|(at, place)| Some((self.columns[*place].importance?, at)));
            let Some((_, at)) = droppable.max() else {
                if self.with_header && kept.len() > 1 {
                    return None;
                }
                break;
            };
            kept.remove(at);
        }
        // A wide one that went may have left room for some that went before it.
        let mut gone: Vec<usize> = (0..self.columns.len())
            .filter(|place| !kept.contains(place))
            .collect();
        gone.sort_by_key(|place| self.columns[*place].importance);
        for place in gone {
            let mut with = kept.clone();
            with.push(place);
            with.sort_unstable();
            if taken(&with, &least) <= room {
                kept = with;
            }
        }
        // What is left of the room goes to those that want more, in equal shares.
        let mut widths = least;
        let mut left = room.saturating_sub(taken(&kept, &widths));
        loop {
            let wanting: Vec<usize> = kept
                .iter()
                .copied()
                .filter(|place| widths[*place] < natural[*place])
                .collect();
            if left == 0 || wanting.is_empty() {
                return Some((kept, widths));
            }
            let share = (left / wanting.len()).max(1);
            for place in wanting {
                let more = share.min(natural[place] - widths[place]).min(left);
                widths[place] += more;
                left -= more;
            }
        }
    }

    fn texts(&self, place: usize) -> impl Iterator<Item = &str> {
        let cells = self.rows.iter().filter_map(move |row| row.get(place));
        cells.map(|cell| cell.text.as_str())
    }

    fn natural(&self, place: usize) -> usize {
        let lines = self.texts(place).flat_map(|text| text.split('\n'));
        let widest = lines.map(|line| line.width()).max().unwrap_or(0);
        widest.max(self.header_width(place))
    }

    fn header_width(&self, place: usize) -> usize {
        match self.with_header {
            true => self.columns[place].name.width(),
            false => 0,
        }
    }

    fn least(&self, place: usize, natural: usize) -> usize {
        if !self.columns[place].wraps {
            return natural;
        }
        let words = self.texts(place).flat_map(str::split_whitespace);
        let word = words.map(|word| word.width()).max().unwrap_or(0);
        let least = word.clamp(NARROWEST_TEXT, LONGEST_WORD);
        least.max(self.header_width(place)).min(natural)
    }

    fn add_lines(&self, lines: &mut Vec<String>, row: &[Cell], kept: &[usize], widths: &[usize]) {
        let cells: Vec<(Vec<String>, Style, usize)> = kept
            .iter()
            .map(|place| {
                let (text, style) = row
                    .get(*place)
                    .map_or(("", Style::new()), |cell| (cell.text.as_str(), cell.style));
                let width = widths[*place];
                let wraps = self.columns[*place].wraps;
                let text = text.split('\n').flat_map(|line| match wraps {
                    true => Page::exactly(width).lines(line, ""),
                    false => vec![line.to_owned()],
                });
                (text.collect(), style, width)
            })
            .collect();
        let height = cells.iter().map(|(text, ..)| text.len()).max();
        for at in 0..height.unwrap_or(0) {
            let mut line = String::new();
            let mut blanks = 0;
            for (text, style, width) in &cells {
                let text = text.get(at).map_or("", String::as_str);
                if !text.is_empty() {
                    line.push_str(&" ".repeat(blanks));
                    line.push_str(&match *style == Style::new() {
                        true => text.to_owned(),
                        false => paint(*style, text),
                    });
                    blanks = 0;
                }
                blanks += width.saturating_sub(text.width()) + BETWEEN;
            }
            lines.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use proptest::prelude::*;

    use super::*;

    fn users(page: Page) -> String {
        let mut table = Table::new([
            Column::whole("login"),
            Column::whole("email").importance(1),
            Column::text("name").importance(3),
            Column::whole("enabled").importance(2),
        ]);
        table.add(
            [
                "jdoe",
                "jdoe@example.com",
                "Jane Doe of the second floor",
                "true",
            ]
            .map(Cell::from),
        );
        table.add(["x", "–", "X", "false"].map(Cell::from));
        strip_str(&table.shown(page)).to_string()
    }

    #[test]
    fn columns_stand_two_blanks_apart_and_no_line_ends_in_blanks() {
        assert_eq!(
            users(Page::ENDLESS),
            "login  email             name                          enabled\n\
             jdoe   jdoe@example.com  Jane Doe of the second floor  true\n\
             x      –                 X                             false"
        );
    }

    #[test]
    fn texts_wrap_before_anything_is_left_out() {
        assert_eq!(
            users(Page::wide(50)),
            "login  email             name              enabled\n\
             jdoe   jdoe@example.com  Jane Doe of the   true\n                         \
             second floor\n\
             x      –                 X                 false"
        );
    }

    #[test]
    fn what_matters_least_is_left_out_first_and_told() {
        assert_eq!(
            users(Page::wide(40)),
            "login  email             enabled\n\
             jdoe   jdoe@example.com  true\n\
             x      –                 false\n\
             Not shown, for want of room: name.\n  --output json has all."
        );
        let narrow = users(Page::wide(20));
        // What a long address has no room for, a short column has.
        assert!(
            narrow.starts_with("login  enabled\njdoe   true\nx      false\nNot shown"),
            "{narrow}"
        );
    }

    #[test]
    fn what_does_not_fit_beside_each_other_stands_below_each_other() {
        let mut table = Table::new([
            Column::whole("surface"),
            Column::whole("account"),
            Column::text("reason"),
        ]);
        let id = "jdoe@example.com (abc161f6-f54a-47e4-8d33-93a154eed2e5)";
        table.add(["platform", id, "the email given, and nothing else to go by"].map(Cell::from));
        table.add(["emea", "jdoe (4)", "–"].map(Cell::from));
        assert_eq!(
            strip_str(&table.shown(Page::wide(50))).to_string(),
            "surface  platform\n\
             account  jdoe@example.com\n         (abc161f6-f54a-47e4-8d33-93a154eed2e5)\n\
             reason   the email given, and nothing else to go\n         by\n\n\
             surface  emea\naccount  jdoe (4)\nreason   –"
        );
    }

    proptest! {
        /// Whatever the width: what is whole is there whole or not at all, nothing of the first column is left
        /// out, and lines are no longer than the page where what can't be left out fits on it.
        #[test]
        fn nobodys_name_is_broken(
            rows in prop::collection::vec(("[a-z@.é漢-]{1,30}", "[a-z@.]{1,30}", "[a-z ]{0,60}"), 1..6),
            width in 20_usize..100,
        ) {
            let mut table = Table::new([
                Column::whole("login"),
                Column::whole("email").importance(1),
                Column::text("reason").importance(2),
            ]);
            for (login, email, reason) in &rows {
                table.add([login.as_str(), email, reason].map(Cell::from));
            }
            let shown = strip_str(&table.shown(Page::wide(width))).to_string();
            let header = shown.lines().next().unwrap_or_default();
            let has_emails = header.contains("email");
            for (login, email, _) in &rows {
                prop_assert!(shown.lines().any(|line| line.starts_with(login.as_str())), "{shown}");
                prop_assert!(!has_emails || shown.contains(email.as_str()), "{shown}");
            }
            let longest_login = rows.iter().map(|(login, ..)| login.width()).max().unwrap_or(0).max(5);
            let longest_word = rows.iter().flat_map(|row| row.2.split(' ')).map(str::len).max();
            if longest_login <= width && longest_word.unwrap_or(0) <= LONGEST_WORD {
                for line in shown.lines() {
                    prop_assert!(line.width() <= width, "{width}: {line:?}");
                }
            }
        }
    }
}
