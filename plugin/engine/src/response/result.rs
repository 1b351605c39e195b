//! Turns what may be a tool's result into what has to be cut out of its texts, or refuses it for its length.
//!
//! Where nobody can tell which tool a result is of, the rules of all tools hold. It looks at texts, never at images, sounds
//! and other binary content.

use super::cut::Cut;
use super::problem::{Problem, Redaction};
use crate::decide::{ResultOf, Visibility};
use crate::model::{Mode, Pattern, ResultRules};
use crate::read::{Message, is_confusable};
use crate::words::expression::Finder;
use crate::words::json::{Kind, Value};
use crate::words::secret;
use crate::words::secret::SECRETS;
use crate::words::work::{Budget, Budgets, Exhausted};
use std::borrow::Cow;
use std::ops::Range;

/// The results in one response.
#[derive(Debug)]
pub(super) struct Results {
    /// Of what an answer in it is the result.
    answer: ResultOf,
    redactions: Vec<Redaction>,
    /// Those of the document or event that is searched.
    budgets: Budgets,
    /// What was taken of those before.
    steps: u64,
}

impl Default for Results {
    fn default() -> Self {
        Self {
            answer: ResultOf::default(),
            redactions: Vec::new(),
            budgets: Budgets::new(|| Budget::of(0)),
            steps: 0,
        }
    }
}

/// What some results must meet, each with the mode that it stands in.
type Rules<'p> = [(&'p ResultRules, Mode)];

impl Results {
    /// The response answers this message.
    pub(super) fn answers(&mut self, message: &Message<'_>) {
        self.answer = match message {
            Message::Request { call, .. } => ResultOf::of(call),
            Message::Notification(_) | Message::Response => ResultOf::None,
        };
    }

    /// The response is none that a client takes for an answer.
    pub(super) fn are_none(&mut self) {
        self.answer = ResultOf::None;
    }

    /// Every message of the response has to be read.
    pub(super) fn matter(&self, visibility: &Visibility) -> bool {
        !visibility.result_rules(&self.answer).is_empty()
    }

    /// Of what this message may hold the result.
    pub(super) fn result_of(&self, message: Value<'_>) -> &ResultOf {
        // What is no answer may tell of any task.
        match message.get("method") {
            Some(_) => &ResultOf::Unknown,
            None => &self.answer,
        }
    }

    /// A document or event begins, whose searches have such a budget.
    pub(super) fn begin(&mut self, budget: impl Fn() -> Budget) {
        self.steps = self.steps.saturating_add(self.budgets.taken());
        self.budgets = Budgets::new(budget);
    }

    /// The steps that all searches took.
    #[cfg(feature = "explain")]
    pub(super) fn steps(&self) -> u64 {
        self.steps.saturating_add(self.budgets.taken())
    }

    fn budget(&self, mode: Mode) -> &Budget {
        match mode {
            Mode::Enforce => &self.budgets.enforced,
            Mode::Shadow => &self.budgets.shadow,
        }
    }

    /// Notes what was found. A kind is noted once for each rule, however often it is found.
    fn note(&mut self, redaction: Redaction) {
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

/// What is cut out of one message's texts.
pub(super) struct Redactor<'r> {
    pub(super) rules: &'r Rules<'r>,
    /// The tool is known.
    pub(super) is_known: bool,
    pub(super) results: &'r mut Results,
    pub(super) cuts: Vec<Cut>,
    /// For each expression of the rules, in their order, once it was searched for.
    pub(super) finders: Vec<Option<Finder<'r>>>,
    /// The longest text that may come of it.
    pub(super) max: usize,
}

/// How deep a result may stand in what tells of it.
const DEEPEST: usize = 4;

/// By which of its members a result is known.
const RESULT: [&str; 2] = ["content", "structuredContent"];

/// The members of results, errors, tasks and notifications in which there is text of a tool's.
const TEXTS: [&str; 6] = [
    "content",
    "structuredContent",
    "error",
    "message",
    "data",
    "statusMessage",
];

impl Redactor<'_> {
    /// The result of a message, or of a task that it tells of, which is not longer than it may be.
    pub(super) fn check_length(&mut self, result: Value<'_>) -> Result<(), Problem> {
        // Of what nobody knows it may be no tool's at all.
        let is_result = |name: &str| is_confusable(name, RESULT.into_iter());
        let mut names = result.members().map(|(name, _)| name);
        if !names.any(|name| is_result(&name)) && !self.is_known {
            return Ok(());
        }
        let length = result.range().len();
        for (rules, mode) in self.rules {
            let Some(max) = rules.max_bytes.filter(|max| length > *max) else {
                continue;
            };
            let rule = rules.max_bytes_rule();
            if *mode == Mode::Enforce {
                return Err(Problem::TooMuch { rule, length, max });
            }
            self.results.note(Redaction {
                what: ALL,
                rule,
                mode: *mode,
                times: 1,
            });
        }
        Ok(())
    }

