//! What arrives: an operation's input as it is, or inside an EventBridge envelope.

use actions::Caller;
use serde_json::Value;

/// The input in an event, and what the event tells of its caller.
///
/// An envelope is known by the three members that EventBridge always sets and no input has:
/// `detail-type`, `source` and `detail`.
pub(crate) fn unwrap(event: Value, request_id: String) -> (Value, Caller) {
    let mut caller = Caller {
        request_id,
        ..Caller::default()
    };
    match event {
        Value::Object(mut members)
            if members.contains_key("detail-type") && members.contains_key("source") =>
        {
            let source = members.get("source").and_then(Value::as_str);
            let id = members.get("id").and_then(Value::as_str);
            caller.event_id = id.map(str::to_owned);
            caller.requested_by = source.map(|source| format!("event from {source}"));
            (members.remove("detail").unwrap_or_default(), caller)
        }
        event => (event, caller),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_envelope_is_opened_and_a_plain_input_left_alone() {
        let input = json!({"login": "jdoe"});
        let (plain, caller) = unwrap(input.clone(), "r1".into());
        assert_eq!((plain, caller.requested_by), (input.clone(), None));
        let envelope = json!({
            "version": "0", "id": "e1", "detail-type": "leaver", "source": "hr", "detail": input,
        });
        let (inner, caller) = unwrap(envelope, "r1".into());
        assert_eq!(inner, input);
        assert_eq!(caller.requested_by.as_deref(), Some("event from hr"));
        assert_eq!(caller.request_id, "r1");
        assert_eq!(caller.event_id.as_deref(), Some("e1"));
    }
}
