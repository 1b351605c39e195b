//! Ends requests whose headers are held on a host that then does not deliver the body.
//!
//! Such a host never calls again for that request, so only a timer can detect it. It never lets a request pass.

use crate::host::{self, HostClock};
use crate::late_reply;
use crate::timer::{Part, Timer};
use mcp_policy::host::{Clock, Millis, Reply};
use proxy_wasm::types::Action;
use std::cell::Cell;
use std::rc::Rc;

/// Monitors whether holding headers works on this host.
pub(crate) struct HeaderHoldMonitor {
    hold: bool,
    /// A body arrived after held headers, so holding works.
    works: Cell<bool>,
    /// The operator was warned.
    warned: Cell<bool>,
    timer: Rc<Timer>,
}

/// The interval of checks, and the longest wait for the first body of a worker.
const PATIENCE_MILLIS: u32 = 5000;

/// The most requests that wait for the first body of a worker.
const MOST: usize = 1024;

thread_local! {
    /// The streams of the VM whose headers are held, and since when, while no body has come. A worker is a VM of its own, with
    /// one thread. A reload of the policy keeps them.
    static HELD: Cell<Vec<(u32, Millis)>> = Cell::default();
}

impl HeaderHoldMonitor {
    /// The monitor of a policy that wants headers held, on a host with a timer.
    pub(crate) fn new(hold: bool, timer: Rc<Timer>) -> Self {
        if hold {
            let _ = timer.set(Part::HeaderHold, PATIENCE_MILLIS);
        }
        Self {
            hold,
            works: Cell::new(false),
            warned: Cell::new(false),
            timer,
        }
    }

    /// The action for the headers of a stream whose body is still to come; `None` where too many wait for theirs.
    pub(crate) fn hold(&self, stream: u32, clock: &HostClock) -> Option<Action> {
        if !self.hold {
            return Some(Action::Continue);
        }
        if self.works.get() {
            return Some(Action::Pause);
        }
        let mut held = HELD.take();
        let room = held.len() < MOST;
        if room {
            held.push((stream, clock.now().unwrap_or_default()));
        }
        HELD.set(held);
        room.then_some(Action::Pause)
    }

    /// A body arrives, so holding headers works.
    pub(crate) fn body(&self) {
        if self.hold && !self.works.replace(true) {
            HELD.take();
            let _ = self.timer.set(Part::HeaderHold, 0);
        }
    }

    /// Forgets a stream that has ended.
    pub(crate) fn forget(&self, stream: u32) {
        if self.hold && !self.works.get() {
            let mut held = HELD.take();
            held.retain(|(known, _)| *known != stream);
            HELD.set(held);
        }
    }

    /// Refuses the requests that have waited for too long. `root` is the context whose timer runs.
    pub(crate) fn tick(&self, root: u32, clock: &HostClock) {
        let held = HELD.take();
        if held.is_empty() {
            return;
        }
        let now = clock.now().unwrap_or(Millis(u64::MAX));
        let patience = u64::from(PATIENCE_MILLIS);
        let is_due = |held: &(u32, Millis)| now.0.saturating_sub(held.1.0) >= patience;
        let (mut due, mut kept): (Vec<_>, Vec<_>) = held.into_iter().partition(is_due);
        kept.extend(due.split_off(due.len().min(late_reply::MOST)));
        HELD.set(kept);
        if !due.is_empty() {
            self.warn();
        }
        for (stream, _) in due {
            late_reply::send(stream, &Reply::unavailable(), "mcp_policy_unavailable");
        }
        let _ = host::set_effective_context(root);
    }

    fn warn(&self) {
        if !self.warned.replace(true) {
            host::log_error(
                "mcp-policy: request headers were held back and no body has come. If it is not one slow client, this host \
                 delivers none, and every such request is refused after some seconds: set `allow_on_headers_stop_iteration: \
                 true` in the plugin's configuration (Envoy 1.35 or later), or remove `hold_request_headers` from the policy's \
                 `host`",
            );
        }
    }
}
