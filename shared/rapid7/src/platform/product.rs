//! The platform's products.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// What names a product of an organization in addresses (`product_token`, seen in the field). Not a
/// secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ProductToken(String);

impl ProductToken {
    /// Reads a token. `None` if it can't be part of an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:~".contains(c);
        let dots = text.chars().all(|c| c == '.');
        (!text.is_empty() && text.len() <= 200 && !dots && text.chars().all(fits))
            .then(|| Self(text.to_owned()))
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProductToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A product, kept as the JSON it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    token: ProductToken,
    members: Map<String, Value>,
}

impl Product {
    /// Reads a product. `None` without a usable `product_token`.
    #[must_use]
    pub fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else {
            return None;
        };
        let token = ProductToken::parse(members.get("product_token")?.as_str()?)?;
        Some(Self { token, members })
    }

    /// What names it in addresses.
    #[must_use]
    pub fn token(&self) -> &ProductToken {
        &self.token
    }

    /// What kind of product it is, such as `IVM` or `IDR` (`product_code`, seen in the field).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.members.get("product_code")?.as_str()
    }

    /// Its name (unconfirmed).
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.members.get("product_name")?.as_str()
    }

    /// Whose it is: the organization's id and name (seen in the field).
    #[must_use]
    pub fn organization(&self) -> (Option<&str>, Option<&str>) {
        let text = |name| self.members.get(name)?.as_str();
        (text("organization_id"), text("organization_name"))
    }

    /// The JSON that it was read from.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}
