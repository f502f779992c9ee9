//! Profiles: what r7user knows of a console from a file, and what it says where it knows nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use suites::{OWN_LOGIN, OWN_PASSWORD};

use crate::cli::{Cli, run, terminal};

/// r7user without any variable about a console or the platform, and with a configuration folder of its own.
pub(crate) fn bare(cli: &Cli, arguments: &[&str]) -> Command {
    let mut command = cli.command(arguments);
    for name in [
        "CONSOLE_URL",
        "CONSOLE_USERNAME",
        "CONSOLE_PASSWORD",
        "PLATFORM_URL",
        "PLATFORM_API_KEY",
    ] {
        command.env_remove(format!("RAPID7_{name}"));
    }
    command.env("XDG_CONFIG_HOME", cli.path("config"));
    command
}

/// Where that has its profiles.
pub(crate) fn config_file(cli: &Cli) -> PathBuf {
    cli.path("config/rapid7-user-actions/config.toml")
}

fn write(cli: &Cli, text: &str) {
    let path = config_file(cli);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, text).expect("written");
    mode(cli, 0o600);
}

fn mode(cli: &Cli, mode: u32) {
    fs::set_permissions(config_file(cli), fs::Permissions::from_mode(mode)).expect("set");
}

/// A console of a profile that is the world's.
fn console(cli: &Cli, profile: &str, name: &str) -> String {
    format!(
        "[profiles.{profile}.consoles.{name}]\nurl = {:?}\nusername = {OWN_LOGIN:?}\npassword = {OWN_PASSWORD:?}\n",
        cli.world.console.url()
    )
}

const GET: [&str; 3] = ["get-user", "--user-id", "4"];

/// Done, or the exit code and what was said.
fn got(mut command: Command) -> Result<Value, (i32, String)> {
    let (code, out, err) = run(&mut command);
    assert!(
        !err.contains(OWN_PASSWORD) && !err.contains("canary"),
        "{err}"
    );
    match code {
        0 => Ok(serde_json::from_str(&out).expect("JSON")),
        _ => Err((code, err)),
    }
}

fn told(command: Command, code: i32, told: &[&str]) {
    let (is, err) = got(command).expect_err(told[0]);
    assert_eq!(is, code, "{err}");
    for told in told {
        assert!(err.contains(told), "{told:?} is not in {err}");
    }
}

#[test]
fn where_nothing_is_configured_the_ways_to_do_that_are_told() {
    let cli = Cli::new();
    let ways = [
        "nothing is configured",
        "r7user init",
        "RAPID7_CONSOLE_URL, RAPID7_CONSOLE_USERNAME and RAPID7_CONSOLE_PASSWORD",
        "--via-lambda",
    ];
    told(bare(&cli, &GET), 78, &ways);
    // Nobody has a home folder in a container.
    let mut homeless = bare(&cli, &GET);
    homeless.env("XDG_CONFIG_HOME", "here").env("HOME", "here");
    told(homeless, 78, &ways);
    // A policy alone is no console.
    write(&cli, "[profiles.work.policy]\nallow_deletion = true\n");
    told(bare(&cli, &GET), 78, &ways);
    // The other surface is not meant.
    let mut platform = bare(&cli, &GET);
    platform
        .env("RAPID7_PLATFORM_URL", cli.world.platform.url())
        .env("RAPID7_PLATFORM_API_KEY", "canary");
    told(platform, 78, &["no console is configured", "r7user init"]);
    // Half of it is told as what it is.
    let mut half = bare(&cli, &GET);
    half.env("RAPID7_CONSOLE_URL", cli.world.console.url());
    told(
        half,
        78,
        &["RAPID7_CONSOLE_URL is set", "RAPID7_CONSOLE_USERNAME"],
    );
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn a_profile_says_where_the_console_is_and_who_asks() {
    let cli = Cli::new();
    write(&cli, &console(&cli, "work", "emea"));
    assert_eq!(got(bare(&cli, &GET)).expect("a user")["login"], "jdoe");
    // In another place, with a byte order mark and line ends of Windows.
    let elsewhere = cli.path("elsewhere.toml");
    let text = console(&cli, "work", "emea").replace('\n', "\r\n");
    fs::rename(config_file(&cli), cli.path("away")).expect("moved");
    fs::write(&elsewhere, format!("\u{feff}{text}")).expect("written");
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).expect("set");
    let mut named = bare(&cli, &GET);
    named.env("RAPID7_CONFIG_FILE", &elsewhere);
    got(named).expect("a user");
    // A link is as good as what it leads to.
    symlink(&elsewhere, config_file(&cli)).expect("a link");
    got(bare(&cli, &GET)).expect("a user");
    let mut missing = bare(&cli, &GET);
    missing.env("RAPID7_CONFIG_FILE", cli.path("none.toml"));
    told(missing, 78, &["there is no file", "none.toml"]);
}

