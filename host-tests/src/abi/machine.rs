//! Calls the callbacks of a module instance, each in its context.
//!
//! It never calls again into a module that has trapped.

use super::host::Host;
use super::memory;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmtime::{Instance, InstancePre, Store, WasmParams, WasmResults};

/// The end of a VM: in which callback, and why. The message of a plugin's panic is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(pub String);

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trap {}

/// A module instance and the numbers of its contexts.
pub(super) struct Machine {
    pub(super) store: Store<Host>,
    pub(super) instance: Instance,
    pub(super) trap: Option<Trap>,
    pub(super) root: u32,
    pub(super) last_context: u32,
}

impl Machine {
    pub(super) fn new(ready: &InstancePre<Host>, host: Host) -> wasmtime::Result<Self> {
        let mut store = Store::new(ready.module().engine(), host);
        store.limiter(|host| &mut host.limits);
        // Without counting, fuel is absent.
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
    pub(super) fn initialize(&mut self) -> Result<(), Trap> {
        if self.call::<_, ()>(0, "_initialize", ())?.is_none() {
            self.call::<_, ()>(0, "_start", ())?;
        }
        Ok(())
    }

    pub(super) fn configure(&mut self, config: &[u8]) -> Result<bool, Trap> {
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

    pub(super) fn next_context(&mut self) -> u32 {
        self.last_context = self.last_context.saturating_add(1);
        self.last_context
    }

    /// Calls into the module; `None` if it does not export such a callback.
    pub(super) fn call<P: WasmParams, R: WasmResults>(
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

/// Locks a machine, also where a test panicked while it held it.
pub(super) fn lock(machine: &Mutex<Machine>) -> MutexGuard<'_, Machine> {
    machine.lock().unwrap_or_else(PoisonError::into_inner)
}
