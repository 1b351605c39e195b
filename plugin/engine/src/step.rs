//! The contract of an exchange with its host: the events that a host reports, and the steps that answer them.
//!
//! It holds no state and decides nothing.

use crate::answer::Reply;
use crate::audit::Audit;
use crate::count::{Charge, Refund, Reservation};
use crate::read::{Edit, Headers};
use crate::store::Seed;
use crate::words::state::{Memo, Recollection, Topic};
use std::sync::Arc;

/// What the host knows beside the headers.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The address of the peer, with or without a port. Needed where [`Policy::needs_peer`] says so.
    pub peer: Option<String>,
    /// The secret of the process: [`Store::seed`].
    pub seed: Seed,
    /// Say with the decision every rule that was looked at: [`Audit::findings`]. Needs the feature `explain`.
    pub explain: bool,
}

/// Something that happened to the exchange.
#[derive(Debug)]
pub enum Event {
    /// The host is buffering the body and has so many bytes of it. It will give them with [`Event::Body`].
    Held(usize),
    /// A piece of the body; with `end`, the last one. Trailers end a body too.
    Body {
        /// The bytes that follow those given before.
        bytes: Vec<u8>,
        /// Nothing follows.
        end: bool,
    },
    /// The host had a body and cannot show it.
    BodyLost,
    /// The answer to [`Ask::Reserve`].
    Reserved(Reservation),
    /// The answer to [`Ask::Recall`].
    Recalled(Recollection),
    /// Something that happened after [`Next::Forward`]. A host need not tell any of it.
    Response(Response),
}

impl Event {
    /// Nothing follows.
    pub const END: Self = Self::Body {
        bytes: Vec::new(),
        end: true,
    };
}

/// What to do now.
#[derive(Debug)]
pub struct Step {
    /// What the exchange needs.
    pub next: Next,
    /// What to change in the request's headers, when they go; after the verdict, in those of the response that came with
    /// the event.
    pub edit: Edit,
    /// A decision to log.
    pub audit: Option<Box<Audit>>,
    /// Charges of an earlier step to give back. Nobody waits for it.
    pub refund: Option<Refund>,
    /// What to remember. Nobody waits for it.
    pub memos: Vec<Memo>,
}

/// What the exchange needs.
#[derive(Debug)]
pub enum Next {
    /// The next event. Nothing may be passed on until then.
    More,
    /// Something that only the host can do.
    Ask(Ask),
    /// Pass the request on, its body byte for byte as it was received; after a response's event, what came with that.
    Forward,
    /// Pass these bytes on in the place of those that came with the response's event.
    Replace(Vec<u8>),
    /// Answer the client; nothing may be passed on. Where the client has part of a response already, end that here.
    Answer(Reply),
}

/// Something that only the host can do.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Add all these charges or none, and feed [`Event::Reserved`].
    Reserve(Arc<[Charge]>),
    /// Say what is remembered of these topics, with [`Event::Recalled`].
    Recall(Arc<[Topic]>),
}

impl Step {
    /// Nothing but this.
    pub fn next(next: Next) -> Self {
        Self {
            next,
            edit: Edit::default(),
            audit: None,
            refund: None,
            memos: Vec::new(),
        }
    }

    pub(crate) fn more() -> Self {
        Self::next(Next::More)
    }
}

/// A host that answers something else than it was asked knows nothing.
pub(crate) fn recollection(event: Event) -> Recollection {
    match event {
        Event::Recalled(recalled) => recalled,
        _ => Recollection::Unavailable,
    }
}

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
