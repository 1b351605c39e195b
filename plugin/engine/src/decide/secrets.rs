//! Searches texts of a call for secrets, such as keys and tokens.
//!
//! It knows secrets by their forms: one that is encoded, or divided among several texts, is not found.

use super::operand::Operand;
use crate::words::Truth;
use crate::words::secret::{Kinds, find_value};
use crate::words::work::{Budget, Exhausted};

/// The steps that one search costs at least.
const BEGIN: usize = 8;

/// Whether the text, the value of a member with this name, holds a secret of these kinds. Unknown where it is no text, and
/// where the budget does not cover the search.
pub(super) fn hold(operand: &Operand<'_>, name: &str, kinds: Kinds, budget: &Budget) -> Truth {
    let found = operand
        .text(budget)
        .map(|text| holds(name, &text, kinds, budget));
    Truth::of(found.and_then(Result::ok))
}

fn holds(name: &str, text: &str, kinds: Kinds, budget: &Budget) -> Result<bool, Exhausted> {
    budget.take(BEGIN.saturating_add(text.len().checked_div(8).unwrap_or(0)))?;
    Ok(!find_value(name, text, budget, kinds)?.is_empty())
}
