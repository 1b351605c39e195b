//! Turns the host's configuration of the plugin into a policy and what it needs in this worker, or into lines for the
//! operator.
//!
//! It never decides about a request.

use crate::collector::Collector;
use crate::filter_state::FilterState;
use crate::header_hold::HeaderHoldMonitor;
use crate::host::{self, HostClock, SharedData};
use crate::metrics::{self, CountedData};
use crate::powers;
use crate::table::TableSampler;
use crate::timer::Timer;
use mcp_policy::host::{Audit, Event, Exchange, Policy, Reason, Step, Store};
use std::rc::Rc;
use std::sync::Arc;

/// A configuration that was accepted.
pub(crate) struct Configuration {
    pub(crate) policy: Arc<Policy>,
    pub(crate) store: Store,
    pub(crate) header_hold: HeaderHoldMonitor,
    pub(crate) table: TableSampler,
    pub(crate) filter_state: FilterState,
    pub(crate) collector: Option<Rc<Collector>>,
    pub(crate) timer: Rc<Timer>,
}

impl Configuration {
    /// The cluster that the host's route chose last, where the policy needs it.
    pub(crate) fn cluster(&self) -> Option<Option<String>> {
        let needed = self.policy.needs_cluster();
        needed.then(|| host::property(&["xds", "cluster_name"]))
    }

    /// Feeds an exchange this event, and answers its questions from the host's shared data.
    pub(crate) fn step(&self, exchange: &mut Exchange, event: Event) -> Step {
        let clock = HostClock::default();
        let step = exchange.feed(event, &clock);
        exchange.resolve(step, &self.store, &mut CountedData, &clock)
    }

    /// Logs a decision, and returns the reason if it is a refusal.
    pub(crate) fn log(&self, audit: Option<Box<Audit>>) -> Option<Reason> {
        let audit = audit?;
        let reason = audit.reason();
        metrics::decided(&audit);
        let line = audit.into_line();
        host::log_info(&line);
        self.filter_state.show(&line);
        if let Some(collector) = &self.collector {
            collector.push(&line);
        }
        reason
    }
}

/// Reads the configuration of this root context and creates the cells of its counters.
///
/// # Errors
/// Lines for the operator.
pub(crate) fn configure(root: u32) -> Result<Configuration, Vec<String>> {
    let text = host::configuration().map_err(|status| {
        vec![format!(
            "the host did not return the configuration ({status:?})"
        )]
    })?;
    // Keys of approvals come from the environment of the VM, and never from the policy.
    let policy = Policy::parse(&text)
        .and_then(|policy| policy.with_environment(|name| std::env::var(name).ok()))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let lacking = powers::lacking(&policy);
    if !lacking.is_empty() {
        return Err(lacking);
    }
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy)
        .map_err(|error| vec![format!("the host has no random numbers ({error})")])?;
    let namespace = policy
        .host
        .namespace
        .clone()
        .or_else(|| host::property(&["plugin_name"]));
    let namespace = namespace.unwrap_or_else(|| "mcp-policy".into());
    let store = Store::prepare(&mut SharedData, &namespace, &policy, entropy);
    let store = store.map_err(|_| {
        vec![
            "/: it has limits, pins, sequences or approvals, and this host has no shared data to keep them in; write a policy \
             without them"
                .into(),
        ]
    })?;
    Ok(configured(root, policy, store))
}

fn configured(root: u32, policy: Policy, store: Store) -> Configuration {
    let timer = Rc::new(Timer::default());
    let host = &policy.host;
    let collector = host.audit_collector.clone();
    Configuration {
        header_hold: HeaderHoldMonitor::new(host.hold_request_headers, timer.clone()),
        table: TableSampler::new(host.metrics && store.has_table(), &timer),
        filter_state: FilterState::new(host.filter_state.clone()),
        collector: collector.map(|to| Collector::new(root, to, timer.clone())),
        timer,
        policy: Arc::new(policy),
        store,
    }
}
