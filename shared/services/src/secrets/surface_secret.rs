//! What the secret of a surface is: a JSON object with an address and credentials.

use std::fmt::Display;

use actions::{nearest_name, typed_whole};
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

    /// Credentials with the secret in them, where that was kept apart.
    fn with_secret(identity: Self::Identity, secret: SecretString) -> Self::Identity;

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
        known: &[&str],
    ) -> Result<Self, CredentialError> {
        let text = text.expose_secret().trim_start_matches('\u{feff}');
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => {
                let secret = Self { name, members };
                secret.check_names(known)?;
                Ok(secret)
            }
            _ => Err(permanent(format!(
                "the secret {name:?}: expected a JSON object with {expected}"
            ))),
        }
    }

    /// Refuses a member that is nearly one of these which is not there itself: what it was meant to say would
    /// not be known. Others may be somebody else's.
    fn check_names(&self, known: &[&str]) -> Result<(), CredentialError> {
        let there = |name: &str| self.members.contains_key(name);
        for name in self
            .members
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
        {
            if let Some(meant) = nearest_name(name, known)
                && !there(meant)
            {
                return Err(self.wrong(&format!(
                    "it has a member whose name is nearly `{meant}`: correct its name"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn wrong(&self, what: &str) -> CredentialError {
        permanent(format!("the secret {:?}: {what}", self.name))
    }

    /// A member's text, if it is there: one line, as somebody types it.
    pub(crate) fn member(&self, member: &str) -> Result<Option<String>, CredentialError> {
        let Some(text) = self.lines(member)? else {
            return Ok(None);
        };
        let text = typed_whole(&text).map_err(|why| self.wrong(&format!("`{member}`: {why}")))?;
        Ok(Some(text.to_owned()))
    }

    /// A member's text that may have several lines, if it is there.
    pub(crate) fn lines(&self, member: &str) -> Result<Option<String>, CredentialError> {
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
