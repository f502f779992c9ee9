//! `cargo xtask deploy-check`: what can be known of the template without an AWS account.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use actions::{Effect, Entry};
use harness::{Moto, target_dir, workspace_root};
use serde::Deserialize;
use serde_json::Value;

use crate::generate::template::{self, Mapping, json_file, mappings};
use crate::ui::{Progress, note};
use crate::{Failure, python};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Look at the AWS account instead: whether it is ready for the first deployment of this stack.
    #[arg(long, value_name = "STACK")]
    account: Option<String>,

    /// Parameters of that deployment, as `sam deploy` takes them.
    #[arg(value_name = "NAME=VALUE", requires = "account")]
    parameters: Vec<String>,
}

/// Functions of the template that are no operations.
const SUPPORTING: [&str; 2] = ["http-api", "rotate-console-secret"];
const STACK: &str = "acme";
/// How long a stack's name may be. `translate` checks that the template leaves so much room.
const LONGEST_STACK_NAME: usize = 32;
const README: &str = "infra/README.md";
const SECRETS: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret";

/// Findings that are accepted: by tool and name, each with its reason.
type Accepted = BTreeMap<String, BTreeMap<String, String>>;

/// How long a stack's name may be: functions, rules and pipes have it in theirs, of 64 characters each
/// (the API references of Lambda, EventBridge and EventBridge Pipes).
fn longest_stack_name(template: &Value) -> usize {
    const STACK_NAME: &str = "${AWS::StackName}";
    let resources = template["Resources"].as_object().into_iter().flatten();
    let left = resources.filter_map(|(_, resource)| {
        let member = match resource["Type"].as_str()? {
            "AWS::Lambda::Function" => "FunctionName",
            "AWS::Events::Rule" | "AWS::Pipes::Pipe" => "Name",
            _ => return None,
        };
        let name = resource["Properties"][member]["Fn::Sub"].as_str()?;
        64_usize.checked_sub(name.replace(STACK_NAME, "").len())
    });
    left.min().unwrap_or_default()
}

/// One thing that a tool says.
struct Finding {
    /// What an accepted one is known by.
    name: String,
    text: String,
}

struct Check {
    python: PathBuf,
    folder: PathBuf,
    translated: PathBuf,
    accepted: Accepted,
    problems: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(stack) = &args.account {
        return preflight(stack, &args.parameters);
    }
    let mut progress = Progress::new(10);
    let result = steps(&mut progress);
    progress.finish(if result.is_ok() { "Passed" } else { "Failed" });
    result
}

fn steps(progress: &mut Progress) -> Result<(), Failure> {
    let (root, target) = (workspace_root(), target_dir());
    progress.step("Python tools: moto, SAM's translator, cfn-lint, statelint, parliament");
    let python = python::environment(
        &target.join("python"),
        &root.join("tests/python/requirements.txt"),
    )?;
    progress.step("Python tools: checkov");
    let checkov = python::environment(
        &target.join("python-checkov"),
        &root.join("infra/checks/checkov-requirements.txt"),
    )?;
    let folder = target.join("deploy-check");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
    let accepted = json_file(&root.join("infra/checks/accepted.json"))?;
    let mut check = Check {
        python,
        translated: folder.join("template.json"),
        folder,
        accepted: serde_json::from_value(accepted)
            .map_err(|error| format!("infra/checks/accepted.json: {error}"))?,
        problems: Vec::new(),
    };
    progress.step("Translate: SAM to CloudFormation, by AWS's own translator");
    check.translate()?;
    progress.step("cfn-lint");
    check.lint()?;
    progress.step("statelint");
    check.state_machine()?;
    progress.step("parliament, and wildcards");
    check.policies()?;
    progress.step("checkov");
    check.checkov(&checkov)?;
    progress.step("Events: what the mappings make of their examples");
    check.mappings()?;
    progress.step("The look at the account, on one of moto's");
    check.preflight()?;
    progress.step("Deploy to moto, and compare with the operations");
    check.deploy()?;
    if check.problems.is_empty() {
        return Ok(());
    }
    Err(check.problems.join("\n").into())
}

/// What the template's parameters are by themselves, where that matters here.
const DEFAULTS: [(&str, &str); 6] = [
    ("Surfaces", "console"),
    ("AllowedOperations", ""),
    ("MaxConcurrency", "2"),
    ("ConsoleSecretArns", ""),
    ("PlatformSecretArn", ""),
    ("RotationSchedule", ""),
];

