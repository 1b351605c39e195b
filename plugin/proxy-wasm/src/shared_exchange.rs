//! Turns the bytes that an exchange holds into the room left for others of its worker, and drops held
//! bytes if there is no room.
//!
//! It never chooses which bytes to drop: `HeldResponses` does.

use crate::metrics;
use mcp_policy::host::{Exchange, HeldResponses};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

thread_local! {
    /// A worker is a VM of its own, with one thread.
    static HELD: Cell<HeldResponses<Weak<RefCell<Exchange>>>> = Cell::default();
}

/// The exchange of one stream. Other streams of the worker may drop its held bytes. Dropping it frees its room.
pub(crate) struct SharedExchange {
    stream: u64,
    caller: Rc<str>,
    exchange: Rc<RefCell<Exchange>>,
}

impl SharedExchange {
    /// Shares the exchange of the stream with this id, which is unique among open streams.
    pub(crate) fn new(stream: u32, exchange: Exchange) -> Self {
        Self {
            stream: stream.into(),
            caller: exchange.caller().unwrap_or_default().into(),
            exchange: Rc::new(RefCell::new(exchange)),
        }
    }

    /// Calls `use_it` with the exchange. `None` if it is in use, which no host causes: it makes one callback at a time.
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&mut Exchange) -> T) -> Option<T> {
        let mut exchange = self.exchange.try_borrow_mut().ok()?;
        Some(use_it(&mut exchange))
    }

    /// Calls `use_it` for an event after which the exchange may hold more bytes. All exchanges of the worker hold at most
    /// `max` bytes. `None` if the exchange is in use.
    pub(crate) fn hold<T>(&self, max: usize, use_it: impl FnOnce(&mut Exchange) -> T) -> Option<T> {
        let mut held = HELD.take();
        let result = self.with(|exchange| {
            exchange.hold_at_most(held.room(self.stream, &self.caller, max));
            let result = use_it(exchange);
            let response = Rc::downgrade(&self.exchange);
            held.set(self.stream, &self.caller, exchange.held_bytes(), response);
            result
        });
        while let Some(response) = held.excess(max) {
            drop_held(&response);
        }
        metrics::held(held.all());
        HELD.set(held);
        result
    }
}

fn drop_held(response: &Weak<RefCell<Exchange>>) {
    if let Some(exchange) = response.upgrade()
        && let Ok(mut exchange) = exchange.try_borrow_mut()
    {
        exchange.drop_held();
    }
}

impl Drop for SharedExchange {
    fn drop(&mut self) {
        let mut held = HELD.take();
        held.remove(self.stream);
        metrics::held(held.all());
        HELD.set(held);
    }
}
