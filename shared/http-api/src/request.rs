//! What API Gateway hands over, and the operation's input in it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actions::{Error, strict_json};
use lambda::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::invoke::LONGEST;

use super::problem::{Problem, TOO_LONG, UNSUPPORTED_MEDIA_TYPE};

/// An event of a REST API's Lambda proxy integration (payload format 1.0), as far as it is looked at.
/// Neither headers nor the API key's value get any further.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    path: String,
    http_method: String,
    headers: Option<BTreeMap<String, Value>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    request_id: String,
    request_time_epoch: Option<u64>,
    #[serde(default)]
    identity: Identity,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    api_key_id: Option<String>,
    source_ip: Option<String>,
    user_arn: Option<String>,
}

/// What somebody is told who invokes the function with something else.
pub(super) fn not_an_event() -> Failure {
    let expected = "expected an event of an API Gateway REST API with Lambda proxy integration \
                    (payload format 1.0)";
    Failure(Error::invalid_input("(event)", expected))
}

/// A body that is no input.
fn no_input(expected: &str) -> Problem {
    Error::invalid_input("(body)", expected).into()
}

const AN_OBJECT: &str = "expected a JSON object with the operation's members, such as {} for none";

impl Event {
    pub(super) fn request_id(&self) -> &str {
        &self.request_context.request_id
    }

    pub(super) fn api_key_id(&self) -> Option<&str> {
        self.request_context.identity.api_key_id.as_deref()
    }

    pub(super) fn method(&self) -> &str {
        &self.http_method
    }

    /// How long API Gateway has had the request. A time that can't be right, as of an event that was
    /// kept and is sent again by hand, is none.
    pub(super) fn waited(&self, now: SystemTime) -> Duration {
        let arrived = self.request_context.request_time_epoch;
        let arrived = arrived.map(|at| UNIX_EPOCH + Duration::from_millis(at));
        let waited = arrived.and_then(|at| now.duration_since(at).ok());
        let possible = waited.filter(|waited| *waited < Duration::from_secs(30));
        possible.unwrap_or_default()
    }

    /// The last part of `…/operations/{name}`. A domain of one's own may put a base path before it.
    pub(super) fn operation(&self) -> Option<&str> {
        let (before, name) = self.path.rsplit_once('/')?;
        before.ends_with("/operations").then_some(name)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().flatten();
        let (_, value) = headers.find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        value.as_str()
    }

    /// The operation's input, with who asked for it.
    pub(super) fn input(&self) -> Result<Map<String, Value>, Problem> {
        // API Gateway itself takes a body without the header for JSON.
        let media_type = self.header("content-type").unwrap_or("application/json");
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let expected = "expected application/json (curl: --json, or -H 'content-type: \
                            application/json')";
            let error = Error::invalid_input("(content-type)", expected);
            return Err(Problem::http(UNSUPPORTED_MEDIA_TYPE, error));
        }
        let mut input = self.members()?;
        // The operations' functions open what looks like an EventBridge event, and would look for
        // the input, and for who asked, inside.
        if input.contains_key("detail-type") {
            let expected = "no such field here: expected the operation's input itself";
            return Err(Error::invalid_input("detail-type", expected).into());
        }
        // A run's own id, by which a delivery is known otherwise, is another one each time.
        let has = |member: &str| input.get(member).is_some_and(|value| !value.is_null());
        if has("deliver_to") && !has("request_token") {
            let expected = "required over HTTP where something is delivered: an answer may be lost, and \
                            the same request sent again, with the same token, is known by it";
            return Err(Error::invalid_input("request_token", expected).into());
        }
        let who = self.who();
        match input.get("requested_by") {
            None | Some(Value::Null) => {
                input.insert("requested_by".into(), who.into());
            }
            Some(Value::String(words)) => {
                let both = match words.trim() {
                    "" => who,
                    words => format!("{who}: {words}"),
                };
                input.insert("requested_by".into(), both.into());
            }
            // The operation refuses it.
            Some(_) => {}
        }
        Ok(input)
    }

    fn members(&self) -> Result<Map<String, Value>, Problem> {
        let body = self.body.as_deref().unwrap_or_default();
        let decoded = match self.is_base64_encoded {
            true => aws_smithy_types::base64::decode(body)
                .map_err(|_| no_input("expected a body that is Base64 where it is said to be"))?,
            false => body.as_bytes().to_vec(),
        };
        if decoded.len() > LONGEST {
            let error =
                Error::invalid_input("(body)", "expected at most 6 MB, which is Lambda's limit");
            return Err(Problem::http(TOO_LONG, error));
        }
        if decoded.trim_ascii().is_empty() {
            return Err(no_input(&format!("{AN_OBJECT}; it is empty")));
        }
        let read = strict_json::from_slice(&decoded).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            no_input(&format!(
                "{AN_OBJECT}; it is no JSON at line {line}, column {column}"
            ))
        })?;
        match read.once("")? {
            Value::Object(members) => Ok(members),
            _ => Err(no_input(&format!("{AN_OBJECT}; it is other JSON"))),
        }
    }

    /// Who asks, as far as API Gateway knows: the id of the API key, never its value.
    fn who(&self) -> String {
        let identity = &self.request_context.identity;
        let who = match (&identity.api_key_id, &identity.user_arn) {
            (Some(id), _) => format!("API key {id}"),
            (None, Some(arn)) => arn.clone(),
            (None, None) => "somebody without an API key".into(),
        };
        match &identity.source_ip {
            Some(address) => format!("{who} from {address}"),
            None => who,
        }
    }
}
