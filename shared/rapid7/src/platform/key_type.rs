//! What is known of the key that is used.

use super::api_key::ApiKeyId;

/// Whose key it is. The platform does not tell it of the key that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// The organization's: manages users (guide). Independent of any person.
    Organization,
    /// A person's: has its owner's rights at the time (seen in the field), and can't manage other
    /// accounts (guide).
    User,
}

/// What its owner told of the key that is used. The platform does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnKey {
    /// Whose it is.
    pub key_type: Option<KeyType>,
    /// What names it in the list of keys, so that it is never deleted by the one who uses it.
    pub id: Option<ApiKeyId>,
}
