//! Secrets Manager rotates the password of the pack's own account: whatever goes wrong on the way, running
//! the steps again ends in the new password, and the account is never locked.

mod faults;
mod meanwhile;
mod refusals;

use std::collections::BTreeSet;
use std::time::Duration;

use harness::{Function, FunctionError, Invocation, Moto, SecretVersion, binary};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, credentials, with};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// A console that locks accounts early, and nobody else's requests.
fn world() -> World {
    let world = World::new();
    world.console.state().lockout_after = 3;
    let secret = with(
        credentials(world.console.url(), OWN_PASSWORD),
        json!({"note": "kept as it is"}),
    );
    world.secrets.put(CONSOLE_SECRET, secret);
    world
}

/// The rotation function. Which secret is meant, the event says.
fn rotator(world: &World) -> Function {
    let mut environment = world.secrets.env();
    environment.push(("RAPID7_LOG", "trace"));
    Function::start(&binary("rotate-console-secret"), &environment)
}

fn event(secret: &str, version: &str, step: &str) -> Value {
    json!({
        "SecretId": secret, "ClientRequestToken": version, "Step": step, "RotationToken": "unused",
    })
}

/// One rotation of the secret in the stand-in.
struct Rotation<'a> {
    world: &'a World,
    version: String,
}

impl<'a> Rotation<'a> {
    fn begin(world: &'a World) -> Self {
        let version = world.secrets.rotate(CONSOLE_SECRET);
        Self { world, version }
    }

    fn event(&self, step: &str) -> Value {
        event(&self.world.secrets.arn(CONSOLE_SECRET), &self.version, step)
    }

    fn step(&self, function: &Function, step: &str) -> Result<Value, FunctionError> {
        self.invocation(function, step).result
    }

    fn invocation(&self, function: &Function, step: &str) -> Invocation {
        let limit = Duration::from_secs(9);
        function.invoke_with_deadline(&self.event(step), limit)
    }

    /// The steps in order, until one fails: so Secrets Manager calls them, and again from the first.
    fn all(&self, function: &Function) -> Result<(), FunctionError> {
        STEPS
            .iter()
            .try_for_each(|step| self.step(function, step).map(drop))
    }

    fn version(&self) -> SecretVersion {
        let versions = self.world.secrets.versions(CONSOLE_SECRET);
        let ours = |version: &SecretVersion| version.id == self.version;
        versions.into_iter().find(ours).expect("the version")
    }

    fn new_password(&self) -> String {
        password(&self.version().text)
    }

    /// The new password is in force and current, and nothing of the rotation is left.
    fn assert_done(&self, what: &str) {
        let versions = self.world.secrets.versions(CONSOLE_SECRET);
        let current = labelled(&versions, "AWSCURRENT");
        assert_eq!(current.id, self.version, "{what}: {versions:?}");
        assert_eq!(
            current.stages,
            BTreeSet::from(["AWSCURRENT".to_owned()]),
            "{what}"
        );
        let previous = labelled(&versions, "AWSPREVIOUS");
        assert_eq!(previous.stages.len(), 1, "{what}: {:?}", previous.stages);
        let (mut new, mut old) = (json(&current.text), json(&previous.text));
        assert_ne!(new["password"], old["password"], "{what}");
        assert_eq!(new["password"], own(self.world).password, "{what}");
        // Everything else is as it was.
        (new["password"], old["password"]) = (json!(""), json!(""));
        assert_eq!(new, old, "{what}");
        assert!(!own(self.world).locked, "{what}");
        assert_eq!(own(self.world).failed_logins, 0, "{what}");
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn password(text: &str) -> String {
    json(text)["password"]
        .as_str()
        .expect("a password")
        .to_owned()
}

fn labelled<'a>(versions: &'a [SecretVersion], label: &str) -> &'a SecretVersion {
    let mut versions = versions.iter();
    let found = versions.find(|version| version.stages.contains(label));
    found.unwrap_or_else(|| panic!("no version is {label}"))
}

fn own(world: &World) -> fake_console::UserRecord {
    world.console.state().user_mut(OWN_LOGIN).clone()
}

/// How many logins the console refused.
fn failed_logins(world: &World) -> usize {
    let requests = world.console.requests();
    requests.iter().filter(|r| r.status == Some(401)).count()
}

#[test]
fn the_four_steps_give_the_account_a_new_password() {
    let world = world();
    let function = rotator(&world);
    for _ in 0..2 {
        let rotation = Rotation::begin(&world);
        rotation.all(&function).expect("rotated");
        rotation.assert_done("rotated");
        let password = rotation.new_password();
        assert_eq!(password.len(), 32);
        for class in [
            |b: u8| b.is_ascii_lowercase(),
            |b: u8| b.is_ascii_uppercase(),
            |b: u8| b.is_ascii_digit(),
            |b: u8| b.is_ascii_punctuation(),
        ] {
            assert!(password.bytes().any(class), "a class is missing");
        }
        // The operation's own records, and neither password anywhere.
        let logs = function.logs();
        assert!(logs.contains("\"audit\":\"before\""), "{logs}");
        assert!(
            logs.contains("\"requested_by\":\"Secrets Manager rotation\""),
            "{logs}"
        );
        assert!(!logs.contains(&password) && !logs.contains(OWN_PASSWORD));
    }
    assert_eq!(failed_logins(&world), 0);
    let puts = world.writes();
    let id = world.id(OWN_LOGIN);
    assert_eq!(puts, vec![format!("PUT /api/3/users/{id}/password"); 2]);
}

/// moto was written by others. It makes the new version current at once where there is no function to call,
/// so that is taken back first.
#[test]
fn the_four_steps_work_with_moto() {
    let world = world();
    let moto = Moto::start();
    let secret = credentials(world.console.url(), OWN_PASSWORD);
    let arn = moto.put_secret(CONSOLE_SECRET, &secret);
    let call = |name: &str, request: Value| {
        moto.call(
            "secretsmanager",
            &format!("secretsmanager.{name}"),
            &request,
        )
    };
    let version = moto.rotate_secret(&arn);
    let version = version.as_str();
    let function = Function::start(&binary("rotate-console-secret"), &moto.env());
    // Each twice: a step is run again whenever its answer is lost.
    for step in STEPS {
        for _ in 0..2 {
            let done = function.invoke(&event(&arn, version, step)).result;
            done.unwrap_or_else(|error| panic!("{step}: {error:?}"));
        }
    }
    let current = call(
        "GetSecretValue",
        json!({"SecretId": arn, "VersionStage": "AWSCURRENT"}),
    );
    assert_eq!(current["VersionId"], version);
    let text = current["SecretString"].as_str().expect("a text");
    assert_eq!(password(text), own(&world).password);
    assert_ne!(password(text), OWN_PASSWORD);
    let described = call("DescribeSecret", json!({"SecretId": arn}));
    assert_eq!(
        described["VersionIdsToStages"][version],
        json!(["AWSCURRENT"])
    );
    assert_eq!(failed_logins(&world), 0);
}

#[test]
fn every_step_may_be_run_twice() {
    let world = world();
    let function = rotator(&world);
    let rotation = Rotation::begin(&world);
    let mut password = None;
    for step in STEPS {
        for _ in 0..2 {
            rotation.step(&function, step).expect(step);
            let new = rotation.new_password();
            assert_eq!(*password.get_or_insert(new.clone()), new, "{step}");
        }
    }
    rotation.assert_done("each twice");
    rotation.all(&function).expect("all of them once more");
    rotation.assert_done("once more");
    assert_eq!(world.writes().len(), 1, "{:?}", world.writes());
    assert_eq!(failed_logins(&world), 0);
}
