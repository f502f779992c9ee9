//! The InsightConnect plugin.

use std::env;
use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use harness::{target_dir, workspace_root};
use insightconnect::{NAME, VENDOR, VERSION};

use super::digest::sha256;
use super::image::{Image, Layer, Time};
use super::static_build::Target;
use super::{elf, roots};
use crate::Failure;
use crate::ui::{self, Progress};

/// What builds the program, for Cargo.
const PROGRAM: [&str; 4] = [
    "--package",
    "insightconnect",
    "--bin",
    "insightconnect-plugin",
];

/// What InsightConnect's orchestrators run on.
const ARCHITECTURE: &str = "x86_64";

/// The profile that tests pack.
const TEST_PROFILE: &str = "package-test";

/// Nobody, by number: how the kernel knows the user that owns nothing.
const NOBODY: &str = "65534:65534";

const PASSWD: &str = "root:x:0:0:root:/:/sbin/nologin\n\
                      nobody:x:65534:65534:nobody:/tmp:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nnobody:x:65534:\n";
const ROOTS: &str = "etc/ssl/certs/ca-certificates.crt";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The Cargo profile to build with.
    #[arg(long, value_name = "NAME", default_value = "release")]
    profile: String,
    /// Pack this static program instead of building one.
    #[arg(long, value_name = "FILE", conflicts_with = "profile")]
    program: Option<PathBuf>,
    /// Where the .plg goes [default: plugin/ in Cargo's target folder]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| target_dir().join("plugin"));
    let program;
    let mut progress;
    if let Some(chosen) = &args.program {
        progress = Progress::new(1);
        program = chosen.clone();
    } else {
        progress = Progress::new(3);
        progress.step(format_args!(
            "Rust's standard library: {ARCHITECTURE}, static"
        ));
        let target = Target::musl(ARCHITECTURE)?;
        progress.step(format_args!("Build: the plugin, profile {}", args.profile));
        program = target.build(&args.profile, &PROGRAM)?;
    }
    progress.step("Pack");
    let packed = pack(&program, &out)?;
    progress.finish("Packed");
    println!("{packed}");
    Ok(())
}

/// Packs a plugin that is quick to build, for the tests. Nothing else is in `out` afterwards.
pub(crate) fn for_tests(out: &Path) -> Result<(), Failure> {
    if env::consts::OS != "linux" {
        ui::note("a plugin runs on Linux only: the tests that use it will fail on this system");
        return Ok(());
    }
    let program = Target::for_tests()?.build(TEST_PROFILE, &PROGRAM)?;
    let packed = pack(&program, out)?;
    // An older version's: tests take the one that is there.
    let cannot = |error| format!("{} can't be tidied: {error}", out.display());
    for entry in fs::read_dir(out).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path != packed.path && path.extension().is_some_and(|extension| extension == "plg") {
            fs::remove_file(path).map_err(cannot)?;
        }
    }
    ui::note(packed);
    Ok(())
}

/// A .plg that was written.
struct Packed {
    path: PathBuf,
    bytes: usize,
    sha256: String,
}

impl std::fmt::Display for Packed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self {
            path,
            bytes,
            sha256,
        } = self;
        write!(
            formatter,
            "{} {bytes} bytes sha256:{sha256}",
            path.display()
        )
    }
}

fn pack(program: &Path, out: &Path) -> Result<Packed, String> {
    let content = fs::read(program)
        .map_err(|error| format!("{} can't be read: {error}", program.display()))?;
    let epoch = env::var("SOURCE_DATE_EPOCH").ok();
    let time = Time::from_epoch(epoch.as_deref())?;
    let descriptions = workspace_root().join("infra/insightconnect");
    let archive = archive(content, &descriptions, time)
        .map_err(|problem| format!("{} can't be packed: {problem}", program.display()))?;
    let path = out.join(file_name());
    write(&path, &archive)
        .map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    Ok(Packed {
        path,
        bytes: archive.len(),
        sha256: sha256(&archive),
    })
}

fn file_name() -> String {
    format!("{VENDOR}_{NAME}_{VERSION}.plg")
}

/// Whoever reads the file meanwhile finds all of the old one or all of the new one.
pub(super) fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut fresh = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    fresh.write_all(content)?;
    fresh.persist(path)?;
    Ok(())
}

