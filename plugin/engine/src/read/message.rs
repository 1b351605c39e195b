//! Turns a JSON document into a request, a notification or a response, and finds the target that it acts on.
//!
//! It never accepts a member that another reader could mistake for a protocol member, and never reads into `arguments`.

use super::error::RequestError;
use super::method;
use super::names::{PROTOTYPE, has_control, is_confusable};
use super::revision::Revision;
use crate::words::json::{Kind, Value, unquoted};
use crate::words::text::clip;
use std::borrow::Cow;
use std::collections::BTreeSet;

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

/// The content of a request or a notification.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: Cow<'a, str>,
    pub(crate) target: Target<'a>,
    pub(crate) arguments: Option<Value<'a>>,
    /// The client accepts a task in place of a result.
    pub(crate) may_become_task: bool,
    /// The revision that `_meta` claims.
    pub(crate) claim: Option<Revision>,
    /// The client's own name for itself, which proves nothing.
    pub(crate) client: Option<Cow<'a, str>>,
    /// The `traceparent` of `_meta` (2026-07-28, Trace Context).
    pub(crate) trace_parent: Option<Cow<'a, str>>,
    pub(crate) rounds: Rounds<'a>,
}

/// The members of a request that takes several rounds (2026-07-28, basic, Multi Round-Trip Requests).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds<'a> {
    pub(crate) params: Option<Value<'a>>,
    pub(crate) responses: Option<Value<'a>>,
    pub(crate) state: Option<Value<'a>>,
    /// The client shows its user an address to open (client, Elicitation, URL Mode).
    pub(crate) shows_urls: bool,
}

/// The target that a call acts on.
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
    /// The method alone.
    Method,
}

/// The longest id as it is written, in bytes. An id is remembered until its answer has come.
pub(crate) const LONGEST_ID: usize = 4096;

const ENVELOPE: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

/// Every member that some revision defines for the `params` of a client's message.
const PARAMS: &[&str] = &[
    "_meta",
    "argument",
    "arguments",
    "capabilities",
    "clientInfo",
    "context",
    "cursor",
    RESPONSES,
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
    STATE,
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

/// The members of `params` in which a client answers the requests of an earlier round, and repeats its state.
pub(crate) const RESPONSES: &str = "inputResponses";
pub(crate) const STATE: &str = "requestState";

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

/// The largest number of resources and tasks that one message may name: each is looked up in the rules or in the store.
const MOST_NAMED: usize = 256;

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

    /// The content of a request or a notification.
    pub(crate) fn call(&self) -> Option<&Call<'a>> {
        match self {
            Self::Request { call, .. } | Self::Notification(call) => Some(call),
            Self::Response => None,
        }
    }

    pub(super) fn of(root: Value<'a>, id: Option<&'a str>) -> Result<Self, RequestError> {
        let outcomes = || ["result", "error"].into_iter();
        let says = outcomes().any(|name| root.get(name).is_some());
        let given = outcomes().filter(|name| given(root, name).is_some());
        match (root.get("method"), id) {
            (Some(method), Some(id)) if !says => Ok(Self::Request {
                id,
                call: Call::read(method, root)?,
            }),
            (Some(method), None) if !says => Ok(Self::Notification(Call::read(method, root)?)),
            (None, Some(_)) if given.count() == 1 => Ok(Self::Response),
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
    if id.raw().len() > LONGEST_ID {
        return Err(RequestError::IdTooLong(LONGEST_ID));
    }
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
        let params = given(root, "params");
        if let Some(params) = params {
            object(params, PARAMS).map_err(|error| error.unwrap_or(RequestError::Params))?;
        }
        let param = |name| params.and_then(|params| given(params, name));
        let meta = param("_meta");
        if let Some(meta) = meta {
            object(meta, META).map_err(|error| error.unwrap_or(RequestError::Meta))?;
        }
        let claim = match meta.and_then(|meta| meta.get(META_VERSION)) {
            Some(claim) => Some(Revision::read(&claim.string().ok_or(RequestError::Meta)?)),
            None => None,
        };
        let client = meta
            .and_then(|meta| given(meta, META_CLIENT))
            .or_else(|| param("clientInfo"));
        let client = client
            .and_then(|client| client.get("name"))
            .and_then(Value::string);
        let trace_parent = meta.and_then(|meta| meta.get("traceparent"));
        let trace_parent = trace_parent.and_then(Value::string);
        let arguments = param("arguments");
        if arguments.is_some_and(|arguments| arguments.kind() != Kind::Object) {
            return Err(RequestError::Arguments);
        }
        let target = Target::read(&method, params)?;
        // A client requests a task in 2025-11-25, and in 2026-07-28 declares that it accepts one.
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
            trace_parent,
            rounds: Rounds {
                params,
                responses: param(RESPONSES),
                state: param(STATE),
                shows_urls: meta.is_some_and(shows_urls),
            },
        })
    }
}

