//! What is remembered of a console's users from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rapid7::console::User;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::core::error::{Error, ErrorKind, Result};

/// The only format there is. Another one is refused, as reading it wrongly would tell wrong changes.
const FORMAT: u32 = 1;

/// 48 bits of a hash: of 10,000 users that all change, one is missed in 28 billion times.
const HASH_BYTES: usize = 6;
/// The same in base64.
const HASH_TEXT: usize = 8;

/// Stands for what the console did not tell.
const NOT_TOLD: &str = "?";

/// What is known of one user. `None` is what the console never told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Known {
    pub(super) login: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) locked: Option<bool>,
    pub(super) superuser: Option<bool>,
    pub(super) all_sites: Option<bool>,
    pub(super) all_asset_groups: Option<bool>,
    pub(super) role: Option<String>,
    /// A hash of what else matters: who has the state learns no names or addresses from it.
    pub(super) profile: Option<String>,
}

impl Known {
    pub(super) fn of(user: &User) -> Self {
        Self {
            login: Some(user.login().to_owned()).filter(|login| !login.is_empty()),
            enabled: user.enabled(),
            locked: user.locked(),
            superuser: user.superuser(),
            all_sites: user.all_sites(),
            all_asset_groups: user.all_asset_groups(),
            role: user.role_id().map(str::to_owned),
            profile: profile(user),
        }
    }

    /// What is known after another look: what that did not tell stays as it was.
    pub(super) fn and_now(&self, now: Self) -> Self {
        let before = self.clone();
        Self {
            login: now.login.or(before.login),
            enabled: now.enabled.or(before.enabled),
            locked: now.locked.or(before.locked),
            superuser: now.superuser.or(before.superuser),
            all_sites: now.all_sites.or(before.all_sites),
            all_asset_groups: now.all_asset_groups.or(before.all_asset_groups),
            role: now.role.or(before.role),
            profile: now.profile.or(before.profile),
        }
    }

    fn flags(&self) -> [(char, Option<bool>); 5] {
        [
            ('e', self.enabled),
            ('l', self.locked),
            ('s', self.superuser),
            ('a', self.all_sites),
            ('g', self.all_asset_groups),
        ]
    }

    /// `FLAGS ROLE PROFILE LOGIN`. The login is last, as it may have spaces in it.
    fn to_text(&self, roles: &[&str]) -> String {
        let mut text = String::new();
        for (letter, flag) in self.flags() {
            match flag {
                Some(true) => text.push(letter),
                Some(false) => {}
                None => text.extend([letter, '?']),
            }
        }
        if text.is_empty() {
            text.push('-');
        }
        let role = self.role.as_deref();
        let role = role.and_then(|role| roles.binary_search(&role).ok());
        let role = role.map_or(NOT_TOLD.into(), |place| place.to_string());
        let profile = self.profile.as_deref().unwrap_or(NOT_TOLD);
        let login = self.login.as_deref().unwrap_or_default();
        format!("{text} {role} {profile} {login}")
    }

    /// `None` for what [`Self::to_text`] does not write.
    fn from_text(text: &str, roles: &[&str]) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let (flags, role) = (parts.next()?, parts.next()?);
        let (profile, login) = (parts.next()?, parts.next()?);
        let flag = |letter: char| match flags.split_once(letter) {
            None => Some(false),
            Some((_, rest)) => (!rest.starts_with(NOT_TOLD)).then_some(true),
        };
        let told = |text: &str| (text != NOT_TOLD).then(|| text.to_owned());
        let known = Self {
            login: Some(login.to_owned()).filter(|login| !login.is_empty()),
            enabled: flag('e'),
            locked: flag('l'),
            superuser: flag('s'),
            all_sites: flag('a'),
            all_asset_groups: flag('g'),
            role: match told(role) {
                None => None,
                Some(place) => Some((*roles.get(place.parse::<usize>().ok()?)?).to_owned()),
            },
            profile: told(profile),
        };
        let hash = known.profile.as_deref();
        let sound = hash.is_none_or(|hash| hash.len() == HASH_TEXT);
        (sound && known.to_text(roles) == text).then_some(known)
    }
}

