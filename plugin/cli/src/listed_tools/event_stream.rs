//! Turns the text of an event stream, as `curl` saves it, into its events.
//!
//! It never interprets the data of an event.

/// One event of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// The type; empty for `message`.
    pub(super) kind: String,
    pub(super) data: String,
}

/// The events with data, if the text is an event stream: its lines are fields or comments, and one of them is `data`.
pub(super) fn events(text: &str) -> Option<Vec<Event>> {
    let mut events = Vec::new();
    let mut event = Event::default();
    for line in text.lines() {
        if line.is_empty() {
            events.push(std::mem::take(&mut event));
        } else {
            event.add(line)?;
        }
    }
    events.push(event);
    events.retain(|event| !event.data.is_empty());
    (!events.is_empty()).then_some(events)
}

impl Event {
    fn add(&mut self, line: &str) -> Option<()> {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "event" => self.kind = value.into(),
            "id" | "retry" | "" => {}
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_their_kind_and_all_lines_of_data() {
        let text = ": ping\r\n\r\nevent: endpoint\r\ndata: /a\r\n\r\nid: 1\ndata: {\ndata:  }\n";
        let event = |kind: &str, data: &str| Event {
            kind: kind.into(),
            data: data.into(),
        };
        let expected = vec![event("endpoint", "/a\n"), event("", "{\n }\n")];
        assert_eq!(events(text), Some(expected));
    }

    #[test]
    fn other_text_is_not_an_event_stream() {
        for text in [
            "",
            "{\"a\": 1}",
            "version: 1\ndata: x",
            "event: a\n\n",
            ": ping",
        ] {
            assert_eq!(events(text), None, "{text}");
        }
    }
}
