//! `approvals`: turns the answers of a gateway about calls that wait for a person into reports, and a person's decision into
//! the form that the gateway takes.
//!
//! It never decides anything by itself, and never shows the token of a form.

mod address;
mod answer;
mod approval;
mod decision;
mod list;
mod place;
mod show;
#[cfg(test)]
mod tests;
mod times;
mod values;

pub use address::{Address, Id};
pub use answer::{Asked, GatewayAnswer, Refused};
pub use decision::{Decided, Decision, Form, Question};
pub use list::Pending;
pub use show::Shown;