/// A hash over who somebody is and how they log in. What is empty counts as not there, as consoles leave
/// out what is not set; `None` if nothing at all is told.
fn profile(user: &User) -> Option<String> {
    let text = |text: Option<&str>| {
        let text = text.filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let members = [
        text(user.full_name().as_deref()),
        text(user.email()),
        text(user.authentication_type()),
        user.authentication_source().map(|id| id.to_string()),
        text(user.locale("default")),
        text(user.locale("reports")),
    ];
    if members.iter().all(Option::is_none) {
        return None;
    }
    let hash = Sha256::digest(serde_json::to_vec(&members).ok()?);
    Some(BASE64_URL_SAFE_NO_PAD.encode(&hash[..HASH_BYTES]))
}

/// The users of one console as they were when somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(super) target: String,
    pub(super) users: BTreeMap<i64, Known>,
}

/// The same as JSON. Roles are listed once, as their ids would be a good part of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    target: String,
    roles: Vec<String>,
    users: BTreeMap<i64, String>,
}

/// What can't be used is never taken for a first run: whatever changed meanwhile would not be told.
fn refused(expected: &str) -> Error {
    Error::invalid_input("state", expected).next(
        "give back the `state` of the last answer as it was; if it is lost, start anew with {}, which tells \
         nothing of what changed meanwhile",
    )
}

impl State {
    /// Users as they are, with nothing to compare them with.
    pub(crate) fn first<'a>(target: &str, users: impl IntoIterator<Item = &'a User>) -> Self {
        let users = users.into_iter();
        Self {
            target: target.to_owned(),
            users: users.map(|user| (user.id().0, Known::of(user))).collect(),
        }
    }

    /// The state that an earlier run at the console `target` answered with. `None` if there is none yet.
    ///
    /// # Errors
    /// `InvalidInput` for what is no such state.
    pub(crate) fn read(state: Map<String, Value>, target: &str) -> Result<Option<Self>> {
        if state.is_empty() {
            return Ok(None);
        }
        let malformed = || refused("expected what the last run answered with");
        match state.get("format").map(|format| format.as_u64()) {
            None | Some(None) => return Err(malformed()),
            Some(Some(format)) if format != u64::from(FORMAT) => {
                let expected = format!("expected format {FORMAT}, the one of this version");
                return Err(refused(&expected));
            }
            _ => {}
        }
        let written: Written =
            serde_json::from_value(Value::Object(state)).map_err(|_| malformed())?;
        if written.target != target {
            return Err(refused(&format!("expected one of this console, {target}")));
        }
        let roles: Vec<&str> = written.roles.iter().map(String::as_str).collect();
        if !roles.is_sorted_by(|one, next| one < next) {
            return Err(malformed());
        }
        let users = written.users.iter();
        let users = users.map(|(id, text)| Some((*id, Known::from_text(text, &roles)?)));
        Ok(Some(Self {
            target: written.target,
            users: users.collect::<Option<_>>().ok_or_else(malformed)?,
        }))
    }

    /// The state as the next run takes it.
    pub(crate) fn to_json(&self) -> Result<Map<String, Value>> {
        let roles = self.users.values().filter_map(|user| user.role.as_deref());
        let roles: BTreeSet<&str> = roles.collect();
        let roles: Vec<&str> = roles.into_iter().collect();
        let users = self.users.iter();
        let written = Written {
            format: FORMAT,
            target: self.target.clone(),
            users: users
                .map(|(id, user)| (*id, user.to_text(&roles)))
                .collect(),
            roles: roles.into_iter().map(str::to_owned).collect(),
        };
        match serde_json::to_value(written) {
            Ok(Value::Object(state)) => Ok(state),
            _ => Err(Error::new(
                ErrorKind::Unexpected,
                "the state can't be written",
            )),
        }
    }

    /// Who is in it.
    pub(crate) fn ids(&self) -> impl Iterator<Item = i64> {
        self.users.keys().copied()
    }
}
