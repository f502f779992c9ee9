//! What is asked, and how each answer is tried out.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actions::{Caller, Error, ErrorKind, Run, invoke, typed};
use rapid7::{Look, Options, Shown, look_at_console, printable, typed_console_address};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use services::assemble::assemble;
use services::aws::Chain;
use services::needs::Needs;
use services::sent::Sent;
use services::settings::{Profile, SecretAt, Settings, Surface};
use tokio::time::Instant;

use crate::ask::Asker;
use crate::audit_file::AppendedFile;
use crate::caller::{person, request_id};
use crate::out;
use crate::render::Page;
use crate::{profile, render};

use super::end::{End, NOTHING, Result};

pub(super) const URL: &str = "RAPID7_CONSOLE_URL";
const USERNAME: &str = "RAPID7_CONSOLE_USERNAME";
const PINS: &str = "RAPID7_CONSOLE_CERTIFICATE_SHA256";
const REGION: &str = "RAPID7_PLATFORM_REGION";
const PLATFORM_URL: &str = "RAPID7_PLATFORM_URL";

/// Says something, as wide as the terminal is.
pub(super) fn say(text: impl Display) {
    out::say(Page::of_stderr().wrapped(&text.to_string(), "  "));
}

/// How often a login is tried: each that is refused counts, and a few lock the account.
const TRIES: usize = 3;

/// How long a test may take.
const TEST: Duration = Duration::from_secs(60);

/// Asks where the console is until there is one, and whether its certificate is its own.
pub(super) async fn address(asker: &mut Asker, name: &str) -> Result<Surface> {
    let options = Options {
        proxy: console_proxy()?,
        ..Options::default()
    };
    loop {
        let typed = asker
            .line("Console (host, host:port or address; port 3780 if not told): ")
            .await?;
        if typed.is_empty() {
            continue;
        }
        let address = typed_console_address(&typed);
        let look = asker
            .unless_interrupted(look_at_console(&address, &options))
            .await?;
        let Look {
            address,
            certificate,
        } = match look {
            Ok(look) => look,
            Err(error) => {
                say(format_args!("{}", printable(&error.to_string())));
                say(
                    "Check the address, and whether the console is up and can be reached from here.",
                );
                continue;
            }
        };
        let mut surface = Surface {
            name: name.to_owned(),
            ..Surface::default()
        };
        match certificate {
            None => say("It is an address of this machine, without TLS."),
            Some(Shown {
                not_vouched_for: None,
                subject,
                ..
            }) => {
                say(format_args!(
                    "Public authorities vouch for its certificate ({subject}): it is trusted for that, and nothing is \
                     pinned."
                ));
            }
            Some(shown) => {
                describe(&address, &shown);
                if !asker.yes("Is this the console's own certificate?").await? {
                    return Err(End::No);
                }
                surface.values.insert(PINS, shown.fingerprint.to_string());
            }
        }
        surface.values.insert(URL, address);
        return Ok(surface);
    }
}

/// The certificate, and how to find out whose it is.
fn describe(address: &str, shown: &Shown) {
    let until = shown.validity.map(|times| times.map(date).join(" to "));
    let reason = shown.not_vouched_for.as_deref().unwrap_or_default();
    // What a certificate of one's own is to an authority is nothing that helps here, but for its dates.
    let is_dated = reason.contains("expired") || reason.contains("not valid yet");
    let reason = match shown.subject == shown.issuer && !is_dated {
        true => "it is self-signed, as consoles' own are",
        false => reason,
    };
    let host = address.split("://").nth(1).unwrap_or(address);
    say(format_args!(
        "\nThe server at {host} shows this certificate:\n\n  \
           SHA-256  {}\n  \
           subject  {}\n  \
           issuer   {}\n  \
           valid    {}\n\n\
         No public authority vouches for it: {reason}.\n\
         So compare the fingerprint with what the console itself says. On its own\n\
         machine:\n\n  \
           openssl s_client -connect localhost:3780 </dev/null |\n    \
             openssl x509 -noout -fingerprint -sha256\n",
        in_rows(&shown.fingerprint.to_string()),
        shown.subject,
        shown.issuer,
        until.unwrap_or_else(|| "(can't be read)".into()),
    ));
}

/// A fingerprint; where there is no room for it, in two rows, so that no byte is broken.
fn in_rows(fingerprint: &str) -> String {
    const BEFORE: usize = 11;
    let fits = |width: usize| BEFORE + fingerprint.len() <= width;
    let middle = fingerprint.len().div_ceil(2);
    match Page::of_stderr().width().is_none_or(fits) {
        true => fingerprint.to_owned(),
        false => format!(
            "{}\n{:BEFORE$}{}",
            &fingerprint[..middle],
            "",
            &fingerprint[middle..]
        ),
    }
}

/// A day, from seconds since 1970.
fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    match time {
        Some(time) => time.to_string().chars().take(10).collect(),
        None => "the end of time".into(),
    }
}

