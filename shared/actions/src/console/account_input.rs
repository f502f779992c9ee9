//! What it takes to make an account: the members that create-user and provision-user share.

use rapid7::console::{Authentication, Locale, NewUser, PersonName, Role};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::console::choice;
use crate::console::context::ConsoleContext;
use crate::console::id_or_name::IdOrName;
use crate::console::password::Given;
use crate::console::plan::Plan;
use crate::core::error::{Error, Result};
use crate::core::text::{as_address, as_login, solid};

/// Authentication type (vendor API file).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthenticationType {
    /// Local user: the console keeps the password.
    #[default]
    Normal,
    /// Local global administrator: the console keeps the password.
    Admin,
    /// LDAP directory.
    Ldap,
    /// SAML identity provider.
    Saml,
    /// Kerberos.
    Kerberos,
}

impl AuthenticationType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Admin => "admin",
            Self::Ldap => "ldap",
            Self::Saml => "saml",
            Self::Kerberos => "kerberos",
        }
    }

    /// Whether the console itself keeps the password (guide: "LDAP/SAML users do not require a
    /// password field").
    pub(crate) fn is_local(self) -> bool {
        matches!(self, Self::Normal | Self::Admin)
    }
}

pub(crate) fn enabled_by_default() -> bool {
    true
}

/// Declares the input of an operation that makes an account.
macro_rules! account_input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::console::input::console_input! {
            @replaces
            $(#[$attributes])*
            pub struct $name {
                /// Login name, unique on the console.
                #[schemars(example = &"jsmith")]
                pub login: String,
                /// Full name. Either this, or `first_name` and optionally `last_name`.
                #[schemars(example = &"John Smith")]
                pub name: Option<String>,
                /// Given name.
                #[schemars(example = &"John")]
                pub first_name: Option<String>,
                /// Family name.
                #[schemars(example = &"Smith")]
                pub last_name: Option<String>,
                /// Email address.
                #[schemars(example = &"jsmith@example.com")]
                pub email: String,
                /// Role, by name or by its id on this console, such as `user`.
                #[schemars(example = &"user")]
                pub role_id: String,
                /// Secret with the initial password: name or ARN in AWS Secrets Manager. Append `#key`
                /// for one member of a JSON secret. Default: the whole text, or the member `password`.
                #[schemars(example = &"rapid7/initial-password")]
                pub password_secret: Option<String>,
                /// The initial password itself; a secret is safer. Never shown or logged. Local users
                /// need this or `password_secret`; external users must have neither.
                #[schemars(with = "Option<String>", extend("writeOnly" = true))]
                #[schemars(example = &"correct horse battery staple")]
                pub password: Option<secrecy::SecretString>,
                /// Whether the password must be changed at the first login.
                #[serde(default)]
                #[schemars(example = true)]
                pub password_reset_on_login: bool,
                /// Whether the account is enabled at once.
                #[serde(default = "crate::console::account_input::enabled_by_default")]
                #[schemars(example = true)]
                pub enabled: bool,
                /// Whether the user is a superuser. The policy must allow it.
                #[serde(default)]
                #[schemars(example = false)]
                pub superuser: bool,
                /// Whether the user has all asset groups. Default: false, or true if the role forces
                /// it. Always sent explicitly.
                #[schemars(example = false)]
                pub all_asset_groups: Option<bool>,
                /// How the user logs in.
                #[serde(default)]
                #[schemars(example = &"normal")]
                pub authentication_type: crate::console::account_input::AuthenticationType,
                /// Authentication source, by number or name. If left out, the console picks one of the
                /// type.
                #[schemars(example = &"Corporate Directory")]
                pub authentication_source_id: Option<crate::console::id_or_name::IdOrName>,
                /// Language of the user interface, an IETF BCP 47 tag.
                #[schemars(example = &"en-GB")]
                pub locale: Option<String>,
                /// Language of reports, an IETF BCP 47 tag.
                #[schemars(example = &"en-GB")]
                pub reports_locale: Option<String>,
                $($members)*
            }
        }

        impl $name {
            pub(crate) fn account(&self, all_sites: Option<bool>) -> $crate::console::account_input::AccountInput {
                $crate::console::account_input::AccountInput {
                    login: self.login.clone(),
                    name: self.name.clone(),
                    first_name: self.first_name.clone(),
                    last_name: self.last_name.clone(),
                    email: self.email.clone(),
                    role_id: self.role_id.clone(),
                    password_secret: self.password_secret.clone(),
                    password: self.password.clone(),
                    password_reset_on_login: self.password_reset_on_login,
                    enabled: self.enabled,
                    superuser: self.superuser,
                    all_sites,
                    all_asset_groups: self.all_asset_groups,
                    authentication_type: self.authentication_type,
                    authentication_source_id: self.authentication_source_id.clone(),
                    locale: self.locale.clone(),
                    reports_locale: self.reports_locale.clone(),
                }
            }
        }
    };
}

