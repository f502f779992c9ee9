//! `r7user --via-lambda`: the command line by a deployment's functions, without the console's
//! credentials.

use std::process::{Command, Stdio};
use std::time::Duration;

use fake_console::{Fault, FaultKind};
use harness::{FunctionError, LambdaService, binary};
use rexpect::process::WaitStatus;
use rexpect::session::PtySession;
use serde_json::{Value, json};
use suites::{World, told, with_stdin};
use tempfile::TempDir;

use crate::cli::{interrupted, run, terminal};

/// Somebody with credentials for AWS and a stack named `acme`.
struct Deployment {
    world: World,
    lambda: LambdaService,
    home: TempDir,
}

impl Deployment {
    fn new(operations: &[&str]) -> Self {
        let world = World::new();
        let lambda = LambdaService::start();
        for operation in operations {
            let function = world.allowed_function(operation);
            lambda.add(&format!("acme-{operation}"), function);
        }
        let home = tempfile::tempdir().expect("a folder");
        Self {
            world,
            lambda,
            home,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("r7user"));
        command
            .args(["--via-lambda", "acme"])
            .args(arguments)
            .env_clear()
            .env("HOME", self.home.path())
            .env("USER", "mkowalska")
            .env("AWS_ENDPOINT_URL_LAMBDA", self.lambda.url())
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
            .env("AWS_REGION", harness::REGION)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        run(&mut self.command(arguments))
    }

    fn terminal(&self, arguments: &[&str]) -> PtySession {
        terminal(self.command(arguments))
    }

    /// What was asked for, dry runs or not.
    fn dry_runs(&self) -> Vec<bool> {
        let invoked = self.lambda.invoked();
        let dry = invoked.iter().map(|(_, input)| input["dry_run"] == true);
        dry.collect()
    }
}

