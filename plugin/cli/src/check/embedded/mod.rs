//! Turns a file of YAML, such as the manifest of a gateway, into the policies in it, each with the place in the file of each of its
//! parts.
//!
//! It never judges a policy.

mod find;
mod object;
mod places;
mod scalar;
#[cfg(test)]
mod tests;

pub(super) use find::{Embedded, embedded, is_manifest};
pub(super) use places::Places;
