//! The public names of the engine are those of `public_names.txt`. Each name is a promise, so a change of one needs a
//! change of that file. `BLESS=1` writes it.
//!
//! It reads the source files, not the compiler's output: a name is public if `lib.rs` exports it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets something unexpected may panic: that is how it fails"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};
use syn::{ImplItem, Item, UseTree, Visibility};

fn engine() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugin/engine/src")
}

/// The names that the public modules of `lib.rs` export, as `module::Name`.
fn exported() -> Vec<(String, String)> {
    let text = fs::read_to_string(engine().join("lib.rs")).expect("lib.rs can be read");
    let file = syn::parse_file(&text).expect("lib.rs is Rust");
    let modules = file.items.into_iter().filter_map(|item| match item {
        Item::Mod(module) if is_public(&module.vis) => {
            Some((module.ident.to_string(), module.content?.1))
        }
        _ => None,
    });
    let names = |(module, items): (String, Vec<Item>)| {
        let mut names = Vec::new();
        for item in items {
            if let Item::Use(item) = item {
                leaves(&item.tree, &mut names);
            }
        }
        names
            .into_iter()
            .map(move |name| (module.clone(), name))
            .collect::<Vec<_>>()
    };
    modules.flat_map(names).collect()
}

fn leaves(tree: &UseTree, names: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Name(name) => names.push(name.ident.to_string()),
        UseTree::Rename(rename) => names.push(rename.rename.to_string()),
        UseTree::Glob(_) => panic!("a public module exports each name by itself"),
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The public members of every type of the sources, as `Type::member`.
fn members(folder: &Path, all: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            members(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("the file can be read");
            let file = syn::parse_file(&text).expect("the file is Rust");
            file.items.iter().for_each(|item| of_item(item, all));
        }
    }
}

fn of_item(item: &Item, all: &mut BTreeSet<(String, String)>) {
    let mut add = |of: &syn::Ident, member: String| {
        all.insert((of.to_string(), member));
    };
    match item {
        Item::Enum(item) if is_public(&item.vis) => {
            let variants = item.variants.iter();
            variants.for_each(|variant| add(&item.ident, variant.ident.to_string()));
        }
        Item::Struct(item) if is_public(&item.vis) => {
            let fields = item.fields.iter().filter(|field| is_public(&field.vis));
            let names = fields.filter_map(|field| field.ident.as_ref());
            names.for_each(|name| add(&item.ident, name.to_string()));
        }
        Item::Trait(item) if is_public(&item.vis) => {
            for member in &item.items {
                if let syn::TraitItem::Fn(function) = member {
                    add(&item.ident, format!("{}()", function.sig.ident));
                }
            }
        }
        Item::Impl(item) if item.trait_.is_none() => of_impl(item, &mut add),
        _ => {}
    }
}

fn of_impl(item: &syn::ItemImpl, add: &mut impl FnMut(&syn::Ident, String)) {
    let syn::Type::Path(path) = &*item.self_ty else {
        return;
    };
    let Some(of) = path.path.segments.last() else {
        return;
    };
    for member in &item.items {
        match member {
            ImplItem::Fn(function) if is_public(&function.vis) => {
                add(&of.ident, format!("{}()", function.sig.ident));
            }
            ImplItem::Const(constant) if is_public(&constant.vis) => {
                add(&of.ident, constant.ident.to_string());
            }
            _ => {}
        }
    }
}

#[test]
fn public_names_of_the_engine_are_those_of_the_file() {
    let mut all = BTreeSet::new();
    members(&engine(), &mut all);
    let mut lines = Vec::new();
    for (module, name) in exported() {
        lines.push(format!("{module}::{name}"));
        let own = all.iter().filter(|(of, _)| *of == name);
        lines.extend(own.map(|(_, member)| format!("{module}::{name}::{member}")));
    }
    lines.sort();
    let text = lines.join("\n") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public_names.txt");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &text).expect("the file can be written");
    }
    let promised = fs::read_to_string(&path).expect("public_names.txt can be read");
    assert_eq!(
        text, promised,
        "a public name changed; BLESS=1 writes the file"
    );
}