#[test]
fn a_pipe_gets_the_functions_answer_in_json() {
    let cli = Deployment::new(&["get-user", "disable-user", "list-users"]);
    let (code, out, err) = cli.run(&["get-user", "--login", "jdoe"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let user: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(user["user_id"], 4);
    let disable = [
        "disable-user",
        "--login",
        "jdoe",
        "--ticket",
        "OFF-1",
        "--yes",
    ];
    let (code, out, err) = cli.run(&disable);
    assert_eq!(code, 0, "{err}");
    let outcome: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(outcome["changed"], true);
    let (name, input) = cli.lambda.invoked().pop().expect("an invocation");
    assert_eq!(name, "acme-disable-user");
    let expected = json!({"login": "jdoe", "ticket": "OFF-1", "requested_by": "mkowalska"});
    assert_eq!(input, expected);
    let (code, out, err) = cli.run(&["list-users", "--json-lines"]);
    assert_eq!((code, out.lines().count()), (0, 15), "{err}");
    // Nothing is kept here: the audit records are the function's.
    let kept = std::fs::read_dir(cli.home.path())
        .expect("a folder")
        .count();
    assert_eq!(kept, 0);
}

#[test]
fn a_person_sees_the_plan_and_says_yes_or_no() {
    let cli = Deployment::new(&["disable-user"]);
    let ask = |answer: &str| {
        let mut terminal = cli.terminal(&["disable-user", "--email", "jdoe@example.com"]);
        terminal
            .exp_string("Plan for jdoe (user 4)")
            .expect("the plan");
        terminal.exp_string("[y/N] ").expect("the question");
        terminal.send_line(answer).expect("typed");
        terminal
    };
    let mut terminal = ask("no");
    terminal
        .exp_string("nothing was changed")
        .expect("the answer");
    terminal.exp_eof().expect("the end");
    assert!(matches!(
        terminal.process().wait(),
        Ok(WaitStatus::Exited(_, 3))
    ));
    assert_eq!(cli.dry_runs(), [true]);
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    let mut terminal = ask("yes");
    terminal
        .exp_string("done, and read back")
        .expect("the outcome");
    terminal.exp_eof().expect("the end");
    assert!(!cli.world.console.state().user_mut("jdoe").enabled);
    assert_eq!(cli.dry_runs(), [true, true, false]);
    // The run is about the account that was shown.
    let input = cli.lambda.invoked().pop().expect("an invocation").1;
    assert_eq!((&input["user_id"], input.get("email")), (&json!(4), None));
}

#[test]
fn tables_and_what_takes_something_away_are_as_ever() {
    let cli = Deployment::new(&["list-users", "disable-user"]);
    let mut terminal = cli.terminal(&["list-users"]);
    terminal.exp_string("jdoe@example.com").expect("a row");
    terminal.exp_string("15 in all").expect("a count");
    let (code, _, err) = cli.run(&["disable-user", "--login", "jdoe"]);
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("`--yes`"), "{err}");
}

#[test]
fn exit_codes_follow_the_kind_that_the_function_tells() {
    let cli = Deployment::new(&["get-user", "unlock-user"]);
    cli.world.console.state().user_mut("ext.pentest").locked = true;
    let code = |arguments: &[&str]| {
        let (code, out, err) = cli.run(arguments);
        assert_eq!(out, "");
        let error: Value = serde_json::from_str(&err).expect(&err);
        (code, error["error"].clone())
    };
    for (arguments, exit, kind) in [
        (&["get-user"][..], 64, "InvalidInput"),
        (
            &["get-user", "--email", "a.smith@example.com"],
            65,
            "Ambiguous",
        ),
        (&["get-user", "--user-id", "4711"], 67, "NotFound"),
        (&["unlock-user", "--login", "ext.pentest"], 77, "Refused"),
    ] {
        let (code, error) = code(arguments);
        assert_eq!((code, &error["kind"]), (exit, &kind.into()), "{error}");
        // Read out of the function's text, and not told twice.
        assert_eq!(error["changed"], json!([]), "{error}");
        let message = error["message"].as_str().expect("a message");
        assert!(
            !message.contains("Next:") && error["next"].is_string(),
            "{error}"
        );
    }
    for (error_type, exit, kind) in [
        ("Unavailable", 69, "Unavailable"),
        ("Unexpected", 70, "Unexpected"),
        ("RateLimited", 75, "RateLimited"),
        ("Conflict", 75, "Conflict"),
        ("Indeterminate", 75, "Indeterminate"),
        ("Unauthorized", 77, "Unauthorized"),
        // Lambda's own: of a read and of a write.
        ("Runtime.ExitError", 69, "Unavailable"),
    ] {
        let error = FunctionError {
            error_type: error_type.into(),
            error_message: "no".into(),
            raw: json!({"errorType": error_type, "errorMessage": "no"}),
        };
        let (of_a_write, error_message) = (error.clone(), error.error_message.clone());
        cli.lambda
            .add_with("acme-list-roles", move |_| Err(error.clone()));
        cli.lambda
            .add_with("acme-enable-user", move |_| Err(of_a_write.clone()));
        let (code_of_read, error) = code(&["list-roles"]);
        assert_eq!(
            (code_of_read, &error["kind"]),
            (exit, &kind.into()),
            "{error}"
        );
        let (code_of_write, error) = code(&["enable-user", "--login", "jdoe"]);
        match error_type {
            "Runtime.ExitError" => assert_eq!(
                (code_of_write, &error["kind"]),
                (75, &"Indeterminate".into())
            ),
            _ => {
                assert_eq!(
                    (code_of_write, &error["message"]),
                    (exit, &error_message.into())
                );
            }
        }
    }
    let (exit, error) = code(&["list-sites"]);
    assert_eq!((exit, &error["kind"]), (77, &"Unauthorized".into()));
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.contains("acme-list-sites: this deployment has no function"),
        "{message}"
    );
    cli.lambda.throttle("acme-get-user");
    assert_eq!(code(&["get-user", "--user-id", "4"]).0, 75);
}

