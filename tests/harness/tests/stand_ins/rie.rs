//! The smallest real function under AWS's own emulator.

use harness::{Rie, binary};
use serde_json::json;

#[test]
fn a_function_answers_under_awss_emulator() {
    let function = Rie::start(&binary("hello-world"), &[]);
    for name in ["Ada", "Grace"] {
        assert_eq!(
            function.invoke(&json!({ "name": name })),
            json!({ "message": format!("Hello, {name}") })
        );
    }
    let error = function.invoke(&json!({}));
    assert!(
        error["errorMessage"]
            .as_str()
            .unwrap()
            .contains("missing field `name`"),
        "{error}"
    );
}
