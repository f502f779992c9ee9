//! What a key may do.

/// Whose key it is. The platform does not tell it of the key that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// The organization's: manages users (guide). Independent of any person.
    Organization,
    /// A person's: has its owner's rights at the time (seen in the field), and can't manage other
    /// accounts (guide).
    User,
}
