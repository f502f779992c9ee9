//! `cargo xtask demo`: the pack at work, for a person to read.

use std::fs;
use std::io::{IsTerminal as _, Read as _, stdin};
use std::path::PathBuf;
use std::time::Duration;

use fake_console::{
    FakeConsole, FakePlatform, LoggedRequest, ORGANIZATION_KEY, PlatformState, State,
};
use harness::{Function, Invocation, SecretsManager, target_dir};
use serde_json::{Value, json};

use crate::demo_report::{
    changes, heading, members, outcome, proof, side_by_side, steps, verdicts,
};
use crate::ui::{Progress, note};
use crate::{Failure, cargo};

const SECRET: &str = "rapid7/console";
const PLATFORM_SECRET: &str = "rapid7/platform";
const INITIAL_PASSWORD: &str = "rapid7/initial-password";
const LOGIN: &str = "svc-soar";
const PASSWORD: &str = "correct horse battery staple";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave console and platform up afterwards, and print commands to go on by hand.
    #[arg(long)]
    serve: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut progress = Progress::new(3);
    progress.step("Build the function binaries and the command line");
    let mut build = cargo::command("build");
    // The same as the tests build, so that nothing is built twice.
    cargo::run(build.args(["--workspace", "--bins"]), "the build failed")?;

    progress.step("Start a console, the platform, a place for secrets, and the functions");
    let stage = Stage::new();
    note(format!(
        "console at {}, self-signed certificate, {} users",
        stage.console.url(),
        stage.console.state().users.len()
    ));

    progress.step("Four events, as their callers send them");
    let before = stage.console.state().snapshot();
    stage.hire()?;
    stage.unlock()?;
    stage.offboard()?;
    stage.offboard_everywhere()?;
    let after = stage.console.state().snapshot();
    println!(
        "{}",
        heading("What changed on the console, by its own account")
    );
    let asked_for = [
        ("jsmith", ""),
        ("rmartinez", "locked"),
        ("rmartinez", "failed_logins"),
        ("jdoe", "enabled"),
        ("tokafor", "enabled"),
    ];
    let proven = proof(&before, &after, &asked_for);
    progress.finish("Done");
    proven.map_err(Failure::from)?;
    if args.serve {
        stage.serve()?;
    }
    Ok(())
}

struct Stage {
    console: FakeConsole,
    platform: FakePlatform,
    secrets: SecretsManager,
    pin: String,
}

impl Stage {
    fn new() -> Self {
        let console = FakeConsole::start(State::realistic());
        let platform = FakePlatform::start_http(PlatformState::realistic());
        let secrets = SecretsManager::start();
        let pin = console.certificate_sha256();
        secrets.put(SECRET, json!({"username": LOGIN, "password": PASSWORD}));
        let key = json!({
            "url": platform.url(), "api_key": ORGANIZATION_KEY, "key_type": "organization",
        });
        secrets.put(PLATFORM_SECRET, key);
        secrets.put(
            INITIAL_PASSWORD,
            json!({"password": "only-the-secret-knows-1"}),
        );
        Self {
            console,
            platform,
            secrets,
            pin,
        }
    }

    /// An operation's real binary behind a Runtime API.
    fn function(&self, operation: &str) -> Function {
        let mut environment = self.secrets.env();
        environment.push(("RAPID7_CONSOLE_SECRET", SECRET));
        environment.push(("RAPID7_CONSOLE_URL", self.console.url()));
        environment.push(("RAPID7_CONSOLE_CERTIFICATE_SHA256", &self.pin));
        environment.push(("RAPID7_PLATFORM_SECRET", PLATFORM_SECRET));
        let binary = target_dir().join("debug").join(operation);
        let function = Function::start(&binary, &environment);
        let start = function.wait_for_first_next(Duration::from_secs(30));
        let start = start.as_secs_f64() * 1000.0;
        println!(
            "The function {operation} is ready after {start:.0} ms (a debug build): secret read, \
             connection open.\n"
        );
        function
    }

    /// Runs an event as a dry run, for real, and once more; returns the first two answers.
    fn play(
        &self,
        function: &Function,
        event: &Value,
        dry_event: &Value,
    ) -> Result<[Value; 2], String> {
        println!("Event: {event:#}\n");
        let dry = answer(function.invoke(dry_event))?;
        println!("{}\n", steps(&dry));
        self.console.clear_requests();
        let real = answer(function.invoke(event))?;
        println!("{}", outcome(&real));
        println!("{}", changes(&real));
        println!(
            "Sent to the console: {}",
            requests(&self.console.requests())
        );
        self.console.clear_requests();
        let again = answer(function.invoke(event))?;
        println!(
            "The same event again. {}\nSent: {}\n",
            outcome(&again),
            requests(&self.console.requests())
        );
        if again["changed"] == true {
            return Err("the second run changed something".into());
        }
        Ok([dry, real])
    }

