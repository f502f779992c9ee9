//! What stands between a function and whom it asks: a proxy, or somebody who opens TLS.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use fake_console::{FakeConsole, FakePlatform, ORGANIZATION_KEY, PlatformState, State};
use harness::{
    ConnectProxy, Function, FunctionError, Moto, REGION, TlsFront, aws_env, binary, free_port,
};
use serde_json::{Value, json};
use suites::platform::JDOE;
use suites::{
    CONSOLE_SECRET, OWN_PASSWORD, PLATFORM_SECRET, World, answer, api_key, credentials, for_each,
    serve, told, with,
};
use tempfile::TempDir;

/// The credentials of the proxy as they are in its address, and as it gets them.
const OWN: &str = "user:p%40ss";
const SENT: &str = "Basic dXNlcjpwQHNz";

/// Everybody behind TLS, and a proxy.
struct Net {
    world: World,
    /// In front of Secrets Manager.
    aws: TlsFront,
    proxy: ConnectProxy,
    folder: TempDir,
}

impl Net {
    fn new() -> Self {
        let mut world = World::with(FakeConsole::start(State::realistic()));
        world.platform = FakePlatform::start(PlatformState::realistic());
        let key = api_key(world.platform.url(), ORGANIZATION_KEY);
        world.secrets.put(PLATFORM_SECRET, key);
        let secret = credentials(world.console.url(), OWN_PASSWORD);
        let pin = json!({"certificate_sha256": world.console.certificate_sha256()});
        world.secrets.put(CONSOLE_SECRET, with(secret, pin));
        Self {
            aws: TlsFront::of(world.secrets.url()),
            world,
            proxy: ConnectProxy::start(),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// The path of a file with this text.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// An operation that is about the console or the platform alone, with AWS behind TLS and trusted.
    fn function(&self, operation: &str, more: &[(&str, &str)]) -> Function {
        let authority = self.file("aws.pem", self.aws.authority());
        let platform = self.file("platform.pem", self.world.platform.certificate_pem());
        let url = self.aws.url();
        let settings = [
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.as_str()),
            ("AWS_CA_BUNDLE", &authority),
            ("RAPID7_PLATFORM_CA_FILE", &platform),
            ("RAPID7_LOG", "debug"),
        ];
        self.world
            .function_with(operation, &[&settings, more].concat())
    }

    fn run(&self, operation: &str, more: &[(&str, &str)]) -> Result<Value, FunctionError> {
        let function = self.function(operation, more);
        let event = match operation {
            "get-platform-user" => json!({"email": JDOE}),
            _ => json!({"user_id": 4}),
        };
        let result = function.invoke(&event).result;
        let logs = function.logs();
        for secret in ["p%40ss", "p@ss", SENT] {
            assert!(!logs.contains(secret), "{logs}");
        }
        result
    }

    /// Runs it, and answers with the hosts that the proxy was asked for.
    fn targets(&self, operation: &str, more: &[(&str, &str)]) -> Vec<String> {
        self.proxy.forget();
        let outcome = self.run(operation, more);
        outcome.unwrap_or_else(|error| panic!("{operation} {more:?}: {error:?}"));
        self.proxy.targets()
    }

    fn console(&self) -> String {
        host(self.world.console.url())
    }

    fn platform(&self) -> String {
        host(self.world.platform.url())
    }
}

fn host(url: &str) -> String {
    url.trim_start_matches("https://").to_owned()
}

fn sorted(hosts: &[&str]) -> Vec<String> {
    let mut hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    hosts.sort();
    hosts
}

#[test]
fn aws_and_the_platform_are_reached_through_the_proxy_and_consoles_are_not() {
    let net = Net::new();
    let url = net.proxy.url_with(OWN);
    let both = sorted(&[&net.aws.address(), &net.platform()]);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        assert_eq!(
            net.targets("get-platform-user", &[(name, &url)]),
            both,
            "{name}"
        );
        assert_eq!(
            net.targets("get-user", &[(name, &url)]),
            [net.aws.address()]
        );
    }
    // What is set to nothing is not set.
    let settings = [("HTTPS_PROXY", ""), ("https_proxy", &url)];
    assert_eq!(net.targets("get-platform-user", &settings), both);
    let settings = [("HTTP_PROXY", url.as_str()), ("http_proxy", &url)];
    assert_eq!(
        net.targets("get-platform-user", &settings),
        Vec::<String>::new()
    );
}

#[test]
fn hosts_that_are_excepted_are_reached_without_it() {
    let net = Net::new();
    let url = net.proxy.url();
    for (name, hosts, through) in [
        ("NO_PROXY", "127.0.0.1", false),
        ("no_proxy", "example.com, 127.0.0.0/8", false),
        ("NO_PROXY", "*", false),
        ("NO_PROXY", "example.com,10.0.0.0/8", true),
        ("NO_PROXY", "", true),
    ] {
        let settings = [("HTTPS_PROXY", url.as_str()), (name, hosts)];
        let targets = net.targets("get-platform-user", &settings);
        assert_eq!(!targets.is_empty(), through, "{name}={hosts}: {targets:?}");
    }
}

