//! `cargo xtask generate`: what the documents, the OpenAPI document, the plugin's files and the schemas
//! say of the operations, out of the registry.

mod example;
mod help;
mod icon;
mod json;
mod man;
mod openapi;
mod page;
mod parameters;
mod rules;
mod schema;
mod schemas;
pub(crate) mod template;
mod workflows;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;

use harness::workspace_root;
use insightconnect::{
    Examples, Kind, PluginAction, VendorAction, document_with, names, vendor_actions,
};
use serde_json::Value;
use suites::trace;
use tokio::runtime::Runtime;

use crate::Failure;
use crate::ui::note;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing, and fail if something is out of date.
    #[arg(long)]
    check: bool,
}

const VENDOR: &str = "docs/vendor-plugin.md";
const CONFIGURATION: &str = "docs/configuration.md";
const PLUGIN: &str = "infra/insightconnect";
const OUTPUT_EXAMPLES: &str = "shared/insightconnect/src/output_examples.json";

/// A file as it should be; without content, it should not be there.
struct Wanted {
    path: String,
    content: Option<Vec<u8>>,
}

fn wanted(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Wanted {
    Wanted {
        path: path.into(),
        content: Some(content.into()),
    }
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let mut files = documents(&runtime)?;
    files.extend(plugin(&runtime)?);
    files.extend(schemas()?);
    files.extend(all_in(man::FOLDER, man::all()?)?);
    files.extend(importable()?);
    files.push(example_runs(&runtime)?);
    let template = fs::read_to_string(workspace_root().join(template::FILE))
        .map_err(|error| format!("{} can't be read: {error}", template::FILE))?;
    let readme = fs::read_to_string(workspace_root().join(parameters::FILE))
        .map_err(|error| format!("{} can't be read: {error}", parameters::FILE))?;
    let readme = parameters::table(&template)
        .and_then(|table| page::between_markers(&readme, parameters::MARKERS, &table))
        .ok_or_else(|| format!("{} lacks its place for parameters", parameters::FILE))?;
    files.push(wanted(parameters::FILE, readme));
    files.push(wanted(template::FILE, template::template(&template)?));
    let mut stale = Vec::new();
    for Wanted { path, content } in files {
        if read(&path)? == content {
            continue;
        }
        if !args.check {
            let place = workspace_root().join(&path);
            let (done, result) = match content {
                Some(content) => ("wrote", fs::write(place, content)),
                None => ("removed", fs::remove_file(place)),
            };
            result.map_err(|error| format!("{path} can't be written: {error}"))?;
            note(format!("{done} {path}"));
        }
        stale.push(path);
    }
    if args.check && !stale.is_empty() {
        let stale = stale.join(", ");
        return Err(
            format!("out of date: {stale}\nTo bring up to date: cargo xtask generate").into(),
        );
    }
    Ok(())
}

/// A file of the project, if it is there.
fn read(path: &str) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(workspace_root().join(path)) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{path} can't be read: {error}").into()),
    }
}

/// The documents on the operations.
fn documents(runtime: &Runtime) -> Result<Vec<Wanted>, Failure> {
    let migration = page::migration(vendor_actions());
    let mut files = Vec::new();
    for (path, markers, text) in [
        (VENDOR, page::MIGRATION_MARKERS, migration),
        (CONFIGURATION, page::SETTINGS_MARKERS, page::settings()),
    ] {
        let document = fs::read_to_string(workspace_root().join(path));
        let document = document.map_err(|error| format!("{path} can't be read: {error}"))?;
        let document = page::between_markers(&document, markers, &text);
        let [begin, end] = markers;
        let document =
            document.ok_or_else(|| format!("{path} lacks the lines {begin} and {end}"))?;
        files.push(wanted(path, document));
    }
    let mut described = Vec::new();
    for entry in actions::ALL {
        described.push(page::Operation {
            spec: entry.operation.spec,
            input: (entry.input)().into(),
            output: (entry.output)().into(),
            example: runtime.block_on(example::run(entry))?,
        });
    }
    let openapi = openapi::document(&described)?;
    let index = format!("{}/README.md", page::FOLDER);
    let mut pages = vec![(index, page::index(&described).into_bytes())];
    files.push(wanted(openapi::PATH, openapi));
    let account = page::account(&described);
    for (entry, operation) in actions::ALL.iter().zip(&described) {
        let name = entry.operation.spec.name;
        let action = name.replace('-', "_");
        let found = PluginAction::find(&action)
            .ok_or_else(|| format!("the plugin has no action {action}"))?;
        let used = page::Use {
            entry,
            r7user: cli::example(entry),
            action: (action, found.example().into()),
            rules: runtime.block_on(rules::rules(entry))?,
        };
        let page = page::page(operation, &account, &used);
        pages.push((format!("{}/{name}.md", page::FOLDER), page.into_bytes()));
    }
    files.extend(all_in(page::FOLDER, pages)?);
    Ok(files)
}

