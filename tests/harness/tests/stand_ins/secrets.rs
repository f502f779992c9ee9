//! The two stand-ins for Secrets Manager.

use std::collections::HashMap;

use harness::{Failure, Moto, SecretsManager};
use serde_json::{Value, json};

fn call(url: &str, target: &str, request: Value) -> (u16, Value) {
    let mut answer = ureq::post(url)
        .config()
        .http_status_as_error(false)
        .build()
        .header("authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("secretsmanager.{target}"))
        .send(request.to_string())
        .unwrap();
    (
        answer.status().as_u16(),
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap(),
    )
}

fn value_of(url: &str, id: &str) -> Value {
    let (status, answer) = call(url, "GetSecretValue", json!({ "SecretId": id }));
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(answer["SecretString"].as_str().unwrap()).unwrap()
}

#[test]
fn a_secret_is_found_by_name_and_by_arn() {
    let secrets = SecretsManager::start();
    secrets.put("rapid7/console", json!({ "password": "one" }));
    for id in ["rapid7/console", &secrets.arn("rapid7/console")] {
        assert_eq!(value_of(secrets.url(), id), json!({ "password": "one" }));
    }
    assert_eq!(secrets.requests(), 2);
}

#[test]
fn an_update_makes_a_new_current_version() {
    let secrets = SecretsManager::start();
    secrets.put("s", json!(1));
    let arn = secrets.arn("s");
    let (_, old) = call(secrets.url(), "GetSecretValue", json!({ "SecretId": "s" }));
    secrets.put("s", json!(2));
    assert_eq!(secrets.arn("s"), arn);
    let (_, new) = call(secrets.url(), "GetSecretValue", json!({ "SecretId": "s" }));
    assert_eq!(
        (&old["SecretString"], &new["SecretString"]),
        (&json!("1"), &json!("2"))
    );
    assert_ne!(old["VersionId"], new["VersionId"]);
    let previous = json!({ "SecretId": "s", "VersionStage": "AWSPREVIOUS" });
    assert_eq!(
        call(secrets.url(), "GetSecretValue", previous).1["VersionId"],
        old["VersionId"]
    );
    let exact = json!({ "SecretId": "s", "VersionId": old["VersionId"] });
    assert_eq!(
        call(secrets.url(), "GetSecretValue", exact).1["VersionStages"],
        json!(["AWSPREVIOUS"])
    );
    let (_, description) = call(secrets.url(), "DescribeSecret", json!({ "SecretId": "s" }));
    assert_eq!(
        description["VersionIdsToStages"][new["VersionId"].as_str().unwrap()],
        json!(["AWSCURRENT"])
    );
}

#[test]
fn errors_look_like_those_of_aws() {
    let secrets = SecretsManager::start();
    let ask = || {
        call(
            secrets.url(),
            "GetSecretValue",
            json!({ "SecretId": "absent" }),
        )
    };
    secrets.fail_next(1);
    secrets.fail_next_with(1, Failure::Internal);
    let errors: Vec<_> = std::iter::repeat_with(ask)
        .take(3)
        .map(|(status, body)| (status, body["__type"].clone()))
        .collect();
    let expected = [
        (400, "ThrottlingException"),
        (500, "InternalServiceError"),
        (400, "ResourceNotFoundException"),
    ];
    assert_eq!(errors, expected.map(|(status, kind)| (status, json!(kind))));
    let unsigned = ureq::post(secrets.url())
        .header("x-amz-target", "secretsmanager.GetSecretValue")
        .send("{}");
    assert_eq!(unsigned.unwrap_err().to_string(), "http status: 400");
    assert_eq!(secrets.requests(), 4);
}

/// Refused as Secrets Manager documents it, or done; what a version is called, and by whom it is held.
#[test]
fn versions_and_labels_follow_the_rules_of_aws() {
    let secrets = SecretsManager::start();
    secrets.create("s");
    let [one, two] = ["1", "2"].map(|digit| digit.repeat(32));
    let kind = |target: &str, more: Value| {
        let mut request = json!({ "SecretId": "s" });
        let members = request.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        let (status, answer) = call(secrets.url(), target, request);
        assert_eq!(status == 200, answer.get("__type").is_none(), "{answer}");
        answer["__type"].as_str().unwrap_or("done").to_owned()
    };
    let put = |token: &str, text: &str| {
        let more = json!({ "ClientRequestToken": token, "SecretString": text, "VersionStages": ["AWSPENDING"] });
        kind("PutSecretValue", more)
    };
    let relabel = |stage: &str, to: Option<&str>, from: Option<&str>| {
        let more =
            json!({ "VersionStage": stage, "MoveToVersionId": to, "RemoveFromVersionId": from });
        kind("UpdateSecretVersionStage", more)
    };
    let labels = || -> Vec<String> {
        let versions = secrets.versions("s").into_iter();
        versions
            .map(|version| Vec::from_iter(version.stages).join(" "))
            .collect()
    };
    let nothing = kind("GetSecretValue", json!({}));
    assert_eq!(nothing, "ResourceNotFoundException");
    assert_eq!(put("short", "a"), "InvalidParameterException");
    assert_eq!(put(&one, "a"), "done");
    assert_eq!(labels(), ["AWSCURRENT AWSPENDING"]);
    assert_eq!(put(&one, "a"), "done");
    assert_eq!(put(&one, "b"), "ResourceExistsException");
    assert_eq!(put(&two, "b"), "done");
    assert_eq!(labels(), ["AWSCURRENT", "AWSPENDING"]);
    let mismatch = json!({ "VersionId": two, "VersionStage": "AWSCURRENT" });
    assert_eq!(kind("GetSecretValue", mismatch), "InvalidRequestException");
    let (to, from) = (Some(two.as_str()), Some(one.as_str()));
    let invalid = "InvalidParameterException";
    assert_eq!(relabel("AWSCURRENT", to, None), invalid);
    assert_eq!(relabel("AWSCURRENT", to, to), invalid);
    assert_eq!(relabel("AWSCURRENT", None, from), invalid);
    let absent = "3".repeat(32);
    assert_eq!(
        relabel("AWSCURRENT", Some(&absent), from),
        "ResourceNotFoundException"
    );
    assert_eq!(labels(), ["AWSCURRENT", "AWSPENDING"]);
    assert_eq!(relabel("AWSCURRENT", to, from), "done");
    assert_eq!(labels(), ["AWSPREVIOUS", "AWSCURRENT AWSPENDING"]);
    assert_eq!(relabel("AWSCURRENT", to, None), "done");
    assert_eq!(relabel("AWSPENDING", None, to), "done");
    assert_eq!(relabel("AWSPENDING", None, to), invalid);
    assert_eq!(labels(), ["AWSPREVIOUS", "AWSCURRENT"]);
    assert_eq!(secrets.versions("s")[1].text, "b");
}

#[test]
fn faults_strike_one_kind_of_request() {
    let secrets = SecretsManager::start();
    secrets.create("s");
    secrets.fail_on("PutSecretValue", 1, Failure::Lost);
    let status = |target| {
        let request =
            json!({ "SecretId": "s", "ClientRequestToken": "1".repeat(32), "SecretString": "a" });
        call(secrets.url(), target, request).0
    };
    assert_eq!(status("DescribeSecret"), 200);
    assert_eq!(status("PutSecretValue"), 500);
    assert_eq!(secrets.versions("s").len(), 1);
    assert_eq!(status("PutSecretValue"), 200);
    assert_eq!(
        secrets.calls(),
        ["DescribeSecret s", "PutSecretValue s", "PutSecretValue s"]
    );
}

#[test]
fn the_environment_points_a_function_here() {
    let secrets = SecretsManager::start();
    let env: HashMap<_, _> = secrets.env().into_iter().collect();
    assert_eq!(env["AWS_ENDPOINT_URL_SECRETS_MANAGER"], secrets.url());
    assert_eq!(env["AWS_REGION"], "us-east-1");
}

#[test]
fn moto_keeps_secrets() {
    let moto = Moto::start();
    let arn = moto.put_secret("rapid7/console", &json!({ "password": "one" }));
    assert_eq!(value_of(moto.url(), &arn), json!({ "password": "one" }));
    moto.update_secret("rapid7/console", &json!({ "password": "two" }));
    assert_eq!(
        value_of(moto.url(), "rapid7/console"),
        json!({ "password": "two" })
    );
    let (status, error) = call(
        moto.url(),
        "GetSecretValue",
        json!({ "SecretId": "absent" }),
    );
    // AWS answers 400; the SDK goes by the type, not by the status.
    assert_eq!(
        (status, &error["__type"]),
        (404, &json!("ResourceNotFoundException"))
    );
}
