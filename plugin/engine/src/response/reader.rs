//! Turns what a server sends, piece by piece, into the messages that the observers read, and into what the client gets.
//!
//! It waits until a JSON document is whole, and an event of a stream; for nothing else, and not beyond a bound. Where a
//! rule looks into the response, it passes nothing that it cannot read; where none does, it changes no byte.

mod document;
mod events;

use super::document::Document;
use super::id_tracker::IdTracker;
use super::issued::IssuanceTracker;
use super::media::{Media, media};
use super::observers::{Effects, Observers};
use super::problem::Problem;
use super::redirect;
use super::refunds::RefundTracker;
use super::rules::Rules;
use super::scanner::MessageScanner;
use super::sse;
use super::sse::Reader;
use super::unread::Unread;
use crate::answer::{Reply, answer_for_server};
use crate::count::{Charge, Count};
use crate::decide::Visibility;
use crate::model::Policy;
use crate::read::{HeaderEdit, Headers, Message};
use crate::step::{Delivery, Next, Response};
use crate::words::Millis;
use crate::words::state::{Lookup, StateKey};
use crate::words::under_way::{IdEnd, RequestKey};
use std::sync::Arc;

/// Reads one response.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    observers: Observers,
    request_id: Option<Box<str>>,
    /// The most bytes of a message that are held.
    max: usize,
    /// How many of them the host has room for.
    room: usize,
    depth: usize,
    state: BodyState,
    /// The head has not come.
    begins: bool,
}

/// How the body is read.
#[derive(Debug)]
enum BodyState {
    /// There is none yet.
    Awaited,
    /// It is held until it is whole.
    Document(Document),
    /// It is longer than is held, and passes as long as there is no list in it.
    Watched(MessageScanner),
    /// Nothing but white space may follow.
    Ended(MessageScanner),
    Events(Box<Reader>),
    /// It passes unread.
    Passing,
    /// An error takes its place.
    Refused(Problem),
    /// The rest is left out.
    Dropped,
}

/// What to do with a piece of a response.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) next: Next,
    pub(crate) edit: HeaderEdit,
    pub(crate) effects: Effects,
}

/// Answers from which something is only learnt are errors and tasks, which are short.
const LONGEST_LEARNT: usize = 64 << 10;

impl ResponseReader {
    /// `visibility` is `None` where no rule could take anything out of a response.
    pub(crate) fn new(
        policy: &Policy,
        visibility: Option<Visibility>,
        request_id: Option<Box<str>>,
    ) -> Self {
        let rules = visibility.map(Rules::new);
        let max = rules.as_ref().map_or(LONGEST_LEARNT, Rules::max);
        Self {
            observers: Observers::new(policy, rules),
            request_id,
            max,
            room: usize::MAX,
            depth: policy.host.max_depth,
            state: BodyState::Awaited,
            begins: true,
        }
    }

    /// Notes the message that the response answers.
    pub(crate) fn answers(&mut self, message: &Message<'_>, issued: Option<IssuanceTracker>) {
        self.observers.id = message.id().map(Into::into);
        self.observers.issued = issued;
        if let Some(rules) = &mut self.observers.rules {
            rules.answers(message);
        }
    }

    /// Notes what may be given back.
    pub(crate) fn counted(&mut self, charges: Arc<[Charge]>, counts: Vec<Count>) {
        let unclear = self.observers.is_unclear;
        self.observers.refunds = RefundTracker::new(charges, counts, unclear);
    }

    /// Notes the id that has to be open while the answer is awaited.
    pub(crate) fn tracks(&mut self, request: Option<RequestKey>) {
        self.observers.under_way = request.map(IdTracker::new);
    }

    /// What to open before the request goes.
    pub(crate) fn request(&self) -> Option<RequestKey> {
        let tracker = self.observers.under_way.as_ref();
        tracker.map(|tracker| tracker.key.clone())
    }

    /// The id is open.
    pub(crate) fn opened(&mut self, opening: Millis) {
        let tracker = self.observers.under_way.as_mut();
        tracker
            .into_iter()
            .for_each(|tracker| tracker.opened(opening));
    }