fn shows_urls(meta: Value<'_>) -> bool {
    let capabilities = meta.get(META_CAPABILITIES);
    let modes = capabilities.and_then(|capabilities| capabilities.get("elicitation"));
    modes.is_some_and(|modes| modes.get("url").is_some())
}

impl<'a> Target<'a> {
    /// The kind of the target, as lines of the log name it, and its name; `None` where it has none.
    pub(crate) fn named(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Tool(name) => Some(("tool", name)),
            Self::Prompt(name) => Some(("prompt", name)),
            Self::Resource(uri) | Self::Template(uri) => Some(("uri", uri)),
            Self::Listen { .. } | Self::Task(_) | Self::Method => None,
        }
    }

    fn read(method: &str, params: Option<Value<'a>>) -> Result<Self, RequestError> {
        let param = |name| params.and_then(|params| params.get(name));
        // A name or a URI must be a string, even in a method that does not define it.
        let string = |name, error| match param(name) {
            Some(value) => plain(value).map(Some).ok_or(error),
            None => Ok(None),
        };
        let name = string("name", RequestError::Name)?;
        let uri = string("uri", RequestError::Uri)?;
        match method {
            "tools/call" => name.map(Self::Tool).ok_or(RequestError::Name),
            "prompts/get" => name.map(Self::Prompt).ok_or(RequestError::Name),
            // The newest revision has no such methods, and a server answers without a lookup of the target.
            "resources/subscribe" | "resources/unsubscribe" if uri.is_none() => Ok(Self::Method),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                uri.map(Self::Resource).ok_or(RequestError::Uri)
            }
            "completion/complete" => reference(param("ref").ok_or(RequestError::Ref)?),
            "subscriptions/listen" => {
                listen(params.and_then(|params| given(params, "notifications")))
            }
            method if method.starts_with("tasks/") => {
                Ok(Self::Task(param("taskId").and_then(plain)))
            }
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
    let [uris, tasks] = ["resourceSubscriptions", "taskIds"].map(|name| given(notifications, name));
    let named = [uris, tasks].into_iter().flatten();
    let named: usize = named.map(|list| list.elements().count()).sum();
    if named > MOST_NAMED {
        return Err(RequestError::ListenTooMany(MOST_NAMED));
    }
    Ok(Target::Listen {
        uris: distinct(uris)?,
        tasks: distinct(tasks)?,
    })
}

/// The strings of a list, each once.
fn distinct(list: Option<Value<'_>>) -> Result<Vec<Cow<'_, str>>, RequestError> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    if list.kind() != Kind::Array {
        return Err(RequestError::Listen);
    }
    let (mut seen, mut strings) = (BTreeSet::new(), Vec::new());
    for element in list.elements() {
        let string = plain(element).ok_or(RequestError::Listen)?;
        if seen.insert(string.clone()) {
            strings.push(string);
        }
    }
    Ok(strings)
}

/// An optional member. Clients in Go, Java, C# and PHP write an omitted one as null, and servers read null as omitted.
fn given<'a>(object: Value<'a>, name: &str) -> Option<Value<'a>> {
    object.get(name).filter(|value| value.kind() != Kind::Null)
}

/// A string that names something. A control character in it is refused: a reader of C strings ends it at a NUL, and
/// others strip invisible characters.
fn plain(value: Value<'_>) -> Option<Cow<'_, str>> {
    value.string().filter(|string| !has_control(string))
}

/// Checks that a value is an object without look-alikes; `Err(None)` when it is not an object.
fn object(value: Value<'_>, protocol: &[&str]) -> Result<(), Option<RequestError>> {
    if value.kind() != Kind::Object {
        return Err(None);
    }
    refuse_look_alikes(value, protocol).map_err(Some)
}

/// Refuses a member that some server could mistake for a protocol member. It also refuses names that no honest client
/// sends: with a control character, and `__proto__`.
fn refuse_look_alikes(object: Value<'_>, protocol: &[&str]) -> Result<(), RequestError> {
    for (name, _) in object.members() {
        if protocol.contains(&name.as_ref()) {
            continue;
        }
        let odd = name == PROTOTYPE || has_control(&name);
        if odd || is_confusable(&name, protocol.iter().copied()) {
            return Err(RequestError::ConfusableMember(clip(&name, 64)));
        }
    }
    Ok(())
}

/// True where both are the same id. A server may escape the text of an id differently.
pub(crate) fn is_same_id(one: &str, other: &str) -> bool {
    one == other || unquoted(one).is_some_and(|text| unquoted(other) == Some(text))
}
