//! mcp-policy for JavaScript: turns calls of a program into events of an exchange, and its steps into objects.
//!
//! It carries values and decides nothing. What it does not understand is an error that ends the exchange, so that no
//! program goes on with a request of which the policy saw less than the program.

mod cells;
mod convert;
mod count;
mod event;
mod memory;

use cells::{Cells, HostCells};
use mcp_policy::{Ask, Edit, Event, Facts, Millis, Next, Reservation, Seed, Step};
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// A policy document that was read without a mistake.
#[wasm_bindgen]
pub struct Policy {
    policy: Arc<mcp_policy::Policy>,
    seed: Seed,
}

#[wasm_bindgen]
impl Policy {
    /// Reads the bytes of a `policy.json`. Throws a `PolicyError` with all its mistakes.
    pub fn parse(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] text: &JsValue,
    ) -> Result<Self, JsValue> {
        match mcp_policy::Policy::parse(&convert::bytes(text, "text")?) {
            Ok(policy) => Ok(Self {
                policy: Arc::new(policy),
                seed: convert::entropy()?,
            }),
            Err(errors) => Err(convert::policy_error(&errors)),
        }
    }

    /// The first 16 hexadecimal digits of the SHA-256 of what decides in the document. Every line of the log has them.
    #[wasm_bindgen(getter)]
    pub fn hash(&self) -> String {
        self.policy.hash.clone()
    }

    /// Some limit counts by the peer's address: without `facts.peer` it refuses.
    #[wasm_bindgen(getter, js_name = needsPeer)]
    pub fn needs_peer(&self) -> bool {
        self.policy.needs_peer()
    }

    /// Some list that a server sends may name what a caller must not see, or show whether a tool is as it is pinned, a result
    /// may hold a secret, a counted call may turn out not to have run, or a session counts: without the events of responses
    /// nothing is taken out of lists and results, no pinned tool and no session is known, and every call counts. Whatever
    /// the policy, no task is known without them.
    #[wasm_bindgen(getter, js_name = needsResponses)]
    pub fn needs_responses(&self) -> bool {
        self.policy.needs_responses()
    }

    /// The longest request body in bytes that is read. A program may buffer more, to no use.
    #[wasm_bindgen(getter, js_name = maxRequestBytes)]
    pub fn max_request_bytes(&self) -> usize {
        self.policy.host.max_request_bytes
    }
}

/// One HTTP request on its way to a verdict, and its response.
///
/// Every method throws where it is called with something else than its types say, at the wrong time, or after it has
/// thrown. Then answer the client with `unavailable()` and pass nothing on.
#[wasm_bindgen]
pub struct Exchange {
    policy: Arc<mcp_policy::Policy>,
    seed: Seed,
    state: State,
}

enum State {
    New,
    Active(Box<Active>),
    /// The program did something that nobody understands.
    Over,
}

struct Active {
    exchange: mcp_policy::Exchange,
    asked: Option<Ask>,
    /// What to change in the request's headers. It is told with every step until they go, so that the program may look at
    /// the last one only.
    edit: Edit,
    /// What the last step gives back.
    refund: Option<mcp_policy::Refund>,
    /// What it remembers.
    memos: Vec<mcp_policy::Memo>,
}

#[wasm_bindgen]
impl Exchange {
    /// An exchange under this policy. It outlives the policy.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.policy.clone(),
            seed: policy.seed,
            state: State::New,
        }
    }

    /// Begins with the headers of a request: names and values in turn, `":method"` among them, each as often as it came.
    /// With Node's HTTP/1 that is `[":method", request.method, ...request.rawHeaders]`. Each character of a text is one
    /// byte (Latin-1), as Node and `fetch` give them. `end` tells that neither body nor trailers follow. `now` is
    /// the time in milliseconds since 1970, as `Date.now()` gives it, here and below.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn begin(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] headers: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "boolean")] end: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Facts")] facts: &JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let State::New = std::mem::replace(&mut self.state, State::Over) else {
            return Err(convert::error(
                "an exchange begins once: make a new one for each request",
            ));
        };
        let headers = convert::headers(headers, "headers")?;
        let end = convert::boolean(end, "end")?;
        let facts = Facts {
            peer: convert::peer(facts)?,
            seed: convert::seed(facts)?.unwrap_or(self.seed),
            explain: convert::explain(facts)?,
        };
        let now = convert::millis(now, "now")?;
        let policy = self.policy.clone();
        let (exchange, step) = mcp_policy::Exchange::new(policy, &headers, end, facts, now);
        let mut active = Box::new(Active {
            exchange,
            asked: None,
            edit: Edit::default(),
            refund: None,
            memos: Vec::new(),
        });
        let step = active.shown(step, now)?;
        self.state = State::Active(active);
        Ok(step)
    }

    /// Goes on with what happened. An event that does not belong where it comes is answered by a refusal, and so is
    /// every event of a response that comes before the verdict. After a refusal the step is always `more`.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn feed(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Event")] event: &JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let mut active = self.active()?;
        let event = event::event(event)?;
        let now = convert::millis(now, "now")?;
        let step = active.exchange.feed(event, now);
        let step = active.shown(step, now)?;
        self.state = State::Active(active);
        Ok(step)
    }

    /// Takes the exchange out: whoever does not put it back has ended it.
    fn active(&mut self) -> Result<Box<Active>, JsValue> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Active(active) => Ok(active),
            State::New => Err(convert::error(
                "the exchange has not begun: call `begin` first",
            )),
            State::Over => Err(convert::error(
                "the exchange is over, for a call before this one has thrown: answer with `unavailable()`",
            )),
        }
    }
}

