//! The state of an exchange, and what each state keeps.
//!
//! A body is kept only while it arrives.

use super::question::Pending;
use crate::answer::ReplyTo;
use crate::audit::Audit;
use crate::count::Charge;
use crate::decide::{Claim, RequestContext};
use crate::model::Policy;
use crate::read::{Head, HttpMethod, RequestIds};
use crate::response::{ResponseReader, Stage};
use crate::store::Seed;
use crate::words::Refusal;
use crate::words::trace::Trace;
use crate::words::under_way::RequestKey;
use std::sync::Arc;

/// One HTTP request on its way to a verdict, and its response.
#[derive(Debug)]
pub struct Exchange {
    pub(super) policy: Arc<Policy>,
    pub(super) seed: Seed,
    pub(super) explain: bool,
    pub(super) ids: RequestIds,
    /// What the log calls the caller.
    pub(super) grant: Option<String>,
    pub(super) state: State,
    /// How far the response has come.
    pub(super) stage: Stage,
    /// A response may come before the verdict.
    pub(super) early: bool,
    /// The steps that it took to judge the request.
    pub(super) steps: u64,
    pub(super) response: Box<ResponseReader>,
}

#[derive(Debug)]
pub(crate) enum State {
    /// The body of a POST is arriving.
    Reading(Box<Reading>),
    /// The body of a POST is there, and it has to be known whose its session is.
    Recognizing(Box<Reading>),
    /// A GET, DELETE or OPTIONS was admitted; no body may follow.
    Bodiless(Box<Bodiless>),
    /// None has followed, and it has to be known whose its session is.
    Claiming(HttpMethod, Claim),
    /// A message was judged, and this is to be answered before it may go.
    Pending(Pending, Box<Judged>),
    /// The request was passed on.
    Forwarded,
    /// Nothing more is passed on.
    Answered,
}

#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) head: Head,
    pub(super) context: RequestContext,
    pub(super) body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Bodiless {
    pub(super) http_method: HttpMethod,
    /// The session that may be another caller's.
    pub(super) claim: Option<Claim>,
}

/// A message that is judged but for what the host's state says.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) reply_to: ReplyTo,
    pub(super) audit: Box<Audit>,
    /// Questions among the rules, each with what is told of the rules before it.
    pub(super) checks: std::vec::IntoIter<(Trace, Pending)>,
    /// What is told of the rules after them.
    pub(super) trace: Trace,
    /// The refusal of a rule after them.
    pub(super) refusal: Option<Refusal>,
    /// The id that has to be opened.
    pub(super) id: Option<RequestKey>,
    pub(super) charges: Vec<Charge>,
    /// It is not known yet by what its response is judged.
    pub(super) awaits_keys: bool,
}
