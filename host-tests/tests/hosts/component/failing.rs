//! Tests cells that fail, and programs that misuse the interface: nothing passes.

use super::gateway::{NOW, SHARED, answered, call, compiled, headers, judge, start};
use super::responses::begin;
use host_tests::embedder::*;
use std::sync::LazyLock;

static FAILING: LazyLock<Component<Failing>> = LazyLock::new(compiled);

#[test]
fn unreadable_body_is_refused() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    for event in [
        Event::BodyUnavailable,
        Event::Buffered(768 * 1024 + 1),
        Event::Buffered(1 << 40),
    ] {
        let exchange = begin(&mut gateway);
        let step = gateway.feed(exchange, &event, NOW).unwrap();
        assert!(answered(&step.next).unwrap().contains("unreadable"));
    }
    let exchange = begin(&mut gateway);
    let step = gateway
        .feed(exchange, &Event::Buffered(768 * 1024), NOW)
        .unwrap();
    assert!(matches!(step.next, Next::NeedMore));
    let step = gateway.feed(exchange, &call("look"), NOW).unwrap();
    assert_eq!(answered(&step.next), None);
}

/// The charges of one exchange do not belong to another.
#[test]
fn step_of_another_exchange_is_refused() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let (asking, _) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
    let (other, _) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
    let step = gateway.feed(asking, &call("run"), NOW).unwrap();
    let refused = gateway.resolve(other, &step, NOW).unwrap();
    assert!(answered(&refused.next).is_some());
    let resolved = gateway.resolve(asking, &step, NOW).unwrap();
    assert_eq!(answered(&resolved.next), None);
    let again = gateway.resolve(asking, &step, NOW).unwrap();
    assert!(answered(&again.next).is_some(), "no step is resolved twice");
}

/// Cells that work until a test turns them off.
pub(super) struct Failing {
    pub(super) cells: Shared,
    pub(super) left: usize,
    pub(super) traps: bool,
}

impl Failing {
    pub(super) fn after(left: usize, traps: bool) -> Self {
        Self {
            cells: Shared::default(),
            left,
            traps,
        }
    }

    pub(super) fn fails(&mut self) -> wasmtime::Result<bool> {
        let failed = self.left == 0;
        self.left = self.left.saturating_sub(1);
        if failed && self.traps {
            return Err(wasmtime::Error::msg("the map is gone"));
        }
        Ok(failed)
    }
}

impl Cells for Failing {
    fn read(&mut self, key: String) -> wasmtime::Result<Result<Option<Cell>, ()>> {
        if self.fails()? {
            Ok(Err(()))
        } else {
            self.cells.read(key)
        }
    }

    fn compare_and_swap(
        &mut self,
        key: String,
        bytes: Vec<u8>,
        version: Option<u32>,
    ) -> wasmtime::Result<Result<bool, ()>> {
        if self.fails()? {
            return Ok(Err(()));
        }
        self.cells.compare_and_swap(key, bytes, version)
    }
}

#[test]
fn call_is_refused_when_cells_fail() {
    assert!(
        start(&FAILING, Failing::after(0, false)).is_err(),
        "nothing can be kept"
    );
    let calls = calls_of_preparing();
    // A call of `run` reads and swaps two cells.
    for left in 0..4 {
        let mut gateway = start(&FAILING, Failing::after(calls + left, false)).unwrap();
        let (next, effects) = judge(&mut gateway, "run").unwrap();
        let answer = answered(&next).expect("it is refused");
        assert!(answer.contains("unavailable"), "{answer}");
        assert_eq!(effects.len(), 1, "and logged");
        // Calls without limits need no cells.
        assert_eq!(answered(&judge(&mut gateway, "look").unwrap().0), None);
    }
    let mut gateway = start(&FAILING, Failing::after(calls + 4, false)).unwrap();
    assert_eq!(answered(&judge(&mut gateway, "run").unwrap().0), None);
}

/// The number of calls of cells that preparing a store takes.
pub(super) fn calls_of_preparing() -> usize {
    let gateway = start(&FAILING, Failing::after(1_000_000, false)).unwrap();
    1_000_000 - gateway.cells().left
}

#[test]
fn cells_that_trap_are_a_refusal() {
    assert!(start(&FAILING, Failing::after(0, true)).is_err());
    let mut gateway = start(&FAILING, Failing::after(calls_of_preparing(), true)).unwrap();
    // The program gets an error instead of a verdict, from then on too: the instance cannot be entered again.
    assert!(judge(&mut gateway, "run").is_err());
    assert!(judge(&mut gateway, "look").is_err());
}
