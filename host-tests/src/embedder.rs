//! A program that embeds the component, and holds a request back until the verdict.
//!
//! It is an example to copy. It decides nothing, and lets nothing through after an error.

mod bindings {
    //! The types and functions of the interface, as the macro generates them.
    #![expect(missing_docs, reason = "the interface documents them")]
    wasmtime::component::bindgen!({
        path: "../plugin/component/wit",
        imports: { default: trappable },
    });
}

pub use bindings::exports::mcp_policy::engine::engine::*;
pub use bindings::mcp_policy::engine::cells::{Cell, Host as Cells};
use bindings::{McpPolicy, McpPolicyPre};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{HasSelf, Linker, ResourceAny};

/// The component, compiled once for all threads.
pub struct Component<C: 'static>(McpPolicyPre<C>);

/// One instance with one policy, for one thread. `C` holds the counts.
pub struct Gateway<C: 'static> {
    wasm: wasmtime::Store<C>,
    plugin: McpPolicy,
    policy: ResourceAny,
    store: ResourceAny,
    seed: Seed,
    /// Ask for a trace of each decision.
    pub explain: bool,
}

/// A request whose body has arrived, or that has no body.
pub struct Request<'a> {
    /// Header fields, names in lower case, `:method` among them.
    pub headers: &'a [Header],
    /// True where neither body nor trailers follow the headers.
    pub end: bool,
    /// The rest of the request, in order.
    pub events: Vec<Event>,
    /// The client's address.
    pub peer: &'a str,
    /// The identities that the program verified.
    pub verified: Verified,
    /// The cluster of servers that the program's route chose.
    pub cluster: Option<&'a str>,
}

/// The caller of a request, as the program knows it.
struct Caller<'a> {
    peer: &'a str,
    verified: Verified,
    cluster: Option<&'a str>,
}

impl<C: Cells + Send + 'static> Component<C> {
    /// Compiles the component.
    ///
    /// # Errors
    /// When it is not a component, or needs another version of the interface.
    pub fn new(wasm: &[u8]) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::default();
        let mut linker = Linker::new(&engine);
        McpPolicy::add_to_linker::<C, HasSelf<C>>(&mut linker, |cells| cells)?;
        let component = wasmtime::component::Component::new(&engine, wasm)?;
        Ok(Self(McpPolicyPre::new(
            linker.instantiate_pre(&component)?,
        )?))
    }

    /// Starts an instance, or returns the errors in the policy. `entropy` is 128 random bits.
    ///
    /// # Errors
    /// When the instance fails, or `cells` do.
    pub fn start(
        &self,
        cells: C,
        policy: &[u8],
        entropy: Seed,
    ) -> wasmtime::Result<Result<Gateway<C>, Vec<PolicyError>>> {
        let mut wasm = wasmtime::Store::new(self.0.engine(), cells);
        let plugin = self.0.instantiate(&mut wasm)?;
        let engine = plugin.mcp_policy_engine_engine();
        let policy =
            match engine
                .policy()
                .call_parse_with_environment(&mut wasm, policy, &environment())?
            {
                Ok(policy) => policy,
                Err(errors) => return Ok(Err(errors)),
            };
        let stores = engine.store();
        let store = stores
            .call_prepare(&mut wasm, policy, "my-gateway", entropy)?
            .map_err(|()| wasmtime::Error::msg("the cells keep nothing"))?;
        let seed = stores.call_seed(&mut wasm, store)?;
        Ok(Ok(Gateway {
            wasm,
            plugin,
            policy,
            store,
            seed,
            explain: false,
        }))
    }
}

