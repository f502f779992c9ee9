//! The functions, as AWS Lambda takes them.

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::{Cursor, IsTerminal as _, Write as _, stdout};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use harness::{target_dir, workspace_root};
use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::digest::sha256;
use super::image::Time;
use super::{plugin, toolchain};
use crate::ui::Progress;
use crate::{Failure, cargo, python};

const PACKAGE: &str = "functions";

/// How functions are built, unless somebody asks for another profile.
pub(crate) const PROFILE: &str = "lambda";

/// What a custom runtime's program is called
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html>).
const BOOTSTRAP: &str = "bootstrap";

/// Programs that are loaded where they were linked for, as Go's are: calls need no table of addresses, and
/// the loader does not rewrite 20,000 of them at each start. The libraries, the heap and the stack still lie
/// elsewhere each time.
const FIXED_ADDRESSES: &str = "-Crelocation-model=static";

/// The first year that a zip can tell.
const FIRST_YEAR: i16 = 1980;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the functions are to run on.
    #[arg(long, value_enum, default_value = "both")]
    arch: Arch,
    /// Only these functions.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// The Cargo profile to build with.
    #[arg(long, value_name = "NAME", default_value = PROFILE)]
    profile: String,
    /// Where the zips go [default: lambda/ in Cargo's target folder]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Arch {
    Arm64,
    #[value(name = "x86-64")]
    X86_64,
    Both,
}

impl Arch {
    fn chosen(self) -> &'static [Architecture] {
        match self {
            Self::Arm64 => &BOTH[..1],
            Self::X86_64 => &BOTH[1..],
            Self::Both => &BOTH,
        }
    }
}

/// Where a function can run.
struct Architecture {
    /// As Lambda calls it.
    name: &'static str,
    folder: &'static str,
    triple: &'static str,
}

const BOTH: [Architecture; 2] = [
    Architecture {
        name: "arm64",
        folder: "arm64",
        triple: "aarch64-unknown-linux-gnu",
    },
    Architecture {
        name: "x86_64",
        folder: "x86-64",
        triple: "x86_64-unknown-linux-gnu",
    },
];

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let functions = chosen(all()?, &args.only)?;
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| target_dir().join("lambda"));
    let architectures = args.arch.chosen();
    let mut progress = Progress::new(1 + 3 * architectures.len());
    progress.step("Python tools: cargo-lambda, zig");
    let python = tools()?;
    let mut packed = vec![];
    for architecture in architectures {
        let name = architecture.name;
        progress.step(format_args!("Rust's standard library: {name}"));
        toolchain::install(architecture.triple)?;
        let count = functions.len();
        progress.step(format_args!(
            "Build: {count} functions for {name}, profile {}",
            args.profile
        ));
        let built = build(&python, architecture, &args.profile, &[PACKAGE], &functions)?;
        progress.step(format_args!("Pack: {name}"));
        for function in &functions {
            let path = out
                .join(architecture.folder)
                .join(format!("{function}.zip"));
            let zipped = zip(&built.program(function), &path)?;
            packed.push(Packed {
                function: function.clone(),
                architecture: name,
                zipped,
            });
        }
    }
    progress.finish("Packed");
    if stdout().is_terminal() {
        println!("{}", table(&packed));
    } else {
        let json = serde_json::to_string_pretty(&packed).map_err(|error| error.to_string())?;
        println!("{json}");
    }
    Ok(())
}

/// Every function, by the file that it is made of.
fn all() -> Result<Vec<String>, String> {
    let folder = workspace_root().join(PACKAGE).join("src/bin");
    let cannot = |error| format!("{} can't be read: {error}", folder.display());
    let mut names = vec![];
    for entry in fs::read_dir(&folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        names.extend(
            path.file_stem()
                .and_then(|name| name.to_str())
                .map(str::to_owned),
        );
    }
    names.sort_unstable();
    Ok(names)
}

fn chosen(all: Vec<String>, only: &[String]) -> Result<Vec<String>, String> {
    if let Some(unknown) = only.iter().find(|name| !all.contains(name)) {
        return Err(format!(
            "there is no function {unknown:?}; there are {}",
            all.join(", ")
        ));
    }
    let is_wanted = |name: &String| only.is_empty() || only.contains(name);
    Ok(all.into_iter().filter(is_wanted).collect())
}

/// Installs what builds functions; the answer is the Python of its environment.
fn tools() -> Result<PathBuf, Failure> {
    let python = python::environment(
        &target_dir().join("python-package"),
        &workspace_root().join("infra/python/package-requirements.txt"),
    )?;
    Ok(python)
}