/// What a deployment with these parameters takes of an account, as arguments of preflight.py.
fn taken(stack: &str, parameters: &[String]) -> Result<Vec<String>, Failure> {
    let given = |name: &str| {
        let of = |parameter: &&String| parameter.split_once('=').is_some_and(|(it, _)| it == name);
        let value = parameters.iter().rev().find(of)?;
        value.split_once('=').map(|(_, value)| value.to_owned())
    };
    if let Some(wrong) = parameters.iter().find(|text| !text.contains('=')) {
        return Err(format!("{wrong}: expected NAME=VALUE").into());
    }
    let value = |name: &str| {
        let default = DEFAULTS.iter().find(|(known, _)| *known == name);
        given(name)
            .unwrap_or_else(|| default.map_or_else(String::new, |(_, value)| (*value).into()))
    };
    let surfaces = value("Surfaces");
    let (console, platform) = (surfaces != "platform", surfaces != "console");
    let allowed = value("AllowedOperations").replace(' ', "");
    let allowed: Vec<&str> = allowed.split(',').filter(|name| !name.is_empty()).collect();
    let is_there = |entry: &&Entry| {
        let surface = entry.console && console || entry.platform && platform;
        surface && (allowed.is_empty() || allowed.contains(&name_of(entry)))
    };
    let functions: Vec<&str> = actions::ALL.iter().filter(is_there).map(name_of).collect();
    let rotates = console && !value("RotationSchedule").is_empty();
    let each = value("MaxConcurrency").parse::<i64>();
    let each = each.map_err(|_| "MaxConcurrency: expected a whole number".to_owned())?;
    let reserved = usize::try_from(each)
        .unwrap_or_default()
        .saturating_mul(functions.len());
    // A rotation is one at a time.
    let reserved = reserved + usize::from(rotates && each > 0);
    let mut arguments = vec![
        stack.to_owned(),
        format!("--reserved={reserved}"),
        format!("--longest={LONGEST_STACK_NAME}"),
    ];
    let functions = functions.into_iter().chain(SUPPORTING);
    arguments.extend(functions.map(|name| format!("--function={name}")));
    if console && value("ConsoleSecretArns").is_empty() {
        arguments.push(format!("--secret={stack}/console"));
    }
    if platform && value("PlatformSecretArn").is_empty() {
        arguments.push(format!("--secret={stack}/platform"));
    }
    Ok(arguments)
}

/// Looks at the account that the environment's credentials belong to.
fn preflight(stack: &str, parameters: &[String]) -> Result<(), Failure> {
    let arguments = taken(stack, parameters)?;
    let python = python::environment(
        &target_dir().join("python"),
        &workspace_root().join("tests/python/requirements.txt"),
    )?;
    let script = workspace_root().join("infra/checks/preflight.py");
    let status = Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("Python does not start: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("the account is not ready: see above".to_owned().into()),
    }
}

impl Check {
    /// An account as new ones are, one with room, and one that an earlier stack has left something in.
    fn preflight(&mut self) -> Result<(), Failure> {
        let moto = Moto::start();
        let look = |check: &Self, arguments: Vec<String>| {
            let mut script = check.script("preflight.py");
            script.args(arguments).envs([
                ("AWS_ENDPOINT_URL", moto.url()),
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "example"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_DEFAULT_REGION", "us-east-1"),
            ]);
            output(&mut script, &[0, 1])
        };
        let (code, said) = look(self, taken(STACK, &[])?)?;
        let lacks = |text: &str| !said.contains(text);
        if code != 1 || lacks("10 concurrent executions are free; 62 are to be reserved") {
            self.problem(format_args!(
                "a new account is not told that its quota is too low: {said}"
            ));
        }
        let unreserved = ["MaxConcurrency=-1".to_owned()];
        let (code, said) = look(self, taken(STACK, &unreserved)?)?;
        if code != 0 || said.contains("problem") {
            self.problem(format_args!("an account that is ready is refused: {said}"));
        }
        let mut leave = self.script("leftovers.py");
        output(leave.args([moto.url(), STACK]), &[0])?;
        let (code, said) = look(self, taken(STACK, &unreserved)?)?;
        if code != 1
            || !said.contains("1 log groups")
            || !said.contains("a secret acme/console is there already")
        {
            self.problem(format_args!(
                "what an earlier stack left is not told: {said}"
            ));
        }
        Ok(())
    }

