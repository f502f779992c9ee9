//! Deliveries into a stand-in for Secrets Manager, and into moto.

use harness::{Failure, Moto, SecretsManager};
use serde_json::json;

use super::*;
use crate::secrets::failure::{DESCRIBE, MOVE_LABEL};
use crate::secrets::store::client_at;

const SECRET: &str = "users/jdoe";

fn token(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// What was staged: its text, and whether it was promoted before.
async fn staged(manager: &Client, digit: char, text: &str) -> (String, bool) {
    let staged = stage(manager, SECRET, &token(digit), text.into()).await;
    let staged = staged.expect("staged");
    (staged.text.expose_secret().to_owned(), staged.delivered)
}

async fn promoted(manager: &Client, digit: char) {
    let promoted = promote(manager, SECRET, &token(digit), &token(digit)).await;
    promoted.expect("promoted");
}

/// The versions in short: the first character of the id, the text, the labels of AWS.
fn versions(secrets: &SecretsManager) -> Vec<String> {
    let versions = secrets.versions(SECRET).into_iter();
    versions
        .map(|version| {
            let id = version.id.chars().next().expect("an id");
            let labels = version.stages.into_iter();
            let labels: Vec<String> = labels.filter(|l| l.starts_with("AWS")).collect();
            format!("{id} {} {}", version.text, labels.join(" "))
        })
        .collect()
}

fn told<T>(result: Result<T, CredentialError>) -> String {
    match result {
        Ok(_) => panic!("done"),
        Err(error) => {
            assert!(!error.message.contains("canary"), "{}", error.message);
            error.message
        }
    }
}

#[tokio::test]
async fn a_text_is_kept_once_and_becomes_current_when_it_is_promoted() {
    let secrets = SecretsManager::start();
    secrets.put(SECRET, json!("old"));
    let manager = client_at(secrets.url());
    assert_eq!(
        staged(&manager, 'a', "one").await,
        ("one".to_owned(), false)
    );
    assert!(versions(&secrets)[0].ends_with(" \"old\" AWSCURRENT"));
    assert_eq!(versions(&secrets)[1], "a one AWSPENDING");
    // Another run, before and after it was promoted.
    assert_eq!(
        staged(&manager, 'a', "two").await,
        ("one".to_owned(), false)
    );
    promoted(&manager, 'a').await;
    assert!(versions(&secrets)[0].ends_with(" \"old\" AWSPREVIOUS"));
    assert_eq!(versions(&secrets)[1], "a one AWSCURRENT");
    assert_eq!(staged(&manager, 'a', "two").await, ("one".to_owned(), true));
    let labels = &secrets.versions(SECRET)[1].stages;
    assert!(labels.len() == 2, "current, and delivered: {labels:?}");
    // Once more costs a look.
    let calls = secrets.requests();
    promoted(&manager, 'a').await;
    assert_eq!(secrets.requests(), calls + 1);
    // Somebody else's later delivery.
    assert_eq!(
        staged(&manager, 'b', "three").await,
        ("three".to_owned(), false)
    );
    promoted(&manager, 'b').await;
    assert_eq!(staged(&manager, 'a', "two").await, ("one".to_owned(), true));
}

/// Secrets Manager makes the first version current by itself, which is not our promise kept.
#[tokio::test]
async fn the_first_version_of_a_secret_counts_as_promoted_only_when_it_was() {
    let secrets = SecretsManager::start();
    secrets.create(SECRET);
    let manager = client_at(secrets.url());
    staged(&manager, 'a', "one").await;
    assert_eq!(versions(&secrets), ["a one AWSCURRENT AWSPENDING"]);
    assert_eq!(
        staged(&manager, 'a', "two").await,
        ("one".to_owned(), false)
    );
    // Another delivery takes the pending label away, and fails.
    staged(&manager, 'b', "two").await;
    assert_eq!(versions(&secrets), ["a one AWSCURRENT", "b two AWSPENDING"]);
    assert_eq!(
        staged(&manager, 'a', "two").await,
        ("one".to_owned(), false)
    );
    promoted(&manager, 'a').await;
    assert_eq!(staged(&manager, 'a', "two").await, ("one".to_owned(), true));
}

#[tokio::test]
async fn of_two_runs_at_once_both_use_the_text_of_the_faster_one() {
    let secrets = SecretsManager::start();
    secrets.create(SECRET);
    let manager = client_at(secrets.url());
    let (one, two) = tokio::join!(staged(&manager, 'a', "one"), staged(&manager, 'a', "two"));
    assert_eq!(one, two);
    assert_eq!(secrets.versions(SECRET).len(), 1);
}

/// Which value the console took last is not known then.
#[tokio::test]
async fn of_two_deliveries_at_once_the_earlier_one_is_not_promoted() {
    let secrets = SecretsManager::start();
    secrets.put(SECRET, json!("old"));
    let manager = client_at(secrets.url());
    staged(&manager, 'a', "one").await;
    staged(&manager, 'b', "two").await;
    let told = told(promote(&manager, SECRET, &token('a'), &token('a')).await);
    assert!(told.contains("another delivery"), "{told}");
    promoted(&manager, 'b').await;
    let late = promote(&manager, SECRET, &token('a'), &token('a')).await;
    assert!(late.is_err(), "another value is current");
    // Begun again, it is the later one.
    assert_eq!(
        staged(&manager, 'a', "new").await,
        ("one".to_owned(), false)
    );
    promoted(&manager, 'a').await;
    assert_eq!(versions(&secrets)[1], "a one AWSCURRENT");
}

/// A secret has room for twenty labels.
#[tokio::test]
async fn only_the_newest_deliveries_are_remembered() {
    let secrets = SecretsManager::start();
    secrets.put(SECRET, json!("old"));
    let manager = client_at(secrets.url());
    for number in 0..30 {
        let token = format!("{number:064}");
        let staged = stage(&manager, SECRET, &token, "text".into()).await;
        assert!(!staged.expect("staged").delivered);
        promote(&manager, SECRET, &token, &token)
            .await
            .expect("promoted");
    }
    let labels: usize = secrets
        .versions(SECRET)
        .iter()
        .map(|v| v.stages.len())
        .sum();
    assert!(labels <= REMEMBERED + 2, "{labels}");
    let newest = stage(&manager, SECRET, &format!("{:064}", 29), "text".into()).await;
    assert!(newest.expect("staged").delivered);
}

/// What was delivered as another version counts as done too, and is not made current.
#[tokio::test]
async fn a_version_that_stood_for_another_is_remembered() {
    let secrets = SecretsManager::start();
    secrets.put(SECRET, json!("old"));
    let manager = client_at(secrets.url());
    staged(&manager, 'a', "place").await;
    staged(&manager, 'b', "value").await;
    let promoted = promote(&manager, SECRET, &token('b'), &token('a')).await;
    promoted.expect("promoted");
    assert!(staged(&manager, 'a', "place").await.1);
    assert_eq!(versions(&secrets)[2], "b value AWSCURRENT");
}

/// Every request of a delivery is lost once after it was carried out.
#[tokio::test]
async fn lost_answers_change_nothing() {
    let secrets = SecretsManager::start();
    secrets.put(SECRET, json!("old"));
    let manager = client_at(secrets.url());
    for request in [GET, PUT, DESCRIBE, MOVE_LABEL] {
        secrets.fail_on(request, 1, Failure::Lost);
    }
    staged(&manager, 'a', "one").await;
    promoted(&manager, 'a').await;
    assert_eq!(versions(&secrets)[1], "a one AWSCURRENT");
    assert_eq!(staged(&manager, 'a', "two").await, ("one".to_owned(), true));
}

/// Stopped after any request, another run does the rest and nothing twice.
#[tokio::test]
async fn a_promotion_that_stopped_halfway_is_finished_by_another_run() {
    for carried_out in 0..3 {
        let secrets = SecretsManager::start();
        secrets.put(SECRET, json!("old"));
        let manager = client_at(secrets.url());
        staged(&manager, 'a', "one").await;
        // DescribeSecret, and the labels that were moved.
        secrets.pass_next(1 + carried_out);
        secrets.fail_next_with(1, Failure::AccessDenied);
        told(promote(&manager, SECRET, &token('a'), &token('a')).await);
        assert_eq!(
            staged(&manager, 'a', "two").await,
            ("one".to_owned(), false)
        );
        promoted(&manager, 'a').await;
        assert_eq!(versions(&secrets)[1], "a one AWSCURRENT");
    }
}

#[tokio::test]
async fn what_is_missing_is_told_by_name() {
    let secrets = SecretsManager::start();
    let manager = client_at(secrets.url());
    let stage = async || told(stage(&manager, SECRET, &token('a'), "canary".into()).await);
    let promote = async || told(promote(&manager, SECRET, &token('a'), &token('a')).await);
    for absent in [stage().await, promote().await] {
        assert!(absent.contains("create it first"), "{absent}");
    }
    secrets.create(SECRET);
    for request in [GET, PUT] {
        secrets.fail_on(request, 1, Failure::AccessDenied);
        let denied = stage().await;
        let permission = format!("allow secretsmanager:{request} on it");
        assert!(denied.contains(&permission), "{denied}");
    }
    secrets.put(SECRET, json!("old"));
    staged(&manager, 'a', "canary").await;
    for request in [DESCRIBE, MOVE_LABEL] {
        secrets.fail_on(request, 1, Failure::AccessDenied);
        let denied = promote().await;
        let permission = format!("allow secretsmanager:{request} on it");
        assert!(denied.contains(&permission), "{denied}");
    }
    let never_staged = told(super::promote(&manager, SECRET, &token('f'), &token('f')).await);
    assert!(never_staged.contains("is not known"), "{never_staged}");
    // An answer with the text in it, of which nothing may come out.
    secrets.fail_on(GET, 3, Failure::Cut);
    let cut = stage().await;
    assert!(cut.contains("can't be read"), "{cut}");
}

/// The same against a Secrets Manager that others wrote.
#[tokio::test]
async fn deliveries_work_with_moto() {
    let moto = Moto::start();
    moto.put_secret(SECRET, &json!("old"));
    let manager = client_at(moto.url());
    let current = || {
        // Without the label, moto gives what was put last as current.
        let request = json!({"SecretId": SECRET, "VersionStage": CURRENT});
        let target = "secretsmanager.GetSecretValue";
        moto.call("secretsmanager", target, &request)["SecretString"].clone()
    };
    for (digit, text) in [('a', "one"), ('b', "two")] {
        let before = current();
        assert_eq!(
            staged(&manager, digit, text).await,
            (text.to_owned(), false)
        );
        assert_eq!(
            staged(&manager, digit, "other").await,
            (text.to_owned(), false)
        );
        assert_eq!(current(), before);
        promoted(&manager, digit).await;
        assert_eq!(current(), text);
        promoted(&manager, digit).await;
        assert_eq!(
            staged(&manager, digit, "other").await,
            (text.to_owned(), true)
        );
    }
    let absent = stage(&manager, "absent", &token('a'), "canary".into()).await;
    assert!(told(absent).contains("create it first"));
}
