//! Where one secret is kept that stands apart from what it belongs to.

use std::path::PathBuf;

use secrecy::SecretString;

/// Where a password or an API key is kept.
#[derive(Debug, Clone)]
pub enum SecretAt {
    /// Here.
    Value(SecretString),
    /// In a file that holds nothing else.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
    /// With a program that prints it, given as its name and arguments: no shell reads them.
    Command(Vec<String>),
}