/// Functions that are built for an architecture.
pub(crate) struct Built(PathBuf);

impl Built {
    fn of(architecture: &Architecture, profile: &str) -> Self {
        let programs = target_dir().join("lambda-programs");
        Self(programs.join(profile).join(architecture.folder))
    }

    /// Those for this machine: see [`build_here`].
    pub(crate) fn here(profile: &str) -> Result<Self, Failure> {
        Ok(Self::of(architecture_here()?, profile))
    }

    /// A function's program.
    pub(crate) fn program(&self, function: &str) -> PathBuf {
        self.0.join(function).join(BOOTSTRAP)
    }
}

fn architecture_here() -> Result<&'static Architecture, Failure> {
    let here = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let found = BOTH
        .iter()
        .find(|other| env::consts::OS == "linux" && other.triple == here);
    found.ok_or_else(|| format!("Lambda has no machines like this one ({here})").into())
}

/// Builds functions for this machine exactly as they are built for a deployment, to be measured.
pub(crate) fn build_here(
    profile: &str,
    packages: &[&str],
    functions: &[&str],
) -> Result<(), Failure> {
    let architecture = architecture_here()?;
    let python = tools()?;
    toolchain::install(architecture.triple)?;
    let functions: Vec<String> = functions.iter().map(|&name| name.to_owned()).collect();
    build(&python, architecture, profile, packages, &functions)?;
    Ok(())
}

/// Builds functions.
fn build(
    python: &Path,
    architecture: &Architecture,
    profile: &str,
    packages: &[&str],
    functions: &[String],
) -> Result<Built, Failure> {
    let built = Built::of(architecture, profile);
    let mut build = cargo::command("lambda");
    build.args(["build", "--locked"]);
    for package in packages {
        build.args(["--package", package]);
    }
    build.args(["--profile", profile, "--target", architecture.triple]);
    // What it calls optimizations takes panics as the end of the process, and older processors away.
    build.args(["--disable-optimizations", "--output-format", "binary"]);
    build.arg("--lambda-dir").arg(&built.0);
    for function in functions {
        build.args(["--bin", function]);
    }
    let mut flags = toolchain::without_folders()?;
    flags.push(FIXED_ADDRESSES.into());
    // One invocation for all of them: they share everything but their last step.
    build
        .env("PATH", path_with_tools(python)?)
        .env("CARGO_ZIGBUILD_PYTHON_PATH", python)
        // Instead of RUSTFLAGS: what somebody set for another build is not for this one.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f".as_ref()))
        // Its words are no result.
        .stdout(std::io::stderr());
    cargo::run(&mut build, "the build failed")?;
    Ok(built)
}

/// The tools of an environment, before what else there is.
fn path_with_tools(python: &Path) -> Result<OsString, String> {
    let tools = python.parent().map(Path::to_path_buf);
    let others = env::var_os("PATH").unwrap_or_default();
    let folders = tools.into_iter().chain(env::split_paths(&others));
    env::join_paths(folders).map_err(|error| format!("PATH: {error}"))
}

/// A zip that was written.
#[derive(Serialize)]
pub(crate) struct Zipped {
    pub(crate) path: PathBuf,
    pub(crate) zip_bytes: usize,
    pub(crate) program_bytes: usize,
    pub(crate) sha256: String,
}

/// Packs a program as a function's code, as it is deployed: the same program gives the same bytes.
pub(crate) fn zip(program: &Path, to: &Path) -> Result<Zipped, String> {
    let content = fs::read(program)
        .map_err(|error| format!("{} can't be read: {error}", program.display()))?;
    let epoch = env::var("SOURCE_DATE_EPOCH").ok();
    let time = Time::from_epoch(epoch.as_deref())?;
    let archive = archive(&content, time)
        .map_err(|problem| format!("{} can't be packed: {problem}", program.display()))?;
    plugin::write(to, &archive)
        .map_err(|error| format!("{} can't be written: {error}", to.display()))?;
    Ok(Zipped {
        path: to.to_owned(),
        zip_bytes: archive.len(),
        program_bytes: content.len(),
        sha256: sha256(&archive),
    })
}

