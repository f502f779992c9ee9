//! The addresses of a host, as the system knows them, and who it is that has none.

use std::fmt;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Asks the system, as an HTTP client does by itself: with an error that can be told from others.
#[derive(Debug)]
pub(crate) struct OfTheSystem;

impl Resolve for OfTheSystem {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            // The port comes with the address that is asked for.
            let found = tokio::net::lookup_host((host.as_str(), 0)).await;
            let found: Vec<_> = match found {
                Ok(found) => found.collect(),
                Err(error) => {
                    let (host, said) = (host.clone(), error.to_string());
                    return Err(NoSuchHost { host, said }.into());
                }
            };
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// A host that has no address here.
#[derive(Debug)]
pub(crate) struct NoSuchHost {
    host: String,
    /// What the system says about it.
    said: String,
}

impl fmt::Display for NoSuchHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, said } = self;
        // Systems have no code for it that Rust passes on, and all of them say "again" (EAI_AGAIN).
        let said = said.rsplit(": ").next().unwrap_or(said);
        let lower = said.to_lowercase();
        match lower.contains("temporary") || lower.contains("again") {
            true => write!(
                f,
                "no such host is known here now: {host} (no name server answered: {said})"
            ),
            false => write!(f, "no such host: {host} ({said})"),
        }
    }
}

impl std::error::Error for NoSuchHost {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_has_is_told_from_one_that_nobody_was_asked_for() {
        let told = |said: &str| {
            let host = "consle.example.com".to_owned();
            NoSuchHost {
                host,
                said: said.into(),
            }
            .to_string()
        };
        let failed = "failed to lookup address information: ";
        assert_eq!(
            told(&format!("{failed}Name or service not known")),
            "no such host: consle.example.com (Name or service not known)"
        );
        assert_eq!(
            told(&format!("{failed}Temporary failure in name resolution")),
            "no such host is known here now: consle.example.com (no name server answered: Temporary \
             failure in name resolution)"
        );
    }
}
