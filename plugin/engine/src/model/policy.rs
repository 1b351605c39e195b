//! A policy that was parsed without an error, and its needs of a host.
//!
//! It judges no call; `decide` does.

use super::approval::Approvals;
use super::audit::AuditOptions;
use super::caller::Identity;
use super::condition::Condition;
use super::frozen::Frozen;
use super::grants::Grants;
use super::limit::{Counter, Limit, Refunds};
use super::needs::{NeededIdentities, Needs};
use super::options::{AnswerStyle, Effect, HostOptions, HttpEndpoint, Listed, Mode};
use super::rule_set::{AppliedSets, RuleSet, RuleSetId};
use super::server::Servers;
use super::shared_counters::SharedCounters;
use crate::words::Zone;
use crate::words::work::Budgets;
use std::sync::Arc;

/// A policy that was parsed without an error.
#[derive(Debug)]
pub struct Policy {
    /// The rules at the top of the document.
    pub(crate) main: RuleSet,
    /// The rules of `policies`, and then the `tools` of grants.
    pub(crate) other_sets: Vec<RuleSet>,
    pub(crate) mode: Mode,
    pub(crate) frozen: Option<Frozen>,
    pub(crate) identity: Identity,
    /// `None` where the policy has no `grants`: a caller then needs none.
    pub(crate) grants: Option<Grants>,
    /// `None` where the policy has no `servers`: every request is then for the same one.
    pub(crate) servers: Option<Servers>,
    /// The parameters of `WWW-Authenticate` for a caller that a login may help; `None` where it is refused like any other.
    pub(crate) challenge: Option<Box<str>>,
    pub(crate) answer: AnswerStyle,
    pub(crate) client_detail: bool,
    pub(crate) list: Listed,
    /// The effect on calls of pinned tools that were never listed.
    pub(crate) pin_unseen: Effect,
    /// The time zone of `time.hour` and `time.weekday`.
    pub(crate) timezone: Zone,
    pub(crate) audit: AuditOptions,
    /// `None` where no call needs a person's approval.
    pub(crate) approvals: Option<Approvals>,
    /// `None` where each gateway counts by itself.
    pub(crate) shared_counters: Option<SharedCounters>,
    pub(crate) needs: Needs,
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

    /// Every rule set, in the order of [`RuleSetId`].
    pub(crate) fn sets(&self) -> impl Iterator<Item = &RuleSet> {
        [&self.main].into_iter().chain(&self.other_sets)
    }

    /// The rule set at that position.
    pub(crate) fn set(&self, id: RuleSetId) -> Option<&RuleSet> {
        match id.0.checked_sub(1) {
            None => Some(&self.main),
            Some(other) => self.other_sets.get(other),
        }
    }

    /// The rule sets that apply to a caller, in their order.
    pub(crate) fn applied(&self, sets: AppliedSets) -> impl Iterator<Item = &RuleSet> {
        sets.iter().filter_map(|id| self.set(id))
    }

    pub(crate) fn all_limits(&self) -> Vec<&Arc<Limit>> {
        self.of_sets(RuleSet::limits)
    }

    /// Every condition of the policy.
    pub(crate) fn conditions(&self) -> Vec<&Condition> {
        self.of_sets(RuleSet::conditions)
    }

    /// Every counter of the policy, once for each rule that names it.
    pub(crate) fn counters(&self) -> Vec<&Counter> {
        self.of_sets(RuleSet::counters)
    }

    fn of_sets<'p, T>(&'p self, of: fn(&'p RuleSet) -> Vec<&'p T>) -> Vec<&'p T> {
        let mut all = of(&self.main);
        for set in &self.other_sets {
            all.append(&mut of(set));
        }
        all
    }

    /// True where callers have names that distinguish them.
    pub(crate) fn knows_callers(&self) -> bool {
        self.grants.is_some() || !self.identity.sources.is_empty()
    }

    /// The most frequent refunds of any limit.
    pub(crate) fn refunds(&self) -> Refunds {
        let limits = self.all_limits();
        let refunds = limits.iter().map(|limit| limit.refunds).max();
        refunds.unwrap_or(Refunds::Never)
    }

    /// True when some rule reads the peer's address: a host then supplies it as
    /// [`HostContext::peer`](crate::host::HostContext::peer). Call it once for each policy.
    pub fn needs_peer(&self) -> bool {
        self.needs.peer
    }

    /// The verified identities that the policy reads or logs: a host then supplies them, and no others, as
    /// [`HostContext::verified`](crate::host::HostContext::verified). Call it once for each policy.
    pub fn needs_verified(&self) -> NeededIdentities {
        let mut needed = self.needs.verified;
        needed.claims |= self.audit.opens_claims();
        if let Some(page) = self.approvals.as_ref().and_then(Approvals::page) {
            let sources: Vec<_> = page.sources.iter().collect();
            needed = needed.and(NeededIdentities::of(&sources));
        }
        needed
    }

    /// True when some server is known by the cluster that the gateway's route chose: a host then supplies it as
    /// [`HostContext::cluster`](crate::host::HostContext::cluster). Call it once for each policy.
    pub fn needs_cluster(&self) -> bool {
        self.needs.cluster
    }

    /// The server that is told of new approvals; `None` where the policy names none.
    pub fn notified(&self) -> Option<&HttpEndpoint> {
        let notify = self.approvals.as_ref()?.page()?.notify.as_ref()?;
        Some(&notify.to)
    }

    /// The service that a host asks about approvals; `None` where the policy names none.
    pub fn approval_service(&self) -> Option<&HttpEndpoint> {
        let service = self.approvals.as_ref()?.service()?;
        Some(&service.to)
    }

    /// The rate limit service that a host asks; `None` where the policy names none.
    pub fn rate_limit_service(&self) -> Option<&HttpEndpoint> {
        let shared = self.shared_counters.as_ref()?;
        Some(&shared.to)
    }

    /// The same policy with counters of this process, for tools that play calls without a service.
    #[must_use]
    pub fn counting_alone(self) -> Self {
        Self {
            shared_counters: None,
            ..self
        }
    }

    /// The name under which Envoy's jwt_authn stores the payload of the token that has the claims.
    pub fn jwt_payload(&self) -> &str {
        &self.identity.jwt_payload
    }

    /// True when names may have to be removed from a list, a result may hold a secret or depend on the caller, a tool
    /// is pinned, a charge may be refunded, or sessions are counted. A host then reports whole responses, not their
    /// heads alone. Call it once for each policy; for one exchange
    /// [`Exchange::needs_response`](crate::host::Exchange::needs_response) is more precise.
    pub fn needs_responses(&self) -> bool {
        let refunds = self.refunds() > Refunds::Never;
        let grants = self.grants.iter().flat_map(|grants| &grants.list);
        let servers = self.servers.iter().flat_map(|servers| &servers.list);
        let own = grants.filter_map(|grant| grant.mode);
        let own = own.chain(servers.filter_map(|server| server.mode));
        refunds
            || self.needs.sessions
            || own
                .chain([self.mode])
                .any(|mode| self.needs.responses.any(mode))
    }
}
