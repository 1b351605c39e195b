//! **answer**: turns a refusal into the HTTP response that the client gets instead of the server's.
//!
//! Real clients continue after each of these replies: none of them ends a client's session. A client without a
//! valid credential logs in, where the policy says at which place. It never quotes the policy,
//! unless the policy asks for it.

use crate::model::AnswerStyle;
use crate::read::RequestError;
use crate::words::approval::ApprovalId;
use crate::words::digits::push_decimal;
use crate::words::json::{Bounds, Document, ObjectLine, Surrogates, element, push_text};
use crate::words::{Amount, Millis, Reason, Refusal};
use std::borrow::Cow;

/// A response to send in the server's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header fields beside those that the host adds.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body; empty for a dropped notification.
    pub body: Vec<u8>,
    /// A host that can wait sends the reply later; `None` where it is due at once. A client accepts it at any time.
    pub hold: Option<Box<Hold>>,
}

/// The wait of a reply for a person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The approval. The reply is due as soon as it is no longer pending.
    pub approval: ApprovalId,
    /// The latest time to send the reply.
    pub until: Millis,
}

impl Reply {
    /// The answer of an adapter whose host failed before the policy could be asked.
    pub fn unavailable() -> Self {
        let message =
            "The gateway cannot check this request right now, so it is refused. Try again later.";
        let detail = Detail {
            reason: Some(Reason::Unavailable),
            ..Detail::default()
        };
        let error = error(code(Reason::Unavailable), message, &detail);
        json(503, None, ("error", &error))
    }
}

/// The reason of a refusal, in the form that `_meta` and `data` carry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Detail {
    pub(crate) reason: Option<Reason>,
    pub(crate) retry_after_ms: Option<u64>,
    pub(crate) request_id: Option<Box<str>>,
    /// The page on which a person approves the call.
    pub(crate) approval_url: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) limit: Option<Amount>,
    pub(crate) remaining: Option<Amount>,
    /// The supported revisions, for a message that requests another one (2026-07-28, basic, Versioning).
    pub(crate) supported: Option<&'static [&'static str]>,
    pub(crate) requested: Option<String>,
}

impl Detail {
    fn json(&self) -> String {
        let mut object = ObjectLine::new();
        let reason = self.reason.iter();
        reason.for_each(|reason| object.text("reason", reason.name()));
        let retry = self.retry_after_ms.iter();
        retry.for_each(|millis| push_decimal(object.name("retryAfterMs"), *millis, 1));
        let texts = [
            ("requestId", self.request_id.as_deref()),
            ("approvalUrl", self.approval_url.as_deref()),
            ("rule", self.rule.as_deref()),
        ];
        for (name, text) in texts {
            text.iter().for_each(|text| object.text(name, text));
        }
        for (name, amount) in [("limit", self.limit), ("remaining", self.remaining)] {
            let amount = amount.iter();
            amount.for_each(|amount| amount.push(object.name(name)));
        }
        let supported = self.supported.iter();
        supported.for_each(|revisions| object.list("supported", &elements(revisions)));
        let requested = self.requested.iter();
        requested.for_each(|requested| object.text("requested", requested));
        object.end()
    }
}

/// Texts as the elements of a JSON list.
fn elements(texts: &[&str]) -> String {
    let mut elements = String::new();
    for text in texts {
        push_text(element(&mut elements), text);
    }
    elements
}

/// The kind of message that a reply answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReplyTo {
    /// `tools/call` with its id.
    Tool { id: String, modern: bool },
    /// Another request with its id.
    Request { id: String },
    /// A notification, or the answer to a server's request: its sender expects no response.
    Nothing,
    /// A GET or DELETE.
    Bodiless,
}

impl ReplyTo {
    /// The id of the request as JSON, as the request writes it.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Tool { id, .. } | Self::Request { id } => Some(id),
            Self::Nothing | Self::Bodiless => None,
        }
    }
}

/// A JSON-RPC error (JSON-RPC 2.0 section 5.1).
fn error(code: i32, message: &str, data: &Detail) -> String {
    let mut error = ObjectLine::new();
    error.json("code", &code.to_string());
    error.text("message", message);
    error.json("data", &data.json());
    error.end()
}

/// The result of a tool that was not called (2025-06-18, server/tools, Error Handling).
fn tool_result(message: &str, modern: bool, detail: &Detail) -> String {
    let mut content = ObjectLine::new();
    content.text("type", "text");
    content.text("text", &["[POLICY DENIED] ", message].concat());
    let mut meta = ObjectLine::new();
    meta.json("mcp-policy/decision", &detail.json());
    let mut result = ObjectLine::new();
    result.list("content", &content.end());
    result.json("isError", "true");
    if modern {
        result.text("resultType", "complete");
    }
    result.json("_meta", &meta.end());
    result.end()
}

