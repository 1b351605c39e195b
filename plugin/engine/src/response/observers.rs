//! Turns a message of the server into cuts and effects: rules cut texts out of it, a charge is refunded, a task is
//! remembered. The message is parsed once for all observers.
//!
//! It never parses a message that concerns no observer, and does not depend on documents and streams.

use super::answer_tracker::AnswerTracker;
use super::cut::Cut;
use super::id_tracker::IdTracker;
use super::issued::IssuanceTracker;
use super::problem::{ListError, Problem};
use super::refunds::RefundTracker;
use super::rules::Rules;
use super::scanner::MessageScanner;
use super::task_ends;
use super::task_ends::TaskEnds;
use crate::audit::{AnswerKind, Answered};
use crate::model::Policy;
use crate::read::{is_confusable, is_same_id};
use crate::store::Effects;
use crate::words::json::{Bounds, Document, Kind, Value};

/// The observers of the messages of one response.
#[derive(Debug)]
pub(super) struct Observers {
    pub(super) rules: Option<Rules>,
    pub(super) refunds: Option<RefundTracker>,
    pub(super) issued: Option<IssuanceTracker>,
    /// Where calls under way are counted, the ends of those that became tasks.
    pub(super) tasks: Option<TaskEnds>,
    /// The answer for the log, where the policy asks for it.
    pub(super) logged: Option<Box<AnswerTracker>>,
    /// The id of the request, as it was written.
    pub(super) id: Option<Box<str>>,
    /// The same id in the shared state, where other exchanges must not use it at the same time.
    pub(super) under_way: Option<IdTracker>,
    /// A message with the request's id may be the answer to another request.
    pub(super) is_unclear: bool,
    pub(super) found: Findings,
    bounds: Bounds,
}

/// The findings in a response, besides the bytes that pass.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The first problem.
    pub(crate) problem: Option<Problem>,
    /// The answer for the log.
    pub(crate) answered: Option<Answered>,
    pub(crate) effects: Effects,
}

/// Why a message is blocked, and the id of the request that it answers, if that is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    pub(super) why: Problem,
    pub(super) id: Option<Box<str>>,
}

impl Observers {
    pub(super) fn new(policy: &Policy, rules: Option<Rules>) -> Self {
        Self {
            rules,
            refunds: None,
            issued: None,
            tasks: None,
            logged: None,
            id: None,
            under_way: None,
            is_unclear: false,
            found: Findings::default(),
            bounds: policy.host.response_bounds(),
        }
    }

    /// Whether some observer needs more of the response.
    pub(super) fn are_open(&self) -> bool {
        let refunds = self.refunds.as_ref();
        let issued = self.issued.as_ref();
        self.rules.is_some()
            || refunds.is_some_and(RefundTracker::is_open)
            || issued.is_some_and(IssuanceTracker::is_open)
            || self.tasks.is_some()
            || self.log_awaits_answer()
            || self.id_is_open()
    }

    /// Whether the request id is open, so that other exchanges may wait for its answer.
    pub(super) fn id_is_open(&self) -> bool {
        self.under_way.as_ref().is_some_and(IdTracker::is_open)
    }

    /// Ends the request id. It is free if its answer was judged (`is_answered`), and unclear otherwise.
    pub(super) fn end(&mut self, is_answered: bool) {
        let ended = self.under_way.as_mut();
        let ended = ended.and_then(|tracker| tracker.end(is_answered));
        self.found.effects.end(ended);
    }

    /// Whether the answer is logged and has not come yet.
    pub(super) fn log_awaits_answer(&self) -> bool {
        let logged = self.logged.as_ref();
        logged.is_some_and(|logged| logged.is_open())
    }

    /// Whether the end of the exchange is not logged yet.
    pub(super) fn log_awaits_end(&self) -> bool {
        let logged = self.logged.as_ref();
        logged.is_some_and(|logged| logged.awaits_end())
    }

    /// Notes that a message with this id passed without being parsed.
    pub(super) fn passed(&mut self, id: &str, kind: AnswerKind) {
        if self.is_own(id) {
            let issued = self.issued.as_ref();
            let may_be_task = issued.is_some_and(IssuanceTracker::may_be_task);
            if kind == AnswerKind::Result || !may_be_task {
                self.left();
            }
            if let Some(logged) = &mut self.logged {
                logged.note(kind);
            }
            self.end(true);
        }
    }

    /// Ends the place of the call among those under way.
    fn left(&mut self) {
        let refunds = self.refunds.as_mut();
        let refund = refunds
            .filter(|refunds| refunds.awaits_answer())
            .and_then(RefundTracker::ended);
        self.found.effects.give_back(refund);
    }

    /// Whether the end of the request is wanted, also by an answer that is not parsed.
    pub(super) fn awaits_answer(&self) -> bool {
        let refunds = self.refunds.as_ref();
        refunds.is_some_and(RefundTracker::awaits_answer)
            || self.id_is_open()
            || self.log_awaits_answer()
    }