/// None of these is a secret's way into an invocation, or would do what it says.
#[test]
fn what_only_this_machine_could_do_is_refused() {
    let cli = Deployment::new(&[]);
    let file = cli.home.path().join("password");
    std::fs::write(&file, "canary-from-file\n").expect("written");
    let file = format!("file:{}", file.display());
    let set = [
        "set-password",
        "--login",
        "jdoe",
        "--yes",
        "--password-secret",
    ];
    let disable = ["disable-user", "--login", "jdoe", "--yes"];
    let people = cli.home.path().join("people.csv");
    std::fs::write(&people, "email\njdoe@example.com\n").expect("written");
    let people = people.to_str().expect("utf-8");
    let many = ["offboard-users", "--yes", "--people-file", people];
    for (arguments, argument, words) in [
        (
            [&set[..], &[file.as_str()]].concat(),
            "`--password-secret`",
            "Secrets Manager",
        ),
        (
            [&set[..], &["env:NEW"]].concat(),
            "`--password-secret`",
            "--password-stdin",
        ),
        (
            [&disable[..], &["--audit-file", "audit.jsonl"]].concat(),
            "`--audit-file`",
            "log group",
        ),
        (
            [&many[..], &["--report", "report.jsonl"]].concat(),
            "`--report`",
            "audit records",
        ),
    ] {
        let (code, _, err) = cli.run(&arguments);
        assert_eq!(code, 64, "{err}");
        assert!(err.contains(argument) && err.contains(words), "{err}");
        assert!(
            err.contains("not with --via-lambda") && !err.contains("canary"),
            "{err}"
        );
    }
    assert_eq!(cli.lambda.invoked(), []);
    // An audit file in the environment is for other runs.
    let done = json!({"operation": "disable-user", "changed": false, "dry_run": false});
    cli.lambda
        .add_with("acme-disable-user", move |_| Ok(done.clone()));
    let mut command = cli.command(&disable);
    command.env("RAPID7_AUDIT_FILE", "/nowhere/audit.jsonl");
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = told(
        &Command::new(binary("r7user"))
            .args(["--via-lambda", "acme/x", "list-users"])
            .output()
            .expect("r7user starts"),
    );
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("the name of a stack"), "{err}");
}

/// Settings of a console are not looked at, right or wrong; the stack may be in the environment, and
/// credentials in a profile.
#[test]
fn settings_are_the_stack_and_those_of_aws() {
    let cli = Deployment::new(&["get-user"]);
    let folder = cli.home.path().join(".aws");
    std::fs::create_dir(&folder).expect("a folder");
    let config = format!(
        "[profile oncall]\nregion = us-east-1\nendpoint_url = {}\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
        cli.lambda.url()
    );
    std::fs::write(folder.join("config"), config).expect("written");
    let mut command = Command::new(binary("r7user"));
    command
        .args(["get-user", "--login", "jdoe"])
        .env_clear()
        .env("HOME", cli.home.path())
        .env("AWS_PROFILE", "oncall")
        .env("RAPID7_VIA_LAMBDA", "acme")
        .env("RAPID7_CONSOLE_URL", "no address")
        .env("RAPID7_CONSOLES", "=");
    let (code, _, err) = run(&mut command);
    assert_eq!((code, err.as_str()), (0, ""));
    let input = cli.lambda.invoked().pop().expect("an invocation").1;
    assert_eq!(input, json!({"login": "jdoe"}));
    let mut command = cli.command(&["get-user", "--login", "jdoe"]);
    command.env_remove("AWS_REGION");
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 77, "{err}");
    assert!(err.contains("AWS_REGION"), "{err}");
}

#[test]
fn waiting_ends_after_the_timeout_and_says_that_the_function_goes_on() {
    let cli = Deployment::new(&[]);
    cli.lambda.add_with("acme-disable-user", |_| {
        std::thread::sleep(Duration::from_secs(3));
        Ok(json!({}))
    });
    let disable = ["disable-user", "--login", "jdoe", "--yes", "--timeout", "1"];
    let (code, _, err) = cli.run(&disable);
    assert_eq!(code, 75, "{err}");
    assert!(err.contains("may still go on"), "{err}");
}

