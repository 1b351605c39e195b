//! The settings of a policy document that are no rules: modes, answers, lists, and the options of the host.
//!
//! It knows their values and defaults, not the words that spell them; `parse` does.

use crate::words::Millis;
use crate::words::json::{Bounds, Surrogates};

/// What happens to names that no entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Whether refusals are carried out or only logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enforce,
    Shadow,
}

/// What a refused `tools/call` is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerStyle {
    /// A tool result with `isError`, which the model reads.
    Result,
    /// A JSON-RPC error.
    Error,
}

/// What the lists that servers send show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// What some rule admits, and what is denied by name.
    Callable,
    /// Everything but what is hidden.
    AllButHidden,
}

/// Options of the host, under `host` in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Keep the request's headers back until the verdict. Only for hosts that still deliver the body then.
    pub hold_request_headers: bool,
    /// The name under which counters are kept in shared data; the plugin's name where absent.
    pub namespace: Option<String>,
    /// How many callers that are not configured can be counted apart at the same time.
    pub slots: usize,
    /// The longest request body in bytes.
    pub max_request_bytes: usize,
    /// The longest message of a server's, in bytes, out of which something can be taken.
    pub max_response_bytes: usize,
    /// The most bytes of responses that one worker holds at a time, until they are whole; one caller a quarter of them.
    pub held_bytes: usize,
    /// The deepest nesting of a message.
    pub max_depth: usize,
    /// How long a call may take, from a second to a day. An id whose answer was not seen is unclear for so long.
    pub longest_call: Millis,
}

impl HostOptions {
    /// From and to, of `slots`, of the longest bodies, and of `max_depth`.
    pub(crate) const RANGES: ((u64, u64), (u64, u64), (u64, u64)) =
        ((1024, 4_194_304), (1024, 64 * 1024 * 1024), (8, 128));

    /// From and to, of `held_bytes`.
    pub(crate) const HELD_BYTES: (u64, u64) = (1024 * 1024, 1024 * 1024 * 1024);

    /// From and to, of `longest_call` in seconds.
    pub(crate) const LONGEST_CALLS: (u64, u64) = (1, 86_400);

    /// What a message may take.
    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds_of(self.max_request_bytes)
    }

    /// The same for a message of a server's.
    pub(crate) fn response_bounds(&self) -> Bounds {
        Bounds {
            surrogates: Surrogates::Opaque,
            ..self.bounds_of(self.max_response_bytes)
        }
    }

    fn bounds_of(&self, length: usize) -> Bounds {
        // Two bytes are the least that a value takes, so this much is room for long lists of short numbers, such as
        // embeddings. At 16 bytes a value, what is kept of a message is at most four times as long as the longest body.
        const BYTES_A_VALUE: usize = 4;
        Bounds {
            depth: self.max_depth,
            values: length.div_ceil(BYTES_A_VALUE),
            surrogates: Surrogates::Refused,
        }
    }
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            hold_request_headers: false,
            namespace: None,
            slots: 65_536,
            max_request_bytes: 768 * 1024,
            max_response_bytes: 768 * 1024,
            held_bytes: 64 * 1024 * 1024,
            max_depth: 64,
            longest_call: Millis(600_000),
        }
    }
}
