//! The HTTP API as an OpenAPI document, out of the schemas of inputs and answers.
//!
//! OpenAPI 3.1 takes JSON Schema 2020-12 as it is (<https://spec.openapis.org/oas/v3.1.1.html>); only
//! what a schema defines for itself moves to where all of them find it.

use actions::{Effect, ErrorKind};
use http_api::{
    ABSENT, KINDS_TYPE, RETRY_AFTER_SECONDS, TOO_LONG, UNSUPPORTED_MEDIA_TYPE, phrase, retry,
    status, title,
};
use serde_json::{Map, Value, json};

use super::page::Operation;

/// Where the document is.
pub(super) const PATH: &str = "infra/openapi.json";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const REQUEST_ID: &str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";

/// The document. Fails where two schemas of one name differ.
pub(super) fn document(operations: &[Operation]) -> Result<String, String> {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    for operation in operations {
        let name = operation.spec.name;
        let wrong = |error: String| format!("{name} in {PATH}: {error}");
        let input = add(name, &operation.input, &mut schemas).map_err(wrong)?;
        let answer = add(name, &operation.output, &mut schemas).map_err(wrong)?;
        let path = path(operation, &input, &answer).map_err(wrong)?;
        paths.insert(format!("/operations/{name}"), json!({ "post": path }));
    }
    schemas.insert("Problem".into(), problem());
    schemas.insert("GatewayMessage".into(), gateway_message());
    let document = json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "rapid7-user-actions",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The life of a Rapid7 user account, on the InsightVM console and the Insight \
                        Platform.",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{
            "url": "https://{host}/{stage}",
            "description": "The API's address, as the deployment tells it",
            "variables": {
                "host": {
                    "default": "api-id.execute-api.eu-west-1.amazonaws.com",
                    "description": "The host of the API, or a domain of your own",
                },
                "stage": {"default": "v1", "description": "The API's stage, or its base path"},
            },
        }],
        "security": [{"apiKey": []}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "apiKey": {
                    "type": "apiKey", "in": "header", "name": "x-api-key",
                    "description": "An API key of API Gateway. It says who asks, not what is allowed.",
                },
            },
            "headers": {
                "RequestId": {
                    "description": "API Gateway's id of the request, which is in the logs",
                    "schema": {"type": "string"},
                },
                "RetryAfter": {
                    "description": "Seconds to wait before it is sent again",
                    "schema": {"type": "integer", "minimum": 1},
                },
            },
            "responses": responses(),
            "schemas": schemas,
        },
    });
    Ok(format!("{document:#}\n"))
}

const DESCRIPTION: &str = "\
Each operation is a POST with its input as a JSON object, no member of which is there twice. Every run reads first and \
does only what is left, so sending the same again is safe; what is delivered (`deliver_to`) is known by its \
`request_token`, which is required for that. `dry_run` shows what would be done.

Errors are problem details (RFC 9457). `kind` says what went wrong, `changed` what was changed before that (whatever the \
status: an empty list is nothing, null means that it is not known), and `retry` what to do: `no`, `yes` (the same again \
later), or `run-again` (the same again, as looking again tells how things are). A `type` of `about:blank` means that \
no operation ran. Answers with `message` or `Message` and nothing else are API Gateway's own.";

fn tags() -> Value {
    json!([
        {"name": "console", "description": "Accounts of the InsightVM console"},
        {"name": "platform", "description": "Accounts of the Insight Platform"},
        {"name": "people", "description": "A person's accounts on every surface"},
        {"name": "read", "description": "Changes nothing"},
        {"name": "write", "description": "Takes nothing from anybody"},
        {"name": "destructive", "description": "May take something away"},
    ])
}

/// Adds a schema with what it defines, and tells where it is. One whose name another has already, as
/// outcomes on different surfaces do, has the operation's before it.
fn add(operation: &str, schema: &Value, into: &mut Map<String, Value>) -> Result<Value, String> {
    let mut schema = moved(schema);
    let members = schema.as_object_mut().ok_or("a schema is no object")?;
    members.remove("$schema");
    let name = members.remove("title");
    let name = name.as_ref().and_then(Value::as_str);
    let mut name = name.ok_or("a schema has no title")?.to_owned();
    let definitions = members.remove("$defs").unwrap_or_default();
    let definitions = definitions.as_object().cloned().unwrap_or_default();
    let differs = |name: &str| into.get(name).is_some_and(|known| *known != schema);
    if differs(&name) {
        let words = operation.split('-').map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        name = words.collect::<String>() + &name;
    }
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    for (name, schema) in definitions.into_iter().chain([(name, schema)]) {
        if into.get(&name).is_some_and(|known| *known != schema) {
            return Err(format!("two schemas named {name} differ"));
        }
        into.insert(name, schema);
    }
    Ok(reference)
}

