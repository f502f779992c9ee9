//! The OpenAPI document: whole, about the operations that there are, and true to its own examples.

use std::collections::{BTreeMap, BTreeSet};

use actions::ErrorKind;
use harness::{FunctionError, LambdaService, workspace_root};
use serde_json::{Value, json};
use suites::World;
use suites::gateway::{Reply, http_api, post, reply};

fn document() -> Value {
    let text = std::fs::read_to_string(workspace_root().join("infra/openapi.json"));
    serde_json::from_str(&text.expect("infra/openapi.json")).expect("JSON")
}

/// A schema of the document, able to follow its references.
fn schema(document: &Value, schema: &Value) -> Value {
    let mut schema = schema.clone();
    schema["components"] = json!({"schemas": document["components"]["schemas"]});
    schema
}

fn assert_fits(document: &Value, wanted: &Value, instance: &Value, what: &str) {
    let validator = jsonschema::validator_for(&schema(document, wanted)).expect(what);
    let errors: Vec<String> = validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {errors:?}");
}

fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str().filter(|_| name == "$ref") {
                    Some(target) => drop(into.insert(target.to_owned())),
                    None => references(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_referred_to() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for target in &found {
        let pointer = target.strip_prefix('#').expect("a reference inside");
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
    for part in ["schemas", "responses", "headers"] {
        for name in document["components"][part].as_object().expect(part).keys() {
            let target = format!("#/components/{part}/{name}");
            assert!(found.contains(&target), "nothing refers to {target}");
        }
    }
}

#[test]
fn there_is_one_path_an_operation_with_every_answer_and_one_id() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.1");
    let paths = document["paths"].as_object().expect("paths");
    let expected = actions::ALL.iter().map(|entry| entry.operation.spec);
    let expected: BTreeMap<String, _> = expected
        .map(|spec| (format!("/operations/{}", spec.name), spec))
        .collect();
    assert!(paths.keys().eq(expected.keys()));
    let tags: Vec<&Value> = document["tags"].as_array().expect("tags").iter().collect();
    let tags: BTreeSet<&str> = tags.iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (path, item) in paths {
        let methods: Vec<&String> = item.as_object().expect(path).keys().collect();
        assert_eq!(methods, ["post"], "{path}");
        let operation = &item["post"];
        assert_eq!(operation["summary"], expected[path].title);
        assert!(
            ids.insert(operation["operationId"].as_str().expect(path)),
            "{path}"
        );
        for tag in operation["tags"].as_array().expect(path) {
            assert!(tags.contains(tag.as_str().expect(path)), "{path}: {tag}");
        }
        let statuses: Vec<&String> = operation["responses"]
            .as_object()
            .expect(path)
            .keys()
            .collect();
        let expected = [
            "200", "400", "403", "404", "409", "413", "415", "422", "424", "429", "500", "501",
            "502", "503", "504",
        ];
        assert_eq!(statuses, expected, "{path}");
    }
    let of = |kind: ErrorKind| {
        let name = kind.name();
        let problem = "/content/application~1problem+json/example";
        let response = &document["components"]["responses"][name];
        let example = response.pointer(problem).expect(name);
        (example["kind"] == name).then(|| example["status"].clone())
    };
    for kind in ErrorKind::ALL {
        let status = of(kind).expect("its own example");
        let reference = format!("#/components/responses/{}", kind.name());
        let at = &document["paths"]["/operations/get-user"]["post"]["responses"];
        assert_eq!(at[status.to_string()]["$ref"], reference);
    }
}

#[test]
fn every_schema_is_one_and_every_example_fits_its_own() {
    let document = document();
    let metaschema = json!({"$ref": "https://json-schema.org/draft/2020-12/schema"});
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    for (name, one) in schemas {
        assert_fits(&document, &metaschema, one, name);
        jsonschema::validator_for(&schema(&document, one)).expect(name);
    }
    let mut fitted = 0;
    let mut fits = |media: &Value, what: &str| {
        assert_fits(&document, &media["schema"], &media["example"], what);
        fitted += 1;
    };
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["post"];
        fits(
            &operation["requestBody"]["content"]["application/json"],
            path,
        );
        fits(
            &operation["responses"]["200"]["content"]["application/json"],
            path,
        );
    }
    for (name, response) in document["components"]["responses"]
        .as_object()
        .expect("responses")
    {
        if let Some(problem) = response["content"].get("application/problem+json") {
            fits(problem, name);
        }
    }
    assert_eq!(fitted, 2 * actions::ALL.len() + 13);
}

