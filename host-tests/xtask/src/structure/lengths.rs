//! Turns parsed files into the lengths of their functions, and lengths into breaches of the bounds.
//!
//! A function's length is the number of lines from its `fn` to its closing brace.

use syn::spanned::Spanned;
use syn::visit::{Visit, visit_impl_item_fn, visit_item_fn, visit_trait_item_fn};
use syn::{Block, File, ImplItemFn, ItemFn, Signature, TraitItemFn};

/// The most lines of a source file, without its test code.
pub(crate) const FILE: usize = 450;
/// The most lines of a function.
pub(crate) const LONGEST: usize = 60;
/// The most lines of nine functions in ten.
pub(crate) const P90: usize = 25;
/// The most lines of every other function.
pub(crate) const MEDIAN: usize = 8;

/// A function and its length in lines.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) length: usize,
}

/// The functions of a file that have a body, in its order.
pub(crate) fn functions(file: &File) -> Vec<Function> {
    let mut meter = Meter::default();
    meter.visit_file(file);
    meter.functions
}

#[derive(Default)]
struct Meter {
    functions: Vec<Function>,
}

impl Meter {
    fn add(&mut self, signature: &Signature, body: &Block) {
        let line = signature.fn_token.span().start().line;
        let end = body.brace_token.span.close().end().line;
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            length: end + 1 - line,
        });
    }
}

impl<'ast> Visit<'ast> for Meter {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.sig, &function.block);
        visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        visit_trait_item_fn(self, function);
    }
}

/// How long the functions of a crate are, in lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lengths {
    pub(crate) count: usize,
    pub(crate) median: usize,
    pub(crate) p90: usize,
    pub(crate) longest: usize,
}

impl Lengths {
    pub(crate) fn of(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut lengths: Vec<usize> = lengths.into_iter().collect();
        lengths.sort_unstable();
        let at = |tenths: usize| {
            let place = (lengths.len() * tenths).div_ceil(10).saturating_sub(1);
            lengths.get(place).copied().unwrap_or_default()
        };
        Self {
            count: lengths.len(),
            median: at(5),
            p90: at(9),
            longest: at(10),
        }
    }

    /// The breach of a median over the bound. A small crate with long tables may have one; all crates together may not.
    pub(crate) fn long_median(self) -> Option<String> {
        excess("median", self.median, MEDIAN)
    }

    /// The breach of a 90th percentile over the bound.
    pub(crate) fn long_p90(self) -> Option<String> {
        excess("90th percentile", self.p90, P90)
    }
}

fn excess(name: &str, value: usize, bound: usize) -> Option<String> {
    (value > bound)
        .then(|| format!("the {name} of function lengths is {value} lines, more than {bound}"))
}
