//! New passwords: given, read from a secret, or generated and delivered into one.

use rapid7::console::User;
use secrecy::{ExposeSecret as _, SecretString};

use crate::console::context::ConsoleContext;
use crate::console::plan::{Change, Delivery, Plan};
use crate::console::random_password::{CharacterClass, Rules};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::text::solid;
use crate::core::typed::typed_whole;

/// A password that a caller gives, itself or by reference.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) password: Option<&'a SecretString>,
    pub(crate) secret: Option<&'a str>,
}

impl Given<'_> {
    pub(crate) fn is_none(&self) -> bool {
        self.password.is_none() && self.secret.is_none()
    }

    /// Refuses both at once, and one that nobody could type.
    pub(crate) fn check(&self) -> Result<()> {
        if self.password.is_some() && self.secret.is_some() {
            return Err(Error::invalid_input(
                "password, password_secret",
                "expected one of them, got both",
            ));
        }
        if let Some(password) = self.password {
            given(password)?;
        }
        Ok(())
    }

    /// The password itself.
    pub(crate) async fn read(&self, context: &ConsoleContext) -> Result<Option<SecretString>> {
        match (self.password, self.secret) {
            (Some(password), _) => given(password).map(Some),
            (None, Some(reference)) => {
                let read = context.run.services.secrets.read(reference);
                context
                    .run
                    .in_time("the password's secret", read)
                    .await
                    .map(Some)
            }
            (None, None) => Ok(None),
        }
    }
}

fn given(password: &SecretString) -> Result<SecretString> {
    let password = typed_whole(password.expose_secret());
    let password = password.map_err(|expected| Error::invalid_input("password", expected))?;
    Ok(password.into())
}

/// Declares the input of an operation that may set the password of one user.
macro_rules! password_input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::console::input::user_input! {
            @replaces
            $(#[$attributes])*
            pub struct $name {
                $($members)*
                /// Secret with the new password: name or ARN in AWS Secrets Manager. Append `#key` for
                /// one member of a JSON secret. Default: the whole text, or the member `password`.
                #[schemars(example = &"rapid7/new-password")]
                pub password_secret: Option<String>,
                /// The new password itself; a secret is safer. Never shown or logged.
                #[schemars(with = "Option<String>", extend("writeOnly" = true))]
                #[schemars(example = &"correct horse battery staple")]
                pub password: Option<secrecy::SecretString>,
                /// Generate a random password. It goes into the secret `deliver_to` and nowhere else.
                #[serde(default)]
                #[schemars(example = true)]
                pub generate_password: bool,
                /// Length of a generated password, 12 to 128 characters. Default: 24.
                #[schemars(range(min = 12, max = 128))]
                #[schemars(example = 24)]
                pub password_length: Option<i64>,
                /// Character classes of a generated password, with at least one character of each.
                /// Default: all four.
                #[schemars(extend("examples" = [["lower", "upper", "digit"]]))]
                pub password_classes: Option<Vec<$crate::console::random_password::CharacterClass>>,
                /// Name or ARN of an existing secret in AWS Secrets Manager that receives the generated
                /// password.
                #[schemars(example = &"rapid7/passwords/jdoe")]
                pub deliver_to: Option<String>,
                /// Idempotency token: a retry with the same token uses the same password. Callers that
                /// retry should set it. Default: the id of the EventBridge event or of the run.
                #[schemars(example = &"INC-3")]
                pub request_token: Option<String>,
                /// Whether the person must change the password at the next login.
                #[serde(default)]
                #[schemars(example = true)]
                pub password_reset_on_login: bool,
            }
        }

        impl $name {
            fn new_password(&self) -> $crate::console::password::NewPasswordInput<'_> {
                $crate::console::password::NewPasswordInput {
                    given: $crate::console::password::Given {
                        password: self.password.as_ref(),
                        secret: self.password_secret.as_deref(),
                    },
                    generate: self.generate_password,
                    length: self.password_length,
                    classes: self.password_classes.as_deref(),
                    deliver_to: self.deliver_to.as_deref(),
                    request_token: self.request_token.as_deref(),
                    reset_on_login: self.password_reset_on_login,
                }
            }
        }
    };
}

pub(crate) use password_input;

