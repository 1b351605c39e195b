//! Turns an object of YAML that is a policy into the text of the same policy in JSON, with the place in the file of each part.
//!
//! It never writes a value that readers of YAML differ about.

use super::places::{Places, offset};
use crate::source_map::SourceMap;
use crate::yaml::{Mark, Node, Value};
use std::ops::Range;

/// A policy in JSON, with its places, or the place of a value that readers differ about.
pub(super) struct Writer<'f> {
    pub(super) text: String,
    pub(super) places: Places,
    /// Of the first value that readers of YAML differ about.
    pub(super) doubtful: Option<Range<usize>>,
    file: &'f str,
    lines: &'f SourceMap,
}

/// Words that older readers of YAML take for `true` and `false`.
const FLAGS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

impl<'f> Writer<'f> {
    pub(super) fn new(file: &'f str, lines: &'f SourceMap) -> Self {
        Self {
            text: String::new(),
            places: Places::default(),
            doubtful: None,
            file,
            lines,
        }
    }

    /// Writes a value, which the reader of YAML has bounded.
    pub(super) fn value(&mut self, node: &Node) {
        let place = self.trimmed(self.range(node.mark, node.end));
        match &node.value {
            Value::Map(members) => self.list(('{', '}'), place, members, |own, (name, member)| {
                let (from, to) = member.key.unwrap_or((member.mark, member.mark));
                own.part(&quoted(name), own.range(from, to));
                own.part(":", own.range(to, to));
                own.value(member);
            }),
            Value::List(elements) => self.list(('[', ']'), place, elements, Self::value),
            scalar => {
                let text = self.scalar(scalar, place.clone());
                self.part(&text, place);
            }
        }
    }

    fn list<T>(
        &mut self,
        (open, close): (char, char),
        place: Range<usize>,
        elements: &[T],
        write: impl Fn(&mut Self, &T),
    ) {
        self.part(open.encode_utf8(&mut [0; 4]), place.start..place.start);
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            write(self, element);
        }
        self.part(close.encode_utf8(&mut [0; 4]), place.end..place.end);
    }

    fn part(&mut self, text: &str, place: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(text);
        self.places.add(start..self.text.len(), place);
    }

    fn range(&self, from: Mark, to: Mark) -> Range<usize> {
        offset(self.file, self.lines, from)..offset(self.file, self.lines, to)
    }

    /// Without the spaces and line breaks before the next value, where blocks end.
    fn trimmed(&self, place: Range<usize>) -> Range<usize> {
        place.start
            ..place
                .start
                .saturating_add(self.written(&place).trim_end().len())
    }

    fn written(&self, place: &Range<usize>) -> &'f str {
        self.file.get(place.clone()).unwrap_or_default()
    }

    fn scalar(&mut self, value: &Value, place: Range<usize>) -> String {
        match value {
            Value::Null => "null".into(),
            Value::Bool(flag) => flag.to_string(),
            Value::Int(digits) => digits.clone(),
            // As it is written, where JSON writes it so too.
            Value::Float(number) => match self.written(&place) {
                written if serde_json::from_str::<f64>(written).is_ok() => written.into(),
                _ => number.to_string(),
            },
            Value::Odd(text) => {
                self.doubt(place);
                quoted(text)
            }
            Value::Text(text) => {
                let is_plain = self.written(&place) == text;
                if is_plain && FLAGS.iter().any(|flag| flag.eq_ignore_ascii_case(text)) {
                    self.doubt(place);
                }
                quoted(text)
            }
            Value::List(_) | Value::Map(_) => String::new(),
        }
    }

    fn doubt(&mut self, place: Range<usize>) {
        self.doubtful.get_or_insert(place);
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
