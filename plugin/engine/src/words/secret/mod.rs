//! Finds secrets in texts by the formats of their issuers. `kinds` is the table of formats, `tables` derives lookups
//! from it, `anchor` finds candidate places, and `find` checks them.
//!
//! It never keeps or shows a secret, only its position.

mod anchor;
mod find;
mod kinds;
mod tables;
mod value;

pub(crate) use find::{Kinds, find_value, may_stand, names_secret, pass_over};
pub(crate) use kinds::SECRETS;
pub(crate) use value::stands_in;

#[cfg(test)]
mod tests;