fn archive(program: Vec<u8>, descriptions: &Path, time: Time) -> Result<Vec<u8>, String> {
    let architecture = elf::architecture(&program)?;
    let layer = layer(program, descriptions)?;
    let env = ["PATH=/".to_owned(), format!("SSL_CERT_FILE=/{ROOTS}")];
    let image = Image {
        repository: &format!("{VENDOR}/{NAME}"),
        tag: VERSION,
        architecture,
        user: NOBODY,
        // No arguments: the orchestrator says what to do.
        entrypoint: &["/insightconnect-plugin"],
        env: &env.each_ref().map(String::as_str),
        created_by: "cargo xtask package plugin",
        time,
    };
    image.archive(&layer).map_err(|error| error.to_string())
}

/// All that there is in the image.
fn layer(program: Vec<u8>, descriptions: &Path) -> Result<Layer, String> {
    let mut layer = Layer::default();
    layer.file("insightconnect-plugin", 0o755, program);
    layer.file("etc/passwd", 0o644, PASSWD);
    layer.file("etc/group", 0o644, GROUP);
    layer.file(ROOTS, 0o644, roots::pem());
    layer.folder("tmp", 0o1777);
    // The vendor's images have the specification in both places, and all the rest in the second.
    for (name, folders) in [
        ("plugin.spec.yaml", &["", "python/src/"][..]),
        ("help.md", &["python/src/"]),
        ("icon.png", &["python/src/"]),
        ("extension.png", &["python/src/"]),
    ] {
        let path = descriptions.join(name);
        match fs::read(&path) {
            Ok(content) => {
                for folder in folders {
                    layer.file(&format!("{folder}{name}"), 0o644, content.clone());
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{} can't be read: {error}", path.display())),
        }
    }
    Ok(layer)
}

#[cfg(test)]
mod tests {
    use super::super::elf::tests::program;
    use super::*;

    #[test]
    fn packing_twice_gives_the_same_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program");
        fs::write(&path, program(0x3e, &[1])).expect("a program");
        let [first, second] = ["one", "two/deep"].map(|out| {
            let packed = pack(&path, &folder.path().join(out)).expect("a package");
            let content = fs::read(&packed.path).expect("the package");
            assert_eq!(packed.bytes, content.len());
            assert_eq!(packed.sha256, sha256(&content));
            (packed, content)
        });
        assert_eq!(first.1, second.1);
        assert_eq!(first.0.path, folder.path().join("one").join(file_name()));
    }

    #[test]
    fn a_program_that_would_not_start_is_not_packed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program");
        fs::write(&path, program(0x3e, &[3])).expect("a program");
        let problem = pack(&path, folder.path()).err().expect("a problem");
        assert!(problem.contains("dynamic loader"), "{problem}");
        assert!(!folder.path().join(file_name()).exists());
    }

    /// The registry's rule for a name, and one that file systems agree with.
    #[test]
    fn vendor_and_name_are_fit_for_an_image() {
        for name in [VENDOR, NAME] {
            let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
            assert!(
                name.split('_')
                    .all(|part| !part.is_empty() && part.chars().all(fits)),
                "{name}"
            );
        }
    }

    /// The Dockerfile names the Rust that rust-toolchain.toml pins.
    #[test]
    fn the_dockerfile_builds_with_the_pinned_rust() {
        let read = |path| fs::read_to_string(workspace_root().join(path)).expect(path);
        let toolchain = read("rust-toolchain.toml");
        let version = toolchain
            .lines()
            .find_map(|line| line.strip_prefix("channel = \"")?.strip_suffix('"'))
            .expect("a channel");
        let dockerfile = read("infra/insightconnect/Dockerfile");
        let image = format!("FROM --platform=linux/amd64 rust:{version}-slim-bookworm AS build\n");
        assert!(dockerfile.contains(&image), "{image}");
        assert!(dockerfile.contains(&format!("\nENV RUSTUP_TOOLCHAIN={version}\n")));
    }

    /// Both ways end in the same image.
    #[test]
    fn the_dockerfile_runs_the_same_program_as_the_same_user() {
        let path = workspace_root().join("infra/insightconnect/Dockerfile");
        let dockerfile = fs::read_to_string(path).expect("a Dockerfile");
        for line in [
            format!("USER {NOBODY}"),
            format!("ENV PATH=/ SSL_CERT_FILE=/{ROOTS}"),
            "ENTRYPOINT [\"/insightconnect-plugin\"]".to_owned(),
        ] {
            assert!(dockerfile.lines().any(|other| other == line), "{line}");
        }
    }
}
