//! AWS's Lambda Runtime Interface Emulator, which the wheel of the AWS SAM CLI carries.

use std::env::consts::{ARCH, OS};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::python::{is_stamped, pip, run, write_stamp};
use crate::ui;

const PIN: &str = include_str!("../emulator.txt");

/// Takes one file out of the wheel in a folder. A wheel has thousands, and one is needed.
const EXTRACT: &str = "
import pathlib, shutil, sys, zipfile
folder, member, target = sys.argv[1:]
[wheel] = pathlib.Path(folder).glob('*.whl')
with zipfile.ZipFile(wheel) as archive:
    if member not in archive.namelist():
        near = [name for name in archive.namelist() if 'rie' in name or 'rapid' in name]
        sys.exit(f'{wheel.name} has no {member}; the likeliest of what it has: {near}')
    with archive.open(member) as source, open(target, 'wb') as copy:
        shutil.copyfileobj(source, copy)
";

/// Makes sure that `folder` has `aws-lambda-rie` for this machine.
pub(crate) fn install(python: &Path, folder: &Path) -> Result<(), String> {
    let suffix = match ARCH {
        "x86_64" => "x86_64",
        "aarch64" => "arm64",
        other => {
            return Err(format!(
                "AWS ships its Lambda emulator for x86_64 and aarch64, not for {other}"
            ));
        }
    };
    if OS != "linux" {
        ui::note("AWS ships it for Linux only: the tests that use it will fail on this system");
    }
    let program = folder.join("aws-lambda-rie");
    let stamp = folder.join(".aws-lambda-rie");
    let wanted = format!("{PIN}{suffix}\n");
    if is_stamped(&stamp, &wanted) && program.is_file() {
        ui::note("up to date");
        return Ok(());
    }
    let download = folder.join("download");
    // What an interrupted run left behind would be a second wheel.
    _ = fs::remove_dir_all(&download);
    let cannot = |error| format!("{} can't be prepared: {error}", folder.display());
    fs::create_dir_all(&download).map_err(cannot)?;
    let list = download.join("emulator.txt");
    fs::write(&list, PIN).map_err(cannot)?;

    ui::note("downloading the AWS SAM CLI, which carries it");
    let mut fetch = pip(python, "download");
    run(
        fetch.arg("-r").arg(&list).arg("-d").arg(&download),
        "pip could not download aws-sam-cli",
    )?;
    // Not to its final place: that must never hold half a program.
    let fresh = download.join("aws-lambda-rie");
    let member = format!("samcli/local/rapid/aws-lambda-rie-{suffix}");
    let mut extract = Command::new(python);
    extract
        .args(["-c", EXTRACT])
        .arg(&download)
        .arg(member)
        .arg(&fresh);
    run(&mut extract, "the emulator could not be unpacked")?;
    fs::set_permissions(&fresh, Permissions::from_mode(0o755)).map_err(cannot)?;
    fs::rename(&fresh, &program).map_err(cannot)?;
    _ = fs::remove_dir_all(&download);
    write_stamp(&stamp, &wanted)
}
