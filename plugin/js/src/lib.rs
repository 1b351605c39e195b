//! mcp-policy for JavaScript: turns calls of a program into events of an exchange, and its steps into objects.
//!
//! It carries values and decides nothing. An invalid call throws and ends the exchange: a program never goes on with a
//! request that the policy saw only in part.

mod cells;
mod convert;
mod count;
mod event;
mod state;
mod step;
mod under_way;

use cells::{Cells, HostCells};
use mcp_policy::host::{Millis, Next, Reply, Seed, Session, Step};
use std::cell::OnceCell;
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    /// Variables and their values, as `process.env` is.
    #[wasm_bindgen(typescript_type = "Readonly<Record<string, string | undefined>>")]
    pub type Environment;
}

/// A policy document that was parsed without an error.
#[wasm_bindgen]
pub struct Policy {
    policy: Arc<mcp_policy::host::Policy>,
    /// Made for the first exchange: Cloudflare Workers have no random numbers while a script loads.
    seed: OnceCell<Seed>,
}

impl Policy {
    fn seed(&self) -> Result<Seed, JsValue> {
        if let Some(seed) = self.seed.get() {
            return Ok(*seed);
        }
        let seed = convert::entropy()?;
        Ok(*self.seed.get_or_init(|| seed))
    }
}

#[wasm_bindgen]
impl Policy {
    /// Parses a `policy.json`, its bytes or its text. Throws a `PolicyError` with all its problems, and a `TypeError` for a
    /// text with half a surrogate pair. `approvals.keys` of the policy are names in `environment`; without it no call is
    /// approved.
    pub fn parse(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | string")] text: &JsValue,
        environment: Option<Environment>,
    ) -> Result<Self, JsValue> {
        let policy = mcp_policy::host::Policy::parse(&convert::document(text)?);
        let policy = match environment {
            None => policy,
            Some(environment) => policy.and_then(|policy| {
                policy.with_environment(|name| convert::variable(&environment, name))
            }),
        };
        match policy {
            Ok(policy) => Ok(Self {
                policy: Arc::new(policy),
                seed: OnceCell::new(),
            }),
            Err(errors) => Err(convert::policy_error(&errors)),
        }
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the rules in the document. Every line of the log has them.
    #[wasm_bindgen(getter)]
    pub fn hash(&self) -> String {
        self.policy.hash.clone()
    }

    /// The policy's `host.namespace`, with which the keys of its counts begin; undefined where it names none.
    #[wasm_bindgen(getter)]
    pub fn namespace(&self) -> Option<String> {
        self.policy.host.namespace.clone()
    }

    /// The policy's `host.longest_call` in milliseconds: how long an id without a seen answer is not free.
    #[wasm_bindgen(getter, js_name = longestCall)]
    pub fn longest_call(&self) -> f64 {
        self.policy.host.longest_call.0 as f64
    }

    /// Some limit or condition reads the peer's address. Without `context.peer` such a limit refuses, and such a
    /// condition is unknown.
    #[wasm_bindgen(getter, js_name = needsPeer)]
    pub fn needs_peer(&self) -> bool {
        self.policy.needs_peer()
    }

    /// Claims of the token identify callers, or some rule reads them: `context.verified.claims`.
    #[wasm_bindgen(getter, js_name = needsClaims)]
    pub fn needs_claims(&self) -> bool {
        self.policy.needs_verified().claims
    }

    /// The first URI of the client certificate identifies callers: `context.verified.uriSan`.
    #[wasm_bindgen(getter, js_name = needsUriSan)]
    pub fn needs_uri_san(&self) -> bool {
        self.policy.needs_verified().uri_san
    }

    /// The first DNS name of the client certificate identifies callers: `context.verified.dnsSan`.
    #[wasm_bindgen(getter, js_name = needsDnsSan)]
    pub fn needs_dns_san(&self) -> bool {
        self.policy.needs_verified().dns_san
    }

    /// The subject of the client certificate identifies callers: `context.verified.subject`.
    #[wasm_bindgen(getter, js_name = needsSubject)]
    pub fn needs_subject(&self) -> bool {
        self.policy.needs_verified().subject
    }

    /// Some server is known by its cluster: `context.cluster`. Without it the server of a request is unknown, and the
    /// request is refused.
    #[wasm_bindgen(getter, js_name = needsCluster)]
    pub fn needs_cluster(&self) -> bool {
        self.policy.needs_cluster()
    }

    /// The policy needs all events of responses, not their heads alone. Some list may have to lose names, some tool is
    /// pinned, some result may hold a secret, some charge may be refunded, or sessions are counted. Without these
    /// events lists and results are not filtered, pinned tools and sessions stay unknown, and no call is refunded. With
    /// any policy, tasks stay unknown without them, and without the head of a response a redirect can take a client
    /// past the gateway.
    #[wasm_bindgen(getter, js_name = needsResponses)]
    pub fn needs_responses(&self) -> bool {
        self.policy.needs_responses()
    }

    /// The longest request body in bytes that is read. Buffering more is useless.
    #[wasm_bindgen(getter, js_name = maxRequestBytes)]
    pub fn max_request_bytes(&self) -> usize {
        self.policy.host.max_request_bytes
    }

    /// The most bytes of responses that all exchanges of a program may hold at a time; one caller may hold a quarter of
    /// them. The program adds them up: `exchange.heldBytes`.
    #[wasm_bindgen(getter, js_name = maxHeldBytes)]
    pub fn max_held_bytes(&self) -> usize {
        self.policy.host.held_bytes
    }
}

/// One HTTP request on its way to a verdict, and its response.
///
/// Every method throws where its arguments are not of their types, where it is called at the wrong time, and after it has
/// thrown. Then answer the client with `unavailable()` and pass nothing on.
#[wasm_bindgen]
pub struct Exchange {
    policy: Arc<mcp_policy::host::Policy>,
    seed: Seed,
    state: State,
}

enum State {
    New,
    Begun(Box<Session>),
    /// A call has thrown.
    Over,
}

#[wasm_bindgen]
impl Exchange {
    /// An exchange under this policy. It outlives the policy. Throws where there is no `crypto.getRandomValues`.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: &Policy) -> Result<Self, JsValue> {
        Ok(Self {
            policy: policy.policy.clone(),
            seed: policy.seed()?,
            state: State::New,
        })
    }

