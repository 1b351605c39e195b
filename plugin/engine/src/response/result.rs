//! What is known of the results in one response: of which call they are, what was found in them, and how much work is left
//! for a search.
//!
//! It reads no message.

use super::problem::{Problem, Redaction};
use crate::decide::{ResultOf, Visibility};
use crate::model::{Mode, Policy};
use crate::read::Message;
use crate::words::work::{Budget, Budgets};

/// The results in one response.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// Of what an answer in it is the result.
    answer: ResultOf,
    redactions: Vec<Redaction>,
    /// Those of the document or event that is searched; none before the first.
    budgets: Option<Budgets>,
    /// That of rules in shadow mode was used up, which is noted once.
    shadow_is_over: bool,
    /// What was taken of those before.
    steps: u64,
    /// Some escape in it may stand for a letter or sign of a secret.
    letters_are_escaped: bool,
}

impl Results {
    /// The response answers this message.
    pub(super) fn answers(&mut self, message: &Message<'_>) {
        self.answer = match message {
            Message::Request { call, .. } => ResultOf::of(call),
            Message::Notification(_) | Message::Response => ResultOf::None,
        };
    }

    /// What answers the request may be the result of any tool.
    pub(super) fn unclear(&mut self) {
        self.answer = ResultOf::Unknown;
    }

    /// The answer to the request has to be read.
    pub(super) fn own_matter(&self, visibility: &Visibility) -> bool {
        !visibility.result_rules(&self.answer).is_empty()
    }

    /// Of what an answer is the result.
    pub(super) fn answer(&self) -> &ResultOf {
        &self.answer
    }

    /// Of what a message may hold the result. One that does not answer the request may be of any tool: a server may send the
    /// answer to one request on the stream of another.
    pub(super) fn result_of(&self, answers: bool) -> &ResultOf {
        match answers {
            true => &self.answer,
            false => &ResultOf::Unknown,
        }
    }

    /// A document, or an event of a stream, of so many bytes begins.
    pub(super) fn begin(&mut self, policy: &Policy, bytes: usize, letters_are_escaped: bool) {
        self.letters_are_escaped = letters_are_escaped;
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

    /// The steps that all searches took.
    #[cfg(feature = "explain")]
    pub(super) fn steps(&self) -> u64 {
        self.steps.saturating_add(self.taken())
    }

    pub(super) fn letters_are_escaped(&self) -> bool {
        self.letters_are_escaped
    }

    /// The budget of rules in shadow mode was used up.
    pub(super) fn end_shadow(&mut self) {
        self.shadow_is_over = true;
    }

    pub(super) fn shadow_is_over(&self) -> bool {
        self.shadow_is_over
    }

    /// The budget of rules in this mode; `None` before the first message.
    pub(super) fn budget(&self, mode: Mode) -> Option<&Budget> {
        let budgets = self.budgets.as_ref()?;
        match mode {
            Mode::Enforce => Some(&budgets.enforced),
            Mode::Shadow => Some(&budgets.shadow),
        }
    }

    /// Notes what was found. A kind is noted once for each rule, however often it is found.
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
