//! The routes of the plugin contract.

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::details::{
    action, connection_schema, definitions, information, routes, specification, task_details,
    trigger_details,
};
use super::problem::problem;
use super::server::Server;
use super::steps::{
    run_action, run_task, shut_down, shutdown_status, test_action, test_connection, test_task,
    test_trigger,
};
use crate::catalog::names;
use crate::task;

/// Everything that the server answers.
pub(super) fn router(server: Arc<Server>) -> Router {
    let steps = || {
        Router::new()
            .route("/actions/{name}/test", post(test_action))
            .route("/triggers/{name}/test", post(test_trigger))
            .route("/tasks/{name}", post(run_task))
            .route("/tasks/{name}/test", post(test_task))
    };
    let root = steps().route("/actions/{name}", post(run_action));
    let v1 = steps()
        .route("/actions/{name}", post(run_action).get(action))
        .route("/tasks/{name}", get(task_details))
        .route("/triggers/{name}", get(trigger_details))
        .route("/actions", get(async || Json(names())))
        .route("/tasks", get(async || Json([task::NAME])))
        .route("/triggers", get(async || Json(Vec::<String>::new())))
        .route("/definitions/actions", get(definitions))
        .route("/connection", get(connection_schema))
        .route("/connection/{kind}", post(test_connection))
        .route("/info", get(information))
        .route("/spec", get(specification))
        .route("/api", get(routes))
        .route("/status", get(async || Json(json!({"status": "Ready"}))))
        .route(
            "/workers",
            get(async |State(server): State<Arc<Server>>| {
                Json(json!({"num_workers": server.args.0}))
            }),
        )
        .route("/admin/shutdown", post(shut_down))
        .route("/admin/status", get(shutdown_status));
    Router::new()
        .nest("/api/v1", v1)
        .merge(root)
        .fallback(async |method: Method, uri: OriginalUri| {
            problem(
                StatusCode::NOT_FOUND,
                "The requested URL was not found on the server.",
                &method,
                &uri.0,
            )
        })
        .method_not_allowed_fallback(async |method: Method, uri: OriginalUri| {
            problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not allowed for the requested URL.",
                &method,
                &uri.0,
            )
        })
        .with_state(server)
}
