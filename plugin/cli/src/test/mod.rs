//! `test`: turns case files into differences from their expectations, by playing them in the engine itself.
//!
//! It never skips a case without a reason.

mod case_result;
mod coverage;
mod findings;
mod junit;
mod not_a_case;
mod place;
mod render;
mod report;
mod runner;

pub use not_a_case::why_not_a_case;
pub use report::TestReport;
pub use runner::{Observed, Suite};
