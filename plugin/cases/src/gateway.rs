//! The engine as a gateway in memory: a policy, a store, and shared data, in a map unless it is given.
//!
//! It keeps no counts beside the shared data.

use crate::counting_service::CountingService;
use crate::undecided::undecided;
use mcp_policy::host::{
    Ask, Cells, Event, Exchange, Headers, HostContext, Millis, Next, Policy, PolicyError,
    ServiceAnswer, Step, Store, Unavailable, Verified, Version,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The value of each variable that `approvals.keys` of a policy names. Every host that plays cases has it.
pub const APPROVAL_KEY: &str = "a key of cases, which is no secret";

/// Shared data in memory. Versions are counted as Envoy counts them.
#[derive(Debug, Default)]
pub struct InMemoryCells {
    cells: HashMap<String, (Vec<u8>, u32)>,
    writes: u32,
    /// The key that was written last.
    pub last_key: String,
}

impl InMemoryCells {
    /// The number of keys.
    pub fn keys(&self) -> usize {
        self.cells.len()
    }

    /// The bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.cells
            .iter()
            .map(|(key, (value, _))| key.len().saturating_add(value.len()))
            .sum()
    }
}

impl Cells for InMemoryCells {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cell = self.cells.get(key);
        Ok(cell.map(|(bytes, version)| (bytes.clone(), Version(*version))))
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let present = self.cells.get(key).map(|(_, version)| Version(*version));
        if present != version {
            return Ok(false);
        }
        self.writes = self.writes.saturating_add(1);
        self.last_key = key.into();
        self.cells.insert(key.into(), (bytes.into(), self.writes));
        Ok(true)
    }
}

/// The engine under one policy, with counts in shared data. Every step that it returns is resolved.
#[derive(Debug)]
pub struct Gateway<C = InMemoryCells> {
    policy: Arc<Policy>,
    store: Store,
    /// `None` where the gateway counts alone, whatever the policy says.
    service: Option<CountingService>,
    /// The shared data.
    pub cells: C,
}

impl Gateway {
    /// Begins with empty counts, which last as long as the gateway.
    ///
    /// # Errors
    /// Every error in the policy.
    pub fn new(policy: &[u8]) -> Result<Self, Vec<PolicyError>> {
        Self::on(InMemoryCells::default(), policy)
    }

    /// Begins with empty counts beside those of the policy's service.
    ///
    /// # Errors
    /// Every error in the policy.
    pub fn counted_by(service: CountingService, policy: &[u8]) -> Result<Self, Vec<PolicyError>> {
        let policy = parsed(policy)?;
        Ok(Self::begun(InMemoryCells::default(), policy, Some(service)))
    }
}

impl<C: Cells> Gateway<C> {
    /// Begins with the counts that this shared data has.
    ///
    /// # Errors
    /// Every error in the policy.
    ///
    /// # Panics
    /// When the shared data is unavailable.
    pub fn on(cells: C, policy: &[u8]) -> Result<Self, Vec<PolicyError>> {
        let policy = parsed(policy)?.counting_alone();
        Ok(Self::begun(cells, policy, None))
    }

    fn begun(mut cells: C, policy: Policy, service: Option<CountingService>) -> Self {
        let policy = Arc::new(policy);
        #[expect(clippy::expect_used, reason = "shared data of tests is available")]
        let store = Store::prepare(&mut cells, "test", &policy, [7; 16]).expect("shared data");
        Self {
            policy,
            store,
            service,
            cells,
        }
    }

    /// The context of a request from `peer`.
    pub fn context(&self, peer: Option<&str>, explain: bool) -> HostContext {
        HostContext {
            peer: peer.map(Into::into),
            verified: Verified::default(),
            cluster: None,
            seed: self.store.seed(),
            explain,
        }
    }

    /// Begins an exchange, and answers its questions until a step asks none.
    pub fn begin(
        &mut self,
        headers: &Headers,
        end_of_stream: bool,
        context: HostContext,
        now: Millis,
    ) -> (Exchange, Step) {
        let policy = self.policy.clone();
        let (mut exchange, step) = Exchange::new(policy, headers, end_of_stream, context, &now);
        let step = self.resolve(&mut exchange, step, now);
        (exchange, step)
    }

    /// Continues an exchange, and answers its questions until a step asks none.
    pub fn feed(&mut self, exchange: &mut Exchange, event: Event, now: Millis) -> Step {
        let step = exchange.feed(event, &now);
        self.resolve(exchange, step, now)
    }

    /// Posts a whole message.
    pub fn post(
        &mut self,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        context: HostContext,
        now: Millis,
    ) -> (Exchange, Step) {
        let own = [(":method", "POST"), ("content-type", "application/json")];
        let headers = Headers::from_iter(own.iter().chain(headers).copied());
        let (mut exchange, first) = self.begin(&headers, false, context, now);
        let body = Event::Body {
            bytes: body,
            end_of_stream: true,
        };
        let step = self.feed(&mut exchange, body, now);
        let edit = first.edit;
        (exchange, Step { edit, ..step })
    }

    fn resolve(&mut self, exchange: &mut Exchange, step: Step, now: Millis) -> Step {
        let mut step = exchange.resolve(step, &self.store, &mut self.cells, &now);
        while let Some(answer) = self.answer(&step.next, now) {
            let fed = exchange.feed(Event::ServiceAnswer(answer), &now);
            step = exchange.resolve(fed, &self.store, &mut self.cells, &now);
        }
        step
    }

    /// The answer of the service that a step asks; `None` where it asks none.
    fn answer(&mut self, next: &Next, now: Millis) -> Option<Option<ServiceAnswer>> {
        match next {
            Next::Ask(Ask::Service(question)) => Some(undecided(question)),
            Next::Ask(Ask::RateLimits(question)) => {
                Some(self.service.as_mut()?.answer(question, now))
            }
            _ => None,
        }
    }
}

fn parsed(policy: &[u8]) -> Result<Policy, Vec<PolicyError>> {
    Policy::parse(policy)?.with_environment(|_| Some(APPROVAL_KEY.into()))
}
