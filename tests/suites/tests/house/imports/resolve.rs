//! Which file defines a name that a module mentions.

use super::modules::Modules;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    Module(usize),
    /// Something that this module defines.
    Item(usize),
    /// Another crate's.
    Outside,
}

/// Names that are being looked for: a `use` can lead in a circle.
type Pending = Vec<(usize, String)>;

impl Modules {
    /// What a path in a module leads to, through every `use` that passes it on.
    pub(super) fn find(&self, from: usize, path: &[String]) -> Found {
        self.follow(from, path, &mut Pending::new())
    }

    fn follow(&self, from: usize, path: &[String], pending: &mut Pending) -> Found {
        let mut at = from;
        let mut from_here = true;
        let mut names = path.iter().peekable();
        while let Some(name) = names.next() {
            match name.as_str() {
                "crate" => at = self.root(at),
                "super" => at = self.all[at].parent.unwrap_or(at),
                "self" => {}
                name => {
                    let child = self.all[at].children.get(name);
                    // Behind a module stands what is in it, whatever else has its name.
                    let found = match child.filter(|_| names.peek().is_some()) {
                        Some(child) => Some(Found::Module(*child)),
                        None => self.lookup(at, name, pending),
                    };
                    match found {
                        Some(Found::Module(module)) => at = module,
                        Some(found) => return found,
                        None if from_here => return Found::Outside,
                        // As a macro makes it.
                        None => return Found::Item(at),
                    }
                }
            }
            from_here = false;
        }
        Found::Module(at)
    }

    /// What a module calls by a name, its own or an imported one.
    fn lookup(&self, at: usize, name: &str, pending: &mut Pending) -> Option<Found> {
        let key = (at, name.to_owned());
        if pending.contains(&key) {
            return None;
        }
        pending.push(key);
        let module = &self.all[at];
        let binding = module.names.bindings.iter().find(|one| one.name == name);
        let bound = binding.map(|one| self.follow(at, &one.path, pending));
        // `use name;` of a macro that is defined above leads nowhere else.
        let bound = bound.filter(|_| binding.is_none_or(|one| one.path != [name]));
        let found = bound
            .or_else(|| module.children.get(name).copied().map(Found::Module))
            .or_else(|| {
                module
                    .names
                    .defined
                    .contains(name)
                    .then_some(Found::Item(at))
            })
            .or_else(|| {
                module.names.globs.iter().find_map(|glob| {
                    let Found::Module(from) = self.follow(at, glob, pending) else {
                        return None;
                    };
                    self.lookup(from, name, pending)
                })
            });
        pending.pop();
        found
    }

    /// Whether a module is inside of another one.
    pub(super) fn is_in(&self, mut module: usize, other: usize) -> bool {
        while let Some(parent) = self.all[module].parent {
            if parent == other {
                return true;
            }
            module = parent;
        }
        false
    }

    fn root(&self, mut at: usize) -> usize {
        while let Some(parent) = self.all[at].parent {
            at = parent;
        }
        at
    }
}
