//! The end of a forwarded exchange as the log tells it: the request, the server's answer, the time.
//!
//! It holds no part of the answer.

use crate::read::{HttpMethod, Message};
use crate::words::Millis;

/// The names by which the log identifies a request.
#[derive(Clone, Debug)]
pub(crate) struct LoggedRequest {
    pub(crate) method: Box<str>,
    /// The kind and the name of the target; `None` for a method that acts on none.
    pub(crate) target: Option<(&'static str, Box<str>)>,
}

/// A server's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    Result,
    /// A result with `isError`.
    ToolError,
    /// A JSON-RPC error, and its code where that is a whole number.
    Error(Option<Box<str>>),
    /// An answer that is too long to be read for the log alone.
    Unread,
}

/// The end of an exchange.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) request: LoggedRequest,
    pub(crate) forwarded: Millis,
    /// The status of the response; `None` where none came.
    pub(crate) status: Option<u16>,
    /// The answer to the request; `None` where none was seen.
    pub(crate) kind: Option<AnswerKind>,
}

impl LoggedRequest {
    pub(crate) fn of_message(message: &Message<'_>) -> Self {
        let call = message.call();
        let named = call.and_then(|call| call.target.named());
        Self {
            method: call.map_or("response", |call| &call.method).into(),
            target: named.map(|(kind, name)| (kind, name.into())),
        }
    }

    pub(crate) fn without_message(method: HttpMethod) -> Self {
        Self {
            method: method.name().into(),
            target: None,
        }
    }
}

impl AnswerKind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::ToolError => "tool_error",
            Self::Error(_) => "error",
            Self::Unread => "unread",
        }
    }
}
