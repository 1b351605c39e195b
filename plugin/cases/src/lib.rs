//! Cases: what is sent under a policy and when, and what must be seen; and the engine itself as a host that plays them.
//!
//! The command line tool and the tests on other hosts read the same files by this crate, so that they cannot differ. It
//! speaks to no gateway.

#![forbid(unsafe_code)]

pub mod arrival;
pub mod case;
pub mod native;
pub mod respond;
pub mod seen;
pub mod split;

pub use case::{Case, Play, Step};
pub use native::{Memory, Player};
pub use seen::{Outcome, Seen};
pub use split::{Seam, Split};

/// Header fields as raw bytes: order and duplicates are kept.
pub type RawHeaders = Vec<(Vec<u8>, Vec<u8>)>;
