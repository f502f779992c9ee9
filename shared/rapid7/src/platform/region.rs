//! Where in the world an account of the platform lives.

use std::fmt;
use std::str::FromStr;

/// A region: the first part of the platform's address. An open set, as new ones appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

/// What is no region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a region such as us, us2, us3, eu, ca, au, ap, aps2 or me1")]
pub struct InvalidRegion;

impl Region {
    /// Those of the vendor's own Terraform provider. Others may come.
    pub const KNOWN: [&str; 9] = ["us", "us2", "us3", "eu", "ca", "au", "ap", "aps2", "me1"];

    /// Whether it is one of these.
    #[must_use]
    pub fn is_known(&self) -> bool {
        Self::KNOWN.contains(&self.0.as_str())
    }

    /// The region that an address of the platform is in, if it tells.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        let host = url.strip_prefix("https://")?;
        let region = host.strip_suffix(".api.insight.rapid7.com")?;
        region.parse().ok()
    }

    /// The address of the platform there (guide).
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{self}.api.insight.rapid7.com")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    /// A few letters and perhaps a number: anything else would become part of an address.
    fn from_str(text: &str) -> Result<Self, InvalidRegion> {
        let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = text.len() - letters.len();
        let fits = (2..=4).contains(&letters.len())
            && letters.bytes().all(|b| b.is_ascii_lowercase())
            && digits <= 2;
        fits.then(|| Self(text.to_owned())).ok_or(InvalidRegion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_an_open_set_with_a_check() {
        for text in Region::KNOWN {
            assert!(text.parse::<Region>().expect(text).is_known());
        }
        let new: Region = "afs1".parse().expect("a region that may appear");
        assert!(!new.is_known());
        assert_eq!(new.url(), "https://afs1.api.insight.rapid7.com");
        assert_eq!(Region::of_url(&new.url()), Some(new));
        assert_eq!(Region::of_url("https://proxy.example.com"), None);
        for text in [
            "",
            "u",
            "US",
            "europe",
            "eu.evil.example",
            "e/",
            "eu100",
            "éu",
            "2eu",
            "e2u",
        ] {
            assert_eq!(text.parse::<Region>(), Err(InvalidRegion), "{text}");
        }
    }
}
