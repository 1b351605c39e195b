//! Turns the metrics of the proxy-wasm ABI into functions.
//!
//! It never reports that a metric could not be changed: no decision depends on one.
#![expect(
    unsafe_code,
    reason = "the host's functions are foreign, and write where they are told"
)]

use crate::host::{Status, checked};

/// Numbers of the proxy-wasm ABI 0.2.1.
const COUNTER: u32 = 0;
const GAUGE: u32 = 1;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, metric: *mut u32) -> u32;
    fn proxy_increment_metric(metric: u32, offset: i64) -> u32;
    fn proxy_record_metric(metric: u32, value: u64) -> u32;
}

/// A metric of the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric(u32);

/// A metric that only grows.
pub(crate) fn counter(name: &str) -> Result<Metric, Status> {
    metric(COUNTER, name)
}

/// A metric that also shrinks. All workers have the same one.
pub(crate) fn gauge(name: &str) -> Result<Metric, Status> {
    metric(GAUGE, name)
}

fn metric(kind: u32, name: &str) -> Result<Metric, Status> {
    let mut metric = 0;
    // SAFETY: the host reads `name` and writes `metric` during the call.
    checked(unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut metric) })?;
    Ok(Metric(metric))
}

/// Adds to a metric.
pub(crate) fn add(Metric(metric): Metric, number: i64) {
    // SAFETY: no memory is shared.
    let _ = unsafe { proxy_increment_metric(metric, number) };
}

/// Sets a gauge, for all workers.
pub(crate) fn set(Metric(metric): Metric, number: u64) {
    // SAFETY: no memory is shared.
    let _ = unsafe { proxy_record_metric(metric, number) };
}
