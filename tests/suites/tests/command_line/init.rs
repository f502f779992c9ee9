//! Setting up a profile, in front of a person.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use fake_console::{CertificateForm, FakeConsole, Fault, FaultKind, ORGANIZATION_KEY, State};
use rexpect::process::WaitStatus;
use rexpect::session::PtySession;
use suites::{OWN_LOGIN, OWN_PASSWORD, World};

use crate::cli::{Cli, run, terminal};
use crate::profiles::{bare, config_file};

/// What a person's no ends with.
const DECLINED: i32 = 3;

fn tls() -> Cli {
    Cli::with(World::with(FakeConsole::start(State::realistic())))
}

fn init(cli: &Cli, arguments: &[&str]) -> PtySession {
    terminal(bare(cli, &[&["init"], arguments].concat()))
}

fn answer(terminal: &mut PtySession, question: &str, answer: &str) {
    terminal
        .exp_string(question)
        .unwrap_or_else(|error| panic!("{question}: {error}"));
    terminal.send_line(answer).expect("typed");
}

fn ends(mut terminal: PtySession, code: i32) -> String {
    let rest = terminal.exp_eof().expect("the end");
    let status = terminal.process().wait();
    assert!(
        matches!(status, Ok(WaitStatus::Exited(_, is)) if is == code),
        "{status:?}: {rest}"
    );
    rest
}

fn log_in(terminal: &mut PtySession, password: &str) {
    answer(terminal, "User name: ", OWN_LOGIN);
    answer(terminal, "Password (not shown): ", password);
    let shown = terminal.exp_string("Two-factor token").expect("the token");
    assert!(!shown.contains(password), "{shown}");
    terminal.send_line("").expect("typed");
}

/// The requests to the API, each of which is a login.
fn logins(cli: &Cli) -> usize {
    let requests = cli.world.console.requests();
    let asked = requests
        .iter()
        .filter(|request| request.path.starts_with("/api/"));
    asked.count()
}

fn refused_logins(cli: &Cli) -> u32 {
    let mut state = cli.world.console.state();
    state.user_mut(OWN_LOGIN).failed_logins
}

