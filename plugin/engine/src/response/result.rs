//! Turns what may be a tool's result into what has to be cut out of its texts, or refuses it for its length.
//!
//! Where nobody can tell which tool a result is of, the rules of all tools hold. It looks at texts, never at images, sounds
//! and other binary content.

use super::cut::Cut;
use super::problem::{Problem, Redaction};
use crate::decide::{ResultOf, Visibility};
use crate::model::{Mode, Pattern, ResultRules};
use crate::read::{Message, is_confusable};
use crate::words::json::{Kind, Value};
use crate::words::secret;
use crate::words::secret::SECRETS;
use std::borrow::Cow;

/// The results in one response.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// Of what an answer in it is the result.
    answer: ResultOf,
    redactions: Vec<Redaction>,
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
            self.results.redactions.push(Redaction {
                what: "all of it",
                rule,
                mode: *mode,
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
        for (rules, mode) in self.rules {
            for (index, pattern) in rules.redact.iter().enumerate() {
                let (after, taken) = pattern.applied(&text, name);
                let rule = || rules.redact_rule(index);
                let redactions = taken.iter().map(|&what| Redaction {
                    what,
                    rule: rule(),
                    mode: *mode,
                });
                self.results.redactions.extend(redactions);
                if *mode == Mode::Enforce && !taken.is_empty() {
                    text = Cow::Owned(after);
                }
                if text.len() > self.max {
                    return Err(Problem::TooLong(self.max));
                }
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

/// What takes the place of something that an expression of the policy's own matches.
const OWN: &str = "regex";

impl Pattern {
    /// The text without what the pattern finds in it, and what that is.
    fn applied(&self, text: &str, name: &str) -> (String, Vec<&'static str>) {
        let found: Vec<_> = match self {
            Self::Mistake => Vec::new(),
            Self::Secrets => secret::find_value(name, text, |_| true),
            Self::Secret(kind) => secret::find_value(name, text, |other| other == *kind),
            Self::Regex(regex) => {
                let found = regex.find_iter(text).filter(|found| !found.is_empty());
                return replaced(text, found.map(|found| (found.range(), OWN)));
            }
        };
        let name = |kind: usize| SECRETS.get(kind).map_or(OWN, |secret| secret.name);
        replaced(
            text,
            found
                .into_iter()
                .map(|found| (found.range, name(found.kind))),
        )
    }
}

/// The text with a word in the place of each of these, which stand in its order.
fn replaced(
    text: &str,
    found: impl Iterator<Item = (std::ops::Range<usize>, &'static str)>,
) -> (String, Vec<&'static str>) {
    let mut out = String::new();
    let mut taken = Vec::new();
    let mut from = 0;
    for (range, what) in found {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        out.push_str("[REDACTED ");
        out.push_str(what);
        out.push(']');
        taken.push(what);
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, taken)
}
