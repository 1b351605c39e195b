//! The state of the results in one response: the call that they answer, the redactions in them, and the work that is
//! left for searches.
//!
//! It never reads a message.

use super::problem::{Problem, Redaction};
use crate::decide::{ResultOf, Visibility};
use crate::model::{Mode, Policy};
use crate::read::Message;
use crate::words::work::{Budget, Budgets};

/// The state of the results in one response.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// What the answer to the request is the result of.
    answer: ResultOf,
    redactions: Vec<Redaction>,
    /// The budgets of the current document or event; `None` before the first.
    budgets: Option<Budgets>,
    /// The budget of the rules in shadow mode is exhausted, which is noted once.
    shadow_is_over: bool,
    /// The steps taken from the budgets of earlier documents and events.
    steps: u64,
    /// Some escape in the text may encode a character of a secret.
    letters_are_escaped: bool,
}

impl Results {
    /// Notes the message that the response answers.
    pub(super) fn answers(&mut self, message: &Message<'_>) {
        self.answer = match message {
            Message::Request { call, .. } => ResultOf::of(call),
            Message::Notification(_) | Message::Response => ResultOf::None,
        };
    }

    /// Notes that the answer to the request may be the result of any tool.
    pub(super) fn unclear(&mut self) {
        self.answer = ResultOf::Unknown;
    }

    /// Whether rules apply to the answer to the request.
    pub(super) fn own_matter(&self, visibility: &Visibility) -> bool {
        !visibility.result_rules(&self.answer).is_empty()
    }

    /// What the answer to the request is the result of.
    pub(super) fn answer(&self) -> &ResultOf {
        &self.answer
    }

    /// What a message may hold the result of. Unless it answers the request, the tool is unknown: a server may send the
    /// answer to one request on the stream of another.
    pub(super) fn result_of(&self, answers: bool) -> &ResultOf {
        match answers {
            true => &self.answer,
            false => &ResultOf::Unknown,
        }
    }

    /// Begins a document, or an event of a stream, of this length in bytes.
    pub(super) fn begin(&mut self, policy: &Policy, bytes: usize, letters_are_escaped: bool) {
        self.letters_are_escaped = letters_are_escaped;
        // What is left belongs to a message that was refused.
        self.redactions.clear();
        self.steps = self.steps.saturating_add(self.taken());
        self.shadow_is_over = false;
        self.budgets = Some(match &self.budgets {
            Some(budgets) => budgets.next(bytes),
            None => policy.budgets(bytes),
        });
    }

    fn taken(&self) -> u64 {
        self.budgets.as_ref().map_or(0, Budgets::taken)
    }

    /// The steps that all searches have taken.
    #[cfg(feature = "explain")]
    pub(super) fn steps(&self) -> u64 {
        self.steps.saturating_add(self.taken())
    }

    pub(super) fn letters_are_escaped(&self) -> bool {
        self.letters_are_escaped
    }

    /// Notes that the budget of the rules in shadow mode is exhausted.
    pub(super) fn end_shadow(&mut self) {
        self.shadow_is_over = true;
    }

    pub(super) fn shadow_is_over(&self) -> bool {
        self.shadow_is_over
    }

    /// The budget of the rules in this mode; `None` before the first message.
    pub(super) fn budget(&self, mode: Mode) -> Option<&Budget> {
        let budgets = self.budgets.as_ref()?;
        match mode {
            Mode::Enforce => Some(&budgets.enforced),
            Mode::Shadow => Some(&budgets.shadow),
        }
    }

    /// Notes a redaction. One kind is one entry for each rule and mode, with the number of times.
    pub(super) fn note(&mut self, redaction: Redaction) {
        let same = |other: &&mut Redaction| {
            other.what == redaction.what
                && other.mode == redaction.mode
                && other.rule == redaction.rule
        };
        match self.redactions.iter_mut().find(same) {
            Some(other) => other.times = other.times.saturating_add(redaction.times),
            None => self.redactions.push(redaction),
        }
    }

    pub(super) fn problem(&mut self) -> Option<Problem> {
        let redactions = std::mem::take(&mut self.redactions);
        (!redactions.is_empty()).then_some(Problem::Redacted(redactions))
    }
}
