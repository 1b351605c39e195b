//! Finds secrets in texts by the formats of their issuers. `kinds` is the table of formats, `tables` derives lookups
//! from it, `anchor` finds candidate places, `find` checks them, and `redact`
//! replaces them.
//!
//! It never keeps or shows a secret, only its position.

mod anchor;
mod find;
mod kinds;
mod redact;
mod tables;

pub(crate) use find::{Kinds, find_value, may_stand, names_secret, pass_over};
pub(crate) use kinds::SECRETS;
pub(crate) use redact::{redacted, replaced};

#[cfg(test)]
mod tests;
