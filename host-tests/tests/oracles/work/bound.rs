//! The most instructions of WebAssembly that a message may take in the plugin, whatever policy is accepted.
//!
//! It is the one place of these figures. The engine's own are in steps, which are the same on every host.

/// The most instructions that a message takes, beside those for its bytes.
///
/// The rules have 1,048,576 steps, and half as many again in shadow mode, each of at most [`STEP`] instructions: 79 million.
const BASE: u64 = 80_000_000;

/// What each byte of a message takes at most, to be read and to be searched.
///
/// Of these, 6 steps, and 3 in shadow mode, are 450; what leaves the rules so much takes less than 350 to be read.
const BYTE: u64 = 800;

/// What each event of a stream takes at most beside its bytes: 4096 steps, and what stands in the place of an event that
/// takes more.
const EVENT: u64 = 300_000;

/// What one step takes at most. A byte that an expression follows takes 37.
pub(super) const STEP: u64 = 50;

/// What one step takes at least, where rules take the most.
pub(super) const STEP_AT_LEAST: u64 = 20;

/// What each byte takes at most to be read, without a rule. The most take long URIs, and objects of many members.
pub(super) const READ: u64 = 800;

/// What a message takes to be read, beside its bytes: headers, shared data, the line of the log.
pub(super) const MESSAGE: u64 = 500_000;

/// The bound of a message, or of a stream of so many events.
///
/// A message of the default size, 768 KiB, so takes at most 710 million instructions. V8 (that of Node 24, whose CPU time
/// was measured on an AMD EPYC on 2026-11-28) executes 13,000 to 20,000 of them in a microsecond where rules take the most,
/// and 23,000 to 27,000 where reading does; wasmtime 48 about as many. At 15,000 the bound is 47 ms, and the message that
/// took the longest of all that were found took 34 ms.
pub(super) fn bound(bytes: usize, events: usize) -> u64 {
    let (bytes, events) = (bytes as u64, events as u64);
    BASE + BYTE * bytes + EVENT * events
}
