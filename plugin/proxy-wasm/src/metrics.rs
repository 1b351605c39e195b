//! Turns what an exchange counts into metrics of the host.
//!
//! It defines a metric when it is first needed, and a bounded number of them. No decision depends on it.

use crate::host::{SharedData, Status};
use crate::host_metric::{self, Metric};
use mcp_policy::host::{Audit, Cells, TableFill, Unavailable, Version};
use std::cell::{Cell, RefCell};

/// The most metrics that a worker defines. What would need another one is counted in [`UNNAMED`].
const MOST: usize = 4096;

const UNNAMED: &str = "mcp_policy_unnamed_total";

const RELOADS: &str = "mcp_policy_reloads_total.mcp_result";

thread_local! {
    /// The policy of the worker asks for metrics.
    static WANTED: Cell<bool> = const { Cell::new(false) };
    /// The metrics of the worker by their names, in order.
    static DEFINED: RefCell<Vec<(String, Metric)>> = const { RefCell::new(Vec::new()) };
    /// The held bytes that the gauge shows for this worker.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// Counts a configuration that was accepted, and begins to count if it asks for that.
pub(crate) fn accepted(wanted: bool) {
    WANTED.set(wanted);
    add(&format!("{RELOADS}.accepted"), 1);
}

/// Counts a configuration that was refused, whether or not it asked for metrics.
pub(crate) fn refused() {
    count(&format!("{RELOADS}.refused"), 1);
}

/// Whether the host has metrics.
pub(crate) fn exist() -> bool {
    defined(&format!("{RELOADS}.accepted"), host_metric::counter).is_some()
}

/// Counts a decision.
pub(crate) fn decided(audit: &Audit) {
    for (name, number) in audit.metrics() {
        count(&name, number);
    }
}

/// The host's shared data, with the swaps counted that another worker came before.
pub(crate) struct CountedData;

impl Cells for CountedData {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        SharedData.read(key)
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let swapped = SharedData.swap(key, bytes, version)?;
        if !swapped && version.is_some() {
            add("mcp_policy_shared_data_retries_total", 1);
        }
        Ok(swapped)
    }
}

/// Shows the bytes of responses that the worker holds.
pub(crate) fn held(bytes: usize) {
    let before = HELD.replace(bytes);
    if WANTED.get() && before != bytes {
        let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        let change = number(bytes).saturating_sub(number(before));
        if let Some(metric) = defined("mcp_policy_held_bytes", host_metric::gauge) {
            host_metric::add(metric, change);
        }
    }
}

/// Counts lines that the collector does not get.
pub(crate) fn lost(lines: u64) {
    if lines > 0 {
        add("mcp_policy_audit_lines_lost_total", lines);
    }
}

/// Shows how full the table of counts is.
pub(crate) fn table(fill: TableFill) {
    for (name, number) in [
        ("mcp_policy_table_slots", fill.slots),
        ("mcp_policy_table_slots_used", fill.used),
    ] {
        if let Some(metric) = defined(name, host_metric::gauge) {
            host_metric::set(metric, number);
        }
    }
}

fn add(name: &str, number: u64) {
    if WANTED.get() {
        count(name, number);
    }
}

fn count(name: &str, number: u64) {
    if let Some(metric) = defined(name, host_metric::counter) {
        host_metric::add(metric, i64::try_from(number).unwrap_or(i64::MAX));
    }
}

/// The metric of that name; `None` where the host has none.
fn defined(name: &str, define: fn(&str) -> Result<Metric, Status>) -> Option<Metric> {
    DEFINED.with_borrow_mut(|defined| {
        let place = defined.binary_search_by(|(own, _)| (**own).cmp(name));
        let at = match place {
            Ok(at) => return defined.get(at).map(|(_, metric)| *metric),
            Err(at) => at,
        };
        if defined.len() >= MOST {
            return define(UNNAMED).ok();
        }
        let metric = define(name).ok()?;
        defined.insert(at, (name.into(), metric));
        Some(metric)
    })
}
