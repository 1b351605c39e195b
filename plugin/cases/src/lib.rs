//! Cases: a policy, timed requests and expected outcomes; and the engine itself as a host that plays them.
//!
//! The command line tool and the tests on other hosts read the same files with this crate, so that their results cannot
//! differ. It connects to no gateway, and only [`corpus`] opens files.

#![forbid(unsafe_code)]

pub mod caller;
mod captured;
pub mod case;
mod claim;
pub mod corpus;
mod counting_service;
pub mod expectation;
pub mod gateway;
pub mod observation;
mod parse;
mod raw_caller;
mod raw_header;
mod reply;
pub mod request_events;
pub mod runner;
pub mod server_response;
pub mod split;
mod step_callers;
pub mod token;
mod undecided;
pub mod value_path;

pub use caller::{Caller, CallerFacts};
pub use captured::Captured;
pub use case::{Case, Play, Step};
pub use counting_service::CountingService;
pub use expectation::{Expectation, Outcome};
pub use gateway::{APPROVAL_KEY, Gateway, InMemoryCells};
pub use runner::Runner;
pub use split::{Seam, Split};

/// Header fields as raw bytes: order and duplicates are kept.
pub type RawHeaders = Vec<(Vec<u8>, Vec<u8>)>;