/// What a caller says of a new password.
pub(crate) struct NewPasswordInput<'a> {
    pub(crate) given: Given<'a>,
    pub(crate) generate: bool,
    pub(crate) length: Option<i64>,
    pub(crate) classes: Option<&'a [CharacterClass]>,
    pub(crate) deliver_to: Option<&'a str>,
    pub(crate) request_token: Option<&'a str>,
    pub(crate) reset_on_login: bool,
}

/// A new password, and where a generated one goes.
pub(crate) struct NewPassword {
    password: SecretString,
    delivery: Option<Delivery>,
    reset_on_login: bool,
}

impl NewPasswordInput<'_> {
    /// Whether no new password is asked for.
    pub(crate) fn is_none(&self) -> bool {
        self.given.is_none() && !self.generate
    }

    /// Refuses what does not go together.
    pub(crate) fn check(&self) -> Result<()> {
        self.given.check()?;
        for (field, text) in [
            ("deliver_to", self.deliver_to),
            ("request_token", self.request_token),
        ] {
            text.map(|text| solid(field, text)).transpose()?;
        }
        if self.generate && !self.given.is_none() {
            return Err(Error::invalid_input(
                "generate_password",
                "expected either this or a given password, got both",
            ));
        }
        if self.generate && self.deliver_to.is_none() {
            return Err(Error::invalid_input(
                "deliver_to",
                "required with `generate_password`: the password goes there and nowhere else",
            ));
        }
        let only_generated = [
            ("deliver_to", self.deliver_to.is_some()),
            ("password_length", self.length.is_some()),
            ("password_classes", self.classes.is_some()),
            ("request_token", self.request_token.is_some()),
        ];
        for (field, there) in only_generated {
            if there && !self.generate {
                return Err(Error::invalid_input(
                    field,
                    "only goes with `generate_password`",
                ));
            }
        }
        if self.is_none() && self.reset_on_login {
            return Err(Error::invalid_input(
                "password_reset_on_login",
                "only goes with a new password",
            ));
        }
        Rules::from_members(self.length, self.classes).map(drop)
    }

    /// The password: given, read, or made.
    pub(crate) async fn resolve(
        &self,
        context: &ConsoleContext,
        login: &str,
    ) -> Result<NewPassword> {
        let delivery = self
            .deliver_to
            .map(|secret| {
                // Other rules are another request: a password that was refused must not come again.
                let rules = format!("{:?} {:?}", self.length, self.classes);
                Delivery::new(context, secret, self.request_token, login, &rules)
            })
            .transpose()?;
        let password = match self.given.read(context).await? {
            Some(given) => given,
            None => Rules::from_members(self.length, self.classes)?.generate()?,
        };
        Ok(NewPassword {
            password,
            delivery,
            reset_on_login: self.reset_on_login,
        })
    }
}

/// Said of every password that is set for somebody else.
pub(crate) const NEVER_SHOWN: &str =
    "a console never shows a password: that it took this one is known by its answer alone";

/// The plan that gives a user a new password. There is no telling whether it is the old one: a
/// console never shows it, so this is never "nothing to do".
pub(crate) fn plan(user: &User, own_login: &str, new: NewPassword) -> Result<Plan> {
    let kind = user.authentication_type().unwrap_or("normal");
    if !["normal", "admin"].contains(&kind) {
        return Err(Error::new(
            ErrorKind::Refused,
            format!("the account logs in by {kind}: its password lives elsewhere"),
        )
        .next("change the password where it is kept"));
    }
    let NewPassword {
        password,
        delivery,
        reset_on_login,
    } = new;
    let mut plan = if user.login().to_lowercase() == own_login.to_lowercase() {
        if reset_on_login {
            return Err(Error::invalid_input(
                "password_reset_on_login",
                "not for the account that the pack itself uses: it could not log in any more",
            ));
        }
        Plan::of(Some(Change::SetOwnPassword(user.id(), password)))
    } else {
        Plan::replace(user, |edit| {
            edit.set_password(password);
            if reset_on_login {
                edit.set_password_reset_on_login(true);
            }
        })
    };
    plan.delivery = delivery;
    if !plan
        .changes
        .iter()
        .any(|change| matches!(change, Change::SetOwnPassword(..)))
    {
        plan.warnings.push(NEVER_SHOWN.into());
    }
    if user.enabled() == Some(false) {
        plan.warnings
            .push("the account is disabled: enable-user lets the person in".into());
    }
    Ok(plan)
}
