//! What is asked with while a secret is rotated, beyond the minute that the suites can't wait for.

use harness::SecretsManager;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::secrets::console_secret::ConsoleSecret;
use crate::secrets::store::client_at;

const SECRET: &str = "rapid7/console";

fn secret(password: &str) -> Value {
    json!({"url": "https://console:3780", "username": "svc-soar", "password": password})
}

/// The current version has "old", the pending one "new", which a rotation has sent to the console.
fn rotating() -> (SecretsManager, String) {
    let secrets = SecretsManager::start();
    secrets.put(SECRET, secret("old"));
    let version = secrets.rotate(SECRET);
    let put = json!({
        "SecretId": SECRET, "ClientRequestToken": version,
        "SecretString": secret("new").to_string(), "VersionStages": ["AWSPENDING"],
    });
    secrets.call("PutSecretValue", &put);
    secrets.relabel(SECRET, SENT, Some(&version));
    (secrets, version)
}

fn credentials(secrets: &SecretsManager) -> CachedCredentials<ConsoleSecret> {
    let store = Arc::new(Store::of(client_at(secrets.url())));
    let at = CredentialsAt::SecretsManager(SECRET.into());
    CachedCredentials::new(at, store, Duration::ZERO)
}

async fn current(credentials: &CachedCredentials<ConsoleSecret>) -> String {
    let current = credentials.current().await.expect("credentials");
    current.password.expose_secret().to_owned()
}

/// Refused now, and what is used instead.
async fn refused(credentials: &CachedCredentials<ConsoleSecret>) -> Option<String> {
    let current = credentials.current().await.expect("credentials");
    let newer = credentials.renew(&current).await?;
    Some(newer.password.expose_secret().to_owned())
}

async fn a_minute_later(credentials: &CachedCredentials<ConsoleSecret>) {
    credentials.state.lock().await.refused.clear();
}

/// However often the secret is read again.
#[tokio::test]
async fn the_pending_version_is_used_until_the_current_one_is_another() {
    let (secrets, version) = rotating();
    let credentials = credentials(&secrets);
    assert_eq!(current(&credentials).await, "old");
    assert_eq!(refused(&credentials).await.as_deref(), Some("new"));
    a_minute_later(&credentials).await;
    assert_eq!(current(&credentials).await, "new");
    secrets.relabel(SECRET, "AWSCURRENT", Some(&version));
    assert_eq!(current(&credentials).await, "new");
    secrets.put(SECRET, secret("newer"));
    assert_eq!(current(&credentials).await, "newer");
}

#[tokio::test]
async fn a_rotation_that_was_taken_back_is_noticed_by_a_refusal() {
    let (secrets, _) = rotating();
    let credentials = credentials(&secrets);
    assert_eq!(refused(&credentials).await.as_deref(), Some("new"));
    assert_eq!(refused(&credentials).await, None, "both were refused");
    // For the client to say whether it may be sent.
    assert_eq!(current(&credentials).await, "old");
    // As after maintenance, which refused both: the current version comes first again.
    a_minute_later(&credentials).await;
    assert_eq!(current(&credentials).await, "old");
    assert_eq!(refused(&credentials).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_pending_version_that_was_not_sent_is_not_used() {
    let (secrets, _) = rotating();
    secrets.relabel(SECRET, SENT, None);
    let credentials = credentials(&secrets);
    assert_eq!(refused(&credentials).await, None);
}

/// Whoever begins, or reads the secret again, after the rotation has seen the new password work.
#[tokio::test]
async fn a_version_that_was_replaced_is_not_sent() {
    let (secrets, _) = rotating();
    let warm = credentials(&secrets);
    assert_eq!(current(&warm).await, "old");
    let old = &secrets.versions(SECRET)[0].id;
    secrets.relabel(SECRET, REPLACED, Some(old));
    assert_eq!(current(&warm).await, "new");
    let cold = credentials(&secrets);
    cold.read().await.expect("read");
    assert_eq!(current(&cold).await, "new");
    // The label alone does not keep a password from being used that nothing stands in for.
    secrets.relabel(SECRET, SENT, None);
    let cold = credentials(&secrets);
    cold.read().await.expect("read");
    assert_eq!(current(&cold).await, "old");
}

#[tokio::test]
async fn the_age_is_that_of_the_version_in_use() {
    let (secrets, _) = rotating();
    let age = SecretAge::default();
    let credentials = credentials(&secrets).with_age(age.clone());
    let ages = crate::secrets::age::SecretAges::of(vec![age]);
    assert_eq!(ages.oldest(), None);
    current(&credentials).await;
    let age = ages.oldest().expect("read").elapsed().expect("in the past");
    assert!(age <= Duration::from_secs(60), "{age:?}");
}
