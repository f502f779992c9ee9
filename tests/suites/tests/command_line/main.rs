//! The runbook CLI as a process.

mod cli;
mod files;
mod outside;
mod people;
mod platform;
mod r7user;
mod records;
mod rows_as_they_come;
mod signals;
mod via_lambda;
