//! `r7user init`: sets up a profile, asking for each thing that it needs and trying it out before anything is written.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actions::{Caller, Error, ErrorKind, Run, invoke, typed};
use clap::{Arg, ArgMatches, Command};
use rapid7::{Look, Options, Shown, look_at_console, printable, typed_console_address};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use services::assemble::assemble;
use services::aws::Chain;
use services::needs::Needs;
use services::sent::Sent;
use services::settings::{
    CONFIG_FILE, PROFILE, Profile, SecretAt, Settings, Surface, is_console_name, names_a_surface,
};
use tokio::time::Instant;

use crate::ask::{Asker, Stop};
use crate::audit_file::AppendedFile;
use crate::caller::{person, request_id};
use crate::out::say;
use crate::profile::{self, DEFAULT, File, Place, save, shown};
use crate::{exit_code, render};

pub(crate) const NAME: &str = "init";

const URL: &str = "RAPID7_CONSOLE_URL";
const USERNAME: &str = "RAPID7_CONSOLE_USERNAME";
const PINS: &str = "RAPID7_CONSOLE_CERTIFICATE_SHA256";
const REGION: &str = "RAPID7_PLATFORM_REGION";
const PLATFORM_URL: &str = "RAPID7_PLATFORM_URL";

/// How often a login is tried: each that is refused counts, and a few lock the account.
const TRIES: usize = 3;

/// How long a test may take.
const TEST: Duration = Duration::from_secs(60);

pub(crate) fn command() -> Command {
    Command::new(NAME)
        .about("Set up a profile: asks where the console is, whom to trust and who asks, and tries it out")
        .after_help(
            "Asks on a terminal, and writes nothing before everything was tried out. The profile is called\n\
             default unless --profile says otherwise; in it, the console is called what --console says.",
        )
        .arg(
            Arg::new("console")
                .long("console")
                .value_name("NAME")
                .help("What the console is called, where there are several")
                .default_value("console")
                .value_parser(|name: &str| match is_console_name(name) {
                    true => Ok(name.to_owned()),
                    false => Err("expected lower-case letters, digits and hyphens, and not `platform`"),
                }),
        )
}

