//! Turns the bytes of an event stream, in pieces of any size, into its messages and all bytes between them, unchanged.
//!
//! It accepts the one form that all clients read alike, and never passes a byte after one that some client reads
//! differently (WHATWG HTML section 9.2.6, as the SDKs implement it).

use super::cut::Cut;
use super::event::Event;
use super::framing::{Framing, Lines, content, field, value, values};
use super::held;
use super::scanner::MessageScanner;
use super::unread::Unread;
use std::ops::Range;

/// A piece of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Bytes outside messages, or of a message that passes unread.
    Plain(&'a [u8]),
    /// The replacement of bytes of such a message that are left out.
    Instead(&'a str),
    /// An event with data.
    Event(Event<'a>),
    /// The end of an event that passed unread, and the id of its message.
    Passed(String),
    /// An event that is too long to be held and that must not pass unread. Its bytes are dropped.
    TooLong,
    /// The place of an event that was dropped while it arrived.
    Dropped,
    /// A list or a fault in an event whose beginning has already passed.
    Late,
    /// The event with the address for requests in the transport of 2024-11-05.
    Endpoint,
    /// From here on clients may read different streams. No part follows.
    Broken(Framing),
    /// The same as `Broken`, in an event whose beginning has already passed.
    Cut(Framing),
}

/// The bounds for the events of a stream.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// The longest event that is held, in bytes.
    pub(super) max: usize,
    pub(super) unread: Unread,
    /// The deepest nesting of a message.
    pub(super) depth: usize,
}

/// Reads one stream.
#[derive(Debug)]
pub(super) struct Reader {
    bounds: Bounds,
    lines: Lines,
    /// The bytes not given yet: the lines since the first one with data, and the beginning of a line.
    held: Vec<u8>,
    /// Where the current line begins in `held`.
    line: usize,
    /// The complete lines with data.
    data: Data,
    /// A line of another field has followed the data of the event.
    after_data: bool,
    long: Option<Long>,
    /// An event was dropped, and [`Part::Dropped`] is not given yet.
    dropped: bool,
    broken: bool,
}

/// The lines with data of an event.
#[derive(Debug, Default, PartialEq, Eq)]
enum Data {
    #[default]
    None,
    /// One line, and the range of its data in `held`.
    One(Range<usize>),
    Several,
}

/// How the rest of an event is read that is too long to be held.
#[derive(Debug)]
enum Long {
    /// The rest is dropped.
    Skipped,
    /// The rest passes as long as the scanner finds no list or fault.
    Watched(Box<MessageScanner>),
}

type Give<'g> = dyn FnMut(Part<'_>) + 'g;