    /// What answers the request may be the answer to another one.
    pub(crate) fn unclear(&mut self) {
        self.observers.is_unclear = true;
        if let Some(rules) = &mut self.observers.rules {
            rules.unclear();
        }
    }

    /// Ends the id that is open, because nothing more of the response will be judged.
    pub(crate) fn end(&mut self, is_answered: bool) -> Option<IdEnd> {
        self.observers.end(is_answered);
        self.observers.effects.ended.take()
    }

    /// An id is open.
    pub(crate) fn awaits_end(&self) -> bool {
        self.observers.id_is_open()
    }

    /// The keys to look up before the message goes.
    pub(crate) fn keys(&self) -> Vec<StateKey> {
        let rules = self.observers.rules.as_ref();
        rules.map(Rules::keys).unwrap_or_default()
    }

    /// Notes what the lookup found.
    pub(crate) fn found(&mut self, lookup: Lookup) {
        if let Some(rules) = &mut self.observers.rules {
            rules.found(lookup);
        }
    }

    /// A rule may take something out of the response.
    pub(crate) fn has_rules(&self) -> bool {
        self.observers.rules.is_some()
    }

    /// More of the response has to be seen.
    pub(crate) fn is_open(&self) -> bool {
        let open = match self.state {
            BodyState::Passing => false,
            BodyState::Dropped => self.has_rules(),
            _ => self.observers.are_open(),
        };
        self.begins || open || self.awaits_end()
    }

    /// The steps that it took so far to search the response.
    #[cfg(feature = "explain")]
    pub(crate) fn steps(&self) -> u64 {
        let rules = self.observers.rules.as_ref();
        rules.map_or(0, Rules::steps)
    }

    /// How many bytes are held now.
    pub(crate) fn held(&self) -> usize {
        match &self.state {
            BodyState::Document(document) => document.held.len(),
            BodyState::Events(reader) => reader.held(),
            _ => 0,
        }
    }

    /// From now on no more bytes are held.
    pub(crate) fn hold_at_most(&mut self, room: usize) {
        self.room = room;
        let max = self.max.min(room);
        if let BodyState::Events(reader) = &mut self.state {
            reader.hold_at_most(max);
        }
    }

    /// Drops what is held of a message. Where a rule looks into the response, the message is refused with the next event.
    pub(crate) fn drop_held(&mut self) {
        let dropped = match &mut self.state {
            BodyState::Document(document) if !document.held.is_empty() => self.drop_document(),
            BodyState::Events(reader) => reader.drop_held(),
            _ => false,
        };
        if dropped && self.has_rules() {
            self.observers.effects.problem = Some(Problem::NoRoom);
        }
    }

    /// A refusal has not been told yet.
    pub(crate) fn awaits_report(&self) -> bool {
        self.observers.effects.problem.is_some()
    }

    /// A request that reached no server is refunded, or frees its id.
    pub(crate) fn awaits_delivery(&self) -> bool {
        let refunds = self.observers.refunds.as_ref();
        refunds.is_some_and(RefundTracker::is_open) || self.awaits_end()
    }

    /// Goes on with what came, in its order.
    pub(crate) fn pass(&mut self, response: Response) -> Passed {
        let refunds = self.observers.refunds.as_mut();
        let refund = refunds.and_then(|refunds| refunds.see(&response));
        let issued = self.observers.issued.as_mut();
        let issued = issued.and_then(|issued| issued.see(&response));
        self.observers.effects.writes.extend(issued);
        self.observers.effects.refund = refund;
        let unsent = matches!(response, Response::Delivery(Delivery::Unsent));
        let last = response.is_last();
        let (next, edit) = match response {
            Response::Head {
                status,
                headers,
                end_of_stream,
            } if status >= 200 => self.head(status, &headers, end_of_stream),
            Response::Body {
                bytes,
                end_of_stream,
            } => (self.body(bytes, end_of_stream), HeaderEdit::default()),
            Response::Trailers => (self.trailers(), HeaderEdit::default()),
            _ => (Next::Forward, HeaderEdit::default()),
        };
        if unsent || last || matches!(next, Next::Reply(_)) {
            self.observers.end(unsent);
        }
        Passed {
            next,
            edit,
            effects: std::mem::take(&mut self.observers.effects),
        }
    }

