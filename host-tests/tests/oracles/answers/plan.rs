//! Turns a plan into an answer: the message, its text, the lines of a stream, the bytes and the head, each with its
//! tricks.
//!
//! The same plan always makes the same answer, so that a trick can be left out to see whether it matters.

use super::place::Place;
use super::scene::Scene;
use super::trick::Trick;
use super::tricks::{
    Line, changed_lines, changed_message, changed_text, encoded, joined, status, types,
};
use host_tests::server_response::ServerResponse;
use host_tests::split::Split;

/// The parts of an answer.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) scene: Scene,
    pub(super) place: Place,
    /// An event stream; otherwise a document.
    pub(super) stream: bool,
    /// The event has the field `event: message`.
    pub(super) named: bool,
    /// Lines end in CR and LF.
    pub(super) crlf: bool,
    /// A space follows commas and colons.
    pub(super) spaced: bool,
    pub(super) tricks: Vec<Trick>,
    pub(super) split: Split,
}

impl Plan {
    /// The answer.
    pub(super) fn answer(&self) -> ServerResponse {
        let encoded = encoded(self.text(), &self.tricks);
        let mut types = types(self.stream, &self.tricks);
        if let (Some(last), Some(declared)) = (types.last_mut(), &encoded.declared) {
            last.push_str(declared);
        }
        let field = |value: String| (b"content-type".to_vec(), value.into_bytes());
        ServerResponse {
            status: status(&self.tricks),
            headers: types.into_iter().map(field).collect(),
            body: encoded.body,
            trailers: true,
        }
    }

    /// The plan with only the tricks whose bit is set, and another split.
    pub(super) fn only(&self, kept: u32, split: Split) -> Self {
        let tricks = self.tricks.iter().enumerate();
        let kept = tricks.filter(|(at, _)| kept >> at & 1 == 1);
        Self {
            tricks: kept.map(|(_, trick)| *trick).collect(),
            split,
            ..self.clone()
        }
    }

    fn text(&self) -> String {
        let tricks = || self.tricks.iter().copied();
        let change = |message, trick| changed_message(message, &self.place, trick);
        let message = tricks().fold(self.place.message(), change);
        let (comma, colon) = if self.spaced {
            (", ", ": ")
        } else {
            (",", ":")
        };
        let text = tricks().fold(message.text(comma, colon), changed_text);
        if !self.stream {
            return text;
        }
        let end = if self.crlf { "\r\n" } else { "\n" };
        let mut lines = lines(&text, self.named, end);
        tricks().for_each(|trick| changed_lines(&mut lines, trick));
        joined(&lines)
    }
}

/// The event of a message, as SDKs write it.
fn lines(text: &str, named: bool, end: &'static str) -> Vec<Line> {
    let data = text.split('\n').map(|line| format!("data: {line}"));
    let name = named.then(|| "event: message".to_owned());
    let texts = name.into_iter().chain(data).chain([String::new()]);
    texts.map(|text| Line { text, end }).collect()
}
