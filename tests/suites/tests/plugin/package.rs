//! The packed plugin, read by other code than what packs it, and run as it will be: alone in its
//! file system, as nobody.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fake_console::{FakeConsole, State};
use flate2::read::GzDecoder;
use harness::{binary, plugin_package, workspace_root};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use suites::plugin::action;
use suites::{OWN_LOGIN, OWN_PASSWORD};
use tempfile::TempDir;

const PROGRAM: &str = "insightconnect-plugin";
const ROOTS: &str = "etc/ssl/certs/ca-certificates.crt";

/// What a tar says of a file, or of a folder if its path ends so.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    mode: u64,
    owner: (u64, u64),
    time: u64,
    content: Vec<u8>,
}

type Entries = BTreeMap<String, Entry>;

/// Reads a tar in the POSIX form, which is all that a package is made of.
fn untar(data: &[u8]) -> Entries {
    let text = |field: &[u8]| {
        let end = field.iter().position(|byte| *byte == 0);
        let field = &field[..end.unwrap_or(field.len())];
        String::from_utf8(field.to_vec()).expect("text")
    };
    let octal = |field: &[u8]| {
        let digits = text(field);
        u64::from_str_radix(digits.trim(), 8).expect("an octal number")
    };
    let mut entries = Entries::new();
    let mut rest = data;
    loop {
        let (header, after) = rest.split_at(512);
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        assert_eq!(header[257..265], *b"ustar\x0000");
        // The sum counts its own field as spaces.
        let own = header[148..156].iter();
        let sum = header.iter().map(|byte| u64::from(*byte)).sum::<u64>() + 8 * 32
            - own.map(|byte| u64::from(*byte)).sum::<u64>();
        assert_eq!(octal(&header[148..156]), sum);
        let path = text(&header[..100]);
        let size = usize::try_from(octal(&header[124..136])).expect("a size");
        let (kind, prefix) = (header[156], text(&header[345..500]));
        assert_eq!(prefix, "", "{path}");
        assert_eq!(
            kind,
            if path.ends_with('/') { b'5' } else { b'0' },
            "{path}"
        );
        for name in [&header[265..297], &header[297..329]] {
            assert_eq!(text(name), "", "{path} has an owner's name");
        }
        let entry = Entry {
            mode: octal(&header[100..108]),
            owner: (octal(&header[108..116]), octal(&header[116..124])),
            time: octal(&header[136..148]),
            content: after[..size].to_vec(),
        };
        assert!(entries.insert(path.clone(), entry).is_none(), "{path}");
        rest = &after[size.next_multiple_of(512)..];
    }
    assert!(rest.len() >= 1024 && rest.iter().all(|byte| *byte == 0));
    entries
}