    fn head(&mut self, status: u16, headers: &Headers, end: bool) -> (Next, HeaderEdit) {
        self.begins = false;
        if let Some(path) = redirect::target(status, headers) {
            return (self.broken(Problem::Redirect(path)), HeaderEdit::default());
        }
        let mut edit = redirect::without_addresses(headers);
        if end || !self.observers.are_open() {
            return (Next::Forward, edit);
        }
        self.state = match media(headers) {
            Ok(media) => self.body_state(media),
            Err(problem) if self.has_rules() => {
                self.observers.effects.problem = Some(problem.clone());
                edit.remove.push("content-encoding");
                edit.set.push(("content-type", "application/json"));
                BodyState::Refused(problem)
            }
            Err(_) => BodyState::Passing,
        };
        if self.has_rules() {
            // Whether the length changes is known when the body is there, and its length goes before it.
            edit.remove.push("content-length");
        }
        (Next::Forward, edit)
    }

    fn body_state(&self, media: Media) -> BodyState {
        let rules = self.observers.rules.as_ref();
        match media {
            Media::Events => BodyState::Events(Box::new(Reader::new(sse::Bounds {
                max: self.max.min(self.room),
                unread: self.unread(),
                depth: self.depth,
            }))),
            Media::Text if rules.is_none() => BodyState::Passing,
            media => BodyState::Document(Document::new(media == Media::Json, self.depth)),
        }
    }

    /// Which messages pass that are longer than is held.
    fn unread(&self) -> Unread {
        match &self.observers.rules {
            Some(rules) => rules.unread(self.observers.id.as_deref()),
            None if self.awaits_end() => Unread::All,
            None => Unread::None,
        }
    }

    /// Where no rule looks into the response, the piece goes as it came.
    fn body(&mut self, piece: Vec<u8>, end: bool) -> Next {
        let next = match &mut self.state {
            BodyState::Awaited | BodyState::Passing => Next::Forward,
            BodyState::Document(_) => self.document(piece, end),
            BodyState::Watched(scanner) | BodyState::Ended(scanner) => {
                scanner.read(&piece);
                self.watched(end)
            }
            BodyState::Events(_) => self.events(&piece, end),
            BodyState::Refused(problem) => {
                let problem = problem.clone();
                self.state = BodyState::Dropped;
                Next::ReplaceBody(self.error(None, &problem).body)
            }
            BodyState::Dropped => Next::ReplaceBody(Vec::new()),
        };
        match self.has_rules() {
            true => next,
            false => {
                self.observers.effects.problem = None;
                Next::Forward
            }
        }
    }

    /// More has come of a message than is held.
    fn too_long(&self) -> Problem {
        match self.room < self.max {
            true => Problem::NoRoom,
            false => Problem::TooLong(self.max),
        }
    }

    fn refused(&mut self, problem: Problem, id: Option<&str>) -> Next {
        let error = self.error(id, &problem);
        self.observers.effects.problem = Some(problem);
        self.state = BodyState::Dropped;
        Next::ReplaceBody(error.body)
    }

    /// The client has a part of what must not go on, or nothing.
    fn broken(&mut self, problem: Problem) -> Next {
        let error = self.error(None, &problem);
        self.observers.effects.problem = Some(problem);
        self.state = BodyState::Dropped;
        Next::Reply(error)
    }

    fn error(&self, id: Option<&str>, problem: &Problem) -> Reply {
        let id = id.or(self.observers.id.as_deref());
        let reason = problem.reason();
        answer_for_server(id, reason, &problem.to_string(), self.request_id.as_deref())
    }
}

#[cfg(test)]
mod tests;
