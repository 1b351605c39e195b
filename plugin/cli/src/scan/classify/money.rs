//! Actions on money.
//!
//! It never judges a tool that only reads: the caller skips it.

use super::evidence::Evidence;
use super::reason::{Reason, reason};
use crate::scan::class::Class;
use crate::scan::vocabulary;

impl Evidence<'_> {
    /// Any action on money, except reading.
    pub(super) fn money(&self) -> Option<Reason> {
        let about = |word: &String| vocabulary::about_money(word);
        let parameters = || self.parameters.iter().flat_map(|one| &one.words);
        let context = self.name.iter().any(about)
            || self.sentences.iter().flatten().any(about)
            || parameters().any(about);
        let word = self
            .name
            .iter()
            .find(|word| vocabulary::money(word) || context && vocabulary::perhaps_money(word));
        let named = word.map(|word| reason(Class::Financial, format!("name: `{word}`")));
        let has = |one: &str| parameters().any(|word| word == one);
        named.or_else(|| {
            (has("amount") && has("currency"))
                .then(|| reason(Class::Financial, "takes an amount and a currency"))
        })
    }
}
