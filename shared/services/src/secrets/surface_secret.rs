//! What the secret of a surface is: a JSON object with an address and credentials.

use std::fmt::Display;

use rapid7::{CredentialError, Identity};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::failure::permanent;

/// What a surface's secret holds.
pub trait SurfaceSecret: Sized + Send + Sync + 'static {
    /// What it says who asks with.
    type Identity: Identity;

    /// Whose secret it is, for people.
    const WHAT: &'static str;

    /// Reads a secret's text.
    fn parse(name: &str, text: &SecretString) -> Result<Self, CredentialError>;

    /// The same where the environment gives it.
    fn given(identity: Self::Identity) -> Self;

    /// The credentials in it.
    fn identity(&self) -> &Self::Identity;

    /// What says where the surface is, as it was written.
    fn place(&self) -> &[Option<String>];

    /// Whether this pack's rotation function may rotate it, so that for a while another version than the
    /// current one has what is in force.
    const ROTATES: bool;

    /// Whether the server would see no difference.
    fn same(a: &Self::Identity, b: &Self::Identity) -> bool;
}

/// The members of a secret. Errors name the member and what it expects, never what it holds.
pub(crate) struct Members<'a> {
    name: &'a str,
    members: Map<String, Value>,
}

impl<'a> Members<'a> {
    /// Reads a JSON object.
    pub(crate) fn parse(
        name: &'a str,
        text: &SecretString,
        expected: &str,
    ) -> Result<Self, CredentialError> {
        match serde_json::from_str(text.expose_secret()) {
            Ok(Value::Object(members)) => Ok(Self { name, members }),
            _ => Err(permanent(format!(
                "the secret {name:?}: expected a JSON object with {expected}"
            ))),
        }
    }

    pub(crate) fn wrong(&self, what: &str) -> CredentialError {
        permanent(format!("the secret {:?}: {what}", self.name))
    }

    /// A member's text, if it is there.
    pub(crate) fn member(&self, member: &str) -> Result<Option<String>, CredentialError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(&format!("`{member}`: expected text that is not empty"))),
        }
    }

    /// A member's text, which must be there.
    pub(crate) fn required(&self, member: &str) -> Result<String, CredentialError> {
        let missing = || self.wrong(&format!("`{member}`: required, and missing"));
        self.member(member)?.ok_or_else(missing)
    }

    /// What a member's text means, if it is there.
    pub(crate) fn parsed<T, E: Display>(
        &self,
        member: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, CredentialError> {
        let Some(text) = self.member(member)? else {
            return Ok(None);
        };
        let parsed = parse(&text).map_err(|error| self.wrong(&format!("`{member}`: {error}")));
        parsed.map(Some)
    }
}