#[test]
fn which_profile_counts_is_said_or_told() {
    let cli = Cli::new();
    let both = console(&cli, "home", "console") + &console(&cli, "work", "emea");
    write(&cli, &both);
    let several = [
        "several profiles",
        "home, work",
        "--profile",
        "RAPID7_PROFILE",
    ];
    told(bare(&cli, &GET), 78, &several);
    let of_work = [&GET[..], &["--console", "emea"]].concat();
    got(bare(&cli, &[&of_work[..], &["--profile", "work"]].concat())).expect("a user");
    let mut by_variable = bare(&cli, &of_work);
    by_variable.env("RAPID7_PROFILE", "work");
    got(by_variable).expect("a user");
    told(
        bare(&cli, &[&GET[..], &["--profile", "wrok"]].concat()),
        78,
        &["there is no profile", "there are home, work"],
    );
    told(
        bare(&cli, &[&of_work[..], &["--profile", "home"]].concat()),
        64,
        &["the only console is called `console`"],
    );
    write(&cli, &format!("default_profile = \"work\"\n{both}"));
    got(bare(&cli, &of_work)).expect("a user");
    write(&cli, &both.replace(".home.", ".default."));
    got(bare(&cli, &GET)).expect("a user");
    // Who says everything by variables needs none.
    write(&cli, &both);
    let mut variables = cli.command(&GET);
    variables.env("XDG_CONFIG_HOME", cli.path("config"));
    got(variables).expect("a user");
}

#[test]
fn a_file_that_others_can_reach_is_refused() {
    let cli = Cli::new();
    let text = console(&cli, "work", "emea");
    write(&cli, &text);
    for (others, verb) in [
        (0o644, "read the secrets in"),
        (0o640, "read"),
        (0o602, "change"),
    ] {
        mode(&cli, others);
        told(bare(&cli, &GET), 78, &[verb, "chmod 600"]);
    }
    assert_eq!(cli.world.requests(), Vec::<String>::new());
    // Nothing in it is secret.
    write(
        &cli,
        &text.replace(
            &format!("password = {OWN_PASSWORD:?}"),
            "password_env = \"CONSOLE_PW\"",
        ),
    );
    mode(&cli, 0o644);
    let mut command = bare(&cli, &GET);
    command.env("CONSOLE_PW", OWN_PASSWORD);
    got(command).expect("a user");
    told(bare(&cli, &GET), 77, &["CONSOLE_PW"]);
}

#[test]
fn a_password_is_kept_in_a_file_or_with_a_program() {
    let cli = Cli::new();
    fs::write(cli.path("config-password"), format!("{OWN_PASSWORD}\n")).expect("written");
    let path = cli.path("config-password");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    let path = path.to_str().expect("UTF-8");
    let before = format!("password = {OWN_PASSWORD:?}");
    let program = cli.path("keychain");
    fs::write(
        &program,
        format!("#!/bin/sh\necho asked >> {path}.log\ncat {path}\n"),
    )
    .expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("set");
    let program = program.to_str().expect("UTF-8");
    for password in [
        format!("password_file = {path:?}"),
        "password_file = \"../../config-password\"".to_owned(),
        format!("password_command = [{program:?}, \"show\"]"),
    ] {
        write(
            &cli,
            &console(&cli, "work", "emea").replace(&before, &password),
        );
        got(bare(&cli, &GET)).unwrap_or_else(|error| panic!("{password}: {error:?}"));
    }
    // It is not asked for what needs no password of the console.
    let asked = || {
        fs::read_to_string(format!("{path}.log"))
            .unwrap_or_default()
            .lines()
            .count()
    };
    assert_eq!(asked(), 1);
    let text = fs::read_to_string(config_file(&cli)).expect("text");
    write(
        &cli,
        &format!(
            "{text}\n[profiles.work.platform]\nurl = {:?}\napi_key = {:?}\n",
            cli.world.platform.url(),
            fake_console::ORGANIZATION_KEY
        ),
    );
    got(bare(&cli, &["list-platform-users"])).expect("users");
    assert_eq!(run(&mut bare(&cli, &["config"])).0, 0);
    assert_eq!(asked(), 1);
    write(&cli, &text.replace(program, "no-such-keychain"));
    told(
        bare(&cli, &GET),
        77,
        &["`no-such-keychain`", "no program that there is here"],
    );
}

