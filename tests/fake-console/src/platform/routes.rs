//! From a request to an answer: the key, then the resource.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::header::ALLOW;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch};
use serde::Serialize;
use serde_json::json;
use tower::ServiceExt;

use super::state::PlatformState;
use super::{Held, auth, catalog, users, vm_users};
use crate::answer::{Outcome, Problem, as_text, explained};

pub(crate) fn router() -> Router {
    let users = get(users::list).post(users::create);
    let user = get(users::show).delete(users::delete);
    let access = patch(users::give_product).delete(users::take_product);
    let account = Router::new()
        .route("/users", users)
        .route("/users/{id}", user)
        .route("/users/{id}/products", get(users::products))
        .route("/users/{id}/products/{product_token}", access)
        .route("/products", get(catalog::products))
        .route("/roles", get(catalog::roles))
        .route("/user-groups", get(catalog::user_groups))
        .route("/api-keys", get(catalog::api_keys))
        .route("/api-keys/{id}", delete(catalog::delete_api_key));
    let validate = async || as_json(200, &json!({ "message": "Authorized" }));
    Router::new()
        .route("/validate", get(validate))
        .nest("/account/api/1", account)
        .route("/vm/v4/users", get(vm_users::list))
        .method_not_allowed_fallback(async || Problem::new(405, "Method Not Allowed"))
        .fallback(async || Problem::new(404, "no Route matched with those values"))
}

/// Carries the request out on the state.
pub(crate) async fn carry_out(router: Router, mut held: Held, request: Request<Bytes>) -> Response {
    let caller = {
        let state = held.state();
        auth::log_in(&state, request.headers()).and_then(|caller| {
            auth::organization(&state, request.headers())?;
            Ok(caller)
        })
    };
    let response = match caller {
        Ok(caller) => {
            held.caller = Some(caller);
            answer(router, held.clone(), request).await
        }
        Err(problem) => problem.into_response(),
    };
    explained(response, &held)
}

async fn answer(router: Router, held: Held, mut request: Request<Bytes>) -> Response {
    // axum answers HEAD like GET; nobody has seen the platform do so.
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::TRACE;
    }
    DefaultBodyLimit::disable().apply(&mut request);
    request.extensions_mut().insert(held);
    let Ok(mut response) = router.oneshot(request.map(Body::from)).await;
    // axum's, with HEAD in it.
    response.headers_mut().remove(ALLOW);
    response
}

pub(crate) fn as_json(status: u16, body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).expect("answers serialise");
    as_text::<PlatformState>(status, body)
}

pub(crate) fn no_content() -> Outcome {
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) fn not_found() -> Problem {
    Problem::new(404, "Not Found")
}
