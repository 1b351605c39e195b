//! Turns what a server answers into the session or the task that it gives to the caller, to be remembered.
//!
//! It only looks, and what it cannot read was given to nobody.

use super::answer::AnswerReader;
use crate::model::Policy;
use crate::read::{Headers, Message, SESSION, Target};
use crate::step::Response;
use crate::words::json::Value;
use crate::words::state::task;
use crate::words::state::{StateKey, StateWrite, session};

/// What the response to one message may give.
#[derive(Debug)]
pub(crate) struct IssuanceTracker {
    /// As the caller's calls are counted.
    caller: String,
    what: What,
}

#[derive(Debug)]
enum What {
    /// The answer to `initialize` may begin a session.
    Session,
    /// The answer to a call may be that it became a task.
    Task(AnswerReader),
    /// Nothing more.
    Nothing,
}

impl IssuanceTracker {
    /// `None` where the response can give nothing that matters.
    pub(crate) fn new(policy: &Policy, caller: String, message: &Message<'_>) -> Option<Self> {
        let Message::Request { id, call } = message else {
            return None;
        };
        let what = match &call.target {
            Target::Tool(_) if call.may_become_task => What::Task(AnswerReader::new(
                id,
                &["\"taskId\""],
                policy.host.max_depth,
            )),
            Target::Method if call.method == "initialize" && policy.needs.sessions => What::Session,
            _ => return None,
        };
        Some(Self { caller, what })
    }

    /// More has to be seen.
    pub(crate) fn is_open(&self) -> bool {
        match &self.what {
            What::Session => true,
            What::Task(watch) => watch.is_open(),
            What::Nothing => false,
        }
    }

    /// Looks at what came, in its order, and says what was given, once.
    pub(crate) fn see(&mut self, response: &Response) -> Option<StateWrite> {
        let topic = match &mut self.what {
            What::Session => self.session(response),
            What::Task(watch) => {
                let mut id = None;
                watch.see(response, &mut |answer| id = task_of(answer));
                id.map(|id| task(&self.caller, &id))
            }
            What::Nothing => None,
        };
        Some(StateWrite {
            key: topic?,
            value: Vec::new(),
            if_absent: false,
        })
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
        Some(session(&self.caller, id))
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
