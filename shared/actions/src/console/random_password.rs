//! Random passwords, of so many characters of these kinds.

use rand::TryRng as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::core::error::{Error, Result};

/// Character class of a generated password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CharacterClass {
    /// `a` to `z`.
    Lower,
    /// `A` to `Z`.
    Upper,
    /// `0` to `9`.
    Digit,
    /// Punctuation that needs no quotes in shells, JSON and URLs, or is easily quoted.
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
    use secrecy::ExposeSecret as _;

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
