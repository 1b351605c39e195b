//! Turns a module into running VMs, each with one plugin in it.
//!
//! It never plays a request: a [`Stream`] does.

use super::host::Host;
use super::hostcalls;
use super::http_calls::{CallAnswer, HttpCall};
use super::level::Level;
use super::machine::{Machine, Trap, lock};
use super::shared::{Clock, Faults, SharedData};
use super::state::{Request, pairs};
use super::stream::Stream;
use super::wasi;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use wasmtime::{Config, Engine, InstancePre, Linker, ensure};

/// A compiled module. Clones share the compiled code.
#[derive(Clone)]
pub struct Module {
    module: wasmtime::Module,
    ready: InstancePre<Host>,
}

impl Module {
    /// Compiles a module. An unknown import is accepted here: it traps, with its name, when it is
    /// called.
    pub fn new(wasm: &[u8]) -> wasmtime::Result<Self> {
        Self::on(&Engine::default(), wasm)
    }

    /// The same, with each instruction counted: [`Vm::instructions`].
    pub fn counted(wasm: &[u8]) -> wasmtime::Result<Self> {
        Self::on(&Engine::new(Config::new().consume_fuel(true))?, wasm)
    }

    fn on(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Self> {
        let module = wasmtime::Module::new(engine, wasm)?;
        let mut linker = Linker::new(engine);
        hostcalls::define(&mut linker)?;
        wasi::define(&mut linker)?;
        linker.define_unknown_imports_as_traps(&module)?;
        let ready = linker.instantiate_pre(&module)?;
        Ok(Self { module, ready })
    }

    /// The names of the functions the module wants from its host.
    pub fn imports(&self) -> Vec<&str> {
        self.module.imports().map(|import| import.name()).collect()
    }

    /// The names of the module's exports.
    pub fn exports(&self) -> Vec<&str> {
        self.module.exports().map(|export| export.name()).collect()
    }

    /// Starts a VM, up to where it could be configured.
    pub fn start(
        &self,
        shared: SharedData,
        clock: Clock,
        plugin_name: &str,
        vm_faults: Faults,
    ) -> wasmtime::Result<Vm> {
        self.check(&vm_faults)?;
        let host = Host::new(shared, clock, plugin_name, vm_faults);
        let mut machine = Machine::new(&self.ready, host)?;
        machine.initialize()?;
        Ok(Vm {
            module: self.clone(),
            machine: Arc::new(Mutex::new(machine)),
        })
    }

    /// Starts a VM at the beginning of 2026, in a host without faults, and gives it a policy.
    ///
    /// # Panics
    /// When the module does not start, or refuses the policy.
    pub fn configured(&self, policy: &str) -> Vm {
        let (data, clock) = (SharedData::default(), Clock::at(Clock::BEGIN_OF_2026));
        let vm = self.start(data, clock, "mcp_policy", Faults::default());
        let vm = vm.expect("the VM starts");
        let accepted = vm.configure(policy.as_bytes());
        assert_eq!(accepted, Ok(true), "{:?}", vm.logs());
        vm
    }

    /// A fault in a function that is never called would test nothing.
    fn check(&self, faults: &Faults) -> wasmtime::Result<()> {
        let imports = self.imports();
        for function in faults.statuses.keys() {
            ensure!(
                imports.contains(&function.as_str()),
                "`{function}` cannot fail: the module does not import it"
            );
        }
        Ok(())
    }
}

/// A running VM with one plugin in it. After a trap every call is refused.
pub struct Vm {
    module: Module,
    machine: Arc<Mutex<Machine>>,
}

impl Vm {
    /// Creates a root context, and gives it its configuration. Streams and ticks
    /// from now on belong to it; streams in flight stay with the one before.
    pub fn configure(&self, config: &[u8]) -> Result<bool, Trap> {
        self.lock().configure(config)
    }

    /// A request that is about to arrive.
    pub fn stream(&self, request: Request) -> Stream {
        Stream::new(Arc::clone(&self.machine), request)
    }

    /// Fires the timer of the root context, at any period.
    pub fn tick(&self) -> Result<(), Trap> {
        let mut machine = self.lock();
        let root = machine.root;
        machine.call::<_, ()>(root, "proxy_on_tick", root)?;
        Ok(())
    }

    /// Takes the HTTP calls made so far, each with its number.
    pub fn take_http_calls(&self) -> Vec<(u32, HttpCall)> {
        std::mem::take(&mut self.lock().store.data_mut().http_calls.made)
    }

    /// Answers an HTTP call of the root context with this status; `None` for a call that failed without one.
    pub fn answer(&self, call: u32, status: Option<&str>) -> Result<(), Trap> {
        self.answer_with(
            call,
            status.map(|status| CallAnswer {
                headers: pairs(&[(":status", status)]),
                ..CallAnswer::default()
            }),
        )
    }

    /// The same with a whole answer.
    pub fn answer_with(&self, call: u32, answer: Option<CallAnswer>) -> Result<(), Trap> {
        let mut machine = self.lock();
        let root = machine.root;
        let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let whole = answer.clone().unwrap_or_default();
        let [headers, trailers] = [&whole.headers, &whole.trailers].map(|map| size(map.len()));
        machine.store.data_mut().http_calls.answer = answer;
        let arguments = (root, call, headers, size(whole.body.len()), trailers);
        machine.call::<_, ()>(root, "proxy_on_http_call_response", arguments)?;
        machine.store.data_mut().http_calls.answer = None;
        Ok(())
    }

    /// The number of calls of each host function since the last time.
    pub fn take_calls(&self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.lock().store.data_mut().calls)
    }

    /// Replaces the faults of the host, from the next host call on.
    pub fn set_faults(&self, faults: Faults) -> wasmtime::Result<()> {
        self.module.check(&faults)?;
        self.lock().store.data_mut().faults = faults;
        Ok(())
    }

    /// Takes the lines logged so far, standard output and error included.
    pub fn logs(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.lock().store.data_mut().logs)
    }

    /// Every metric by name. A histogram shows the sum of its samples.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.lock().store.data().metrics.values()
    }

    /// Size of the linear memory. It only ever grows.
    pub fn memory_bytes(&self) -> usize {
        let machine = self.lock();
        let memory = machine.store.data().memory;
        memory.map_or(0, |memory| memory.data_size(&machine.store))
    }

    /// How many instructions it has executed. Nothing where they are not counted.
    pub fn instructions(&self) -> Option<u64> {
        let left = self.lock().store.get_fuel().ok()?;
        u64::MAX.checked_sub(left)
    }

    /// Whether the VM is dead.
    pub fn trapped(&self) -> bool {
        self.lock().trap.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }
}
