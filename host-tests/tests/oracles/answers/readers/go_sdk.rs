//! Reads an event stream as the SDK for Go does (`mcp/event.go`): turns a text into the data of its events.
//!
//! Lines end only at LF, and data after another field replaces the data before it.

/// The data of each event. A line without a colon ends the stream.
pub(super) fn events(text: &str) -> Vec<String> {
    let mut events = Vec::new();
    let mut event = Event::default();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            events.extend(event.take());
        } else if let Some((field, value)) = line.split_once(':') {
            event.field(field, value.trim());
        } else {
            return events;
        }
    }
    events.extend(event.take());
    events
}

#[derive(Default)]
struct Event {
    data: Option<String>,
    /// The previous field was data too.
    goes_on: bool,
}

impl Event {
    fn field(&mut self, field: &str, value: &str) {
        if field == "data" {
            match &mut self.data {
                Some(data) if self.goes_on => {
                    data.push('\n');
                    data.push_str(value);
                }
                data => *data = Some(value.to_owned()),
            }
        }
        self.goes_on = field == "data";
    }

    fn take(&mut self) -> Option<String> {
        std::mem::take(self).data
    }
}
