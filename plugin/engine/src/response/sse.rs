//! Turns the bytes of an event stream, however they are cut, into its messages and everything between them, byte for byte.
//!
//! It reads the one form that every client reads alike, and never passes a byte behind one that some client reads
//! otherwise (WHATWG HTML section 9.2.6, as the SDKs implement it).

use super::event::Event;
use super::framing::{Framing, Lines, content, field, value, values};
use super::held;
use super::scanner::MessageScanner;
use super::unread::Unread;
use std::ops::Range;

/// A piece of the stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Bytes that are no message.
    Plain(&'a [u8]),
    /// An event that holds a message.
    Event(Event<'a>),
    /// The end of an event that passed unread, and the id of its message.
    Passed(String),
    /// The end of an event that is longer than is held, and that may hold a list. Its bytes are lost.
    TooLong,
    /// The place of an event that was dropped while it was held.
    Dropped,
    /// A list, or what cannot be read, in an event of which the beginning was given already.
    Late,
    /// The address to which the transport of 2024-11-05 posts.
    Endpoint,
    /// From here on clients may read different streams. Nothing follows.
    Broken(Framing),
    /// The same in an event of which the beginning was given already.
    Cut(Framing),
}

/// How the events of a stream are held.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// The most bytes of an event that are held.
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
    /// What was not given yet: the lines since the first with data, and the beginning of a line.
    held: Vec<u8>,
    /// Where in it the line begins that is being read.
    line: usize,
    /// The lines with data that are whole.
    data: Data,
    /// Another line has followed the data of the event.
    after_data: bool,
    long: Option<Long>,
    /// An event was dropped, and its place not given yet.
    dropped: bool,
    broken: bool,
}

/// Lines with data of an event.
#[derive(Debug, Default, PartialEq, Eq)]
enum Data {
    #[default]
    None,
    /// One, and where in what is held its data stands.
    One(Range<usize>),
    Several,
}

/// What happens to the rest of an event that is too long to be held.
#[derive(Debug)]
enum Long {
    /// It is left out.
    Skipped,
    /// It passes, for there is no list in it so far.
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

    /// How many bytes are held now.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// From now on no more bytes of an event are held.
    pub(super) fn hold_at_most(&mut self, max: usize) {
        self.bounds.max = max;
    }

    /// Drops the event that is arriving, if its data has begun. The next part is [`Part::Dropped`]. False where nothing was
    /// dropped.
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

    /// Gives the place of an event that was dropped.
    fn give_dropped(&mut self, give: &mut Give<'_>) {
        if std::mem::take(&mut self.dropped) {
            give(Part::Dropped);
        }
    }

    /// Goes on with the bytes that follow, and gives each part as soon as it is whole.
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

    /// The stream is at its end: gives the event that has no blank line behind it.
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

    /// Gives the last part.
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

    /// Nothing is held.
    fn clear(&mut self) {
        held::clear(&mut self.held);
        self.line = 0;
    }

    /// Holds no more of the event than the line that is being read.
    fn leave(&mut self, rest: Long) {
        self.held.drain(..self.line);
        held::shrink(&mut self.held);
        self.line = 0;
        self.long = Some(rest);
    }

    /// Takes a line or a piece of one.
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
                give(Part::Plain(bytes));
                // Of a line nothing is kept but its name and whether it is empty.
                let from = value(line).map_or(line.len(), |value| value.start.max(before));
                let to = content(line).len();
                scanner.read(line.get(from..to).unwrap_or_default());
                if is_refused(scanner, &self.bounds.unread, false) {
                    return self.broken(Part::Late, give);
                }
            }
        }
        if self.long.is_some() {
            self.shorten();
        }
    }

    /// Keeps of a line with data as much as says that it is one, and its end.
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

    /// There is more than is held of one event. It passes on one line only.
    fn overflow(&mut self, give: &mut Give<'_>) {
        let mut scanner = MessageScanner::new(self.bounds.depth);
        let mut values = values(&self.held);
        let value = values.next().and_then(|range| self.held.get(range));
        scanner.read(value.unwrap_or_default());
        let several = values.next().is_some();
        drop(values);
        if several || is_refused(&scanner, &self.bounds.unread, false) {
            give(Part::TooLong);
            return self.leave(Long::Skipped);
        }
        give(Part::Plain(&self.held));
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

    /// The line holds data, of which this is the place in it.
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

/// A message that is longer than is held must not pass, as far as it has come.
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
