//! Turns a JSON document into a request, a notification or a response, and finds what it acts on.
//!
//! It never accepts a member that another reader could take for a protocol member, and never looks into `arguments`.

use super::error::RequestError;
use super::method;
use super::names::fold;
use super::revision::Revision;
use crate::words::json::{Kind, Value};
use crate::words::text::clip;
use std::borrow::Cow;

/// The one message of a request body.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    Request {
        id: &'a str,
        call: Call<'a>,
    },
    Notification(Call<'a>),
    /// The answer to a request that the server sent.
    Response,
}

/// What a request or notification asks for.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) target: Target<'a>,
    pub(crate) arguments: Option<Value<'a>>,
    /// The client may be given a task in the place of a result.
    pub(crate) may_become_task: bool,
    /// The revision that `_meta` claims.
    pub(crate) claim: Option<Revision>,
    /// What the client calls itself; it can say anything.
    pub(crate) client: Option<Cow<'a, str>>,
}

/// What a call acts on.
#[derive(Debug)]
pub(crate) enum Target<'a> {
    Tool(Cow<'a, str>),
    Prompt(Cow<'a, str>),
    Resource(Cow<'a, str>),
    /// A URI template, compared as it is written.
    Template(Cow<'a, str>),
    Listen {
        uris: Vec<Cow<'a, str>>,
        tasks: Vec<Cow<'a, str>>,
    },
    Task(Option<Cow<'a, str>>),
    /// Nothing but the method itself.
    Method,
}

const ENVELOPE: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

/// Every member that some revision gives to the `params` of a client's message.
const PARAMS: &[&str] = &[
    "_meta",
    "argument",
    "arguments",
    "capabilities",
    "clientInfo",
    "context",
    "cursor",
    "inputResponses",
    "level",
    "message",
    "name",
    "notifications",
    "progress",
    "progressToken",
    "protocolVersion",
    "reason",
    "ref",
    "requestId",
    "requestState",
    "task",
    "taskId",
    "total",
    "uri",
];

const META: &[&str] = &[
    "progressToken",
    "traceparent",
    "tracestate",
    "baggage",
    META_VERSION,
    META_CLIENT,
    META_CAPABILITIES,
    "io.modelcontextprotocol/logLevel",
    "io.modelcontextprotocol/related-task",
    "io.modelcontextprotocol/subscriptionId",
];

const REF: &[&str] = &["type", "name", "uri"];

const NOTIFICATIONS: &[&str] = &[
    "resourceSubscriptions",
    "taskIds",
    "toolsListChanged",
    "promptsListChanged",
    "resourcesListChanged",
];

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";

const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The extension of tasks (SEP-2663), a capability of 2026-07-28.
const TASKS: &str = "io.modelcontextprotocol/tasks";

impl<'a> Message<'a> {
    /// The id of a request.
    pub(crate) fn id(&self) -> Option<&'a str> {
        match self {
            Self::Request { id, .. } => Some(id),
            Self::Notification(_) | Self::Response => None,
        }
    }

    pub(super) fn of(root: Value<'a>, id: Option<&'a str>) -> Result<Self, RequestError> {
        let outcomes = ["result", "error"]
            .into_iter()
            .filter(|name| root.get(name).is_some())
            .count();
        match (root.get("method"), id, outcomes) {
            (Some(method), Some(id), 0) => Ok(Self::Request {
                id,
                call: Call::read(method, root)?,
            }),
            (Some(method), None, 0) => Ok(Self::Notification(Call::read(method, root)?)),
            (None, Some(_), 1) => Ok(Self::Response),
            _ => Err(RequestError::AmbiguousKind),
        }
    }
}

/// Checks the members of the message itself and gives its id.
pub(super) fn envelope(root: Value<'_>) -> Result<Option<&str>, RequestError> {
    match root.kind() {
        Kind::Object => {}
        Kind::Array => return Err(RequestError::Batch),
        _ => return Err(RequestError::NotAnObject),
    }
    refuse_look_alikes(root, ENVELOPE)?;
    if root.get("jsonrpc").and_then(Value::string).as_deref() != Some("2.0") {
        return Err(RequestError::JsonRpc);
    }
    let Some(id) = root.get("id") else {
        return Ok(None);
    };
    let whole = id.kind() == Kind::Number
        && id
            .raw()
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_digit());
    if whole || id.kind() == Kind::String {
        Ok(Some(id.raw()))
    } else {
        Err(RequestError::Id)
    }
}

impl<'a> Call<'a> {
    fn read(method: Value<'a>, root: Value<'a>) -> Result<Self, RequestError> {
        let method = plain(method).ok_or(RequestError::Method)?;
        if method::confusable_method(&method).is_some() {
            return Err(RequestError::ConfusableMethod(clip(&method, 64)));
        }
        let params = root.get("params");
        if let Some(params) = params {
            object(params, PARAMS).map_err(|error| error.unwrap_or(RequestError::Params))?;
        }
        let param = |name| params.and_then(|params| params.get(name));
        let meta = param("_meta");
        if let Some(meta) = meta {
            object(meta, META).map_err(|error| error.unwrap_or(RequestError::Meta))?;
        }
        let claim = match meta.and_then(|meta| meta.get(META_VERSION)) {
            Some(claim) => Some(Revision::read(&claim.string().ok_or(RequestError::Meta)?)),
            None => None,
        };
        let client = meta
            .and_then(|meta| meta.get(META_CLIENT))
            .or_else(|| param("clientInfo"));
        let client = client
            .and_then(|client| client.get("name"))
            .and_then(Value::string);
        let arguments = param("arguments");
        if arguments.is_some_and(|arguments| arguments.kind() != Kind::Object) {
            return Err(RequestError::Arguments);
        }
        let target = Target::read(&method, params)?;
        // A client asks for a task in 2025-11-25, and in 2026-07-28 says that it takes one.
        let takes = |meta: Value<'a>| {
            let extensions = meta.get(META_CAPABILITIES)?.get("extensions")?;
            extensions.get(TASKS)
        };
        let may_become_task = param("task").or_else(|| meta.and_then(takes)).is_some();
        Ok(Self {
            method,
            target,
            arguments,
            may_become_task,
            claim,
            client,
        })
    }
}

impl<'a> Target<'a> {
    fn read(method: &str, params: Option<Value<'a>>) -> Result<Self, RequestError> {
        let param = |name| params.and_then(|params| params.get(name));
        let string = |name| param(name).and_then(plain);
        // A name or a URI is a string wherever it stands, even where no known method asks for one.
        for (name, error) in [("name", RequestError::Name), ("uri", RequestError::Uri)] {
            if param(name).is_some() && string(name).is_none() {
                return Err(error);
            }
        }
        match method {
            "tools/call" => string("name").map(Self::Tool).ok_or(RequestError::Name),
            "prompts/get" => string("name").map(Self::Prompt).ok_or(RequestError::Name),
            // The newest revision has no such methods, and a server answers without looking for what they act on.
            "resources/subscribe" | "resources/unsubscribe" if param("uri").is_none() => {
                Ok(Self::Method)
            }
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                string("uri").map(Self::Resource).ok_or(RequestError::Uri)
            }
            "completion/complete" => reference(param("ref").ok_or(RequestError::Ref)?),
            "subscriptions/listen" => listen(param("notifications")),
            method if method.starts_with("tasks/") => Ok(Self::Task(string("taskId"))),
            _ => Ok(Self::Method),
        }
    }
}

