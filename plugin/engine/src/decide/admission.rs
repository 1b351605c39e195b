//! Turns a caller, its server and the kill switches into a refusal of everything that the caller sends, if there is one.
//!
//! It never reads a message.

use super::caller::Caller;
use super::principal::{AuthError, Grantee, Principal};
use crate::model::Policy;
use crate::words::{ASK_OPERATOR, Clock, Reason, Refusal, Rule};

/// The caller and its server are known, and neither everything nor one of them is stopped. The clock is read where the
/// grant of the caller expires.
pub(super) fn admits(policy: &Policy, caller: &Caller, clock: &dyn Clock) -> Result<(), Refusal> {
    match &caller.principal {
        Principal::Denied(denied) => return Err(unidentified(denied)),
        Principal::Grant(grant) if has_expired(grant, clock) => {
            return Err(unidentified(&AuthError::Expired(grant.name.clone())));
        }
        _ => {}
    }
    let server = || caller.server.refusal();
    frozen(policy, &caller.principal)
        .or_else(server)
        .map_or(Ok(()), Err)
}

/// A grant whose time cannot be determined has expired.
fn has_expired(grant: &Grantee, clock: &dyn Clock) -> bool {
    let expires = grant.expires;
    expires.is_some_and(|expires| clock.now().is_none_or(|now| now >= expires))
}

fn unidentified(denied: &AuthError) -> Refusal {
    Refusal {
        reason: Reason::Identity,
        rule: Some(denied.rule()),
        message: denied.to_string(),
    }
}

fn frozen(policy: &Policy, caller: &Principal) -> Option<Refusal> {
    let (frozen, rule, what) = match (&policy.frozen, caller) {
        (Some(frozen), _) => (frozen, Rule::new("frozen"), "all requests"),
        (None, Principal::Grant(grant)) => (
            grant.frozen.as_ref()?,
            Rule::new("grants").key(&grant.name).member("frozen"),
            "your access",
        ),
        (None, _) => return None,
    };
    Some(Refusal {
        reason: Reason::Frozen,
        rule: Some(rule),
        message: frozen.message(what, ASK_OPERATOR),
    })
}
