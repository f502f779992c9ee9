//! What tests run programs with, tried on the smallest programs.

mod function;
mod plugin;
mod rie;
mod secrets;
