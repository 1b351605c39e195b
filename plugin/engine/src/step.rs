//! The contract of an exchange with its host: the events that a host reports, and the steps that answer them.
//!
//! It holds no state and decides nothing.

use crate::answer::Reply;
use crate::approval::SignedMessage;
use crate::audit::Audit;
use crate::count::{Charge, RateLimitQuestion, Reservation};
use crate::read::{HeaderEdit, Headers, Verified};
use crate::store::{Effects, Seed};
use crate::words::ServiceAnswer;
use crate::words::approval::{ApprovalAsk, ApprovalReport};
use crate::words::state::{Lookup, StateKey};
use crate::words::under_way::{Opening, RequestKey};
use std::sync::Arc;

/// The host's knowledge of a request beside its headers. Made once for each exchange.
#[derive(Clone, Debug, Default)]
pub struct HostContext {
    /// The address of the peer, with or without a port. Needed where [`Policy::needs_peer`](crate::host::Policy::needs_peer)
    /// is true; never an address that a client claims.
    pub peer: Option<String>,
    /// The identities that the gateway verified. Needed where
    /// [`Policy::needs_verified`](crate::host::Policy::needs_verified) names them.
    pub verified: Verified,
    /// The name of the cluster that the gateway's route chose. Needed where
    /// [`Policy::needs_cluster`](crate::host::Policy::needs_cluster) is true; never a name that a client claims.
    pub cluster: Option<String>,
    /// The secret of the process: [`Store::seed`](crate::host::Store::seed). The log hashes arguments with it.
    pub seed: Seed,
    /// Record every rule that is evaluated: [`Audit::trace`]. Needs the feature `explain`.
    pub explain: bool,
}

/// Something that happened to the exchange, in the order in which it happened.
#[derive(Debug)]
pub enum Event {
    /// The host is buffering the body and has so many bytes of it. It delivers them with [`Event::Body`].
    Buffered(usize),
    /// A piece of the request's body. Trailers end a body too: [`Event::END`].
    Body {
        /// The bytes that follow the pieces before.
        bytes: Vec<u8>,
        /// Neither bytes nor trailers follow.
        end_of_stream: bool,
    },
    /// There is a body, and the host cannot deliver it.
    BodyUnavailable,
    /// The answer to [`Ask::Reserve`].
    Reserved(Reservation),
    /// The answer to [`Ask::Lookup`].
    Found(Lookup),
    /// The answer to [`Ask::Open`].
    Opened(Opening),
    /// The answer to [`Ask::Approvals`].
    Approvals(Box<ApprovalReport>),
    /// The answer to [`Ask::Service`] or [`Ask::RateLimits`]; `None` where none came in time, a gRPC answer has no trailer
    /// `grpc-status` of 0, or the body is longer than [`LONGEST_SERVICE_ANSWER`] bytes.
    ///
    /// [`LONGEST_SERVICE_ANSWER`]: crate::host::LONGEST_SERVICE_ANSWER
    ServiceAnswer(Option<ServiceAnswer>),
    /// Something that happened after [`Next::Forward`]. A host reports these where
    /// [`Exchange::needs_response`](crate::host::Exchange::needs_response) is true.
    Response(Response),
}

impl Event {
    /// The request ends here: no bytes follow.
    pub const END: Self = Self::Body {
        bytes: Vec::new(),
        end_of_stream: true,
    };
}

/// The host's actions after an event.
#[derive(Debug)]
pub struct Step {
    /// The next action.
    pub next: Next,
    /// Changes to the request's headers when they are forwarded; after the verdict, to the headers of the response that
    /// came with the event.
    pub edit: HeaderEdit,
    /// A decision to log.
    pub audit: Option<Box<Audit>>,
    /// A new approval to tell the server of [`Policy::notified`](crate::host::Policy::notified) about. Nothing depends on
    /// its success.
    pub notice: Option<Box<SignedMessage>>,
    /// The effects that a [`Store`](crate::host::Store) carries out.
    pub effects: Effects,
}

