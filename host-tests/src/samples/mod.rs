//! Policies, messages and results for measurements, of any size, as ordinary users have them.

pub mod callers;
pub mod messages;
pub mod policies;
pub mod requests;
pub mod results;
pub mod workloads;

pub use messages::{LONGEST, call, call_with_arguments, response};
pub use policies::{BEARER, ENOUGH, LIMITED, LISTED, UNLISTED, policy};
pub use results::Answer;
pub use workloads::{FEW_CALLERS, MANY, MANY_CALLERS, Workload, workloads};
