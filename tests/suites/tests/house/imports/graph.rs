//! Which file of a crate imports from which, and where that goes in a circle or up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::modules::{Modules, Sources};
use super::resolve::Found;

/// The first of a file's imports from another one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) to: String,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from,
            line,
            name,
            to,
        } = self;
        write!(f, "{from}:{line} imports {name} from {to}")
    }
}

/// The imports of a crate, by the importing file and the imported one.
#[derive(Debug)]
pub(super) struct Imports {
    by_files: BTreeMap<(String, String), Import>,
    files: BTreeSet<String>,
}

impl Imports {
    /// Reads a crate's imports.
    ///
    /// # Errors
    /// What can't be read.
    pub(super) fn of(sources: &Sources) -> Result<Self, String> {
        let modules = Modules::read(sources)?;
        let files = modules.all.iter().map(|module| module.file.clone());
        let files = files.collect();
        let mut by_files = BTreeMap::new();
        for (index, module) in modules.all.iter().enumerate() {
            for mention in &module.names.mentions {
                let to = match modules.find(index, &mention.path) {
                    Found::Item(to) => to,
                    // All of it is imported. Of a module that is only named, what is used by it counts.
                    Found::Module(to) if mention.glob => to,
                    Found::Module(_) | Found::Outside => continue,
                };
                // By its module a child's name is found: that imports nothing.
                if mention.passed_on && modules.is_in(to, index) {
                    continue;
                }
                let to = modules.all[to].file.clone();
                if to == module.file {
                    continue;
                }
                let import = Import {
                    from: module.file.clone(),
                    line: mention.line,
                    name: mention.path.join("::"),
                    to,
                };
                let key = (import.from.clone(), import.to.clone());
                let first: &mut Import = by_files.entry(key).or_insert_with(|| import.clone());
                if import.line < first.line {
                    *first = import;
                }
            }
        }
        Ok(Self { by_files, files })
    }

    /// All of them, by file.
    pub(super) fn all(&self) -> impl Iterator<Item = &Import> {
        self.by_files.values()
    }

    /// The circles: of each, one import of every two files in it of which one imports from the other.
    pub(super) fn circles(&self) -> Vec<Vec<&Import>> {
        let mut circles = Vec::new();
        let mut known = BTreeSet::new();
        let reached: BTreeMap<&str, BTreeSet<&str>> = self
            .files
            .iter()
            .map(|file| (file.as_str(), self.reached(file)))
            .collect();
        for file in self.files.iter().map(String::as_str) {
            if known.contains(file) || !reached[file].contains(file) {
                continue;
            }
            let back = |other: &&str| reached[*other].contains(file);
            let circle: BTreeSet<&str> = reached[file].iter().copied().filter(back).collect();
            let inside = |import: &&Import| {
                circle.contains(import.from.as_str()) && circle.contains(import.to.as_str())
            };
            circles.push(self.all().filter(inside).collect());
            known.extend(circle);
        }
        circles
    }

    /// The files that one imports from, or that those import from, and so on.
    fn reached<'a>(&'a self, file: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            for import in self.all().filter(|import| import.from == file) {
                if reached.insert(import.to.as_str()) {
                    next.push(&import.to);
                }
            }
        }
        reached
    }

    /// What is wrong by a crate's floors, told from the top down, of the modules at its root: imports that go
    /// up, modules without a floor, and floors without a module. The roots themselves are above all.
    pub(super) fn against(&self, floors: &[&[&str]]) -> Vec<String> {
        let floor = |file: &str| {
            let name = room(file)?;
            floors.iter().position(|floor| floor.contains(&name))
        };
        let rooms: BTreeSet<&str> = self.files.iter().filter_map(|file| room(file)).collect();
        let named: BTreeSet<&str> = floors.iter().copied().flatten().copied().collect();
        let mut wrong = Vec::new();
        for room in rooms.difference(&named) {
            wrong.push(format!("src/{room} has no floor"));
        }
        for name in named.difference(&rooms) {
            wrong.push(format!("src/{name} has a floor and is not there"));
        }
        for import in self.all() {
            let goes_up = match (room(&import.from), room(&import.to)) {
                (Some(_), None) => true,
                _ => floor(&import.to) < floor(&import.from),
            };
            if goes_up {
                wrong.push(format!("{import}, a floor above"));
            }
        }
        wrong
    }
}

/// The module at the crate's root that a file is part of.
fn room(file: &str) -> Option<&str> {
    let file = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    match file.split_once('/') {
        Some((folder, _)) if folder != "bin" => Some(folder),
        Some(_) => None,
        None => Some(file).filter(|file| !["lib", "main"].contains(file)),
    }
}
