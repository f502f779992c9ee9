//! `update-user`: some members of an account, and no others.

use rapid7::console::{PersonName, Role, User, WireForm};

use crate::console::account_input::{AuthenticationType, person};
use crate::console::choice;
use crate::console::context::ConsoleContext;
use crate::console::id_or_name::IdOrName;
use crate::console::input::user_input;
use crate::console::lookup::{line, refuse_taken};
use crate::console::outcome::Outcome;
use crate::console::plan::Plan;
use crate::console::role_change::RoleChange;
use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::input::{clearable, present};
use crate::core::spec::{Effect, Spec};
use crate::core::text::{as_address, as_login, solid};

user_input! {
    @replaces
    /// The account, and only the members to change. Null clears the members that may be empty:
    /// `new_email`, `locale`, `reports_locale`.
    pub struct UpdateUserInput {
        /// New login name.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"jane.doe")]
        pub new_login: Option<String>,
        /// New email address, or null for none.
        #[serde(default, deserialize_with = "clearable")]
        #[schemars(extend("x-clearable" = true))]
        pub new_email: Option<Option<String>>,
        /// New full name.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"Jane Doe")]
        pub name: Option<String>,
        /// New given name. A console that keeps the name in one text needs `last_name`, too.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"Jane")]
        pub first_name: Option<String>,
        /// New family name. A console that keeps the name in one text needs `first_name`, too.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"Doe")]
        pub last_name: Option<String>,
        /// Whether the account may log in.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = true)]
        pub enabled: Option<bool>,
        /// New role, by id or name. Flags follow the role, as in set-role.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"user")]
        pub role_id: Option<String>,
        /// Whether the user is a superuser. The policy must allow true.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = false)]
        pub superuser: Option<bool>,
        /// Whether the user has all sites.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = false)]
        pub all_sites: Option<bool>,
        /// Whether the user has all asset groups.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = false)]
        pub all_asset_groups: Option<bool>,
        /// New authentication type. A change from an external type to `normal` or `admin` is refused,
        /// because it needs a password at the same time.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"saml")]
        pub authentication_type: Option<AuthenticationType>,
        /// New authentication source, by number or name.
        #[serde(default, deserialize_with = "present")]
        #[schemars(example = &"Corporate Directory")]
        pub authentication_source_id: Option<IdOrName>,
        /// New language of the user interface, an IETF BCP 47 tag, or null for the console's own.
        #[serde(default, deserialize_with = "clearable")]
        #[schemars(extend("x-clearable" = true))]
        #[schemars(example = &"en-GB")]
        pub locale: Option<Option<String>>,
        /// New language of reports, an IETF BCP 47 tag, or null for the console's own.
        #[serde(default, deserialize_with = "clearable")]
        #[schemars(extend("x-clearable" = true))]
        #[schemars(example = &"en-GB")]
        pub reports_locale: Option<Option<String>>,
    }
}

/// Changes only the given members. The whole user is sent back as it was read, with these members
/// changed. Members that already have the given value are skipped.
pub struct UpdateUser;

impl Action for UpdateUser {
    type Input = UpdateUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "update-user",
        title: "Change only the given members of an account",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "new_email": "jane.doe@example.com", "reports_locale": null, "ticket": "HR-77"}"#,
    };
    const QUESTION: &'static str = "Change {}";

    async fn run(context: &ConsoleContext, input: UpdateUserInput) -> Result<Outcome> {
        let selector = input.selector()?;
        let roles = async {
            match input.touches_role() {
                true => context.roles().await,
                false => Ok(&[][..]),
            }
        };
        let (user, roles) = tokio::try_join!(context.find_user(&selector), roles)?;
        let about = |error: Error| error.about(line(&user));
        let kind = input.authentication(&user);
        let wanted = input.authentication_source_id.as_ref();
        let source = context.source(wanted, &kind).await.map_err(about)?;
        if let Some(login) = &input.new_login {
            let login = as_login("new_login", login)?;
            refuse_taken("new_login", &login, &user, context.users().await?).map_err(about)?;
        }
        let known = Known {
            roles,
            form: context.console().form_or_default(),
            source,
        };
        let plan = plan(&input, &user, &known).map_err(about)?;
        context.apply(user, plan).await
    }
}

/// What has to be known of the console to plan an update.
struct Known<'a> {
    roles: &'a [Role],
    form: WireForm,
    source: Option<i64>,
}

impl UpdateUserInput {
    fn touches_role(&self) -> bool {
        self.role_id.is_some()
            || self.superuser.is_some()
            || self.all_sites.is_some()
            || self.all_asset_groups.is_some()
    }

    /// The way of logging in that the account will have.
    fn authentication(&self, user: &User) -> String {
        match self.authentication_type {
            Some(kind) => kind.name().to_owned(),
            None => user.authentication_type().unwrap_or("normal").to_owned(),
        }
    }

    fn is_empty(&self) -> bool {
        let named = self.name.is_some() || self.first_name.is_some() || self.last_name.is_some();
        let authentication =
            self.authentication_type.is_some() || self.authentication_source_id.is_some();
        let locale = self.locale.is_some() || self.reports_locale.is_some();
        self.new_login.is_none()
            && self.new_email.is_none()
            && self.enabled.is_none()
            && !(named || authentication || locale || self.touches_role())
    }
}

