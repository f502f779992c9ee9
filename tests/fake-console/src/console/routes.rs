//! From a request to an answer: maintenance, login, privilege, then the resource.

use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::header::{ALLOW, LOCATION};
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response, Result};
use axum::routing::{any, delete, get, put};
use axum::{Extension, Router};
use tower::ServiceExt;

use super::Held;
use super::access::{self, Grant};
use super::answer::other_method;
use super::auth;
use super::catalog;
use super::extract::At;
use super::front;
use super::site_users;
use super::state::{Maintenance, State, WireForm};
use super::users;
use crate::answer::{Problem, as_text, explained, html};

/// Everything that is served. The vendor's API file has writes on sites, asset groups and more;
/// this console is about users and does not offer them.
fn router(form: WireForm) -> Router {
    let user = get(users::show).put(users::replace);
    let seed = get(users::seed).post(users::make_seed);
    let role = get(catalog::role).put(catalog::replace_role);
    let source_users = get(catalog::source_users);
    // An id that is no number is not there for any method.
    let users = Router::new()
        .route("/api/3/users", get(users::list).post(users::create))
        .route("/api/3/users/{id}", user.delete(users::delete))
        .route("/api/3/users/{id}/lock", delete(users::unlock))
        .route("/api/3/users/{id}/password", put(users::set_password))
        .route("/api/3/users/{id}/privileges", get(users::privileges))
        .route("/api/3/users/{id}/2FA", seed.put(users::set_seed))
        .method_not_allowed_fallback(async |_: At<Vec<i64>>, method| other_method(&method));
    let to_login = async || ([(LOCATION, "/login.jsp")], html(302, "Found"));
    let login = async || html(200, "Security Console - Log on");
    Router::new()
        .route("/", any(to_login))
        .route("/login.jsp", any(login))
        .route("/api/3/roles", get(catalog::roles))
        .route("/api/3/roles/{id}", role.delete(catalog::delete_role))
        .route("/api/3/roles/{id}/users", get(catalog::role_users))
        .route("/api/3/privileges", get(catalog::privileges))
        .route("/api/3/privileges/{id}", get(catalog::privilege))
        .route(
            "/api/3/privileges/{id}/users",
            get(catalog::privilege_users),
        )
        .route("/api/3/authentication_sources", get(catalog::sources))
        .route("/api/3/authentication_sources/{id}", get(catalog::source))
        .route("/api/3/authentication_sources/{id}/users", source_users)
        .merge(places(form, Grant::Site, "sites"))
        .merge(places(form, Grant::AssetGroup, "asset_groups"))
        .merge(site_users(form))
        .method_not_allowed_fallback(async |method| other_method(&method))
        .merge(users)
        .fallback(async || Problem::not_found())
}

/// Sites and asset groups work alike. How they are granted is where guide and vendor differ:
/// POST adds in the guide, PUT replaces in the vendor's API file.
fn places(form: WireForm, grant: Grant, name: &str) -> Router {
    let granted = match form {
        WireForm::Guide => get(access::list).post(access::add),
        WireForm::Vendor => get(access::list).put(access::replace),
    };
    let granted = granted.delete(access::clear);
    let one = put(access::grant).delete(access::revoke);
    let grants = Router::new()
        .route(&format!("/api/3/users/{{id}}/{name}"), granted)
        .route(&format!("/api/3/users/{{id}}/{name}/{{place}}"), one)
        .method_not_allowed_fallback(access::other_method);
    Router::new()
        .route(&format!("/api/3/{name}"), get(catalog::places))
        .route(&format!("/api/3/{name}/{{id}}"), get(catalog::place))
        .merge(grants)
        .layer(Extension(grant))
}

/// Who may see a site. Only the vendor's API file has it.
fn site_users(form: WireForm) -> Router {
    if form == WireForm::Guide {
        return Router::new();
    }
    let users = get(site_users::list).put(site_users::replace);
    let one = delete(site_users::remove);
    Router::new()
        .route("/api/3/sites/{id}/users", users.post(site_users::add))
        .route("/api/3/sites/{id}/users/{user}", one)
}

/// One router for each form, as they differ in methods.
#[derive(Debug)]
pub(crate) struct Routes {
    guide: Router,
    vendor: Router,
}

impl Routes {
    pub(crate) fn new() -> Routes {
        Routes {
            guide: router(WireForm::Guide),
            vendor: router(WireForm::Vendor),
        }
    }

    pub(crate) async fn carry_out(&self, console: Held, request: Request<Bytes>) -> Response {
        let front = console.state().front;
        if let Some(response) = front.and_then(front::instead) {
            return response;
        }
        let response = self.answer(console.clone(), request).await;
        let response = explained(response.into_response(), &console);
        match front {
            Some(front) => front::changed(front, response).await,
            None => response,
        }
    }

    async fn answer(&self, mut console: Held, mut request: Request<Bytes>) -> Result<Response> {
        let caller = admit(&mut console.state(), &request)?;
        console.caller = caller;
        let write = caller.is_some() && [Method::PUT, Method::DELETE].contains(request.method());
        let no_content = write && console.state().no_content_on_write;
        let router = match console.state().form {
            WireForm::Guide => self.guide.clone(),
            WireForm::Vendor => self.vendor.clone(),
        };
        // axum answers HEAD like GET; this console has it nowhere, just like TRACE.
        if request.method() == Method::HEAD {
            *request.method_mut() = Method::TRACE;
        }
        DefaultBodyLimit::disable().apply(&mut request);
        request.extensions_mut().insert(console);
        let Ok(mut response) = router.oneshot(request.map(Body::from)).await;
        if no_content && response.status() == StatusCode::OK {
            return Ok(as_text::<State>(204, ""));
        }
        // In the console's words, and not for what is not there.
        if let Some(allow) = response.headers_mut().remove(ALLOW)
            && response.status() != StatusCode::NOT_FOUND
        {
            let methods = allow.to_str().unwrap_or_default().replace(",HEAD", "");
            let methods = methods.replace(',', ", ") + ", OPTIONS";
            let methods = methods.parse().expect("names of methods");
            response.headers_mut().insert(ALLOW, methods);
        }
        Ok(response)
    }
}

/// Whether the request gets through to the routes, and whose it is. The web interface next to the
/// API needs no login to be reached.
fn admit(state: &mut State, request: &Request<Bytes>) -> Result<Option<i64>> {
    let Some(path) = request.uri().path().strip_prefix("/api/3/") else {
        return Ok(None);
    };
    let under_way = "The console is undergoing maintenance. Try again later.";
    match state.maintenance {
        Some(Maintenance::Html) => return Err(html(200, "Maintenance mode").into()),
        Some(Maintenance::Status503) => return Err(Problem::new(503, under_way).into()),
        Some(Maintenance::Status401) => return Err(Problem::unauthorized().into()),
        None => {}
    }
    let caller = auth::log_in(state, request.headers())?;
    let user = state.users.get(&caller);
    let own = match *request.method() {
        Method::GET => path == format!("users/{caller}"),
        Method::PUT => path == format!("users/{caller}/password"),
        _ => false,
    };
    // Before any look at the resource, so that "missing" and "not allowed" are one answer.
    if !own && !user.is_some_and(|user| state.is_global_admin(user)) {
        return Err(Problem::not_found().into());
    }
    Ok(Some(caller))
}