#[test]
fn a_console_is_reached_through_its_own_proxy_alone() {
    let net = Net::new();
    let url = net.proxy.url_with(OWN);
    let console = [net.console()];
    // That hosts are excepted from the other one says nothing about this one.
    let settings = [("RAPID7_CONSOLE_PROXY", url.as_str()), ("NO_PROXY", "*")];
    assert_eq!(net.targets("get-user", &settings), console);
    assert!(
        net.proxy
            .tunnels()
            .iter()
            .all(|one| one.authorization.as_deref() == Some(SENT))
    );
    assert_eq!(
        net.targets("get-platform-user", &settings),
        Vec::<String>::new()
    );

    // Each of several.
    let mut environment = net.world.secrets.env();
    environment.push(("RAPID7_CONSOLES", "emea=rapid7/console"));
    environment.push(("RAPID7_CONSOLE_PROXY", &url));
    net.proxy.forget();
    let function = Function::start(&binary("get-user"), &environment);
    let outcome = function.invoke(&json!({"user_id": 4, "console": "emea"}));
    outcome.result.expect("jdoe");
    assert_eq!(net.proxy.targets(), console);
}

/// A tunnel is TLS from end to end: the proxy learns who is asked, and its own credentials.
#[test]
fn the_proxy_sees_no_credentials_but_its_own_and_nobody_else_sees_those() {
    let net = Net::new();
    let url = net.proxy.url_with(OWN);
    let settings = [
        ("HTTPS_PROXY", url.as_str()),
        ("RAPID7_CONSOLE_PROXY", &url),
    ];
    for operation in ["get-user", "get-platform-user"] {
        net.proxy.forget();
        net.run(operation, &settings).expect(operation);
        let tunnels = net.proxy.tunnels();
        assert_eq!(net.proxy.targets().len(), 2, "{tunnels:?}");
        assert!(
            tunnels
                .iter()
                .all(|one| one.authorization.as_deref() == Some(SENT))
        );
        let bytes = net.proxy.bytes();
        let seen = String::from_utf8_lossy(&bytes).to_lowercase();
        assert_eq!(seen.matches("authorization:").count(), tunnels.len());
        for ours in [
            OWN_PASSWORD,
            ORGANIZATION_KEY,
            "x-api-key",
            "aws4-hmac",
            "a-session-token",
        ] {
            assert!(!seen.contains(ours), "{ours}");
        }
    }

    // What goes by http does not go through it, and says nothing of it.
    let (heard, hears) = mpsc::channel();
    let plain = serve(move |request| {
        heard.send(request.to_lowercase()).expect("heard");
        answer(
            "400 Bad Request",
            &json!({"__type": "AccessDeniedException"}),
        )
    });
    net.proxy.forget();
    let more = [settings[0], ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &plain)];
    net.run("get-user", &more).expect_err("denied");
    let request = hears.recv().expect("a request");
    assert!(
        request.contains("aws4-hmac") && !request.contains("proxy-"),
        "{request}"
    );
    assert_eq!(net.proxy.tunnels(), []);
}

#[test]
fn what_the_proxy_does_is_told_as_its_doing() {
    let ways = [
        ("get-user", "HTTPS_PROXY", false),
        ("get-platform-user", "HTTPS_PROXY", true),
        ("get-user", "RAPID7_CONSOLE_PROXY", false),
    ];
    for_each(&ways, |&(operation, proxy, aws_is_near)| {
        let net = Net::new();
        let near = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", net.world.secrets.url());
        let nobody = format!("http://{OWN}@127.0.0.1:{}", free_port());
        let (known, unknown) = (net.proxy.url_with(OWN), net.proxy.url());
        for (status, url, says) in [
            (403, &known, "did not connect to this server"),
            (502, &known, "did not connect to this server"),
            (407, &known, "refused the credentials that its address has"),
            (407, &unknown, "wants credentials, and its address has none"),
            (407, &nobody, "can't be reached: Connection refused"),
        ] {
            net.proxy.refuse(status);
            let mut settings = vec![(proxy, url.as_str())];
            settings.extend(aws_is_near.then_some(near));
            let error = net.run(operation, &settings).expect_err(says);
            let message = &error.error_message;
            assert_eq!(error.error_type, "Unavailable", "{message}");
            let shown = url.replace(&format!("{OWN}@"), "");
            let says = format!("the proxy {shown} {says}");
            assert!(message.contains(&says), "{says:?}: {message}");
            assert!(!message.contains("user:"), "{message}");
        }
        assert_eq!(net.world.requests(), Vec::<String>::new());
    });
}

