//! The Python environments that tools of others run in.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ui;

/// The oldest Python that all of them run on. It is InsightConnect's plugin runtime that asks for it.
const OLDEST: (u32, u32) = (3, 11);

/// Options of every pip run: exactly the files that were pinned, and none that runs code of its own
/// while it is installed.
const PINNED: [&str; 6] = [
    "--disable-pip-version-check",
    "--quiet",
    "--require-hashes",
    "--no-deps",
    "--only-binary",
    ":all:",
];

/// Makes sure that `folder` is a virtual environment with what `requirements` lists, and returns
/// its Python.
pub(crate) fn environment(folder: &Path, requirements: &Path) -> Result<PathBuf, String> {
    let python = folder.join("bin/python");
    let wanted = fs::read_to_string(requirements)
        .map_err(|error| format!("{} can't be read: {error}", requirements.display()))?;
    let stamp = folder.join(".installed");
    // A Python that was asked for has to be fit even if it turns out not to be needed.
    let chosen = env::var_os("PYTHON").filter(|value| !value.is_empty());
    let base = chosen
        .as_ref()
        .map(|chosen| find(chosen, "PYTHON="))
        .transpose()?;
    // An environment breaks when the Python it was made with goes away, so ask it for a word.
    let own = says_version(python.as_os_str()).ok();
    let fits = own.is_some() && base.as_ref().is_none_or(|base| own == Some(base.version));
    if fits && is_stamped(&stamp, &wanted) {
        ui::note("up to date");
        return Ok(python);
    }
    let base = base.map_or_else(|| find("python3".as_ref(), ""), Ok)?;
    ui::note(format_args!("making {}", folder.display()));
    run(
        Command::new(&base.program)
            .args(["-m", "venv", "--clear"])
            .arg(folder),
        "the environment could not be made",
    )?;
    let shown = requirements
        .strip_prefix(harness::workspace_root())
        .unwrap_or(requirements);
    ui::note(format_args!("installing {}", shown.display()));
    let mut install = pip(&python, "install");
    run(
        install.arg("-r").arg(requirements),
        &format!("pip could not install {}", shown.display()),
    )?;
    write_stamp(&stamp, &wanted)?;
    Ok(python)
}

/// `python -m pip COMMAND`, restricted to pinned wheels.
pub(crate) fn pip(python: &Path, command: &str) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", command]).args(PINNED);
    pip
}

/// Runs a command; what it prints goes to stderr.
pub(crate) fn run(command: &mut Command, failure: &str) -> Result<(), String> {
    let status = command
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| format!("{failure}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{failure} ({status}); its words are above"))
    }
}

/// Whether an earlier run finished installing exactly `wanted`.
pub(crate) fn is_stamped(stamp: &Path, wanted: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted)
}

/// Notes that `wanted` is installed. The last thing that an installation does.
pub(crate) fn write_stamp(stamp: &Path, wanted: &str) -> Result<(), String> {
    fs::write(stamp, wanted)
        .map_err(|error| format!("{} can't be written: {error}", stamp.display()))
}

/// A Python that can make the environment.
struct Base {
    program: OsString,
    version: (u32, u32),
}

/// Checks a Python; `prefix` is said before its name.
fn find(program: &OsStr, prefix: &str) -> Result<Base, String> {
    let name = format!("{prefix}{}", program.display());
    let version = says_version(program).map_err(|problem| advise(&format!("{name} {problem}")))?;
    if version < OLDEST {
        let (major, minor) = version;
        return Err(advise(&format!(
            "{name} is Python {major}.{minor}, which is too old"
        )));
    }
    // Debian ships these apart from Python itself. `venv` alone says nothing: the package that is
    // missing there is the one with `ensurepip`.
    for module in ["venv", "ensurepip"] {
        if ask(program, &format!("import {module}")).is_err() {
            return Err(advise(&format!("{name} lacks the module {module}")));
        }
    }
    Ok(Base {
        program: program.to_owned(),
        version,
    })
}

fn advise(problem: &str) -> String {
    let (major, minor) = OLDEST;
    format!(
        "{problem}.\n\n\
         The tests run moto, an AWS mock, a Python client of the console, and InsightConnect's plugin \
         runtime; `package lambda` runs cargo-lambda. They need Python {major}.{minor} or later with venv and pip.\n  \
         Debian, Ubuntu:  apt install python3 python3-venv\n  \
         Fedora:          dnf install python3\n  \
         macOS:           brew install python\n\
         If the right one has another name: PYTHON=/path/to/python cargo xtask …"
    )
}

/// Major and minor version of a Python.
fn says_version(python: &OsStr) -> Result<(u32, u32), String> {
    let answer = ask(python, "import sys; print(*sys.version_info[:2])")?;
    parse_version(&answer).ok_or_else(|| format!("is not Python: it answered {:?}", answer.trim()))
}

fn parse_version(answer: &str) -> Option<(u32, u32)> {
    let (major, minor) = answer.trim().split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What a Python prints for a program.
fn ask(python: &OsStr, program: &str) -> Result<String, String> {
    let output = Command::new(python)
        .args(["-c", program])
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr);
            Err(format!("does not work ({}) {words}", output.status)
                .trim_end()
                .to_owned())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err("was not found".to_owned()),
        Err(error) => Err(format!("does not start: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse_version("3 9\n").unwrap() < OLDEST);
        assert!(parse_version("3 11\n").unwrap() >= OLDEST);
        assert_eq!(parse_version("Python"), None);
    }

    #[test]
    fn a_missing_python_is_said_to_be_missing() {
        assert_eq!(
            says_version("/nowhere/python".as_ref()).unwrap_err(),
            "was not found"
        );
        let problem = says_version("false".as_ref()).unwrap_err();
        assert!(problem.starts_with("does not work"), "{problem}");
    }
}
