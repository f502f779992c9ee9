//! The proxy on the way out, to AWS and the Insight Platform: what the environment says to every program.

use std::env::{self, VarError};

use rapid7::Proxy;

use super::environment::{SettingsError, wrong};

/// Where its address is; the first that is set counts.
const ADDRESS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The hosts that are reached without it.
const EXCEPT: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The proxy of this process, if it has one. What goes by http has none.
///
/// # Errors
/// For a variable that can't be used.
pub(crate) fn proxy_of_the_way_out() -> Result<Option<Proxy>, SettingsError> {
    let Some((name, address)) = first_of(&ADDRESS)? else {
        return Ok(None);
    };
    let proxy = Proxy::parse(&address).map_err(|error| wrong(name, &error.to_string()))?;
    let except = first_of(&EXCEPT)?.map(|(_, hosts)| hosts);
    let except = except.unwrap_or_default();
    // The HTTP client means all names by it, but no addresses.
    if except.split(',').any(|host| host.trim() == "*") {
        return Ok(None);
    }
    Ok(Some(proxy.except(except)))
}

/// The first of these that is set to something.
fn first_of(names: &[&'static str]) -> Result<Option<(&'static str, String)>, SettingsError> {
    for name in names {
        match env::var(name) {
            Ok(value) if !value.trim().is_empty() => return Ok(Some((name, value))),
            Ok(_) | Err(VarError::NotPresent) => {}
            Err(VarError::NotUnicode(_)) => return Err(wrong(name, "expected UTF-8")),
        }
    }
    Ok(None)
}
