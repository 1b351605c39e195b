//! Follows what a host tells of a response, from what became of the request to the end, and turns what the server sent
//! into what the client gets.
//!
//! What comes in its order is passed on, without what a caller's lists must not show. Anything else is not.

mod ask;
mod filter;
mod issued;
mod list;
mod message;
mod pin;
mod problem;
mod result;
mod settle;
mod shape;
mod splice;
mod sse;
mod watch;

use crate::read::{Headers, Unreadable};
pub(crate) use filter::{Filter, Passed};
pub(crate) use issued::Issued;
use problem::Problem;
pub(crate) use result::Whose;
pub use settle::Refund;
pub(crate) use settle::Settlement;

/// Something that happened after the request was passed on.
#[derive(Debug)]
pub enum Response {
    /// What became of the request. A host that can tell says so before the head.
    Outcome(Outcome),
    /// Status and headers. Those of an interim response (1xx) may come before.
    Head {
        /// HTTP status.
        status: u16,
        /// Header fields.
        headers: Headers,
        /// Neither body nor trailers follow.
        end: bool,
    },
    /// A piece of the body; with `end`, the last one.
    Body {
        /// The bytes that follow those given before.
        bytes: Vec<u8>,
        /// Nothing follows.
        end: bool,
    },
    /// Trailers end the response.
    Trailers,
    /// Nothing more will be told: it is complete, or somebody hung up.
    Closed,
}

/// What became of a request that was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Some of it reached the server, or nobody can tell.
    Sent,
    /// Surely nothing of it reached the server.
    Unsent,
}

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Awaited,
    Arriving,
    Ended,
}

impl Stage {
    /// The stage after an event; `None` where the event cannot come now.
    pub(crate) fn after(self, event: &Response) -> Option<Self> {
        let arriving = |end| if end { Self::Ended } else { Self::Arriving };
        match (self, event) {
            (Self::Awaited, Response::Outcome(_)) => Some(self),
            (Self::Awaited, Response::Head { status, end, .. }) => {
                let interim = (100..200).contains(status);
                match (interim, end) {
                    (true, true) => None,
                    (true, false) => Some(self),
                    (false, end) => Some(arriving(*end)),
                }
            }
            (Self::Arriving, Response::Body { end, .. }) => Some(arriving(*end)),
            (Self::Arriving, Response::Trailers) | (_, Response::Closed) => Some(Self::Ended),
            _ => None,
        }
    }
}

/// The body is as it is, in no encoding.
fn is_identity(headers: &Headers) -> Result<bool, Unreadable> {
    let encoding = headers.single("content-encoding")?.unwrap_or("identity");
    Ok(encoding.eq_ignore_ascii_case("identity"))
}
