//! The part of a VM that host functions can access: its streams, its log, its metrics, its shared data.
//!
//! It never calls into the module.

use super::http_calls::HttpCalls;
use super::level::Level;
use super::metrics::Metrics;
use super::shared::{Clock, Faults, SharedData};
use super::state::State;
use std::collections::{BTreeMap, HashMap};
use wasmtime::{Memory, StoreLimits, StoreLimitsBuilder, TypedFunc};

/// The state that host functions can access.
pub(super) struct Host {
    pub(super) shared: SharedData,
    pub(super) clock: Clock,
    pub(super) faults: Faults,
    /// The most memory, from the faults at the start.
    pub(super) limits: StoreLimits,
    /// The number of calls of each host function.
    pub(super) calls: BTreeMap<&'static str, u64>,
    pub(super) plugin_name: String,
    /// Readable only while a root context is created or configured.
    pub(super) config: Option<Vec<u8>>,
    pub(super) streams: HashMap<u32, State>,
    pub(super) root: u32,
    /// The context whose callback runs, and the one it poses as.
    pub(super) current: u32,
    pub(super) effective: Option<u32>,
    pub(super) logs: Vec<(Level, String)>,
    pub(super) http_calls: HttpCalls,
    pub(super) metrics: Metrics,
    pub(super) memory: Option<Memory>,
    pub(super) allocate: Option<TypedFunc<u32, u32>>,
}

impl Host {
    pub(super) fn new(shared: SharedData, clock: Clock, plugin_name: &str, faults: Faults) -> Self {
        let memory = faults.memory.unwrap_or(usize::MAX);
        Self {
            limits: StoreLimitsBuilder::new().memory_size(memory).build(),
            shared,
            clock,
            faults,
            calls: BTreeMap::new(),
            plugin_name: plugin_name.to_owned(),
            config: None,
            streams: HashMap::new(),
            root: 0,
            current: 0,
            effective: None,
            logs: Vec::new(),
            http_calls: HttpCalls::default(),
            metrics: Metrics::default(),
            memory: None,
            allocate: None,
        }
    }

    pub(super) fn stream(&self) -> Option<&State> {
        self.streams.get(&self.effective.unwrap_or(self.current))
    }

    pub(super) fn stream_mut(&mut self) -> Option<&mut State> {
        let context = self.effective.unwrap_or(self.current);
        self.streams.get_mut(&context)
    }
}
