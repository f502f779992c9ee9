//! What a failed request means for a run.

use std::sync::Arc;

use rapid7::platform::Region;

use super::{Changed, Error, ErrorKind, TRUST_OR_FIND_OUT};

/// What to do about a key that can't manage accounts.
pub(crate) const MAKE_AN_ORGANIZATION_KEY: &str = "make an organization key (Insight Platform: \
    Administration, API Keys) and put it into the pack's secret";

/// What to do about a server that speaks no TLS with this pack.
pub(crate) const SPEAK_TLS: &str = "check that the port is the API's own, and let the server, or what stands in \
    front of it, speak TLS 1.2 with ECDHE and AES-GCM or ChaCha20, or TLS 1.3: nothing older is safe to send a \
    password over";

/// What a failed request means for a run, where the caller knows nothing better.
impl From<rapid7::Error> for Error {
    fn from(source: rapid7::Error) -> Self {
        use rapid7::ErrorKind as Wire;
        let platform = source.surface == rapid7::Surface::Platform;
        let credentials = source.names.credentials.as_deref().unwrap_or("the secret");
        let (kind, next) = match source.kind {
            _ if source.found_no_way() => (ErrorKind::Unavailable, &*look_for_the_way(&source)),
            Wire::Rejected if platform => (
                ErrorKind::Unexpected,
                "read what the platform said; if the input is right, report this",
            ),
            Wire::Rejected => (
                ErrorKind::Unexpected,
                "read what the console said; if the input is right, report this",
            ),
            Wire::Unauthorized if platform => (
                ErrorKind::Unauthorized,
                &*format!(
                    "check the API key in {credentials}: a key belongs to one region, so it may be another \
                     region's (the region is the first part of the platform's address in a browser); or \
                     it was revoked, or its owner was deleted"
                ),
            ),
            Wire::Forbidden if platform => (ErrorKind::Unauthorized, MAKE_AN_ORGANIZATION_KEY),
            Wire::NotFound if platform => (
                ErrorKind::Unexpected,
                "check that the address is the Insight Platform's, and that nobody else is deleting \
                 the same at this time; then run it again",
            ),
            Wire::Unauthorized => (
                ErrorKind::Unauthorized,
                &*format!(
                    "check user name and password in {credentials}, whether the account is locked or \
                     disabled, and whether the console is in maintenance; it was not tried again, as \
                     failed logins lock the account"
                ),
            ),
            Wire::Forbidden | Wire::NotFound => (
                ErrorKind::Unauthorized,
                "check that the pack's account is a global administrator: others get 404 for what \
                 they may not see",
            ),
            Wire::RateLimited => (ErrorKind::RateLimited, "wait, then run it again"),
            Wire::Unavailable | Wire::CredentialsUnavailable => {
                (ErrorKind::Unavailable, "run it again later")
            }
            Wire::Certificate if platform => (
                ErrorKind::Refused,
                "if the network opens TLS on the way, trust its certificate authority; else something \
                 pretends to be the platform",
            ),
            Wire::Certificate => (
                ErrorKind::Refused,
                "compare the fingerprint with the console's own (openssl x509 -fingerprint \
                 -sha256); only if they are the same, trust it by pin or CA",
            ),
            Wire::CredentialsUntrusted => (ErrorKind::Refused, TRUST_OR_FIND_OUT),
            Wire::Handshake => (ErrorKind::Refused, SPEAK_TLS),
            Wire::Credentials => (ErrorKind::Unauthorized, "correct the configuration"),
            Wire::NotTheApi if platform => (
                ErrorKind::Unexpected,
                "check that the address is the Insight Platform's; if it is, find out what stands between \
                 that answers in its place (a proxy, a gateway, a firewall)",
            ),
            Wire::NotTheApi => (
                ErrorKind::Unexpected,
                "check address and port: a console's API does not answer so; if they are right, find out \
                 what stands between that answers in its place (a proxy, a gateway, a firewall)",
            ),
            Wire::Malformed | Wire::Protocol if platform => (
                ErrorKind::Unexpected,
                "check that the address is that of the Insight Platform, then report this",
            ),
            Wire::Malformed | Wire::Protocol => (
                ErrorKind::Unexpected,
                "check that the address is that of a console, then report this",
            ),
        };
        let changed = if source.may_have_been_carried_out() {
            Changed::Unknown
        } else {
            Changed::Nothing
        };
        let next = next.to_owned();
        let message = match source.kind {
            // What was to be asked there says nothing about the way.
            _ if source.found_no_way() => source.message.clone(),
            Wire::Unauthorized if platform => format!("{source}: {}", refused_key(&source.target)),
            Wire::Forbidden if platform => format!(
                "{source}: this is a user key, it seems, which has only its owner's rights: managing \
                 accounts takes an organization key"
            ),
            _ => source.to_string(),
        };
        Self {
            message,
            retry_after: source.retry_after,
            source: Some(Arc::new(source)),
            ..Self::new(kind, "")
        }
        .next(next)
        .changed(changed)
    }
}

/// What to do where there was no way to a server.
pub(crate) fn look_for_the_way(source: &rapid7::Error) -> String {
    let what = match source.surface {
        rapid7::Surface::Console => "console",
        rapid7::Surface::Platform => "platform",
    };
    if source.stopped_at_proxy {
        return format!(
            "check the address of the proxy, and whether it lets requests through to the {what}; then run it again"
        );
    }
    let place = source
        .names
        .address
        .as_deref()
        .map(|place| format!(" ({place})"));
    let place = place.unwrap_or_default();
    format!(
        "check the address{place}, then whether the {what} is up and can be reached from here; then run it again"
    )
}

/// Where a key was refused. A key belongs to one region, and nothing else tells that it is another's.
fn refused_key(target: &str) -> String {
    match Region::of_url(target) {
        Some(region) => format!("the region {region} does not know this API key"),
        None => format!("{target} does not know this API key"),
    }
}

/// A write of which not even looking tells whether it was carried out.
pub(crate) fn indeterminate(error: rapid7::Error) -> Error {
    let mut failed = Error::from(error);
    if failed.is_failed_login() {
        return failed.changed(Changed::Unknown);
    }
    failed.kind = ErrorKind::Indeterminate;
    failed
        .changed(Changed::Unknown)
        .next("run it again: it reads first and does only what is left")
}

/// A write of which nobody can tell whether it was carried out, as the credentials were refused, or can't be
/// had: what is to be done about that, the error itself says.
pub(crate) fn not_looked_at(error: rapid7::Error) -> Error {
    Error::from(error).changed(Changed::Unknown)
}

/// A write of which nobody can tell whether it was carried out, as the login was refused with which somebody
/// was to look: that is what is to be put right first.
pub(crate) fn refused_look(error: &rapid7::Error, mut look: Error) -> Error {
    look.message = format!(
        "{error}; and then, looking what became of it, {}",
        look.message
    );
    look.changed(Changed::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_key_is_told_with_the_region_that_refused_it() {
        assert_eq!(
            refused_key("https://eu.api.insight.rapid7.com"),
            "the region eu does not know this API key"
        );
        assert_eq!(
            refused_key("https://proxy.example.com"),
            "https://proxy.example.com does not know this API key"
        );
    }
}