    fn hire(&self) -> Result<(), String> {
        println!(
            "{}",
            heading("1. An HR event on the bus: somebody joins (EventBridge → create-user)")
        );
        let function = self.function("create-user");
        let event = |dry_run| {
            json!({
                "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
                "detail-type": "Employee joined", "source": "hr.example",
                "detail": {
                    "login": "jsmith", "first_name": "John", "last_name": "Smith",
                    "email": "jsmith@example.com", "role_id": "user", "all_sites": false,
                    "password_secret": INITIAL_PASSWORD, "ticket": "HR-2077", "dry_run": dry_run,
                },
            })
        };
        self.play(&function, &event(false), &event(true)).map(drop)
    }

    fn unlock(&self) -> Result<(), String> {
        println!(
            "{}",
            heading("2. On call at three in the morning: somebody is locked out (unlock-user)")
        );
        let function = self.function("unlock-user");
        let event = json!({
            "email": "rmartinez@example.com", "ticket": "INC-311", "requested_by": "on-call",
        });
        self.play(&function, &event, &dry(&event)).map(drop)
    }

    fn offboard(&self) -> Result<(), String> {
        println!(
            "{}",
            heading("3. An offboarding ticket: somebody leaves (InsightConnect → disable-user)")
        );
        println!(
            "jdoe has a locale, individual sites and asset groups, and members that the pack has \
             never heard of:\n{}\n",
            members(&self.console.state().user_json(4).unwrap_or_default())
        );
        let function = self.function("disable-user");
        let event = json!({"login": "jdoe", "ticket": "OFF-1042"});
        let [dry, real] = self.play(&function, &event, &dry(&event))?;
        println!("{}", side_by_side(&dry, &real));
        Ok(())
    }

    fn offboard_everywhere(&self) -> Result<(), String> {
        println!(
            "{}",
            heading("4. The same for a person, wherever they have an account (offboard-user)")
        );
        let function = self.function("offboard-user");
        let event = json!({"email": "tokafor@example.com", "ticket": "OFF-1043"});
        self.platform.clear_requests();
        let [_, real] = self.play(&function, &event, &dry(&event))?;
        println!("{}", verdicts(&real));
        println!(
            "Sent to the platform in all three runs: {}\n",
            requests(&self.platform.requests())
        );
        Ok(())
    }

    /// Leaves console and platform up until a person has had enough.
    fn serve(&self) -> Result<(), String> {
        let folder = target_dir().join("demo");
        let file = folder.join("console.json");
        let secret = json!({
            "url": self.console.url(), "username": LOGIN, "password": PASSWORD,
            "certificate_sha256": self.pin,
        });
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&file, format!("{secret:#}\n")))
            .map_err(|error| format!("{} can't be written: {error}", file.display()))?;
        // As they were before the events, so that whoever follows the documents has something to do.
        for login in ["jdoe", "tokafor"] {
            self.console.state().user_mut(login).enabled = true;
        }
        let r7user = shown(target_dir().join("debug/r7user"));
        println!(
            "{}\nIn another terminal, in this folder, step by step:\n
  {r7user} init
  # console:     {url}
  # certificate: {pin}
  # user:        {LOGIN}
  # password:    {PASSWORD}
  # platform:    leave it empty\n
or by variables:\n
  export RAPID7_CONSOLE_SECRET_FILE={file}
  export RAPID7_PLATFORM_URL={platform} RAPID7_PLATFORM_API_KEY={ORGANIZATION_KEY}
  {r7user} list-users
  {r7user} resolve-identity --email mkowalska@example.com
  {r7user} offboard-user --email ohaddad@example.com --ticket OFF-1044
  {r7user} access-report --format html > access-report.html
  {r7user} get-user knguyen
  {r7user} disable-user knguyen --ticket OFF-1045
  {r7user} history
  {r7user} undo
  {r7user} disable-user --email a.smith@example.com     # two people have it
  curl -k -u '{LOGIN}:{PASSWORD}' {url}/api/3/users/8\n",
            heading("Console and platform stay up"),
            file = shown(file),
            platform = self.platform.url(),
            url = self.console.url(),
            pin = self.pin,
        );
        if stdin().is_terminal() {
            println!("Press Enter to end it.");
            let _ = stdin().read(&mut [0]);
            return Ok(());
        }
        println!("It stays until this process is ended.");
        loop {
            std::thread::park();
        }
    }
}

fn dry(event: &Value) -> Value {
    let mut event = event.clone();
    event["dry_run"] = true.into();
    event
}

fn answer(invocation: Invocation) -> Result<Value, String> {
    invocation
        .result
        .map_err(|error| format!("{}: {}", error.error_type, error.error_message))
}

/// A path as it is best typed: relative to where the person is.
fn shown(path: PathBuf) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).map_or_else(
        |_| path.display().to_string(),
        |path| path.display().to_string(),
    )
}

fn requests(requests: &[LoggedRequest]) -> String {
    let writes = requests.iter().filter(|request| request.is_write());
    let writes: Vec<String> = writes
        .map(|request| format!("{} {}", request.method, request.path))
        .collect();
    let reads = requests.len() - writes.len();
    match writes.as_slice() {
        [] => format!("{reads} reads, no write."),
        writes => format!("{reads} reads, and {}.", writes.join(", ")),
    }
}