/// Every example of an input is taken: what is missing here is only the operation's function.
#[test]
fn every_example_is_taken() {
    let document = document();
    let lambda = LambdaService::start();
    let function = http_api(&lambda);
    for entry in actions::ALL {
        let operation = entry.operation.spec.name;
        let path = format!("/operations/{operation}");
        let body = &document["paths"][path]["post"]["requestBody"]["content"];
        let reply = reply(function.invoke(&post(operation, &body["application/json"]["example"])));
        assert_eq!(reply.status, 501, "{operation}: {}", reply.body);
    }
}

/// What `http-api` really answers with is what the document says.
#[test]
fn real_answers_fit_the_document() {
    let document = document();
    let world = World::new();
    let lambda = LambdaService::start();
    lambda.add("acme-get-user", world.function("get-user"));
    lambda.add("acme-disable-user", world.function("disable-user"));
    let function = http_api(&lambda);
    let mut statuses = BTreeSet::new();
    for (operation, input) in [
        ("get-user", json!({"login": "jdoe"})),
        ("get-user", json!({"login": "nobody"})),
        ("get-user", json!({"canary": 1})),
        ("disable-user", json!({"login": "jdoe"})),
        ("list-users", json!({})),
    ] {
        let reply = reply(function.invoke(&post(operation, &input)));
        let response = answer(&document, operation, reply.status);
        let media_type = reply.headers["content-type"]
            .as_str()
            .expect("a media type");
        assert_documented(&document, response, media_type, &reply);
        statuses.insert(reply.status);
    }
    // And errors that only a failing deployment brings about.
    let long = "a".repeat(6 * 1024 * 1024);
    let mut form = post("get-user", &json!({}));
    form["headers"]["Content-Type"] = "text/plain".into();
    lambda.throttle("acme-get-user");
    for event in [
        post("get-user", &json!({"login": long})),
        form,
        post("get-user", &json!({"login": "jdoe"})),
    ] {
        let reply = reply(function.invoke(&event));
        let response = answer(&document, "get-user", reply.status);
        assert_documented(&document, response, "application/problem+json", &reply);
        statuses.insert(reply.status);
    }
    for kind in ErrorKind::ALL {
        let error = FunctionError {
            error_type: kind.name().into(),
            error_message: "no. Nothing was changed.".into(),
            raw: json!({"errorType": kind.name(), "errorMessage": "no. Nothing was changed."}),
        };
        lambda.add_with("acme-list-sites", move |_| Err(error.clone()));
        let reply = reply(function.invoke(&post("list-sites", &json!({}))));
        let response = answer(&document, "list-sites", reply.status);
        assert_documented(&document, response, "application/problem+json", &reply);
        statuses.insert(reply.status);
    }
    // All but what is API Gateway's own.
    let all = &document["paths"]["/operations/get-user"]["post"]["responses"];
    let mut all: BTreeSet<i64> = all
        .as_object()
        .expect("responses")
        .keys()
        .map(|status| status.parse().expect("a status"))
        .collect();
    assert!(all.remove(&502));
    assert_eq!(statuses, all);
}

/// What the document says of an operation's answers with a status.
fn answer<'a>(document: &'a Value, operation: &str, status: i64) -> &'a Value {
    let path = format!("/operations/{operation}");
    let response = &document["paths"][path]["post"]["responses"][status.to_string()];
    assert!(
        response.is_object(),
        "{operation}: {status} is not documented"
    );
    match response["$ref"].as_str() {
        Some(target) => document.pointer(&target[1..]).expect(target),
        None => response,
    }
}

fn assert_documented(document: &Value, response: &Value, media_type: &str, reply: &Reply) {
    let media = &response["content"][media_type]["schema"];
    assert!(
        media.is_object(),
        "{}: {media_type} is not documented",
        reply.status
    );
    assert_fits(document, media, &reply.body, media_type);
    let headers = response["headers"].as_object().expect("headers");
    for name in headers.keys() {
        assert!(
            reply.headers.get(name).is_some(),
            "{}: no {name}",
            reply.status
        );
    }
    let waits = reply.headers.get("retry-after").is_some();
    assert_eq!(
        waits,
        headers.contains_key("retry-after"),
        "{}",
        reply.status
    );
}
