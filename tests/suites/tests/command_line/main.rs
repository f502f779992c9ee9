//! The runbook CLI as a process.

mod batches;
mod cli;
mod files;
mod history;
mod init;
mod journal;
mod outside;
mod people;
mod platform;
mod profiles;
mod r7user;
mod records;
mod rows_as_they_come;
mod signals;
mod terminal;
mod two_at_once;
mod via_lambda;
mod whom;