/// A schema whose references are to the document's schemas.
fn moved(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let moved = members.iter().map(|(name, value)| {
                let target = value.as_str().filter(|_| name == "$ref");
                let target = target.and_then(|target| target.strip_prefix("#/$defs/"));
                let value = match target {
                    Some(target) => format!("#/components/schemas/{target}").into(),
                    None => self::moved(value),
                };
                (name.clone(), value)
            });
            moved.collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(moved).collect(),
        other => other.clone(),
    }
}

fn path(operation: &Operation, input: &Value, answer: &Value) -> Result<Value, String> {
    let spec = operation.spec;
    let parsed =
        |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let effect = match spec.effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destructive => "destructive",
    };
    let surface = match spec.name {
        name if name.contains("platform") || name.contains("product") => "platform",
        _ if operation.input["properties"].get("console").is_some() => "console",
        _ => "people",
    };
    let about = match spec.effect {
        Effect::Read => "Reads, and changes nothing.",
        Effect::Write => "Changes something and takes nothing from anybody.",
        Effect::Destructive => "May take something away. `dry_run` shows what.",
    };
    let mut all = Map::new();
    all.insert(
        "200".into(),
        json!({
            "description": "What came of it",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestId"}},
            "content": {"application/json": {
                "schema": answer, "example": parsed(&operation.example.output)?,
            }},
        }),
    );
    for (status, name, _) in problems() {
        let reference = format!("#/components/responses/{name}");
        all.insert(status.to_string(), json!({ "$ref": reference }));
    }
    Ok(json!({
        "operationId": spec.name.replace('-', "_"),
        "summary": spec.title,
        "description": about,
        "tags": [surface, effect],
        "requestBody": {
            "required": true,
            "content": {"application/json": {
                "schema": input, "example": parsed(&operation.example.input)?,
            }},
        },
        "responses": all,
    }))
}

/// What API Gateway answers by itself when the function's answer can't be had.
const BAD_GATEWAY: u16 = 502;

/// Every status that is no success, its component, and the kind of error that it is.
fn problems() -> Vec<(u16, &'static str, Option<ErrorKind>)> {
    let kinds = ErrorKind::ALL;
    let mut all: Vec<_> = kinds
        .into_iter()
        .map(|kind| (status(kind), kind.name(), Some(kind)))
        .collect();
    all.push((TOO_LONG, "TooLong", None));
    all.push((UNSUPPORTED_MEDIA_TYPE, "NotJson", None));
    all.push((ABSENT, "NotDeployed", None));
    all.push((BAD_GATEWAY, "BadGateway", None));
    all.sort_unstable_by_key(|(status, ..)| *status);
    all
}

