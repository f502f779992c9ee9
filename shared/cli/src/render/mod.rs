//! Answers for people: tables and a few coloured words; and for spreadsheets.

mod answer;
mod columns;
mod errors;
mod history;
mod outcome;
mod page;
mod parts;
mod people;
mod question;
mod separated;
mod table;
mod user_changes;

pub(crate) use answer::{answer, lines};
pub(crate) use errors::{error, left_out, warning};
pub(crate) use history::{local_time, run_line};
pub(crate) use outcome::plan;
pub(crate) use page::Page;
pub(crate) use question::question;
pub(crate) use separated::separated;
