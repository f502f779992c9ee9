//! What the console knows. Tests build one, hand it over, and look inside or edit it while the
//! console runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::seed::PRIVILEGES;

/// Which of the two published shapes the console speaks. They differ in the user's name, in where
/// the all-sites flags sit, and in how site grants are read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireForm {
    /// The user management guide: `name` is an object, `accessAllSites` is on the user.
    Guide,
    /// The vendor's API file, which production consoles follow: `name` is one string, `allSites`
    /// is inside `role`.
    Vendor,
}

/// How a console in maintenance answers every API route. All three are seen in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maintenance {
    /// 503 with a JSON error.
    Status503,
    /// 401 with a JSON error, though the credentials are right. Counts as no failed login.
    Status401,
    /// 200 with an HTML page.
    Html,
}

/// What a console does with local accounts whose type does not fit their role: `admin` is a global
/// administrator's, `normal` everybody else's (seen in the field).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalType {
    /// Keeps the type that was sent.
    AsSent,
    /// Moves the account to the type that fits.
    Moved,
    /// Answers 400.
    Required,
}

/// What stands in front of the console, or in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// Puts a byte order mark before every answer.
    ByteOrderMark,
    /// Compresses every answer, whatever was asked for.
    Gzip,
    /// A plain web server: 404 with a page, whatever is asked for.
    WebServer,
    /// A gateway that lets nobody through: 403 with a page.
    Gateway,
    /// A server of something else, which answers 404 with nothing.
    Nothing,
    /// A server of something else, which answers 404 with JSON of its own.
    OtherApi,
    /// Something that is well and says so in plain text, whatever is asked for.
    PlainText,
    /// Leads elsewhere, with credentials and a token in the address.
    Redirect,
}

/// What a list with nothing in it looks like. The last two are seen in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyLists {
    /// `resources` is an empty array (vendor API file).
    Shown,
    /// There are no `resources`, and nothing but links.
    Missing,
    /// There are no `resources`, and a page tells that there are none.
    MissingWithTotal,
}

/// A role that users are assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The human readable name.
    pub name: String,
    /// What the role is for.
    pub description: String,
    /// Privilege names, e.g. `all-permissions`.
    pub privileges: Vec<String>,
}

impl Role {
    pub(crate) fn grants_any(&self, privileges: &[&str]) -> bool {
        self.privileges
            .iter()
            .any(|own| privileges.contains(&own.as_str()))
    }
}

/// A place that passwords are checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthenticationSource {
    /// The number that a user's `authentication.id` refers to.
    pub id: i64,
    /// The human readable name.
    pub name: String,
    /// `normal`, `admin`, `ldap`, `saml` or `kerberos`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the console does not keep the password itself.
    pub external: bool,
}

/// The source a user logs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authentication {
    /// The id of an [`AuthenticationSource`].
    pub id: i64,
    /// The type of that source.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Language preferences, as BCP 47 tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Locale {
    /// The language of the user interface.
    pub default: Option<String>,
    /// The language of reports.
    pub reports: Option<String>,
}

/// Everything the console keeps about one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserRecord {
    /// The name the user logs in with. Unique without regard to case.
    pub login: String,
    /// First name. The vendor form shows first and last name as one string.
    pub first: String,
    /// Last name, and middle names if the name was sent as one string.
    pub last: String,
    /// Email address. Not unique.
    pub email: Option<String>,
    /// The password in clear: it is test data. An empty one never matches.
    #[serde(serialize_with = "fingerprint")]
    pub password: String,
    /// Whether the account may be used.
    pub enabled: bool,
    /// Whether failed logins have locked the account.
    pub locked: bool,
    /// Failed logins since the last success.
    pub failed_logins: u32,
    /// The id of the role.
    pub role: String,
    /// Permissions of the account's own, in place of a role: GET then tells neither id nor name of one (recorded
    /// from a console 6.6.210).
    pub own_privileges: Option<Vec<String>>,
    /// Whether the user may do everything whatever the role says.
    pub superuser: bool,
    /// Access to all sites.
    pub all_sites: bool,
    /// Access to all asset groups.
    pub all_asset_groups: bool,
    /// What the user logs in with.
    pub authentication: Authentication,
    /// Language preferences.
    pub locale: Option<Locale>,
    /// Sites granted one by one.
    pub sites: BTreeSet<i64>,
    /// Asset groups granted one by one.
    pub asset_groups: BTreeSet<i64>,
    /// Whether the password must be changed at the next login. No GET ever shows it.
    pub password_reset_on_login: bool,
    /// When set, logins must carry exactly this in the `Token` header.
    pub two_factor_token: Option<String>,
    /// The two-factor seed that `/users/{id}/2FA` reads and writes. Independent of
    /// [`two_factor_token`](Self::two_factor_token), so that setting a seed locks nobody out.
    pub two_factor_key: Option<String>,
    /// Members of a newer console that nobody has heard of. GET returns them; PUT replaces them
    /// by those it carries.
    pub other: Map<String, Value>,
    /// The same, inside `role`.
    pub other_role: Map<String, Value>,
}