#[test]
fn from_an_address_to_a_first_account() {
    let cli = tls();
    let mut terminal = init(&cli, &[]);
    let address = cli
        .world
        .console
        .url()
        .trim_start_matches("https://")
        .to_owned();
    answer(&mut terminal, "Console (", &address);
    let fingerprint = cli.world.console.certificate_sha256().to_uppercase();
    let pairs: Vec<&str> = (0..32).map(|at| &fingerprint[at * 2..at * 2 + 2]).collect();
    // On a narrow terminal in two rows, no byte of it broken.
    for half in pairs.chunks(16) {
        terminal
            .exp_string(&half.join(":"))
            .expect("the fingerprint");
    }
    terminal.exp_string("subject").expect("the subject");
    terminal.exp_string("openssl").expect("how to compare it");
    assert_eq!(logins(&cli), 0);
    answer(
        &mut terminal,
        "Is this the console's own certificate? [y/N] ",
        "y",
    );
    log_in(&mut terminal, OWN_PASSWORD);
    terminal
        .exp_string("The console lets svc-soar")
        .expect("let in");
    assert!(!config_file(&cli).exists());
    answer(
        &mut terminal,
        "Insight Platform region",
        cli.world.platform.url(),
    );
    answer(&mut terminal, "API key", ORGANIZATION_KEY);
    let shown = terminal
        .exp_string("The platform takes the key")
        .expect("taken");
    assert!(!shown.contains(ORGANIZATION_KEY), "{shown}");
    terminal.exp_string("Written").expect("written");
    terminal.exp_string("get-user LOGIN").expect("what next");
    let rest = ends(terminal, 0);
    assert!(
        !rest.contains(OWN_PASSWORD) && !rest.contains(ORGANIZATION_KEY),
        "{rest}"
    );
    let mode = fs::metadata(config_file(&cli))
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let (code, out, err) = run(&mut bare(&cli, &["get-user", "--login", "jdoe"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"user_id\": 4"), "{out}");
    let (code, _, err) = run(&mut bare(&cli, &["list-platform-users"]));
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_certificate_that_is_not_the_consoles_ends_it() {
    let cli = Cli::with(World::with(FakeConsole::start_showing(
        State::realistic(),
        CertificateForm::Version1,
    )));
    for no in ["", "n", "no"] {
        let mut terminal = init(&cli, &[]);
        answer(&mut terminal, "Console (", cli.world.console.url());
        answer(&mut terminal, "own certificate? [y/N] ", no);
        assert!(ends(terminal, DECLINED).contains("Nothing was written."));
    }
    assert_eq!(logins(&cli), 0);
    assert!(!config_file(&cli).exists());
}

#[test]
fn an_address_is_asked_for_until_somebody_is_there() {
    let cli = Cli::new();
    let mut terminal = init(&cli, &[]);
    answer(&mut terminal, "Console (", "");
    answer(&mut terminal, "Console (", "127.0.0.1:1");
    terminal
        .exp_string("no connection to 127.0.0.1:1")
        .expect("told");
    answer(
        &mut terminal,
        "Console (",
        "https://us.api.insight.rapid7.com",
    );
    terminal
        .exp_string("Insight Platform's address")
        .expect("told");
    answer(&mut terminal, "Console (", cli.world.console.url());
    terminal.exp_string("without TLS").expect("told");
    log_in(&mut terminal, OWN_PASSWORD);
    answer(&mut terminal, "Insight Platform region", "");
    terminal.exp_string("Written").expect("written");
    ends(terminal, 0);
}

#[test]
fn a_refused_login_is_one_login_and_may_be_typed_again_twice() {
    let cli = Cli::new();
    let mut terminal = init(&cli, &[]);
    answer(&mut terminal, "Console (", cli.world.console.url());
    log_in(&mut terminal, "canary-wrong");
    terminal
        .exp_string("check user name and password in what you typed")
        .expect("what to check");
    terminal
        .exp_string("Failed logins lock the account")
        .expect("a warning");
    assert_eq!((logins(&cli), refused_logins(&cli)), (1, 1));
    log_in(&mut terminal, OWN_PASSWORD);
    answer(&mut terminal, "Insight Platform region", "");
    terminal.exp_string("Written").expect("written");
    ends(terminal, 0);

    let cli = Cli::new();
    let mut terminal = init(&cli, &[]);
    answer(&mut terminal, "Console (", cli.world.console.url());
    for attempt in ["canary-1", "canary-2", "canary-3"] {
        log_in(&mut terminal, attempt);
    }
    terminal.exp_string("Nothing was written.").expect("told");
    let rest = ends(terminal, 77);
    assert!(!rest.contains("canary"), "{rest}");
    assert_eq!((logins(&cli), refused_logins(&cli)), (3, 3));
    assert!(!config_file(&cli).exists());
}

#[test]
fn a_second_factor_is_used_and_not_kept() {
    let cli = Cli::new();
    cli.world
        .console
        .state()
        .user_mut(OWN_LOGIN)
        .two_factor_token = Some("123456".into());
    let mut terminal = init(&cli, &[]);
    answer(&mut terminal, "Console (", cli.world.console.url());
    answer(&mut terminal, "User name: ", OWN_LOGIN);
    answer(&mut terminal, "Password (not shown): ", OWN_PASSWORD);
    answer(&mut terminal, "Two-factor token", "123456");
    answer(&mut terminal, "Insight Platform region", "");
    terminal.exp_string("Written").expect("written");
    ends(terminal, 0);
    let text = fs::read_to_string(config_file(&cli)).expect("text");
    assert!(!text.contains("123456"), "{text}");
    let mut command = bare(&cli, &["get-user", "--user-id", "4"]);
    command.env("RAPID7_CONSOLE_TOKEN", "123456");
    assert_eq!(run(&mut command).0, 0);
}

/// Whatever is not about the credentials may pass: the person decides.
#[test]
fn another_failure_is_written_only_if_the_person_says_so() {
    for (says, code) in [("n", DECLINED), ("yes", 0)] {
        let cli = Cli::new();
        cli.world
            .console
            .push_fault(Fault::new(FaultKind::status(500)));
        let mut terminal = init(&cli, &[]);
        answer(&mut terminal, "Console (", cli.world.console.url());
        log_in(&mut terminal, OWN_PASSWORD);
        answer(
            &mut terminal,
            "Write the profile all the same? [y/N] ",
            says,
        );
        if code == 0 {
            answer(&mut terminal, "Insight Platform region", "");
        }
        ends(terminal, code);
        assert_eq!(config_file(&cli).exists(), code == 0);
    }
}

/// At every question.
#[test]
fn who_interrupts_or_ends_the_input_has_written_nothing() {
    const QUESTIONS: [&str; 6] = [
        "Console (",
        "certificate? ",
        "User name: ",
        "Password (",
        "Two-factor",
        "region",
    ];
    let cli = tls();
    let answers = [
        cli.world.console.url(),
        "y",
        OWN_LOGIN,
        OWN_PASSWORD,
        "",
        "",
    ];
    for (at, last) in QUESTIONS.iter().enumerate() {
        for interrupt in [true, false] {
            let mut terminal = init(&cli, &[]);
            for (question, text) in QUESTIONS.iter().zip(answers).take(at) {
                answer(&mut terminal, question, text);
            }
            terminal.exp_string(last).expect("a question");
            terminal
                .send_control(if interrupt { 'c' } else { 'd' })
                .expect("typed");
            let rest = ends(terminal, if interrupt { 130 } else { 64 });
            assert!(rest.contains("Nothing was written."), "{rest}");
            assert!(!config_file(&cli).exists());
        }
    }
}

#[test]
fn another_console_and_another_profile_leave_the_others_alone() {
    let cli = Cli::new();
    let path = config_file(&cli);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let mine = "# mine\n[profiles.work.policy]\nmax_changes = 5 # a few\n";
    fs::write(&path, mine).expect("written");
    let set_up = |arguments: &[&str], replace: bool| {
        let mut terminal = init(&cli, arguments);
        if replace {
            answer(&mut terminal, "Replace it? [y/N] ", "y");
        }
        answer(&mut terminal, "Console (", cli.world.console.url());
        log_in(&mut terminal, OWN_PASSWORD);
        answer(&mut terminal, "Insight Platform region", "");
        terminal.exp_string("Written").expect("written");
        ends(terminal, 0)
    };
    set_up(&["--profile", "work", "--console", "emea"], false);
    set_up(&["--profile", "work", "--console", "apac"], false);
    let rest = set_up(&["--profile", "home"], false);
    assert!(rest.contains("--profile home"), "{rest}");
    set_up(&["--profile", "work", "--console", "emea"], true);
    let text = fs::read_to_string(&path).expect("text");
    assert!(text.starts_with(mine), "{text}");
    assert_eq!(text.matches("url =").count(), 3, "{text}");
    let mut terminal = init(&cli, &["--profile", "work", "--console", "emea"]);
    answer(&mut terminal, "Replace it? [y/N] ", "n");
    assert!(ends(terminal, DECLINED).contains("Nothing was written."));
    assert_eq!(fs::read_to_string(&path).expect("text"), text);
}

#[test]
fn what_can_not_be_set_up_is_told_before_anything_is_asked() {
    let cli = Cli::new();
    let (code, _, err) = run(bare(&cli, &["init"]).stdin(Stdio::null()));
    assert_eq!(code, 64, "{err}");
    assert!(
        err.contains("no terminal") && err.contains("RAPID7_CONSOLE_URL"),
        "{err}"
    );
    let path = config_file(&cli);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    for (text, told) in [
        ("[profiles", "line 1: it is no TOML"),
        ("[profiles.default]\nvia_lambda = \"acme\"\n", "via_lambda"),
        (
            "[profiles.default]\naudit_fil = \"x\"\n",
            "perhaps `audit_file` was meant",
        ),
    ] {
        fs::write(&path, text).expect("written");
        let terminal = init(&cli, &[]);
        let rest = ends(terminal, 78);
        assert!(rest.contains(told) && !rest.contains("Console ("), "{rest}");
        assert_eq!(fs::read_to_string(&path).expect("text"), text);
    }
}

/// What can't be written is told, and nothing is left of it.
#[test]
fn a_folder_that_can_not_be_written_is_told() {
    let cli = Cli::new();
    fs::write(cli.path("config"), "no folder").expect("written");
    let mut terminal = init(&cli, &[]);
    answer(&mut terminal, "Console (", cli.world.console.url());
    log_in(&mut terminal, OWN_PASSWORD);
    answer(&mut terminal, "Insight Platform region", "");
    terminal.exp_string("could not be written").expect("told");
    ends(terminal, 69);
}