    /// Begins with the headers of a request: names and values in turn, `":method"` among them, each as often as it
    /// came. With Node's HTTP/1 that is `[":method", request.method, ...request.rawHeaders]`. Each character of a text
    /// is one byte (Latin-1), as Node and `fetch` give them. `endOfStream` means that neither body nor trailers follow.
    /// `now` is the time in milliseconds since 1970, as `Date.now()` gives it, here and below.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn begin(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "readonly string[]")] headers: &JsValue,
        #[wasm_bindgen(js_name = endOfStream, unchecked_param_type = "boolean")]
        end_of_stream: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "HostContext")] context: &JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let State::New = std::mem::replace(&mut self.state, State::Over) else {
            return Err(convert::error(
                "an exchange begins once: make a new one for each request",
            ));
        };
        let headers = convert::headers(headers, "headers")?;
        let end_of_stream = convert::boolean(end_of_stream, "endOfStream")?;
        let context = convert::context(context, self.seed)?;
        let now = convert::millis(now, "now")?;
        let policy = self.policy.clone();
        let (session, step) = Session::begin(policy, &headers, end_of_stream, context, now);
        self.put_back(Box::new(session), &step, now)
    }

    /// Continues with an event. An event out of order is refused, and so is every event of a response before the
    /// verdict. After a refusal the step is always `needMore`.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn feed(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Event")] event: &JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let mut session = self.take()?;
        let event = event::event(event)?;
        let now = convert::millis(now, "now")?;
        let step = session.feed(event, now);
        self.put_back(session, &step, now)
    }

    /// The caller's name in the log; undefined for a caller that the policy does not admit.
    #[wasm_bindgen(getter)]
    pub fn caller(&self) -> Option<String> {
        self.session()?.caller().map(Into::into)
    }

    /// The bytes of the response that are held until a message is complete, and those of a request that comes in pieces under
    /// a policy with `host.trailers` of false: its verdict is `forwardBody`. They change with each event of the
    /// response.
    #[wasm_bindgen(getter, js_name = heldBytes)]
    pub fn held_bytes(&self) -> usize {
        self.session().map_or(0, Session::held_bytes)
    }

    /// Holds no more than so many bytes of the response from now on. A message that needs more is refused (`unavailable`),
    /// unless it may pass unread. Without this call a message is held up to the policy's `host.max_response_bytes`.
    #[wasm_bindgen(js_name = holdAtMost)]
    pub fn hold_at_most(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "number")] bytes: &JsValue,
    ) -> Result<(), JsValue> {
        let mut session = self.take()?;
        session.hold_at_most(convert::index(bytes, "bytes")?);
        self.state = State::Begun(session);
        Ok(())
    }

    /// Drops the held bytes of the response at once, to make room for another one. With the next event of the response
    /// the client gets a refusal (`unavailable`) in place of the message; other messages of the stream pass. A response
    /// that no rule reads passes all the same.
    #[wasm_bindgen(js_name = dropHeld)]
    pub fn drop_held(&mut self) -> Result<(), JsValue> {
        let mut session = self.take()?;
        session.drop_held();
        self.state = State::Begun(session);
        Ok(())
    }

    fn session(&self) -> Option<&Session> {
        match &self.state {
            State::Begun(session) => Some(session),
            State::New | State::Over => None,
        }
    }

    /// Takes the session out. A call that does not put it back has ended the exchange.
    fn take(&mut self) -> Result<Box<Session>, JsValue> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Begun(session) => Ok(session),
            State::New => Err(convert::error(
                "the exchange has not begun: call `begin` first",
            )),
            State::Over => Err(convert::error(
                "the exchange is over, because an earlier call has thrown: answer with `unavailable()`",
            )),
        }
    }

    fn put_back(
        &mut self,
        session: Box<Session>,
        step: &Step,
        now: Millis,
    ) -> Result<JsValue, JsValue> {
        let step = step::to_js(step, now)?;
        self.state = State::Begun(session);
        Ok(step)
    }
}

