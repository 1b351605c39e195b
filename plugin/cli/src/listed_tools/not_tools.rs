//! Why a file or an answer is not a list of tools: its kind, and the file to give instead, in one sentence.
//!
//! It never shows more than a short part of an untrusted text, and never a control character.

use super::form::Form;
use super::http_answer::{HttpAnswer, PATH};
use crate::sanitize::{line, quoted};
use std::borrow::Cow;
use std::fmt;

/// Why a file or an answer is not a list of tools.
///
/// Its text is a sentence for the operator, without the name of the file or the server.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotTools {
    /// There is nothing in it.
    Empty,
    /// It is text in another encoding, or no text.
    NotUtf8 {
        /// It is UTF-16, as PowerShell writes it.
        utf16: bool,
    },
    /// It is a page.
    Html {
        /// The page's title.
        title: Option<String>,
    },
    /// It is neither JSON nor anything else that is known.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// The text found there, and the text to write.
        says: String,
    },
    /// It is text that does not begin as JSON does: its first line.
    Text(String),
    /// It is the configuration of a client: the commands that ask its servers.
    Servers(Vec<String>),
    /// It is a policy.
    Policy,
    /// It is a report of `scan`.
    ScanReport,
    /// It is the manifest of a bundle, which lists tools without their schemas.
    Manifest,
    /// It is a log of decisions.
    AuditLog,
    /// It is a request or a notification with this method.
    Request(String),
    /// It is the answer to `initialize`.
    Initialized,
    /// It is an error of JSON-RPC.
    RpcError {
        /// The number of the error.
        code: String,
        /// The server's words.
        message: String,
    },
    /// It is an event stream without an answer.
    NoAnswer {
        /// How many events it has.
        events: usize,
    },
    /// It is the beginning of a stream of the transport of revision 2024-11-05.
    OldTransport,
    /// It is the answer of a server with another status than 200.
    Status(Box<HttpAnswer>),
    /// It is one tool, not in a list.
    OneTool,
    /// It is a page of a list, and not the last.
    Page,
    /// One tool of the list is invalid.
    Tool {
        /// Its place in the list, from 1, and its name.
        tool: String,
        /// The value found, and the value to write.
        says: String,
    },
    /// The list is complete, but in a form that leaves out a part of what a pin covers.
    NotAsSent(Form),
    /// The list has more tools than a client could use.
    TooMany(usize),
    /// It is JSON of another kind.
    Other(String),
}

impl fmt::Display for NotTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(answer) => f.write_str(&answer.says()),
            Self::Tool { tool, says } => write!(f, "{tool}: {says}"),
            Self::TooMany(most) => write!(f, "it has more than {most} tools"),
            Self::NotJson { line, column, says } => {
                write!(f, "it is not JSON: line {line}, column {column}: {says}")
            }
            other => write!(f, "{}; {}", other.found(), other.instead()),
        }
    }
}

impl NotTools {
    /// The kind of file or answer.
    fn found(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Empty => "it is empty",
            Self::NotUtf8 { utf16: true } => "it is UTF-16, as PowerShell's `>` writes it",
            Self::NotUtf8 { .. } => "it is not text in UTF-8",
            Self::Policy => "it is a policy, not a list of tools",
            Self::ScanReport => "it is a report of `mcp-policy scan`, without the schemas of tools",
            Self::Manifest => "it is the manifest of a bundle, without the schemas of tools",
            Self::AuditLog => "it is an audit log of calls, which `mcp-policy diff --calls` reads",
            Self::Initialized => "it is the answer to `initialize`",
            Self::OneTool => "it is one tool",
            Self::Page => "it is one page of a list (`nextCursor`)",
            Self::OldTransport => OLD_TRANSPORT,
            other => return Cow::Owned(other.found_by_text()),
        })
    }

    /// The kind of file or answer, with a part of its text.
    fn found_by_text(&self) -> String {
        match self {
            Self::Html { title: None } => format!("it is an HTML page, {PAGES}"),
            Self::Html { title: Some(title) } => {
                format!("it is an HTML page, {}, {PAGES}", quoted(title, 80))
            }
            Self::Text(first) => {
                let first = quoted(first, 60);
                format!("it is not JSON, but text that begins with {first}")
            }
            Self::Servers(commands) if commands.is_empty() => {
                "it lists servers, not tools, and none that can be asked".into()
            }
            Self::Servers(_) => "it lists servers, not tools".into(),
            Self::Request(method) => request(method),
            Self::RpcError { code, message } => {
                let message = quoted(message, 200);
                format!(
                    "the server answered with error {}, {message}",
                    line(code, 20)
                )
            }
            Self::NoAnswer { events: 1 } => {
                "it is an event stream of 1 event without an answer".into()
            }
            Self::NoAnswer { events } => {
                format!("it is an event stream of {events} events without an answer")
            }
            Self::NotAsSent(form) => {
                let form = form.describe();
                format!(
                    "it lists tools in {form}, and a pin covers the definition that the server lists"
                )
            }
            Self::Other(found) => format!("it is not a tool list: found {}", line(found, 200)),
            _ => String::new(),
        }
    }

    /// The file to give instead.
    fn instead(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotUtf8 { utf16: true } => "save it as UTF-8",
            Self::Servers(commands) if !commands.is_empty() => {
                return Cow::Owned(format!("ask a server: {}", shown(commands)));
            }
            Self::Manifest => "start its server: `mcp-policy scan -- COMMAND`",
            Self::Request(method) if method == "tools/list" => "give the server's answer to it",
            Self::RpcError { .. } => ASK,
            Self::OldTransport => PATH,
            Self::OneTool => "write it in a list: `[ … ]`",
            Self::Page => "ask for the next pages too, and give each answer on a line of its own",
            Self::Other(_) => "write `[…]`, `{\"tools\": […]}` or an answer to `tools/list`",
            _ => GIVE,
        })
    }
}

impl std::error::Error for NotTools {}

/// The file to give instead of most others.
const GIVE: &str = "give the server's answer to `tools/list`, which is JSON";
const ASK: &str = "ask it with `mcp-policy scan URL`, which begins a session first, or give an answer with `result`";
const PAGES: &str = "such as a login or a proxy answers with";
const OLD_TRANSPORT: &str = "it is an event stream of the transport HTTP+SSE of revision 2024-11-05 \
    (`event: endpoint`), which gateways do not read";

fn shown(commands: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = commands.iter().take(SHOWN);
    let shown: Vec<_> = shown.map(|command| format!("`{command}`")).collect();
    let shown = shown.join(", ");
    match commands.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} (and {more} more)"),
    }
}

fn request(method: &str) -> String {
    match method {
        "tools/list" => "it is the request `tools/list`".into(),
        "tools/call" => "it holds calls of tools, which `mcp-policy diff --calls` reads".into(),
        method => format!("it is a message `{}`", line(method, 60)),
    }
}
