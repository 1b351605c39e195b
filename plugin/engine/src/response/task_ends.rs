//! Turns messages of the server into the tasks of the caller that ended: completed, failed or cancelled.
//!
//! It never changes a message, and knows no task by itself: only the store knows which tasks hold a place.

use crate::decide::Caller;
use crate::model::Policy;
use crate::read::{Message, Target};
use crate::words::json::Value;
use crate::words::state::{StateKey, task};

/// Looks for the ends of the caller's tasks.
#[derive(Debug)]
pub(crate) struct TaskEnds {
    /// The server's part of names of state.
    server: String,
    /// The subject of the caller, as in counters.
    caller: String,
    /// The task whose result the request asks for.
    result_of: Option<Box<str>>,
}

/// The states in which a task stays (MCP 2025-11-25 `TaskStatus`, and SEP-2663 for 2026-07-28).
const FINAL: [&str; 3] = ["completed", "failed", "cancelled"];

/// The notifications about a task: 2025-11-25, and SEP-2663.
const NOTIFICATIONS: [&str; 2] = ["notifications/tasks/status", "notifications/tasks"];

/// A message with none of these texts tells of no task.
pub(super) const NEEDLES: &[&str] = &["\"taskId\""];

impl TaskEnds {
    /// `None` where no limit counts calls under way.
    pub(crate) fn new(policy: &Policy, caller: &Caller) -> Option<Self> {
        policy.needs.running.then(|| Self {
            server: caller.server.part(),
            caller: caller.principal.subject().into_owned(),
            result_of: None,
        })
    }

    /// Notes the message that the response answers.
    pub(super) fn answers(&mut self, message: &Message<'_>) {
        let Some(call) = message.call() else {
            return;
        };
        if let (Target::Task(Some(id)), "tasks/result") = (&call.target, &*call.method) {
            self.result_of = Some(id.as_ref().into());
        }
    }

    /// Whether the answer is a task's result, in which no text names the task.
    pub(super) fn awaits_result(&self) -> bool {
        self.result_of.is_some()
    }

    /// The task that the message says has ended. `answers` is true for the answer to the request.
    pub(super) fn ended(&self, message: Value<'_>, answers: bool) -> Option<StateKey> {
        let method = message.get("method").and_then(Value::string);
        let told = match method.as_deref() {
            Some(method) if NOTIFICATIONS.contains(&method) => message.get("params"),
            None if answers => message.get("result"),
            _ => None,
        }?;
        if answers && let Some(id) = &self.result_of {
            return Some(self.task(id));
        }
        let state = told.get("task").unwrap_or(told);
        let status = state.get("status").and_then(Value::string)?;
        let id = state.get("taskId").and_then(Value::string)?;
        FINAL.contains(&&*status).then(|| self.task(&id))
    }

    fn task(&self, id: &str) -> StateKey {
        task(&self.server, &self.caller, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::json::{Bounds, Document, Surrogates};

    fn ended(text: &str, answers: bool, result_of: Option<&str>) -> bool {
        let ends = TaskEnds {
            server: String::new(),
            caller: "ada".into(),
            result_of: result_of.map(Into::into),
        };
        let bounds = Bounds {
            depth: 16,
            values: 100,
            surrogates: Surrogates::Refused,
        };
        let document = Document::read(text.as_bytes(), bounds).unwrap();
        let key = ends.ended(document.root(), answers);
        key.is_some_and(|key| key == task("", "ada", "t1"))
    }

    #[test]
    fn task_ends_with_a_final_status() {
        for (status, expected) in [
            ("completed", true),
            ("failed", true),
            ("cancelled", true),
            ("working", false),
            ("input_required", false),
        ] {
            let state = format!(r#"{{"taskId":"t1","status":"{status}"}}"#);
            let answer = format!(r#"{{"id":1,"result":{state}}}"#);
            let notice = |method| format!(r#"{{"method":"{method}","params":{state}}}"#);
            assert_eq!(ended(&answer, true, None), expected, "{status}");
            assert!(
                !ended(&answer, false, None),
                "the answer to another request"
            );
            let told = notice("notifications/tasks/status");
            assert_eq!(ended(&told, false, None), expected, "{status}");
            assert!(!ended(&notice("notifications/message"), false, None));
        }
        let other = r#"{"id":1,"result":{"taskId":"t2","status":"failed"}}"#;
        assert!(!ended(other, true, None));
    }

    #[test]
    fn task_ends_with_its_result_and_not_with_an_error() {
        let result = r#"{"id":1,"result":{"content":[]}}"#;
        let error = r#"{"id":1,"error":{"code":-32603}}"#;
        assert!(ended(result, true, Some("t1")));
        assert!(!ended(result, true, None));
        assert!(!ended(result, false, Some("t1")));
        assert!(!ended(error, true, Some("t1")));
    }
}
