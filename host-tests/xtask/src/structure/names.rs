//! Turns the items of a module into the names that it defines and the names that it imports.
//!
//! It never looks outside the module.

use super::written::Written;
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::visit::{Visit, visit_item_use};
use syn::{Ident, Item, ItemUse, UseTree, Visibility};

/// One name of a `use` declaration, or one glob of it.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The name in the importing module; `None` for a glob.
    pub(crate) name: Option<String>,
    pub(crate) written: Written,
    /// Whether the name is visible outside the importing module.
    pub(crate) reexport: bool,
}

/// The names that the items define.
pub(crate) fn defined(items: &[Item]) -> BTreeSet<String> {
    items
        .iter()
        .filter_map(ident)
        .map(ToString::to_string)
        .collect()
}

fn ident(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::TraitAlias(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

/// The names that the items import, inside function bodies too.
pub(crate) fn imports(items: &[Item]) -> Vec<Import> {
    let mut collector = Collector::default();
    for item in items {
        collector.visit_item(item);
    }
    collector.imports
}

#[derive(Default)]
struct Collector {
    imports: Vec<Import>,
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // A path that begins with `::` is of another crate.
        if item.leading_colon.is_none() {
            let reexport = !matches!(item.vis, Visibility::Inherited);
            self.flatten(&item.tree, &[], reexport);
        }
        visit_item_use(self, item);
    }
}

impl Collector {
    fn flatten(&mut self, tree: &UseTree, prefix: &[String], reexport: bool) {
        match tree {
            UseTree::Path(path) => {
                let prefix = [prefix, &[path.ident.to_string()]].concat();
                self.flatten(&path.tree, &prefix, reexport);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.flatten(tree, prefix, reexport);
                }
            }
            UseTree::Name(name) => self.add(prefix, &name.ident, &name.ident, reexport),
            UseTree::Rename(rename) => self.add(prefix, &rename.ident, &rename.rename, reexport),
            UseTree::Glob(glob) => self.imports.push(Import {
                name: None,
                written: Written {
                    path: prefix.to_vec(),
                    line: glob.span().start().line,
                },
                reexport,
            }),
        }
    }

    fn add(&mut self, prefix: &[String], source: &Ident, name: &Ident, reexport: bool) {
        let mut path = prefix.to_vec();
        if source != "self" {
            path.push(source.to_string());
        }
        let name = if name == "self" {
            path.last().cloned()
        } else {
            Some(name.to_string())
        };
        self.imports.push(Import {
            name,
            written: Written {
                path,
                line: source.span().start().line,
            },
            reexport,
        });
    }
}
