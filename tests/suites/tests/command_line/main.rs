//! The runbook CLI as a process.

mod batches;
mod cli;
mod files;
mod history;
mod journal;
mod outside;
mod people;
mod platform;
mod r7user;
mod records;
mod rows_as_they_come;
mod signals;
mod two_at_once;
mod via_lambda;
mod whom;
