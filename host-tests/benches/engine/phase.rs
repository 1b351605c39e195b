//! The measured phases of a message, by its size and by the number of tools.
//!
//! It measures nothing.

use host_tests::samples::{self, LIMITED, LISTED, UNLISTED};

pub(crate) const SIZES: [usize; 5] = [200, 2_000, 20_000, 200_000, 1_000_000];
pub(crate) const TOOLS: [usize; 3] = [3, 300, 31_000];
/// The size and the number of tools that stay constant while the other one grows.
pub(crate) const SMALL: usize = SIZES[0];
pub(crate) const FEW: usize = TOOLS[0];

pub(crate) const NATIVE: &str = "native";
pub(crate) const WASMTIME: &str = "wasmtime";
/// wasmtime and the test's host, without the engine.
pub(crate) const FLOOR: &str = "wasmtime, a plugin that does nothing";

/// The last phase that a message reaches. The cost of a phase is the difference to the phase before it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    /// The response to a request of the server, which no rule judges.
    Read,
    /// A call of a tool without a limit.
    Decide,
    /// A call that is also counted.
    Count,
    /// A call that is refused, and not counted.
    Answer,
}

impl Phase {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Decide, Self::Count, Self::Answer];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Decide => "decide",
            Self::Count => "count",
            Self::Answer => "answer",
        }
    }

    pub(crate) fn message(self, size: usize) -> Vec<u8> {
        match self {
            Self::Read => samples::response(size),
            Self::Decide => samples::call(LISTED, size),
            Self::Count => samples::call(LIMITED, size),
            Self::Answer => samples::call(UNLISTED, size),
        }
    }
}

/// The name under which criterion keeps the measurements of some messages.
pub(crate) fn group(host: &str, tools: usize, size: usize) -> String {
    format!("{host}, {tools} tools, {size} bytes")
}

/// The name under which criterion keeps the measurements of a policy's parsing.
pub(crate) fn parsing(tools: usize) -> String {
    format!("parse, {tools} tools")
}