pub(crate) use account_input;

/// The account that a caller wants, as it was said.
#[derive(Debug)]
pub(crate) struct AccountInput {
    pub(crate) login: String,
    pub(crate) name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: String,
    pub(crate) role_id: String,
    pub(crate) password_secret: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) password_reset_on_login: bool,
    pub(crate) enabled: bool,
    pub(crate) superuser: bool,
    pub(crate) all_sites: Option<bool>,
    pub(crate) all_asset_groups: Option<bool>,
    pub(crate) authentication_type: AuthenticationType,
    pub(crate) authentication_source_id: Option<IdOrName>,
    pub(crate) locale: Option<String>,
    pub(crate) reports_locale: Option<String>,
}

impl AccountInput {
    /// Refuses a password too many, too few, or for an account that has none here.
    pub(crate) fn check_password(&self) -> Result<()> {
        let kind = self.authentication_type.name();
        let given = Given {
            password: self.password.as_ref(),
            secret: self.password_secret.as_deref(),
        };
        given.check()?;
        match (self.authentication_type.is_local(), given.is_none()) {
            (true, true) => Err(Error::invalid_input(
                "password_secret",
                &format!("required with {kind} authentication (or `password`)"),
            )),
            (false, false) => Err(Error::invalid_input(
                "password",
                &format!("not accepted with {kind} authentication: the password lives elsewhere"),
            )),
            _ => Ok(()),
        }
    }

    /// The account as the input says it, without what has to be asked for: password and source.
    pub(crate) fn wanted(&self) -> Result<NewUser> {
        Ok(NewUser {
            login: as_login("login", &self.login)?,
            name: person(
                self.name.as_deref(),
                self.first_name.as_deref(),
                self.last_name.as_deref(),
            )?,
            email: as_address("email", &self.email)?,
            password: None,
            password_reset_on_login: self.password_reset_on_login,
            enabled: self.enabled,
            role_id: solid("role_id", &self.role_id)?,
            superuser: self.superuser,
            all_sites: self.all_sites.unwrap_or(false),
            all_asset_groups: self.all_asset_groups.unwrap_or(false),
            authentication: Authentication {
                kind: self.authentication_type.name().into(),
                source: None,
            },
            locale: Locale {
                default: self.locale.clone(),
                reports: self.reports_locale.clone(),
            },
        })
    }

    /// The password, from wherever it is.
    pub(crate) async fn password(&self, context: &ConsoleContext) -> Result<Option<SecretString>> {
        let given = Given {
            password: self.password.as_ref(),
            secret: self.password_secret.as_deref(),
        };
        given.read(context).await
    }

    /// Follows the role where it forces an access flag (seen in the field), and refuses an input
    /// that says otherwise.
    pub(crate) fn follow_role(
        &self,
        wanted: &mut NewUser,
        roles: &[Role],
        plan: &mut Plan,
    ) -> Result<()> {
        let role = choice::role("role_id", &wanted.role_id, roles)?;
        wanted.role_id.clone_from(&role.id);
        for (field, forced, given, flag) in [
            (
                "all_sites",
                role.gives_all_sites(),
                self.all_sites,
                &mut wanted.all_sites,
            ),
            (
                "all_asset_groups",
                role.gives_all_asset_groups(),
                self.all_asset_groups,
                &mut wanted.all_asset_groups,
            ),
        ] {
            match (forced, given) {
                (true, Some(false)) => {
                    return Err(Error::invalid_input(
                        field,
                        &format!(
                            "the role {:?} gives its users all of them, so false can't be had: \
                             choose another role, or say true",
                            role.id
                        ),
                    ));
                }
                (true, None) => {
                    *flag = true;
                    plan.warnings.push(format!(
                        "{field} is true because the role {:?} forces it",
                        role.id
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A person's name, given whole or in parts.
///
/// # Errors
/// `InvalidInput` for none, or both.
pub(crate) fn person(
    name: Option<&str>,
    first: Option<&str>,
    last: Option<&str>,
) -> Result<PersonName> {
    match (name, first, last) {
        (Some(name), None, None) => {
            let name = solid("name", name)?;
            // Only the guide's form has parts; a name given as one string is split there at
            // its first space.
            let (first, last) = name.split_once(' ').unwrap_or((&name, ""));
            Ok(PersonName {
                first: first.into(),
                last: last.trim_start().into(),
            })
        }
        (None, Some(first), last) => Ok(PersonName {
            first: solid("first_name", first)?,
            last: match last {
                Some(last) => solid("last_name", last)?,
                None => String::new(),
            },
        }),
        (None, None, _) => Err(Error::invalid_input(
            "name",
            "required (or `first_name`), and missing",
        )),
        (Some(_), _, _) => Err(Error::invalid_input(
            "name",
            "expected either this or `first_name` and `last_name`, got both",
        )),
    }
}
