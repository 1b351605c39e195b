//! Reads an event stream as mcp-go does: turns a text into the data of its events. Lines end only at LF, and each data
//! line replaces the one before.

/// The data of each event.
pub(super) fn events(text: &str) -> Vec<String> {
    let mut events = Vec::new();
    let mut data = String::new();
    for line in text.split('\n') {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            let data = std::mem::take(&mut data);
            events.extend((!data.is_empty()).then_some(data));
        } else if let Some(value) = line.strip_prefix("data:") {
            data = value.trim().to_owned();
        }
    }
    events
}
