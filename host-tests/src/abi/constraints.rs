//! The constraints of a host: its missing functions, and the deliveries of requests that differ from an Envoy with all options.
//!
//! They are data. The host functions and the player of exchanges read them.

use super::shared::Faults;
use super::status::UNIMPLEMENTED;

/// One host, or one way to set it up.
#[derive(Clone, Copy, Debug)]
pub struct Constraints {
    /// The name of the host, as operators know it.
    pub name: &'static str,
    /// The effect of Pause in the callback of request headers.
    pub pause: HeaderPause,
    /// Whether the callback of headers tells that nothing follows.
    pub end: HeaderEnd,
    /// How request bodies are delivered.
    pub bodies: Bodies,
    /// The longest request body that the host buffers, in bytes, and what happens above it.
    pub buffer: (usize, Overflow),
    /// The handling of request trailers.
    pub trailers: Trailers,
    /// The host has a callback for the trailers of a response.
    pub response_trailers: bool,
    /// The functions that the host lacks: each of their calls is answered by [`UNIMPLEMENTED`].
    pub lacks: &'static [&'static str],
    /// The functions that succeed and do nothing.
    pub ignores: &'static [&'static str],
    /// The functions that end the plugin when a stream calls them after its response has begun, or from any stream.
    pub ends_plugin: &'static [(Phase, &'static str)],
    /// A body that becomes longer is cut to the length that was announced.
    pub cuts_bodies: bool,
    /// The number of headers is always reported as zero.
    pub counts_no_headers: bool,
    /// Each key of the shared data has numbers of its own, as with ngx_wasm_module.
    pub numbers_each_key: bool,
    /// Other plugins write into the same shared data.
    pub shares_data: bool,
    /// The memory of a VM, in bytes.
    pub memory: usize,
    /// What follows the end of a plugin.
    pub failure: Failure,
}

/// The effect of Pause in the callback of request headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderPause {
    /// The headers wait, and the body is delivered.
    HoldsHeaders,
    /// Nothing more is delivered.
    StopsAll,
    /// None: the headers go on.
    None,
}

/// Whether the callback of headers tells that nothing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderEnd {
    /// It does.
    Told,
    /// It says that more follows, always.
    Never,
    /// It says that nothing follows, always.
    Always,
}

/// How request bodies are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// In pieces as they arrive.
    Pieces,
    /// In one piece, with the end. For a request without a body there is no call.
    Whole,
    /// In pieces, of which none is marked as the last.
    Endless,
    /// Never. The host passes them on by itself.
    Withheld,
}

/// What happens to a request body above the host's buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The host answers 413.
    Refused,
    /// It is written into a file, and the plugin gets its length alone.
    Spooled,
}

/// The handling of request trailers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailers {
    /// It has a callback for them.
    Delivered,
    /// It drops them, and marks the last piece of the body.
    Dropped,
    /// It passes them on with the body that it has, and tells the plugin nothing.
    Passed,
}

/// A part of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From the headers of the request on.
    Stream,
    /// The body of the response.
    ResponseBody,
}

/// What follows the end of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The host refuses all requests.
    Closed,
    /// The next request gets a new VM, with the shared data of the old one.
    Reload,
}

const NONE: usize = usize::MAX;

const SHARED_DATA: [&str; 2] = ["proxy_get_shared_data", "proxy_set_shared_data"];
const TIMER: &str = "proxy_set_tick_period_milliseconds";
const METRICS: [&str; 3] = [
    "proxy_define_metric",
    "proxy_increment_metric",
    "proxy_record_metric",
];

/// An Envoy with all that the plugin can use.
pub const ENVOY: Constraints = Constraints {
    name: "Envoy",
    pause: HeaderPause::HoldsHeaders,
    end: HeaderEnd::Told,
    bodies: Bodies::Pieces,
    buffer: (NONE, Overflow::Refused),
    trailers: Trailers::Delivered,
    response_trailers: true,
    lacks: &[],
    ignores: &[],
    ends_plugin: &[],
    cuts_bodies: false,
    counts_no_headers: false,
    numbers_each_key: false,
    shares_data: false,
    memory: NONE,
    failure: Failure::Reload,
};

/// `WasmPlugin` has neither an option to hold headers nor a `vm_id`.
pub const ISTIO: Constraints = Constraints {
    name: "Istio",
    pause: HeaderPause::StopsAll,
    shares_data: true,
    failure: Failure::Closed,
    ..ENVOY
};