    /// A member of a message's result, or of the parameters of a notification.
    pub(super) fn member(
        &mut self,
        name: &str,
        value: Value<'_>,
        depth: usize,
    ) -> Result<(), Problem> {
        let is = |names: &[&'static str]| is_confusable(name, names.iter().copied());
        if is(&TEXTS) {
            return self.texts(value, "");
        }
        if is(&["result", "task"]) && depth < DEEPEST {
            self.check_length(value)?;
            return self.members(value, depth.saturating_add(1));
        }
        Ok(())
    }

    /// The parameters of a notification, or what a task tells of itself.
    pub(super) fn members(&mut self, holder: Value<'_>, depth: usize) -> Result<(), Problem> {
        let mut members = holder.members();
        members.try_for_each(|(name, value)| self.member(&name, value, depth))
    }

    /// Every text in a value; `name` is that of the member that it is of. Its depth was bounded when it was read.
    fn texts(&mut self, value: Value<'_>, name: &str) -> Result<(), Problem> {
        match value.kind() {
            Kind::String => self.text(value, name),
            Kind::Array => value
                .elements()
                .try_for_each(|value| self.texts(value, name)),
            Kind::Object => {
                let kind = value.get("type").and_then(Value::string);
                let media = matches!(kind.as_deref(), Some("image" | "audio"));
                for (name, value) in value.named() {
                    self.text(name, "")?;
                    let name = name.string().unwrap_or_default();
                    let binary = name == "blob" || media && name == "data";
                    if !binary {
                        self.texts(value, &name)?;
                    }
                }
                Ok(())
            }
            Kind::Null | Kind::Bool | Kind::Number => Ok(()),
        }
    }

    fn text(&mut self, value: Value<'_>, name: &str) -> Result<(), Problem> {
        let before = value.string().unwrap_or_default();
        let mut text = before.clone();
        let rules = self.rules.iter().flat_map(|(rules, mode)| {
            let patterns = rules.redact.iter().enumerate();
            patterns.map(move |(index, pattern)| (rules, index, pattern, *mode))
        });
        for (place, (rules, index, pattern, mode)) in rules.enumerate() {
            let rule = || rules.redact_rule(index);
            if self.finders.len() <= place {
                self.finders.push(None);
            }
            let finder = self.finders.get_mut(place);
            let budget = self.results.budget(mode);
            let found = pattern.found(&text, name, finder, budget);
            let (what, found) = match (found, mode) {
                (Ok(found), _) => (None, found),
                (Err(_), Mode::Enforce) => return Err(Problem::TooMuchWork(rule())),
                (Err(_), Mode::Shadow) => (Some(ALL), Vec::new()),
            };
            for (what, times) in counted(what.into_iter().chain(found.iter().map(|of| of.1))) {
                let rule = rule();
                let redaction = Redaction {
                    what,
                    rule,
                    mode,
                    times,
                };
                self.results.note(redaction);
            }
            if mode == Mode::Enforce && !found.is_empty() {
                let after = replaced(&text, found, self.max);
                text = Cow::Owned(after.ok_or(Problem::TooLong(self.max))?);
            }
        }
        if text != before {
            // Writing plain text into memory cannot fail.
            let with = serde_json::to_string(&text).unwrap_or_default();
            self.cuts.push(Cut {
                range: value.range(),
                with: with.into(),
            });
        }
        Ok(())
    }
}

/// What would be withheld in shadow mode.
const ALL: &str = "all of it";

/// What takes the place of something that an expression of the policy's own matches.
const OWN: &str = "regex";

/// The steps that it takes to begin a search of one text.
const BEGIN: usize = 32;

/// Where something stands in a text, and what it is.
type Found = Vec<(Range<usize>, &'static str)>;

impl Pattern {
    /// What the pattern finds in the text, in its order.
    fn found<'p>(
        &'p self,
        text: &str,
        name: &str,
        finder: Option<&mut Option<Finder<'p>>>,
        budget: &Budget,
    ) -> Result<Found, Exhausted> {
        budget.take(BEGIN.saturating_add(text.len().checked_div(4).unwrap_or(0)))?;
        let found = match self {
            Self::Mistake => Vec::new(),
            Self::Secrets => secret::find_value(name, text, budget, |_| true)?,
            Self::Secret(kind) => secret::find_value(name, text, budget, |other| other == *kind)?,
            Self::Regex(regex) => {
                let mut own = None;
                let finder = finder.unwrap_or(&mut own);
                let finder = finder.get_or_insert_with(|| Finder::new(regex));
                let found = finder.find_all(text, budget)?.into_iter();
                return Ok(found.map(|range| (range, OWN)).collect());
            }
        };
        let name = |kind: usize| SECRETS.get(kind).map_or(OWN, |secret| secret.name);
        let found = found.into_iter();
        Ok(found.map(|found| (found.range, name(found.kind))).collect())
    }
}

/// Each once, and how often.
fn counted(all: impl Iterator<Item = &'static str>) -> Vec<(&'static str, usize)> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for what in all {
        match counted.iter_mut().find(|(other, _)| *other == what) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => counted.push((what, 1)),
        }
    }
    counted
}

/// The text with a word in the place of each of these, which stand in its order; `None` where it exceeds `max` bytes.
fn replaced(text: &str, found: Found, max: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, what) in found {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str("[REDACTED ");
        out.push_str(what);
        out.push(']');
        from = range.end;
        if out.len() > max {
            return None;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out.len() <= max).then_some(out)
}
