//! Profiles: what `r7user` knows of consoles, the platform and the policy from a file, and which of them is meant.

mod place;
mod read;
mod write;

use std::io;

use actions::Error;
use clap::{Arg, ArgMatches};
use services::settings::{PROFILE, Profile, names_a_surface};

pub(crate) use place::{Place, shown};
pub(crate) use read::File;
pub(crate) use write::save;

use crate::via_lambda;

/// The profile of who has only one.
pub(crate) const DEFAULT: &str = "default";

pub(crate) fn argument() -> Arg {
    Arg::new("profile")
        .long("profile")
        .value_name("NAME")
        .help("Profile in the configuration file; r7user init creates one")
        .global(true)
        .env(PROFILE)
}

/// The name that somebody chose.
pub(crate) fn named(arguments: &ArgMatches) -> Option<&str> {
    let name = arguments.get_one::<String>("profile").map(String::as_str);
    name.filter(|name| !name.is_empty())
}

/// The profile that counts, if any does.
pub(crate) fn chosen(arguments: &ArgMatches) -> actions::Result<Option<Profile>> {
    let (place, named) = (Place::of_this_machine(), named(arguments));
    let variable = |name: &str| std::env::var(name).ok();
    let says_enough = names_a_surface(variable) || via_lambda::is_told(arguments);
    let file = match File::at(&place) {
        Ok(file) => file,
        // Nobody named this file, and nobody needs it.
        Err(error)
            if error.kind() == Some(io::ErrorKind::PermissionDenied)
                && says_enough
                && !place.is_named
                && named.is_none() =>
        {
            None
        }
        Err(error) => return Err(unusable(error)),
    };
    let Some(file) = file else {
        return match named {
            Some(name) => Err(unusable(format!(
                "there is no profile {name:?}: there is no file {}",
                place.shown()
            ))),
            None if place.is_named => Err(unusable(format!("there is no file {}", place.shown()))),
            None => Ok(None),
        };
    };
    let names = file.names();
    let listed = names.join(", ");
    let default = file.default_profile().map_err(unusable)?;
    let name = match (named, default) {
        (Some(name), _) if names.contains(&name) => name.to_owned(),
        (Some(name), _) if names.is_empty() => {
            return Err(unusable(format!(
                "there is no profile {name:?} in {}, and no other",
                place.shown()
            )));
        }
        (Some(name), _) => {
            return Err(unusable(format!(
                "there is no profile {name:?} in {}; there are {listed}",
                place.shown()
            )));
        }
        (None, Some(name)) => name,
        (None, None) if names.contains(&DEFAULT) => DEFAULT.to_owned(),
        (None, None) => match names.as_slice() {
            [] => return Ok(None),
            [only] => (*only).to_owned(),
            _ if says_enough => return Ok(None),
            _ => {
                return Err(unusable(format!(
                    "there are several profiles in {}, and none is chosen: {listed}",
                    place.shown()
                ))
                .next(format!(
                    "choose one by --profile, {PROFILE}, or `default_profile` in the file"
                )));
            }
        },
    };
    let profile = file.profile(&name).map_err(unusable)?;
    if let Some(stack) = profile.via_lambda() {
        via_lambda::parsed(stack).map_err(|expected| {
            unusable(format!("{}: `via_lambda`: {expected}", profile.called()))
        })?;
    }
    Ok(Some(profile))
}

/// Settings that can't be used.
pub(crate) fn unusable(what: impl ToString) -> Error {
    Error::misconfigured(what.to_string()).about_settings()
}

/// The ways to say where a console is, and who asks.
const WAYS: &str = "r7user init sets up a profile, step by step; or set RAPID7_CONSOLE_URL, RAPID7_CONSOLE_USERNAME \
                    and RAPID7_CONSOLE_PASSWORD (or RAPID7_CONSOLE_SECRET_FILE, or RAPID7_CONSOLE_SECRET); or let a \
                    deployment's functions do it with --via-lambda STACK, which takes credentials for AWS alone";

/// What to say where nothing is configured.
pub(crate) fn nothing() -> Error {
    unusable("nothing is configured: neither a console nor the Insight Platform").next(WAYS)
}

/// What to say where only the other surface is: of consoles, and of the platform.
pub(crate) fn missing() -> [String; 2] {
    [
        format!("no console is configured, and this needs one; {WAYS}"),
        "the Insight Platform is not configured, and this needs it; r7user init asks for it, too; or set \
         RAPID7_PLATFORM_REGION and RAPID7_PLATFORM_API_KEY (or RAPID7_PLATFORM_SECRET_FILE, or \
         RAPID7_PLATFORM_SECRET)"
            .to_owned(),
    ]
}