impl Active {
    fn shown(&mut self, step: Step, now: Millis) -> Result<JsValue, JsValue> {
        if !step.edit.is_empty() {
            self.edit = step.edit.clone();
        }
        self.asked = match &step.next {
            Next::Ask(ask) => Some(ask.clone()),
            _ => None,
        };
        let goes = matches!(step.next, Next::Forward | Next::Replace(_));
        let edit = if goes {
            std::mem::take(&mut self.edit)
        } else {
            self.edit.clone()
        };
        let shown = convert::step(&step, &edit, now);
        self.refund = step.refund;
        self.memos = step.memos;
        shown
    }

    /// Lets the store count what the last step asked.
    fn settle(&mut self, store: &mcp_policy::Store, cells: &mut HostCells, now: Millis) -> Step {
        match self.asked.take() {
            Some(ask) => {
                let asked = Step::next(Next::Ask(ask));
                self.exchange.settle(asked, store, cells, now)
            }
            // The step is of another exchange, or an old one: nothing was counted for this one.
            None => {
                let uncounted = Event::Reserved(Reservation::Unavailable);
                self.exchange.feed(uncounted, now)
            }
        }
    }
}

/// Counts in the program's `cells`. It is there for convenience: whatever it does, a program may do by itself.
#[wasm_bindgen]
pub struct Store {
    store: mcp_policy::Store,
    cells: HostCells,
}

#[wasm_bindgen]
impl Store {
    /// Makes the cells that the policy's limits need, unless they are there. `namespace` begins all keys, unless the
    /// policy's `host.namespace` does; `"mcp-policy"` if it is left out. Throws if `cells` keeps nothing.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: &Policy, cells: Cells, namespace: Option<String>) -> Result<Self, JsValue> {
        let mut cells = HostCells(cells);
        let policy = &policy.policy;
        let namespace = policy.host.namespace.clone().or(namespace);
        let namespace = namespace.unwrap_or_else(|| "mcp-policy".into());
        let store = mcp_policy::Store::prepare(&mut cells, &namespace, policy, convert::entropy()?);
        let store = store.map_err(|_| {
            convert::error("the policy has limits or pins, and `cells` keeps nothing to count in")
        })?;
        Ok(Self { store, cells })
    }

    /// The secret that all stores with these cells and this namespace have, for `facts.seed`.
    #[wasm_bindgen(getter)]
    pub fn seed(&self) -> Vec<u8> {
        self.store.seed().to_vec()
    }

    /// Does what the exchange asks with `step`, gives back what its `refund` says, and keeps its `memos`. A step that asks
    /// for nothing comes back as it is. What cannot be counted is refused.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn settle(
        &mut self,
        exchange: &mut Exchange,
        #[wasm_bindgen(unchecked_param_type = "Step")] step: JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let mut active = exchange.active()?;
        let now = convert::millis(now, "now")?;
        let step = if convert::asks(&step)? {
            let settled = active.settle(&self.store, &mut self.cells, now);
            active.shown(settled, now)?
        } else {
            if let Some(refund) = active.refund.take() {
                self.store.refund(&mut self.cells, &refund);
            }
            let memos = std::mem::take(&mut active.memos);
            self.store.remember(&mut self.cells, &memos);
            step
        };
        exchange.state = State::Active(active);
        Ok(step)
    }
}

/// The answer to a request that could not be judged because something in the gateway failed.
#[wasm_bindgen(unchecked_return_type = "Answer")]
pub fn unavailable() -> Result<JsValue, JsValue> {
    let step = Step::next(Next::Answer(mcp_policy::Reply::unavailable()));
    // An answer tells no time.
    convert::step(&step, &Edit::default(), Millis::default())
}
