//! The states of an exchange, and the data of each.
//!
//! It never keeps a body longer than it takes to judge it.

use super::approval_step::ApprovalStep;
use super::page_visit::PageVisit;
use super::question::Pending;
use crate::answer::ReplyTo;
use crate::approval::ServiceQuestion;
use crate::audit::Audit;
use crate::count::Charge;
use crate::decide::{Claim, Destination, Login, RequestContext};
use crate::measures::Measures;
use crate::model::Policy;
use crate::read::{Head, HttpMethod, RequestIds, Verified};
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
    /// The server's name in the log; `None` where the policy lists none, or none matches.
    pub(super) server: Option<Box<str>>,
    /// The caller's name in the log; `None` for a caller that is not admitted.
    pub(super) grant: Option<String>,
    /// The grants that the caller matches who is not admitted because they are several.
    pub(super) several: Vec<Box<str>>,
    /// Why a login may help the caller; `None` for a caller that it does not help.
    pub(super) login: Option<Login>,
    /// The measures of decisions about it; `None` where the policy asks for none.
    pub(super) measures: Option<Box<Measures>>,
    /// The server to check the response by, where the gateway may have sent the request to another one.
    pub(super) destination: Option<Box<Destination>>,
    pub(super) state: State,
    /// The stage of the response.
    pub(super) stage: Stage,
    /// A response may come before the verdict.
    pub(super) early: bool,
    /// The most bytes of the request's body that may be held from now on.
    pub(super) room: usize,
    /// The held bytes of the request's body were dropped.
    pub(super) dropped: bool,
    /// The steps that it took to judge the request.
    pub(super) steps: u64,
    pub(super) response: Box<ResponseReader>,
}

#[derive(Debug)]
pub(crate) enum State {
    /// The page of approvals is visited.
    Page(Box<PageVisit>),
    /// The body of a POST is arriving.
    Reading(Box<Reading>),
    /// The body of a POST is complete, and the owner of its session is being looked up.
    Recognizing(Box<Reading>),
    /// A GET, DELETE or OPTIONS was admitted; no body may follow.
    Bodiless(Box<Bodiless>),
    /// No body has followed, and the owner of its session is being looked up.
    Claiming(Box<Bodiless>, Claim),
    /// The stream that a GET opens is being counted.
    Opening(Arc<[Charge]>, Box<Audit>),
    /// A message was judged, and this question must be answered before it is forwarded.
    Pending(Pending, Box<Judged>),
    /// The request was passed on.
    Forwarded,
    /// The exchange is over: nothing more is passed on.
    Answered,
}

#[derive(Debug)]
pub(crate) struct Reading {
    pub(super) head: Head,
    pub(super) context: RequestContext,
    /// The identities that the gateway verified, where approvals need them.
    pub(super) verified: Option<Box<Verified>>,
    pub(super) body: Vec<u8>,
    /// Pieces of the body are no longer in the host's buffer.
    pub(super) taken: bool,
}

#[derive(Debug)]
pub(crate) struct Bodiless {
    pub(super) http_method: HttpMethod,
    /// The session that may be another caller's.
    pub(super) claim: Option<Claim>,
    /// The request, where streams are counted.
    pub(super) context: Option<RequestContext>,
}

/// A message that is judged but for the questions to the host's state.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) reply_to: ReplyTo,
    pub(super) audit: Box<Audit>,
    /// The questions among the rules, each with the trace of the rules before it.
    pub(super) checks: std::vec::IntoIter<(Trace, Pending)>,
    /// The trace of the rules after them.
    pub(super) trace: Trace,
    /// The refusal by a rule after them.
    pub(super) refusal: Option<Refusal>,
    /// The approvals that it needs; `None` for most messages.
    pub(super) approvals: Option<Box<ApprovalStep>>,
    /// The question that a service is asked, if one is.
    pub(super) asked_service: Option<Box<ServiceQuestion>>,
    /// A question that comes before all others.
    pub(super) next: Option<Pending>,
    /// The id to open.
    pub(super) id: Option<RequestKey>,
    pub(super) charges: Vec<Charge>,
    /// The state that its response is judged by is not looked up yet.
    pub(super) awaits_keys: bool,
    /// The body for the host to put back, where pieces of it were taken.
    pub(super) body: Option<Vec<u8>>,
}
