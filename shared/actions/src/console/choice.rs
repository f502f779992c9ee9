//! From what a caller calls a role, a site, an asset group or an authentication source to the one
//! that the console has.

use std::collections::{BTreeMap, BTreeSet};

use rapid7::console::{AccessKind, AuthenticationSource, NamedResource, Role};
use tracing::warn;

use crate::console::context::ConsoleContext;
use crate::console::id_or_name::IdOrName;
use crate::console::plan::noun;
use crate::core::error::{Error, Result};
use crate::core::text::printable;

/// More than this are not listed in an error.
const LISTED: usize = 20;

fn expected_one_of(field: &str, what: &str, known: &[String]) -> Error {
    let mut known: Vec<String> = known.iter().map(|text| printable(text)).collect();
    if known.len() > LISTED {
        let more = known.len() - LISTED;
        known.truncate(LISTED);
        known.push(format!("{more} more"));
    }
    Error::invalid_input(
        field,
        &format!(
            "expected one of this console's {what}: {}",
            known.join(", ")
        ),
    )
}

fn several(field: &str, what: &str, ids: &[String]) -> Error {
    let ids = ids.join(", ");
    Error::invalid_input(
        field,
        &format!("several {what} have this name: expected one of the ids {ids}"),
    )
}

/// The role with this id, or else the only one with this name.
///
/// # Errors
/// `InvalidInput`, with the roles that there are.
pub(crate) fn role<'a>(field: &str, wanted: &str, roles: &'a [Role]) -> Result<&'a Role> {
    if let Some(role) = roles.iter().find(|role| role.id == wanted) {
        return Ok(role);
    }
    let named = |role: &&Role| role.name.as_deref().is_some_and(|name| same(name, wanted));
    let named: Vec<&Role> = roles.iter().filter(named).collect();
    match named.as_slice() {
        [role] => Ok(role),
        [] => {
            let known: Vec<String> = roles.iter().map(|role| role.id.clone()).collect();
            Err(expected_one_of(field, "roles", &known))
        }
        several_roles => {
            let ids: Vec<String> = several_roles.iter().map(|role| role.id.clone()).collect();
            Err(several(field, "roles", &ids))
        }
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Something with a number and perhaps a name.
trait Numbered {
    fn id(&self) -> i64;
    fn name(&self) -> Option<&str>;
}

impl Numbered for NamedResource {
    fn id(&self) -> i64 {
        self.id
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl Numbered for AuthenticationSource {
    fn id(&self) -> i64 {
        self.id
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

fn one<'a, T: Numbered>(
    field: &str,
    what: &str,
    wanted: &IdOrName,
    known: &'a [T],
) -> Result<&'a T> {
    let found: Vec<&T> = match wanted {
        IdOrName::Id(id) => known.iter().filter(|one| one.id() == *id).collect(),
        IdOrName::Name(name) => known
            .iter()
            .filter(|one| one.name().is_some_and(|mine| same(mine, name)))
            .collect(),
    };
    // Some workflow engines only know text.
    if found.is_empty()
        && let IdOrName::Name(text) = wanted
        && let Ok(id) = text.trim().parse()
    {
        return self::one(field, what, &IdOrName::Id(id), known);
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let known: Vec<String> = known
                .iter()
                .map(|one| match one.name() {
                    Some(name) => format!("{} ({name})", one.id()),
                    None => one.id().to_string(),
                })
                .collect();
            Err(expected_one_of(field, what, &known))
        }
        found => {
            let ids: Vec<String> = found.iter().map(|one| one.id().to_string()).collect();
            Err(several(field, what, &ids))
        }
    }
}

/// Chosen sites or asset groups, with their names for people.
pub(crate) type Places = BTreeMap<i64, Option<String>>;

/// The sites or asset groups that are meant, each checked against what the console has.
///
/// # Errors
/// `InvalidInput` for one that is not there, or whose name several have.
pub(crate) fn places(
    kind: AccessKind,
    wanted: &[IdOrName],
    known: &[NamedResource],
) -> Result<Places> {
    let (field, what) = match kind {
        AccessKind::Sites => ("sites", "sites"),
        AccessKind::AssetGroups => ("asset_groups", "asset groups"),
    };
    let found = wanted.iter().enumerate().map(|(index, wanted)| {
        let place = one(&format!("{field}[{index}]"), what, wanted, known)?;
        Ok((place.id, place.name.clone()))
    });
    found.collect()
}

/// The number of the authentication source that is meant.
///
/// # Errors
/// `InvalidInput` for one that is not there, is of another type, or whose name several have.
pub(crate) fn source(wanted: &IdOrName, kind: &str, known: &[AuthenticationSource]) -> Result<i64> {
    let field = "authentication_source_id";
    let found = one(field, "authentication sources", wanted, known)?;
    match found.kind.as_deref() {
        Some(other) if other != kind => Err(Error::invalid_input(
            field,
            &format!("this source is of the type {other}, and the account's is {kind}"),
        )),
        _ => Ok(found.id),
    }
}

impl ConsoleContext {
    /// Every site or asset group of the console.
    pub(crate) async fn places(&self, kind: AccessKind) -> Result<Vec<NamedResource>> {
        Ok(match kind {
            AccessKind::Sites => self.console().sites().await?,
            AccessKind::AssetGroups => self.console().asset_groups().await?,
        })
    }

    /// What there is to choose from, and perhaps a warning. Where all are meant by number, a list that can't be
    /// read costs nothing but their names: which numbers there are, the console checks itself.
    pub(crate) async fn places_for(
        &self,
        kind: AccessKind,
        wanted: &[IdOrName],
    ) -> Result<(Vec<NamedResource>, Option<String>)> {
        let numbers = wanted.iter().map(|wanted| match wanted {
            IdOrName::Id(id) => Some(*id),
            IdOrName::Name(_) => None,
        });
        let numbers: Option<BTreeSet<i64>> = numbers.collect();
        let (error, numbers) = match (self.places(kind).await, numbers) {
            (Ok(known), _) => return Ok((known, None)),
            (Err(error), Some(numbers)) if !error.is_failed_login() => (error, numbers),
            (Err(error), _) => return Err(error),
        };
        let nameless = numbers.into_iter().map(|id| NamedResource {
            id,
            name: None,
            description: None,
            kind: None,
        });
        let warning = format!(
            "the names of {} could not be read, so numbers were taken as they are: {}",
            noun(kind),
            error.message
        );
        Ok((nameless.collect(), Some(warning)))
    }

    /// The names of sites or asset groups by number, as far as they can be read.
    pub(crate) async fn place_names(&self, kind: AccessKind) -> Result<BTreeMap<i64, String>> {
        let places = match self.places(kind).await {
            Err(error) if error.is_failed_login() => return Err(error),
            Err(error) => {
                warn!(%error, "names could not be read: going on without");
                Vec::new()
            }
            Ok(places) => places,
        };
        let named = places.into_iter();
        Ok(named
            .filter_map(|place| Some((place.id, place.name?)))
            .collect())
    }

    /// The number of the authentication source that is meant, if one is.
    pub(crate) async fn source(
        &self,
        wanted: Option<&IdOrName>,
        kind: &str,
    ) -> Result<Option<i64>> {
        match wanted {
            None => Ok(None),
            // The console checks it itself (vendor API file: it "must be of the type").
            Some(IdOrName::Id(id)) => Ok(Some(*id)),
            Some(wanted) => {
                let known = self.console().authentication_sources().await?;
                source(wanted, kind, &known).map(Some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn site(id: i64, name: &str) -> NamedResource {
        NamedResource {
            id,
            name: Some(name.into()),
            description: None,
            kind: None,
        }
    }

    fn found(wanted: IdOrName) -> String {
        let known = [
            site(1, "Corp"),
            site(2, "DMZ"),
            site(3, "dmz"),
            site(4, "2"),
        ];
        match places(AccessKind::Sites, &[wanted], &known) {
            Ok(places) => format!("{places:?}"),
            Err(error) => error.message,
        }
    }

    #[test]
    fn a_site_is_taken_by_number_or_by_a_name_that_only_one_has() {
        assert_snapshot!(found(IdOrName::Id(1)), @r#"{1: Some("Corp")}"#);
        assert_snapshot!(found(IdOrName::Name("corp ".into())), @r#"{1: Some("Corp")}"#);
        assert_snapshot!(found(IdOrName::Name("2".into())), @r#"{4: Some("2")}"#);
        assert_snapshot!(found(IdOrName::Name("DMZ".into())), @"`sites[0]`: several sites have this name: expected one of the ids 2, 3");
        assert_snapshot!(found(IdOrName::Name("1".into())), @r#"{1: Some("Corp")}"#);
        assert_snapshot!(found(IdOrName::Id(9)), @"`sites[0]`: expected one of this console's sites: 1 (Corp), 2 (DMZ), 3 (dmz), 4 (2)");
    }
}