    /// The cuts in a message or a batch that the scanner has read to its end.
    ///
    /// # Errors
    /// `Blocked` if the text is not one strict JSON document, or a rule refuses a message in it.
    pub(super) fn cuts(
        &mut self,
        text: &[u8],
        scanner: &MessageScanner,
    ) -> Result<Vec<Cut>, Blocked> {
        if text.trim_ascii().is_empty() {
            return Ok(Vec::new());
        }
        if let Some(fault) = scanner.fault_at_end() {
            return Err(Blocked::unreadable(ListError::Json(fault)));
        }
        if !self.concerns(text, scanner) {
            if let Some(id) = scanner.id() {
                self.passed(id, AnswerKind::Result);
            }
            return Ok(Vec::new());
        }
        let document = Document::read(text, self.bounds);
        let document =
            document.map_err(|error| Blocked::unreadable(ListError::Json(error.fault)))?;
        if let Some(rules) = &mut self.rules {
            rules.begin(text.len(), scanner.letters_are_escaped());
        }
        let root = document.root();
        let batch = root.kind() == Kind::Array;
        let messages = [root].into_iter().filter(|_| !batch);
        let mut cuts = Vec::new();
        for message in messages.chain(root.elements()) {
            let own = self.message(message).map_err(|why| Blocked {
                why,
                id: id(message),
            });
            cuts.extend(own?);
        }
        self.note_problems();
        Ok(cuts)
    }

    /// The cuts in a text that is not a message.
    pub(super) fn text_cuts(&mut self, text: &str) -> Result<Vec<Cut>, Blocked> {
        let cuts = self.rules.as_mut().map(|rules| rules.text(text));
        let cuts = cuts.transpose().map_err(|why| Blocked { why, id: None })?;
        self.note_problems();
        Ok(cuts.unwrap_or_default())
    }

    fn concerns(&self, text: &[u8], scanner: &MessageScanner) -> bool {
        let rules = self.rules.as_ref();
        // Without needles the text is not decoded.
        let stands = |needles: &[&str]| {
            let text = (!needles.is_empty()).then(|| std::str::from_utf8(text).unwrap_or_default());
            text.is_some_and(|text| needles.iter().any(|needle| text.contains(needle)))
        };
        let refunds = self.refunds.as_ref().map(RefundTracker::needles);
        let issued = self.issued.as_ref().map(IssuanceTracker::needles);
        let logged = self.logged.as_ref().map(|logged| logged.needles());
        // A name with escapes may be that of a task.
        let may_be_task = self
            .issued
            .as_ref()
            .is_some_and(IssuanceTracker::may_be_task);
        let hides_task = may_be_task && scanner.letters_are_escaped();
        let matters = rules.is_some_and(Rules::matter) || hides_task;
        let looks = rules.is_some() || self.id_is_open();
        matters
            || looks && scanner.may_contain_list()
            || rules.is_some() && scanner.may_be_public()
            || refunds.is_some_and(stands)
            || issued.is_some_and(stands)
            || self
                .tasks
                .as_ref()
                .is_some_and(|tasks| tasks.awaits_result() || stands(task_ends::NEEDLES))
            || logged.is_some_and(stands)
    }

    fn message(&mut self, message: Value<'_>) -> Result<Vec<Cut>, Problem> {
        let answers = self.answers(message);
        if answers {
            if let Some(logged) = &mut self.logged {
                logged.answered(message);
            }
            self.end(true);
        }
        let issued = self.issued.as_ref().filter(|_| answers);
        let task = issued.and_then(|issued| issued.task(message));
        let cuts = match &mut self.rules {
            Some(rules) => rules.message(message, answers),
            None => Ok(Vec::new()),
        };
        if answers && cuts.is_err() {
            // An answer that is replaced by an error causes no refund. Its call is no longer under way, unless it became a
            // task.
            if task.is_none() {
                self.left();
            }
            self.refunds = None;
        }
        let cuts = cuts?;
        let ended = self.tasks.as_ref();
        let ended = ended.and_then(|tasks| tasks.ended(message, answers));
        self.found.effects.finish(ended);
        if answers {
            let issued = self.issued.as_mut();
            let issued = issued.map(|issued| issued.answered(task.as_ref()));
            let refunds = self.refunds.as_mut();
            let refund = refunds.and_then(|refunds| refunds.answered(message, task));
            self.found.effects.give_back(refund);
            self.found.effects.write(issued.into_iter().flatten());
        }
        Ok(cuts)
    }

    /// Whether the message is the answer to the request.
    fn answers(&self, message: Value<'_>) -> bool {
        let id = message.get("id");
        message.get("method").is_none() && id.is_some_and(|id| self.is_own(id.raw()))
    }

    /// Whether this is the id of the request, and not yet free for a later one.
    fn is_own(&self, id: &str) -> bool {
        let ended = self.under_way.as_ref().is_some_and(IdTracker::is_ended);
        let own = self.id.as_deref().filter(|_| !ended);
        own.is_some_and(|own| is_same_id(own, id))
    }

    fn note_problems(&mut self) {
        if let Some(rules) = &mut self.rules {
            let problem = rules.problem();
            self.found.problem = self.found.problem.take().or(problem);
            self.found.effects.write(rules.writes());
        }
    }
}

impl Blocked {
    fn unreadable(why: ListError) -> Self {
        Self {
            why: Problem::ListError(why),
            id: None,
        }
    }
}

/// The id of a request that the message answers.
fn id(message: Value<'_>) -> Option<Box<str>> {
    // A request of the server may have the same id as a request of the client.
    let mut names = message.members().map(|(name, _)| name);
    if names.any(|name| is_confusable(&name, ["method"].into_iter())) {
        return None;
    }
    let id = message.get("id")?;
    matches!(id.kind(), Kind::String | Kind::Number).then(|| id.raw().into())
}
