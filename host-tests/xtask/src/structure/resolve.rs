//! Turns a path, as a module writes it, into the modules that define the thing it names.
//!
//! It follows re-exports and globs. It never leaves the target: a name of another crate belongs to no module.

use super::tree::Tree;

/// The definition that a path names in its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A module itself.
    Module(usize),
    /// Something that this module defines.
    Item { module: usize, name: String },
}

impl Tree {
    /// Everything that the path can name: a name may be a type, a value and a module at once. Empty if the first name
    /// belongs to another crate, to a local variable or to the language.
    pub(crate) fn resolve(&self, from: usize, path: &[String]) -> Vec<Found> {
        let mut found = Resolver {
            tree: self,
            entered: Vec::new(),
        }
        .resolve(from, path);
        found.dedup();
        found
    }
}

struct Resolver<'a> {
    tree: &'a Tree,
    /// The imports that are being resolved, by module and place in it: `use task::task` must not lead to itself.
    entered: Vec<(usize, usize)>,
}

impl Resolver<'_> {
    fn resolve(&mut self, from: usize, path: &[String]) -> Vec<Found> {
        let mut module = from;
        let mut rest = path;
        let mut rooted = false;
        while let Some((first, others)) = rest.split_first() {
            let Some(next) = self.step(module, first) else {
                break;
            };
            (module, rest, rooted) = (next, others, true);
        }
        self.walk(module, rest, rooted)
    }

    /// The module that a path's keyword leads to.
    fn step(&self, module: usize, word: &str) -> Option<usize> {
        match word {
            "crate" => Some(0),
            "self" => Some(module),
            "super" => self.tree.module(module)?.parent,
            _ => None,
        }
    }

    /// A path with `crate`, `self` or `super` is of this target, so a macro in the module has created a name that
    /// nothing defines.
    fn walk(&mut self, module: usize, path: &[String], rooted: bool) -> Vec<Found> {
        let Some((name, rest)) = path.split_first() else {
            return vec![Found::Module(module)];
        };
        let (known, found) = self.look_up(module, name);
        if !known && rooted {
            return vec![Found::item(module, name)];
        }
        let modules: Vec<usize> = found.iter().filter_map(Found::module).collect();
        if rest.is_empty() || modules.is_empty() {
            return found;
        }
        modules
            .into_iter()
            .flat_map(|module| self.walk(module, rest, true))
            .collect()
    }

    /// Whether the module has the name, and its definition in this target.
    fn look_up(&mut self, module: usize, name: &str) -> (bool, Vec<Found>) {
        let tree = self.tree;
        let Some(scope) = tree.module(module) else {
            return (false, Vec::new());
        };
        let child = scope.children.get(name).copied().map(Found::Module);
        let item = scope
            .defined
            .contains(name)
            .then(|| Found::item(module, name));
        let mut found: Vec<Found> = child.into_iter().chain(item).collect();
        let mut known = !found.is_empty();
        for (place, import) in scope.imports.iter().enumerate() {
            if import.name.as_deref() == Some(name) {
                known = true;
                found.extend(self.enter(module, place, &import.written.path));
            }
        }
        if !known {
            found = self.look_in_globs(module, name);
            known = !found.is_empty();
        }
        (known, found)
    }

    fn look_in_globs(&mut self, module: usize, name: &str) -> Vec<Found> {
        let tree = self.tree;
        let imports = tree.module(module).map_or(&[][..], |scope| &scope.imports);
        let mut found = Vec::new();
        for (place, import) in imports.iter().enumerate() {
            if import.name.is_none() && !self.entered.contains(&(module, place)) {
                for target in self.enter(module, place, &import.written.path) {
                    let Found::Module(target) = target else {
                        continue;
                    };
                    self.entered.push((module, place));
                    found.extend(self.look_up(target, name).1);
                    self.entered.pop();
                }
            }
        }
        found
    }

    fn enter(&mut self, module: usize, place: usize, path: &[String]) -> Vec<Found> {
        if self.entered.contains(&(module, place)) {
            return Vec::new();
        }
        self.entered.push((module, place));
        let found = self.resolve(module, path);
        self.entered.pop();
        found
    }
}

impl Found {
    fn item(module: usize, name: &str) -> Self {
        Self::Item {
            module,
            name: name.to_owned(),
        }
    }

    fn module(&self) -> Option<usize> {
        match self {
            Self::Module(module) => Some(*module),
            Self::Item { .. } => None,
        }
    }
}
