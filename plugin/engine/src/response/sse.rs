//! Turns a text and what is cut out of it into the rest, byte for byte.
//!
//! Where a text stands on several lines of an event, no line's beginning or end is ever cut.

use super::cut::{Cut, spliced};
use super::scanner::ListScanner;
use std::borrow::Cow;
use std::ops::Range;

/// The event without the cuts of its text.
pub(super) fn spliced_lines(message: &Message<'_>, cuts: &[Cut]) -> Vec<u8> {
    let mut placed = Vec::new();
    for Cut { range, with } in cuts {
        let mut with = with.clone();
        for (line, at) in lines(message) {
            let start = range.start.max(at);
            let end = range.end.min(at.saturating_add(line.len()));
            if start < end {
                let place = |of: usize| line.start.saturating_add(of.saturating_sub(at));
                placed.push(Cut {
                    range: place(start)..place(end),
                    with: std::mem::take(&mut with),
                });
            }
        }
    }
    spliced(message.raw, &placed)
}

/// Each line of the data, and where in the text it begins: a line break stands between two.
fn lines<'m>(message: &'m Message<'_>) -> impl Iterator<Item = (&'m Range<usize>, usize)> {
    message.data.iter().scan(0, |at, line| {
        let start: usize = *at;
        *at = start.saturating_add(line.len()).saturating_add(1);
        Some((line, start))
    })
}

impl<'a> Message<'a> {
    /// The data as a client puts it together.
    pub(super) fn text(&self) -> Cow<'a, [u8]> {
        let line = |range: &Range<usize>| self.raw.get(range.clone()).unwrap_or_default();
        match &self.data[..] {
            [one] => Cow::Borrowed(line(one)),
            lines => Cow::Owned(lines.iter().map(line).collect::<Vec<_>>().join(&b'\n')),
        }
    }
}

/// A piece of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Bytes that are no message.
    Plain(&'a [u8]),
    /// An event that holds a message.
    Message(Message<'a>),
    /// The end of an event that is longer than is held, and that may hold a list. Its bytes are lost.
    TooLong,
    /// A list in an event of which the beginning was given already.
    Late,
    /// The address to which the transport of 2024-11-05 posts.
    Endpoint,
}

/// An event with data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// Its bytes, from the first line with data to the blank line.
    pub(super) raw: &'a [u8],
    /// Where in them the data stands, one range for each line.
    pub(super) data: Vec<Range<usize>>,
}

/// Reads one stream.
#[derive(Debug)]
pub(super) struct Reader {
    /// The most bytes of an event that are held.
    max: usize,
    /// No event passes unread.
    strict: bool,
    /// What was not given back yet: the lines since the first with data, and the beginning of a line.
    held: Vec<u8>,
    /// Where in it the line begins that is being read.
    line: usize,
    data: Vec<Range<usize>>,
    /// The last byte ended a line as CR; an LF that follows belongs to it.
    after_cr: bool,
    /// No line was read yet: a byte order mark may come.
    first: bool,
    long: Option<Long>,
}

