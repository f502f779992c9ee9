//! What is known of an operation without running it.

use serde::Serialize;

/// What an operation does to the accounts that it touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing.
    Read,
    /// Changes an account in a way that takes nothing from anybody.
    Write,
    /// Takes something away: a person confirms it first.
    Destructive,
}

/// What is known of an operation without running it.
#[derive(Debug, Serialize)]
pub struct Spec {
    /// Its name everywhere: function, subcommand, documentation. Kebab case.
    pub name: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// What it does to accounts.
    pub effect: Effect,
    /// An input to start from. Tests parse it.
    pub example: &'static str,
}
