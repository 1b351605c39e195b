//! Turns the events of an exchange into the steps of the component, and the component's reads and writes into cells.
//!
//! It knows nothing of HTTP, and never calls an instance again that has trapped.

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        imports: { default: trappable },
    });
}

pub use bindings::exports::mcp_policy::engine::engine::*;
use bindings::mcp_policy::engine::cells::{Cell, Host};
use bindings::{McpPolicy, McpPolicyPre};
use std::cell::{Cell as Flag, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use wasmtime::component::{Component, HasSelf, Linker, ResourceAny};

/// The counts of the process: all instances have clones of it. A program on several machines keeps them in a store with a
/// compare-and-swap instead.
#[derive(Clone, Default)]
pub struct Cells(Arc<Mutex<HashMap<String, Cell>>>);

impl Host for Cells {
    // An error, such as a lock that a panic poisoned, is a refusal of each call that must be counted.
    fn read(&mut self, key: String) -> wasmtime::Result<Result<Option<Cell>, ()>> {
        let cells = self.0.lock().map_err(|_| ());
        Ok(cells.map(|cells| cells.get(&key).cloned()))
    }

    fn compare_and_swap(
        &mut self,
        key: String,
        bytes: Vec<u8>,
        version: Option<u32>,
    ) -> wasmtime::Result<Result<bool, ()>> {
        let Ok(mut cells) = self.0.lock() else {
            return Ok(Err(()));
        };
        let unchanged = cells.get(&key).map(|cell| cell.version) == version;
        if unchanged {
            let version = version.unwrap_or_default().wrapping_add(1);
            cells.insert(key, Cell { bytes, version });
        }
        Ok(Ok(unchanged))
    }
}

/// What all threads share: the compiled component, the policy, the cells, and the number of response bytes that are held.
pub struct Engine {
    component: McpPolicyPre<Cells>,
    policy: Vec<u8>,
    cells: Cells,
    entropy: Seed,
    held: AtomicU64,
}

impl Engine {
    pub fn new(wasm: &[u8], policy: Vec<u8>, cells: Cells) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::default();
        let mut linker = Linker::new(&engine);
        McpPolicy::add_to_linker::<_, HasSelf<_>>(&mut linker, |cells: &mut Cells| cells)?;
        let component = linker.instantiate_pre(&Component::new(&engine, wasm)?)?;
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(wasmtime::Error::msg)?;
        let [high, low] =
            [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i])));
        Ok(Self {
            component: McpPolicyPre::new(component)?,
            policy,
            cells,
            entropy: (high, low),
            held: AtomicU64::new(0),
        })
    }

    /// An instance for one thread. It fails with all the errors of the policy.
    pub fn start(&self) -> wasmtime::Result<Instance> {
        let mut wasm = wasmtime::Store::new(self.component.engine(), self.cells.clone());
        let plugin = self.component.instantiate(&mut wasm)?;
        let engine = plugin.mcp_policy_engine_engine();
        let policies = engine.policy();
        let parsed = policies.call_parse(&mut wasm, &self.policy)?;
        let policy = parsed.map_err(|errors| wasmtime::Error::msg(format!("{errors:#?}")))?;
        let max_held = policies.call_max_held_bytes(&mut wasm, policy)?;
        let stores = engine.store();
        let store = stores.call_prepare(&mut wasm, policy, "gateway", self.entropy)?;
        let store = store.map_err(|()| wasmtime::Error::msg("the cells cannot keep the counts"))?;
        let seed = stores.call_seed(&mut wasm, store)?;
        let parts = Parts {
            wasm,
            plugin,
            policy,
            store,
            seed,
        };
        Ok(Instance {
            parts: RefCell::new(parts),
            max_held,
            trapped: Flag::new(false),
        })
    }
}

/// One instance. It runs one call at a time, and any number of exchanges in turn.
pub struct Instance {
    parts: RefCell<Parts>,
    max_held: u64,
    /// It must not be entered again. Its exchanges get errors, and the gateway begins others in a new instance.
    pub trapped: Flag<bool>,
}

struct Parts {
    wasm: wasmtime::Store<Cells>,
    plugin: McpPolicy,
    policy: ResourceAny,
    store: ResourceAny,
    seed: Seed,
}

