//! `create-user`: a new account, with nothing left to the console's defaults.

use rapid7::console::{Authentication, Locale, NewUser, PersonName, Role, User};
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::action::{Action, Effect, Spec};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::guard::Policy;
use crate::input::input;
use crate::lookup::{line, list, same_email, solid};
use crate::new_account::differences;
use crate::outcome::Outcome;
use crate::plan::{Change, Plan};

/// How a user logs in (vendor API file).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthenticationType {
    /// With a password kept by the console.
    #[default]
    Normal,
    /// The same, for a local global administrator.
    Admin,
    /// By a directory.
    Ldap,
    /// By an identity provider.
    Saml,
    /// By Kerberos.
    Kerberos,
}

impl AuthenticationType {
    fn name(self) -> &'static str {
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
    fn is_local(self) -> bool {
        matches!(self, Self::Normal | Self::Admin)
    }
}

fn enabled_by_default() -> bool {
    true
}

input! {
    /// The account to create.
    pub struct CreateUserInput {
        /// Login name, unique on the console.
        pub login: String,
        /// Full name. Either this, or `first_name` and perhaps `last_name`.
        pub name: Option<String>,
        /// Given name.
        pub first_name: Option<String>,
        /// Family name.
        pub last_name: Option<String>,
        /// Email address.
        pub email: String,
        /// Role id on this console, for example `user`.
        pub role_id: String,
        /// The secret that holds the initial password: a name or ARN in Secrets Manager, with
        /// `#key` behind it for one member of a JSON secret (without: the whole text, or the
        /// member `password`).
        pub password_secret: Option<String>,
        /// The initial password itself; a secret is safer. Never shown or logged. One of the two
        /// is required for local users, and none is accepted for external ones.
        #[schemars(with = "Option<String>", extend("writeOnly" = true))]
        pub password: Option<SecretString>,
        /// Whether the password must be changed at the first login.
        #[serde(default)]
        pub password_reset_on_login: bool,
        /// Whether the account may log in at once.
        #[serde(default = "enabled_by_default")]
        pub enabled: bool,
        /// Whether the user is a superuser. The policy must allow it.
        #[serde(default)]
        pub superuser: bool,
        /// Whether the user has every site. Left out, it is false, or true where the role forces
        /// it. Always sent explicitly.
        pub all_sites: Option<bool>,
        /// Whether the user has every asset group. As `all_sites`.
        pub all_asset_groups: Option<bool>,
        /// How the user logs in.
        #[serde(default)]
        pub authentication_type: AuthenticationType,
        /// Number of the authentication source; without it the console picks one of that type.
        pub authentication_source_id: Option<i64>,
        /// Language of the user interface, an IETF BCP 47 tag.
        pub locale: Option<String>,
        /// Language of reports, an IETF BCP 47 tag.
        pub reports_locale: Option<String>,
    }
}

/// Creates an account. If it exists already and is the same, nothing is left to do; if it differs,
/// that is an error which lists how.
pub struct CreateUser;

impl Action for CreateUser {
    type Input = CreateUserInput;
    type Output = Outcome;
    const SPEC: Spec = Spec {
        name: "create-user",
        title: "Create an account, with access flags always explicit",
        effect: Effect::Write,
        example: r#"{"login": "jdoe", "first_name": "Jane", "last_name": "Doe", "email": "jdoe@example.com", "role_id": "user", "password_secret": "rapid7/initial-password", "all_sites": false, "ticket": "HR-77"}"#,
    };

    async fn run(context: &Context, input: CreateUserInput) -> Result<Outcome> {
        input.check_password()?;
        let wanted = input.wanted()?;
        let users = context.users().await?;
        let existing = users.iter().find(|user| user.login() == wanted.login);
        let roles = async { Ok(context.console().roles().await?) };
        let Some(existing) = existing else {
            let mut plan = plan(&input, wanted, &users, &roles.await?, context.policy())?;
            if let [Change::CreateUser(new)] = plan.changes.as_mut_slice() {
                new.password = input.password(context).await?;
            }
            return context.apply_new(plan).await;
        };
        let (roles, existing) = tokio::try_join!(roles, context.user(existing.id()))?;
        let plan = plan_for_existing(&input, wanted, &existing, &roles)?;
        context.apply(existing, plan).await
    }
}

impl CreateUserInput {
    fn check_password(&self) -> Result<()> {
        let kind = self.authentication_type.name();
        let given = self.password.is_some() || self.password_secret.is_some();
        if self.password.is_some() && self.password_secret.is_some() {
            return Err(Error::invalid_input(
                "password, password_secret",
                "expected one of them, got both",
            ));
        }
        if self.authentication_type.is_local() && !given {
            return Err(Error::invalid_input(
                "password_secret",
                &format!("required with {kind} authentication (or `password`)"),
            ));
        }
        if !self.authentication_type.is_local() && given {
            return Err(Error::invalid_input(
                "password",
                &format!("not accepted with {kind} authentication: the password lives elsewhere"),
            ));
        }
        let empty = |password: &SecretString| password.expose_secret().is_empty();
        if self.password.as_ref().is_some_and(empty) {
            return Err(Error::invalid_input(
                "password",
                "expected text that is not empty",
            ));
        }
        Ok(())
    }