fn sha256(data: &[u8]) -> String {
    let digest = Sha256::digest(data);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse(content: &[u8]) -> Value {
    serde_json::from_slice(content).expect("JSON")
}

/// The package, taken apart.
struct Package {
    path: PathBuf,
    /// Decompressed.
    tar: Vec<u8>,
    /// `vendor/name:version`.
    tag: String,
    outer: Entries,
    manifest: Value,
    config: Value,
    files: Entries,
}

fn package() -> Package {
    let path = plugin_package();
    let mut tar = vec![];
    let file = fs::File::open(&path).expect("the package");
    GzDecoder::new(file).read_to_end(&mut tar).expect("gzip");
    let outer = untar(&tar);
    let manifest = parse(&outer["manifest.json"].content);
    let [image] = manifest.as_array().expect("a list").as_slice() else {
        panic!("not one image: {manifest}");
    };
    let image = image.clone();
    let part = |value: &Value| outer[value.as_str().expect("a path")].content.clone();
    let config = parse(&part(&image["Config"]));
    let layers = image["Layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 1);
    let layer = part(&layers[0]);
    // What the config vouches for is what is there.
    let digests = json!({"type": "layers", "diff_ids": [format!("sha256:{}", sha256(&layer))]});
    assert_eq!(config["rootfs"], digests);
    let tag = image["RepoTags"][0].as_str().expect("a tag").to_owned();
    Package {
        path,
        tar,
        tag,
        manifest: image,
        config,
        files: untar(&layer),
        outer,
    }
}

/// An unpacked image, and what runs programs in it.
struct Unpacked {
    root: PathBuf,
    _folder: TempDir,
}

/// The image's files in a folder of their own.
fn unpacked() -> Unpacked {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    fs::create_dir(&root).expect("a root");
    fs::set_permissions(&root, Permissions::from_mode(0o755)).expect("a mode");
    // Folders sort before what is in them.
    for (path, entry) in package().files {
        let target = root.join(&path);
        if path.ends_with('/') {
            fs::create_dir(&target).expect(&path);
        } else {
            fs::write(&target, &entry.content).expect(&path);
        }
        let mode = u32::try_from(entry.mode).expect("a mode");
        fs::set_permissions(&target, Permissions::from_mode(mode)).expect(&path);
    }
    Unpacked {
        root,
        _folder: folder,
    }
}

impl Unpacked {
    /// The image's program with nothing else in sight, as nobody; if this user may not do that,
    /// just the program.
    fn command(&self) -> Command {
        let root = fs::metadata("/proc/self").expect("procfs").uid() == 0;
        let mut command = if root {
            println!("runs in a chroot, as nobody");
            let mut chroot = Command::new("chroot");
            chroot.args(["--userspec=65534:65534", "--groups="]);
            chroot.arg(&self.root).arg(format!("/{PROGRAM}"));
            chroot
        } else {
            println!("runs outside a chroot: that takes root");
            Command::new(self.root.join(PROGRAM))
        };
        command.env_clear().stdin(Stdio::null());
        // chroot(1) itself is looked for there; the image's own would be `/`.
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("SSL_CERT_FILE", format!("/{ROOTS}"));
        command
    }

    /// Runs a message: whether it was done, and the event.
    fn answer(&self, message: &Value) -> (bool, Value) {
        let mut command = self.command();
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let program = pipes.stderr(Stdio::piped()).arg("run").spawn();
        let mut program = program.expect("it starts");
        let mut input = program.stdin.take().expect("standard input");
        input
            .write_all(message.to_string().as_bytes())
            .expect("sent");
        drop(input);
        let output = program.wait_with_output().expect("it ends");
        (output.status.success(), parse(&output.stdout))
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    output
}

#[test]
fn the_image_has_what_a_plugin_needs_and_nothing_else() {
    let package = package();
    let mut expected: BTreeMap<&str, u64> = BTreeMap::from([
        (PROGRAM, 0o755),
        ("etc/", 0o755),
        ("etc/group", 0o644),
        ("etc/passwd", 0o644),
        ("etc/ssl/", 0o755),
        ("etc/ssl/certs/", 0o755),
        (ROOTS, 0o644),
        ("tmp/", 0o1777),
    ]);
    let descriptions = workspace_root().join("infra/insightconnect");
    for (name, paths) in [
        (
            "plugin.spec.yaml",
            &["plugin.spec.yaml", "python/src/plugin.spec.yaml"][..],
        ),
        ("help.md", &["python/src/help.md"]),
        ("icon.png", &["python/src/icon.png"]),
        ("extension.png", &["python/src/extension.png"]),
    ] {
        let Ok(content) = fs::read(descriptions.join(name)) else {
            continue;
        };
        expected.extend([("python/", 0o755), ("python/src/", 0o755)]);
        for path in paths {
            expected.insert(path, 0o644);
            let found = package.files.get(*path).map(|entry| &entry.content);
            assert!(found == Some(&content), "{path} is not {name}");
        }
    }
    let found = package.files.iter();
    let found: BTreeMap<&str, u64> = found.map(|(path, entry)| (&**path, entry.mode)).collect();
    assert_eq!(found, expected);
    for (path, entry) in &package.files {
        assert_eq!(entry.owner, (0, 0), "{path}");
    }
    let text = |path: &str| String::from_utf8(package.files[path].content.clone()).expect("text");
    assert!(text("etc/passwd").contains("\nnobody:x:65534:65534:"));
    assert!(text("etc/group").contains("\nnobody:x:65534:\n"));
    let roots = text(ROOTS);
    let blocks = roots.matches("-----BEGIN CERTIFICATE-----\nMII").count();
    assert!(blocks > 100, "{blocks}");
}

#[test]
fn the_image_starts_the_program_as_nobody_and_leaves_the_rest_to_the_orchestrator() {
    let package = package();
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    assert_eq!(package.config["architecture"], architecture);
    assert_eq!(package.config["os"], "linux");
    assert_eq!(
        package.config["config"],
        json!({
            "User": "65534:65534",
            "Entrypoint": [format!("/{PROGRAM}")],
            "Env": ["PATH=/", format!("SSL_CERT_FILE=/{ROOTS}")],
        })
    );
    let history = package.config["history"].as_array().expect("a history");
    assert_eq!(history.len(), 1);
}

/// `<vendor>_<name>_<version>.plg` holds `<vendor>/<name>:<version>`, by every name it goes by.
#[test]
fn the_archive_is_what_docker_save_writes() {
    let package = package();
    let config = package.manifest["Config"].as_str().expect("a path");
    let id = config.strip_suffix(".json").expect("a name");
    assert_eq!(id, sha256(&package.outer[config].content));
    let (repository, version) = package.tag.split_once(':').expect("a version");
    let (vendor, name) = repository.split_once('/').expect("a vendor");
    if std::env::var_os("USER_ACTIONS_TEST_PLUGIN").is_none() {
        let file = package.path.file_name().expect("a name").to_string_lossy();
        assert_eq!(file, format!("{vendor}_{name}_{version}.plg"));
    }
    let repositories = parse(&package.outer["repositories"].content);
    assert_eq!(repositories, json!({repository: {version: id}}));
    let old = parse(&package.outer[&format!("{id}/json")].content);
    assert_eq!(old["id"], id);
    assert_eq!(old["config"], package.config["config"]);
    let found: Vec<&str> = package.outer.keys().map(String::as_str).collect();
    let mut expected = vec![
        config.to_owned(),
        format!("{id}/"),
        format!("{id}/VERSION"),
        format!("{id}/json"),
        format!("{id}/layer.tar"),
        "manifest.json".to_owned(),
        "repositories".to_owned(),
    ];
    expected.sort();
    assert_eq!(found, expected);
}

/// The program out of the package, packed again: by other processes, at another time.
#[test]
fn packing_again_gives_the_same_bytes() {
    let package = package();
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program");
    fs::write(&program, &package.files[PROGRAM].content).expect("the program");
    let time = package.files[PROGRAM].time.to_string();
    for out in ["first", "second"] {
        let out = folder.path().join(out);
        let mut pack = Command::new(binary("xtask"));
        pack.args(["package", "plugin", "--program"]).arg(&program);
        pack.arg("--out").arg(&out);
        let output = run(pack.env("SOURCE_DATE_EPOCH", &time));
        let [packed] = fs::read_dir(&out)
            .expect("a folder")
            .map(|file| file.expect("a file").path())
            .collect::<Vec<_>>()
            .try_into()
            .expect("one file");
        let content = fs::read(&packed).expect("the package");
        let said = String::from_utf8(output.stdout).expect("text");
        let expected = format!(
            "{} {} bytes sha256:{}\n",
            packed.display(),
            content.len(),
            sha256(&content)
        );
        assert_eq!(said, expected);
        let original = fs::read(&package.path).expect("the package");
        assert!(content == original, "the packages differ");
    }
}

/// It needs no dynamic loader, and no library: the image has none.
#[test]
fn the_program_is_static() {
    let program = &package().files[PROGRAM].content;
    let number = |at: usize, size: usize| {
        let bytes = program[at..at + size].iter().rev();
        bytes.fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    assert_eq!(program[..6], *b"\x7fELF\x02\x01");
    let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    let headers = (0..count).map(|index| table + index * size);
    let mut dynamic = None;
    for header in headers {
        match number(header, 4) {
            2 => dynamic = Some((number(header + 8, 8), number(header + 32, 8))),
            3 => panic!("it names a dynamic loader"),
            _ => {}
        }
    }
    // A program that is static and loaded anywhere still has this section, for its relocations.
    if let Some((start, size)) = dynamic {
        let tags = (start..start + size).step_by(16).map(|at| number(at, 8));
        let tags: Vec<usize> = tags.take_while(|tag| *tag != 0).collect();
        assert!(!tags.contains(&1), "it needs a library");
    }
}

/// The folders of whoever built it are nobody else's business, and would make each build another.
#[test]
fn the_program_does_not_tell_where_it_was_built() {
    let program = &package().files[PROGRAM].content;
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    for folder in [workspace_root(), harness::target_dir()]
        .into_iter()
        .chain(home)
    {
        let folder = folder.to_string_lossy().into_owned().into_bytes();
        let mut windows = program.windows(folder.len());
        assert!(!windows.any(|window| window == folder));
    }
}

#[test]
fn the_program_runs_alone_and_as_nobody() {
    let image = unpacked();
    let output = run(image.command().arg("--version"));
    let said = String::from_utf8(output.stdout).expect("text");
    let version = package().tag;
    let (_, version) = version.split_once(':').expect("a version");
    assert!(said.contains(version), "{said}");
}

/// Out of the image it does its work: an account behind TLS, read by a message.
#[test]
fn the_program_answers_a_message() {
    let console = FakeConsole::start(State::realistic());
    let connection = json!({
        "url": console.url(),
        "credentials": {"username": OWN_LOGIN, "password": OWN_PASSWORD},
        "certificate_sha256": console.certificate_sha256(),
    });
    let message = action("get_user", &connection, &json!({"login": "jdoe"}));
    let image = unpacked();
    let (done, event) = image.answer(&message);
    assert!(done, "{event:#}");
    assert_eq!(event["body"]["output"]["user_id"], 4);
    // Without the pin, the image's authorities count, and none of them signed this.
    let mut connection = connection;
    connection["certificate_sha256"] = "".into();
    let message = action("get_user", &connection, &json!({"login": "jdoe"}));
    let (done, event) = image.answer(&message);
    assert!(!done, "{event:#}");
    let cause = event["body"]["exception"]["cause"]
        .as_str()
        .expect("a cause");
    assert!(cause.contains("certificate"), "{cause}");
}

/// The tools that others read images with see the same files.
#[test]
fn skopeo_and_umoci_read_the_image() {
    for program in ["skopeo", "umoci"] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("not read by skopeo and umoci: there is no {program} (apt install {program})");
            return;
        }
    }
    println!("read by skopeo and umoci");
    let package = package();
    let folder = tempfile::tempdir().expect("a folder");
    let oci = folder.path().join("oci");
    let mut copy = Command::new("skopeo");
    copy.args(["--insecure-policy", "--tmpdir"])
        .arg(folder.path());
    copy.arg("copy");
    // Decompressed: skopeo 1.9 takes no archive with gzip around it, not even one that gzip made.
    let tar = folder.path().join("tar");
    fs::write(&tar, &package.tar).expect("the archive");
    copy.arg(format!("docker-archive:{}:{}", tar.display(), package.tag));
    run(copy.arg(format!("oci:{}:packed", oci.display())));
    let mut inspect = Command::new("skopeo");
    inspect.args(["inspect", "--config"]);
    let output = run(inspect.arg(format!("oci:{}:packed", oci.display())));
    let config = parse(&output.stdout);
    assert_eq!(config["config"], package.config["config"]);
    assert_eq!(config["rootfs"], package.config["rootfs"]);

    let bundle = folder.path().join("bundle");
    let mut unpack = Command::new("umoci");
    unpack.args(["unpack", "--rootless", "--image"]);
    unpack.arg(format!("{}:packed", oci.display())).arg(&bundle);
    run(&mut unpack);
    let mut found = Entries::new();
    read_tree(&bundle.join("rootfs"), "", &mut found);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        package.files.keys().collect::<Vec<_>>()
    );
    for (path, entry) in &found {
        let packed = &package.files[path];
        assert_eq!(entry.mode, packed.mode, "{path}");
        assert!(entry.content == packed.content, "{path}");
    }
}

fn read_tree(root: &Path, above: &str, entries: &mut Entries) {
    for file in fs::read_dir(root.join(above)).expect("a folder") {
        let file = file.expect("a file");
        let metadata = file.metadata().expect("metadata");
        let mut path = format!("{above}{}", file.file_name().to_string_lossy());
        let mut content = vec![];
        if metadata.is_dir() {
            path.push('/');
            read_tree(root, &path, entries);
        } else {
            content = fs::read(file.path()).expect("a file");
        }
        let entry = Entry {
            mode: u64::from(metadata.mode() & 0o7777),
            owner: (metadata.uid().into(), metadata.gid().into()),
            time: 0,
            content,
        };
        entries.insert(path, entry);
    }
}
