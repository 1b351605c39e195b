//! Who makes a recorded call under the new policy, and whether that is certain.
//!
//! It compares policies; it counts nothing.

use super::call::{Call, Verdict};
use super::identity::{Known, all_grants, granted, grants_unlike, identified, unknown_issuer};
use super::policy_replay::PolicyReplay;
use super::rules::Rules;
use crate::source_map::pointer_token;
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The policies that are compared.
pub(super) struct Policies<'r> {
    /// `None` for what the log decided.
    pub(super) old: Option<&'r PolicyReplay>,
    pub(super) new: &'r PolicyReplay,
    pub(super) known: &'r Callers,
}

/// The callers that were found, by the facts that they were found by.
#[derive(Debug, Default)]
pub(super) struct Callers(RefCell<BTreeMap<String, Result<Known, String>>>);

impl Callers {
    fn of(
        &self,
        call: &Call,
        find: impl FnOnce() -> Result<Known, String>,
    ) -> Result<Known, String> {
        let facts = call.recorded.of_caller();
        let mut callers = self.0.borrow_mut();
        callers.entry(facts).or_insert_with(find).clone()
    }
}

/// The caller under the new policy.
#[derive(Debug)]
pub(super) enum Party {
    /// The recorded one.
    Same,
    Other(String),
    /// No grant matches it, or several do.
    Refused,
}

/// The members of a policy whose rules count calls.
const TABLES: [&str; 6] = [
    "tools",
    "prompts",
    "resources",
    "grants",
    "policies",
    "servers",
];

impl<'r> Policies<'r> {
    pub(super) fn documents(&self) -> [&'r Json; 2] {
        let new = &self.new.document;
        [self.old.map_or(new, |old| &old.document), new]
    }

    /// The recorded verdict of the old side.
    pub(super) fn record<'c>(&self, call: &'c Call) -> Option<&'c Verdict> {
        match self.old {
            Some(old) => call.verdict_of(&old.hash),
            None => call.decision.as_ref().map(|decision| &decision.verdict),
        }
    }

    /// Whether a caller that the policy with this hash does not know is refused on both sides.
    pub(super) fn refuse_alike(&self, by: Option<&str>) -> bool {
        match self.old {
            Some(_) => self.are_the_same(&["grants", "identity"]),
            None => by == Some(&self.new.hash),
        }
    }

    /// Who makes the call under the new policy.
    ///
    /// # Errors
    /// Why that is unknown.
    pub(super) fn party(&self, call: &Call) -> Result<Party, String> {
        match self.old {
            Some(_) => self.moved(call),
            None => self.recognized(call),
        }
    }

    /// The caller under the new policy, where the old one is known.
    fn moved(&self, call: &Call) -> Result<Party, String> {
        let [old, new] = self.documents();
        let differs = self.unknown_party(call);
        if differs.is_none() && old.get("grants") == new.get("grants") {
            return Ok(Party::Same);
        }
        let caller = call.caller.as_deref().filter(|_| call.decision.is_some());
        let (Some(caller), true) = (caller, new.get("grants").is_some()) else {
            return differs.map_or(Ok(Party::Same), |(_, why)| Err(why));
        };
        let unlike = grants_unlike(new, old);
        let is_kept = !unlike.contains_key(caller) && all_grants(new).contains_key(caller);
        let granted = self.known.of(call, || granted(new, &unlike, call));
        match (differs, granted) {
            (Some((Differs::Other, why)), _) | (Some((_, why)), Err(_)) => Err(why),
            (None, Err(_)) => Ok(Party::Same),
            (_, Ok(known)) => Ok(with_kept(known, is_kept)),
        }
    }

    /// The caller under the new policy, where the policy that decided is that one or is not known.
    fn recognized(&self, call: &Call) -> Result<Party, String> {
        if call.decision.is_none() || call.verdict_of(&self.new.hash).is_some() {
            return Ok(Party::Same);
        }
        let policy = &self.new.document;
        let name = |why: String| format!("{why}; name the policy that decided too");
        if policy.get("servers").is_some() {
            return Err(name("no call is recorded with what /servers reads".into()));
        }
        if let Some(why) = unknown_issuer(policy, call) {
            return Err(name(why));
        }
        let known = || match policy.get("grants") {
            Some(_) => granted(policy, &all_grants(policy), call),
            None => identified(policy, call),
        };
        let known = self.known.of(call, known);
        Ok(with_kept(known.map_err(name)?, false))
    }

    /// Why a recorded caller or server may be another one, or none, under the other policy.
    fn unknown_party(&self, call: &Call) -> Option<(Differs, String)> {
        let caller = call.caller.as_ref();
        let grant = caller.map(|name| format!("/grants/{}/match", pointer_token(name)));
        let server = call.server.as_ref();
        let server = server.map(|name| format!("/servers/{}/match", pointer_token(name)));
        let [old, new] = self.documents();
        let both = |at: &str| Some((old.pointer(at)?, new.pointer(at)?));
        let unlike = |at: &&String| both(at).is_some_and(|(old, new)| old != new);
        // Grants read no source of identities.
        let is_granted = grant.as_deref().is_some_and(|at| both(at).is_some());
        let identity = match is_granted {
            true => &["/identity/issuers"][..],
            false => &["/identity/issuers", "/identity/from", "/identity/anonymous"],
        };
        let mut identity = identity.iter().filter(|_| caller.is_some());
        let identity = identity.find(|at| old.pointer(at) != new.pointer(at));
        let server = server.as_ref().filter(unlike).map(String::as_str);
        let grant = grant.as_ref().filter(unlike).map(String::as_str);
        let other = server.or_else(|| identity.copied());
        let at = other.or(grant)?;
        let kind = other.map_or(Differs::Grant, |_| Differs::Other);
        Some((
            kind,
            format!("{at} differs, and no call is recorded with what it reads"),
        ))
    }

    fn are_the_same(&self, keys: &[&str]) -> bool {
        let [old, new] = self.documents();
        let mut keys = keys.iter();
        keys.all(|key| old.get(key) == new.get(key))
    }

    /// For any content of the call, both sides have the same rules for it, and no count of theirs could differ.
    pub(super) fn have_same_rules(&self, call: &Call) -> bool {
        if self.old.is_none() {
            return call.verdict_of(&self.new.hash).is_some();
        }
        let [old, new] = self.documents();
        let rules = Rules::of(call, old);
        rules == Rules::of(call, new) && (self.are_the_same(&TABLES) || !rules.count_calls())
    }
}

/// What differs between the policies that a caller or a server is known by.
enum Differs {
    /// The `match` of its grant.
    Grant,
    Other,
}

/// The party, where the recorded grant matches beside the found ones if it is kept.
fn with_kept(known: Known, is_kept: bool) -> Party {
    match (known, is_kept) {
        (Known::None, true) => Party::Same,
        (Known::One(name), false) => Party::Other(name),
        _ => Party::Refused,
    }
}