/// How it ends before its end.
enum End {
    /// By the person, or a signal.
    Stopped(Stop),
    /// The person said no.
    No,
    /// Something is wrong.
    Failed(Error),
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

type Result<T> = std::result::Result<T, End>;

const NOTHING: &str = "Nothing was written.";

pub(crate) fn run(arguments: &ArgMatches) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(set_up(arguments)),
        Err(error) => Err(End::Failed(Error::unavailable(error.to_string()))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Stopped(Stop::Interrupted(signal))) => {
            say(format_args!("\nInterrupted. {NOTHING}"));
            ExitCode::from(signal.exit_code())
        }
        Err(End::Stopped(Stop::Ended)) => {
            let error = Error::new(
                ErrorKind::InvalidInput,
                "the input ended in the middle of the questions",
            );
            say(format_args!(
                "\n{} {NOTHING}",
                "The input ended before the last answer."
            ));
            ExitCode::from(exit_code(&error))
        }
        Err(End::No) => {
            say(NOTHING);
            ExitCode::from(exit_code(&Error::new(ErrorKind::Refused, "")))
        }
        Err(End::Failed(error)) => {
            say(render::error(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

async fn set_up(arguments: &ArgMatches) -> Result<()> {
    let name = profile::named(arguments).unwrap_or(DEFAULT);
    let console = arguments
        .get_one::<String>("console")
        .map_or("console", String::as_str);
    let (path, file) = file_to_write(name)?;
    let there = match file.as_ref().filter(|file| file.names().contains(&name)) {
        Some(file) => Some(file.profile(name).map_err(profile::unusable)?),
        None => None,
    };
    if there
        .as_ref()
        .is_some_and(|profile| profile.via_lambda().is_some())
    {
        let what = format!(
            "the profile {name} has everything done by a deployment's functions (`via_lambda`): a console in it would \
             not count"
        );
        return Err(profile::unusable(what)
            .next("choose another name by --profile")
            .into());
    }
    let mut asker = Asker::new().map_err(|error| Error::unavailable(error.to_string()))?;
    say(format_args!(
        "This sets up the profile {name} in {}. Ctrl-C at any time leaves everything as it is.",
        shown(&path)
    ));
    let known = there
        .as_ref()
        .and_then(|profile| profile.consoles.iter().find(|one| one.name == console));
    if let Some(known) = known {
        let url = known
            .values
            .get(URL)
            .map_or("its address is in its secret", String::as_str);
        say(format_args!(
            "It has a console called {console} already ({}).",
            printable(url)
        ));
        if !asker.yes("Replace it?").await? {
            return Err(End::No);
        }
    }
    let mut new = Profile {
        name: name.to_owned(),
        place: shown(&path),
        ..Profile::default()
    };
    let mut surface = address(&mut asker, console).await?;
    credentials(&mut asker, &new, &mut surface).await?;
    new.consoles = vec![surface];
    new.platform = platform(
        &mut asker,
        &new,
        there
            .as_ref()
            .is_some_and(|profile| profile.platform.is_some()),
    )
    .await?;
    save(&path, &new).map_err(|error| {
        Error::new(
            ErrorKind::Unavailable,
            format!("{} could not be written: {error}", shown(&path)),
        )
        .next(format!(
            "make that possible, or name another file by {CONFIG_FILE}, and run it again"
        ))
    })?;
    told_in_the_end(&path, name, file.as_ref());
    Ok(())
}

/// The file, and what is in it.
fn file_to_write(name: &str) -> Result<(PathBuf, Option<File>)> {
    let place = Place::of_this_machine();
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        let what = "r7user init asks questions, and there is no terminal to ask them on";
        let next = format!(
            "write {} by hand (docs/command-line.md shows one), or set RAPID7_CONSOLE_URL, RAPID7_CONSOLE_USERNAME and \
             RAPID7_CONSOLE_PASSWORD",
            place.shown()
        );
        return Err(Error::new(ErrorKind::InvalidInput, what).next(next).into());
    }
    let Some(path) = place.path.clone() else {
        let what = format!("there is no place for profiles: {}", place.shown());
        return Err(profile::unusable(what).into());
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.chars().all(fits) {
        let what = "a profile's name has letters, digits, hyphens, underscores and dots";
        return Err(Error::new(ErrorKind::InvalidInput, what)
            .next("choose another name by --profile")
            .into());
    }
    let file = File::at(&place).map_err(profile::unusable)?;
    if let Some(file) = &file {
        file.default_profile().map_err(profile::unusable)?;
    }
    Ok((path, file))
}

/// Asks where the console is until there is one, and whether its certificate is its own.
async fn address(asker: &mut Asker, name: &str) -> Result<Surface> {
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
    let host = address.split("://").nth(1).unwrap_or(address);
    say(format_args!(
        "\nThe server at {host} shows this certificate:\n\n  \
           SHA-256  {}\n  \
           subject  {}\n  \
           issuer   {}\n  \
           valid    {}\n\n\
         No public authority vouches for it: {reason}.\n\
         So compare the fingerprint with what the console itself says. On its own machine:\n\n  \
           openssl s_client -connect localhost:3780 </dev/null | openssl x509 -noout -fingerprint -sha256\n",
        shown.fingerprint,
        shown.subject,
        shown.issuer,
        until.unwrap_or_else(|| "(can't be read)".into()),
    ));
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
async fn credentials(asker: &mut Asker, profile: &Profile, surface: &mut Surface) -> Result<()> {
    say("Which account asks? It has to be a global administrator of the console.");
    for left in (0..TRIES).rev() {
        let user = required(asker, "User name: ").await?;
        let password = secret(asker, "Password (not shown): ").await?;
        let token = optional_secret(asker, "Two-factor token (Enter: none; not kept): ").await?;
        surface.values.insert(USERNAME, user);
        surface.secret = Some(SecretAt::Value(password));
        let tried = Profile {
            consoles: vec![surface.clone()],
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
                return Ok(());
            }
            Err(error) if error.kind == ErrorKind::Unauthorized && !error.settings => {
                say(render::error(&error));
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
                say(render::error(&error));
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
async fn platform(asker: &mut Asker, profile: &Profile, has_one: bool) -> Result<Option<Surface>> {
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
            ..profile.clone()
        };
        say("Trying it out.");
        let tested = asker
            .unless_interrupted(test("test-platform-connection", &tried, None))
            .await?;
        let Err(error) = tested else {
            say("The platform takes the key.");
            return Ok(Some(surface));
        };
        say(render::error(&error));
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
            Ok(_) => return Ok(answer),
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

fn told_in_the_end(path: &Path, name: &str, before: Option<&File>) {
    say(format_args!(
        "\nWritten: the profile {name} in {}, which only you can read. The password is in it; `password_command` \
         instead asks a program for it, such as a keychain's (docs/command-line.md).",
        shown(path)
    ));
    let default = before.and_then(|file| file.default_profile().ok().flatten());
    let others = before.is_some_and(|file| file.names().iter().any(|other| *other != name));
    let is_chosen = match default {
        Some(default) => default == name,
        None => name == DEFAULT || !others,
    };
    let option = match is_chosen {
        true => String::new(),
        false => {
            say(format_args!(
                "It is not the one that counts by itself: choose it by --profile {name}, or {PROFILE}={name}."
            ));
            format!("--profile {name} ")
        }
    };
    if names_a_surface(|variable| std::env::var(variable).ok()) {
        say(
            "Variables say where a console or the platform is, and count instead of the profile as long as they are set.",
        );
    }
    say(format_args!(
        "\nNext:\n  r7user {option}get-user LOGIN    shows an account\n  r7user {option}config            shows what is in force"
    ));
}
