//! A console and somebody who calls it.

use std::ops::Deref;

use fake_console::{FakeConsole, State};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::client::client;

pub(crate) const ADMIN: (&str, &str) = ("svc-soar", "correct horse battery staple");

/// A console on plain HTTP and a client for it.
pub(crate) struct Api {
    console: FakeConsole,
    client: Client,
}

impl Deref for Api {
    type Target = FakeConsole;

    fn deref(&self) -> &FakeConsole {
        &self.console
    }
}

impl Api {
    pub(crate) fn new(state: State) -> Api {
        Api {
            console: FakeConsole::start_http(state),
            client: client(),
        }
    }

    /// A realistic console, changed a little.
    pub(crate) fn with(change: impl FnOnce(&mut State)) -> Api {
        let mut state = State::realistic();
        change(&mut state);
        Api::new(state)
    }

    pub(crate) fn realistic() -> Api {
        Api::new(State::realistic())
    }

    /// A request without credentials.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url()))
    }

    /// A request by the service account to a path below `/api/3`.
    pub(crate) fn admin(&self, method: &str, path: &str) -> RequestBuilder {
        self.by(ADMIN, method, path)
    }

    pub(crate) fn by(
        &self,
        (login, pass): (&str, &str),
        method: &str,
        path: &str,
    ) -> RequestBuilder {
        self.request(method, &format!("/api/3{path}"))
            .basic_auth(login, Some(pass))
    }

    pub(crate) fn id(&self, login: &str) -> i64 {
        self.state().user_by_login(login).unwrap().0
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.admin("GET", path)).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        read(self.admin(method, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        read(self.admin("DELETE", path)).await
    }

    /// The user without the members that must not be sent back.
    pub(crate) fn writable(&self, id: i64) -> Value {
        let mut user = self.state().user_json(id).unwrap();
        for (inside, names) in [
            ("", &["id", "locked", "links"][..]),
            ("/role", &["name", "privileges"]),
            ("/authentication", &["name", "external", "links"]),
            ("/locale", &["links"]),
        ] {
            if let Some(Value::Object(members)) = user.pointer_mut(inside) {
                members.retain(|name, _| !names.contains(&name.as_str()));
            }
        }
        user
    }
}

/// Status and JSON body; null for an empty one.
pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let response: Response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    if body.is_empty() {
        return (status, Value::Null);
    }
    (status, serde_json::from_slice(&body).unwrap())
}

/// The message of an error body, after a look at the rest of it.
pub(crate) fn message((status, body): &(u16, Value)) -> String {
    assert_eq!(body["status"], *status, "{body}");
    assert!(body["links"].is_array(), "{body}");
    body["message"].as_str().unwrap().to_owned()
}
