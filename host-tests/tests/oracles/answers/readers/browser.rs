//! An event stream as the standard says (WHATWG HTML, *Interpreting an event stream*): a text into the data of its events.

/// The data of each event; a leading mark is no part of the text any more.
pub(super) fn events(text: &str) -> Vec<String> {
    decoded(lines(text))
}

/// Lines that end in CR, LF or both.
fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    ended(text.split('\n'))
}

/// The parts of a text that its ends divide. What has no end is no line.
pub(super) fn ended<'t>(parts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut lines: Vec<_> = parts.map(str::to_owned).collect();
    lines.pop();
    lines
}

/// The data of the events in these lines. An event without its blank line is none.
pub(super) fn decoded(lines: Vec<String>) -> Vec<String> {
    let mut events = Vec::new();
    let mut data: Vec<String> = Vec::new();
    for line in lines {
        if line.is_empty() {
            events.extend(joined(&mut data));
        } else if let Some(value) = value(&line, "data") {
            data.push(value.to_owned());
        }
    }
    events
}

/// The data that was gathered, if there is some.
fn joined(data: &mut Vec<String>) -> Option<String> {
    let lines = std::mem::take(data);
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The value of a line of this field.
fn value<'l>(line: &'l str, field: &str) -> Option<&'l str> {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name == field).then(|| value.strip_prefix(' ').unwrap_or(value))
}
