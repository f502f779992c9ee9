//! What of infra/template.yaml follows from the list of operations and from infra/events.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use actions::{Effect, Entry};
use harness::workspace_root;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Failure;

pub(crate) const FILE: &str = "infra/template.yaml";
pub(crate) const EVENTS: &str = "infra/events";
const END: &str = "# end of what is generated";

/// A folder of infra/events: which events of a system are worked on, and how they become an
/// operation's input.
pub(crate) struct Mapping {
    /// The folder's name.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) rule: Rule,
    /// A JSONata expression that makes the operation's input of `$event`.
    pub(crate) input: String,
}

/// rule.json.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) title: String,
    /// Where the system's maker publishes what its events look like.
    #[serde(rename = "published")]
    _published: String,
    #[serde(rename = "notes")]
    _notes: String,
    pub(crate) operation: String,
    /// Another bus than the stack's own: the template's parameter that names it, and the condition that it does.
    #[serde(default)]
    bus: Option<Bus>,
    pub(crate) pattern: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bus {
    parameter: String,
    condition: String,
}

/// Reads infra/events.
pub(crate) fn mappings() -> Result<Vec<Mapping>, Failure> {
    let folder = workspace_root().join(EVENTS);
    let unreadable = |error: std::io::Error| format!("{EVENTS} can't be read: {error}");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let name = name.into_owned();
        let rule = json_file(&folder.join("rule.json"))?;
        let rule: Rule = serde_json::from_value(rule)
            .map_err(|error| format!("{EVENTS}/{name}/rule.json: {error}"))?;
        let known = actions::ALL
            .iter()
            .any(|entry| entry.operation.spec.name == rule.operation);
        if !known {
            let operation = &rule.operation;
            return Err(
                format!("{EVENTS}/{name}/rule.json: there is no operation {operation}").into(),
            );
        }
        let input = fs::read_to_string(folder.join("input.jsonata"))
            .map_err(|error| format!("{EVENTS}/{name}/input.jsonata can't be read: {error}"))?;
        found.push(Mapping {
            name,
            folder,
            rule,
            input,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// A file with JSON in it.
pub(crate) fn json_file(path: &Path) -> Result<Value, Failure> {
    let shown = path.strip_prefix(workspace_root()).unwrap_or(path);
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} can't be read: {error}", shown.display()))?;
    let value = serde_json::from_str(&text);
    Ok(value.map_err(|error| format!("{} is not JSON: {error}", shown.display()))?)
}

/// The template with what is generated in it.
pub(super) fn template(written: &str) -> Result<String, Failure> {
    let mappings = mappings()?;
    let run_by_events: BTreeSet<&str> = mappings
        .iter()
        .map(|mapping| mapping.rule.operation.as_str())
        .collect();
    let operations = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    let parts = [
        (
            "a condition for each operation",
            actions::ALL.iter().map(condition).collect(),
        ),
        (
            "the functions that events run",
            function_arns(run_by_events.into_iter()),
        ),
        (
            "infra/events as a state machine",
            definition(&state_machine(&mappings)),
        ),
        (
            "a rule for each folder of infra/events",
            mappings.iter().map(rule).collect::<Vec<_>>().join("\n"),
        ),
        (
            "the functions that are operations",
            function_arns(operations),
        ),
        (
            "a function with its role, logs and alarms for each operation",
            actions::ALL
                .iter()
                .map(function)
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    ];
    let mut template = written.to_owned();
    for (what, text) in parts {
        template = fill(&template, what, &text)
            .ok_or_else(|| format!("{FILE} lacks the lines `# generated: {what}` and `{END}`"))?;
    }
    Ok(template)
}

/// Puts a text between the two lines that say that it is generated, as deep as they are.
fn fill(template: &str, what: &str, text: &str) -> Option<String> {
    let begin = format!("# generated: {what}\n");
    let (before, rest) = template.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    let indentation = &before[before.rfind('\n')? + 1..];
    let mut filled = format!("{before}{begin}");
    for line in text.lines() {
        match line.is_empty() {
            true => filled.push('\n'),
            false => _ = writeln!(filled, "{indentation}{line}"),
        }
    }
    Some(format!("{filled}{indentation}{END}{after}"))
}

fn arn_of(function: &str) -> String {
    format!(
        "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:\
         ${{AWS::StackName}}-{function}"
    )
}

fn function_arns<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("- !Sub {}\n", arn_of(name)))
        .collect()
}

/// A logical id: resources have no dashes in their names.
pub(crate) fn id_of(name: &str) -> String {
    name.split('-')
        .flat_map(|word| {
            let (first, rest) = word.split_at(1);
            [first.to_uppercase(), rest.to_owned()]
        })
        .collect()
}

/// The condition that an operation's function is there.
fn condition_of(entry: &Entry) -> String {
    format!("Runs{}", id_of(entry.operation.spec.name))
}

/// Its surface is there, and it is one of the allowed operations, or all are.
fn condition(entry: &Entry) -> String {
    let name = entry.operation.spec.name;
    // CloudFormation can't ask whether a list has something in it. A text that is split where that is, and
    // joined again without it, is another text.
    let listed =
        "!Join [\"\", [\",\", !Join [\"\", !Split [\" \", !Ref AllowedOperations]], \",\"]]";
    let without = format!("!Join [\"\", !Split [\",{name},\", {listed}]]");
    let allowed = format!(
        "!Or [!Not [!Condition HasAllowedOperations], !Not [!Equals [{without}, {listed}]]]"
    );
    let surface = match (entry.console, entry.platform) {
        (true, false) => Some("HasConsole"),
        (false, true) => Some("HasPlatform"),
        _ => None,
    };
    let name = condition_of(entry);
    match surface {
        Some(surface) => format!("{name}: !And [!Condition {surface}, {allowed}]\n"),
        None => format!("{name}: {allowed}\n"),
    }
}

/// What an operation's input has.
fn members(entry: &Entry) -> Map<String, Value> {
    match Value::from((entry.input)())["properties"].take() {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A resource's first lines.
fn resource(id: &str, kind: &str, condition: Option<&str>) -> String {
    format!("{}  Properties:\n", head(id, kind, condition))
}

fn head(id: &str, kind: &str, condition: Option<&str>) -> String {
    let condition = condition.map(|condition| format!("  Condition: {condition}\n"));
    let condition = condition.unwrap_or_default();
    format!("{id}:\n  Type: {kind}\n{condition}")
}

/// An operation's function, with its role, logs and alarms.
fn function(entry: &Entry) -> String {
    let spec = entry.operation.spec;
    let (name, title) = (spec.name, spec.title);
    let id = id_of(name);
    let condition = condition_of(entry);
    let condition = Some(condition.as_str());
    let members = members(entry);
    let marked = |mark: &str| members.values().any(|member| member[mark] == true);
    let timeout = match marked("x-report") || marked("x-long") {
        true => 900,
        false => 60,
    };
    // Lambda's record of a failed invocation has the whole input in it: no password goes to a queue.
    let keeps_failures = !members.contains_key("password");
    let mut policies = Vec::new();
    let mut policy = |condition: Option<&str>, id: &str| {
        policies.push(match condition {
            Some(condition) => format!("!If [{condition}, !Ref {id}, !Ref AWS::NoValue]"),
            None => format!("!Ref {id}"),
        });
    };
    let both = entry.console && entry.platform;
    if entry.console {
        policy(both.then_some("HasConsole"), "ReadConsoleSecret");
    }
    if entry.platform {
        policy(both.then_some("HasPlatform"), "ReadPlatformSecret");
    }
    if members.contains_key("password_secret") {
        policy(Some("HasPasswordSecrets"), "ReadPasswordSecrets");
    }
    if entry.delivers {
        policy(Some("HasDeliverySecrets"), "DeliverSecrets");
        policy(Some("HasSecretsKey"), "WriteSecretsKey");
    }
    let writes = spec.effect != Effect::Read;
    if writes {
        policy(Some("HasJournal"), "UseJournal");
    }
    policy(Some("HasSecretsKey"), "ReadSecretsKey");
    policy(Some("IsTraced"), "Trace");
    if entry.console {
        policy(Some("IsInVpc"), "AttachToNetwork");
    }
    let policies: String = policies
        .iter()
        .map(|policy| format!("      - {policy}\n"))
        .collect();
    let network = match entry.console {
        true => {
            "    VpcConfig: !If\n      \
             - IsInVpc\n      \
             - SubnetIds: !Split [\",\", !Ref SubnetIds]\n        \
             SecurityGroupIds: !Split [\",\", !Ref SecurityGroupIds]\n      \
             - !Ref AWS::NoValue\n"
        }
        false => "",
    };
    let environment = match writes {
        true => {
            "    Environment:\n      \
             Variables:\n        \
             RAPID7_JOURNAL_TABLE: !If [HasJournal, !Ref JournalTable, !Ref AWS::NoValue]\n"
        }
        false => "",
    };
    let mut text = format!("# {name}: {}\n\n", effect(spec.effect));
    // Also where the function is not: a group that stays when its condition fails can't be made again.
    text += &head(&format!("{id}Logs"), "AWS::Logs::LogGroup", None);
    text += &format!(
        "  DeletionPolicy: RetainExceptOnCreate\n  \
         UpdateReplacePolicy: Retain\n  \
         Properties:\n    \
         LogGroupName: !Sub /aws/lambda/${{AWS::StackName}}-{name}\n    \
         RetentionInDays: !Ref LogRetentionDays\n    \
         KmsKeyId: !If [HasLogsKey, !Ref LogsKeyArn, !Ref AWS::NoValue]\n\n"
    );
    text += &resource(&format!("{id}Role"), "AWS::IAM::Role", condition);
    text += &format!(
        "    PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
    AssumeRolePolicyDocument:
      Version: \"2012-10-17\"
      Statement:
        - Effect: Allow
          Principal: {{Service: lambda.amazonaws.com}}
          Action: sts:AssumeRole
    ManagedPolicyArns:
{policies}    Policies:
      - PolicyName: tell
        PolicyDocument:
          Version: \"2012-10-17\"
          Statement:
            - Effect: Allow
              Action: [logs:CreateLogStream, logs:PutLogEvents]
              Resource: !GetAtt {id}Logs.Arn
"
    );
    if keeps_failures {
        text += "            - Effect: Allow
              Action: sqs:SendMessage
              Resource: !GetAtt FailedInvocations.Arn
";
    }
    text.push('\n');
    text += &resource(
        &format!("{id}Function"),
        "AWS::Serverless::Function",
        condition,
    );
    text += &format!(
        "    FunctionName: !Sub ${{AWS::StackName}}-{name}
    Description: {title:?}
    CodeUri: ../target/lambda/arm64/{name}.zip
    Role: !GetAtt {id}Role.Arn
    Timeout: {timeout}
    ReservedConcurrentExecutions: !If [HasConcurrencyLimit, !Ref MaxConcurrency, !Ref AWS::NoValue]
    LoggingConfig: {{LogGroup: !Ref {id}Logs, LogFormat: JSON, ApplicationLogLevel: DEBUG}}
{environment}{network}    EventInvokeConfig:
      # Lambda would repeat refused logins too, which lock the account.
      MaximumRetryAttempts: 0
"
    );
    if keeps_failures {
        text += "      DestinationConfig:
        OnFailure: {Type: SQS, Destination: !GetAtt FailedInvocations.Arn}
";
    }
    let mut alarms = vec![
        (
            "Errors",
            "Errors",
            "Its log says what happened to whom, and what was changed.",
        ),
        (
            "Throttles",
            "Throttles",
            "More of it were asked for at once than MaxConcurrency allows; callers were told to try again.",
        ),
    ];
    if !keeps_failures {
        alarms.push((
            "Dropped",
            "AsyncEventsDropped",
            "An asynchronous invocation was never run, or failed; it is kept nowhere, as its input may hold a password.",
        ));
    }
    for (what, metric, description) in alarms {
        text.push('\n');
        text += &resource(&format!("{id}{what}"), "AWS::CloudWatch::Alarm", condition);
        text += &alarm(name, &id, what, metric, description);
    }
    text
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destructive => "destructive",
    }
}

fn alarm(name: &str, id: &str, what: &str, metric: &str, description: &str) -> String {
    let low = what.to_lowercase();
    format!(
        "    AlarmName: !Sub ${{AWS::StackName}}-{name}-{low}
    AlarmDescription: {description:?}
    Namespace: AWS/Lambda
    MetricName: {metric}
    Dimensions: [{{Name: FunctionName, Value: !Ref {id}Function}}]
    Statistic: Sum
    Period: 300
    EvaluationPeriods: 1
    Threshold: 0
    ComparisonOperator: GreaterThanThreshold
    TreatMissingData: notBreaching
    AlarmActions: !If [HasAlarmTopic, [!If [CreatesAlarmTopic, !Ref AlarmTopic, !Ref AlarmTopicArn]], !Ref AWS::NoValue]
"
    )
}

/// The rule that puts a system's events into the queue, with the mapping's name.
fn rule(mapping: &Mapping) -> String {
    let Mapping { name, rule, .. } = mapping;
    let id = id_of(name);
    let title = &rule.title;
    let pattern = &rule.pattern;
    let (condition, bus) = match &rule.bus {
        Some(Bus {
            parameter,
            condition,
        }) => (condition.as_str(), format!("!Ref {parameter}")),
        None => ("HasEvents", "!GetAtt EventBus.Name".to_owned()),
    };
    let mut text = resource(&format!("{id}Rule"), "AWS::Events::Rule", Some(condition));
    text += &format!(
        "    Name: !Sub ${{AWS::StackName}}-{name}
    Description: {title:?}
    EventBusName: {bus}
    EventPattern: {pattern}
    Targets:
      - Id: events
        Arn: !GetAtt EventsQueue.Arn
        DeadLetterConfig: {{Arn: !GetAtt FailedEvents.Arn}}
        InputTransformer:
          InputTemplate: '{{\"rule\": {name:?}, \"event\": <aws.events.event.json>}}'
"
    );
    text
}

/// The errors after which an event is worked on again: those that a run of an operation may end with and
/// another may not, and Lambda's own.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
fn worth_another_run() -> Vec<&'static str> {
    let ours = actions::ErrorKind::ALL
        .into_iter()
        .filter(|kind| kind.is_retryable())
        .map(actions::ErrorKind::name);
    let of_lambda = [
        "Lambda.ClientExecutionTimeoutException",
        // A function that was idle for weeks, in subnets: the call that wakes it is refused.
        "Lambda.EC2ThrottledException",
        "Lambda.ENINotReadyException",
        "Lambda.ResourceConflictException",
        "Lambda.ResourceNotReadyException",
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.Unknown",
        "Runtime.ExitError",
        "Sandbox.Timedout",
    ];
    ours.chain(of_lambda).collect()
}

/// What works on an event: which mapping it is for, the operation with the mapped input, and what
/// is kept of it if that fails.
fn state_machine(mappings: &[Mapping]) -> Value {
    let mut choices = Vec::new();
    let mut states = Map::new();
    for Mapping {
        name, rule, input, ..
    } in mappings
    {
        let state = format!("Run {} for {name}", rule.operation);
        choices.push(json!({
            "Condition": format!("{{% $message.rule = '{name}' %}}"),
            "Next": state,
        }));
        let run = json!({
            "Type": "Task",
            "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": arn_of(&rule.operation),
                // An event counts once for what variables may hold, so it is none of its own.
                "Payload": format!("{{% ($event := $message.event; {}) %}}", one_line(input)),
            },
            // What was done is in the function's log; a long answer would not fit into a state's output.
            "Output": {"changed": "{% $states.result.Payload.changed %}"},
            "Retry": [{
                "ErrorEquals": worth_another_run(),
                "IntervalSeconds": "RetrySeconds",
                "BackoffRate": 2.0,
                "MaxAttempts": "RetryAttempts",
                "MaxDelaySeconds": 3600,
                "JitterStrategy": "FULL",
            }],
            "Catch": [
                // States.ALL is none of it.
                caught("States.DataLimitExceeded", &rule.operation),
                caught("States.ALL", &rule.operation),
            ],
            "End": true,
        });
        states.insert(state, run);
    }
    let attribute = |value: &str| json!({"DataType": "String", "StringValue": value});
    let mut all = Map::new();
    all.insert(
        "Take the message".into(),
        json!({
            "Type": "Pass",
            "Assign": {
                "body": "{% $states.input[0].body %}",
                "arn": format!("{{% $exists({ARN}) ? {ARN} : '-' %}}"),
                "operation": "-",
                "error": "InvalidInput",
                "cause": "no folder of infra/events is for this event",
            },
            "Next": "Read the event",
        }),
    );
    all.insert(
        "Read the event".into(),
        json!({
            // What is no JSON can only be caught around the state that reads it.
            "Type": "Parallel",
            "Branches": [{
                "StartAt": "Read",
                "States": {"Read": {"Type": "Pass", "Output": READ, "End": true}},
            }],
            "Assign": {"message": "{% $states.result[0] %}"},
            "Catch": [{
                "ErrorEquals": ["States.ALL"],
                "Assign": {"cause": "the message is no event in JSON"},
                "Next": "Keep the event",
            }],
            "Next": "Choose the mapping",
        }),
    );
    all.insert(
        "Choose the mapping".into(),
        json!({"Type": "Choice", "Choices": choices, "Default": "Keep the event"}),
    );
    all.extend(states);
    all.insert(
        "Keep the event".into(),
        json!({
            "Type": "Task",
            "Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage",
            "Arguments": {
                "QueueUrl": "${FailedEvents}",
                // As it came, so that moving it back works on it again.
                "MessageBody": "{% $body %}",
                "MessageAttributes": {
                    "Operation": attribute("{% $operation %}"),
                    "Error": attribute("{% $error %}"),
                    "Cause": attribute("{% $substring($cause, 0, 4000) %}"),
                    "Execution": attribute("{% $states.context.Execution.Id %}"),
                    // By which it is worked on once more, if no rule's name is in it.
                    "RULE_ARN": attribute("{% $arn %}"),
                },
            },
            "Retry": [{
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 5,
                "BackoffRate": 2.0,
                "MaxAttempts": 8,
            }],
            "Next": "Failed",
        }),
    );
    all.insert(
        "Failed".into(),
        json!({"Type": "Fail", "Error": "{% $error %}", "Cause": "{% $cause %}"}),
    );
    json!({
        "Comment": "Works on one event of the queue",
        "QueryLanguage": "JSONata",
        "StartAt": "Take the message",
        "States": all,
    })
}

