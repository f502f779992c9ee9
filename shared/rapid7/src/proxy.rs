//! A proxy on the way to a server: it is asked for a tunnel (`CONNECT`), and what goes through that is TLS from end
//! to end.

use std::error::Error as StdError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{NoProxy, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::text::root_cause;

/// An HTTP proxy. Only what is asked by https goes through it: anything else it could read.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Without its credentials, so that it can be shown.
    address: String,
    /// What it is sent to know who asks.
    authorization: Option<SecretString>,
    /// The hosts that are reached without it, as `NO_PROXY` lists them.
    except: String,
}

/// An address that is no HTTP proxy's. It is not repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the address of an HTTP proxy, such as http://proxy.example.com:3128 (not https:// or socks5://), with \
     USER:PASSWORD@ before the host if it asks for them"
)]
pub struct InvalidProxy;

impl Proxy {
    /// Reads an address: `http://HOST:PORT`, with or without `http://`, and `USER:PASSWORD@` before the host.
    ///
    /// # Errors
    /// If it is none. A proxy that is itself reached by TLS is none either: whoever is to be believed as the server
    /// would have to be believed as the proxy.
    pub fn parse(address: &str) -> Result<Self, InvalidProxy> {
        let address = address.trim();
        let url = match address.contains("://") {
            true => Url::parse(address),
            false => Url::parse(&format!("http://{address}")),
        };
        let url = url.map_err(|_| InvalidProxy)?;
        let host = url.host_str().unwrap_or_default();
        let letters = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b);
        let is_whole = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if url.scheme() != "http" || host.is_empty() || !host.bytes().all(letters) || !is_whole {
            return Err(InvalidProxy);
        }
        let authorization = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => {
                let password = decoded(password.unwrap_or_default());
                let both = [&decoded(user), &b":"[..], &password].concat();
                Some(format!("Basic {}", STANDARD.encode(both)).into())
            }
        };
        let port = url.port().unwrap_or(80);
        Ok(Self {
            address: format!("http://{host}:{port}"),
            authorization,
            except: String::new(),
        })
    }

    /// The same, but for these hosts, listed as in `NO_PROXY`.
    #[must_use]
    pub fn except(self, hosts: String) -> Self {
        Self {
            except: hosts,
            ..self
        }
    }

    /// What an HTTP client is told.
    ///
    /// # Panics
    /// Never: the address was checked.
    #[must_use]
    pub fn rule(&self) -> reqwest::Proxy {
        let rule = reqwest::Proxy::https(&self.address).expect("an address that was checked");
        let rule = rule.no_proxy(NoProxy::from_string(&self.except));
        match &self.authorization {
            None => rule,
            Some(header) => {
                let mut header = HeaderValue::from_str(header.expose_secret()).expect("Base64");
                header.set_sensitive(true);
                rule.custom_http_auth(header)
            }
        }
    }

    /// What the proxy did, for people, if that is why there is no connection.
    #[must_use]
    pub fn told(&self, error: &(dyn StdError + 'static)) -> Option<String> {
        let address = &self.address;
        let (cause, said) = tunnel(error)?;
        Some(match said.as_str() {
            "failed to create underlying connection" => {
                format!(
                    "the proxy {address} can't be reached: {}",
                    root_cause(cause)
                )
            }
            "proxy authorization required" => {
                let who = match self.authorization {
                    Some(_) => "refused the credentials that its address has",
                    None => "wants credentials, and its address has none",
                };
                format!("the proxy {address} {who} (407)")
            }
            "unsuccessful" => format!(
                "the proxy {address} did not connect to this server: it does not allow that, or could not"
            ),
            _ => {
                format!("the proxy {address} gave no answer that can be read; is it an HTTP proxy?")
            }
        })
    }

    /// What to add where it is not known whose doing it is.
    pub(crate) fn hint(&self) -> String {
        format!(" (the proxy {} is set)", self.address)
    }
}

/// The error of a tunnel among an error and its sources, and what it says. Its type is private to hyper-util, so its
/// words have to do.
fn tunnel<'a>(
    error: &'a (dyn StdError + 'static),
) -> Option<(&'a (dyn StdError + 'static), String)> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(said) = error.to_string().strip_prefix("tunnel error: ") {
            return Some((error, said.to_owned()));
        }
        next = error.source();
    }
    None
}

/// What percent signs stand for. One that stands for nothing is itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .filter(|digits| first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_its_scheme_and_credentials() {
        for (address, shown, credentials) in [
            (
                "http://proxy.example.com:3128",
                "http://proxy.example.com:3128",
                None,
            ),
            (
                " proxy.example.com:3128 ",
                "http://proxy.example.com:3128",
                None,
            ),
            ("http://proxy_1/", "http://proxy_1:80", None),
            ("http://[::1]:8080", "http://[::1]:8080", None),
            (
                "user:secret@127.0.0.1:3128",
                "http://127.0.0.1:3128",
                Some("user:secret"),
            ),
            (
                "http://user:p%40ss%2F%25zz@h:1",
                "http://h:1",
                Some("user:p@ss/%zz"),
            ),
            ("http://user@h:1", "http://h:1", Some("user:")),
        ] {
            let proxy = Proxy::parse(address).expect(address);
            assert_eq!(proxy.address, shown);
            let header = credentials.map(|text| format!("Basic {}", STANDARD.encode(text)));
            let sent = proxy
                .authorization
                .as_ref()
                .map(|text| text.expose_secret().to_owned());
            assert_eq!(sent, header, "{address}");
            let _ = proxy.rule();
            for shown in [format!("{proxy:?}"), format!("{:?}", proxy.rule())] {
                for secret in ["secret", "p@ss", "p%40ss", "Basic"] {
                    assert!(!shown.contains(secret), "{shown}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_http_proxy_is_refused() {
        for address in [
            "",
            "http://",
            "https://proxy.example.com:3128",
            "socks5://proxy.example.com:1080",
            "http://proxy.example.com:port",
            "proxy.example.com:99999",
            "http://proxy.example.com/proxy.pac",
            "http://proxy.example.com?a",
            "http://pro\"xy:3128",
            "user:pa/ss@proxy.example.com:3128",
        ] {
            assert_eq!(Proxy::parse(address).err(), Some(InvalidProxy), "{address}");
        }
    }
}
