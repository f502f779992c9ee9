//! New passwords: given, read from a secret, or generated and delivered into one.

use rand::TryRng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rapid7::console::User;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::console::context::ConsoleContext;
use crate::console::plan::{Change, Delivery, Plan};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::text::solid;

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

    /// Refuses both at once, and an empty one.
    pub(crate) fn check(&self) -> Result<()> {
        if self.password.is_some() && self.secret.is_some() {
            return Err(Error::invalid_input(
                "password, password_secret",
                "expected one of them, got both",
            ));
        }
        let empty = |password: &&SecretString| password.expose_secret().is_empty();
        if self.password.as_ref().is_some_and(empty) {
            return Err(Error::invalid_input(
                "password",
                "expected text that is not empty",
            ));
        }
        Ok(())
    }

    /// The password itself.
    pub(crate) async fn read(&self, context: &ConsoleContext) -> Result<Option<SecretString>> {
        match (self.password, self.secret) {
            (Some(password), _) => Ok(Some(password.clone())),
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

/// Declares the input of an operation that may set the password of one user.
macro_rules! password_input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::console::input::user_input! {
            $(#[$attributes])*
            pub struct $name {
                $($members)*
                /// The secret that holds the new password: a name or ARN in Secrets Manager, with
                /// `#key` behind it for one member of a JSON secret (without: the whole text, or
                /// the member `password`).
                #[schemars(example = &"rapid7/new-password")]
                pub password_secret: Option<String>,
                /// The new password itself; a secret is safer. Never shown or logged.
                #[schemars(with = "Option<String>", extend("writeOnly" = true))]
                #[schemars(example = &"correct horse battery staple")]
                pub password: Option<secrecy::SecretString>,
                /// Make a random password. It goes into the secret `deliver_to` and nowhere else.
                #[serde(default)]
                #[schemars(example = true)]
                pub generate_password: bool,
                /// How long a generated password is, 12 to 128 characters; 24 unless said.
                #[schemars(range(min = 12, max = 128))]
                #[schemars(example = 24)]
                pub password_length: Option<i64>,
                /// What a generated password is made of, at least one of each; all four unless said.
                #[schemars(extend("examples" = [["lower", "upper", "digit"]]))]
                pub password_classes: Option<Vec<$crate::console::password::CharacterClass>>,
                /// Name or ARN of an existing secret in Secrets Manager for the generated password.
                #[schemars(example = &"rapid7/passwords/jdoe")]
                pub deliver_to: Option<String>,
                /// A text that is the same whenever this very request is repeated, so that the
                /// repetition uses the same password. Retriers pass one; without it, the id of
                /// the EventBridge event or of the run is taken.
                #[schemars(example = &"INC-3")]
                pub request_token: Option<String>,
                /// Whether the person must choose another password at the next login.
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

/// A kind of characters in a generated password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CharacterClass {
    /// `a` to `z`.
    Lower,
    /// `A` to `Z`.
    Upper,
    /// `0` to `9`.
    Digit,
    /// Punctuation that survives shells, JSON and URLs unquoted or is easily quoted.
    Symbol,
}

impl CharacterClass {
    const ALL: [Self; 4] = [Self::Lower, Self::Upper, Self::Digit, Self::Symbol];

    fn characters(self) -> &'static [u8] {
        match self {
            Self::Lower => b"abcdefghijklmnopqrstuvwxyz",
            Self::Upper => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Digit => b"0123456789",
            Self::Symbol => b"!@#%^*-_=+.,:?",
        }
    }
}

/// What a generated password looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    length: usize,
    classes: Vec<CharacterClass>,
}

/// A random password of lower and upper case letters, digits and symbols, at least one of each.
///
/// # Errors
/// `InvalidInput` for a length that is no password's, `Unavailable` if the system has no random
/// numbers to give.
pub fn generate_password(length: i64) -> Result<SecretString> {
    Rules::from_members(Some(length), None)?.generate()
}

/// The length of a generated password, where none is asked for.
const LENGTH: i64 = 24;

impl Rules {
    /// Reads the two members of an input.
    ///
    /// # Errors
    /// `InvalidInput` for a length that is no password's, or no class at all.
    pub(crate) fn from_members(
        length: Option<i64>,
        classes: Option<&[CharacterClass]>,
    ) -> Result<Self> {
        let expected = "expected a number from 12 to 128";
        let length = usize::try_from(length.unwrap_or(LENGTH)).unwrap_or_default();
        if !(12..=128).contains(&length) {
            return Err(Error::invalid_input("password_length", expected));
        }
        let classes = classes.unwrap_or(&CharacterClass::ALL);
        if classes.is_empty() {
            return Err(Error::invalid_input(
                "password_classes",
                "expected at least one class",
            ));
        }
        Ok(Self {
            length,
            classes: classes.to_vec(),
        })
    }

    /// A password with at least one character of each class, from the system's random source.
    ///
    /// # Errors
    /// `Unavailable` if the system has no random numbers to give.
    pub(crate) fn generate(&self) -> Result<SecretString> {
        SysRng
            .try_next_u32()
            .map_err(|_| Error::unavailable("the system gives no random numbers"))?;
        let mut random = UnwrapErr(SysRng);
        let all: Vec<u8> = self
            .classes
            .iter()
            .flat_map(|c| c.characters())
            .copied()
            .collect();
        let mut one = |from: &[u8]| char::from(*from.choose(&mut random).unwrap_or(&b'0'));
        let mut characters: Vec<char> = self.classes.iter().map(|c| one(c.characters())).collect();
        while characters.len() < self.length {
            characters.push(one(&all));
        }
        characters.shuffle(&mut random);
        Ok(characters.into_iter().collect::<String>().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_generated_password_keeps_its_rules(
            length in 12_i64..=128,
            classes in prop::sample::subsequence(CharacterClass::ALL.to_vec(), 1..=4),
        ) {
            let rules = Rules::from_members(Some(length), Some(&classes)).expect("rules");
            let password = rules.generate().expect("a password");
            let text = password.expose_secret();
            prop_assert_eq!(text.len() as i64, length);
            for class in CharacterClass::ALL {
                let has = text.bytes().any(|byte| class.characters().contains(&byte));
                prop_assert_eq!(has, classes.contains(&class));
            }
            let again = rules.generate().expect("a password");
            prop_assert_ne!(again.expose_secret(), text);
        }
    }

    #[test]
    fn a_short_password_and_one_of_nothing_are_refused() {
        for (length, classes) in [
            (Some(11), None),
            (Some(129), None),
            (Some(-1), None),
            (None, Some(&[][..])),
        ] {
            assert!(Rules::from_members(length, classes).is_err());
        }
    }
}
