//! Warns when request headers are held on a host that then does not deliver the body.
//!
//! Such a host never calls again for that request, so only a timer can detect it. It never decides about a request.

use crate::host;
use crate::timer::{Part, Timer};
use mcp_policy::host::{Clock, Millis};
use proxy_wasm::types::Action;
use std::cell::Cell;
use std::rc::Rc;

/// Monitors whether holding headers works on this host.
pub(crate) struct HeaderHoldMonitor {
    hold: bool,
    state: Cell<State>,
    timer: Rc<Timer>,
}

#[derive(Clone, Copy)]
enum State {
    /// No headers have been held.
    Idle,
    /// Headers have been held since this time, and no body has arrived since.
    Waiting(Millis),
    /// A body arrived, or the operator was warned.
    Done,
}

/// The interval of checks, and the longest wait for a body before the operator is warned.
const PATIENCE_MILLIS: u32 = 5000;

impl HeaderHoldMonitor {
    pub(crate) fn new(hold: bool, timer: Rc<Timer>) -> Self {
        if hold && timer.set(Part::HeaderHold, PATIENCE_MILLIS).is_err() {
            host::log_error(
                "mcp-policy: this host has no timer, so the plugin cannot detect a wrong `hold_request_headers`",
            );
        }
        Self {
            hold,
            state: Cell::new(State::Idle),
            timer,
        }
    }

    /// The action for the headers of a request whose body is still to come.
    pub(crate) fn hold(&self, clock: &dyn Clock) -> Action {
        if !self.hold {
            return Action::Continue;
        }
        if let State::Idle = self.state.get()
            && let Some(now) = clock.now()
        {
            self.state.set(State::Waiting(now));
        }
        Action::Pause
    }

    /// A body arrives, so holding headers works.
    pub(crate) fn body(&self) {
        if self.hold && !matches!(self.state.get(), State::Done) {
            self.done();
        }
    }

    pub(crate) fn tick(&self, clock: &dyn Clock) {
        if let State::Waiting(since) = self.state.get()
            && let Some(now) = clock.now()
            && now.0.saturating_sub(since.0) >= u64::from(PATIENCE_MILLIS)
        {
            host::log_error(
                "mcp-policy: request headers were held back and no body has come. If it is not one slow client, this host \
                 delivers none, and every such request hangs: set `allow_on_headers_stop_iteration: true` in the plugin's \
                 configuration (Envoy 1.35 or later), or remove `hold_request_headers` from the policy's `host`",
            );
            self.done();
        }
    }

    fn done(&self) {
        self.state.set(State::Done);
        let _ = self.timer.set(Part::HeaderHold, 0);
    }
}
