//! Plays HTTP requests into a proxy-wasm module (ABI 0.2.1) and turns what the
//! module did with each of them into a [`Seen`]: the answer it gave, or the
//! headers and bytes it let through. It behaves as Envoy does where hosts differ.
//! It never expects a call: a test says what went in and looks at what came out.

mod hostcalls;
mod memory;
mod metrics;
mod shared;
mod stream;
mod wasi;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::{
    Config, Engine, Instance, InstancePre, Linker, Memory, Store, TypedFunc, WasmParams,
    WasmResults, ensure,
};

use metrics::Metrics;
pub use shared::{Clock, Counts, Faults, SharedData};
use stream::State;
pub use stream::{Action, LocalResponse, Pair, Request, Seen, Stream};

/// The status codes of the ABI that this host gives.
pub mod status {
    /// The thing asked for is absent.
    pub const NOT_FOUND: u32 = 1;
    /// An argument is out of range, or its map is not available at this time.
    pub const BAD_ARGUMENT: u32 = 2;
    /// A pointer leaves the memory of the VM.
    pub const INVALID_MEMORY_ACCESS: u32 = 6;
    /// Another VM has written the key since it was read.
    pub const CAS_MISMATCH: u32 = 8;
    /// What Envoy gives for a function that is not allowed to the plugin.
    pub const INTERNAL_FAILURE: u32 = 10;
    /// What hosts give that lack a function.
    pub const UNIMPLEMENTED: u32 = 12;
}

/// The end of a VM: in which callback, and why. What a plugin said when it
/// panicked is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(pub String);

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trap {}

/// How urgent a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Critical,
}

impl Level {
    fn from_code(code: u32) -> Option<Self> {
        use Level::{Critical, Debug, Error, Info, Trace, Warn};
        let levels = [Trace, Debug, Info, Warn, Error, Critical];
        levels.get(code as usize).copied()
    }
}

/// A compiled module. Clones share the compiled code.
#[derive(Clone)]
pub struct Module {
    module: wasmtime::Module,
    ready: InstancePre<Host>,
}

impl Module {
    /// Compiles a module. An import the host does not know is no error here: it
    /// traps, with its name, when it is called.
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

    /// Lets the timer of the root context fire, whatever its period is.
    pub fn tick(&self) -> Result<(), Trap> {
        let mut machine = self.lock();
        let root = machine.root;
        machine.call::<_, ()>(root, "proxy_on_tick", root)?;
        Ok(())
    }

    /// Replaces what is broken in the host, from the next host call on.
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

fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What host functions can reach.
struct Host {
    shared: SharedData,
    clock: Clock,
    faults: Faults,
    plugin_name: String,
    /// Readable only while a root context is created or configured.
    config: Option<Vec<u8>>,
    streams: HashMap<u32, State>,
    root: u32,
    /// The context whose callback runs, and the one it poses as.
    current: u32,
    effective: Option<u32>,
    logs: Vec<(Level, String)>,
    metrics: Metrics,
    memory: Option<Memory>,
    allocate: Option<TypedFunc<u32, u32>>,
}

impl Host {
    fn new(shared: SharedData, clock: Clock, plugin_name: &str, faults: Faults) -> Self {
        Self {
            shared,
            clock,
            faults,
            plugin_name: plugin_name.to_owned(),
            config: None,
            streams: HashMap::new(),
            root: 0,
            current: 0,
            effective: None,
            logs: Vec::new(),
            metrics: Metrics::default(),
            memory: None,
            allocate: None,
        }
    }

    fn stream(&self) -> Option<&State> {
        self.streams.get(&self.effective.unwrap_or(self.current))
    }

    fn stream_mut(&mut self) -> Option<&mut State> {
        let context = self.effective.unwrap_or(self.current);
        self.streams.get_mut(&context)
    }
}

/// A module instance and the numbers of its contexts.
struct Machine {
    store: Store<Host>,
    instance: Instance,
    trap: Option<Trap>,
    root: u32,
    last_context: u32,
}

impl Machine {
    fn new(ready: &InstancePre<Host>, host: Host) -> wasmtime::Result<Self> {
        let mut store = Store::new(ready.module().engine(), host);
        // Where nobody counts there is nothing to give.
        let _ = store.set_fuel(u64::MAX);
        let instance = ready.instantiate(&mut store)?;
        let memory = instance.get_memory(&mut store, "memory");
        let allocate = ["proxy_on_memory_allocate", "malloc"]
            .iter()
            .find_map(|name| instance.get_typed_func(&mut store, name).ok());
        store.data_mut().memory = memory;
        store.data_mut().allocate = allocate;
        Ok(Self {
            store,
            instance,
            trap: None,
            root: 0,
            last_context: 0,
        })
    }

    /// A library is initialised, a program is started; no module is both.
    fn initialize(&mut self) -> Result<(), Trap> {
        if self.call::<_, ()>(0, "_initialize", ())?.is_none() {
            self.call::<_, ()>(0, "_start", ())?;
        }
        Ok(())
    }

    fn configure(&mut self, config: &[u8]) -> Result<bool, Trap> {
        let root = self.next_context();
        self.root = root;
        self.store.data_mut().root = root;
        self.store.data_mut().config = Some(config.to_vec());
        self.call::<_, ()>(root, "proxy_on_context_create", (root, 0_u32))?;
        // The VM belongs to no plugin in particular, so it sees no configuration.
        self.store.data_mut().config = None;
        if self.call(root, "proxy_on_vm_start", (root, 0_u32))? == Some(0_u32) {
            return Ok(false);
        }
        self.store.data_mut().config = Some(config.to_vec());
        let size = u32::from_le_bytes(memory::length(config));
        let accepted = self.call(root, "proxy_on_configure", (root, size))?;
        self.store.data_mut().config = None;
        Ok(accepted != Some(0_u32))
    }

    fn next_context(&mut self) -> u32 {
        self.last_context = self.last_context.saturating_add(1);
        self.last_context
    }

    /// Calls into the module; `None` if it does not export such a callback.
    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        context: u32,
        name: &str,
        arguments: P,
    ) -> Result<Option<R>, Trap> {
        if let Some(trap) = &self.trap {
            return Err(trap.clone());
        }
        self.store.data_mut().current = context;
        self.store.data_mut().effective = None;
        let result = self.try_call(name, arguments);
        self.store.data_mut().current = 0;
        result.map_err(|error| {
            let trap = Trap(format!("{name}: {}", error.root_cause()));
            self.trap.insert(trap).clone()
        })
    }

    fn try_call<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &str,
        arguments: P,
    ) -> wasmtime::Result<Option<R>> {
        let Some(function) = self.instance.get_func(&mut self.store, name) else {
            return Ok(None);
        };
        let function = function.typed::<P, R>(&self.store)?;
        function.call(&mut self.store, arguments).map(Some)
    }
}
