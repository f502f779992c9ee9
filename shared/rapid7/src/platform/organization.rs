//! Which organization a key over several is meant to work on.

use std::fmt;

use super::uuid::uuid;

/// What names an organization: a UUID, always written in lower case here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationId(String);

impl OrganizationId {
    /// Reads a UUID. `None` for anything else: it becomes part of a request's head.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        uuid(text).map(Self)
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