/// The next action of a host.
#[derive(Debug)]
pub enum Next {
    /// Feed the next event, and pass nothing on until then.
    NeedMore,
    /// Do this, which only the host can do, and feed the answer.
    Ask(Ask),
    /// Pass on the request, its body byte for byte; after an event of the response, the part that came with that event.
    Forward,
    /// Pass on the request with this body, which has the length of the received one and lacks the gateway's own members.
    ForwardBody(Vec<u8>),
    /// Pass these bytes on in place of those that came with the response's event.
    ReplaceBody(Vec<u8>),
    /// Send this reply to the client and pass nothing on. Where the client has part of a response already, end the
    /// connection.
    Reply(Reply),
}

/// A question that only the host, or its [`Store`](crate::host::Store), can answer.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Add all these charges or none, and feed [`Event::Reserved`].
    Reserve(Arc<[Charge]>),
    /// Look these keys up, and feed [`Event::Found`].
    Lookup(Arc<[StateKey]>),
    /// Answer this question about approvals, and feed [`Event::Approvals`].
    Approvals(ApprovalAsk),
    /// Post this to [`Policy::approval_service`](crate::host::Policy::approval_service), and feed
    /// [`Event::ServiceAnswer`]. No [`Store`](crate::host::Store) answers it.
    Service(Box<SignedMessage>),
    /// Post this to [`Policy::rate_limit_service`](crate::host::Policy::rate_limit_service), and feed
    /// [`Event::ServiceAnswer`]. No [`Store`](crate::host::Store) answers it.
    RateLimits(Box<RateLimitQuestion>),
    /// Open this id unless it is open already, in one indivisible step, and feed [`Event::Opened`].
    Open(RequestKey),
}

impl Step {
    /// A step with this `next` and no effects.
    pub fn next(next: Next) -> Self {
        Self {
            next,
            edit: HeaderEdit::default(),
            audit: None,
            notice: None,
            effects: Effects::default(),
        }
    }

    pub(crate) fn more() -> Self {
        Self::next(Next::NeedMore)
    }
}

/// The answer to a lookup. Any other event counts as a failed lookup.
pub(crate) fn lookup_of(event: Event) -> Lookup {
    match event {
        Event::Found(found) => found,
        _ => Lookup::Unavailable,
    }
}

/// The answer to a question about approvals. Any other event counts as a failed one.
pub(crate) fn approvals_of(event: Event) -> ApprovalReport {
    match event {
        Event::Approvals(report) => *report,
        _ => ApprovalReport::UNAVAILABLE,
    }
}

/// The answer to the opening of an id. Any other event counts as an unclear id.
pub(crate) fn opening_of(event: &Event) -> Opening {
    match event {
        Event::Opened(opening) => *opening,
        _ => Opening::Unclear,
    }
}

/// Something that happened after the request was passed on.
#[derive(Debug)]
pub enum Response {
    /// Whether the request reached the server. A host that knows reports it before the head.
    Delivery(Delivery),
    /// The name of the cluster to which the gateway sent the request; `None` where there is none, or the host cannot
    /// read it. Where [`Policy::needs_cluster`](crate::host::Policy::needs_cluster) is true, a host reports it before
    /// the head: after the verdict the gateway may have chosen again.
    SentTo(Option<String>),
    /// Status and headers. Those of interim responses (1xx) may come before.
    Head {
        /// HTTP status.
        status: u16,
        /// Header fields.
        headers: Headers,
        /// Neither body nor trailers follow.
        end_of_stream: bool,
    },
    /// A piece of the response's body.
    Body {
        /// The bytes that follow the pieces before.
        bytes: Vec<u8>,
        /// Neither bytes nor trailers follow.
        end_of_stream: bool,
    },
    /// Trailers end the response.
    Trailers,
    /// Nothing more will be reported: the response is complete, or a side closed the connection.
    Closed,
}

impl Response {
    /// True where the response ends with this event.
    pub(crate) fn is_last(&self) -> bool {
        match self {
            Self::Head { end_of_stream, .. } | Self::Body { end_of_stream, .. } => *end_of_stream,
            Self::Trailers | Self::Closed => true,
            Self::Delivery(_) | Self::SentTo(_) => false,
        }
    }
}

/// Whether a request that was passed on reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Some bytes of it did, or it is unknown.
    Sent,
    /// No byte of it did, for certain.
    Unsent,
}
