//! The styles of honest servers: turns a message into a document, or into the events of a stream.

use super::super::trick::one;
use super::super::written::Written;
use fastrand::Rng;
use std::fmt::Write as _;

/// The style in which a server writes.
pub(super) struct Style {
    pub(super) stream: bool,
    end: &'static str,
    pub(super) comma: &'static str,
    colon: &'static str,
    /// Characters outside ASCII are escaped.
    ascii: bool,
    /// The lines of an event before its data.
    before: Vec<String>,
    /// A space after the name of a field.
    space: &'static str,
    /// Events before the message.
    first: Vec<&'static str>,
}

impl Style {
    pub(super) fn new(stream: bool, rng: &mut Rng) -> Self {
        let stream = stream || rng.bool();
        let (comma, colon) = one(rng, &[(",", ":"), (", ", ": "), (",\n  ", ": ")]);
        let before = [
            "event: message",
            "id: 7f3a_1/2",
            "retry: 3000",
            ": ping - 2026-11-28 10:00:00.000000+00:00",
        ];
        let before = before
            .into_iter()
            .filter(|_| rng.u8(..3) == 0)
            .map(Into::into)
            .collect();
        let first = [
            ": connected\n\n",
            "id: 1\nretry: 3000\ndata: \n\n",
            "id: 1\ndata:\n\n",
            ":\n\n",
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n\n",
            "data: {\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\"}\n\n",
        ];
        Self {
            stream,
            end: one(rng, &["\n", "\r\n"]),
            comma,
            colon,
            ascii: rng.u8(..4) == 0,
            before,
            space: one(rng, &[" ", " ", ""]),
            first: first.into_iter().filter(|_| rng.u8(..4) == 0).collect(),
        }
    }

    pub(super) fn body(&self, message: &Written) -> Vec<u8> {
        let text = message.text(self.comma, self.colon);
        let text = if self.ascii { ascii(&text) } else { text };
        if !self.stream {
            return text.into_bytes();
        }
        let data = text
            .split('\n')
            .map(|line| format!("data:{}{line}", self.space));
        let lines = self
            .before
            .iter()
            .cloned()
            .chain(data)
            .chain([String::new(), String::new()]);
        let event = lines.collect::<Vec<_>>().join("\n");
        let all = self.first.concat() + &event;
        all.replace('\n', self.end).into_bytes()
    }
}

/// The text with characters outside ASCII escaped.
fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let mut units = [0; 2];
        match c.is_ascii() {
            true => out.push(c),
            false => c.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            }),
        }
    }
    out
}