fn plan(input: &UpdateUserInput, user: &User, known: &Known<'_>) -> Result<Plan> {
    if input.is_empty() {
        return Err(Error::invalid_input(
            "(input)",
            "expected at least one member to change",
        ));
    }
    let login = input.new_login.as_deref();
    let login = login
        .map(|given| as_login("new_login", given))
        .transpose()?;
    let email = match &input.new_email {
        Some(Some(email)) => Some(Some(as_address("new_email", email)?)),
        other => other.clone(),
    };
    let name = name(input, user)?;
    for (field, tag) in [
        ("locale", &input.locale),
        ("reports_locale", &input.reports_locale),
    ] {
        if let Some(Some(tag)) = tag {
            solid(field, tag)?;
        }
    }
    let role = input.role_id.as_deref();
    let role = role
        .map(|role| choice::role("role_id", role, known.roles))
        .transpose()?;
    let change = RoleChange {
        role,
        superuser: input.superuser,
        all_sites: input.all_sites,
        all_asset_groups: input.all_asset_groups,
    };
    let (flags, warnings) = change.flags(user, known.roles)?;
    let authentication = authentication(input, user, known)?;
    let mut plan = Plan::replace(user, |edit| {
        if let Some(login) = &login {
            edit.set_login(login);
        }
        if let Some(email) = &email {
            edit.set_email(email.as_deref());
        }
        if let Some(name) = &name {
            edit.set_name(name, known.form);
        }
        if let Some(enabled) = input.enabled {
            edit.set_enabled(enabled);
        }
        if input.touches_role() {
            flags.edit(user, edit, known.form);
        }
        match &authentication {
            Some((kind, source)) => edit.set_authentication(kind, *source),
            // What is asked for counts more than what goes with the role.
            None if input.authentication_type.is_some() => {
                let kind = user.authentication_type().unwrap_or_default();
                edit.set_authentication(kind, user.authentication_source());
            }
            None => {}
        }
        for (which, tag) in [
            ("default", &input.locale),
            ("reports", &input.reports_locale),
        ] {
            if let Some(tag) = tag {
                edit.set_locale(which, tag.as_deref());
            }
        }
    });
    if !plan.changes.is_empty() && input.touches_role() {
        plan.warnings.extend(warnings);
    }
    if let Some((kind, None)) = &authentication {
        plan.warnings
            .push(format!("the console picks one of its {kind} sources"));
    }
    Ok(plan)
}

/// The name as it shall be, if it changes. Where the console keeps one string, nobody can tell where
/// the given name ends.
fn name(input: &UpdateUserInput, user: &User) -> Result<Option<PersonName>> {
    let (whole, first, last) = (
        input.name.as_deref(),
        input.first_name.as_deref(),
        input.last_name.as_deref(),
    );
    if whole.is_none() && first.is_none() && last.is_none() {
        return Ok(None);
    }
    let (first, last) = match (whole, user.name_parts()) {
        (None, Some((old_first, old_last))) => {
            let last = last.or(Some(old_last).filter(|last| !last.is_empty()));
            (first.or(Some(old_first)), last)
        }
        (None, None) if first.is_none() || last.is_none() => {
            return Err(Error::invalid_input(
                "name",
                "this console keeps the name in one string: expected this, or both `first_name` and \
                 `last_name`",
            ));
        }
        _ => (first, last),
    };
    let given = [
        ("first_name", input.first_name.as_deref()),
        ("last_name", input.last_name.as_deref()),
    ];
    for (field, given) in given {
        given.map(|text| solid(field, text)).transpose()?;
    }
    let wanted = match whole {
        Some(_) => person(
            whole,
            input.first_name.as_deref(),
            input.last_name.as_deref(),
        )?,
        // The other part is what the console has, whatever that is.
        None => PersonName {
            first: first.unwrap_or_default().into(),
            last: last.unwrap_or_default().into(),
        },
    };
    // One string for both: a name that is the same must not move the border between its parts.
    let same = user.full_name().as_deref() == Some(&wanted.full()) && whole.is_some();
    Ok((!same).then_some(wanted))
}

fn authentication(
    input: &UpdateUserInput,
    user: &User,
    known: &Known<'_>,
) -> Result<Option<(String, Option<i64>)>> {
    if input.authentication_type.is_none() && known.source.is_none() {
        return Ok(None);
    }
    let kind = input.authentication(user);
    let local = |kind: &str| ["normal", "admin"].contains(&kind);
    if let Some(old) = user.authentication_type()
        && !local(old)
        && local(&kind)
    {
        return Err(Error::new(
            ErrorKind::Refused,
            format!("the account logs in by {old}; to keep its password here, the console wants one with the change"),
        )
        .next("change it in the console, where the person can choose the password"));
    }
    let same = user.authentication_type() == Some(&kind);
    match known.source {
        None if same => Ok(None),
        source if same && source == user.authentication_source() => Ok(None),
        source => Ok(Some((kind, source))),
    }
}

#[cfg(test)]
mod tests;
