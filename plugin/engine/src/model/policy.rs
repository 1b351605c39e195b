//! A policy that was parsed without an error, and its needs of a host.
//!
//! It judges no call; `decide` does.

use super::caller::{Grant, Identity};
use super::condition::Condition;
use super::entry::{Entry, Rules};
use super::limit::{Counter, Limit, Refunds};
use super::names::Names;
use super::needs::{NeededIdentities, Needs};
use super::options::{AnswerStyle, Effect, HostOptions, Listed, Mode};
use super::sequence::Sequence;
use super::unknown_result::UnknownResult;
use crate::words::work::Budgets;
use std::collections::BTreeMap;

/// A policy that was parsed without an error.
#[derive(Debug)]
pub struct Policy {
    pub(crate) default: Effect,
    /// Positions in the policy's `hide` list.
    pub(crate) hide: Names<usize>,
    pub(crate) all_tools: Rules,
    pub(crate) tools: Names<Entry>,
    pub(crate) prompts: Names<Entry>,
    pub(crate) resources: Names<Entry>,
    pub(crate) methods: BTreeMap<Box<str>, Entry>,
    pub(crate) sequence: Vec<Sequence>,
    pub(crate) mode: Mode,
    pub(crate) frozen: bool,
    pub(crate) identity: Identity,
    /// `None` where the policy has no `grants`: a caller then needs none.
    pub(crate) grants: Option<Vec<Grant>>,
    /// The value of `WWW-Authenticate` for a caller without a credential; `None` where it is refused like any other.
    pub(crate) challenge: Option<Box<str>>,
    pub(crate) answer: AnswerStyle,
    pub(crate) client_detail: bool,
    pub(crate) list: Listed,
    /// The effect on calls of pinned tools that were never listed.
    pub(crate) pin_unseen: Effect,
    pub(crate) needs: Needs,
    pub(crate) unknown_results: Vec<UnknownResult>,
    /// True where the rules may take as many steps as they need.
    pub(crate) unbounded: bool,
    /// Options of the host, which decide nothing.
    pub host: HostOptions,
    /// The first 16 hexadecimal digits of the SHA-256 of the document without `host` and without insignificant space.
    pub hash: String,
}

impl Policy {
    /// The steps that the rules may take for a message of so many bytes.
    pub(crate) fn budgets(&self, bytes: usize) -> Budgets {
        match self.unbounded {
            true => Budgets::unlimited(),
            false => Budgets::of(bytes),
        }
    }

    /// The same policy without a bound of its work, to measure the steps of a message. Not for gateways.
    #[cfg(feature = "explain")]
    #[must_use]
    pub fn without_bound(self) -> Self {
        Self {
            unbounded: true,
            ..self
        }
    }

    /// The number of steps that enforced rules may take for a message of so many bytes. Rules in shadow mode may take
    /// half as many more.
    #[cfg(feature = "explain")]
    pub fn steps(&self, bytes: usize) -> u64 {
        self.budgets(bytes).enforced.left()
    }

    pub(super) fn all_limits(&self) -> impl Iterator<Item = &Limit> {
        self.rule_sets()
            .flat_map(|rules| &rules.limits)
            .map(AsRef::as_ref)
    }

    /// Every condition of the policy.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let groups = self
            .rule_sets()
            .flat_map(|rules| rules.require.iter().chain(&rules.deny_if));
        groups.flat_map(|group| &group.conditions)
    }

    fn rule_sets(&self) -> impl Iterator<Item = &Rules> {
        let tables = [&self.tools, &self.prompts, &self.resources];
        let entries = tables.into_iter().flat_map(Names::values);
        let entries = entries.map(|entry| &entry.rules);
        [&self.all_tools].into_iter().chain(entries)
    }

    /// Every counter of the policy, once for each rule that names it.
    pub(crate) fn counters(&self) -> impl Iterator<Item = &Counter> {
        let limits = self.all_limits().map(|limit| &*limit.counter);
        let marks = self.sequence.iter().map(Sequence::counter);
        limits.chain(marks)
    }

    /// True where callers have names that distinguish them.
    pub(crate) fn knows_callers(&self) -> bool {
        self.grants.is_some() || !self.identity.sources.is_empty()
    }

    /// The most frequent refunds of any limit.
    pub(crate) fn refunds(&self) -> Refunds {
        let refunds = self.all_limits().map(|limit| limit.refunds).max();
        refunds.unwrap_or(Refunds::Never)
    }

    /// True when some rule reads the peer's address: a host then supplies it as
    /// [`HostContext::peer`](crate::host::HostContext::peer). Call it once for each policy.
    pub fn needs_peer(&self) -> bool {
        self.needs.peer
    }

    /// The verified identities that identify a caller: a host then supplies them, and no others, as
    /// [`HostContext::verified`](crate::host::HostContext::verified). Call it once for each policy.
    pub fn needs_verified(&self) -> NeededIdentities {
        self.needs.verified
    }

    /// The name under which Envoy's jwt_authn stores the payload of the token that has the claims.
    pub fn jwt_payload(&self) -> &str {
        &self.identity.jwt_payload
    }

    /// True when names may have to be removed from a list, a result may hold a secret, a tool is pinned, a charge may
    /// be refunded, or sessions are counted. A host then reports whole responses, not their heads alone. Call it once
    /// for each policy; for one exchange [`Exchange::needs_response`](crate::host::Exchange::needs_response) is more
    /// precise.
    pub fn needs_responses(&self) -> bool {
        let refunds = self.refunds() > Refunds::Never;
        let grants = self.grants.iter().flatten();
        let modes = grants.map(|grant| grant.mode.unwrap_or(self.mode));
        refunds
            || self.needs.sessions
            || modes
                .chain([self.mode])
                .any(|mode| self.needs.responses.any(mode))
    }
}
