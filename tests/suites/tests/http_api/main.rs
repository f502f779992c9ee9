//! The HTTP API: its function, and the document on it.

mod api;
mod openapi;