/// `EnvoyExtensionPolicy` has no option to hold headers; connections buffer 32 KiB unless a `ClientTrafficPolicy` says more.
pub const ENVOY_GATEWAY: Constraints = Constraints {
    name: "Envoy Gateway",
    pause: HeaderPause::StopsAll,
    buffer: (32 * 1024, Overflow::Refused),
    failure: Failure::Closed,
    ..ENVOY
};

/// Its Envoy goes on with the headers.
pub const HIGRESS: Constraints = Constraints {
    name: "Higress",
    pause: HeaderPause::None,
    shares_data: true,
    failure: Failure::Closed,
    ..ENVOY
};

/// nginx with ngx_wasm_module 0.6: bodies come whole, above 16 KiB from a file; a file is nothing to a plugin.
pub const NGINX: Constraints = Constraints {
    name: "nginx with ngx_wasm_module",
    pause: HeaderPause::StopsAll,
    end: HeaderEnd::Never,
    bodies: Bodies::Whole,
    buffer: (16 * 1024, Overflow::Spooled),
    trailers: Trailers::Dropped,
    response_trailers: false,
    ends_plugin: &[
        (Phase::ResponseBody, "proxy_send_local_response"),
        (Phase::Stream, TIMER),
    ],
    cuts_bodies: true,
    numbers_each_key: true,
    ..ENVOY
};

/// ngx_wasm_module before 0.6.
pub const OLDER_NGINX: Constraints = Constraints {
    name: "nginx with ngx_wasm_module before 0.6",
    end: HeaderEnd::Always,
    ..NGINX
};

/// APISIX with wasm-nginx-module.
pub const APISIX: Constraints = Constraints {
    name: "APISIX",
    pause: HeaderPause::StopsAll,
    end: HeaderEnd::Never,
    bodies: Bodies::Whole,
    trailers: Trailers::Dropped,
    response_trailers: false,
    lacks: &SHARED_DATA,
    ignores: &METRICS,
    counts_no_headers: true,
    failure: Failure::Closed,
    ..ENVOY
};

/// Plugins of Google Cloud Service Extensions.
pub const GOOGLE: Constraints = Constraints {
    name: "Google Service Extensions",
    pause: HeaderPause::StopsAll,
    trailers: Trailers::Dropped,
    response_trailers: false,
    lacks: &[
        SHARED_DATA[0],
        SHARED_DATA[1],
        TIMER,
        METRICS[0],
        METRICS[1],
        METRICS[2],
        "proxy_http_call",
    ],
    memory: 16 * 1024 * 1024,
    failure: Failure::Closed,
    ..ENVOY
};

/// A host that was not told to deliver bodies, and can hold headers.
pub const NO_BODIES: Constraints = Constraints {
    name: "a host that delivers no body",
    bodies: Bodies::Withheld,
    ..ENVOY
};

/// A host that never reports the end of a body.
pub const NO_ENDS: Constraints = Constraints {
    name: "a host that reports no end",
    bodies: Bodies::Endless,
    ..ENVOY
};

/// A host without a callback for trailers, which goes on at trailers.
pub const NO_TRAILERS: Constraints = Constraints {
    name: "a host that passes trailers by",
    trailers: Trailers::Passed,
    response_trailers: false,
    ..ENVOY
};

/// The hosts that the tests know by their constraints alone.
pub const SIMULATED: [Constraints; 7] = [
    ISTIO,
    ENVOY_GATEWAY,
    HIGRESS,
    NGINX,
    OLDER_NGINX,
    APISIX,
    GOOGLE,
];

impl Constraints {
    /// The faults of the host's functions in this part of an exchange, for a module with these imports.
    pub(crate) fn faults(&self, imports: &[&str], phase: Option<Phase>) -> Faults {
        let known = |name: &&&str| imports.contains(*name);
        let lacks = self.lacks.iter().filter(known);
        let lacks = lacks.map(|name| ((*name).to_owned(), UNIMPLEMENTED));
        let ignores = self.ignores.iter().filter(known);
        let ignores = ignores.map(|name| ((*name).to_owned(), 0));
        let ending = self
            .ends_plugin
            .iter()
            .filter(|(own, _)| phase == Some(*own) || (phase.is_some() && *own == Phase::Stream));
        Faults {
            statuses: lacks.chain(ignores).collect(),
            traps: ending.map(|(_, name)| (*name).to_owned()).collect(),
            memory: Some(self.memory).filter(|memory| *memory != NONE),
            ..Faults::default()
        }
    }
}
