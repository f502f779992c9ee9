//! A container image of one layer, as the archive that `docker save` writes.
//!
//! Written here, so that no container engine is needed, and so that the same content is the same
//! bytes: an engine would note when it ran.
//!
//! The form is that of Docker 1.10 to 24 (image specification v1.2), which everything since reads.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};
use serde::Serialize;
use tar::{EntryType, Header};

use super::digest::sha256;

/// An image to be.
pub(super) struct Image<'a> {
    /// What it is called: `vendor/name`.
    pub(super) repository: &'a str,
    pub(super) tag: &'a str,
    /// `amd64` or `arm64`.
    pub(super) architecture: &'a str,
    pub(super) user: &'a str,
    pub(super) entrypoint: &'a [&'a str],
    /// `NAME=VALUE`.
    pub(super) env: &'a [&'a str],
    /// The command that made it, for `docker history`.
    pub(super) created_by: &'a str,
    pub(super) time: Time,
}

/// The time that everything in an archive bears.
#[derive(Clone, Copy)]
pub(super) struct Time {
    seconds: u64,
    timestamp: jiff::Timestamp,
}

impl Time {
    /// The same moment as a date and a time of day in UTC.
    pub(super) fn civil(self) -> jiff::civil::DateTime {
        jiff::tz::TimeZone::UTC.to_datetime(self.timestamp)
    }

    /// The time that `SOURCE_DATE_EPOCH` has (<https://reproducible-builds.org/specs/source-date-epoch/>),
    /// else the first second of 1970.
    pub(super) fn from_epoch(value: Option<&str>) -> Result<Self, String> {
        let value = value.filter(|value| !value.is_empty()).unwrap_or("0");
        let timestamp = value
            .parse()
            .ok()
            .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        match (value.parse(), timestamp) {
            (Ok(seconds), Some(timestamp)) => Ok(Self { seconds, timestamp }),
            _ => Err(format!(
                "SOURCE_DATE_EPOCH is {value:?}, not a number of seconds since 1970"
            )),
        }
    }
}

/// The files of an image. Their order is that of their names, their owner root.
#[derive(Default)]
pub(super) struct Layer {
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    mode: u32,
    /// None for a folder.
    content: Option<Vec<u8>>,
}

impl Layer {
    /// Adds a file, and the folders above it. Paths have no `/` in front.
    pub(super) fn file(&mut self, path: &str, mode: u32, content: impl Into<Vec<u8>>) {
        self.parents(path);
        let content = Some(content.into());
        self.entries
            .insert(path.to_owned(), Entry { mode, content });
    }

    /// Adds an empty folder, and those above it.
    pub(super) fn folder(&mut self, path: &str, mode: u32) {
        self.parents(path);
        let content = None;
        self.entries
            .insert(format!("{path}/"), Entry { mode, content });
    }

    fn parents(&mut self, path: &str) {
        for (end, _) in path.match_indices('/') {
            let folder = Entry {
                mode: 0o755,
                content: None,
            };
            self.entries
                .entry(path[..=end].to_owned())
                .or_insert(folder);
        }
    }

    fn tar(&self, time: Time) -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(vec![]);
        for (path, entry) in &self.entries {
            append(
                &mut archive,
                path,
                entry.mode,
                time,
                entry.content.as_deref(),
            )?;
        }
        archive.into_inner()
    }
}

impl Image<'_> {
    /// The archive, compressed.
    pub(super) fn archive(&self, layer: &Layer) -> io::Result<Vec<u8>> {
        let tar = self.tar(layer)?;
        // Neither name nor time, and no system: flate2 leaves them out unless told otherwise.
        let mut gzip = GzBuilder::new().write(vec![], Compression::best());
        gzip.write_all(&tar)?;
        gzip.finish()
    }

    fn tar(&self, layer: &Layer) -> io::Result<Vec<u8>> {
        let layer_tar = layer.tar(self.time)?;
        let created = self.time.timestamp.to_string();
        let run = Run {
            user: self.user,
            env: self.env,
            entrypoint: self.entrypoint,
        };
        let config = json(&Config {
            architecture: self.architecture,
            os: "linux",
            created: &created,
            config: &run,
            rootfs: RootFs {
                kind: "layers",
                diff_ids: [format!("sha256:{}", sha256(&layer_tar))],
            },
            history: [History {
                created: &created,
                created_by: self.created_by,
            }],
        })?;
        // Layers need a name of their own only since before 1.10. It says what is in them and how
        // that is run: the hash of both.
        let id = sha256(&config);
        let config_name = format!("{id}.json");
        let old_config = json(&OldConfig {
            id: &id,
            created: &created,
            config: &run,
            architecture: self.architecture,
            os: "linux",
        })?;
        let manifest = json(&[Manifest {
            config: &config_name,
            repo_tags: [format!("{}:{}", self.repository, self.tag)],
            layers: [format!("{id}/layer.tar")],
        }])?;
        let tags = BTreeMap::from([(self.tag, &id)]);
        let repositories = json(&BTreeMap::from([(self.repository, tags)]))?;

        let mut archive = tar::Builder::new(vec![]);
        let mut add =
            |path: &str, mode, content| append(&mut archive, path, mode, self.time, content);
        // manifest.json goes first: who reads the archive as a stream needs it first.
        add("manifest.json", 0o644, Some(&manifest))?;
        add("repositories", 0o644, Some(&repositories))?;
        add(&config_name, 0o644, Some(&config))?;
        add(&format!("{id}/"), 0o755, None)?;
        add(&format!("{id}/VERSION"), 0o644, Some(b"1.0"))?;
        add(&format!("{id}/json"), 0o644, Some(&old_config))?;
        add(&format!("{id}/layer.tar"), 0o644, Some(&layer_tar))?;
        archive.into_inner()
    }
}