    fn problem(&mut self, text: impl Display) {
        note(&text);
        self.problems.push(text.to_string());
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(workspace_root().join("infra/checks").join(name));
        command.stdin(Stdio::null());
        command
    }

    /// A program that pip put beside Python.
    fn tool(&self, python: &Path, name: &str) -> Command {
        let mut command = Command::new(python.with_file_name(name));
        command.stdin(Stdio::null()).current_dir(&self.folder);
        command
    }

    fn translate(&mut self) -> Result<(), Failure> {
        let mut script = self.script("translate.py");
        script.arg(workspace_root().join(template::FILE));
        let (_, translated) = output(&mut script, &[0])?;
        let template: Value = json(&translated, "translate.py")?;
        let resources = template["Resources"].as_object().map_or(0, |all| all.len());
        note(format_args!(
            "{resources} resources (CloudFormation takes 500)"
        ));
        if resources > 500 {
            self.problem("the template has more resources than CloudFormation takes");
        }
        for (name, default) in DEFAULTS {
            // A number in YAML is one in JSON, too.
            let written = match &template["Parameters"][name]["Default"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if written != default {
                self.problem(format_args!(
                    "the parameter {name} is {written:?} by itself, not {default:?}"
                ));
            }
        }
        let longest = longest_stack_name(&template);
        if longest != LONGEST_STACK_NAME {
            self.problem(format_args!(
                "a stack's name may have {longest} characters, not {LONGEST_STACK_NAME}"
            ));
        }
        let told = format!("`acme` is the stack's name: at most {longest} characters");
        let readme = fs::read_to_string(workspace_root().join(README)).unwrap_or_default();
        let words: Vec<&str> = readme.split_whitespace().collect();
        if !words.join(" ").contains(&told) {
            self.problem(format_args!("{README} does not say: {told}"));
        }
        fs::write(&self.translated, translated)
            .map_err(|error| format!("{} can't be written: {error}", self.translated.display()))?;
        Ok(())
    }

    /// Tells what is not accepted, and what was accepted and is not found any more.
    fn judge(&mut self, tool: &str, findings: &[Finding]) {
        let accepted = self.accepted.remove(tool).unwrap_or_default();
        let found: BTreeSet<&str> = findings.iter().map(|it| it.name.as_str()).collect();
        let mut fresh = BTreeSet::new();
        for Finding { name, text } in findings {
            if !accepted.contains_key(name) {
                fresh.insert(format!("{tool}: {name}: {text}"));
            }
        }
        for problem in fresh {
            self.problem(problem);
        }
        for (name, reason) in &accepted {
            match found.contains(name.as_str()) {
                true => note(format_args!("accepted: {name}: {reason}")),
                false => self.problem(format_args!(
                    "{tool} does not find {name} any more: take it out of infra/checks/accepted.json"
                )),
            }
        }
    }

    /// What cfn-lint says of the translator's output, which shows more than the SAM template does.
    fn lint(&mut self) -> Result<(), Failure> {
        let mut tool = self.tool(&self.python, "cfn-lint");
        tool.args(["--format", "json"]).arg(&self.translated);
        // Bits: errors 2, warnings 4, informational 8.
        let (_, said) = output(&mut tool, &[0, 2, 4, 6, 8, 10, 12, 14])?;
        let said: Vec<Value> = json(&said, "cfn-lint")?;
        let findings: Vec<Finding> = said
            .iter()
            .map(|it| Finding {
                name: text(&it["Rule"]["Id"]),
                text: text(&it["Message"]),
            })
            .collect();
        self.judge("cfn-lint", &findings);
        Ok(())
    }

    fn state_machine(&mut self) -> Result<(), Failure> {
        let file = self.folder.join("state-machine.json");
        fs::write(&file, template::example_definition()?)
            .map_err(|error| format!("{} can't be written: {error}", file.display()))?;
        let mut tool = self.tool(&self.python, "statelint");
        let (code, said) = output(tool.arg(&file), &[0, 1])?;
        if code != 0 {
            self.problem(format_args!("statelint: {}", said.trim()));
        }
        Ok(())
    }

    fn policies(&mut self) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Said {
            policy: String,
            issue: String,
            detail: String,
        }
        let mut script = self.script("policies.py");
        let (_, said) = output(script.arg(&self.translated), &[0])?;
        let mut findings = Vec::new();
        for line in said.lines() {
            let said: Said = json(line, "policies.py")?;
            findings.push(Finding {
                name: format!("{}: {}", said.policy, said.issue),
                text: said.detail,
            });
        }
        self.judge("parliament", &findings);
        Ok(())
    }