/// The variables of yesterday must not send the profile's password elsewhere.
#[test]
fn a_variable_alone_sends_no_password_to_another_address() {
    let cli = Cli::new();
    let other = Cli::new();
    write(&cli, &console(&cli, "work", "emea"));
    let mut elsewhere = bare(&cli, &GET);
    elsewhere.env("RAPID7_CONSOLE_URL", other.world.console.url());
    told(
        elsewhere,
        78,
        &["RAPID7_CONSOLE_URL would send the credentials of the profile work"],
    );
    let mut another = bare(&cli, &GET);
    another.env("RAPID7_CONSOLE_PASSWORD", "canary");
    told(
        another,
        78,
        &["RAPID7_CONSOLE_PASSWORD is set without RAPID7_CONSOLE_USERNAME"],
    );
    assert!(cli.world.requests().is_empty() && other.world.requests().is_empty());
    // All of it is another console, and the profile's policy holds there, too.
    write(
        &cli,
        &format!(
            "{}[profiles.work.policy]\nallowed_operations = [\"get-user\"]\n",
            console(&cli, "work", "emea")
        ),
    );
    let mut whole = other.command(&GET);
    whole.env("XDG_CONFIG_HOME", cli.path("config"));
    got(whole).expect("a user");
    assert!(cli.world.requests().is_empty() && !other.world.requests().is_empty());
    let mut forbidden = other.command(&["list-roles"]);
    forbidden.env("XDG_CONFIG_HOME", cli.path("config"));
    told(forbidden, 77, &["does not allow list-roles"]);
}

