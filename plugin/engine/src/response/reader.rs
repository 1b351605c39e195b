//! Turns the pieces of a server's response into messages for the observers, and into the response that the client gets.
//!
//! It holds bytes until a JSON document or an event of a stream is complete, and never beyond a bound. If a rule
//! applies to the response, it passes nothing that it cannot read. If no rule applies, it changes no byte.

mod document;
mod events;

use super::answer_tracker::AnswerTracker;
use super::document::Document;
use super::id_tracker::IdTracker;
use super::issued::IssuanceTracker;
use super::media::{Media, media};
use super::observers::{Findings, Observers};
use super::problem::Problem;
use super::redirect;
use super::refunds::RefundTracker;
use super::rules::Rules;
use super::scanner::MessageScanner;
use super::sse;
use super::sse::Reader;
use super::task_ends::TaskEnds;
use super::unread::Unread;
use crate::answer::{Reply, answer_for_server};
use crate::count::{Charge, Count};
use crate::decide::Visibility;
use crate::model::Policy;
use crate::read::{HeaderEdit, Headers, Message, Target};
use crate::step::{Delivery, Next, Response};
use crate::store::Effects;
use crate::words::state::{Lookup, StateKey};
use crate::words::under_way::RequestKey;
use crate::words::{Millis, Rule};
use std::sync::Arc;

/// Reads one response.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    observers: Observers,
    request_id: Option<Box<str>>,
    /// The longest message that is held, in bytes.
    max: usize,
    /// How many bytes the host has room to hold.
    room: usize,
    depth: usize,
    state: BodyState,
    /// The head has not arrived.
    begins: bool,
    /// The answer is a stream that lasts.
    is_stream: bool,
}

/// How the body is read.
#[derive(Debug)]
enum BodyState {
    /// The body has not begun.
    Awaited,
    /// The body is held until it is complete.
    Document(Document),
    /// The body is too long to be held. It passes as long as no list is found in it.
    Watched(MessageScanner),
    /// The document is complete: only white space may follow.
    Ended(MessageScanner),
    Events(Box<Reader>),
    /// The body passes unread.
    Passing,
    /// An error replaces the body.
    Refused(Problem),
    /// The rest of the body is dropped.
    Dropped,
}

/// What to do with a piece of a response.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) next: Next,
    pub(crate) edit: HeaderEdit,
    pub(crate) found: Findings,
}

/// The longest message that is held if no rule applies, in bytes. Only errors and tasks are read then, and they are
/// short.
const LONGEST_WITHOUT_RULES: usize = 64 << 10;

impl ResponseReader {
    /// A reader for one response. `visibility` is `None` if no rule can remove anything from a response.
    pub(crate) fn new(
        policy: &Policy,
        visibility: Option<Visibility>,
        request_id: Option<Box<str>>,
    ) -> Self {
        let rules = visibility.map(Rules::new);
        let max = rules.as_ref().map_or(LONGEST_WITHOUT_RULES, Rules::max);
        Self {
            observers: Observers::new(policy, rules),
            request_id,
            max,
            room: usize::MAX,
            depth: policy.host.max_depth,
            state: BodyState::Awaited,
            begins: true,
            is_stream: false,
        }
    }

    /// Notes the message that the response answers.
    pub(crate) fn answers(&mut self, message: &Message<'_>, issued: Option<IssuanceTracker>) {
        self.observers.id = message.id().map(Into::into);
        let target = message.call().map(|call| &call.target);
        self.is_stream = matches!(target, Some(Target::Listen { .. }));
        self.observers.issued = issued;
        if let Some(tasks) = &mut self.observers.tasks {
            tasks.answers(message);
        }
        let unneeded = |rules: &mut Rules| !rules.apply_to(message);
        if self.observers.rules.take_if(unneeded).is_some() {
            self.max = LONGEST_WITHOUT_RULES;
        }
        if let Some(rules) = &mut self.observers.rules {
            rules.answers(message);
        }
    }

