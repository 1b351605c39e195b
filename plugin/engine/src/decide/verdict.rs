//! What the rules say of a message before anything is counted or looked up.
//!
//! It holds conclusions, and never the message itself.

use super::pin::PinCheck;
use super::task::TaskCheck;
use crate::model::{Limit, Mode};
use crate::read::RequestError;
use crate::words::Refusal;
use crate::words::trace::Trace;
use crate::words::work::Budgets;
use std::sync::Arc;

/// What the rules say before anything is counted.
#[derive(Debug)]
pub(crate) struct Verdict<'p> {
    /// The first refusal that is enforced.
    pub(crate) refusal: Option<Refusal>,
    /// What else is told of the rules, since the last check where there is one.
    pub(crate) trace: Trace,
    /// What may refuse the call before all that, in its order, each with what is told of the rules before it.
    pub(crate) checks: Vec<(Trace, Check<'p>)>,
    /// The limits that the call must fit, when nothing refused it.
    pub(crate) limits: Vec<(&'p Arc<Limit>, Mode)>,
    /// The headers do not repeat the arguments as the tool's schema says. Then nothing else counts.
    pub(crate) contradiction: Option<RequestError>,
    /// What is left of the message's steps.
    pub(crate) budgets: Budgets,
}

/// What only the host's state can answer, and what must hold for the rules after it to matter.
#[derive(Debug)]
pub(crate) enum Check<'p> {
    /// No mark of a sequence stands against the call.
    Marks(Vec<(&'p Arc<Limit>, Mode)>),
    /// The tool is the one that was reviewed.
    Pin(PinCheck),
    /// The tasks were issued to the caller; and the marks that their calls may have left.
    Tasks(TaskCheck, Vec<(&'p Arc<Limit>, Mode)>),
}
