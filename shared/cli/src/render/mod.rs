//! Answers for people: tables and a few coloured words.

mod answer;
mod errors;
mod history;
mod outcome;
mod parts;
mod people;
mod user_changes;

pub(crate) use answer::{answer, lines};
pub(crate) use errors::{error, left_out, warning};
pub(crate) use history::{local_time, run_line};
pub(crate) use outcome::plan;