    /// Looks for the ends of the caller's tasks.
    pub(crate) fn watches(&mut self, tasks: Option<TaskEnds>) {
        self.observers.tasks = tasks;
    }

    /// Notes the request whose answer is logged.
    pub(crate) fn logs(&mut self, answer: AnswerTracker) {
        self.observers.logged = Some(Box::new(answer));
    }

    /// Notes that the answer is a stream that lasts.
    pub(crate) fn is_stream(&mut self) {
        self.is_stream = true;
    }

    /// Notes the charges that the response may refund.
    pub(crate) fn counted(&mut self, charges: Arc<[Charge]>, counts: Vec<Count>) {
        let unclear = self.observers.is_unclear;
        let stream = self.is_stream;
        self.observers.refunds = RefundTracker::new(charges, counts, unclear, stream);
    }

    /// Notes the request id that must be open until the answer arrives.
    pub(crate) fn tracks(&mut self, request: Option<RequestKey>) {
        self.observers.under_way = request.map(IdTracker::new);
    }

    /// The key of the request id to open before the request is forwarded.
    pub(crate) fn request(&self) -> Option<RequestKey> {
        let tracker = self.observers.under_way.as_ref();
        tracker.map(|tracker| tracker.key.clone())
    }

    /// Notes that the request id is open since `opening`.
    pub(crate) fn opened(&mut self, opening: Millis) {
        let tracker = self.observers.under_way.as_mut();
        tracker
            .into_iter()
            .for_each(|tracker| tracker.opened(opening));
    }

    /// Notes that a message with the request's id may be the answer to another request.
    pub(crate) fn unclear(&mut self) {
        self.observers.is_unclear = true;
        if let Some(rules) = &mut self.observers.rules {
            rules.unclear();
        }
    }

    /// Ends the open request id, because no more of the response will be judged.
    pub(crate) fn end(&mut self, is_answered: bool) -> Effects {
        self.observers.end(is_answered);
        std::mem::take(&mut self.observers.found.effects)
    }

    /// Whether the request id is open, or the end of the exchange is not logged yet.
    pub(crate) fn awaits_end(&self) -> bool {
        self.observers.id_is_open()
            || self.observers.log_awaits_end()
            || self.is_stream
                && self
                    .observers
                    .refunds
                    .as_ref()
                    .is_some_and(RefundTracker::is_open)
    }

    /// The keys to look up before the message is forwarded.
    pub(crate) fn keys(&self) -> Vec<StateKey> {
        let rules = self.observers.rules.as_ref();
        rules.map(Rules::keys).unwrap_or_default()
    }

    /// Notes the result of the lookup.
    pub(crate) fn found(&mut self, lookup: Lookup) {
        if let Some(rules) = &mut self.observers.rules {
            rules.found(lookup);
        }
    }

    /// Whether a rule may remove something from the response.
    pub(crate) fn has_rules(&self) -> bool {
        self.observers.rules.is_some()
    }

    /// Whether the reader needs more of the response.
    pub(crate) fn is_open(&self) -> bool {
        let open = match self.state {
            BodyState::Passing => false,
            BodyState::Dropped => self.has_rules(),
            _ => self.observers.are_open(),
        };
        self.begins || open || self.observers.id_is_open()
    }

    /// The steps that searches of the response have taken so far.
    #[cfg(feature = "explain")]
    pub(crate) fn steps(&self) -> u64 {
        let rules = self.observers.rules.as_ref();
        rules.map_or(0, Rules::steps)
    }

    /// The number of bytes held now.
    pub(crate) fn held(&self) -> usize {
        match &self.state {
            BodyState::Document(document) => document.held.len(),
            BodyState::Events(reader) => reader.held(),
            _ => 0,
        }
    }

    /// Limits the held bytes to `room` from now on.
    pub(crate) fn hold_at_most(&mut self, room: usize) {
        self.room = room;
        let max = self.max.min(room);
        if let BodyState::Events(reader) = &mut self.state {
            reader.hold_at_most(max);
        }
    }

