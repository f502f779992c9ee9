//! How people are called on different surfaces, as a deployment says.

/// What a deployment says of how its people are called on different surfaces. Data; empty, only
/// equal names and addresses count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityRules {
    /// A login without `@` is the local part of an address in one of these domains.
    pub login_domains: Vec<String>,
    /// Addresses with the same local part in these domains are the same person's.
    pub same_domains: Vec<String>,
}
