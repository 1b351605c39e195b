//! Turns what an exchange holds of its response into the room for those of its worker, and drops what another one holds
//! where there is none.
//!
//! It chooses nothing: `HeldResponses` does.

use mcp_policy::host::{Exchange, HeldResponses};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

thread_local! {
    /// A worker is a VM of its own, with one thread.
    static HELD: Cell<HeldResponses<Weak<RefCell<Exchange>>>> = Cell::default();
}

/// The exchange of one stream. Other streams of the worker may drop what it holds; dropping it gives its room back.
pub(crate) struct SharedExchange {
    stream: u64,
    caller: Rc<str>,
    exchange: Rc<RefCell<Exchange>>,
}

impl SharedExchange {
    /// For the stream with this id, which no other has at the same time.
    pub(crate) fn new(stream: u32, exchange: Exchange) -> Self {
        Self {
            stream: stream.into(),
            caller: exchange.caller().unwrap_or_default().into(),
            exchange: Rc::new(RefCell::new(exchange)),
        }
    }

    /// `None` where the exchange is in use, which no host brings about: it makes one callback at a time.
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&mut Exchange) -> T) -> Option<T> {
        let mut exchange = self.exchange.try_borrow_mut().ok()?;
        Some(use_it(&mut exchange))
    }

    /// The same for an event of the response, of which the exchange may hold more then. All of the worker hold `max` bytes
    /// at most.
    pub(crate) fn respond<T>(
        &self,
        max: usize,
        use_it: impl FnOnce(&mut Exchange) -> T,
    ) -> Option<T> {
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
        HELD.set(held);
    }
}