fn responses() -> Value {
    let all = problems().into_iter().map(|(code, name, kind)| {
        // A bad gateway is API Gateway's own word.
        let mut headers = match code {
            BAD_GATEWAY => json!({}),
            _ => json!({"x-request-id": {"$ref": "#/components/headers/RequestId"}}),
        };
        if matches!(code, 429 | 503 | 504) {
            headers["retry-after"] = json!({"$ref": "#/components/headers/RetryAfter"});
        }
        let mut content = Map::new();
        if code != BAD_GATEWAY {
            let example = example(code, kind);
            content.insert(
                "application/problem+json".into(),
                json!({"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}),
            );
        }
        // The statuses that API Gateway has reasons of its own for.
        if matches!(code, 403 | 413 | 429 | 500 | 504 | BAD_GATEWAY) {
            content.insert(
                "application/json".into(),
                json!({"schema": {"$ref": "#/components/schemas/GatewayMessage"}}),
            );
        }
        let description = match (code, kind) {
            (_, Some(kind)) => title(kind),
            (TOO_LONG, _) => "The input is longer than Lambda takes",
            (UNSUPPORTED_MEDIA_TYPE, _) => "The body is no JSON by its content-type",
            (ABSENT, _) => "This deployment has no function for the operation",
            _ => "API Gateway could not read the function's answer: it may have been carried out",
        };
        let response = json!({"description": description, "headers": headers, "content": content});
        (name.to_owned(), response)
    });
    all.collect::<Map<_, _>>().into()
}

fn example(code: u16, kind: Option<ErrorKind>) -> Value {
    let (title, told, problem) = match kind {
        Some(kind) => (title(kind), kind, format!("{KINDS_TYPE}{}", kind.name())),
        None => {
            let told = match code {
                ABSENT => ErrorKind::Unauthorized,
                _ => ErrorKind::InvalidInput,
            };
            (phrase(code), told, "about:blank".to_owned())
        }
    };
    let (operation, changed, detail, next) = match kind {
        Some(ErrorKind::Indeterminate) => {
            let next = "give what may still go on the time to end, then run it again: it reads first and \
                        does only what is left";
            let detail = "acme-disable-user: no answer within 27 s: it may have been carried out, and may \
                          still go on. Whether something was changed is not known.";
            ("disable-user", Value::Null, detail.to_owned(), next)
        }
        Some(ErrorKind::RateLimited) => {
            let detail = format!(
                "acme-disable-user: it already runs as often at once as it may (Lambda's concurrency). \
                 Nothing was changed. The server asks to wait {RETRY_AFTER_SECONDS} s."
            );
            let next = "wait, then run it again";
            ("disable-user", json!([]), detail, next)
        }
        // What was done on one surface is done, though another one refuses.
        Some(ErrorKind::Refused) => {
            let done = "emea: jdoe (user 4): replace user 4 by itself with enabled: true → false";
            let detail = format!(
                "email \"jdoe@example.com\": 1 of 2 not done\n\
                 emea: done: jdoe (user 4): disabled, and read back.\n\
                 apac: refused (Refused): jdoe (user 9): a protected account. Already changed: {done}."
            );
            let next = "take it out of RAPID7_PROTECTED_LOGINS";
            ("offboard-user", json!([done]), detail, next)
        }
        _ => {
            let detail = format!("{title}. Nothing was changed.");
            ("disable-user", json!([]), detail, "what to do about it")
        }
    };
    let detail = format!("{detail} Next: {next}.");
    json!({
        "type": problem,
        "title": title,
        "status": code,
        "detail": detail,
        "kind": told.name(),
        "operation": operation,
        "retry": retry(told),
        "changed": changed,
        "next": next,
        "request_id": REQUEST_ID,
    })
}

/// An error of ours (`http_api/problem.rs` writes it).
fn problem() -> Value {
    let kinds = ErrorKind::ALL.map(ErrorKind::name);
    json!({
        "type": "object",
        "description": "Why there is no answer (RFC 9457)",
        "required": [
            "type", "title", "status", "detail", "kind", "operation", "retry", "changed", "next",
            "request_id",
        ],
        "properties": {
            "type": {
                "type": "string", "format": "uri",
                "description": "The kind as a URI; `about:blank` where no operation ran, as the \
                                request itself or the deployment is wrong",
            },
            "title": {"type": "string", "description": "The same for each `type`"},
            "status": {"type": "integer", "description": "The status of the answer"},
            "detail": {
                "type": "string",
                "description": "What happened, to whom, what was and was not changed, what to do next",
            },
            "kind": {"enum": kinds, "description": "What kind of failure"},
            "operation": {
                "type": ["string", "null"], "description": "The operation; null where there is none",
            },
            "retry": {
                "enum": ["no", "yes", "run-again"], "description": "Whether to send the same again",
            },
            "changed": {
                "type": ["array", "null"], "items": {"type": "string"},
                "description": "What was changed before it failed, with `perhaps` where that is not known \
                                of one of several accounts; empty for nothing, null if nothing is known",
            },
            "next": {"type": ["string", "null"], "description": "What to do next"},
            "request_id": {"type": "string", "description": "API Gateway's id of the request"},
        },
    })
}

fn gateway_message() -> Value {
    json!({
        "type": "object",
        "description": "What API Gateway answers by itself: a missing key, an address that is not allowed, \
                        its usage plan, its time limit",
        "properties": {
            "message": {"type": ["string", "null"]},
            "Message": {"type": ["string", "null"]},
        },
        "anyOf": [{"required": ["message"]}, {"required": ["Message"]}],
    })
}