impl Reader {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            lines: Lines::default(),
            held: Vec::new(),
            line: 0,
            data: Data::None,
            after_data: false,
            long: None,
            dropped: false,
            broken: false,
        }
    }

    /// The number of bytes held now.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Limits the held bytes of an event to `max` from now on.
    pub(super) fn hold_at_most(&mut self, max: usize) {
        self.bounds.max = max;
    }

    /// Drops the arriving event if its data has begun, and returns whether it did. The next part is then
    /// [`Part::Dropped`].
    pub(super) fn drop_held(&mut self) -> bool {
        let line = self.held.get(self.line..).unwrap_or_default();
        if self.long.is_some() || !(self.has_data() || value(line).is_some()) {
            return false;
        }
        self.leave(Long::Skipped);
        self.shorten();
        self.dropped = true;
        true
    }

    /// Gives [`Part::Dropped`] if an event was dropped.
    fn give_dropped(&mut self, give: &mut Give<'_>) {
        if std::mem::take(&mut self.dropped) {
            give(Part::Dropped);
        }
    }

    /// Reads the next bytes, and gives each part as soon as it is complete.
    pub(super) fn read(&mut self, bytes: &[u8], give: &mut Give<'_>) {
        self.give_dropped(give);
        let mut rest = bytes;
        while !rest.is_empty() && !self.broken {
            let (line, framing) = self.lines.next(rest);
            rest = rest.get(line.len()..).unwrap_or_default();
            self.hold(line, give);
            if line.ends_with(b"\n") {
                self.end_of_line(give);
            }
            if let Some(framing) = framing {
                self.broken(Part::Broken(framing), give);
            }
        }
    }

    /// Ends the stream, and gives the last event even if it has no blank line after it.
    pub(super) fn end(&mut self, give: &mut Give<'_>) {
        self.give_dropped(give);
        if let Some(framing) = self.lines.end() {
            self.broken(Part::Broken(framing), give);
        }
        if self.line < self.held.len() {
            self.end_of_line(give);
        }
        self.end_of_event(give);
    }

    /// Gives the last part of a broken stream.
    fn broken(&mut self, why: Part<'_>, give: &mut Give<'_>) {
        let why = match (why, self.long.take()) {
            (Part::Broken(framing), Some(Long::Watched(_))) => Part::Cut(framing),
            (why, _) => why,
        };
        if !std::mem::replace(&mut self.broken, true) {
            give(why);
        }
        self.clear();
        self.data = Data::None;
    }

    /// Drops all held bytes.
    fn clear(&mut self) {
        held::clear(&mut self.held);
        self.line = 0;
    }

    /// Drops all held bytes but the current line. The rest of the event is read as `rest` says.
    fn leave(&mut self, rest: Long) {
        self.held.drain(..self.line);
        held::shrink(&mut self.held);
        self.line = 0;
        self.long = Some(rest);
    }

    /// Holds a line or a piece of one, and checks it.
    fn hold(&mut self, bytes: &[u8], give: &mut Give<'_>) {
        if self.broken {
            return;
        }
        let before = self.held.len();
        held::extend(&mut self.held, bytes);
        let line = self.held.get(self.line..).unwrap_or_default();
        let divided = self.after_data && value(line).is_some();
        let sound = field(line).and(match divided {
            true => Err(Framing::DividedData),
            false => Ok(()),
        });
        if let Err(framing) = sound {
            return self.broken(Part::Broken(framing), give);
        }
        match &mut self.long {
            None if content(&self.held).len() > self.bounds.max => self.overflow(give),
            None => {}
            Some(Long::Skipped) => {}
            Some(Long::Watched(_)) if self.data != Data::None && value(line).is_some() => {
                return self.broken(Part::Broken(Framing::LongMessage), give);
            }
            Some(Long::Watched(scanner)) => {
                // `shorten` keeps only the name of a line with data, and the scanner reads each byte of the data once.
                let from = value(line).map_or(line.len(), |value| value.start.max(before));
                let to = content(line).len();
                scanner.read(line.get(from..to).unwrap_or_default());
                let cut = scanner.scope_cut();
                give_without(
                    bytes,
                    cut.map(|cut| cut.after(from.saturating_sub(before))),
                    give,
                );
                if is_refused(scanner, &self.bounds.unread, false) {
                    return self.broken(Part::Late, give);
                }
            }
        }
        if self.long.is_some() {
            self.shorten();
        }
    }

    /// Shortens a held line with data to the name of its field and its line ending.
    fn shorten(&mut self) {
        const NAME: usize = b"data: ".len();
        if value(&self.held).is_some() && self.held.len() > NAME {
            let end = self.held.len().saturating_sub(content(&self.held).len());
            let tail = self.held.split_off(self.held.len().saturating_sub(end));
            self.held.truncate(NAME);
            self.held.extend(tail);
            held::shrink(&mut self.held);
        }
    }

    /// Handles an event that is too long to be held. It passes only if its data is on one line.
    fn overflow(&mut self, give: &mut Give<'_>) {
        let mut scanner = MessageScanner::new(self.bounds.depth);
        let mut values = values(&self.held);
        let place = values.next().unwrap_or_default();
        scanner.read(self.held.get(place.clone()).unwrap_or_default());
        let several = values.next().is_some();
        drop(values);
        if several || is_refused(&scanner, &self.bounds.unread, false) {
            give(Part::TooLong);
            return self.leave(Long::Skipped);
        }
        let cut = scanner.scope_cut().map(|cut| cut.after(place.start));
        give_without(&self.held, cut, give);
        self.leave(Long::Watched(Box::new(scanner)));
    }

    fn end_of_line(&mut self, give: &mut Give<'_>) {
        if self.broken {
            return;
        }
        let line = self.held.get(self.line..).unwrap_or_default();
        let content = content(line);
        if content.is_empty() {
            return self.end_of_event(give);
        }
        if is_endpoint(content) {
            return self.broken(Part::Endpoint, give);
        }
        match value(content) {
            Some(value) => self.end_of_data(value),
            None => self.after_data = self.has_data(),
        }
        if self.long.is_some() {
            self.clear();
        } else if !self.has_data() {
            give(Part::Plain(&self.held));
            self.clear();
        }
        self.line = self.held.len();
    }

    /// Notes a complete line with data. `value` is the range of the data in the line.
    fn end_of_data(&mut self, value: Range<usize>) {
        let place = |at: usize| self.line.saturating_add(at);
        self.data = match self.data {
            Data::None => Data::One(place(value.start)..place(value.end)),
            _ => Data::Several,
        };
    }

    fn has_data(&self) -> bool {
        self.data != Data::None
    }

    fn end_of_event(&mut self, give: &mut Give<'_>) {
        let raw = &self.held[..];
        let data = std::mem::take(&mut self.data);
        match self.long.take() {
            Some(Long::Watched(scanner)) if is_refused(&scanner, &self.bounds.unread, true) => {
                return self.broken(Part::Late, give);
            }
            Some(Long::Watched(scanner)) => {
                let id = scanner.id().map(Into::into).map(Part::Passed);
                id.into_iter().for_each(&mut *give);
            }
            Some(Long::Skipped) => {
                give(Part::Plain(
                    raw.get(content(raw).len()..).unwrap_or_default(),
                ));
            }
            None => match data {
                Data::One(data) => give(Part::Event(Event::of_line(raw, data))),
                Data::Several => give(Part::Event(Event::of(raw))),
                Data::None if raw.is_empty() => {}
                Data::None => give(Part::Plain(raw)),
            },
        }
        self.clear();
        self.after_data = false;
    }
}

/// Gives these bytes of a message that passes unread, after the cut.
fn give_without(bytes: &[u8], cut: Option<Cut>, give: &mut Give<'_>) {
    let Some(Cut { range, with }) = cut else {
        return give(Part::Plain(bytes));
    };
    give(Part::Plain(bytes.get(..range.start).unwrap_or_default()));
    give(Part::Instead(&with));
    give(Part::Plain(bytes.get(range.end..).unwrap_or_default()));
}

/// Whether the scanned part of a message that is too long to be held must not pass; `ended` if the message is complete.
fn is_refused(scanner: &MessageScanner, unread: &Unread, ended: bool) -> bool {
    let fault = match ended {
        true => scanner.fault_at_end().is_some(),
        false => scanner.fault().is_some(),
    };
    let divided = scanner.has_separator();
    scanner.may_contain_list() || fault || divided || unread.refuses(scanner, ended)
}

fn is_endpoint(line: &[u8]) -> bool {
    let value = line.strip_prefix(b"event:");
    value.is_some_and(|value| value.strip_prefix(b" ").unwrap_or(value) == b"endpoint")
}

#[cfg(test)]
mod tests;
