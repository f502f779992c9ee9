//! The function `http-api`, between API Gateway's events and the functions of operations.

use harness::{Function, FunctionError, LambdaService};
use serde_json::{Value, json};
use suites::World;
use suites::gateway::{REQUEST_ID, Reply, http_api, post, reply};

/// A deployment: Lambda with some functions, and `http-api`.
pub(crate) struct Api {
    pub(crate) lambda: LambdaService,
    pub(crate) function: Function,
}

impl Api {
    pub(crate) fn new() -> Self {
        let lambda = LambdaService::start();
        let function = http_api(&lambda);
        Self { lambda, function }
    }

    /// With the real functions of operations.
    pub(crate) fn with(world: &World, operations: &[&str]) -> Self {
        let api = Self::new();
        for operation in operations {
            let name = format!("acme-{operation}");
            api.lambda.add(&name, world.allowed_function(operation));
        }
        api
    }

    /// With a function that ends in this way, as Lambda tells it.
    pub(crate) fn failing(operation: &str, error_type: &str, message: &str) -> Self {
        let api = Self::new();
        let error = FunctionError {
            error_type: error_type.into(),
            error_message: message.into(),
            raw: match error_type {
                "" => json!({"errorMessage": message}),
                _ => json!({"errorType": error_type, "errorMessage": message}),
            },
        };
        let name = format!("acme-{operation}");
        api.lambda.add_with(&name, move |_| Err(error.clone()));
        api
    }

    pub(crate) fn send(&self, event: &Value) -> Reply {
        let reply = reply(self.function.invoke(event));
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["x-request-id"], REQUEST_ID);
        assert!(!reply.logs.contains("canary"), "{}", reply.logs);
        if reply.status != 200 {
            assert_eq!(reply.headers["content-type"], "application/problem+json");
            assert_eq!(reply.body["status"], reply.status);
            assert_eq!(reply.body["request_id"], REQUEST_ID);
        }
        reply
    }

    pub(crate) fn post(&self, operation: &str, input: Value) -> Reply {
        self.send(&post(operation, &input))
    }
}
