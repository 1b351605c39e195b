//! `init`: turns the report on a server's tools into a starter policy, and a case that tests it.
//!
//! It never allows a call that it could not bound.

mod case;
mod check;
mod confinement;
mod draft;
mod entry;
mod grant;
mod notes;
mod options;
mod policy_template;
#[cfg(test)]
mod tests;
mod tool_schema;

pub use crate::approvers::Approve;
pub use options::{GrantFacts, Options};
pub use policy_template::{PolicyTemplate, init};