#[test]
fn an_interrupt_waits_for_the_answer() {
    let cli = Deployment::new(&["disable-user"]);
    let slow = FaultKind::Slow(Duration::from_millis(700));
    cli.world
        .console
        .push_fault(Fault::new(slow).on("PUT", "/users/4"));
    let mut command = cli.command(&["disable-user", "--user-id", "4", "--yes"]);
    let (code, out, err) = interrupted(&mut command, || !cli.world.writes().is_empty());
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("The function goes on"), "{err}");
    assert!(out.contains("\"changed\": true"), "{out}");
}

/// Given by value, by the person's own choice: to the function, and to nobody else.
#[test]
fn a_password_by_value_is_told_to_the_function_alone() {
    let cli = Deployment::new(&["set-password"]);
    let set = [
        "set-password",
        "--login",
        "jdoe",
        "--yes",
        "--password-stdin",
        "--verbose",
    ];
    let mut command = cli.command(&set);
    let (code, out, err) = told(&with_stdin(&mut command, "canary-Passw0rd-1\n"));
    assert_eq!(code, 0, "{err}");
    assert!(
        !out.contains("canary") && !err.contains("canary"),
        "{out}{err}"
    );
    assert_eq!(
        cli.world.console.state().user_mut("jdoe").password,
        "canary-Passw0rd-1"
    );
}

#[test]
fn what_a_function_did_is_taken_back_from_its_record() {
    let cli = Deployment::new(&["disable-user", "restore-user"]);
    let before = cli.world.snapshot();
    let mut session = cli.terminal(&["disable-user", "--login", "jdoe"]);
    session.exp_string("[y/N] ").expect("the question");
    session.send_line("yes").expect("typed");
    for told in [
        "Undo: save the record from the log group /aws/lambda/acme-disable-user",
        "r7user --via-lambda acme restore-user --record-file FILE",
    ] {
        session.exp_string(told).expect("how");
    }
    session.exp_eof().expect("the end");
    cli.world.console.state().user_mut("jdoe").enabled = true;

    // An answer has the record, and is taken as it is.
    let path = cli.home.path().join("answer.json");
    let path = path.to_str().expect("UTF-8");
    let (code, out, err) = cli.run(&["disable-user", "--login", "jdoe", "--yes"]);
    assert_eq!(code, 0, "{err}");
    std::fs::write(path, &out).expect("written");
    let (code, _, err) = cli.run(&["restore-user", "--record-file", path, "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(cli.world.snapshot(), before);
    // So is a file of records, once somebody has it.
    for command in ["history", "undo"] {
        let (code, _, err) = cli.run(&[command]);
        assert_eq!(code, 64, "{err}");
        assert!(
            err.contains("--audit-file") && err.contains("log group"),
            "{err}"
        );
    }
    cli.world.console.state().user_mut("jdoe").enabled = false;
    let (code, out, err) = cli.run(&["undo", "--audit-file", path, "--yes"]);
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&answer["operation"], &answer["changed"]),
        (&json!("restore-user"), &json!(true))
    );
    assert_eq!(cli.world.snapshot(), before);
}

/// Looking what a text may be asks other functions, and says so where they are not there.
#[test]
fn a_user_without_a_flag_is_looked_up_by_functions_too() {
    let cli = Deployment::new(&["get-user", "list-users"]);
    for user in ["4", "jdoe@example.com", "jdoe"] {
        let (code, out, err) = cli.run(&["get-user", user]);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("\"login\": \"jdoe\""), "{out}");
    }
    let cli = Deployment::new(&["get-user"]);
    let (code, _, err) = cli.run(&["get-user", "4"]);
    assert_ne!(code, 0, "{err}");
    for told in ["could not be looked up", "--user-id 4 or --login 4"] {
        assert!(err.contains(told), "{told}: {err}");
    }
    let (code, _, err) = cli.run(&["get-user", "jdoe"]);
    assert_eq!(code, 0, "{err}");
}
