//! Turns bytes into a list of tools: JSON, an event stream, lines of JSON, each also behind the head of an HTTP answer.
//!
//! It never returns a list of which it left out an element.

use super::definition::{self, Definition};
use super::event_stream::{self, Event};
use super::form::Form;
use super::message::List;
use super::not_tools::NotTools;
use super::{html, http_head, message};
use crate::not_json::mistake;
use crate::source_map::SourceMap;
use mcp_policy::host::{Policy, Problem};
use mcp_policy_cases::observation::audit_of;
use serde_json::Value;

/// The tools of a server, read from a file or an answer in any of the forms in which people have them.
#[derive(Debug)]
pub struct ListedTools {
    pub(crate) tools: Vec<Definition>,
    /// The form of the definitions; where there are several, one that is not MCP's.
    pub(crate) form: Form,
}

impl ListedTools {
    /// More tools than any client could use. An endless list is an attack on its reader.
    pub const MAX_LEN: usize = 10_000;

    /// Reads a list of tools, an object with `tools`, or the answer to `tools/list`: as JSON, as an event stream or as
    /// lines of JSON, with or without the head of an HTTP answer. Definitions may have the form of MCP, Anthropic or
    /// OpenAI.
    ///
    /// # Errors
    /// The kind of file that it is instead.
    pub fn read(bytes: &[u8]) -> Result<Self, NotTools> {
        let text = text(bytes)?;
        let body = match http_head::answer(text) {
            None => text,
            Some((answer, body)) if answer.is_success() => body,
            Some((answer, body)) => {
                return Err(NotTools::Status(Box::new(answer.with_body(body))));
            }
        };
        of_body(body.trim_end())
    }

    /// The tools of all pages of a list, each the answer to one `tools/list`.
    ///
    /// # Errors
    /// The kind of answer that one of them is instead.
    pub fn of_pages(answers: &[String]) -> Result<Self, NotTools> {
        Self::new(message::of_messages(answers.iter().map(String::as_str))?)
    }

    fn new(list: List<'_>) -> Result<Self, NotTools> {
        let List {
            elements,
            is_complete,
        } = list;
        if elements.len() > Self::MAX_LEN {
            return Err(NotTools::TooMany(Self::MAX_LEN));
        }
        if !is_complete {
            return Err(NotTools::Page);
        }
        let mut tools = Vec::new();
        let mut form = Form::Mcp;
        for (index, element) in elements.into_iter().enumerate() {
            let (tool, of_tool) = definition::read(index, element)?;
            form = if of_tool == Form::Mcp { form } else { of_tool };
            tools.push(tool);
        }
        Ok(Self { tools, form })
    }
}

fn text(bytes: &[u8]) -> Result<&str, NotTools> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let utf16 = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    std::str::from_utf8(bytes).map_err(|_| NotTools::NotUtf8 { utf16 })
}

fn of_body(text: &str) -> Result<ListedTools, NotTools> {
    if text.is_empty() {
        return Err(NotTools::Empty);
    }
    let Err(error) = serde_json::from_str::<Value>(text) else {
        return ListedTools::new(message::list(text)?);
    };
    if let Some(title) = html::page(text) {
        return Err(NotTools::Html { title });
    }
    if let Some(events) = event_stream::events(text) {
        return of_events(&events);
    }
    if text.lines().any(|line| audit_of(line).is_some()) {
        return Err(NotTools::AuditLog);
    }
    match json_lines(text) {
        Some(lines) => ListedTools::new(message::of_messages(lines.into_iter())?),
        None => Err(not_json(text, &error)),
    }
}

fn of_events(events: &[Event]) -> Result<ListedTools, NotTools> {
    if events.iter().any(|event| event.kind == "endpoint") {
        return Err(NotTools::OldTransport);
    }
    let messages = events.iter().map(|event| event.data.trim());
    let answers: Vec<_> = messages.filter(|data| is_answer(data)).collect();
    if answers.is_empty() {
        let events = events.len();
        return Err(NotTools::NoAnswer { events });
    }
    ListedTools::new(message::of_messages(answers.into_iter())?)
}

/// Whether a message is a response, not a request or a notification.
fn is_answer(data: &str) -> bool {
    let message: Value = serde_json::from_str(data).unwrap_or_default();
    message.get("result").is_some() || message.get("error").is_some()
}

/// Lines that are each a JSON document, as servers on stdio write them; at least two.
fn json_lines(text: &str) -> Option<Vec<&str>> {
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let is_object =
        |line: &&str| serde_json::from_str::<serde_json::Map<String, Value>>(line).is_ok();
    (lines.len() > 1 && lines.iter().all(is_object)).then_some(lines)
}

/// The mistake where the text stops being JSON; the engine's reader finds it, as it does for a policy.
fn not_json(text: &str, error: &serde_json::Error) -> NotTools {
    let begins = text.trim_start();
    if !begins.starts_with(['{', '[']) {
        let line = begins.lines().next().unwrap_or_default();
        return NotTools::Text(line.into());
    }
    let (mut line, mut column) = (error.line(), error.column());
    let mut says = "found something else than JSON here (RFC 8259)".to_owned();
    if let Err(error) = Policy::document(text.as_bytes())
        && let Problem::Json {
            line: of_fault,
            column: at,
            fault,
        } = error.problem
    {
        (line, column, says) = (of_fault, at, fault.to_string());
    }
    let source = SourceMap::of_text(text);
    let at = source.offset(text, line, column);
    if let Some(mistake) = mistake(text, at) {
        (line, column) = source.line_and_column(text, mistake.span.start);
        says = mistake.says.into();
    }
    NotTools::NotJson { line, column, says }
}