    /// Drops the held part of a message. If a rule applies to the response, the next event refuses the message.
    pub(crate) fn drop_held(&mut self) {
        let dropped = match &mut self.state {
            BodyState::Document(document) if !document.held.is_empty() => self.drop_document(),
            BodyState::Events(reader) => reader.drop_held(),
            _ => false,
        };
        if dropped && self.has_rules() {
            self.observers.found.problem = Some(Problem::NoRoom);
        }
    }

    /// Whether a refusal is not reported yet.
    pub(crate) fn awaits_report(&self) -> bool {
        self.observers.found.problem.is_some()
    }

    /// Whether it matters that the request reached no server: its charges are then refunded, or its id is free again.
    pub(crate) fn awaits_delivery(&self) -> bool {
        let refunds = self.observers.refunds.as_ref();
        refunds.is_some_and(RefundTracker::is_open) || self.observers.id_is_open()
    }

    /// Reads the next event of the response. Events must come in their order.
    pub(crate) fn pass(&mut self, response: Response) -> Passed {
        let refunds = self.observers.refunds.as_mut();
        let refund = refunds.and_then(|refunds| refunds.see(&response));
        let issued = self.observers.issued.as_mut();
        let issued = issued.and_then(|issued| issued.see(&response));
        self.observers.found.effects.write(issued);
        self.observers.found.effects.give_back(refund);
        let logged = self.observers.logged.as_mut();
        self.observers.found.answered = logged.and_then(|logged| logged.see(&response));
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
            found: std::mem::take(&mut self.observers.found),
        }
    }

    /// Refuses the whole response, before its head: it is not of the server of this rule, for which the request was
    /// judged.
    pub(crate) fn elsewhere(&mut self, server: Rule) -> Passed {
        self.begins = false;
        let next = self.broken(Problem::Elsewhere(server));
        self.observers.end(false);
        Passed {
            next,
            edit: HeaderEdit::default(),
            found: std::mem::take(&mut self.observers.found),
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
                self.observers.found.problem = Some(problem.clone());
                edit.remove.push("content-encoding");
                edit.set.push(("content-type", "application/json"));
                BodyState::Refused(problem)
            }
            Err(_) => BodyState::Passing,
        };
        if self.has_rules() {
            // The length is in the head, and whether it changes is known only after the body.
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

    /// Which messages pass although they are too long to be held.
    fn unread(&self) -> Unread {
        match &self.observers.rules {
            Some(rules) => rules.unread(self.observers.id.as_deref()),
            None if self.observers.awaits_answer() => Unread::All,
            None => Unread::None,
        }
    }

    /// Reads a piece of the body. It passes unchanged if no rule applies to the response.
    fn body(&mut self, piece: Vec<u8>, end: bool) -> Next {
        let next = match &mut self.state {
            BodyState::Awaited | BodyState::Passing => Next::Forward,
            BodyState::Document(_) => self.document(piece, end),
            BodyState::Watched(_) | BodyState::Ended(_) => self.watched(&piece, end),
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
                self.observers.found.problem = None;
                Next::Forward
            }
        }
    }

    /// The problem of a message that is longer than the bytes held.
    fn too_long(&self) -> Problem {
        match self.room < self.max {
            true => Problem::NoRoom,
            false => Problem::TooLong(self.max),
        }
    }

    fn refused(&mut self, problem: Problem, id: Option<&str>) -> Next {
        let error = self.error(id, &problem);
        self.observers.found.problem = Some(problem);
        self.state = BodyState::Dropped;
        Next::ReplaceBody(error.body)
    }

    /// Ends the response with an error reply. The client has received nothing yet, or the beginning of a body that must
    /// not continue.
    fn broken(&mut self, problem: Problem) -> Next {
        let error = self.error(None, &problem);
        self.observers.found.problem = Some(problem);
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