fn archive(program: &[u8], time: Time) -> Result<Vec<u8>, String> {
    let text = |error: &dyn Display| error.to_string();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(dos_time(time)?)
        // Else it is that of the machine that packs.
        .system(System::Unix)
        .unix_permissions(0o755);
    let mut archive = ZipWriter::new(Cursor::new(vec![]));
    archive
        .start_file(BOOTSTRAP, options)
        .map_err(|error| text(&error))?;
    archive.write_all(program).map_err(|error| text(&error))?;
    let archive = archive.finish().map_err(|error| text(&error))?;
    Ok(archive.into_inner())
}

fn dos_time(time: Time) -> Result<DateTime, String> {
    let time = time.civil();
    if time.year() < FIRST_YEAR {
        return Ok(DateTime::default());
    }
    let small = |part: i8| u8::try_from(part).unwrap_or_default();
    DateTime::from_date_and_time(
        u16::try_from(time.year()).unwrap_or_default(),
        small(time.month()),
        small(time.day()),
        small(time.hour()),
        small(time.minute()),
        small(time.second()),
    )
    .map_err(|_| format!("SOURCE_DATE_EPOCH is {time}, which a zip can't tell"))
}

#[derive(Serialize)]
struct Packed {
    function: String,
    architecture: &'static str,
    #[serde(flatten)]
    zipped: Zipped,
}

fn table(packed: &[Packed]) -> Table {
    let megabytes = |bytes: usize| format!("{:.2} MB", bytes as f64 / 1e6);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["function", "architecture", "zip", "program", "sha256"]);
    for Packed {
        function,
        architecture,
        zipped,
    } in packed
    {
        table.add_row([
            function.clone(),
            (*architecture).to_owned(),
            megabytes(zipped.zip_bytes),
            megabytes(zipped.program_bytes),
            zipped.sha256[..12].to_owned(),
        ]);
    }
    for index in [2, 3] {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::{Value, json};

    use super::*;

    /// What somebody else's code finds in a zip, and whether it is whole.
    const READ: &str = "
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    [entry] = archive.infolist()
    print(json.dumps({
        'name': entry.filename, 'time': entry.date_time, 'system': entry.create_system,
        'mode': oct(entry.external_attr >> 16), 'deflated': entry.compress_type == 8,
        'text': archive.read(entry).decode(),
    }))
";

    #[test]
    fn packing_twice_gives_one_program_in_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "#!/bin/sh\n".repeat(1000);
        let [first, second] = ["one", "two"].map(|name| {
            // Another name and other rights: neither is the function's.
            let program = folder.path().join(name);
            fs::write(&program, &text).expect("a program");
            let path = folder.path().join(format!("deep/{name}.zip"));
            let zipped = zip(&program, &path).expect("a zip");
            let content = fs::read(&path).expect("the zip");
            assert_eq!(zipped.zip_bytes, content.len());
            assert_eq!(zipped.program_bytes, text.len());
            assert_eq!(zipped.sha256, sha256(&content));
            (content, path)
        });
        assert_eq!(first.0, second.0);
        let python = env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let read = Command::new(python)
            .args(["-c", READ])
            .arg(&first.1)
            .output();
        let read = read.expect("Python starts");
        assert!(
            read.status.success(),
            "{}",
            String::from_utf8_lossy(&read.stderr)
        );
        let found: Value = serde_json::from_slice(&read.stdout).expect("JSON");
        // Nothing sets SOURCE_DATE_EPOCH for tests; 3 is Unix.
        let expected = json!({
            "name": "bootstrap", "time": [1980, 1, 1, 0, 0, 0], "system": 3, "mode": "0o100755",
            "deflated": true, "text": text,
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn the_time_is_that_of_source_date_epoch_where_a_zip_can_tell_it() {
        let at = |epoch: &str| dos_time(Time::from_epoch(Some(epoch)).expect("a time"));
        let told = at("1700000000").expect("a time");
        let date = (told.year(), told.month(), told.day());
        assert_eq!(date, (2023, 11, 14));
        assert_eq!((told.hour(), told.minute(), told.second()), (22, 13, 20));
        assert_eq!(at("0").expect("a time").year(), 1980);
        at("9999999999").expect_err("after 2107");
    }

    #[test]
    fn functions_are_chosen_by_name() {
        let all = || all().expect("functions");
        assert_eq!(chosen(all(), &[]).expect("all"), all());
        let only = chosen(all(), &["disable-user".into()]).expect("one");
        assert_eq!(only, ["disable-user"]);
        let problem = chosen(all(), &["disable-users".into()]).expect_err("none");
        assert!(problem.contains("there are access-report, "), "{problem}");
    }
}
