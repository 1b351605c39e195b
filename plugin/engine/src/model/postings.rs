//! Positions in a list, found by the texts that their elements have.
//!
//! It compares no text with a pattern; `Names` does.

use super::names::Names;
use std::collections::BTreeMap;

/// The positions of the elements that have each text.
#[derive(Debug, Default)]
pub(crate) struct Postings(BTreeMap<Box<str>, Vec<usize>>);

impl Postings {
    pub(crate) fn add(&mut self, text: &str, position: usize) {
        self.0.entry(text.into()).or_default().push(position);
    }

    /// The positions of the elements with this text, in the order in which they were added.
    pub(crate) fn of(&self, text: &str) -> &[usize] {
        self.0.get(text).map_or(&[], Vec::as_slice)
    }

    /// The texts in order.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(AsRef::as_ref)
    }

    /// The same, where a text that ends in `*` stands for every text that begins so.
    pub(crate) fn into_names(self) -> Names<Vec<usize>> {
        Names::new(self.0)
    }
}