impl Instance {
    fn call<T>(&self, call: impl FnOnce(&mut Parts) -> wasmtime::Result<T>) -> wasmtime::Result<T> {
        let result = call(&mut self.parts.borrow_mut());
        self.trapped.set(self.trapped.get() || result.is_err());
        result
    }
}

/// A request and its response. Dropping it reports that it is over, in whichever way.
pub struct Exchange {
    engine: Arc<Engine>,
    instance: Rc<Instance>,
    handle: ResourceAny,
    held: u64,
}

impl Exchange {
    pub fn begin(
        engine: Arc<Engine>,
        instance: Rc<Instance>,
        headers: &[Header],
        end_of_stream: bool,
        peer: String,
    ) -> wasmtime::Result<(Self, Next)> {
        let (handle, step) = instance.call(|parts| {
            let context = context(peer, parts.seed);
            let exchanges = parts.plugin.mcp_policy_engine_engine().exchange();
            let (wasm, policy) = (&mut parts.wasm, parts.policy);
            exchanges.call_begin(wasm, policy, headers, end_of_stream, &context, now())
        })?;
        let exchange = Self {
            engine,
            instance,
            handle,
            held: 0,
        };
        let next = exchange.resolve(&step)?;
        Ok((exchange, next))
    }

    /// Continues with an event of the request.
    pub fn feed(&self, event: &Event) -> wasmtime::Result<Next> {
        let step = self.instance.call(|parts| {
            let exchanges = parts.plugin.mcp_policy_engine_engine().exchange();
            exchanges.call_feed(&mut parts.wasm, self.handle, event, now())
        })?;
        self.resolve(&step)
    }

    /// Continues with an event of the response, which may hold no more bytes than all other responses leave, and no more than
    /// a quarter: one server cannot fill the memory.
    pub fn feed_response(&mut self, event: &Event) -> wasmtime::Result<Next> {
        let max = self.instance.max_held;
        let others = self.engine.held.load(Relaxed).saturating_sub(self.held);
        let room = max.saturating_sub(others).min(max / 4);
        let next = self.instance.call(|parts| {
            let exchanges = parts.plugin.mcp_policy_engine_engine().exchange();
            exchanges.call_hold_at_most(&mut parts.wasm, self.handle, room)
        });
        let next = next.and_then(|()| self.feed(event))?;
        let held = self.instance.call(|parts| {
            let exchanges = parts.plugin.mcp_policy_engine_engine().exchange();
            exchanges.call_held_bytes(&mut parts.wasm, self.handle)
        })?;
        self.hold(held);
        Ok(next)
    }

    fn hold(&mut self, held: u64) {
        self.engine.held.fetch_add(held, Relaxed);
        self.engine
            .held
            .fetch_sub(std::mem::replace(&mut self.held, held), Relaxed);
    }

    /// Lets the store count, and logs the decision.
    fn resolve(&self, step: &Step) -> wasmtime::Result<Next> {
        let step = self.instance.call(|parts| {
            let stores = parts.plugin.mcp_policy_engine_engine().store();
            stores.call_resolve(&mut parts.wasm, parts.store, self.handle, step, now())
        })?;
        for effect in step.effects {
            if let Effect::Audit(line) = effect {
                println!("{line}");
            }
        }
        Ok(step.next)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.hold(0);
        if !self.instance.trapped.get() {
            // Without it, the id of the request stays in use. An instance that fails here is replaced as after any trap.
            let _ = self.feed(&Event::Closed);
            let drop = |parts: &mut Parts| self.handle.resource_drop(&mut parts.wasm);
            let _ = self.instance.call(drop);
        }
    }
}

/// What the gateway knows of a request beside its headers. One that verifies tokens or client certificates reports them here, and
/// never what a client only claims.
fn context(peer: String, seed: Seed) -> HostContext {
    let verified = Verified {
        claims: None,
        uri_san: None,
        dns_san: None,
        subject: None,
    };
    HostContext {
        peer: Some(peer),
        verified,
        cluster: None,
        seed,
        explain: false,
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a gateway has a clock; the engine is told the time"
)]
fn now() -> Millis {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
