//! The HTTP API: its function, and the document on it.

mod answers;
mod api;
mod lost_answers;
mod openapi;
mod requests;