#[test]
fn what_is_wrong_in_the_file_is_told_by_line_and_key() {
    let cli = Cli::new();
    let text = console(&cli, "work", "emea");
    for (from, to, what) in [
        (
            "username",
            "usrname",
            "line 3: `profiles.work.consoles.emea.usrname`: no such setting here; perhaps `username` was meant",
        ),
        ("password =", "password = canary #", "line 4: it is no TOML"),
        (
            "password =",
            "secret_file = \"canary\"\npassword =",
            "`secret_file` and `username` are set, and only one of them may be",
        ),
    ] {
        write(&cli, &text.replace(from, to));
        told(bare(&cli, &GET), 78, &["config.toml", what]);
    }
    write(&cli, &format!("{text}certificate_sha256 = [\"canary\"]\n"));
    told(
        bare(&cli, &GET),
        78,
        &["`consoles.emea.certificate_sha256`: expected a SHA-256"],
    );
    // Whoever does not need it does not read it.
    let (code, _, err) = run(&mut bare(&cli, &["completions", "bash"]));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn two_ways_by_variables_are_told_as_those_that_are_set() {
    let cli = Cli::new();
    let mut both = cli.command(&GET);
    both.env("RAPID7_CONSOLE_SECRET_FILE", "canary");
    told(
        both,
        78,
        &[
            "RAPID7_CONSOLE_SECRET_FILE and RAPID7_CONSOLE_USERNAME are set, and contradict each other",
        ],
    );
}

#[test]
fn a_wrong_password_is_told_with_where_it_comes_from() {
    let cli = Cli::new();
    let mut variables = cli.command(&GET);
    variables.env("RAPID7_CONSOLE_PASSWORD", "canary");
    let place =
        "check user name and password in RAPID7_CONSOLE_USERNAME and RAPID7_CONSOLE_PASSWORD";
    told(variables, 77, &[place]);
    let mut tested = cli.command(&["test-connection"]);
    tested.env("RAPID7_CONSOLE_PASSWORD", "canary");
    told(tested, 77, &[place]);
    write(
        &cli,
        &console(&cli, "work", "emea").replace(OWN_PASSWORD, "canary"),
    );
    told(
        bare(&cli, &GET),
        77,
        &[
            "check user name and password in the profile work of",
            "config.toml",
        ],
    );
    let mut platform = cli.command(&["list-platform-users"]);
    platform.env("RAPID7_PLATFORM_API_KEY", "canary");
    told(
        platform,
        77,
        &["check the API key in RAPID7_PLATFORM_API_KEY"],
    );
}

#[test]
fn no_way_to_a_console_is_told_with_host_and_port_and_what_to_check() {
    let cli = Cli::new();
    // A port that nobody listens at.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let closed = format!("http://127.0.0.1:{port}");
    let check = "check the address (RAPID7_CONSOLE_URL)";
    for arguments in [&GET[..], &["test-connection"], &["list-users"]] {
        let mut down = cli.command(arguments);
        down.env("RAPID7_CONSOLE_URL", &closed);
        let told_of = format!("no connection to 127.0.0.1:{port}: nothing listens at this port");
        told(down, 69, &[&told_of, check]);
    }
    let mut misspelt = cli.command(&GET);
    misspelt.env("RAPID7_CONSOLE_URL", "https://consle.invalid:3780");
    told(
        misspelt,
        69,
        &["no connection to consle.invalid:3780: no such host", check],
    );
    // Of several, which; and where its address was told.
    let text = console(&cli, "work", "emea")
        + &console(&cli, "work", "apac").replace(cli.world.console.url(), &closed);
    write(&cli, &text);
    told(
        bare(&cli, &[&GET[..], &["--console", "apac"]].concat()),
        69,
        &[
            &format!("no connection to the console apac at 127.0.0.1:{port}"),
            "`url` of the console apac in the profile work of",
        ],
    );
    let other = [&GET[..], &["--console", "amer"]].concat();
    told(
        bare(&cli, &other),
        64,
        &["there is no console of this name: there are emea, apac"],
    );
}

#[test]
fn what_is_in_force_is_shown_with_where_it_comes_from() {
    let cli = Cli::new();
    write(&cli, &console(&cli, "work", "emea"));
    let mut command = bare(&cli, &["config", "--json"]);
    command.env("RAPID7_MAX_CHANGES", "7");
    let shown = got(command).expect("settings");
    let settings = shown["settings"].as_array().expect("settings").clone();
    let find = |name: &str| {
        let found = settings.iter().find(|row| row["name"] == name);
        let found = found.unwrap_or_else(|| panic!("no {name} in {shown:#}"));
        (
            found["value"].as_str().expect("text"),
            found["from"].as_str().expect("text"),
        )
    };
    assert_eq!(find("url").0, cli.world.console.url());
    assert!(find("url").1.starts_with("the profile work of "));
    assert_eq!(find("password").0, "set, hidden");
    assert_eq!(find("max_changes"), ("7", "RAPID7_MAX_CHANGES"));
    assert_eq!(find("allow_deletion"), ("false", "default"));
    assert!(find("audit file").0.ends_with("audit.jsonl"));
    assert_eq!(shown["profile"], "work");
    assert_eq!(shown["error"], Value::Null);
    // In front of a person, as far as it goes.
    let mut person = terminal(bare(&cli, &["config"]));
    person.exp_string("console emea").expect("a heading");
    let rest = person.exp_eof().expect("the end");
    assert!(
        rest.contains("set, hidden") && !rest.contains(OWN_PASSWORD),
        "{rest}"
    );
    let mut broken = bare(&cli, &["config"]);
    broken.env("RAPID7_MAX_CHANGES", "0");
    let mut person = terminal(broken);
    person.exp_string("console emea").expect("what can be read");
    person
        .exp_string("RAPID7_MAX_CHANGES: expected")
        .expect("what is wrong");
    person.exp_eof().expect("the end");
    write(&cli, "[profiles.work\n");
    let (code, out, err) = run(&mut bare(&cli, &["config"]));
    assert_eq!((code, err.as_str()), (78, ""));
    assert!(
        out.contains("config file") && out.contains("line 1: it is no TOML"),
        "{out}"
    );
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn a_profile_says_where_records_go() {
    let cli = Cli::new();
    let audit = cli.path("records/mine.jsonl");
    let journal = cli.path("leases");
    write(
        &cli,
        &format!(
            "[profiles.work]\naudit_file = {audit:?}\njournal_folder = {journal:?}\n{}",
            console(&cli, "work", "emea")
        ),
    );
    let disable = ["disable-user", "--user-id", "4", "--yes"];
    got(bare(&cli, &disable)).expect("done");
    assert!(fs::read_to_string(&audit).expect("records").lines().count() >= 2);
    assert!(journal.is_dir());
    assert!(cli.audit().is_empty());
    let mut elsewhere = bare(&cli, &["enable-user", "--user-id", "4"]);
    elsewhere.env("RAPID7_AUDIT_FILE", cli.path("other.jsonl"));
    got(elsewhere).expect("done");
    assert!(cli.path("other.jsonl").exists());
}
