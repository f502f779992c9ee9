//! What arrives: an operation's input as it is, or inside an EventBridge envelope.

use actions::strict_json::Read;
use actions::{Caller, Error};
use serde_json::Value;

/// The input in an event, and what the event tells of its caller. `members` are those of the operation's input.
///
/// An envelope is known by the three members that EventBridge always sets and no input has:
/// `detail-type`, `source` and `detail`.
///
/// # Errors
/// `InvalidInput` for a member that is there twice, and for one of the input's beside `detail`: who writes
/// `dry_run` there means it.
pub(crate) fn open(
    event: Read,
    members: &[&str],
    request_id: String,
) -> Result<(Value, Caller), Error> {
    let mut caller = Caller {
        request_id,
        ..Caller::default()
    };
    match event.once("")? {
        Value::Object(mut event)
            if event.contains_key("detail-type") && event.contains_key("source") =>
        {
            if let Some(member) = members.iter().find(|member| event.contains_key(**member)) {
                let expected = "expected in `detail`: this is an EventBridge event, and what stands \
                                beside its `detail` is no part of the operation's input";
                return Err(Error::invalid_input(member, expected));
            }
            let source = event.get("source").and_then(Value::as_str);
            let id = event.get("id").and_then(Value::as_str);
            caller.event_id = id.map(str::to_owned);
            caller.requested_by = source.map(|source| format!("event from {source}"));
            Ok((event.remove("detail").unwrap_or_default(), caller))
        }
        event => Ok((event, caller)),
    }
}

#[cfg(test)]
mod tests {
    use actions::{ALL, strict_json};
    use serde_json::json;

    use super::*;

    const MEMBERS: [&str; 2] = ["login", "dry_run"];

    /// What EventBridge sets, and what its archives and schedules may add.
    const ENVELOPE: [&str; 11] = [
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
        "replay-name",
        "ingestion-time",
    ];

    fn opened(event: &Value) -> Result<(Value, Caller), Error> {
        let read = strict_json::from_slice(event.to_string().as_bytes()).expect("JSON");
        open(read, &MEMBERS, "r1".into())
    }

    #[test]
    fn an_envelope_is_opened_and_a_plain_input_left_alone() {
        let input = json!({"login": "jdoe"});
        let (plain, caller) = opened(&input).expect("an input");
        assert_eq!((plain, caller.requested_by), (input.clone(), None));
        let mut envelope = json!({
            "version": "0", "id": "e1", "detail-type": "leaver", "source": "hr", "detail": input,
        });
        for member in ENVELOPE {
            let members = envelope.as_object_mut().expect("an object");
            members.entry(member).or_insert("anything".into());
        }
        let (inner, caller) = opened(&envelope).expect("an event");
        assert_eq!(inner, input);
        assert_eq!(caller.requested_by.as_deref(), Some("event from hr"));
        assert_eq!(caller.request_id, "r1");
        assert_eq!(caller.event_id.as_deref(), Some("e1"));
        envelope["dry_run"] = false.into();
        let error = opened(&envelope).expect_err("beside detail");
        assert!(
            error.message.starts_with("`dry_run`: expected in `detail`"),
            "{error}"
        );
    }

    #[test]
    fn no_input_has_a_member_of_the_envelope() {
        for entry in ALL {
            for member in entry.operation.members() {
                assert!(!ENVELOPE.contains(member), "{member}");
            }
        }
    }
}
