//! Messages to the InsightConnect plugin.

use serde_json::{Value, json};

use super::{OWN_LOGIN, OWN_PASSWORD, World};

/// What runs an action.
#[must_use]
pub fn action(name: &str, connection: &Value, input: &Value) -> Value {
    json!({
        "version": "v1",
        "type": "action_start",
        "body": {"action": name, "meta": {}, "connection": connection, "input": input},
    })
}

/// What runs the task.
#[must_use]
pub fn task(connection: &Value, state: &Value) -> Value {
    json!({
        "version": "v1",
        "type": "task_start",
        "body": {
            "task": "user_changes", "meta": {}, "connection": connection, "input": {},
            "state": state,
        },
    })
}

/// What tests a connection.
#[must_use]
pub fn connection_test(connection: &Value) -> Value {
    json!({"version": "v1", "type": "connection_test", "body": {"connection": connection}})
}

impl World {
    /// The connection to its console and its platform.
    #[must_use]
    pub fn connection(&self) -> Value {
        json!({
            "url": self.console.url(),
            "credentials": {"username": OWN_LOGIN, "password": OWN_PASSWORD},
            "ssl_verify": true,
            "platform_url": self.platform.url(),
            "api_key": {"secretKey": fake_console::ORGANIZATION_KEY},
            "timeout_seconds": 20,
        })
    }

    /// The connection to its console alone.
    #[must_use]
    pub fn console_connection(&self) -> Value {
        let mut connection = self.connection();
        let members = connection.as_object_mut().expect("an object");
        members.remove("platform_url");
        members.remove("api_key");
        connection
    }
}