/// Answers a message that was read and refused.
pub(crate) fn answer(
    reply_to: &ReplyTo,
    style: AnswerStyle,
    refusal: &Refusal,
    detail: &Detail,
) -> Reply {
    let message = &refusal.message;
    let error = || error(code(refusal.reason), message, detail);
    match reply_to {
        ReplyTo::Tool { id, modern } if style == AnswerStyle::Result => {
            let result = tool_result(message, *modern, detail);
            json(200, Some(id), ("result", &result))
        }
        ReplyTo::Tool { id, .. } | ReplyTo::Request { id } => {
            json(200, Some(id), ("error", &error()))
        }
        ReplyTo::Nothing => Reply {
            status: 202,
            headers: Vec::new(),
            body: Vec::new(),
            hold: None,
        },
        ReplyTo::Bodiless => json(403, None, ("error", &error())),
    }
}

/// The gateway's request that the client waits for an approval, and sends its request again with this state.
#[derive(Debug)]
pub(crate) struct InputRequired<'a> {
    /// The name of the request to open the address; `None` where the client is to wait alone.
    pub(crate) opens: Option<(&'static str, &'a str)>,
    pub(crate) message: &'a str,
    pub(crate) state: &'a str,
}

/// Answers a request that is to be sent again (2026-07-28, basic, Multi Round-Trip Requests).
pub(crate) fn answer_input_required(id: &str, input: &InputRequired<'_>, detail: &Detail) -> Reply {
    let mut meta = ObjectLine::new();
    meta.json("mcp-policy/decision", &detail.json());
    let mut result = ObjectLine::new();
    result.text("resultType", "input_required");
    if let Some((name, url)) = input.opens {
        let mut params = ObjectLine::new();
        params.text("mode", "url");
        params.text("message", input.message);
        params.text("url", url);
        let mut request = ObjectLine::new();
        request.text("method", "elicitation/create");
        request.json("params", &params.end());
        let mut requests = ObjectLine::new();
        requests.json(name, &request.end());
        result.json("inputRequests", &requests.end());
    }
    result.text("requestState", input.state);
    result.json("_meta", &meta.end());
    json(200, Some(id), ("result", &result.end()))
}

/// Answers a caller without a valid credential: it may log in and send the request again (RFC 9110 section 15.5.2).
/// A client reads this status whatever it sent, so a notification is answered like a request.
pub(crate) fn answer_challenge(
    reply_to: &ReplyTo,
    challenge: String,
    refusal: &Refusal,
    detail: &Detail,
) -> Reply {
    let error = error(code(refusal.reason), &refusal.message, detail);
    let mut reply = json(401, reply_to.id(), ("error", &error));
    reply.headers.push(("www-authenticate", challenge.into()));
    reply
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
    let error = error(problem.code(), &problem.to_string(), &detail);
    let mut reply = json(problem.status(), id, ("error", &error));
    if *problem == RequestError::HttpMethod {
        let allow = "POST, GET, DELETE, OPTIONS";
        reply.headers.push(("allow", allow.into()));
    }
    reply
}

/// The message that replaces one of the server's; `id` is the request's id, where it has one.
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
    let error = error(code(Reason::Denied), message, &detail);
    json(502, id, ("error", &error))
}

/// The JSON-RPC error code of a refusal, outside the ranges that JSON-RPC and MCP reserve.
fn code(reason: Reason) -> i32 {
    match reason {
        Reason::ApprovalRequired => -31428,
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

/// A response with this member; `id` is JSON as it was received.
fn json(status: u16, id: Option<&str>, (name, value): (&str, &str)) -> Reply {
    let mut response = ObjectLine::new();
    response.text("jsonrpc", "2.0");
    let id = id.filter(|id| is_one_value(id)).into_iter();
    id.for_each(|id| response.json("id", id));
    response.json(name, value);
    Reply {
        status,
        headers: vec![("content-type", "application/json".into())],
        body: response.end().into_bytes(),
        hold: None,
    }
}

fn is_one_value(id: &str) -> bool {
    let bounds = Bounds {
        depth: 0,
        values: 1,
        surrogates: Surrogates::Opaque,
    };
    Document::read(id.as_bytes(), bounds).is_ok()
}