/// Asks who asks, and tries it out.
pub(super) async fn credentials(
    asker: &mut Asker,
    profile: &Profile,
    surface: &mut Surface,
) -> Result<()> {
    say("Which account asks? It has to be a global administrator of the console.");
    for left in (0..TRIES).rev() {
        let user = required(asker, "User name: ").await?;
        let password = secret(asker, "Password (not shown): ").await?;
        let token = optional_secret(asker, "Two-factor token (Enter: none; not kept): ").await?;
        surface.values.insert(USERNAME, user);
        surface.secret = Some(SecretAt::Value(password));
        let tried = Profile {
            consoles: vec![surface.clone()],
            place: String::new(),
            ..profile.clone()
        };
        say("Trying it out: one login.");
        let tested = asker
            .unless_interrupted(test("test-connection", &tried, token))
            .await?;
        match tested {
            Ok(answer) => {
                let login = answer["login"].as_str().unwrap_or_default();
                say(format_args!("The console lets {} in.", printable(login)));
                tell_warnings(&answer);
                return Ok(());
            }
            // Of the checks only this one is about user and password; the others fail after a good login.
            Err(error)
                if error.kind == ErrorKind::Unauthorized
                    && !error.settings
                    && error.message.starts_with("credentials: ") =>
            {
                say(render::error(&error, Page::of_stderr()));
                if left == 0 {
                    say(NOTHING);
                    let what = format!("the console did not take the credentials {TRIES} times");
                    return Err(Error::new(ErrorKind::Unauthorized, what)
                        .next("find out what is wrong before the next try: failed logins lock the account")
                        .into());
                }
                say(
                    "Failed logins lock the account, on most consoles after a few. Look twice, and type it again.",
                );
            }
            Err(error) => {
                say(render::error(&error, Page::of_stderr()));
                return match asker
                    .yes("That is not about the password. Write the profile all the same?")
                    .await?
                {
                    true => Ok(()),
                    false => Err(End::No),
                };
            }
        }
    }
    Err(End::No)
}

/// Asks for the platform, which may be left out.
pub(super) async fn platform(
    asker: &mut Asker,
    profile: &Profile,
    has_one: bool,
) -> Result<Option<Surface>> {
    let keeps = if has_one {
        "Enter: as it is"
    } else {
        "Enter: none"
    };
    let mut tries = 0;
    loop {
        let region = asker
            .line(&format!(
                "Insight Platform region, such as us or eu, or its address ({keeps}): "
            ))
            .await?;
        if region.is_empty() {
            return Ok(None);
        }
        let key = secret(asker, "API key (an organization key; not shown): ").await?;
        let mut surface = Surface {
            secret: Some(SecretAt::Value(key)),
            ..Surface::default()
        };
        let variable = if region.contains("://") {
            PLATFORM_URL
        } else {
            REGION
        };
        surface.values.insert(variable, region);
        let tried = Profile {
            platform: Some(surface.clone()),
            consoles: Vec::new(),
            place: String::new(),
            ..profile.clone()
        };
        say("Trying it out.");
        let tested = asker
            .unless_interrupted(test("test-platform-connection", &tried, None))
            .await?;
        let error = match tested {
            Ok(answer) => {
                say("The platform takes the key.");
                tell_warnings(&answer);
                return Ok(Some(surface));
            }
            Err(error) => error,
        };
        say(render::error(&error, Page::of_stderr()));
        tries += 1;
        if !error.settings && tries >= TRIES {
            return match asker.yes("Write it all the same?").await? {
                true => Ok(Some(surface)),
                false => Ok(None),
            };
        }
        say("Type it again, or leave the platform out with Enter.");
    }
}

/// What a connection test found that works all the same.
fn tell_warnings(answer: &serde_json::Value) {
    let checks = answer["checks"].as_array().into_iter().flatten();
    for check in checks.filter(|check| check["verdict"] == "warning") {
        let texts = ["detail", "next"].map(|member| check[member].as_str().unwrap_or_default());
        say(render::warning(
            texts.join(": ").trim_end_matches(": "),
            Page::of_stderr(),
        ));
    }
}

/// Runs the operation that tests a connection, with the profile and nothing else.
async fn test(
    operation: &str,
    profile: &Profile,
    token: Option<SecretString>,
) -> actions::Result<serde_json::Value> {
    let settings = Settings::of_profile(profile).map_err(profile::unusable)?;
    let settings = match token {
        Some(token) => settings.with_token(token),
        None => settings,
    };
    let entry = actions::ALL
        .iter()
        .find(|entry| entry.operation.spec.name == operation);
    let entry = entry.expect("an operation");
    // Reading leaves no record.
    let audit = Arc::new(AppendedFile::new(PathBuf::new()));
    let services = assemble(
        settings,
        Chain::EVERYWHERE,
        audit,
        Needs::ALL_ON_A_LAPTOP,
        None,
        &Sent::default(),
    );
    let run = Run {
        services,
        caller: Caller {
            request_id: request_id(),
            requested_by: person(),
            ..Caller::default()
        },
        deadline: Instant::now() + TEST,
    };
    invoke(entry.operation, run, json!({})).await
}

async fn required(asker: &mut Asker, question: &str) -> Result<String> {
    loop {
        let answer = asker.line(question).await?;
        match typed(&answer) {
            Ok(answer) => return Ok(answer.to_owned()),
            Err(expected) => say(format_args!("{expected}.")),
        }
    }
}

async fn secret(asker: &mut Asker, question: &str) -> Result<SecretString> {
    loop {
        let answer = asker.secret(question).await?;
        match typed(answer.expose_secret()) {
            Ok(typed) => return Ok(typed.to_owned().into()),
            Err(expected) => say(format_args!("{expected}.")),
        }
    }
}

async fn optional_secret(asker: &mut Asker, question: &str) -> Result<Option<SecretString>> {
    let answer = asker.secret(question).await?;
    Ok(Some(answer).filter(|answer| !answer.expose_secret().trim().is_empty()))
}

/// The proxy on the way to consoles, which only a variable says here.
fn console_proxy() -> Result<Option<rapid7::Proxy>> {
    let address = std::env::var("RAPID7_CONSOLE_PROXY")
        .ok()
        .filter(|address| !address.is_empty());
    let proxy = address
        .map(|address| rapid7::Proxy::parse(&address))
        .transpose();
    Ok(proxy.map_err(|error| profile::unusable(format!("RAPID7_CONSOLE_PROXY: {error}")))?)
}
