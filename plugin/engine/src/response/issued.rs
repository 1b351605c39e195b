//! Turns a server's answer into the state writes for the session or the task that it issues to the caller.
//!
//! It never changes the answer. An id that it cannot read is not issued to any caller.

use crate::decide::Caller;
use crate::model::{Policy, sequence_counters};
use crate::read::{Headers, Message, SESSION, Target};
use crate::step::Response;
use crate::words::json::Value;
use crate::words::state::{StateKey, StateWrite, session, task, unmarked as unmarked_by};

/// Finds the session or the task that the response to one message issues.
#[derive(Debug)]
pub(crate) struct IssuanceTracker {
    /// The server's part of names of state.
    server: String,
    /// The subject of the caller, as in counters.
    caller: String,
    what: What,
    /// The sequence counters that the call does not mark, in case it becomes a task.
    unmarked: Vec<String>,
    /// The ids of a session's requests are remembered.
    by_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// The answer to `initialize` may begin a session.
    Session,
    /// The answer to a call may create a task.
    Task,
    /// The response issues nothing, or no more.
    Nothing,
}

impl IssuanceTracker {
    /// A tracker for the response to this message; `None` if the response can issue neither a session nor a task.
    pub(crate) fn new(policy: &Policy, caller: &Caller, message: &Message<'_>) -> Option<Self> {
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
        let unmarked = unmarked(policy, caller, &call.target);
        Some(Self {
            server: caller.server.part(),
            caller: caller.principal.subject().into_owned(),
            what,
            unmarked,
            by_id,
        })
    }

    /// Whether later events can still issue something.
    pub(super) fn is_open(&self) -> bool {
        self.what != What::Nothing
    }

    /// An answer that contains none of these texts need not be parsed.
    pub(super) fn needles(&self) -> &'static [&'static str] {
        match self.what {
            What::Task => &["\"taskId\""],
            What::Session | What::Nothing => &[],
        }
    }

    /// Notes an event of the response. Returns the write for a session that its head issues.
    pub(super) fn see(&mut self, response: &Response) -> Option<StateWrite> {
        if let Response::Closed = response {
            self.what = What::Nothing;
        }
        let begins = self.what == What::Session;
        begins.then(|| self.session(response)).flatten().map(issued)
    }

    /// The writes for the task that the answer creates, and for the counters that its call left unmarked. Later messages
    /// issue nothing.
    pub(super) fn answered(&mut self, task: Option<&StateKey>) -> Vec<StateWrite> {
        self.what = What::Nothing;
        let Some(task) = task else {
            return Vec::new();
        };
        let unmarked = self
            .unmarked
            .iter()
            .map(|counter| unmarked_by(task, counter));
        let unmarked: Vec<_> = unmarked.collect();
        let task = task.clone();
        unmarked.into_iter().chain([task]).map(issued).collect()
    }

    /// The task that the answer creates.
    pub(super) fn task(&self, answer: Value<'_>) -> Option<StateKey> {
        let id = task_of(answer).filter(|_| self.may_be_task())?;
        Some(task(&self.server, &self.caller, &id))
    }

    /// Whether the answer may create a task.
    pub(super) fn may_be_task(&self) -> bool {
        self.what == What::Task
    }

    fn session(&mut self, response: &Response) -> Option<StateKey> {
        let headers = match response {
            Response::Delivery(_) | Response::SentTo(_) => return None,
            Response::Head { status, .. } if *status < 200 => return None,
            Response::Head {
                status, headers, ..
            } if *status < 300 => Some(headers),
            _ => None,
        };
        self.what = What::Nothing;
        let id = headers.and_then(session_of)?;
        Some(session(&self.server, &self.caller, id, self.by_id))
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

/// The id of the task that an answer creates: in `CreateTaskResult` of 2025-11-25, which holds the task, or of
/// 2026-07-28 (SEP-2663), which is the task.
fn task_of(message: Value<'_>) -> Option<String> {
    let result = message.get("result")?;
    let kind = result.get("resultType").and_then(Value::string);
    let task = match kind.as_deref() {
        Some("task") => result,
        _ => result.get("task")?,
    };
    task.get("taskId")?.string().map(Into::into)
}

/// The sequence counters that a call of this tool does not mark.
fn unmarked(policy: &Policy, caller: &Caller, target: &Target<'_>) -> Vec<String> {
    match target {
        Target::Tool(tool) => {
            let sets = policy.applied(caller.sets);
            let rules = sets.flat_map(|set| &set.sequence);
            sequence_counters(rules.filter(|rule| !rule.role(tool).marks))
        }
        _ => Vec::new(),
    }
}
