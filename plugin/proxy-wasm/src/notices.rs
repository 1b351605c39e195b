//! Turns notices of new approvals into calls of the server that the policy names, such as a chat.
//!
//! It never keeps a request waiting: it sends from the timer, at most three times, and forgets what does not arrive.

use crate::configuration::Configuration;
use crate::host;
use crate::host_call;
use crate::timer::Part;
use mcp_policy::host::{HttpEndpoint, Millis, SignedMessage};
use std::cell::Cell;

/// The most notices that wait in a worker.
const MOST: usize = 64;

/// The waits before the second and the third attempt, in milliseconds.
const WAITS: [u64; 2] = [1000, 5000];

/// The interval at which waiting notices are looked at.
const INTERVAL_MILLIS: u32 = 1000;

/// As soon as the timer can: a call that a stream makes would end with that stream.
const AT_ONCE_MILLIS: u32 = 1;

thread_local! {
    /// The notices of the VM on their way. A worker is a VM of its own, with one thread. A reload of the policy keeps them.
    static WAITING: Cell<Vec<Waiting>> = Cell::default();
}

struct Waiting {
    to: HttpEndpoint,
    notice: SignedMessage,
    /// The attempts that failed.
    failed: usize,
    /// The time of the next attempt, or until which the one under way has time.
    due: Millis,
    /// The root context and the number of the call under way.
    call: Option<(u32, u32)>,
}

/// Sends a notice from the timer.
pub(crate) fn push(configuration: &Configuration, notice: SignedMessage) {
    let Some(to) = configuration.policy.notified() else {
        return;
    };
    let mut waiting = WAITING.take();
    match waiting.len() < MOST {
        true => waiting.push(Waiting {
            to: to.clone(),
            notice,
            failed: 0,
            due: Millis(0),
            call: None,
        }),
        false => lost(to, "has too many notices waiting"),
    }
    WAITING.set(waiting);
    set_timer(configuration, AT_ONCE_MILLIS);
}

/// Keeps the timer of a root context running that takes the place of another one.
pub(crate) fn adopt(configuration: &Configuration) {
    let waiting = WAITING.take();
    if !waiting.is_empty() {
        set_timer(configuration, INTERVAL_MILLIS);
    }
    WAITING.set(waiting);
}

/// Sends the notices that are due. `root` is the context whose timer runs.
pub(crate) fn tick(root: u32, configuration: &Configuration) {
    let waiting = WAITING.take();
    if waiting.is_empty() {
        set_timer(configuration, 0);
        return;
    }
    let now = host::now().unwrap_or(Millis(u64::MAX));
    let mut kept = Vec::new();
    for mut one in waiting {
        let goes_on = now < one.due || one.attempt(root, now);
        if goes_on {
            kept.push(one);
        }
    }
    let interval = if kept.is_empty() { 0 } else { INTERVAL_MILLIS };
    set_timer(configuration, interval);
    WAITING.set(kept);
}

/// Takes the host's answer to a call of this root context. False for a call that is not a notice.
pub(crate) fn answered(root: u32, call: u32) -> bool {
    let mut waiting = WAITING.take();
    let place = waiting
        .iter()
        .position(|one| one.call == Some((root, call)));
    if let Some(place) = place {
        let mut one = waiting.swap_remove(place);
        let now = host::now().unwrap_or_default();
        if !host_call::call_succeeded() && one.fails(now) {
            waiting.push(one);
        }
    }
    WAITING.set(waiting);
    place.is_some()
}

impl Waiting {
    /// Makes the next attempt. False where it was the last one and failed.
    fn attempt(&mut self, root: u32, now: Millis) -> bool {
        // The answer to an earlier attempt did not come in time.
        if self.call.is_some() {
            return self.fails(now);
        }
        match host_call::http_post(
            &self.to,
            &self.notice.headers(),
            self.notice.body.as_bytes(),
        ) {
            Ok(call) => {
                self.call = Some((root, call));
                let patience = self.to.timeout.0.saturating_add(WAITS[0]);
                self.due = Millis(now.0.saturating_add(patience));
                true
            }
            Err(_) => self.fails(now),
        }
    }

    /// Counts a failed attempt. False after the last one.
    fn fails(&mut self, now: Millis) -> bool {
        self.call = None;
        let wait = WAITS.get(self.failed);
        self.failed = self.failed.saturating_add(1);
        match wait {
            Some(wait) => self.due = Millis(now.0.saturating_add(*wait)),
            None => lost(&self.to, "did not take a notice in three attempts"),
        }
        wait.is_some()
    }
}

fn lost(to: &HttpEndpoint, why: &str) {
    host::log_error(&format!(
        "mcp-policy: `{}` of `approvals.notify` {why}; the approval is on the page all the same",
        to.cluster
    ));
}

fn set_timer(configuration: &Configuration, millis: u32) {
    if configuration.timer.set(Part::Notices, millis).is_err() {
        host::log_error("mcp-policy: this host has no timer, so no notice of an approval is sent");
    }
}
