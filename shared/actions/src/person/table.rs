//! Tables in CSV, as systems of human resources and spreadsheets write them.

use std::collections::BTreeMap;

use csv::StringRecord;

use crate::core::error::{Error, Result};
use crate::core::lookup::listed;
use crate::core::text::printable;

/// What a table is of.
pub(super) struct Shape {
    /// The columns that are read.
    pub(super) columns: &'static [&'static str],
    /// Those of which the first line has one, or it is no such table.
    pub(super) one_of: &'static [&'static str],
    /// What to say of another text.
    pub(super) expected: &'static str,
}

/// What may stand between cells; of several that fit, the first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What a row says: what is in its cells, by column.
pub(super) struct Cells {
    /// Where it stands.
    pub(super) place: String,
    cells: BTreeMap<&'static str, String>,
}

impl Cells {
    /// What is in a cell, if anything is.
    pub(super) fn take(&mut self, column: &str) -> Option<String> {
        self.cells.remove(column)
    }
}

/// Reads a table: its rows, and what of it was not read. `name` is what it is called in messages.
///
/// # Errors
/// `InvalidInput` for what is no such table.
pub(super) fn read(name: &str, text: &str, shape: &Shape) -> Result<(Vec<Cells>, Vec<String>)> {
    let wrong = |place: &str, expected: &str| Error::invalid_input(place, expected);
    let (delimiters, begin) = match separator(text) {
        Some((delimiter, begin)) => (vec![delimiter], begin),
        None => (DELIMITERS.to_vec(), 0),
    };
    let fits = |delimiter: &u8| {
        let rows = rows(text, begin, *delimiter);
        let fits = rows.first().is_some_and(|header| shape.is_of(header));
        fits.then_some(rows)
    };
    // One that leaves no other in the names of columns comes first: `email;` is no name.
    let clean = |rows: &Vec<Row>| {
        let mut names = rows.first().into_iter().flat_map(|row| row.cells.iter());
        !names.any(|name| name.bytes().any(|byte| DELIMITERS.contains(&byte)))
    };
    let fitting = || delimiters.iter().filter_map(fits);
    let table = fitting().find(clean).or_else(|| fitting().next());
    let table = table.ok_or_else(|| wrong(name, shape.expected))?;
    let mut rows = table.into_iter();
    let header = rows.next().map(|row| row.cells).unwrap_or_default();
    let columns: Vec<Option<&str>> = header.iter().map(|name| shape.column(name)).collect();
    for known in shape.columns {
        if columns
            .iter()
            .filter(|column| **column == Some(*known))
            .count()
            > 1
        {
            let expected = format!("expected the column {known} once");
            return Err(wrong(name, &expected));
        }
    }
    // Some end each line with what stands between cells, and some all but the first.
    let mut read = Vec::new();
    for row in rows {
        let place = format!("{name}, line {}", row.line);
        if row.is_open {
            let expected = "expected a quotation mark at the end of what one begins";
            return Err(wrong(&place, expected));
        }
        let mut more = row.cells.iter().skip(columns.len());
        // Spreadsheets leave out the last cells of a row that are empty.
        if more.any(|cell| !cell.is_empty()) {
            return Err(wrong(
                &place,
                "expected as many columns as in the first line",
            ));
        }
        let cells = columns.iter().zip(&row.cells);
        let cells = cells.filter(|(_, text)| !text.is_empty());
        let cells = cells.filter_map(|(column, text)| Some(((*column)?, text.to_owned())));
        read.push(Cells {
            cells: cells.collect(),
            place,
        });
    }
    let unread = header.iter().zip(&columns);
    let unread = unread.filter(|(name, column)| column.is_none() && !name.is_empty());
    let unread: Vec<String> = unread.map(|(name, _)| printable(name)).collect();
    let warnings = (!unread.is_empty()).then(|| {
        let unread = listed(unread.into_iter());
        format!("columns of the list that were not read: {unread}")
    });
    Ok((read, warnings.into_iter().collect()))
}

/// A row that has something in it.
struct Row {
    cells: StringRecord,
    /// Where it begins in the file, from 1.
    line: usize,
    /// Whether a quotation mark is never closed: what follows it was taken for one cell.
    is_open: bool,
}

impl Shape {
    /// Whether the first line of a table is that of one of these.
    fn is_of(&self, header: &Row) -> bool {
        let mut columns = header.cells.iter().filter_map(|name| self.column(name));
        columns.any(|column| self.one_of.contains(&column))
    }

    /// The column that a name means: `E-Mail`, `Email address`.
    fn column(&self, name: &str) -> Option<&'static str> {
        let name = match letters(name).as_str() {
            "emailaddress" => "email".to_owned(),
            name => name.to_owned(),
        };
        let mut columns = self.columns.iter();
        columns.find(|column| letters(column) == name).copied()
    }
}

fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// What the first line says of what stands between cells, which spreadsheets write and read: `sep=;`. And where
/// the table begins behind it.
fn separator(text: &str) -> Option<(u8, usize)> {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let first = text[..end].trim_matches('"');
    let is_one = first
        .get(..4)
        .is_some_and(|name| name.eq_ignore_ascii_case("sep="));
    match first.as_bytes() {
        [.., delimiter] if is_one && first.len() == 5 => Some((*delimiter, end)),
        _ => None,
    }
}

/// The rows that have something in them.
fn rows(text: &str, begin: usize, delimiter: u8) -> Vec<Row> {
    let table = &text[begin..];
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(table.as_bytes());
    // It is text already, and rows may have any length: nothing can fail.
    let mut records = reader.records().filter_map(|record| record.ok()).peekable();
    let starts = |record: &StringRecord| {
        let at = record
            .position()
            .map_or(0, |position| position.byte() as usize);
        let rest = table.get(at..).unwrap_or_default();
        // Line ends before it, and empty lines, are no part of it.
        begin + at + rest.len() - rest.trim_start_matches(['\r', '\n']).len()
    };
    let mut rows = Vec::new();
    let (mut counted, mut line) = (0, 1);
    while let Some(cells) = records.next() {
        let start = starts(&cells);
        let end = records.peek().map_or(text.len(), &starts);
        line += line_ends(&text[counted..start]);
        counted = start;
        let written = text[start..end].trim_end();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(Row {
                is_open: written.contains('\n') && written.matches('"').count() % 2 == 1,
                cells,
                line,
            });
        }
    }
    rows
}

/// How many lines end in a text, however they do.
fn line_ends(text: &str) -> usize {
    let alone = text.matches('\r').count() - text.matches("\r\n").count();
    text.matches('\n').count() + alone
}