impl<C: Cells + Send + 'static> Gateway<C> {
    /// Plays a request to its verdict, `forward` or `reply`, and returns the effects. After an error, answer with 503
    /// and start another instance.
    ///
    /// # Errors
    /// When the instance failed, now or before.
    pub fn judge(
        &mut self,
        request: Request<'_>,
        now: Millis,
    ) -> wasmtime::Result<(ResourceAny, Next, Vec<Effect>)> {
        let caller = Caller {
            peer: request.peer,
            verified: request.verified,
            cluster: request.cluster,
        };
        let (exchange, mut step) = self.begin_as(request.headers, request.end, caller, now)?;
        let mut effects = Vec::new();
        let mut events = request.events.into_iter();
        let next = loop {
            step = self.resolve(exchange, &step, now)?;
            effects.append(&mut step.effects);
            match (step.next, events.next()) {
                (Next::NeedMore, Some(event)) => step = self.feed(exchange, &event, now)?,
                (verdict, _) => break verdict,
            }
        };
        Ok((exchange, next, effects))
    }

    /// Reports an event of the response, and carries out its effects.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn report(
        &mut self,
        exchange: ResourceAny,
        event: &Event,
        now: Millis,
    ) -> wasmtime::Result<Step> {
        let step = self.feed(exchange, event, now)?;
        self.resolve(exchange, &step, now)
    }

    /// The bytes to forward for a piece of the response; `None` where the connection must end. Report the head first,
    /// with `report`, whose step has the header edit.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn pass(
        &mut self,
        exchange: ResourceAny,
        piece: Piece,
        now: Millis,
    ) -> wasmtime::Result<(Option<Vec<u8>>, Vec<Effect>)> {
        let bytes = piece.bytes.clone();
        let step = self.report(exchange, &Event::ResponseBody(piece), now)?;
        let passed = match step.next {
            Next::Forward(_) | Next::ForwardBody(_) => Some(bytes),
            Next::ReplaceBody(bytes) => Some(bytes),
            _ => None,
        };
        Ok((passed, step.effects))
    }

    /// Releases an exchange that is complete, or whose client or server is gone.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn end(&mut self, exchange: ResourceAny, now: Millis) -> wasmtime::Result<()> {
        self.report(exchange, &Event::Closed, now)?;
        exchange.resource_drop(&mut self.wasm)
    }

    /// The policy's hash, its needs, the longest body that it reads, and the most bytes of responses to hold.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn policy(&mut self) -> wasmtime::Result<(String, Needs, u64, u64)> {
        let policies = self.plugin.mcp_policy_engine_engine().policy();
        let hash = policies.call_hash(&mut self.wasm, self.policy)?;
        let needs = policies.call_needs(&mut self.wasm, self.policy)?;
        let longest = policies.call_max_request_bytes(&mut self.wasm, self.policy)?;
        let held = policies.call_max_held_bytes(&mut self.wasm, self.policy)?;
        Ok((hash, needs, longest, held))
    }

    /// The caller, and how many bytes of the response are held.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn held(&mut self, exchange: ResourceAny) -> wasmtime::Result<(Option<String>, u64)> {
        let exchanges = self.plugin.mcp_policy_engine_engine().exchange();
        let caller = exchanges.call_caller(&mut self.wasm, exchange)?;
        let bytes = exchanges.call_held_bytes(&mut self.wasm, exchange)?;
        Ok((caller, bytes))
    }

    /// Holds no more than so many bytes of the response.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn hold_at_most(&mut self, exchange: ResourceAny, bytes: u64) -> wasmtime::Result<()> {
        let exchanges = self.plugin.mcp_policy_engine_engine().exchange();
        exchanges.call_hold_at_most(&mut self.wasm, exchange, bytes)
    }

    /// Drops the held bytes of the response.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn drop_held(&mut self, exchange: ResourceAny) -> wasmtime::Result<()> {
        let exchanges = self.plugin.mcp_policy_engine_engine().exchange();
        exchanges.call_drop_held(&mut self.wasm, exchange)
    }

    /// The secret that all instances with these cells have.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// The cells.
    pub fn cells(&self) -> &C {
        self.wasm.data()
    }

    /// Begins an exchange of a caller without a verified identity.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn begin(
        &mut self,
        headers: &[Header],
        end: bool,
        peer: &str,
        now: Millis,
    ) -> wasmtime::Result<(ResourceAny, Step)> {
        let caller = Caller {
            peer,
            verified: unverified(),
            cluster: None,
        };
        self.begin_as(headers, end, caller, now)
    }

    fn begin_as(
        &mut self,
        headers: &[Header],
        end: bool,
        caller: Caller<'_>,
        now: Millis,
    ) -> wasmtime::Result<(ResourceAny, Step)> {
        let context = HostContext {
            peer: Some(caller.peer.into()),
            verified: caller.verified,
            cluster: caller.cluster.map(Into::into),
            seed: self.seed,
            explain: self.explain,
        };
        let exchanges = self.plugin.mcp_policy_engine_engine().exchange();
        exchanges.call_begin(&mut self.wasm, self.policy, headers, end, &context, now)
    }

    /// Continues with an event.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn feed(
        &mut self,
        exchange: ResourceAny,
        event: &Event,
        now: Millis,
    ) -> wasmtime::Result<Step> {
        let exchanges = self.plugin.mcp_policy_engine_engine().exchange();
        exchanges.call_feed(&mut self.wasm, exchange, event, now)
    }

    /// Answers the question of a step from the cells.
    ///
    /// # Errors
    /// When the instance failed.
    pub fn resolve(
        &mut self,
        exchange: ResourceAny,
        step: &Step,
        now: Millis,
    ) -> wasmtime::Result<Step> {
        let stores = self.plugin.mcp_policy_engine_engine().store();
        stores.call_resolve(&mut self.wasm, self.store, exchange, step, now)
    }
}

/// Counts of one process: all threads have clones of it.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<HashMap<String, Cell>>>);

impl Cells for Shared {
    fn read(&mut self, key: String) -> wasmtime::Result<Result<Option<Cell>, ()>> {
        let cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Ok(cells.get(&key).cloned()))
    }

    fn compare_and_swap(
        &mut self,
        key: String,
        bytes: Vec<u8>,
        version: Option<u32>,
    ) -> wasmtime::Result<Result<bool, ()>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cells.get(&key).map(|cell| cell.version) != version {
            return Ok(Ok(false));
        }
        let version = version.unwrap_or_default().wrapping_add(1);
        cells.insert(key, Cell { bytes, version });
        Ok(Ok(true))
    }
}

/// No verified identity.
pub fn unverified() -> Verified {
    Verified {
        claims: None,
        uri_san: None,
        dns_san: None,
        subject: None,
    }
}

/// The variables with keys of approvals.
fn environment() -> Vec<(String, String)> {
    let names = crate::APPROVAL_KEYS.iter();
    let key = |name: &&str| ((*name).into(), crate::APPROVAL_KEY.into());
    names.map(key).collect()
}