fn fingerprint<S: Serializer>(password: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::hex(&Sha256::digest(password)))
}

impl UserRecord {
    /// An enabled local user without email, grants or flags.
    pub fn new(login: &str, password: &str, role: &str) -> UserRecord {
        UserRecord {
            login: login.to_owned(),
            first: String::new(),
            last: String::new(),
            email: None,
            password: password.to_owned(),
            enabled: true,
            locked: false,
            failed_logins: 0,
            role: role.to_owned(),
            own_privileges: None,
            superuser: false,
            all_sites: false,
            all_asset_groups: false,
            authentication: Authentication {
                id: 1,
                kind: "normal".to_owned(),
            },
            locale: None,
            sites: BTreeSet::new(),
            asset_groups: BTreeSet::new(),
            password_reset_on_login: false,
            two_factor_token: None,
            two_factor_key: None,
            other: Map::new(),
            other_role: Map::new(),
        }
    }

    /// First and last name as one string, as the vendor form shows it.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }
}

/// The whole console: its data and how it behaves.
#[derive(Clone, Debug)]
pub struct State {
    /// Users by id.
    pub users: BTreeMap<i64, UserRecord>,
    /// The highest user id ever given out: ids of deleted users are not used again.
    pub last_user_id: i64,
    /// Site names by id.
    pub sites: BTreeMap<i64, String>,
    /// Asset group names by id.
    pub asset_groups: BTreeMap<i64, String>,
    /// Roles by id.
    pub roles: BTreeMap<String, Role>,
    /// Authentication sources.
    pub authentication_sources: Vec<AuthenticationSource>,
    /// The shape of users and grants on the wire.
    pub form: WireForm,
    /// How many failed logins lock an account.
    pub lockout_after: u32,
    /// The shortest password that the policy accepts. What a real console's policy says is
    /// unknown; the guide's own example password has seven characters.
    pub min_password_length: usize,
    /// Whether a PUT without a password is refused. The vendor's file lists it as required; in
    /// the field the old password stays.
    pub password_required_on_put: bool,
    /// Whether a PUT leaves permissions of the account's own alone. What a real console does is unknown: they are
    /// read-only in the vendor's file.
    pub put_keeps_own_privileges: bool,
    /// Whether a PUT whose role has no id is refused.
    pub role_id_required_on_put: bool,
    /// What becomes of a local account whose type does not fit its role.
    pub local_type: LocalType,
    /// Whether GET tells the two all-access flags. The guide's own example does not.
    pub tells_access_flags: bool,
    /// Whether a PUT drops the user's single site and asset group grants (seen in the field).
    pub put_drops_grants: bool,
    /// Whether read-only members sent back get a 400. What a real console does is unknown; the
    /// strict answer keeps clients careful.
    pub reject_read_only: bool,
    /// Whether a password that is set is answered with 200 and ignored, as by a console that reads another
    /// body than it gets (seen in the field).
    pub ignores_passwords: bool,
    /// Whether `status` in error bodies is a string, as the vendor's file has it, or a number.
    pub error_status_as_string: bool,
    /// Whether a successful PUT or DELETE answers 204 without a body: the vendor's file speaks of
    /// both that and of 200 with links.
    pub no_content_on_write: bool,
    /// When set, every API route gives this answer.
    pub maintenance: Option<Maintenance>,
    /// What stands in front of it.
    pub front: Option<Front>,
    /// Whether callers see no account but their own, in the list and by number, with no word about it.
    pub hides_others: bool,
    /// How long every request takes at least.
    pub latency: Duration,
    /// The page size when none is asked for.
    pub default_page_size: usize,
    /// The page size that larger ones are cut down to.
    pub max_page_size: usize,
    /// Whether a user's sites and asset groups come in pages in the vendor's form too, of which nothing is
    /// told but how many there are in all.
    pub pages_grants: bool,
    /// What a list with nothing in it looks like.
    pub empty_lists: EmptyLists,
    /// Whether the lists of roles and authentication sources have an entry more, whose id is null (seen in the
    /// field).
    pub lists_null_ids: bool,
    /// What links start with in the vendor form. A starting console puts its own address here.
    pub base_url: String,
}

