//! Typed client for Rapid7's user management APIs.
//!
//! This crate knows the wire and nothing else: no AWS, no environment, no policy. What to change
//! and whether it may be changed is decided by its callers.
//!
//! Facts about the wire are marked with where they were learned: *vendor API file* (the console's
//! own OpenAPI document), *guide* (the public user management guide), *seen in the field*
//! (recordings and clients of others).

mod answer;
mod call;
mod certificate;
pub mod console;
mod content;
mod credentials;
mod dns;
mod error;
mod logins;
mod look;
mod number;
pub mod platform;
mod proxy;
mod rate_limit;
mod redact;
mod request;
mod retry;
mod spelling;
mod text;
mod tls;
mod transport;
mod url;
mod without_links;

pub use answer::{read_body, untrusted};
pub use credentials::{
    ApiKey, BoxFuture, CredentialError, CredentialErrorKind, CredentialSource, Credentials,
    Identity,
};
pub use error::{Delivery, Error, ErrorKind, Names, Result, Surface};
pub use look::{Look, LookError, look_at_console};
pub use number::number;
pub use proxy::{InvalidProxy, Proxy};
pub use rate_limit::RateLimit;
pub use redact::{REDACTED, redact_secret_members};
pub use retry::RetryPolicy;
pub use text::{is_hidden, printable, printable_lines};
pub use tls::{Fingerprint, Shown, Trust, TrustError, client_config};
pub use transport::Options;
pub use url::{InvalidUrl, typed_console_address};
