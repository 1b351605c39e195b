//! Turns what a server answers into the session or the task that it gives to the caller, to be remembered.
//!
//! It only looks, and what it cannot read was given to nobody.

use crate::decide::Principal;
use crate::model::{Policy, sequence_counters};
use crate::read::{Headers, Message, SESSION, Target};
use crate::step::Response;
use crate::words::json::Value;
use crate::words::state::{StateKey, StateWrite, session, task, unmarked as unmarked_by};

/// What the response to one message may give.
#[derive(Debug)]
pub(crate) struct IssuanceTracker {
    /// As the caller's calls are counted.
    caller: String,
    what: What,
    /// The counters of sequences that the call does not mark, should it become a task.
    unmarked: Vec<String>,
    /// The ids of a session's requests are remembered.
    by_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// The answer to `initialize` may begin a session.
    Session,
    /// The answer to a call may be that it became a task.
    Task,
    /// Nothing more.
    Nothing,
}

impl IssuanceTracker {
    /// `None` where the response can give nothing that matters.
    pub(crate) fn new(policy: &Policy, caller: &Principal, message: &Message<'_>) -> Option<Self> {
        let Message::Request { call, .. } = message else {
            return None;
        };
        let by_id = policy.needs.ids;
        let remembers = policy.needs.sessions || by_id;
        let what = match &call.target {
            Target::Tool(_) if call.may_become_task => What::Task,
            Target::Method if call.method == "initialize" && remembers => What::Session,
            _ => return None,
        };
        let unmarked = unmarked(policy, &call.target);
        Some(Self {
            caller: caller.subject().into_owned(),
            what,
            unmarked,
            by_id,
        })
    }

    /// More has to be seen.
    pub(super) fn is_open(&self) -> bool {
        self.what != What::Nothing
    }

    /// An answer in which none of these stands need not be read.
    pub(super) fn needles(&self) -> &'static [&'static str] {
        match self.what {
            What::Task => &["\"taskId\""],
            What::Session | What::Nothing => &[],
        }
    }

    /// Notes how far the response is, and says what its head gives.
    pub(super) fn see(&mut self, response: &Response) -> Option<StateWrite> {
        if let Response::Closed = response {
            self.what = What::Nothing;
        }
        let begins = self.what == What::Session;
        begins.then(|| self.session(response)).flatten().map(issued)
    }

    /// What the answer gives, once: a task, and what its call left unmarked.
    pub(super) fn answered(&mut self, answer: Value<'_>) -> Vec<StateWrite> {
        let tasks = self.what == What::Task;
        self.what = What::Nothing;
        let Some(id) = tasks.then(|| task_of(answer)).flatten() else {
            return Vec::new();
        };
        let task = task(&self.caller, &id);
        let unmarked = self
            .unmarked
            .iter()
            .map(|counter| unmarked_by(&task, counter));
        let unmarked: Vec<_> = unmarked.collect();
        unmarked.into_iter().chain([task]).map(issued).collect()
    }

    fn session(&mut self, response: &Response) -> Option<StateKey> {
        let headers = match response {
            Response::Delivery(_) => return None,
            Response::Head { status, .. } if *status < 200 => return None,
            Response::Head {
                status, headers, ..
            } if *status < 300 => Some(headers),
            _ => None,
        };
        self.what = What::Nothing;
        let id = headers.and_then(session_of)?;
        Some(session(&self.caller, id, self.by_id))
    }
}

fn issued(key: StateKey) -> StateWrite {
    StateWrite {
        key,
        value: Vec::new(),
        if_absent: false,
    }
}

fn session_of(headers: &Headers) -> Option<&str> {
    headers.single(SESSION).ok().flatten()
}

/// The id of the task that a call became: `CreateTaskResult` of 2025-11-25, which holds the task, or of 2026-07-28
/// (SEP-2663), which is one.
fn task_of(message: Value<'_>) -> Option<String> {
    let result = message.get("result")?;
    let kind = result.get("resultType").and_then(Value::string);
    let task = match kind.as_deref() {
        Some("task") => result,
        _ => result.get("task")?,
    };
    task.get("taskId")?.string().map(Into::into)
}

/// The counters of sequences that a call of this tool does not mark.
fn unmarked(policy: &Policy, target: &Target<'_>) -> Vec<String> {
    match target {
        Target::Tool(tool) => {
            sequence_counters(policy.sequence.iter().filter(|rule| !rule.role(tool).marks))
        }
        _ => Vec::new(),
    }
}