/// The `ref` of a completion: a prompt by name, or a resource by its URI template.
fn reference(reference: Value<'_>) -> Result<Target<'_>, RequestError> {
    object(reference, REF).map_err(|error| error.unwrap_or(RequestError::Ref))?;
    let string = |name| reference.get(name).and_then(plain);
    let target = match string("type").as_deref() {
        Some("ref/prompt") => string("name").map(Target::Prompt),
        Some("ref/resource") => string("uri").map(Target::Template),
        _ => None,
    };
    target.ok_or(RequestError::Ref)
}

fn listen(notifications: Option<Value<'_>>) -> Result<Target<'_>, RequestError> {
    let Some(notifications) = notifications else {
        return Ok(Target::Listen {
            uris: Vec::new(),
            tasks: Vec::new(),
        });
    };
    object(notifications, NOTIFICATIONS).map_err(|error| error.unwrap_or(RequestError::Listen))?;
    let strings = |name| match notifications.get(name) {
        Some(list) if list.kind() == Kind::Array => list
            .elements()
            .map(|element| plain(element).ok_or(RequestError::Listen))
            .collect(),
        Some(_) => Err(RequestError::Listen),
        None => Ok(Vec::new()),
    };
    Ok(Target::Listen {
        uris: strings("resourceSubscriptions")?,
        tasks: strings("taskIds")?,
    })
}

/// A string by which something is found. A control character in it is refused: a reader of C strings ends it at a NUL,
/// and others strip what cannot be seen.
fn plain(value: Value<'_>) -> Option<Cow<'_, str>> {
    value
        .string()
        .filter(|string| !string.chars().any(char::is_control))
}

/// Checks that a value is an object without look-alikes; `Err(None)` when it is no object.
fn object(value: Value<'_>, protocol: &[&str]) -> Result<(), Option<RequestError>> {
    if value.kind() != Kind::Object {
        return Err(None);
    }
    refuse_look_alikes(value, protocol).map_err(Some)
}

/// Some servers match names without regard to case, with Unicode's simple folding, or end them at a NUL. A member that
/// only such a server would take for one of the protocol's is refused.
fn refuse_look_alikes(object: Value<'_>, protocol: &[&str]) -> Result<(), RequestError> {
    for (name, _) in object.members() {
        if protocol.contains(&name.as_ref()) {
            continue;
        }
        let folded = fold(&name);
        // A reader of C strings ends a name at a NUL, and one of JavaScript may inherit from `__proto__`.
        let cut = name == "__proto__" || name.chars().any(char::is_control);
        let like = |known: &&str| known.eq_ignore_ascii_case(&folded);
        if cut || protocol.iter().any(like) {
            return Err(RequestError::ConfusableMember(clip(&name, 64)));
        }
    }
    Ok(())
}

/// True where both are one id. A server may write the text of an id in another way.
pub(crate) fn is_same_id(one: &str, other: &str) -> bool {
    let text = |id: &str| serde_json::from_str::<String>(id).ok();
    one == other || text(one).is_some_and(|text_of_one| text(other) == Some(text_of_one))
}