impl Default for State {
    /// A console with default behaviour and nothing in it: nobody can log in.
    fn default() -> State {
        State {
            users: BTreeMap::new(),
            last_user_id: 0,
            sites: BTreeMap::new(),
            asset_groups: BTreeMap::new(),
            roles: BTreeMap::new(),
            authentication_sources: Vec::new(),
            form: WireForm::Vendor,
            lockout_after: 5,
            min_password_length: 8,
            password_required_on_put: false,
            put_keeps_own_privileges: false,
            role_id_required_on_put: false,
            local_type: LocalType::AsSent,
            tells_access_flags: true,
            put_drops_grants: true,
            reject_read_only: true,
            ignores_passwords: false,
            error_status_as_string: false,
            no_content_on_write: false,
            maintenance: None,
            front: None,
            hides_others: false,
            latency: Duration::ZERO,
            default_page_size: 10,
            max_page_size: 500,
            pages_grants: false,
            empty_lists: EmptyLists::Shown,
            lists_null_ids: false,
            base_url: "https://localhost:3780".to_owned(),
        }
    }
}

impl State {
    /// The user with that login, compared without regard to case as the console does.
    pub fn user_by_login(&self, login: &str) -> Option<(i64, &UserRecord)> {
        self.users
            .iter()
            .find(|(_, user)| same_login(&user.login, login))
            .map(|(id, user)| (*id, user))
    }

    /// The user with that login, to edit.
    ///
    /// # Panics
    /// When there is no such user.
    pub fn user_mut(&mut self, login: &str) -> &mut UserRecord {
        self.users
            .values_mut()
            .find(|user| same_login(&user.login, login))
            .unwrap_or_else(|| panic!("the console has no user with the login {login:?}"))
    }

    /// Adds a user under the next free id and returns that id.
    pub fn add_user(&mut self, user: UserRecord) -> i64 {
        let highest = self.users.keys().next_back().copied().unwrap_or(0);
        self.last_user_id = self.last_user_id.max(highest) + 1;
        self.users.insert(self.last_user_id, user);
        self.last_user_id
    }

    /// The user exactly as `GET /users/{id}` shows it.
    pub fn user_json(&self, id: i64) -> Option<Value> {
        let wire = super::wire::UserBody::of(self, id, self.users.get(&id)?);
        Some(serde_json::to_value(wire).expect("a user serialises"))
    }

    /// Every user with every member and grant, by id; the password only as its SHA-256. Compare
    /// two of them to prove that nothing else has changed.
    pub fn snapshot(&self) -> Value {
        serde_json::to_value(&self.users).expect("users serialise")
    }

    /// Sites: by flag, or forced by a privilege of the role (vendor API file).
    pub(crate) fn sees_all_sites(&self, user: &UserRecord) -> bool {
        let forcing = ["all-permissions", "manage-sites", "manage-tags"];
        user.all_sites || self.grants(user, &forcing)
    }

    /// Asset groups: by flag, or forced by a privilege of the role (vendor API file).
    pub(crate) fn sees_all_asset_groups(&self, user: &UserRecord) -> bool {
        let forcing = ["all-permissions", "manage-dynamic-asset-groups"];
        user.all_asset_groups || self.grants(user, &forcing)
    }

    /// The privileges that the vendor's API file lists, and then others that roles have.
    pub(crate) fn privileges(&self) -> Vec<&str> {
        let mut privileges = PRIVILEGES.to_vec();
        for own in self.roles.values().flat_map(|role| &role.privileges) {
            if !privileges.contains(&own.as_str()) {
                privileges.push(own);
            }
        }
        privileges
    }

    pub(crate) fn is_global_admin(&self, user: &UserRecord) -> bool {
        user.superuser || self.grants(user, &["all-permissions"])
    }

    fn grants(&self, user: &UserRecord, privileges: &[&str]) -> bool {
        match &user.own_privileges {
            Some(own) => own.iter().any(|own| privileges.contains(&own.as_str())),
            None => {
                let role = self.roles.get(&user.role);
                role.is_some_and(|role| role.grants_any(privileges))
            }
        }
    }
}

pub(crate) fn same_login(one: &str, other: &str) -> bool {
    one == other || one.eq_ignore_ascii_case(other) || {
        !(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase()
    }
}
