//! Turns a parsed file into one without its test code.
//!
//! It removes only items under `#[cfg(test)]`: the `#[test]` functions of a test program stay.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit_mut::{VisitMut, visit_block_mut, visit_item_impl_mut, visit_item_mod_mut};
use syn::{Attribute, Block, File, ImplItem, Item, ItemImpl, ItemMod, Meta, Stmt};

/// Removes the test code of a file and returns the number of lines that it took.
pub(crate) fn remove_tests(file: &mut File) -> usize {
    let mut stripper = Stripper { lines: 0 };
    stripper.items(&mut file.items);
    stripper.visit_file_mut(file);
    stripper.lines
}

struct Stripper {
    lines: usize,
}

impl Stripper {
    fn items(&mut self, items: &mut Vec<Item>) {
        items.retain(|item| self.keeps(item, item_attributes(item)));
    }

    fn keeps(&mut self, node: &impl Spanned, attributes: &[Attribute]) -> bool {
        let test = attributes.iter().any(is_test);
        if test {
            self.lines += lines(node);
        }
        !test
    }
}

impl VisitMut for Stripper {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            self.items(items);
        }
        visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut ItemImpl) {
        block.items.retain(|item| match item {
            ImplItem::Fn(function) => self.keeps(item, &function.attrs),
            ImplItem::Const(constant) => self.keeps(item, &constant.attrs),
            _ => true,
        });
        visit_item_impl_mut(self, block);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| match statement {
            Stmt::Item(item) => self.keeps(statement, item_attributes(item)),
            Stmt::Local(local) => self.keeps(statement, &local.attrs),
            _ => true,
        });
        visit_block_mut(self, block);
    }
}

fn lines(node: &impl Spanned) -> usize {
    let span = node.span();
    span.end().line + 1 - span.start().line
}

/// Whether the attribute is a `cfg` that asks for tests.
fn is_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    list.path.is_ident("cfg") && mentions(&list.tokens, "test") && !mentions(&list.tokens, "not")
}

fn mentions(tokens: &TokenStream, word: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(&group.stream(), word),
        _ => false,
    })
}

fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
