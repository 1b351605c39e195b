//! A filter that passes only answers that every reader reads alike, without anything planted in them. It shows that a
//! filter can pass the searches.
//!
//! It holds a whole answer and redacts nothing, so it is not a model of the plugin.

use super::eyes::seen;
use super::readers::{BROWSER, Grammar, Shown, Tree};
use super::scene::Planted;
use host_tests::server_response::Received;
use std::collections::HashSet;

/// True where every reader reads the answer alike, and sees nothing planted in it.
pub(super) fn passes(received: &Received) -> bool {
    messages(received).is_some_and(|messages| are_clean(messages, received))
}

/// The messages, where there is only one way to read them.
fn messages(received: &Received) -> Option<Vec<Tree>> {
    let text = str::from_utf8(&received.body).ok()?;
    let texts = match is_stream(received)? {
        true => events(&text.replace("\r\n", "\n"))?,
        false => vec![text.to_owned()],
    };
    let mut messages = Vec::new();
    for text in texts {
        let values = Grammar::Strict.values(&text);
        (values.len() == 1).then_some(())?;
        messages.extend(values);
    }
    messages.iter().all(is_plain).then_some(messages)
}

/// True for an event stream, false for a document; `None` where clients may read the header differently.
fn is_stream(received: &Received) -> Option<bool> {
    let is_type = |(name, _): &&(Vec<u8>, Vec<u8>)| name == b"content-type";
    let mut types = received.headers.iter().filter(is_type);
    let (Some((_, value)), None) = (types.next(), types.next()) else {
        return None;
    };
    let value = str::from_utf8(value).ok()?.to_ascii_lowercase();
    let (kind, parameter) = value.split_once(';').unwrap_or((&value, "charset=utf-8"));
    let charset = parameter.trim().strip_prefix("charset=")?;
    matches!(charset.trim_matches('"'), "utf-8" | "utf8").then_some(())?;
    match kind {
        "text/event-stream" => Some(true),
        "application/json" => Some(false),
        _ => None,
    }
}

/// The data of the events that are not empty.
fn events(text: &str) -> Option<Vec<String>> {
    let text = text.strip_suffix('\n')?;
    let mut events = Vec::new();
    let (mut data, mut over): (Vec<&str>, bool) = (Vec::new(), false);
    for line in text.split('\n').chain([""]) {
        match value(line)? {
            _ if line.is_empty() => {
                let whole = std::mem::take(&mut data).join("\n");
                events.extend((!whole.is_empty()).then_some(whole));
                over = false;
            }
            Some(_) if over => return None,
            Some(value) => data.push(value),
            None => over = !data.is_empty(),
        }
    }
    events.iter().all(|data| is_whole(data)).then_some(events)
}

/// The data of a line, or `Some(None)` for a line without data; `None` for a line that some reader may read
/// differently.
fn value(line: &str) -> Option<Option<&str>> {
    if line.contains('\r') {
        return None;
    }
    if let Some(value) = line.strip_prefix("data:") {
        return Some(Some(value.strip_prefix(' ').unwrap_or(value)));
    }
    let known = ["event:", "id:", "retry:", ":"]
        .iter()
        .any(|name| line.starts_with(name));
    let plain = line.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    (known && plain || line.is_empty()).then_some(None)
}

/// True where no reader that divides lines finds a document in a part of the data.
fn is_whole(data: &str) -> bool {
    let ends = ['\u{85}', '\u{2028}', '\u{2029}'];
    let mut parts = data.split(ends);
    !data.contains(ends) || parts.all(|part| Grammar::Strict.values(part).is_empty())
}

/// The member names that messages are recognised by.
const KNOWN: [&str; 24] = [
    "jsonrpc",
    "id",
    "method",
    "params",
    "result",
    "error",
    "code",
    "message",
    "data",
    "task",
    "tools",
    "prompts",
    "resources",
    "resourceTemplates",
    "name",
    "uri",
    "uriTemplate",
    "inputRequests",
    "elicitations",
    "content",
    "structuredContent",
    "isError",
    "text",
    "description",
];

/// True where no name occurs twice or in a spelling that some reader reads as a known name.
fn is_plain(value: &Tree) -> bool {
    let mut names = HashSet::new();
    let dressed = |name: &str| {
        let folded = name.replace('\u{17f}', "s").replace('\u{212a}', "k");
        let folded = folded.split('\0').next().unwrap_or_default();
        !KNOWN.contains(&name) && KNOWN.iter().any(|known| known.eq_ignore_ascii_case(folded))
    };
    let plain = |(name, value): &(String, Tree)| {
        names.insert(name.clone()) && !dressed(name) && is_plain(value)
    };
    value.members().iter().all(plain) && value.elements().iter().all(is_plain)
}

fn are_clean(values: Vec<Tree>, received: &Received) -> bool {
    let messages = values.into_iter().flat_map(|value| match value {
        Tree::List(messages) => messages,
        message => vec![message],
    });
    let shown = Shown {
        messages: messages.collect(),
        page: Some(String::from_utf8_lossy(&received.body).into_owned()),
    };
    let planted = [Planted::Name, Planted::Secret, Planted::Ask];
    planted
        .into_iter()
        .all(|planted| seen(&BROWSER, &shown, planted).is_none())
}
