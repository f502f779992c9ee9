//! A platform and somebody who calls it.

use std::ops::Deref;

use fake_console::{FakePlatform, ORGANIZATION_KEY, PlatformState, PlatformUser, USER_KEY};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::client::client;

/// A platform on plain HTTP and a client for it.
pub(crate) struct Api {
    platform: FakePlatform,
    client: Client,
}

impl Deref for Api {
    type Target = FakePlatform;

    fn deref(&self) -> &FakePlatform {
        &self.platform
    }
}

impl Api {
    pub(crate) fn new(state: PlatformState) -> Api {
        Api {
            platform: FakePlatform::start_http(state),
            client: client(),
        }
    }

    /// A realistic platform, changed a little.
    pub(crate) fn with(change: impl FnOnce(&mut PlatformState)) -> Api {
        let mut state = PlatformState::realistic();
        change(&mut state);
        Api::new(state)
    }

    pub(crate) fn realistic() -> Api {
        Api::new(PlatformState::realistic())
    }

    /// A request without a key.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url()))
    }

    /// A request with a key, to a path below `/account/api/1`.
    pub(crate) fn by(&self, key: &str, method: &str, path: &str) -> RequestBuilder {
        self.request(method, &format!("/account/api/1{path}"))
            .header("X-Api-Key", key)
    }

    pub(crate) fn organization(&self, method: &str, path: &str) -> RequestBuilder {
        self.by(ORGANIZATION_KEY, method, path)
    }

    pub(crate) fn user_key(&self, method: &str, path: &str) -> RequestBuilder {
        self.by(USER_KEY, method, path)
    }

    /// A request with the organization's key to any path.
    pub(crate) fn anywhere(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path)
            .header("X-Api-Key", ORGANIZATION_KEY)
    }

    pub(crate) fn user(&self, email: &str) -> PlatformUser {
        self.state().user_by_email(email).unwrap().clone()
    }

    pub(crate) fn id(&self, email: &str) -> String {
        self.user(email).id
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.organization("GET", path)).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        read(self.organization(method, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        read(self.organization("DELETE", path)).await
    }
}

/// Status and JSON body; null for an empty one.
pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let response: Response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let json = response
        .headers()
        .get("content-type")
        .is_some_and(|value| value == "application/json");
    let body = response.bytes().await.unwrap();
    assert_ne!(json, body.is_empty(), "JSON is said to be JSON");
    if body.is_empty() {
        return (status, Value::Null);
    }
    (status, serde_json::from_slice(&body).unwrap())
}

/// The message of an error body, which has nothing else.
pub(crate) fn message((_, body): &(u16, Value)) -> String {
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    body["message"].as_str().unwrap().to_owned()
}

/// One member of every entry of a list.
pub(crate) fn column(list: &Value, name: &str) -> Vec<String> {
    let entries = list.as_array().expect("a bare array").iter();
    entries
        .map(|entry| entry[name].as_str().unwrap().to_owned())
        .collect()
}
