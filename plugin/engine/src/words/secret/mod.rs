//! Secrets in texts, by the forms that their makers gave them: `kinds` is their table, `tables` what is derived from it,
//! `anchor` says where to look, and `find` looks.
//!
//! It never keeps or shows a secret, only where it stands.

mod anchor;
mod find;
mod kinds;
mod tables;

pub(crate) use find::{Kinds, find_value, may_stand, names_secret, pass_over};
pub(crate) use kinds::SECRETS;

#[cfg(test)]
mod tests;
