//! What tests, the demo and the bench run the real function binaries with: a Lambda Runtime API,
//! AWS's own emulator of it, two stand-ins for Secrets Manager, InsightConnect plugins, and what may stand
//! between: a proxy, and whoever opens TLS.
//!
//! Everything here blocks the calling thread and serves from threads of its own, so it works the
//! same from a plain `#[test]` and from an async one. In an async test, mind that a blocking call
//! also stops the tasks of a current-thread runtime: a server that the test runs *in its own
//! runtime* cannot answer the function meanwhile. Use `tokio::task::spawn_blocking` there.
//!
//! Helpers panic instead of returning errors: a harness that does not come up is a failed test.

mod function;
mod http;
mod invocation;
mod lambda_service;
mod moto;
mod output;
mod paths;
mod plugin;
mod proxy;
mod rie;
mod runtime_api;
mod secrets_manager;
mod server;
mod tls;

pub use function::{Function, Settings, peak_memory_kib};
pub use http::Answer;
pub use invocation::{FunctionError, Invocation};
pub use lambda_service::LambdaService;
pub use moto::Moto;
pub use paths::{
    binary, free_port, insightconnect_python, plugin_package, python, rie_binary, target_dir,
    workspace_root,
};
pub use plugin::{Plugin, PluginOutput, PluginServer};
pub use proxy::{ConnectProxy, Tunnel};
pub use rie::Rie;
pub use runtime_api::RuntimeApi;
pub use secrets_manager::{Failure, SecretVersion, SecretsManager};
pub use tls::TlsFront;

/// The region that every stand-in answers for.
pub const REGION: &str = "us-east-1";

/// The account in every ARN, the one that AWS's documentation and moto use.
pub const ACCOUNT: &str = "123456789012";

/// What a function needs in its environment to find Secrets Manager, DynamoDB and nothing else of AWS, with
/// credentials that pass as such everywhere and open nothing anywhere.
pub fn aws_env(endpoint: &str) -> Vec<(&str, &str)> {
    vec![
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", "a-session-token-for-tests"),
        ("AWS_REGION", REGION),
    ]
}

/// An identifier in the shape of a version 4 UUID.
fn uuid() -> String {
    let bits = (fastrand::u128(..) & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
