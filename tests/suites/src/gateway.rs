//! Events as an API Gateway REST API sends them, and what it makes of the answers.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::{Function, Invocation, LambdaService, binary};
use serde_json::{Value, json};

/// The value of the caller's API key, which no log may show.
pub const API_KEY_VALUE: &str = "canary-key-value-8d1f0c2b";
/// The id of that key.
pub const API_KEY_ID: &str = "k9x2ab41cd";
/// Where the caller is.
pub const SOURCE_IP: &str = "203.0.113.7";
/// API Gateway's id of the request.
pub const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";

/// An event of the Lambda proxy integration, payload format 1.0, whole:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>
#[must_use]
pub fn event(method: &str, path: &str, body: Option<&str>) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970").as_millis() as u64;
    let headers = json!({
        "Accept": "*/*",
        "Authorization": "Bearer canary-authorization",
        "Content-Type": "application/json",
        "Host": "abcdef1234.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "insightconnect",
        "X-Amzn-Trace-Id": "Root=1-58337262-36fab5f61e0b8e7a4c5d6b7f",
        "x-api-key": API_KEY_VALUE,
        "X-Forwarded-For": SOURCE_IP,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    });
    let several = headers.as_object().expect("headers").iter();
    let several = several.map(|(name, value)| (name.clone(), json!([value])));
    let several: serde_json::Map<String, Value> = several.collect();
    json!({
        "resource": "/operations/{name}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": several,
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": {"name": path.rsplit('/').next()},
        "stageVariables": null,
        "requestContext": {
            "resourceId": "2gxmpl",
            "resourcePath": "/operations/{name}",
            "httpMethod": method,
            "extendedRequestId": "JJbxmplHYosFVYQ=",
            "requestTime": "10/Mar/2026:00:03:59 +0000",
            "path": format!("/prod{path}"),
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "domainPrefix": "abcdef1234",
            "requestTimeEpoch": now,
            "requestId": REQUEST_ID,
            "identity": {
                "cognitoIdentityPoolId": null,
                "accountId": null,
                "cognitoIdentityId": null,
                "caller": null,
                "sourceIp": SOURCE_IP,
                "principalOrgId": null,
                "accessKey": null,
                "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null,
                "userArn": null,
                "userAgent": "insightconnect",
                "user": null,
                "apiKey": API_KEY_VALUE,
                "apiKeyId": API_KEY_ID,
            },
            "domainName": "abcdef1234.execute-api.us-east-1.amazonaws.com",
            "apiId": "abcdef1234",
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The event of a `POST /operations/{operation}`.
#[must_use]
pub fn post(operation: &str, input: &Value) -> Value {
    let path = format!("/operations/{operation}");
    event("POST", &path, Some(&input.to_string()))
}

/// The function `http-api` of the stack `acme`, started.
#[must_use]
pub fn http_api(lambda: &LambdaService) -> Function {
    let url = lambda.url();
    let environment = [
        ("AWS_ENDPOINT_URL_LAMBDA", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", "a-session-token-for-tests"),
        ("AWS_REGION", harness::REGION),
        ("RAPID7_FUNCTION_PREFIX", "acme-"),
    ];
    Function::start(&binary("http-api"), &environment)
}

/// What a client gets.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: i64,
    /// The headers.
    pub headers: Value,
    /// The body.
    pub body: Value,
    /// What the function logged meanwhile.
    pub logs: String,
}

/// What API Gateway makes of the function's answer.
///
/// # Panics
/// If that is none of the format that it wants, for which a client gets 502.
#[must_use]
pub fn reply(invocation: Invocation) -> Reply {
    let answer = invocation.result.expect("an answer");
    let members: Vec<&String> = answer.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        ["body", "headers", "isBase64Encoded", "statusCode"],
        "API Gateway refuses other members"
    );
    assert_eq!(answer["isBase64Encoded"], false);
    let headers = answer["headers"].as_object().expect("headers");
    assert!(headers.values().all(Value::is_string), "{headers:?}");
    let body = answer["body"].as_str().expect("a text");
    Reply {
        status: answer["statusCode"].as_i64().expect("a number"),
        headers: answer["headers"].clone(),
        body: serde_json::from_str(body).expect(body),
        logs: invocation.logs,
    }
}
