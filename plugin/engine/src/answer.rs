//! **answer**: turns a refusal into the HTTP response that the client gets instead of the server's.
//!
//! The shapes are those that real clients survive: whatever ends a client's session is not sent. It never quotes the
//! policy, unless the policy asks for it.

use crate::model::AnswerStyle;
use crate::read::RequestError;
use crate::words::{Amount, Reason, Refusal};
use serde::Serialize;
use serde_json::value::RawValue;

/// A response to send in the server's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header fields beside those that the host adds.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body; empty for a dropped notification.
    pub body: Vec<u8>,
}

impl Reply {
    /// The answer of an adapter whose host failed before the policy could be asked.
    pub fn unavailable() -> Self {
        let message = "The gateway cannot judge this request right now, so it is not let through. Try again later.";
        let detail = Detail {
            reason: Some(Reason::Unavailable),
            ..Detail::default()
        };
        let error = Error {
            code: code(Reason::Unavailable),
            message,
            data: &detail,
        };
        json(503, None, Payload::Error(error))
    }
}

/// Why a request is refused, in the form that `_meta` and `data` carry.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remaining: Option<Amount>,
    /// The revisions that are known, beside the one that the message asked for (2026-07-28, basic, Versioning).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) supported: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requested: Option<String>,
}

/// What kind of message is answered, as far as the answer depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReplyTo {
    /// `tools/call` with its id.
    Tool { id: String, modern: bool },
    /// Another request with its id.
    Request { id: String },
    /// A notification, or the answer to a request of the server: nobody waits for a response.
    Nothing,
    /// A GET or DELETE.
    Bodiless,
}

impl ReplyTo {
    /// The id of the request, as it is written.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Tool { id, .. } | Self::Request { id } => Some(id),
            Self::Nothing | Self::Bodiless => None,
        }
    }
}

#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(flatten)]
    payload: Payload<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Payload<'a> {
    Result(ToolResult<'a>),
    Error(Error<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolResult<'a> {
    content: [Content; 1],
    is_error: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
    #[serde(rename = "_meta")]
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Content {
    r#type: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Meta<'a> {
    #[serde(rename = "mcp-policy/decision")]
    decision: &'a Detail,
}

#[derive(Serialize)]
struct Error<'a> {
    code: i32,
    message: &'a str,
    data: &'a Detail,
}

/// Answers a message that was read and refused.
pub(crate) fn answer(
    reply_to: &ReplyTo,
    style: AnswerStyle,
    refusal: &Refusal,
    detail: &Detail,
) -> Reply {
    let error = || {
        Payload::Error(Error {
            code: code(refusal.reason),
            message: &refusal.message,
            data: detail,
        })
    };
    match reply_to {
        ReplyTo::Tool { id, modern } if style == AnswerStyle::Result => {
            let text = format!("[POLICY DENIED] {}", refusal.message);
            let result = ToolResult {
                content: [Content {
                    r#type: "text",
                    text,
                }],
                is_error: true,
                result_type: modern.then_some("complete"),
                meta: Meta { decision: detail },
            };
            json(200, Some(id), Payload::Result(result))
        }
        ReplyTo::Tool { id, .. } | ReplyTo::Request { id } => json(200, Some(id), error()),
        ReplyTo::Nothing => Reply {
            status: 202,
            headers: Vec::new(),
            body: Vec::new(),
        },
        ReplyTo::Bodiless => json(403, None, error()),
    }
}

/// Answers a request that is not exactly one message; `id` where it is certain.
pub(crate) fn answer_unreadable(
    problem: &RequestError,
    id: Option<&str>,
    mut detail: Detail,
) -> Reply {
    if let RequestError::Revision {
        requested,
        supported,
    } = problem
    {
        detail.supported = Some(supported);
        detail.requested = Some(requested.clone());
    }
    let message = problem.to_string();
    let error = Payload::Error(Error {
        code: problem.code(),
        message: &message,
        data: &detail,
    });
    let mut reply = json(problem.status(), id, error);
    if *problem == RequestError::HttpMethod {
        reply.headers.push(("allow", "POST, GET, DELETE, OPTIONS"));
    }
    reply
}

/// The message that takes the place of one that the server sent; `id` is that of the request, where it has one.
pub(crate) fn answer_for_server(
    id: Option<&str>,
    reason: Reason,
    message: &str,
    request_id: Option<&str>,
) -> Reply {
    let detail = Detail {
        reason: Some(reason),
        request_id: request_id.map(Into::into),
        ..Detail::default()
    };
    // The client's request is not at fault, so the code is not that of an invalid one.
    let error = Error {
        code: code(Reason::Denied),
        message,
        data: &detail,
    };
    json(502, id, Payload::Error(error))
}

/// The JSON-RPC error code of a refusal, outside the ranges that JSON-RPC and MCP reserve.
fn code(reason: Reason) -> i32 {
    match reason {
        Reason::RateLimited => -31429,
        Reason::Arguments => -31422,
        Reason::NotAllowed
        | Reason::Denied
        | Reason::Sequence
        | Reason::Pinned
        | Reason::Frozen
        | Reason::Identity
        | Reason::Unavailable => -31403,
        Reason::Unreadable => -32600,
    }
}

fn json(status: u16, id: Option<&str>, payload: Payload<'_>) -> Reply {
    let id = id.and_then(|id| serde_json::from_str(id).ok());
    // Writing plain strings and numbers into memory cannot fail.
    let body = serde_json::to_vec(&Response {
        jsonrpc: "2.0",
        id,
        payload,
    })
    .unwrap_or_default();
    Reply {
        status,
        headers: vec![("content-type", "application/json")],
        body,
    }
}
