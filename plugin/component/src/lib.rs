//! mcp-policy as a WebAssembly component: turns calls of the interface in `wit/` into calls of the engine.
//!
//! It carries values and decides nothing. It imports only `cells`, so it can do nothing but think and count.

mod bindings;
mod convert;

use bindings::exports::mcp_policy::engine::engine as wit;
use bindings::mcp_policy::engine::cells;
use mcp_policy::{
    Ask, Cells, Edit, Event, Facts, Millis, Next, Reply, Reservation, Step, Unavailable, Version,
};
use std::cell::RefCell;
use std::sync::Arc;

struct Component;

impl wit::Guest for Component {
    type Policy = Policy;
    type Exchange = Exchange;
    type Store = Store;
}

struct Policy(Arc<mcp_policy::Policy>);

impl wit::GuestPolicy for Policy {
    fn parse(text: Vec<u8>) -> Result<wit::Policy, Vec<wit::PolicyError>> {
        match mcp_policy::Policy::parse(&text) {
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
        needs.set(wit::Needs::RESPONSES, self.0.needs_responses());
        needs
    }

    fn max_request_bytes(&self) -> u64 {
        u64::try_from(self.0.host.max_request_bytes).unwrap_or(u64::MAX)
    }
}

/// The component model lets nobody enter an instance that is busy, so nobody finds the cell borrowed.
struct Exchange(RefCell<Active>);

struct Active {
    exchange: mcp_policy::Exchange,
    /// What the last step asked.
    asked: Option<Ask>,
    /// What to change in the headers that are still held, when they go.
    edit: Edit,
    /// What the last step gives back.
    refund: Option<mcp_policy::Refund>,
    /// What it remembers.
    memos: Vec<mcp_policy::Memo>,
}

impl wit::GuestExchange for Exchange {
    fn begin(
        policy: wit::PolicyBorrow<'_>,
        headers: Vec<wit::Header>,
        end: bool,
        facts: wit::Facts,
        now: u64,
    ) -> (wit::Exchange, wit::Step) {
        let policy = policy.get::<Policy>().0.clone();
        let headers = convert::fields(headers);
        let now = Millis(now);
        let (exchange, step) =
            mcp_policy::Exchange::new(policy, &headers, end, Facts::from(facts), now);
        let mut active = Active {
            exchange,
            asked: None,
            edit: Edit::default(),
            refund: None,
            memos: Vec::new(),
        };
        let step = active.told(step, now);
        (wit::Exchange::new(Self(RefCell::new(active))), step)
    }

    fn feed(&self, event: wit::Event, now: u64) -> wit::Step {
        let Ok(mut active) = self.0.try_borrow_mut() else {
            return unavailable();
        };
        let now = Millis(now);
        let step = active.exchange.feed(event.into(), now);
        active.told(step, now)
    }
}

impl Active {
    /// A step as the program is told it.
    fn told(&mut self, step: Step, now: Millis) -> wit::Step {
        let effects = convert::effects(&step);
        if !step.edit.is_empty() {
            self.edit = step.edit;
        }
        self.asked = None;
        let next = match step.next {
            Next::More => wit::Next::More,
            Next::Ask(ask) => {
                let told = convert::ask(&ask, now);
                self.asked = Some(ask);
                wit::Next::Ask(told)
            }
            Next::Forward => wit::Next::Forward(std::mem::take(&mut self.edit).into()),
            Next::Replace(bytes) => wit::Next::Replace(bytes),
            Next::Answer(reply) => wit::Next::Answer(reply.into()),
        };
        self.refund = step.refund;
        self.memos = step.memos;
        wit::Step { next, effects }
    }

    fn settle(&mut self, store: &mcp_policy::Store, now: Millis) -> wit::Step {
        let step = match self.asked.take() {
            Some(ask) => {
                let asked = Step::next(Next::Ask(ask));
                self.exchange.settle(asked, store, &mut Host, now)
            }
            // The step is of another exchange, or an old one: nothing was counted for this one.
            None => {
                let uncounted = Event::Reserved(Reservation::Unavailable);
                self.exchange.feed(uncounted, now)
            }
        };
        self.told(step, now)
    }
}

struct Store(mcp_policy::Store);

impl wit::GuestStore for Store {
    fn prepare(
        policy: wit::PolicyBorrow<'_>,
        namespace: String,
        entropy: wit::Seed,
    ) -> Result<wit::Store, ()> {
        let policy = &policy.get::<Policy>().0;
        let namespace = policy.host.namespace.as_ref().unwrap_or(&namespace);
        let entropy = convert::seed(entropy);
        match mcp_policy::Store::prepare(&mut Host, namespace, policy, entropy) {
            Ok(store) => Ok(wit::Store::new(Self(store))),
            Err(Unavailable) => Err(()),
        }
    }

    fn seed(&self) -> wit::Seed {
        convert::halves(self.0.seed())
    }

    fn settle(
        &self,
        exchange: wit::ExchangeBorrow<'_>,
        mut step: wit::Step,
        now: u64,
    ) -> wit::Step {
        let Ok(mut active) = exchange.get::<Exchange>().0.try_borrow_mut() else {
            return unavailable();
        };
        if let Some(refund) = active.refund.take() {
            self.0.refund(&mut Host, &refund);
        }
        self.0
            .remember(&mut Host, &std::mem::take(&mut active.memos));
        if !matches!(step.next, wit::Next::Ask(_)) {
            return step;
        }
        let settled = active.settle(&self.0, Millis(now));
        step.effects.extend(settled.effects);
        wit::Step {
            next: settled.next,
            effects: step.effects,
        }
    }
}

fn unavailable() -> wit::Step {
    wit::Step {
        next: wit::Next::Answer(Reply::unavailable().into()),
        effects: Vec::new(),
    }
}

/// The program's `cells`.
struct Host;

impl Cells for Host {
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
