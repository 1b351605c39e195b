//! **decide**: turns a message, its caller and the policy into a refusal, or into the checks and limits that it must
//! still pass.
//!
//! It reads no clock and no counter. If a rule's outcome is unknown, the message is refused; every message gets a
//! verdict.

mod admission;
mod any_text;
mod approval;
mod arguments;
mod caller;
mod condition;
mod context;
mod credentials;
mod equality;
mod expected;
mod form;
mod given;
mod grant;
mod group;
mod identity;
mod judge;
mod location;
mod lookup;
mod mismatch;
mod operand;
mod order;
mod pin;
mod predicate;
mod principal;
mod recorded;
mod schema;
mod secrets;
mod server;
mod subject;
mod task;
mod unlisted;
mod unmatched;
mod verdict;
mod visibility;
mod wording;

pub(crate) use caller::{Caller, Header};
pub(crate) use context::{Claim, RequestContext, Session};
pub(crate) use credentials::proved_texts;
pub(crate) use lookup::value_at;
pub(crate) use operand::Operand;
pub use order::evaluation_order;
pub(crate) use pin::PinCheck;
pub(crate) use principal::{Login, Principal};
pub(crate) use recorded::recorded_at;
pub(crate) use server::Destination;
pub(crate) use task::TaskCheck;
pub use unmatched::{MissedFact, UnmatchedGrant, unmatched_grants};
pub(crate) use verdict::Check;
pub(crate) use visibility::{ResultOf, Visibility};

use crate::model::{Limit, Mode, Policy};
use crate::read::{Call, Message, Target};
use crate::words::{Clock, Millis, Refusal};
use admission::admits;
use judge::Judge;
use std::sync::Arc;
use verdict::Verdict;

/// Judges a message of `length` bytes by every rule but the limits.
pub(crate) fn decide<'p>(
    policy: &'p Policy,
    context: &RequestContext,
    message: &Message<'_>,
    length: usize,
    now: Millis,
    explain: bool,
) -> Verdict<'p> {
    let caller = &context.caller;
    let mut judge = Judge::new(policy, context, length, now, explain);
    let refusal = admits(policy, caller, &now).err();
    let session = || context.session.refusal().filter(|_| policy.knows_callers());
    if let Some(refusal) = refusal.or_else(session) {
        judge.enforce(refusal);
    } else if let Message::Request { call, .. } | Message::Notification(call) = message {
        judge.call(call, matches!(message, Message::Request { .. }));
    }
    judge.verdict
}

/// The key of the entry for the called tool in the first rule set that has one; `Some(None)` where none has one, and
/// `None` for another call.
pub(crate) fn tool_key<'p>(
    policy: &'p Policy,
    caller: &Caller,
    call: &Call<'_>,
) -> Option<Option<&'p str>> {
    let Target::Tool(name) = &call.target else {
        return None;
    };
    let mut sets = policy.applied(caller.sets);
    let entry = sets.find_map(|set| set.tools.find(name));
    Some(entry.map(|(entry, _)| entry.rule.named()))
}

/// The limits of the streams that clients open with a GET.
pub(crate) fn limits_of_streams<'p>(
    policy: &'p Policy,
    caller: &Caller,
) -> Vec<(&'p Arc<Limit>, Mode)> {
    let mut limits = Vec::new();
    for set in policy.applied(caller.sets) {
        if let Some(entry) = set.methods.get("GET") {
            limits.extend(entry.rules.limits.iter().map(|limit| (limit, caller.mode)));
        }
    }
    limits
}

/// Judges a request that carries no message: the stream of a GET and the end of a session.
pub(crate) fn decide_bodiless(
    policy: &Policy,
    caller: &Caller,
    clock: &dyn Clock,
) -> Option<Refusal> {
    admits(policy, caller, clock).err()
}