    fn checkov(&mut self, python: &Path) -> Result<(), Failure> {
        let mut tool = self.tool(python, "checkov");
        tool.args(["--skip-download", "--framework", "cloudformation"])
            .args(["--compact", "--quiet", "--output", "json", "--file"])
            .arg(&self.translated);
        let (_, said) = output(&mut tool, &[0, 1])?;
        let said: Value = json(&said, "checkov")?;
        let failed = said["results"]["failed_checks"].as_array();
        let failed = failed.ok_or_else(|| "checkov's answer has no results".to_owned())?;
        let findings: Vec<Finding> = failed
            .iter()
            .map(|it| Finding {
                name: text(&it["check_id"]),
                text: format!("{} ({})", text(&it["check_name"]), text(&it["resource"])),
            })
            .collect();
        self.judge("checkov", &findings);
        Ok(())
    }

    fn mappings(&mut self) -> Result<(), Failure> {
        let mut script = self.script("mappings.py");
        script.arg(workspace_root().join(template::EVENTS));
        let (_, made) = output(&mut script, &[0])?;
        let made: Value = json(&made, "mappings.py")?;
        let readme = fs::read_to_string(workspace_root().join(README));
        let readme = readme.map_err(|error| format!("{README} can't be read: {error}"))?;
        for mapping in mappings()? {
            let name = &mapping.name;
            if !told(&readme, &mapping) {
                self.problem(format_args!(
                    "{README} lacks the row of {name}, with its source, detail type and operation"
                ));
            }
            let expected = json_file(&mapping.folder.join("input.json"))?;
            if made[name] != expected {
                let made = &made[name];
                self.problem(format_args!(
                    "{}/{name}: the expression makes {made} of the example, and input.json has {expected}",
                    template::EVENTS
                ));
            }
        }
        Ok(())
    }

    /// With the defaults, and with everything that they leave out.
    fn deploy(&mut self) -> Result<(), Failure> {
        let on_consoles = actions::ALL.iter().filter(|entry| entry.console);
        self.deploy_with(&[], on_consoles.map(name_of).collect())?;
        let whole = [
            "Surfaces=both".to_owned(),
            "RotationSchedule=rate(30 days)".to_owned(),
            "ApiAllowedCidrs=198.51.100.0/24,203.0.113.7/32".to_owned(),
            format!("ConsoleSecretArns={SECRETS}:console-AbCdEf"),
            format!("PlatformSecretArn={SECRETS}:platform-AbCdEf"),
        ];
        let all = actions::ALL.iter().map(name_of).chain(SUPPORTING);
        self.deploy_with(&whole, all.collect())?;
        // As people write lists, and one whose name begins another one's.
        let few = ["AllowedOperations=get-user, unlock-user,offboard-user".to_owned()];
        self.deploy_with(
            &few,
            BTreeSet::from(["get-user", "unlock-user", "offboard-user"]),
        )?;
        self.policies_of_roles()
    }

    /// Deploys with these parameters, and compares the functions.
    fn deploy_with(
        &mut self,
        parameters: &[String],
        expected: BTreeSet<&str>,
    ) -> Result<(), Failure> {
        let moto = Moto::start();
        let mut script = self.script("deploy.py");
        script.arg(&self.translated).args([moto.url(), STACK]);
        let (_, deployed) = output(script.args(parameters), &[0])?;
        let deployed: Value = json(&deployed, "deploy.py")?;
        let with = match parameters {
            [] => "the defaults".to_owned(),
            some => some.join(" "),
        };
        if deployed["status"] != "CREATE_COMPLETE" {
            let (status, reason) = (&deployed["status"], &deployed["reason"]);
            self.problem(format_args!("with {with} the stack is {status}: {reason}"));
        }
        let functions = deployed["functions"].as_object().cloned();
        let found: BTreeSet<String> = functions.unwrap_or_default().keys().cloned().collect();
        let expected: BTreeSet<String> = expected
            .iter()
            .map(|name| format!("{STACK}-{name}"))
            .collect();
        for missing in expected.difference(&found) {
            self.problem(format_args!("with {with} there is no function {missing}"));
        }
        for unknown in found.difference(&expected) {
            self.problem(format_args!("with {with} there is a function {unknown}"));
        }
        note(format_args!("{} functions with {with}", found.len()));
        Ok(())
    }