/// Adds a file, or a folder if there is no content.
fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    path: &str,
    mode: u32,
    time: Time,
    content: Option<&[u8]>,
) -> io::Result<()> {
    let data = content.unwrap_or_default();
    let mut header = Header::new_ustar();
    header.set_path(path)?;
    header.set_entry_type(match content {
        Some(_) => EntryType::Regular,
        None => EntryType::Directory,
    });
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(time.seconds);
    header.set_size(data.len() as u64);
    header.set_cksum();
    archive.append(&header, data)
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(value)?)
}

// Structs, not `json!`: its order of members depends on the features that the build turns on.

#[derive(Serialize)]
struct Config<'a> {
    architecture: &'a str,
    os: &'a str,
    created: &'a str,
    config: &'a Run<'a>,
    rootfs: RootFs,
    history: [History<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Run<'a> {
    user: &'a str,
    env: &'a [&'a str],
    entrypoint: &'a [&'a str],
}

#[derive(Serialize)]
struct RootFs {
    #[serde(rename = "type")]
    kind: &'static str,
    diff_ids: [String; 1],
}

#[derive(Serialize)]
struct History<'a> {
    created: &'a str,
    created_by: &'a str,
}

#[derive(Serialize)]
struct OldConfig<'a> {
    id: &'a str,
    created: &'a str,
    config: &'a Run<'a>,
    architecture: &'a str,
    os: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest<'a> {
    config: &'a str,
    repo_tags: [String; 1],
    layers: [String; 1],
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use serde_json::{Value, json};

    use super::*;

    fn image(epoch: &str) -> Image<'static> {
        Image {
            repository: "vendor/name",
            tag: "1.2.3",
            architecture: "amd64",
            user: "65534:65534",
            entrypoint: &["/program"],
            env: &["A=b"],
            created_by: "a test",
            time: Time::from_epoch(Some(epoch)).expect("a time"),
        }
    }

    fn layer() -> Layer {
        let mut layer = Layer::default();
        layer.file("program", 0o755, "ELF");
        layer.folder("tmp", 0o1777);
        layer.file("etc/ssl/roots", 0o644, "PEM");
        layer
    }

    /// Paths, headers and contents, in the archive's order.
    fn entries(data: impl Read) -> Vec<(String, Header, Vec<u8>)> {
        let mut archive = tar::Archive::new(data);
        let entries = archive.entries().expect("an archive").map(|entry| {
            let mut entry = entry.expect("an entry");
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut content = vec![];
            entry.read_to_end(&mut content).expect("content");
            (path, entry.header().clone(), content)
        });
        entries.collect()
    }

    #[test]
    fn a_layer_is_in_order_with_the_folders_first() {
        let tar = layer().tar(image("0").time).expect("a layer");
        let found: Vec<(String, u32)> = entries(&*tar)
            .iter()
            .map(|(path, header, _)| (path.clone(), header.mode().expect("a mode")))
            .collect();
        let expected = [
            ("etc/", 0o755),
            ("etc/ssl/", 0o755),
            ("etc/ssl/roots", 0o644),
            ("program", 0o755),
            ("tmp/", 0o1777),
        ];
        assert_eq!(found, expected.map(|(path, mode)| (path.to_owned(), mode)));
    }

    #[test]
    fn the_same_content_is_the_same_bytes() {
        let twice = [(); 2].map(|()| image("0").archive(&layer()).expect("an archive"));
        assert_eq!(twice[0], twice[1]);
        let mut other = layer();
        other.file("program", 0o700, "ELF");
        assert_ne!(image("0").archive(&other).expect("an archive"), twice[0]);
    }

    /// No flags, so no name; no time; best compression; no system.
    #[test]
    fn the_compression_says_nothing_of_where_it_ran() {
        let archive = image("0").archive(&layer()).expect("an archive");
        assert_eq!(archive[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn everything_bears_the_time_that_was_asked_for() {
        let image = image("1700000000");
        let archive = image.archive(&layer()).expect("an archive");
        let mut layers = 0;
        for (path, header, content) in entries(GzDecoder::new(&*archive)) {
            assert_eq!(header.mtime().expect("a time"), 1_700_000_000, "{path}");
            if path.ends_with("/layer.tar") {
                layers += 1;
                for (path, header, _) in entries(&*content) {
                    assert_eq!(header.mtime().expect("a time"), 1_700_000_000, "{path}");
                    assert_eq!(header.uid().expect("an owner"), 0, "{path}");
                }
            } else if path.ends_with(".json") && path != "manifest.json" {
                let config: Value = serde_json::from_slice(&content).expect("JSON");
                assert_eq!(config["created"], "2023-11-14T22:13:20Z");
                assert_eq!(config["history"][0]["created"], "2023-11-14T22:13:20Z");
            }
        }
        assert_eq!(layers, 1);
    }

    #[test]
    fn the_config_says_how_it_is_run() {
        let archive = image("").archive(&layer()).expect("an archive");
        let entries = entries(GzDecoder::new(&*archive));
        let (name, _, config) = &entries[2];
        assert_eq!(*name, format!("{}.json", sha256(config)));
        let config: Value = serde_json::from_slice(config).expect("JSON");
        assert_eq!(config["created"], "1970-01-01T00:00:00Z");
        let run = json!({"User": "65534:65534", "Env": ["A=b"], "Entrypoint": ["/program"]});
        assert_eq!(config["config"], run);
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        for value in ["yesterday", "-1", "1.5", "99999999999999999"] {
            let problem = Time::from_epoch(Some(value)).err().expect(value);
            assert!(problem.contains(value), "{problem}");
        }
    }
}
