//! The modules of a crate, and the file that each is in.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, ItemMod};

use super::mentions::{Names, needs_test, plain};

/// The text of a crate's source files, by their paths below the crate's folder.
pub(super) type Sources = BTreeMap<String, String>;

#[derive(Debug)]
pub(super) struct Module {
    /// The file it is in, e.g. `src/console/mod.rs`.
    pub(super) file: String,
    /// The module that declares it. Without one it is the root of a library or a program.
    pub(super) parent: Option<usize>,
    pub(super) children: BTreeMap<String, usize>,
    pub(super) names: Names,
}

/// All modules of a crate. Those of tests are left aside.
#[derive(Debug)]
pub(super) struct Modules {
    pub(super) all: Vec<Module>,
}

impl Modules {
    /// Reads a crate.
    ///
    /// # Errors
    /// What can't be read, or is part of no module.
    pub(super) fn read(sources: &Sources) -> Result<Self, String> {
        let mut tree = Tree {
            sources,
            modules: Vec::new(),
            reached: BTreeSet::new(),
        };
        for file in sources.keys().filter(|file| is_root(file)) {
            let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
            tree.file(file, folder, Owner::Nobody)?;
        }
        let mut files = sources.keys();
        match files.find(|file| !tree.reached.contains(*file)) {
            Some(file) => Err(format!("{file} belongs to no module")),
            None => Ok(Self { all: tree.modules }),
        }
    }
}

/// Who declares a module.
#[derive(Debug, Clone, Copy)]
enum Owner {
    /// It is the root of a library or a program.
    Nobody,
    Module(usize),
    /// It is for tests: only followed to further files.
    Tests,
}

/// The modules read so far, and the files that they are in, those of tests included.
struct Tree<'a> {
    sources: &'a Sources,
    modules: Vec<Module>,
    reached: BTreeSet<String>,
}

impl Tree<'_> {
    /// Reads a file, whose modules are in `folder`. `None` if it is for tests.
    fn file(&mut self, file: &str, folder: &str, owner: Owner) -> Result<Option<usize>, String> {
        let parsed = syn::parse_file(&self.sources[file]).map_err(|error| {
            let line = error.span().start().line;
            format!("{file}:{line}: {error}")
        })?;
        self.reached.insert(file.to_owned());
        let owner = match needs_test(&parsed.attrs) {
            true => Owner::Tests,
            false => owner,
        };
        self.module(file, folder, owner, &parsed.items)
    }

    fn module(
        &mut self,
        file: &str,
        folder: &str,
        owner: Owner,
        items: &[Item],
    ) -> Result<Option<usize>, String> {
        let parent = match owner {
            Owner::Nobody => None,
            Owner::Module(parent) => Some(parent),
            Owner::Tests => {
                for item in items {
                    if let Item::Mod(declared) = item {
                        self.declared(file, folder, Owner::Tests, declared)?;
                    }
                }
                return Ok(None);
            }
        };
        let index = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            names: Names::of(items),
        });
        for item in items {
            if let Item::Mod(declared) = item {
                let owner = match needs_test(&declared.attrs) {
                    true => Owner::Tests,
                    false => Owner::Module(index),
                };
                if let Some(child) = self.declared(file, folder, owner, declared)? {
                    let name = plain(&declared.ident);
                    self.modules[index].children.insert(name, child);
                }
            }
        }
        self.told_to_macros(folder, index, items)?;
        Ok(Some(index))
    }

    fn declared(
        &mut self,
        file: &str,
        folder: &str,
        owner: Owner,
        declared: &ItemMod,
    ) -> Result<Option<usize>, String> {
        let name = plain(&declared.ident);
        if let Some((_, items)) = &declared.content {
            return self.module(file, &format!("{folder}/{name}"), owner, items);
        }
        if declared.attrs.iter().any(|one| one.path().is_ident("path")) {
            return Err(format!(
                "{file}: `mod {name}` with #[path] is not understood"
            ));
        }
        match self.place(folder, &name) {
            Some(place) => self.file(&place, &format!("{folder}/{name}"), owner),
            None => Err(format!("{file}: no file for `mod {name}`")),
        }
    }

    /// What a macro that is told of files may do: make modules of them, and pass their names on, as
    /// `operations! { disable_user::DisableUser }`.
    fn told_to_macros(&mut self, folder: &str, index: usize, items: &[Item]) -> Result<(), String> {
        let mut words = Vec::new();
        for item in items {
            if let Item::Macro(called) = item
                && called.ident.is_none()
                && !needs_test(&called.attrs)
            {
                collect_words(called.mac.tokens.clone(), &mut words);
            }
        }
        for word in words {
            let place = self.place(folder, &word);
            if let Some(place) = place.filter(|place| !self.reached.contains(place)) {
                let owner = Owner::Module(index);
                if let Some(child) = self.file(&place, &format!("{folder}/{word}"), owner)? {
                    self.modules[index].children.insert(word.clone(), child);
                }
            }
            let module = &mut self.modules[index];
            if module.children.contains_key(&word) {
                module.names.globs.push(vec![word]);
            }
        }
        Ok(())
    }

    /// The file of a module.
    fn place(&self, folder: &str, name: &str) -> Option<String> {
        let places = [
            format!("{folder}/{name}.rs"),
            format!("{folder}/{name}/mod.rs"),
        ];
        places
            .into_iter()
            .find(|place| self.sources.contains_key(place))
    }
}

/// Whether a file is the root of a library or a program.
fn is_root(file: &str) -> bool {
    match file.split('/').collect::<Vec<_>>()[..] {
        ["src", "lib.rs" | "main.rs"] | ["src", "bin", _, "main.rs"] => true,
        ["src", "bin", file] => file.ends_with(".rs"),
        _ => false,
    }
}

/// The words in what a macro is called with.
fn collect_words(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => words.push(plain(&word)),
            TokenTree::Group(group) => collect_words(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
