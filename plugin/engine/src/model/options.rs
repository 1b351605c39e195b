//! The settings of a policy document beside its rules: modes, answers, lists, and the options of the host.
//!
//! It knows their values and defaults, not the words that spell them; `parse` does.

use crate::words::Millis;
use crate::words::json::{Bounds, Surrogates};

/// The effect on names without an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Whether refusals are enforced or only logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enforce,
    Shadow,
}

/// The form of the answer to a refused `tools/call`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerStyle {
    /// A tool result with `isError`, which the model reads.
    Result,
    /// A JSON-RPC error.
    Error,
}

/// The names that servers' lists may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Names with an entry that does not hide them, and names that `default` allows.
    Callable,
    /// All names but hidden ones.
    AllButHidden,
}

/// Options of the host, under `host` in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Hold the request's headers back until the verdict. Only for hosts that still deliver the body then.
    pub hold_request_headers: bool,
    /// The host has callbacks for the trailers of requests and responses.
    pub trailers: bool,
    /// The name under which counters are kept in shared data; the plugin's name where absent.
    pub namespace: Option<String>,
    /// The number of callers beyond the configured ones that can be counted apart at the same time.
    pub slots: usize,
    /// The longest request body in bytes.
    pub max_request_bytes: usize,
    /// The longest server message, in bytes, that can be edited.
    pub max_response_bytes: usize,
    /// The most bytes of incomplete responses, and of requests where `trailers` is false, that one worker holds at a time;
    /// one caller holds at most a quarter of them.
    pub held_bytes: usize,
    /// The deepest nesting of a message.
    pub max_depth: usize,
    /// The longest duration of a call, from a second to a day. An id whose answer was not seen stays unclear for so
    /// long.
    pub longest_call: Millis,
    /// The longest time that a client may reuse a list, from a second to a day; `None` for a minute, and only where
    /// another rule reads the list.
    pub list_ttl: Option<Millis>,
    /// Count decisions in the host's metrics.
    pub metrics: bool,
    /// The members of a log line that access logs can print, each under its own name.
    pub filter_state: Vec<&'static str>,
    /// The collector that gets the lines of the log, beside the host's own log.
    pub audit_collector: Option<HttpEndpoint>,
}

/// An HTTP server behind a cluster of the host, to which the plugin posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpEndpoint {
    /// The name of the cluster.
    pub cluster: String,
    /// The path with its query.
    pub path: String,
    /// The host name in each call; that of the cluster where the policy names none.
    pub authority: String,
    /// The longest wait for an answer, from a second to a minute.
    pub timeout: Millis,
}

impl HostOptions {
    /// The least and the largest value of `slots`, of the longest bodies in bytes, and of `max_depth`.
    pub(crate) const RANGES: ((u64, u64), (u64, u64), (u64, u64)) =
        ((1024, 4_194_304), (1024, 64 * 1024 * 1024), (8, 128));

    /// The least and the largest value of `held_bytes`.
    pub(crate) const HELD_BYTES: (u64, u64) = (1024 * 1024, 1024 * 1024 * 1024);

    /// The least and the largest value of `longest_call`, in seconds.
    pub(crate) const LONGEST_CALLS: (u64, u64) = (1, 86_400);

    /// The least and the largest value of `list_ttl`, in seconds.
    pub(crate) const LIST_TTLS: (u64, u64) = (1, 86_400);

    /// The least and the largest timeout of a collector, in seconds.
    pub(crate) const COLLECTOR_TIMEOUTS: (u64, u64) = (1, 60);

    /// The members of a log line that access logs may print.
    pub(crate) const FILTER_STATE: [&'static str; 11] = [
        "server", "grant", "client", "method", "tool", "prompt", "uri", "decision", "reason",
        "rule", "policy",
    ];

    /// The longest time that a client may reuse a list.
    pub(crate) fn max_list_ttl(&self) -> Millis {
        self.list_ttl.unwrap_or(Millis(60_000))
    }

    /// The bounds of a request's message.
    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds_of(self.max_request_bytes)
    }

    /// The bounds of a server's message.
    pub(crate) fn response_bounds(&self) -> Bounds {
        Bounds {
            surrogates: Surrogates::Opaque,
            ..self.bounds_of(self.max_response_bytes)
        }
    }

    fn bounds_of(&self, length: usize) -> Bounds {
        // A value takes at least two bytes, so this leaves room for long lists of short numbers, such as embeddings. At
        // 16 bytes a value, the index of a message is at most four times as long as the longest body.
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
            trailers: true,
            namespace: None,
            slots: 65_536,
            max_request_bytes: 768 * 1024,
            max_response_bytes: 768 * 1024,
            held_bytes: 64 * 1024 * 1024,
            max_depth: 64,
            longest_call: Millis(600_000),
            list_ttl: None,
            metrics: false,
            filter_state: Vec::new(),
            audit_collector: None,
        }
    }
}
