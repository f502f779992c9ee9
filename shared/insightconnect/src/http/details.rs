//! The routes that tell what there is.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::server::Server;
use crate::about::{TITLE, VERSION};
use crate::catalog::names;
use crate::fields::{Absence, Types, schema};
use crate::{connection, spec};

fn missing(what: &str, name: &str) -> Response {
    let body = json!({"error": format!("{what} {name} does not exist")});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

pub(super) async fn action(Path(name): Path<String>) -> Response {
    match spec::document()["actions"].get(&name) {
        Some(action) => Json(action.clone()).into_response(),
        None => missing("Action", &name),
    }
}

pub(super) async fn task_details(Path(name): Path<String>) -> Response {
    match spec::document()["tasks"].get(&name) {
        Some(task) => Json(task.clone()).into_response(),
        None => missing("Task", &name),
    }
}

pub(super) async fn trigger_details(Path(name): Path<String>) -> Response {
    missing("Trigger", &name)
}

pub(super) async fn definitions(State(server): State<Arc<Server>>) -> Response {
    let definition = |name: String| {
        let prepared = server.plugin.action(&name)?;
        let action = &prepared.action;
        let input = schema(&action.input, &action.types, Absence::LeftOut);
        Some(json!({"identifier": name, "inputJsonSchema": input}))
    };
    let definitions: Vec<Value> = names().into_iter().filter_map(definition).collect();
    Json(json!({"actionsDefinitions": definitions})).into_response()
}

pub(super) async fn connection_schema() -> Response {
    let mut schema = schema(&connection::fields(), &Types::new(), Absence::LeftOut);
    if let Value::Object(members) = &mut schema {
        members.remove("definitions");
    }
    Json(schema).into_response()
}

pub(super) async fn information(State(server): State<Arc<Server>>) -> Response {
    let document = spec::document();
    let mut info = json!({"number_of_workers": server.args.0, "threads": server.args.1});
    for name in [
        "name",
        "description",
        "version",
        "vendor",
        "plugin_spec_version",
        "title",
        "support",
        "tags",
    ] {
        info[name] = document[name].clone();
    }
    Json(info).into_response()
}

#[derive(Deserialize)]
pub(super) struct Format {
    format: Option<String>,
}

fn formatted(
    format: &Format,
    json: impl FnOnce() -> Value,
    yaml: impl FnOnce() -> String,
) -> Response {
    match format.format.as_deref().unwrap_or("json") {
        "json" => Json(json()).into_response(),
        "yaml" => ([(header::CONTENT_TYPE, "application/yaml")], yaml()).into_response(),
        _ => {
            let body = json!({"error": "The specified format is not supported"});
            (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
        }
    }
}

pub(super) async fn specification(Query(format): Query<Format>) -> Response {
    formatted(
        &format,
        || spec::document().clone(),
        || spec::YAML.to_owned(),
    )
}

/// The routes, as an OpenAPI document.
pub(super) async fn routes(Query(format): Query<Format>) -> Response {
    const POSTS: [&str; 6] = [
        "/actions/{name}",
        "/actions/{name}/test",
        "/triggers/{name}/test",
        "/tasks/{name}",
        "/tasks/{name}/test",
        "/connection/test",
    ];
    const GETS: [&str; 9] = [
        "/info",
        "/spec",
        "/status",
        "/actions",
        "/triggers",
        "/tasks",
        "/connection",
        "/workers",
        "/definitions/actions",
    ];
    let mut paths = json!({});
    for (method, list) in [("post", &POSTS[..]), ("get", &GETS[..])] {
        for path in list {
            let done = json!({"200": {"description": "Done"}});
            paths[format!("/api/v1{path}")][method] = json!({"responses": done});
        }
    }
    let document = json!({
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": VERSION},
        "paths": paths,
    });
    // JSON is YAML.
    formatted(&format, || document.clone(), || format!("{document:#}\n"))
}
