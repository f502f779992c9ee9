//! Addresses of servers, and what makes them unusable.

use std::net::Ipv6Addr;

use crate::tls::TrustError;

/// An address that can't be used. The address itself is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Not an absolute https address.
    #[error(
        "expected an address like https://console.example.com:3780 (http is accepted for this machine only: the password would travel in the clear)"
    )]
    Form,
    /// `https://user:password@host`.
    #[error("expected an address without user name and password in it")]
    Credentials,
    /// A console's address where the platform's is expected.
    #[error(
        "this is a console's address, and a console takes a user name and a password, no API key: expected the Insight Platform's, like https://eu.api.insight.rapid7.com, or its region"
    )]
    Console,
    /// The platform's address where a console's is expected.
    #[error(
        "this is the Insight Platform's address, which takes an API key, no user name and password: expected a console's, like https://console.example.com:3780"
    )]
    Platform,
    /// The certificates to trust are unusable.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// A console's `https://host:port` without a trailing slash or the API's own path.
pub(crate) fn console_url(url: &str) -> std::result::Result<String, InvalidUrl> {
    let (parsed, base) = base_url(url)?;
    if is_platform(&parsed) {
        return Err(InvalidUrl::Platform);
    }
    Ok(base.strip_suffix("/api/3").unwrap_or(&base).to_owned())
}

/// The address that a person means who types a host, a host and a port, or an address; consoles listen on port 3780
/// unless told otherwise (guide). Whether it can be used is another question.
#[must_use]
pub fn typed_console_address(typed: &str) -> String {
    let typed = typed.trim();
    if typed.contains("://") {
        return typed.to_owned();
    }
    let typed = match typed.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{typed}]"),
        Err(_) => typed.to_owned(),
    };
    let host = typed.split('/').next().unwrap_or_default();
    let after_brackets = host.rsplit(']').next().unwrap_or_default();
    match after_brackets.contains(':') {
        true => format!("https://{typed}"),
        false => format!("https://{host}:3780{}", &typed[host.len()..]),
    }
}

/// The same for the platform.
pub(crate) fn platform_url(url: &str) -> std::result::Result<String, InvalidUrl> {
    let (parsed, base) = base_url(url)?;
    // The port that consoles listen on unless told otherwise (guide).
    if parsed.port() == Some(3780) || base.ends_with("/api/3") {
        return Err(InvalidUrl::Console);
    }
    let own_paths = ["/account/api/1", "/vm/v4"];
    let base = own_paths
        .iter()
        .find_map(|path| base.strip_suffix(path))
        .unwrap_or(&base);
    Ok(base.to_owned())
}

/// Whether this is one of the platform's own hosts.
fn is_platform(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    host == "insight.rapid7.com" || host.ends_with(".insight.rapid7.com")
}

fn base_url(url: &str) -> std::result::Result<(reqwest::Url, String), InvalidUrl> {
    let parsed = reqwest::Url::parse(url.trim()).map_err(|_| InvalidUrl::Form)?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(InvalidUrl::Credentials);
    }
    let local = matches!(
        parsed.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]" | "::1")
    );
    let scheme = parsed.scheme();
    if parsed.host_str().is_none() || !(scheme == "https" || scheme == "http" && local) {
        return Err(InvalidUrl::Form);
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(InvalidUrl::Form);
    }
    let base = parsed.as_str().trim_end_matches('/').to_owned();
    Ok((parsed, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_with_or_without_the_api_path() {
        for url in [
            "https://console:3780",
            "https://console:3780/",
            "https://console:3780/api/3",
            " https://console:3780/api/3/ ",
        ] {
            assert_eq!(console_url(url).as_deref(), Ok("https://console:3780"));
        }
        assert_eq!(
            console_url("http://127.0.0.1:80/").as_deref(),
            Ok("http://127.0.0.1")
        );
    }

    #[test]
    fn a_host_is_enough_for_an_address() {
        for (typed, address) in [
            ("console.example.com", "https://console.example.com:3780"),
            (" console.example.com\n", "https://console.example.com:3780"),
            ("console:8443", "https://console:8443"),
            ("console.example.com/", "https://console.example.com:3780/"),
            ("10.0.0.7", "https://10.0.0.7:3780"),
            ("::1", "https://[::1]:3780"),
            ("[::1]:443", "https://[::1]:443"),
            ("https://console.example.com", "https://console.example.com"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ] {
            assert_eq!(typed_console_address(typed), address);
            assert!(console_url(address).is_ok(), "{address}");
        }
    }

    #[test]
    fn addresses_that_would_leak_or_mislead_are_refused_without_repeating_them() {
        for url in [
            "console:3780",
            "",
            "ftp://console",
            "http://console:3780",
            "https://console/?x=1",
        ] {
            assert_eq!(console_url(url), Err(InvalidUrl::Form), "{url}");
            assert_eq!(platform_url(url), Err(InvalidUrl::Form), "{url}");
        }
        let refused = console_url("https://svc:canary@console:3780").expect_err("credentials");
        assert_eq!(refused, InvalidUrl::Credentials);
        assert!(!refused.to_string().contains("canary"));
    }

    #[test]
    fn the_surfaces_are_not_taken_for_each_other() {
        for url in [
            "https://us.api.insight.rapid7.com",
            "https://insight.rapid7.com/",
            "https://EU.api.insight.rapid7.com./account/api/1",
        ] {
            assert_eq!(console_url(url), Err(InvalidUrl::Platform), "{url}");
            assert!(platform_url(url).is_ok(), "{url}");
        }
        for url in ["https://console:3780", "https://console.example.com/api/3"] {
            assert_eq!(platform_url(url), Err(InvalidUrl::Console), "{url}");
            assert!(console_url(url).is_ok(), "{url}");
        }
        assert_eq!(
            platform_url("https://eu.api.insight.rapid7.com/account/api/1/").as_deref(),
            Ok("https://eu.api.insight.rapid7.com")
        );
    }
}