/// Counts in the program's `cells`. It is a convenience: a program may do all of it by other means.
#[wasm_bindgen]
pub struct Store {
    store: mcp_policy::host::Store,
    cells: HostCells,
}

#[wasm_bindgen]
impl Store {
    /// Creates the cells that the policy's limits and pins need, unless they exist. `namespace` begins all keys, unless
    /// the policy's `host.namespace` does; the default is `"mcp-policy"`. Throws if `cells` cannot keep them.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: &Policy, cells: Cells, namespace: Option<String>) -> Result<Self, JsValue> {
        let mut cells = HostCells(cells);
        let policy = &policy.policy;
        let namespace = policy.host.namespace.clone().or(namespace);
        let namespace = namespace.unwrap_or_else(|| "mcp-policy".into());
        let entropy = convert::entropy()?;
        let store = mcp_policy::host::Store::prepare(&mut cells, &namespace, policy, entropy);
        let store = store.map_err(|_| {
            convert::error("the policy has limits or pins, and `cells` keeps nothing to count in")
        })?;
        Ok(Self { store, cells })
    }

    /// The secret that all stores with these cells and this namespace have, for `context.seed`.
    #[wasm_bindgen(getter)]
    pub fn seed(&self) -> Vec<u8> {
        self.store.seed().to_vec()
    }

    /// Whether an approval, `reply.hold.approval`, still waits for a person. Nothing depends on the answer.
    #[wasm_bindgen(js_name = isPending)]
    pub fn is_pending(&mut self, approval: &str, now: f64) -> Result<bool, JsValue> {
        let now = convert::millis(now, "now")?;
        Ok(self.store.is_pending(&mut self.cells, approval, now))
    }

    /// Carries out the `refund`, the `writes` and the `end` of `step` and answers its question, and the questions that
    /// follow, until a step has none. A step without a question comes back unchanged. A call that cannot be counted is
    /// refused.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn resolve(
        &mut self,
        exchange: &mut Exchange,
        #[wasm_bindgen(unchecked_param_type = "Step")] step: JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let mut session = exchange.take()?;
        let now = convert::millis(now, "now")?;
        let asks = step::asks(&step)?;
        match session.resolve(asks, &self.store, &mut self.cells, now) {
            Some(resolved) => exchange.put_back(session, &resolved, now),
            None => {
                exchange.state = State::Begun(session);
                Ok(step)
            }
        }
    }

    /// Answers the question of a step with `approvals`, for a program that counts by itself: it carries out nothing, and
    /// leaves the questions that follow to the program. Any other step comes back unchanged.
    #[wasm_bindgen(js_name = resolveApprovals, unchecked_return_type = "Step")]
    pub fn resolve_approvals(
        &mut self,
        exchange: &mut Exchange,
        #[wasm_bindgen(unchecked_param_type = "Step")] step: JsValue,
        now: f64,
    ) -> Result<JsValue, JsValue> {
        let mut session = exchange.take()?;
        let now = convert::millis(now, "now")?;
        match session.resolve_approvals(&self.store, &mut self.cells, now) {
            Some(resolved) => exchange.put_back(session, &resolved, now),
            None => {
                exchange.state = State::Begun(session);
                Ok(step)
            }
        }
    }
}

/// The reply to a request that could not be judged because something in the gateway failed.
#[wasm_bindgen(unchecked_return_type = "Reply")]
pub fn unavailable() -> Result<JsValue, JsValue> {
    let step = Step::next(Next::Reply(Reply::unavailable()));
    // A reply holds no time.
    step::to_js(&step, Millis::default())
}
