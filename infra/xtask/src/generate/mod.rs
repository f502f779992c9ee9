//! `cargo xtask generate`: what the documents say of the operations, out of the registry.

mod example;
mod json;
mod page;
mod schema;

use std::fs;
use std::io::ErrorKind;

use harness::workspace_root;

use crate::Failure;
use crate::ui::note;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing, and fail if something is out of date.
    #[arg(long)]
    check: bool,
}

const README: &str = "README.md";
const OPERATIONS: &str = "OPERATIONS.md";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let readme = read(README)?;
    let table = page::table(actions::ALL.iter().map(|entry| entry.operation.spec));
    let migration = page::migration(entrypoints::insightconnect::vendor_actions());
    let mut new_readme = readme.clone();
    for (markers, text) in [(page::MARKERS, table), (page::MIGRATION_MARKERS, migration)] {
        new_readme = page::between_markers(&new_readme, markers, &text).ok_or_else(|| {
            let [begin, end] = markers;
            format!("{README} lacks the lines {begin} and {end}")
        })?;
    }
    let mut stale = Vec::new();
    for (path, old, new) in [
        (README, readme, new_readme),
        (OPERATIONS, read(OPERATIONS)?, operations()?),
    ] {
        if old == new {
            continue;
        }
        stale.push(path);
        if !args.check {
            let written = fs::write(workspace_root().join(path), new);
            written.map_err(|error| format!("{path} can't be written: {error}"))?;
            note(format!("wrote {path}"));
        }
    }
    if args.check && !stale.is_empty() {
        let stale = stale.join(", ");
        return Err(
            format!("out of date: {stale}\nTo bring up to date: cargo xtask generate").into(),
        );
    }
    Ok(())
}

/// A file of the project; one that is not there yet is empty.
fn read(path: &str) -> Result<String, Failure> {
    match fs::read_to_string(workspace_root().join(path)) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("{path} can't be read: {error}").into()),
    }
}

fn operations() -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let mut described = Vec::new();
    for entry in actions::ALL {
        described.push(page::Operation {
            spec: entry.operation.spec,
            input: (entry.input)().into(),
            output: (entry.output)().into(),
            example: runtime.block_on(example::run(entry))?,
        });
    }
    Ok(page::operations(&described))
}
