//! **decide**: turns a message, its caller and the policy into a refusal, or into the charges to count before it may go.
//!
//! It reads no clock and no counter. An unknown is a denial: every path through here ends with a verdict.

mod admission;
mod caller;
mod condition;
mod judge;
mod lookup;
mod operand;
mod pin;
mod requester;
mod schema;
mod task;
mod verdict;
mod visibility;
mod wording;

pub(crate) use caller::Caller;
pub(crate) use lookup::value_at;
pub(crate) use pin::PinCheck;
pub(crate) use requester::{Header, Requester, Session};
pub(crate) use task::TaskCheck;
pub(crate) use verdict::{Check, Turn};
pub(crate) use visibility::{Listing, Whose};

use crate::model::Policy;
use crate::read::Message;
use crate::words::{Millis, Refusal};
use admission::{frozen, known};
use judge::Judge;
use verdict::Verdict;

/// Judges a message by every rule but the limits.
pub(crate) fn decide<'p>(
    policy: &'p Policy,
    requester: &Requester,
    message: &Message<'_>,
    now: Millis,
    explain: bool,
) -> Verdict<'p> {
    let caller = &requester.caller;
    let mut judge = Judge::new(policy, requester, now, explain);
    if let Some(refusal) = known(caller).err().or_else(|| frozen(policy, caller)) {
        judge.enforce(refusal);
    } else if let Message::Request { call, .. } | Message::Notification(call) = message {
        judge.call(call, matches!(message, Message::Request { .. }));
    }
    judge.verdict
}

/// Judges a request that carries no message: the stream of a GET and the end of a session.
pub(crate) fn decide_bodiless(policy: &Policy, caller: &Caller) -> Option<Refusal> {
    known(caller).err().or_else(|| frozen(policy, caller))
}
