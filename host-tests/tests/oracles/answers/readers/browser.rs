//! Reads an event stream as WHATWG HTML specifies it (*Interpreting an event stream*): turns a text into the data of
//! its events.

/// The data of each event. The caller has removed a leading byte order mark.
pub(super) fn events(text: &str) -> Vec<String> {
    decoded(lines(text))
}

/// Lines that end in CR, LF or both.
fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    ended(text.split('\n'))
}

/// The parts of a text between line ends. A last part without a line end does not count.
pub(super) fn ended<'t>(parts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut lines: Vec<_> = parts.map(str::to_owned).collect();
    lines.pop();
    lines
}

/// The data of the events in these lines. An event without a blank line after it does not count.
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

/// The collected data; `None` where there is none.
fn joined(data: &mut Vec<String>) -> Option<String> {
    let lines = std::mem::take(data);
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The value of the line, if it is of this field.
fn value<'l>(line: &'l str, field: &str) -> Option<&'l str> {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    (name == field).then(|| value.strip_prefix(' ').unwrap_or(value))
}
