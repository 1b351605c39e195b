//! `test`: turns case files into differences from their expectations, by playing them in the engine itself.
//!
//! It never skips a case without a reason.

mod case_result;
mod coverage;
mod junit;
mod render;
mod report;
mod runner;

pub use report::TestReport;
pub use runner::{Observed, Suite};
