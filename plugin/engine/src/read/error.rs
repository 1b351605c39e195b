//! The errors of requests that are not exactly one MCP message, with the HTTP status, the JSON-RPC code and the
//! sentence of each.
//!
//! It never quotes more of a request than the name of a header, a member or a method, or a revision.

use crate::words::json;
use std::borrow::Cow;
use std::fmt;

/// The reason why a request cannot be read as exactly one MCP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    HttpMethod,
    Upgrade,
    MethodOverride(&'static str),
    HeaderBytes(String),
    DuplicateHeader(String),
    ContentType,
    ContentEncoding,
    UnexpectedBody,
    BodyTooLong(usize),
    BodyUnavailable,
    Json(json::JsonFault),
    Batch,
    NotAnObject,
    JsonRpc,
    Id,
    IdTooLong(usize),
    IdInUse,
    Method,
    AmbiguousKind,
    Params,
    ConfusableMember(String),
    ConfusableMethod(String),
    MethodRemoved(&'static str),
    Name,
    Uri,
    Arguments,
    Ref,
    Listen,
    ListenTooMany(usize),
    ClientAnswer,
    Meta,
    MetaMissing,
    HeaderMissing(Cow<'static, str>),
    HeaderMismatch(Cow<'static, str>),
    Revision {
        requested: String,
        /// The revisions to name instead.
        supported: &'static [&'static str],
    },
}

impl RequestError {
    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::HttpMethod => 405,
            Self::MethodRemoved(_) => 404,
            // The request itself is valid, and clients end a session at other statuses.
            Self::IdInUse => 200,
            _ => 400,
        }
    }

    /// The JSON-RPC error code (JSON-RPC 2.0 §5.1; MCP 2026-07-28, basic, Error Codes).
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::Json(_) => -32700,
            Self::HeaderMissing(_) | Self::HeaderMismatch(_) => -32020,
            Self::Revision { .. } => -32022,
            Self::MetaMissing => -32602,
            Self::MethodRemoved(_) => -32601,
            Self::HttpMethod
            | Self::Upgrade
            | Self::MethodOverride(_)
            | Self::HeaderBytes(_)
            | Self::DuplicateHeader(_)
            | Self::ContentType
            | Self::ContentEncoding
            | Self::UnexpectedBody
            | Self::BodyTooLong(_)
            | Self::BodyUnavailable
            | Self::Batch
            | Self::NotAnObject
            | Self::JsonRpc
            | Self::Id
            | Self::IdTooLong(_)
            | Self::IdInUse
            | Self::Method
            | Self::AmbiguousKind
            | Self::Params
            | Self::ConfusableMember(_)
            | Self::ConfusableMethod(_)
            | Self::Name
            | Self::Uri
            | Self::Arguments
            | Self::Ref
            | Self::Listen
            | Self::ListenTooMany(_)
            | Self::ClientAnswer
            | Self::Meta => -32600,
        }
    }
}

impl RequestError {
    /// The sentence of an error that quotes no part of the request.
    fn fixed(&self) -> Option<&'static str> {
        Some(match self {
            Self::HttpMethod => "MCP uses only POST, GET, DELETE and OPTIONS",
            Self::Upgrade => "An MCP request cannot ask to upgrade the connection",
            Self::ContentType => "Content-Type must be application/json, in UTF-8",
            Self::ContentEncoding => "The body must not be compressed (Content-Encoding)",
            Self::UnexpectedBody => "MCP allows no body with this HTTP method",
            Self::BodyUnavailable => "The gateway could not read the whole body",
            Self::Batch => "JSON-RPC batches are not accepted; send one message at a time",
            Self::NotAnObject => "A JSON-RPC message must be an object",
            Self::JsonRpc => r#"`jsonrpc` must be "2.0""#,
            Self::Id => "`id` must be a string or a whole number",
            Self::IdInUse => {
                "This id is in use by another request of this session; send the request again with a new id"
            }
            Self::Method => "`method` must be a string without control characters",
            Self::AmbiguousKind => {
                "The message must be exactly one of request, notification and response"
            }
            Self::Params => "`params` must be an object",
            Self::Name => "`params.name` must be a string without control characters",
            Self::Uri => "`params.uri` must be a string without control characters",
            Self::Arguments => "`params.arguments` must be an object",
            Self::Ref => "`params.ref` must name a prompt or a resource",
            Self::Listen => {
                "`params.notifications` must list resource URIs and task ids as strings"
            }
            Self::ClientAnswer => "From revision 2026-07-28 on, clients send no responses",
            Self::Meta => "`params._meta` must be an object, and its protocol version a string",
            Self::MetaMissing => {
                "`params._meta` must name the protocol version; revision 2026-07-28 requires it"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MethodOverride(name) => write!(
                f,
                "The header `{name}` is not accepted: it may change the HTTP method"
            ),
            Self::HeaderBytes(name) => write!(
                f,
                "The header `{name}` contains bytes that are not visible ASCII"
            ),
            Self::DuplicateHeader(name) => write!(f, "The header `{name}` appears more than once"),
            Self::BodyTooLong(max) => write!(f, "The body is longer than {max} bytes"),
            Self::IdTooLong(max) => write!(f, "The `id` is longer than {max} bytes"),
            Self::ListenTooMany(max) => write!(
                f,
                "`params.notifications` names more than {max} resources and tasks; listen to fewer at a time"
            ),
            Self::Json(fault) => write!(f, "The body cannot be read: {fault}"),
            Self::ConfusableMember(name) => {
                write!(
                    f,
                    "The member `{name}` is confusable with a protocol member"
                )
            }
            Self::ConfusableMethod(name) => {
                write!(
                    f,
                    "The method {name:?} is confusable with a protocol method"
                )
            }
            Self::MethodRemoved(name) => write!(f, "Revision 2026-07-28 has no method `{name}`"),
            Self::HeaderMissing(name) => write!(
                f,
                "The header `{name}` is missing; revision 2026-07-28 requires it"
            ),
            Self::HeaderMismatch(name) => write!(
                f,
                "The header `{name}` differs from the message in the body"
            ),
            Self::Revision { requested, .. } => {
                write!(f, "Unknown protocol revision `{requested}`")
            }
            fixed => f.write_str(fixed.fixed().unwrap_or_default()),
        }
    }
}
