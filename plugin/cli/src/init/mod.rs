//! `init`: turns the report on a server's tools into a starter policy, and a case that tests it.
//!
//! It never allows a call that it could not bound.

mod approvals;
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

pub use options::{Approve, GrantFacts, Options};
pub use policy_template::{PolicyTemplate, init};