/// What every operation's example sends and changes, which the tests hold the functions to.
fn example_runs(runtime: &Runtime) -> Result<Wanted, Failure> {
    let mut text = "\
# Generated by `cargo xtask generate`: the requests that the example of every operation sends, those that
# the same sends again, and what is changed by it, on consoles and platforms as tests have them. A line has
# the requests between two writes in alphabetical order, or one write.
"
    .to_owned();
    for entry in actions::ALL {
        let trace = runtime.block_on(example::trace(entry))?;
        text += &format!("\n{}\n{trace}", entry.operation.spec.name);
    }
    Ok(wanted(trace::FILE, text))
}

/// The files of the InsightConnect plugin.
fn plugin(runtime: &Runtime) -> Result<Vec<Wanted>, Failure> {
    let mut examples = Examples::new();
    let mut runs = Vec::new();
    for action in names().iter().filter_map(|name| PluginAction::find(name)) {
        let (input, output) = runtime.block_on(example::run_action(&action))?;
        // The vendor's tools want an example of every output that is a single value.
        let single = action
            .output
            .iter()
            .filter(|field| !matches!(field.kind, Kind::Object | Kind::List(_) | Kind::Custom(_)));
        let answered = single.filter_map(|field| {
            let value = first_line(output.get(&field.name)?)?;
            Some((field.name.clone(), value))
        });
        examples.insert(action.name.clone(), answered.collect());
        let difference = vendor_actions().find(|theirs| theirs.name() == action.name);
        runs.push(help::Run {
            difference: difference.and_then(VendorAction::difference),
            name: action.name,
            input,
            output,
        });
    }
    let specification = document_with(&examples);
    let examples = serde_json::to_string_pretty(&examples).map_err(|error| error.to_string())?;
    let mut files = vec![
        wanted(OUTPUT_EXAMPLES, examples + "\n"),
        wanted(
            format!("{PLUGIN}/plugin.spec.yaml"),
            yaml::document(&specification),
        ),
        wanted(
            format!("{PLUGIN}/help.md"),
            help::page(&specification, &runs),
        ),
    ];
    for name in ["icon", "extension"] {
        let picture = icon::png(&format!("{PLUGIN}/{name}.svg"))?;
        files.push(wanted(format!("{PLUGIN}/{name}.png"), picture));
    }
    Ok(files)
}

/// A value as an example: of a document its first line, and nothing of what a specification can't say,
/// which is ASCII.
fn first_line(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => {
            let line = text.lines().next()?;
            line.is_ascii().then(|| line.into())
        }
        value => Some(value.clone()),
    }
}

/// The workflows for InsightConnect.
fn importable() -> Result<Vec<Wanted>, Failure> {
    let folder = workspace_root().join(workflows::FOLDER);
    fs::create_dir_all(folder)
        .map_err(|error| format!("{} can't be made: {error}", workflows::FOLDER))?;
    let files = workflows::files()?.into_iter();
    Ok(files.map(|(path, text)| wanted(path, text)).collect())
}

/// The schemas, and those that no operation has any more.
fn schemas() -> Result<Vec<Wanted>, Failure> {
    let all = schemas::all().into_iter();
    let all = all.map(|(path, text)| (path, text.into_bytes()));
    all_in(schemas::FOLDER, all.collect())
}

/// The files of a folder of which nothing is written by hand; what else is there is to go.
fn all_in(folder: &str, all: Vec<(String, Vec<u8>)>) -> Result<Vec<Wanted>, Failure> {
    let known: BTreeSet<&String> = all.iter().map(|(path, _)| path).collect();
    let unreadable = |error: std::io::Error| format!("{folder} can't be read: {error}");
    let place = workspace_root().join(folder);
    fs::create_dir_all(&place).map_err(unreadable)?;
    let mut files = Vec::new();
    for file in fs::read_dir(place).map_err(unreadable)? {
        let name = file.map_err(unreadable)?.file_name();
        let path = format!("{folder}/{}", name.to_string_lossy());
        if !known.contains(&path) {
            files.push(Wanted {
                path,
                content: None,
            });
        }
    }
    files.extend(all.into_iter().map(|(path, text)| wanted(path, text)));
    Ok(files)
}
