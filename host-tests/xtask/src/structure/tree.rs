//! Turns the root file of a target into its tree of modules.
//!
//! It follows `mod` declarations. It never resolves a name.

use super::lengths::{Function, functions};
use super::names::{Import, defined, imports};
use super::strip::remove_tests;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::{Item, ItemMod};

/// Reads the text of a file, or `None` if it does not exist.
pub(crate) type Reader<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The modules of one target: a library, a program, a test program or a bench. The first one is the root.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<SourceFile>,
    pub(crate) modules: Vec<Module>,
}

/// A source file, measured without its test code.
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(crate) lines: usize,
    pub(crate) functions: Vec<Function>,
}

/// A module: a file, or a part of one between braces.
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    /// The index of the module around it.
    pub(crate) parent: Option<usize>,
    /// The indices of the modules in it, by name.
    pub(crate) children: BTreeMap<String, usize>,
    pub(crate) defined: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// Its items, without its modules.
    pub(crate) items: Vec<Item>,
}

impl Tree {
    /// Reads a target from its root file.
    ///
    /// # Errors
    /// When a file is missing or is not Rust.
    pub(crate) fn read(root: &Path, reader: Reader<'_>) -> Result<Self> {
        let mut tree = Self::default();
        let folder = root.parent().map_or_else(PathBuf::new, Path::to_owned);
        tree.add_file(root.to_owned(), &folder, None, reader)?;
        Ok(tree)
    }

    pub(crate) fn module(&self, index: usize) -> Option<&Module> {
        self.modules.get(index)
    }

    /// Adds a file whose children are in the folder, and returns the index of its module.
    fn add_file(
        &mut self,
        path: PathBuf,
        folder: &Path,
        parent: Option<usize>,
        reader: Reader<'_>,
    ) -> Result<usize> {
        let text = reader(&path).with_context(|| format!("{} is missing", path.display()))?;
        let mut file = syn::parse_file(&text).with_context(|| format!("{}", path.display()))?;
        let tests = remove_tests(&mut file);
        self.files.push(SourceFile {
            path: path.clone(),
            lines: text.lines().count().saturating_sub(tests),
            functions: functions(&file),
        });
        self.add_module(path, folder, parent, file.items, reader)
    }

    fn add_module(
        &mut self,
        file: PathBuf,
        folder: &Path,
        parent: Option<usize>,
        items: Vec<Item>,
        reader: Reader<'_>,
    ) -> Result<usize> {
        let index = self.modules.len();
        let (modules, items) = split(items);
        self.modules.push(Module {
            file: file.clone(),
            parent,
            children: BTreeMap::new(),
            defined: defined(&items),
            imports: imports(&items),
            items,
        });
        for module in modules {
            let name = module.ident.to_string();
            let child = self.add_child(index, &file, &folder.join(&name), module, reader)?;
            if let Some(parent) = self.modules.get_mut(index) {
                parent.children.insert(name, child);
            }
        }
        Ok(index)
    }

    fn add_child(
        &mut self,
        parent: usize,
        file: &Path,
        folder: &Path,
        module: ItemMod,
        reader: Reader<'_>,
    ) -> Result<usize> {
        if let Some((_, items)) = module.content {
            return self.add_module(file.to_owned(), folder, Some(parent), items, reader);
        }
        let candidates = [folder.with_extension("rs"), folder.join("mod.rs")];
        let Some(path) = candidates.into_iter().find(|path| reader(path).is_some()) else {
            bail!(
                "{}: the module `{}` has no file",
                file.display(),
                module.ident
            );
        };
        self.add_file(path, folder, Some(parent), reader)
    }
}

fn split(items: Vec<Item>) -> (Vec<ItemMod>, Vec<Item>) {
    let (mut modules, mut others) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Item::Mod(module) => modules.push(module),
            other => others.push(other),
        }
    }
    (modules, others)
}
