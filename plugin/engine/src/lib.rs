//! The mcp-policy engine: it is told what arrived, what time it is and what was counted, and says what happens next.
//!
//! Five verbs, in this order, name its files and everything else in the project:
//!
//! | verb | turns | into |
//! |---|---|---|
//! | parse | the text of a `policy.json`, once | a [`Policy`], or every mistake in it |
//! | read | a request's headers and body | the one MCP message they can mean |
//! | decide | a message, its caller and the policy | a refusal, or what has to be counted first |
//! | count | charges and present counts | the next counts, or "full" |
//! | answer | a refusal | the response that the client gets |
//!
//! An [`Exchange`] leads one HTTP request through them, and its response past the lists that a caller may see. It never
//! waits: every [`Step`] says what it needs next.
//!
//! ```
//! use mcp_policy::{Event, Exchange, Facts, Headers, Millis, Next, Policy};
//! use std::sync::Arc;
//!
//! let policy = Policy::parse(br#"{ "version": "1", "default": "deny", "tools": { "run": {} } }"#).unwrap();
//! let headers = Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
//! let (mut exchange, _) = Exchange::new(Arc::new(policy), &headers, false, Facts::default(), Millis(0));
//! let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_table"}}"#;
//! let step = exchange.feed(Event::Body { bytes: body.to_vec(), end: true }, Millis(0));
//! let Next::Answer(reply) = step.next else { panic!("drop_table is not allowed") };
//! assert!(String::from_utf8(reply.body).unwrap().contains("[POLICY DENIED]"));
//! ```
//!
//! # What this crate does not do
//!
//! It does no I/O, reads no clock, keeps no global and has no unsafe code. It does not speak to a host: the adapters
//! beside it do. It keeps no counts: the [`Store`] drives whatever [`Cells`] a host has.

#![forbid(unsafe_code)]

mod answer;
mod audit;
mod count;
mod decide;
mod exchange;
mod model;
mod parse;
mod read;
mod response;
mod step;
mod store;
mod words;

pub use answer::Reply;
pub use audit::Audit;
pub use count::{Charge, Maximum, Refund, Reservation, Tally};
pub use exchange::Exchange;
pub use model::{HostOptions, LimitSeen, Policy, RuleSeen, Window};
pub use parse::{PolicyError, Problem, schema};
pub use read::{Edit, Headers, pin};
pub use step::{Ask, Event, Facts, Next, Outcome, Response, Step};
pub use store::{Cells, Seed, Store, Unavailable, Version};
pub use words::json::{Document, Kind, Value};
pub use words::state::{Memo, Recollection, Topic};
pub use words::text::{is_invisible, is_joiner};
pub use words::trace::{Finding, Said, Sight};
pub use words::{Amount, Millis, Reason, Truth};