    fn person(&self) -> Result<PersonName> {
        match (&self.name, &self.first_name, &self.last_name) {
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

    /// The account as the input says it, without the password.
    fn wanted(&self) -> Result<NewUser> {
        Ok(NewUser {
            login: solid("login", &self.login)?,
            name: self.person()?,
            email: solid("email", &self.email)?,
            password: None,
            password_reset_on_login: self.password_reset_on_login,
            enabled: self.enabled,
            role_id: solid("role_id", &self.role_id)?,
            superuser: self.superuser,
            all_sites: self.all_sites.unwrap_or(false),
            all_asset_groups: self.all_asset_groups.unwrap_or(false),
            authentication: Authentication {
                kind: self.authentication_type.name().into(),
                source: self.authentication_source_id,
            },
            locale: Locale {
                default: self.locale.clone(),
                reports: self.reports_locale.clone(),
            },
        })
    }

    async fn password(&self, context: &Context) -> Result<Option<SecretString>> {
        match (&self.password, &self.password_secret) {
            (Some(password), _) => Ok(Some(password.clone())),
            (None, Some(reference)) => {
                let read = context.services.secrets.read(reference);
                match tokio::time::timeout_at(context.deadline, read).await {
                    Ok(password) => password.map(Some),
                    Err(_) => Err(Error::unavailable(
                        "the initial password could not be read before the deadline",
                    )),
                }
            }
            (None, None) => Ok(None),
        }
    }

    /// Follows the role where it forces an access flag (seen in the field), and refuses an input
    /// that says otherwise.
    fn follow_role(&self, wanted: &mut NewUser, roles: &[Role], plan: &mut Plan) -> Result<()> {
        let Some(role) = roles.iter().find(|role| role.id == wanted.role_id) else {
            let known: Vec<&str> = roles.iter().map(|role| role.id.as_str()).collect();
            return Err(Error::invalid_input(
                "role_id",
                &format!("expected one of this console's roles: {}", known.join(", ")),
            ));
        };
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

/// The plan for a login that nobody has.
fn plan(
    input: &CreateUserInput,
    mut wanted: NewUser,
    users: &[User],
    roles: &[Role],
    policy: &Policy,
) -> Result<Plan> {
    let mut plan = Plan::default();
    input.follow_role(&mut wanted, roles, &mut plan)?;
    let role = roles.iter().find(|role| role.id == wanted.role_id);
    // Local global administrators authenticate with `admin` (seen in the field).
    let privileged = wanted.superuser
        || input.authentication_type == AuthenticationType::Admin
        || role.is_some_and(Role::may_be_global_administrator);
    policy.may_create_privileged(privileged)?;
    let login = wanted.login.to_lowercase();
    if let Some(user) = users.iter().find(|u| u.login().to_lowercase() == login) {
        return Err(Error::new(
            ErrorKind::Refused,
            "a login that differs only in upper and lower case exists",
        )
        .about(line(user))
        .next("use that account, or another login"));
    }
    let same = |user: &&User| {
        let email = user.email();
        email.is_some_and(|email| same_email(email, &wanted.email))
    };
    let twins: Vec<&User> = users.iter().filter(same).collect();
    if !twins.is_empty() {
        let twins = list(&twins);
        plan.warnings
            .push(format!("other accounts have the same email: {twins}"));
    }
    plan.changes.push(Change::CreateUser(Box::new(wanted)));
    Ok(plan)
}

/// An account that is there already: nothing to do if it is the same, an error if it is not.
fn plan_for_existing(
    input: &CreateUserInput,
    mut wanted: NewUser,
    existing: &User,
    roles: &[Role],
) -> Result<Plan> {
    let mut plan = Plan::default();
    input.follow_role(&mut wanted, roles, &mut plan)?;
    let (differing, untold) = differences(&wanted, existing);
    if !differing.is_empty() {
        let lines: Vec<String> = differing
            .iter()
            .map(|field| format!("{} is {}, not {}", field.field, field.after, field.before))
            .collect();
        return Err(Error::new(
            ErrorKind::Refused,
            format!("the account exists and differs: {}", lines.join("; ")),
        )
        .about(line(existing))
        .next("if it is the same person, change the account instead of creating it"));
    }
    if input.authentication_type.is_local() {
        plan.warnings.push(
            "the account exists; its password can't be read, so it was neither compared nor changed"
                .into(),
        );
    }
    plan.warnings.extend(untold);
    Ok(plan)
}

#[cfg(test)]
mod tests;
