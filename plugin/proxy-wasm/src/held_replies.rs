//! Holds replies back while a person decides, and sends each as soon as its approval is no longer pending.
//!
//! A held call is never at a server. It decides nothing: the caller sends its call again, and that one is judged.

use crate::configuration::Configuration;
use crate::host::{self, SharedData};
use crate::late_reply;
use crate::timer::Part;
use mcp_policy::host::{Hold, Millis, Reply, Standing, Store};
use std::cell::Cell;
use std::rc::Rc;

/// The interval at which approvals are read while a reply is held.
const INTERVAL_MILLIS: u32 = 250;

/// The interval while more replies are due than one callback sends.
const AT_ONCE_MILLIS: u32 = 1;

/// The most replies that a worker holds. Beyond it a client gets its reply at once.
const MOST: usize = 2048;

/// The longest body of a held request, in bytes: the host keeps it as long.
const LONGEST_BODY: usize = 64 * 1024;

thread_local! {
    /// The held replies of the VM. A worker is a VM of its own, with one thread. A reload of the policy keeps them: the timer
    /// of the next root context sends them.
    static HELD: Cell<Vec<HeldReply>> = Cell::default();
}

struct HeldReply {
    stream: u32,
    reply: Reply,
    hold: Hold,
    configuration: Rc<Configuration>,
}

/// Holds the reply of a stream whose request has `size` bytes. Gives it back where it must be sent at once.
pub(crate) fn hold(
    stream: u32,
    mut reply: Reply,
    size: usize,
    configuration: &Rc<Configuration>,
) -> Result<(), Reply> {
    let Some(hold) = reply.hold.take() else {
        return Err(reply);
    };
    let mut held = HELD.take();
    let room = held.len() < MOST && size <= LONGEST_BODY;
    let result = match room && set_timer(configuration, INTERVAL_MILLIS) {
        true => {
            held.push(HeldReply {
                stream,
                reply,
                hold: *hold,
                configuration: configuration.clone(),
            });
            Ok(())
        }
        false => Err(reply),
    };
    HELD.set(held);
    result
}

/// Forgets the reply of a stream that has ended.
pub(crate) fn forget(stream: u32) {
    let mut held = HELD.take();
    held.retain(|held| held.stream != stream);
    HELD.set(held);
}

/// Keeps the timer of a root context running that takes the place of another one.
pub(crate) fn adopt(configuration: &Configuration) {
    let held = HELD.take();
    if !held.is_empty() {
        set_timer(configuration, INTERVAL_MILLIS);
    }
    HELD.set(held);
}

/// Sends the replies that are due. `root` is the context whose timer runs.
pub(crate) fn tick(root: u32, configuration: &Configuration) {
    let all = HELD.take();
    if all.is_empty() {
        HELD.set(all);
        set_timer(configuration, 0);
        return;
    }
    let now = host::now().unwrap_or(Millis(u64::MAX));
    let (mut due, mut kept) = split(all, now);
    let later = due.split_off(due.len().min(late_reply::MOST));
    set_timer(
        configuration,
        match later.is_empty() {
            true => INTERVAL_MILLIS,
            false => AT_ONCE_MILLIS,
        },
    );
    kept.extend(later);
    HELD.set(kept);
    for held in due {
        late_reply::send(held.stream, &held.reply, "mcp_policy_approval_required");
    }
    let _ = host::set_effective_context(root);
}

/// The replies that are due, and the others.
fn split(all: Vec<HeldReply>, now: Millis) -> (Vec<HeldReply>, Vec<HeldReply>) {
    let mut read = Vec::new();
    for held in &all {
        let store = &held.configuration.store;
        if !read.iter().any(|(known, _)| std::ptr::eq(*known, store)) {
            read.push((store, store.standings(&mut SharedData, now)));
        }
    }
    let is_pending = |held: &HeldReply| {
        let store: *const Store = &raw const held.configuration.store;
        let standings = read.iter().find(|(known, _)| std::ptr::eq(*known, store));
        // What cannot be read is told to the client, which asks again.
        let standings = standings.and_then(|(_, standings)| standings.as_ref().ok());
        standings.is_some_and(|all| all.of(held.hold.approval) == Standing::Pending)
    };
    let pending: Vec<_> = all
        .iter()
        .map(|held| now < held.hold.until && is_pending(held))
        .collect();
    let (mut due, mut kept) = (Vec::new(), Vec::new());
    for (held, pending) in all.into_iter().zip(pending) {
        if pending {
            kept.push(held)
        } else {
            due.push(held)
        }
    }
    (due, kept)
}

fn set_timer(configuration: &Configuration, millis: u32) -> bool {
    configuration.timer.set(Part::HeldReplies, millis).is_ok()
}
