//! The pack as an InsightConnect plugin: one program that reads a message and answers with one, on
//! standard input and output or over HTTP.

mod about;
mod audit;
mod catalog;
mod clear;
mod cli;
mod connection;
mod failure;
mod fields;
mod http;
mod log;
mod message;
mod plugin;
mod runner;
mod sample;
mod spec;
mod task;
mod validate;
mod vendor_actions;
mod wording;

pub use about::{DESCRIPTION, NAME, TITLE, VENDOR, VERSION};
pub use catalog::{PluginAction, names};
pub use cli::main;
pub use connection::fields as connection_fields;
pub use fields::{Absence, Field, Kind, Types, schema};
pub use plugin::run_action;
pub use spec::{Examples, document, document_with};
pub use vendor_actions::{VendorAction, vendor_actions};
pub use wording::title;