/// Keeps an event whose operation ended with an error.
fn caught(error: &str, operation: &str) -> Value {
    json!({
        "ErrorEquals": [error],
        "Assign": {
            "operation": operation,
            "error": or_dash("Error"),
            "cause": or_dash("Cause"),
        },
        "Next": "Keep the event",
    })
}

/// The event, and the rule that it came by. A rule puts its name beside it. What EventBridge could not put
/// into the queue is in that of failed events as it was before that, with the rule's ARN as an attribute.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
const READ: &str = "{% ($read := $parse($body); \
    $exists($read.rule) ? {\"rule\": $read.rule, \"event\": $read.event} : \
    {\"rule\": $substringAfter($split($arn, \"/\")[-1], \"${AWS::StackName}-\"), \"event\": $read}) %}";

const ARN: &str = "$states.input[0].messageAttributes.RULE_ARN.stringValue";

/// A member of the error, as an attribute of a message can't be empty.
fn or_dash(member: &str) -> String {
    format!("{{% $states.errorOutput.{member} ? $states.errorOutput.{member} : '-' %}}")
}

/// An expression without the line ends that a JSON string would have to escape.
fn one_line(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The definition, with the stack's own names and numbers put in by CloudFormation.
fn definition(machine: &Value) -> String {
    let text = format!("{machine:#}");
    // Numbers in JSON, and parameters until CloudFormation puts them in.
    let text = text
        .replace("\"RetrySeconds\"", "${RetrySeconds}")
        .replace("\"RetryAttempts\"", "${RetryAttempts}");
    let lines = text.lines().map(|line| format!("  {line}\n"));
    format!("DefinitionString: !Sub |\n{}", lines.collect::<String>())
}

/// The definition as it is in a stack.
pub(crate) fn example_definition() -> Result<String, Failure> {
    let mut text = format!("{:#}", state_machine(&mappings()?));
    for (from, to) in [
        ("\"RetrySeconds\"", "60"),
        ("\"RetryAttempts\"", "6"),
        ("${AWS::Partition}", "aws"),
        ("${AWS::Region}", "us-east-1"),
        ("${AWS::AccountId}", "123456789012"),
        ("${AWS::StackName}", "acme"),
        (
            "${FailedEvents}",
            "https://sqs.us-east-1.amazonaws.com/123456789012/acme-failed-events",
        ),
    ] {
        text = text.replace(from, to);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_as_deep_as_its_marks() {
        let template = "a:\n  # generated: things\n  old\n  # end of what is generated\nb: 1\n";
        let filled = fill(template, "things", "x:\n\n  y\n").expect("the marks");
        let expected =
            "a:\n  # generated: things\n  x:\n\n    y\n  # end of what is generated\nb: 1\n";
        assert_eq!(filled, expected);
        assert_eq!(fill(&filled, "things", "x:\n\n  y\n"), Some(filled));
        assert_eq!(fill(template, "other", ""), None);
    }

    #[test]
    fn ids_have_no_dashes() {
        assert_eq!(id_of("disable-user"), "DisableUser");
    }
}
