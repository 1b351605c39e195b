//! The resources of the interface: policies, exchanges and stores, each around the engine's own.
//!
//! It decides nothing. A call into a busy resource is answered as unavailable.

use crate::bindings::exports::mcp_policy::engine::engine as wit;
use crate::bindings::mcp_policy::engine::cells;
use crate::convert;
use crate::guest::Component;
use mcp_policy::host::{Cells, Millis, Reply, Session, Unavailable, Version};
use std::cell::RefCell;
use std::sync::Arc;

impl wit::Guest for Component {
    type Policy = Policy;
    type Exchange = Exchange;
    type Store = Store;
}

pub(crate) struct Policy(Arc<mcp_policy::host::Policy>);

impl wit::GuestPolicy for Policy {
    fn parse(text: Vec<u8>) -> Result<wit::Policy, Vec<wit::PolicyError>> {
        match mcp_policy::host::Policy::parse(&text) {
            Ok(policy) => Ok(wit::Policy::new(Self(Arc::new(policy)))),
            Err(errors) => Err(errors.into_iter().map(Into::into).collect()),
        }
    }

    fn parse_with_environment(
        text: Vec<u8>,
        environment: Vec<(String, String)>,
    ) -> Result<wit::Policy, Vec<wit::PolicyError>> {
        let variable = |name: &str| {
            let mut variables = environment.iter();
            variables
                .find(|(own, _)| own == name)
                .map(|(_, value)| value.clone())
        };
        let policy = mcp_policy::host::Policy::parse(&text);
        match policy.and_then(|policy| policy.with_environment(variable)) {
            Ok(policy) => Ok(wit::Policy::new(Self(Arc::new(policy)))),
            Err(errors) => Err(errors.into_iter().map(Into::into).collect()),
        }
    }

    fn hash(&self) -> String {
        self.0.hash.clone()
    }

    fn needs(&self) -> wit::Needs {
        let mut needs = wit::Needs::empty();
        needs.set(wit::Needs::PEER, self.0.needs_peer());
        let verified = self.0.needs_verified();
        needs.set(wit::Needs::CLAIMS, verified.claims);
        needs.set(wit::Needs::URI_SAN, verified.uri_san);
        needs.set(wit::Needs::DNS_SAN, verified.dns_san);
        needs.set(wit::Needs::SUBJECT, verified.subject);
        needs.set(wit::Needs::CLUSTER, self.0.needs_cluster());
        needs.set(wit::Needs::RESPONSES, self.0.needs_responses());
        needs
    }

    fn max_request_bytes(&self) -> u64 {
        u64::try_from(self.0.host.max_request_bytes).unwrap_or(u64::MAX)
    }

    fn max_held_bytes(&self) -> u64 {
        u64::try_from(self.0.host.held_bytes).unwrap_or(u64::MAX)
    }
}

/// The component model lets no call enter a busy instance, so the cell is never borrowed twice.
pub(crate) struct Exchange(RefCell<Session>);

impl wit::GuestExchange for Exchange {
    fn begin(
        policy: wit::PolicyBorrow<'_>,
        headers: Vec<wit::Header>,
        end_of_stream: bool,
        context: wit::HostContext,
        now: u64,
    ) -> (wit::Exchange, wit::Step) {
        let policy = policy.get::<Policy>().0.clone();
        let headers = convert::headers(headers);
        let now = Millis(now);
        let (session, step) = Session::begin(policy, &headers, end_of_stream, context.into(), now);
        let exchange = wit::Exchange::new(Self(RefCell::new(session)));
        (exchange, convert::step_to_wit(step, now))
    }

    fn feed(&self, event: wit::Event, now: u64) -> wit::Step {
        let Ok(mut session) = self.0.try_borrow_mut() else {
            return unavailable();
        };
        let now = Millis(now);
        convert::step_to_wit(session.feed(event.into(), now), now)
    }

    fn caller(&self) -> Option<String> {
        let session = self.0.try_borrow().ok()?;
        session.caller().map(Into::into)
    }

    fn held_bytes(&self) -> u64 {
        let held = self.0.try_borrow().map(|session| session.held_bytes());
        held.map_or(u64::MAX, |held| u64::try_from(held).unwrap_or(u64::MAX))
    }

    fn hold_at_most(&self, bytes: u64) {
        if let Ok(mut session) = self.0.try_borrow_mut() {
            session.hold_at_most(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
    }

    fn drop_held(&self) {
        if let Ok(mut session) = self.0.try_borrow_mut() {
            session.drop_held();
        }
    }
}

pub(crate) struct Store(mcp_policy::host::Store);

impl wit::GuestStore for Store {
    fn prepare(
        policy: wit::PolicyBorrow<'_>,
        namespace: String,
        entropy: wit::Seed,
    ) -> Result<wit::Store, ()> {
        let policy = &policy.get::<Policy>().0;
        let namespace = policy.host.namespace.as_ref().unwrap_or(&namespace);
        let entropy = convert::seed(entropy);
        match mcp_policy::host::Store::prepare(&mut ProgramCells, namespace, policy, entropy) {
            Ok(store) => Ok(wit::Store::new(Self(store))),
            Err(Unavailable) => Err(()),
        }
    }

    fn seed(&self) -> wit::Seed {
        convert::seed_to_wit(self.0.seed())
    }

    fn is_pending(&self, approval: String, now: u64) -> bool {
        self.0.is_pending(&mut ProgramCells, &approval, Millis(now))
    }

    fn resolve(
        &self,
        exchange: wit::ExchangeBorrow<'_>,
        mut step: wit::Step,
        now: u64,
    ) -> wit::Step {
        let Ok(mut session) = exchange.get::<Exchange>().0.try_borrow_mut() else {
            return unavailable();
        };
        let now = Millis(now);
        let asks = matches!(step.next, wit::Next::Ask(_));
        let Some(resolved) = session.resolve(asks, &self.0, &mut ProgramCells, now) else {
            return step;
        };
        let resolved = convert::step_to_wit(resolved, now);
        step.effects.extend(resolved.effects);
        wit::Step {
            next: resolved.next,
            effects: step.effects,
        }
    }
}

fn unavailable() -> wit::Step {
    wit::Step {
        next: wit::Next::Reply(Reply::unavailable().into()),
        effects: Vec::new(),
    }
}

/// The program's `cells`.
struct ProgramCells;

impl Cells for ProgramCells {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cell = cells::read(key).map_err(|()| Unavailable)?;
        Ok(cell.map(|cell| (cell.bytes, Version(cell.version))))
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let version = version.map(|Version(version)| version);
        cells::compare_and_swap(key, bytes, version).map_err(|()| Unavailable)
    }
}
