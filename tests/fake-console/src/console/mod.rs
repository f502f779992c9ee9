//! The users part of a console's REST API version 3.

mod access;
mod answer;
mod auth;
mod catalog;
mod edit;
mod extract;
mod front;
mod paging;
mod routes;
mod seed;
mod site_users;
mod state;
mod users;
mod wire;

use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use axum::response::Response;
use serde_json::{Value, json};

use self::answer::Link;
use self::routes::Routes;
use crate::answer::Problem;
use crate::surface::{Arrival, Surface};

pub use self::state::{
    Authentication, AuthenticationSource, EmptyLists, Front, LocalType, Locale, Maintenance, Role,
    State, UserRecord, WireForm,
};

type Held = crate::surface::Held<State>;

/// The console as [`Routes`] hand it to a handler.
type Console = Extension<Held>;

impl Surface for State {
    const NAME: &'static str = "console";
    const HANDLE: &'static str = "FakeConsole";
    const CERTIFICATE: &'static str = "InsightVM Security Console (fake)";
    const JSON: &'static str = "application/json;charset=UTF-8";
    const CREDENTIALS: &'static str = "authorization";
    const CHALLENGE: Option<&'static str> = Some("Basic realm=\"Security Console\"");

    type Routes = Routes;
    /// The user's id.
    type Caller = i64;

    fn routes() -> Routes {
        Routes::new()
    }

    fn served_at(&mut self, url: &str) {
        self.base_url = url.to_owned();
    }

    fn latency(&self) -> Duration {
        self.latency
    }

    fn arrive(&mut self, headers: &HeaderMap) -> Arrival {
        let no_store = HeaderValue::from_static("no-store, must-revalidate");
        Arrival {
            authorized_as: auth::recognise(self, headers),
            headers: HeaderMap::from_iter([(CACHE_CONTROL, no_store)]),
            ..Arrival::default()
        }
    }

    async fn carry_out(routes: &Routes, held: Held, request: Request<Bytes>) -> Response {
        routes.carry_out(held, request).await
    }

    /// `{status, message, links}` (vendor API file).
    fn error_body(&self, path: &str, problem: &Problem) -> Value {
        let status = if self.error_status_as_string {
            problem.status.to_string().into()
        } else {
            Value::from(problem.status)
        };
        json!({
            "status": status,
            "message": problem.message,
            "links": [Link::new(self, path, "self")],
        })
    }
}
