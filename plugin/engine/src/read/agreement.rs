//! Compares the headers that repeat a message with the message in the body.
//!
//! The policy judges the message in the body, in every revision. A header that contradicts it makes the request an
//! error; no header changes the message that is judged.

use super::error::RequestError;
use super::head::Head;
use super::message::{Call, Message, Target, envelope};
use super::revision::Revision;
use crate::words::json::{Document, Kind, Value, exact};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

impl<'a> Message<'a> {
    /// Reads the document and compares the headers with it. An error comes with the request's id where it is certain.
    pub(crate) fn read(
        document: &'a Document<'a>,
        head: &Head,
    ) -> Result<Self, (RequestError, Option<&'a str>)> {
        let root = document.root();
        let id = envelope(root).map_err(|error| (error, None))?;
        let message = Self::of(root, id).map_err(|error| (error, id))?;
        check(head, &message).map_err(|error| (error, message.id()))?;
        Ok(message)
    }
}

/// Task methods that the newest revision removed, for which a server must return an error (SEP-2663, Backward
/// Compatibility). Other removed methods, such as `ping`, are left to the server.
const GONE: [&str; 2] = ["tasks/list", "tasks/result"];

const VERSION: &str = "MCP-Protocol-Version";

const METHOD: &str = "Mcp-Method";

const NAME: &str = "Mcp-Name";

/// True when the message, or the header, names a revision whose headers must repeat the body.
pub(crate) fn is_modern(head: &Head, claim: Option<&Revision>) -> bool {
    [head.revision.as_ref(), claim]
        .into_iter()
        .flatten()
        .any(Revision::is_modern)
}

/// Refuses headers that contradict the message, and in 2026-07-28 headers that a request must have. That revision leaves it
/// open which headers a notification has (Streamable HTTP, Sending Messages), and clients in use send it without.
pub(super) fn check(head: &Head, message: &Message<'_>) -> Result<(), RequestError> {
    let call = match message {
        Message::Request { call, .. } | Message::Notification(call) => call,
        Message::Response => return check_response(head),
    };
    let modern = is_modern(head, call.claim.as_ref());
    let request = matches!(message, Message::Request { .. });
    check_version(head, call, modern, request)?;
    let needed = modern && request;
    check_header(METHOD, head.method.as_deref(), Some(&call.method), needed)?;
    let gone = GONE.into_iter().find(|method| *method == call.method);
    match gone.filter(|_| needed) {
        // The revision does not define the name that the header of a removed method repeats.
        Some(method) => Err(RequestError::MethodRemoved(method)),
        None => check_header(NAME, decoded_name(head)?.as_deref(), named(call), needed),
    }
}

/// A response has neither a method nor a name, so a header with one contradicts it.
fn check_response(head: &Head) -> Result<(), RequestError> {
    head.revision.as_ref().map_or(Ok(()), Revision::known)?;
    if is_modern(head, None) {
        return Err(RequestError::ClientAnswer);
    }
    check_header(METHOD, head.method.as_deref(), None, false)?;
    check_header(NAME, head.name.as_deref(), None, false)
}

/// The header and the `_meta` of a request must agree, and name a published revision. Notifications need no `_meta`.
fn check_version(
    head: &Head,
    call: &Call<'_>,
    modern: bool,
    request: bool,
) -> Result<(), RequestError> {
    let (header, claim) = (head.revision.as_ref(), call.claim.as_ref());
    if header.is_some() && claim.is_some() && header != claim {
        return Err(RequestError::HeaderMismatch(VERSION.into()));
    }
    claim.map_or(Ok(()), Revision::claimable)?;
    header.map_or(Ok(()), Revision::known)?;
    match (header, claim) {
        (None, Some(_)) if modern => Err(RequestError::HeaderMissing(VERSION.into())),
        (Some(_), None) if modern && request => Err(RequestError::MetaMissing),
        _ => Ok(()),
    }
}

fn check_header(
    name: &'static str,
    header: Option<&str>,
    body: Option<&str>,
    needed: bool,
) -> Result<(), RequestError> {
    match (header, body) {
        (None, Some(_)) if needed => Err(RequestError::HeaderMissing(name.into())),
        (None, _) => Ok(()),
        (Some(header), Some(body)) if header == body => Ok(()),
        (Some(_), _) => Err(RequestError::HeaderMismatch(name.into())),
    }
}

/// The value that `Mcp-Name` repeats: the name or URI that the call acts on (2026-07-28, Streamable HTTP, Standard
/// Headers).
fn named<'a>(call: &'a Call<'_>) -> Option<&'a str> {
    match &call.target {
        Target::Tool(name) | Target::Prompt(name) if !call.method.starts_with("completion/") => {
            Some(name)
        }
        Target::Resource(uri) => Some(uri),
        Target::Task(id) => id.as_deref(),
        Target::Tool(_)
        | Target::Prompt(_)
        | Target::Template(_)
        | Target::Listen { .. }
        | Target::Method => None,
    }
}

fn decoded_name(head: &Head) -> Result<Option<Cow<'_, str>>, RequestError> {
    let Some(name) = head.name.as_deref() else {
        return Ok(None);
    };
    let decoded = decoded(name).ok_or_else(|| RequestError::HeaderMismatch(NAME.into()))?;
    Ok(Some(decoded))
}

/// The text of a header. Texts that a header cannot hold are sent as `=?base64?…?=` (2026-07-28, Streamable HTTP, Value
/// Encoding).
fn decoded(header: &str) -> Option<Cow<'_, str>> {
    let encoded = header
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="));
    let Some(encoded) = encoded else {
        return Some(header.into());
    };
    let bytes = STANDARD.decode(encoded).ok()?;
    Some(String::from_utf8(bytes).ok()?.into())
}

/// A header that repeats an argument, and the argument.
pub(crate) struct Repeated<'a> {
    /// `None` where it is given twice, or is not plain ASCII.
    pub(crate) header: Option<Option<&'a str>>,
    pub(crate) argument: Option<Value<'a>>,
}

impl Repeated<'_> {
    /// Refuses a header that contradicts the argument, and in 2026-07-28 a missing one.
    pub(crate) fn check(&self, name: &str, call: &Call<'_>) -> Result<(), RequestError> {
        let argument = self.argument.filter(|value| value.kind() != Kind::Null);
        let needed = call.claim.as_ref().is_some_and(Revision::is_modern);
        match (self.header, argument) {
            (Some(None), Some(_)) if needed => {
                Err(RequestError::HeaderMissing(name.to_owned().into()))
            }
            (Some(None), _) => Ok(()),
            (Some(Some(header)), Some(argument)) if repeats(header, argument) => Ok(()),
            _ => Err(RequestError::HeaderMismatch(name.to_owned().into())),
        }
    }
}

/// Numbers are compared by value, all else as it is written.
fn repeats(header: &str, argument: Value<'_>) -> bool {
    let header = decoded(header);
    match argument.kind() {
        Kind::String => header == argument.string(),
        Kind::Bool => header.as_deref() == Some(argument.raw()),
        Kind::Number => {
            let number = exact(argument.raw());
            number.is_some() && number == header.and_then(|header| exact(&header))
        }
        Kind::Null | Kind::Array | Kind::Object => false,
    }
}
