//! The state of an exchange, and what each state keeps.
//!
//! A body is kept only while it arrives.

use crate::answer::ReplyTo;
use crate::audit::Audit;
use crate::count::Charge;
use crate::decide::{Claim, PinCheck, RequestContext, TaskCheck};
use crate::model::Policy;
use crate::read::{Head, HttpMethod, RequestIds};
use crate::response::{ResponseReader, Stage};
use crate::store::Seed;
use crate::words::Refusal;
use crate::words::trace::Trace;
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
    /// A message was judged, but for what only those know who remember.
    Checking(Box<Checking>),
    /// A message was admitted, and more has to be known to judge its response.
    Recalling(Box<Audit>),
    /// A message was admitted, and its id has to be its own.
    Opening(Box<Counting>),
    /// The charges of a message that was admitted are being counted.
    Counting(Box<Counting>),
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

/// A message that is judged but for its charges.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) reply_to: ReplyTo,
    pub(super) audit: Box<Audit>,
    pub(super) trace: Trace,
    pub(super) refusal: Option<Refusal>,
    pub(super) charges: Vec<Charge>,
}

#[derive(Debug)]
pub(super) struct Checking {
    pub(super) check: Asking,
    /// The questions after that.
    pub(super) turns: std::vec::IntoIter<(Trace, Asking)>,
    pub(super) judged: Judged,
}

/// A question whose answer decides whether the rules after it matter.
#[derive(Debug)]
pub(super) enum Asking {
    Marks(Arc<[Charge]>),
    Pin(PinCheck),
    /// With the marks that the calls of the tasks may have left.
    Tasks(TaskCheck, Vec<Charge>),
}

#[derive(Debug)]
pub(super) struct Counting {
    pub(super) reply_to: ReplyTo,
    pub(super) charges: Arc<[Charge]>,
    pub(super) audit: Box<Audit>,
}
