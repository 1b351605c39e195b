//! The mcp-policy engine: turns the events of an HTTP exchange, the time and counter values into a verdict on its MCP
//! message.
//!
//! Five verbs, in this order, name its files and everything else in the project:
//!
//! | verb | turns | into |
//! |---|---|---|
//! | parse | the text of a `policy.json`, once | a [`Policy`](host::Policy), or every error in it |
//! | read | a request's headers and body | the one MCP message they can mean |
//! | decide | a message, its caller and the policy | a refusal, or the limits that it must fit |
//! | count | limits and present counts | the next counts, or "full" |
//! | answer | a refusal | the response that the client gets |
//!
//! An [`Exchange`](host::Exchange) takes one HTTP request through them, and filters its response. It never waits: every
//! [`Step`](host::Step) names the next action of the host.
//!
//! ```
//! use mcp_policy::host::{Event, Exchange, Headers, HostContext, Millis, Next, Policy};
//! use std::sync::Arc;
//!
//! let policy = Policy::parse(br#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#).unwrap();
//! let headers = Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
//! let (mut exchange, _) = Exchange::new(Arc::new(policy), &headers, false, HostContext::default(), &Millis(0));
//! let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_table"}}"#;
//! let step = exchange.feed(Event::Body { bytes: body.to_vec(), end_of_stream: true }, &Millis(0));
//! let Next::Reply(reply) = step.next else { panic!("drop_table is not allowed") };
//! assert!(String::from_utf8(reply.body).unwrap().contains("[POLICY DENIED]"));
//! ```
//!
//! Three modules are public:
//!
//! - [`host`]: the contract with a host. A gateway needs nothing else; `examples/gateway.rs` is a whole one.
//! - [`document`]: the policy document, for tools that check, show or write policies.
//! - [`trace`]: the rules that a decision evaluated, for tools that explain one.
//!
//! # Out of scope
//!
//! It does no I/O, reads no clock, keeps no global and has no unsafe code. It calls no host: the adapters beside it do.
//! It keeps no counts: the [`Store`](host::Store) keeps them in a host's [`Cells`](host::Cells).

#![forbid(unsafe_code)]

mod answer;
mod approval;
mod audit;
mod count;
mod decide;
mod exchange;
mod held;
mod log_batches;
mod measures;
mod model;
#[allow(dead_code, unused_imports, reason = "the exchange calls it next")]
mod page;
mod parse;
mod read;
mod response;
mod session;
mod step;
mod store;
mod words;

/// The contract with a host: a policy, an exchange that is fed events, and the steps that it returns.
///
/// ```text
/// Exchange::new ──► Step ──► NeedMore      feed the next piece of the body
///                        ├─► Ask           let a Store resolve it, or answer it by other means
///                        ├─► Reply         send it; the exchange is over
///                        └─► Forward       pass the request on; then feed the events of the response while
///                              │           needs_response() is true
///                              └─► Forward | ReplaceBody | Reply   for each of them
/// ```
pub mod host {
    pub use crate::answer::{Hold, Reply};
    pub use crate::approval::{LONGEST_SERVICE_ANSWER, SignedMessage};
    pub use crate::audit::{Audit, access_log_values};
    pub use crate::count::{Charge, Count, LimitRef, RateLimitQuestion, Refund, Reservation};
    pub use crate::exchange::Exchange;
    pub use crate::held::HeldResponses;
    pub use crate::log_batches::{Due, LogBatch, LogBatches, Turn};
    pub use crate::model::{HostOptions, HttpEndpoint, NeededIdentities, Policy, Window};
    pub use crate::parse::{PolicyError, Problem};
    pub use crate::read::{HeaderEdit, Headers, Verified, jwt_claims};
    pub use crate::session::Session;
    pub use crate::step::{Ask, Delivery, Event, HostContext, Next, Response, Step};
    pub use crate::store::{
        Cells, Effects, Seed, Standings, Store, TableFill, Unavailable, Version,
    };
    pub use crate::words::approval::{
        Approval, ApprovalAnswer, ApprovalAsk, ApprovalDecision, ApprovalId, ApprovalReport,
        ApprovalRequest, Standing,
    };
    pub use crate::words::json::JsonFault;
    pub use crate::words::state::{Lookup, StateKey, StateWrite};
    pub use crate::words::under_way::{IdEnd, Opening, RequestKey};
    pub use crate::words::{Amount, Clock, Millis, Reason, ServiceAnswer};
}

/// The policy document, for tools: its JSON with the place of every value, its JSON Schema, its rules and limits.
///
/// No host needs it. [`Policy::document`](host::Policy::document) reads a document.
pub mod document {
    pub use crate::decide::evaluation_order;
    pub use crate::model::{ContainedGrant, LimitInfo, RuleInfo, SharedLimits};
    pub use crate::parse::json_schema;
    pub use crate::read::pin;
    pub use crate::words::json::{Document, Kind, Value};
    pub use crate::words::pattern::{Pattern as NamePattern, Star};
    pub use crate::words::text::{is_invisible, is_joiner};
}

/// The trace of a decision: each evaluated rule, its outcome and the values that its conditions read; for a caller that no
/// grant matches, the facts that it lacks.
///
/// The rules are recorded where [`HostContext::explain`](host::HostContext::explain) asks for it, and read with
/// [`Audit::trace`](host::Audit::trace). They hold values of arguments and claims, so keep them out of logs.
pub mod trace {
    pub use crate::decide::{MissedFact, UnmatchedGrant, unmatched_grants};
    pub use crate::words::Truth;
    pub use crate::words::trace::{ConditionTrace, RuleOutcome, RuleTrace};
}
