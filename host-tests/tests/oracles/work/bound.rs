//! The most WebAssembly instructions that a message may take in the plugin, under any accepted policy.
//!
//! These figures are only here. The engine counts in steps, which are the same on every host.

/// The most instructions of a message, besides those for its bytes.
///
/// The rules have 1,048,576 steps, and half as many again in shadow mode, each of at most [`STEP`] instructions: 79 million.
const BASE: u64 = 80_000_000;

/// The most instructions of each byte of a message, to read and to search it.
///
/// Of these, 450 pay for 6 steps, and 3 in shadow mode. Reading a byte takes less than 350 where the rules use up those
/// steps.
const BYTE: u64 = 800;

/// The most instructions of each event of a stream, besides its bytes: for 4096 steps, and for the replacement of an
/// event that takes more.
const EVENT: u64 = 300_000;

/// The most instructions of one step. A byte that an expression follows takes 37.
pub(super) const STEP: u64 = 50;

/// The fewest instructions of one step, in the rules that take the most.
pub(super) const STEP_AT_LEAST: u64 = 20;

/// The most instructions to read a byte without a rule. Long URIs and objects with many members take the most.
pub(super) const READ: u64 = 800;

/// The most instructions of a message besides its bytes: headers, shared data, the log line.
pub(super) const MESSAGE: u64 = 500_000;

/// The bound of a message, or of a stream with so many events.
///
/// A message of the default size, 768 KiB, takes at most 710 million instructions. V8 of Node 24 (CPU time on an AMD
/// EPYC, 2026-11-28) executes 13,000 to 20,000 a microsecond where rules take the most, and 23,000 to 27,000 where
/// reading does; wasmtime 48 is about as fast. At 15,000 the bound is 47 ms. The slowest message of all searches took
/// 34 ms.
pub(super) fn bound(bytes: usize, events: usize) -> u64 {
    let (bytes, events) = (bytes as u64, events as u64);
    BASE + BYTE * bytes + EVENT * events
}