/// What happens to the rest of an event that is too long to be held.
#[derive(Debug)]
enum Long {
    /// It is left out.
    Skipped,
    /// It passes, for there is no list in it so far.
    Watched(Box<ListScanner>),
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Reader {
    /// With `strict`, an event that is longer than is held never passes, whatever is in it.
    pub(super) fn new(max: usize, strict: bool) -> Self {
        Self {
            max,
            strict,
            held: Vec::new(),
            line: 0,
            data: Vec::new(),
            after_cr: false,
            first: true,
            long: None,
        }
    }

    /// Goes on with the bytes that follow, and gives away each part as soon as it is whole.
    pub(super) fn read(&mut self, mut bytes: &[u8], give: &mut impl FnMut(Part<'_>)) {
        if !bytes.is_empty()
            && std::mem::take(&mut self.after_cr)
            && let Some(rest) = bytes.strip_prefix(b"\n")
        {
            self.line_feed(give);
            bytes = rest;
        }
        while let Some((line, rest)) = next_line(bytes) {
            self.after_cr = rest.is_empty() && line.ends_with(b"\r");
            self.hold(line, give);
            self.end_of_line(give);
            bytes = rest;
        }
        if !bytes.is_empty() {
            self.hold(bytes, give);
        }
    }

    /// The stream is at its end: gives away the event that has no blank line behind it.
    pub(super) fn end(&mut self, give: &mut impl FnMut(Part<'_>)) {
        if self.line < self.held.len() {
            self.end_of_line(give);
        }
        self.end_of_event(give);
    }

    /// The second half of a line's end.
    fn line_feed(&mut self, give: &mut impl FnMut(Part<'_>)) {
        match self.long {
            Some(Long::Skipped) => {}
            _ if self.data.is_empty() => give(Part::Plain(b"\n")),
            _ => {
                self.held.push(b'\n');
                self.line = self.held.len();
            }
        }
    }

    /// Takes a line or the beginning of one.
    fn hold(&mut self, bytes: &[u8], give: &mut impl FnMut(Part<'_>)) {
        let before = self.held.len();
        self.held.extend_from_slice(bytes);
        if self.first {
            self.byte_order_mark(give);
        }
        match &mut self.long {
            None if is_longer(&self.held, self.max) => self.overflow(give),
            None => {}
            Some(Long::Skipped) => {}
            Some(Long::Watched(scanner)) => {
                give(Part::Plain(bytes));
                // Of a line nothing is kept but its name and whether it is empty.
                let line = &self.held;
                let found = scanner.may_contain_list();
                let from = value(line).map_or(line.len(), |value| value.start.max(before));
                scanner.read(line.get(from..).unwrap_or_default());
                if !found && scanner.may_contain_list() {
                    give(Part::Late);
                }
            }
        }
        if self.long.is_some() {
            self.shorten();
        }
    }

    /// A mark at the very beginning is no part of the first line.
    fn byte_order_mark(&mut self, give: &mut impl FnMut(Part<'_>)) {
        if self.held.starts_with(BYTE_ORDER_MARK) {
            give(Part::Plain(BYTE_ORDER_MARK));
            self.held.drain(..BYTE_ORDER_MARK.len());
        }
        self.first = !self.held.is_empty() && BYTE_ORDER_MARK.starts_with(&self.held);
    }

    /// Keeps of a line as much as says what field it is, and its end.
    fn shorten(&mut self) {
        const NAME: usize = b"data: ".len();
        if self.held.len() > NAME {
            let end = end_of(&self.held).len();
            let tail = self.held.split_off(self.held.len().saturating_sub(end));
            self.held.truncate(NAME);
            self.held.extend(tail);
        }
    }

    /// There is more than is held of one event.
    fn overflow(&mut self, give: &mut impl FnMut(Part<'_>)) {
        let mut scanner = ListScanner::default();
        let current = self.held.get(self.line..).and_then(value);
        let current = current.map(|value| shifted(value, self.line));
        for range in self.data.drain(..) {
            scanner.read(self.held.get(range).unwrap_or_default());
            scanner.read(b"\n");
        }
        let current = current.and_then(|range| self.held.get(range));
        scanner.read(current.unwrap_or_default());
        self.long = Some(if scanner.may_contain_list() || self.strict {
            give(Part::TooLong);
            Long::Skipped
        } else {
            give(Part::Plain(&self.held));
            Long::Watched(Box::new(scanner))
        });
        self.held.drain(..self.line);
        self.line = 0;
    }

    fn end_of_line(&mut self, give: &mut impl FnMut(Part<'_>)) {
        let line = self.held.get(self.line..).unwrap_or_default();
        let content = line.strip_suffix(end_of(line)).unwrap_or(line);
        if content.is_empty() {
            return self.end_of_event(give);
        }
        if self.long.is_some() {
            self.held.clear();
            return;
        }
        if is_endpoint(content) {
            give(Part::Endpoint);
        }
        if let Some(value) = value(content) {
            self.data.push(shifted(value, self.line));
        }
        if self.data.is_empty() {
            give(Part::Plain(&self.held));
            self.held.clear();
        }
        self.line = self.held.len();
    }

    fn end_of_event(&mut self, give: &mut impl FnMut(Part<'_>)) {
        let data = std::mem::take(&mut self.data);
        let raw = &self.held[..];
        match self.long.take() {
            Some(Long::Watched(_)) => {}
            Some(Long::Skipped) => give(Part::Plain(end_of(raw))),
            None if data.is_empty() && raw.is_empty() => {}
            None if data.is_empty() => give(Part::Plain(raw)),
            None => give(Part::Message(Message { raw, data })),
        }
        self.held.clear();
        self.line = 0;
    }
}

/// The first line of the bytes with its end, and what follows it.
fn next_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let pair = bytes
        .get(end..)
        .is_some_and(|rest| rest.starts_with(b"\r\n"));
    bytes.split_at_checked(end.saturating_add(if pair { 2 } else { 1 }))
}

/// How a line ends does not count, so that it does not matter where between CR and LF the bytes are cut.
fn is_longer(held: &[u8], max: usize) -> bool {
    held.len().saturating_sub(end_of(held).len()) > max
}

/// What ends the line.
fn end_of(line: &[u8]) -> &[u8] {
    let ends: [&[u8]; 3] = [b"\r\n", b"\r", b"\n"];
    ends.into_iter()
        .find(|end| line.ends_with(end))
        .unwrap_or_default()
}

/// Where in a line its data stands; `None` for a line of another field, or of none yet.
fn value(line: &[u8]) -> Option<Range<usize>> {
    let content = line.strip_suffix(end_of(line)).unwrap_or(line);
    let rest = content.strip_prefix(b"data")?;
    let value = match rest.strip_prefix(b":") {
        Some(value) => value.strip_prefix(b" ").unwrap_or(value),
        None if rest.is_empty() => rest,
        None => return None,
    };
    Some(content.len().saturating_sub(value.len())..content.len())
}

fn is_endpoint(line: &[u8]) -> bool {
    let value = line.strip_prefix(b"event:");
    value.is_some_and(|value| value.strip_prefix(b" ").unwrap_or(value) == b"endpoint")
}

fn shifted(range: Range<usize>, by: usize) -> Range<usize> {
    range.start.saturating_add(by)..range.end.saturating_add(by)
}

#[cfg(test)]
mod tests;
