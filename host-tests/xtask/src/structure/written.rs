//! Turns the code of a module into the paths that it contains: in types, bodies, patterns, attributes and macros.
//!
//! It resolves none of them. In a macro's tokens a path is a guess, since only the macro can parse them.

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::visit::{
    Visit, visit_attribute, visit_impl_item_fn, visit_item_fn, visit_macro, visit_pat_ident,
    visit_path,
};
use syn::{Attribute, ImplItemFn, Item, ItemFn, ItemMacro, ItemUse, Macro, Meta, PatIdent, Path};

/// A path as it is written in the code.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// The paths in the items, without their `use` declarations.
pub(crate) fn written(items: &[Item]) -> Vec<Written> {
    let mut collector = Collector::default();
    for item in items {
        collector.visit_item(item);
    }
    collector.paths
}

#[derive(Default)]
struct Collector {
    paths: Vec<Written>,
    /// The variables of the functions around the current place.
    locals: Vec<BTreeSet<String>>,
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_use(&mut self, _: &'ast ItemUse) {}

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.locals
            .push(locals(|finder| finder.visit_item_fn(function)));
        visit_item_fn(self, function);
        self.locals.pop();
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.locals
            .push(locals(|finder| finder.visit_impl_item_fn(function)));
        visit_impl_item_fn(self, function);
        self.locals.pop();
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            self.add(path.segments.iter().map(|segment| &segment.ident));
        }
        visit_path(self, path);
    }

    /// A name in a pattern may be a constant, which begins with a capital letter.
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = pattern.ident.to_string();
        if pattern.subpat.is_none() && name.starts_with(char::is_uppercase) {
            self.add([&pattern.ident]);
        }
        visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.scan(&call.tokens);
        visit_macro(self, call);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        self.visit_macro(&item.mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(&list.tokens);
        }
        visit_attribute(self, attribute);
    }
}

impl Collector {
    fn add<'a>(&mut self, segments: impl IntoIterator<Item = &'a Ident>) {
        let segments: Vec<&Ident> = segments.into_iter().collect();
        if let [name] = *segments
            && self.is_local(&name.to_string())
        {
            return;
        }
        self.paths.push(Written {
            path: segments.iter().map(ToString::to_string).collect(),
            line: segments
                .first()
                .map_or(0, |ident| ident.span().start().line),
        });
    }

    fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|locals| locals.contains(name))
    }

    /// Finds paths in tokens that only a macro can parse.
    fn scan(&mut self, tokens: &TokenStream) {
        let mut path: Vec<Ident> = Vec::new();
        let mut before = Before::Other;
        for token in tokens.clone() {
            match token {
                TokenTree::Ident(ident) => {
                    if !matches!(before, Before::Separator) {
                        self.finish(&mut path);
                    }
                    if !matches!(before, Before::Dot) {
                        path.push(ident);
                    }
                    before = Before::Name;
                }
                TokenTree::Punct(punct) => {
                    before = before.then(punct.as_char(), punct.spacing());
                    if !matches!(before, Before::Colon | Before::Separator) {
                        self.finish(&mut path);
                    }
                }
                TokenTree::Group(group) => {
                    self.finish(&mut path);
                    self.scan(&group.stream());
                    before = Before::Other;
                }
                TokenTree::Literal(_) => before = Before::Other,
            }
        }
        self.finish(&mut path);
    }

    fn finish(&mut self, path: &mut Vec<Ident>) {
        if !path.is_empty() {
            self.add(path.iter());
            path.clear();
        }
    }
}

/// The variables of a function and of its closures.
fn locals(visit: impl FnOnce(&mut Locals)) -> BTreeSet<String> {
    let mut locals = Locals::default();
    visit(&mut locals);
    locals.0
}

#[derive(Default)]
struct Locals(BTreeSet<String>);

impl<'ast> Visit<'ast> for Locals {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = pattern.ident.to_string();
        if !name.starts_with(char::is_uppercase) {
            self.0.insert(name);
        }
        visit_pat_ident(self, pattern);
    }
}

/// The kind of the token before the current one.
#[derive(Clone, Copy)]
enum Before {
    Name,
    /// The first colon of two.
    Colon,
    /// Both colons.
    Separator,
    /// A field or method follows.
    Dot,
    Other,
}

impl Before {
    fn then(self, punct: char, spacing: Spacing) -> Self {
        match (self, punct, spacing) {
            (Self::Name, ':', Spacing::Joint) => Self::Colon,
            (Self::Colon, ':', _) => Self::Separator,
            (_, '.', Spacing::Alone) => Self::Dot,
            _ => Self::Other,
        }
    }
}