#[test]
fn an_address_that_is_no_proxy_is_told_by_its_variable_and_not_repeated() {
    let net = Net::new();
    for (name, operation) in [
        ("HTTPS_PROXY", "get-user"),
        ("all_proxy", "get-platform-user"),
        ("RAPID7_CONSOLE_PROXY", "get-user"),
    ] {
        for address in [
            "socks5://user:canary@127.0.0.1:1080",
            "https://user:canary@127.0.0.1:3128",
            "user:canary@127.0.0.1:port",
        ] {
            let error = net.run(operation, &[(name, address)]).expect_err(address);
            let message = error.error_message;
            assert_eq!(error.error_type, "Unauthorized", "{message}");
            let says = format!("{name}: expected the address of an HTTP proxy");
            assert!(
                message.contains(&says) && !message.contains("canary"),
                "{message}"
            );
        }
    }
    assert_eq!(net.world.secrets.calls(), Vec::<String>::new());
}

/// It stays so until somebody does something about it: nothing is sent, and nothing is tried again.
#[test]
fn a_certificate_of_aws_that_is_not_trusted_is_told_with_the_way_out() {
    let net = Net::new();
    let other = net.file("other.pem", net.world.console.certificate_pem());
    let url = net.proxy.url();
    for bundle in ["", &other] {
        net.proxy.forget();
        let settings = [("AWS_CA_BUNDLE", bundle), ("HTTPS_PROXY", &url)];
        let error = net.run("get-user", &settings).expect_err("not trusted");
        assert_eq!(error.error_type, "Refused");
        is_told(&error.error_message);
        // Once at the start, and once for the event.
        assert_eq!(net.proxy.tunnels().len(), 2);
    }

    // The journal.
    let journal = net.aws.url();
    let disable = |bundle: &str, journal: &str| {
        net.proxy.forget();
        let settings = [
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", net.world.secrets.url()),
            ("AWS_ENDPOINT_URL_DYNAMODB", journal),
            ("RAPID7_JOURNAL_TABLE", "acme-journal"),
            ("AWS_CA_BUNDLE", bundle),
            ("HTTPS_PROXY", &url),
        ];
        net.run("disable-user", &settings)
    };
    let error = disable("", &journal).expect_err("not trusted");
    assert_eq!(error.error_type, "Refused");
    is_told(&error.error_message);
    assert!(error.error_message.contains("nothing was written"));
    assert_eq!(net.proxy.tunnels().len(), 1);
    assert_eq!(net.world.writes(), Vec::<String>::new());
    let moto = Moto::start();
    moto.create_table("acme-journal");
    let front = TlsFront::of(moto.url());
    let bundle = net.file("journal.pem", front.authority());
    let outcome = disable(&bundle, &front.url()).expect("disabled");
    assert_eq!(outcome["changed"], true);
    assert_eq!(net.proxy.targets(), [front.address()]);
}

/// The same where functions are asked, or whoever has the credentials for that.
#[test]
fn functions_elsewhere_are_asked_through_the_proxy_and_only_if_they_are_trusted() {
    let net = Net::new();
    let (aws, url) = (net.aws.url(), net.proxy.url());
    let trusted = net.file("aws.pem", net.aws.authority());
    let token = net.file("token", "a-token-for-tests");
    let run = |more: &[(&str, &str)]| {
        net.proxy.forget();
        let mut command = Command::new(binary("r7user"));
        let command = command
            .args(["--via-lambda", "acme", "get-user", "--user-id", "4"])
            .env_clear()
            .env("HOME", net.folder.path())
            .env("AWS_ENDPOINT_URL", &aws)
            .env("AWS_REGION", REGION)
            .env("HTTPS_PROXY", &url)
            .envs(more.iter().copied())
            .stdin(Stdio::null());
        let (code, _, said) = told(&command.output().expect("the command runs"));
        (code, said, net.proxy.tunnels().len())
    };
    let keys = aws_env(&aws);
    let role = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/tests"),
    ];
    let bundle = ("AWS_CA_BUNDLE", trusted.as_str());
    for credentials in [&keys[..], &role] {
        let (code, said, tunnels) = run(credentials);
        assert_eq!((code, tunnels), (77, 1), "{said}");
        is_told(&said);
        // Through TLS, to somebody who knows neither functions nor roles.
        let (_, said, tunnels) = run(&[credentials, &[bundle]].concat());
        assert!(tunnels > 0 && !said.contains("AWS_CA_BUNDLE"), "{said}");
    }
    net.proxy.refuse(403);
    for credentials in [&keys[..], &role] {
        let (code, said, _) = run(&[credentials, &[bundle]].concat());
        assert!(said.contains("did not connect to this server"), "{said}");
        assert_eq!(code, 69, "{said}");
    }
}

/// That a certificate of AWS is not trusted, and what to do.
fn is_told(message: &str) {
    for says in [
        "certificate of what answered is not trusted",
        "AWS_CA_BUNDLE",
        "issuer",
    ] {
        assert!(message.contains(says), "{says:?}: {message}");
    }
}