    /// Whether each function's role has the policies that its operation needs, and no other.
    fn policies_of_roles(&mut self) -> Result<(), Failure> {
        let translated = json_file(&self.translated)?;
        for entry in actions::ALL {
            let name = entry.operation.spec.name;
            let id = template::id_of(name);
            let role = &translated["Resources"][format!("{id}Role")]["Properties"];
            let mut has = BTreeSet::new();
            policies_in(&role["ManagedPolicyArns"], &mut has);
            has.retain(|policy| {
                !["Trace", "AttachToNetwork", "ReadSecretsKey"].contains(&policy.as_str())
            });
            let needs = needs(entry);
            if has != needs {
                self.problem(format_args!(
                    "{name} needs {needs:?}, and its role has {has:?}"
                ));
            }
            let own = format!("{id}Role");
            let function = &translated["Resources"][format!("{id}Function")]["Properties"];
            let variables = &function["Environment"]["Variables"];
            let knows = !variables["RAPID7_JOURNAL_TABLE"].is_null();
            if knows != needs.contains("UseJournal") {
                self.problem(format_args!(
                    "{name} writes or it does not, and has the journal's table: {knows}"
                ));
            }
            if function["Role"]["Fn::GetAtt"][0] != own.as_str() {
                self.problem(format_args!("{name} does not run as its own role"));
            }
        }
        Ok(())
    }
}

/// Whether the README's table has a mapping, with what an event must have to be one of it.
fn told(readme: &str, mapping: &Mapping) -> bool {
    let begins = format!("| `{}` |", mapping.name);
    let ends = format!("| `{}` |", mapping.rule.operation);
    let exact = ["source", "detail-type"].map(|member| mapping.rule.pattern[member][0].as_str());
    let mut rows = readme.lines().filter(|row| row.starts_with(&begins));
    rows.any(|row| {
        let has = |text: &str| row.contains(&format!("| `{text}` |"));
        row.ends_with(&ends) && exact.into_iter().flatten().all(has)
    })
}

fn name_of(entry: &Entry) -> &'static str {
    entry.operation.spec.name
}

/// The policies about secrets and the journal that an operation needs, by what it may use.
fn needs(entry: &Entry) -> BTreeSet<String> {
    let input = Value::from((entry.input)());
    let names = [
        ("ReadConsoleSecret", entry.console),
        ("ReadPlatformSecret", entry.platform),
        (
            "ReadPasswordSecrets",
            input["properties"].get("password_secret").is_some(),
        ),
        ("DeliverSecrets", entry.delivers),
        ("WriteSecretsKey", entry.delivers),
        ("UseJournal", entry.operation.spec.effect != Effect::Read),
    ];
    let needed = names.into_iter().filter(|(_, needed)| *needed);
    needed.map(|(name, _)| name.to_owned()).collect()
}

/// The policies of this template that a value refers to, whatever they depend on.
fn policies_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| policies_in(item, found)),
        Value::Object(members) => {
            if let Some(name) = members.get("Ref").and_then(Value::as_str)
                && !name.starts_with("AWS::")
            {
                found.insert(name.to_owned());
            }
            members
                .values()
                .for_each(|member| policies_in(member, found));
        }
        _ => {}
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn json<T: for<'a> Deserialize<'a>>(text: &str, of: &str) -> Result<T, Failure> {
    let value = serde_json::from_str(text);
    Ok(value.map_err(|error| format!("the answer of {of} is not what was expected: {error}"))?)
}

/// Runs a program; its exit code, if it is one of those, and what it printed.
fn output(command: &mut Command, expected: &[i32]) -> Result<(i32, String), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    let code = output.status.code();
    match code.filter(|code| expected.contains(code)) {
        Some(code) => Ok((code, String::from_utf8_lossy(&output.stdout).into_owned())),
        None => {
            let words = String::from_utf8_lossy(&output.stderr);
            Err(format!("{program} failed ({}): {}", output.status, words.trim()).into())
        }
    }
}
