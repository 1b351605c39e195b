//! Turns what may be a tool's result into what has to be cut out of its texts, or refuses it for its length.
//!
//! Where the tool of a result is unknown, the rules of all tools hold. It looks at every text that a model can read, never
//! at images, sounds and other binary content.

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
    rules: &'r Rules<'r>,
    /// The tool is known.
    is_known: bool,
    results: &'r mut Results,
    pub(super) cuts: Vec<Cut>,
    /// For each expression of the rules, in their order, once it was searched for.
    finders: Vec<Option<Finder<'r>>>,
    /// The longest text that may come of it.
    max: usize,
    /// Content of MCP may stand here, binary content among it.
    content: bool,
}

/// How deep a result may stand in what tells of it.
const DEEPEST: usize = 4;

/// By which of its members a result is known.
const RESULT: [&str; 2] = ["content", "structuredContent"];

/// Members of a result that a client hands back as they are, and shows to nobody. They may be tokens.
const HANDED_BACK: [&str; 2] = ["nextCursor", "requestState"];

impl<'r> Redactor<'r> {
    pub(super) fn new(
        rules: &'r Rules<'r>,
        is_known: bool,
        results: &'r mut Results,
        max: usize,
    ) -> Self {
        Self {
            rules,
            is_known,
            results,
            cuts: Vec::new(),
            finders: Vec::new(),
            max,
            content: true,
        }
    }

    /// The result of a message, or of a task that it tells of, which is not longer than it may be.
    pub(super) fn result(&mut self, result: Value<'_>) -> Result<(), Problem> {
        // Of what nobody knows it may be no tool's at all.
        let is_result = |name: &str| is_confusable(name, RESULT.into_iter());
        let mut names = result.members().map(|(name, _)| name);
        match self.is_known || names.any(|name| is_result(&name)) {
            true => self.check_length(result.range().len()),
            false => Ok(()),
        }
    }

    /// An error, whose texts are a tool's too.
    pub(super) fn error(&mut self, error: Value<'_>) -> Result<(), Problem> {
        if self.is_known {
            self.check_length(error.range().len())?;
        }
        self.texts(error, "error")
    }

    /// Whether so many bytes are more than a tool may return.
    pub(super) fn check_length(&mut self, length: usize) -> Result<(), Problem> {
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

    /// A member of a message's result.
    pub(super) fn member(
        &mut self,
        name: &str,
        value: Value<'_>,
        depth: usize,
    ) -> Result<(), Problem> {
        if HANDED_BACK.contains(&name) {
            return Ok(());
        }
        let inner = is_confusable(name, ["result", "task"].into_iter());
        if inner && depth < DEEPEST {
            self.result(value)?;
            let mut members = value.members();
            return members
                .try_for_each(|(name, value)| self.member(&name, value, depth.saturating_add(1)));
        }
        self.content = name != "structuredContent";
        let looked = self.texts(value, name);
        self.content = true;
        looked
    }

    /// The members of a result, of a task that tells of one, or of the parameters of a notification.
    pub(super) fn members(&mut self, holder: Value<'_>, depth: usize) -> Result<(), Problem> {
        if holder.kind() != Kind::Object {
            return self.texts(holder, "");
        }
        holder.named().try_for_each(|(name, value)| {
            self.text(name, "")?;
            self.member(&name.string().unwrap_or_default(), value, depth)
        })
    }

    /// Every text in a value, names of members among them; `name` is that of the member that it is of. Its depth was
    /// bounded when it was read.
    pub(super) fn texts(&mut self, value: Value<'_>, name: &str) -> Result<(), Problem> {
        if self.rules.is_empty() {
            return Ok(());
        }
        match value.kind() {
            Kind::String => self.text(value, name),
            Kind::Array => value
                .elements()
                .try_for_each(|value| self.texts(value, name)),
            Kind::Object => {
                for (name, member) in value.named() {
                    self.text(name, "")?;
                    let name = name.string().unwrap_or_default();
                    if !(self.content && is_binary(value, &name, member)) {
                        self.texts(member, &name)?;
                    }
                }
                Ok(())
            }
            Kind::Null | Kind::Bool | Kind::Number => Ok(()),
        }
    }

    /// A text that is no JSON.
    pub(super) fn plain(&mut self, text: &str) -> Result<(), Problem> {
        let after = self.redacted(text, "")?;
        if after != text {
            self.cuts.push(Cut {
                range: 0..text.len(),
                with: Cow::Owned(after.into_owned()),
            });
        }
        Ok(())
    }

    fn text(&mut self, value: Value<'_>, name: &str) -> Result<(), Problem> {
        let before = value.string().unwrap_or_default();
        let after = self.redacted(&before, name)?;
        if after != before {
            // Writing plain text into memory cannot fail.
            let with = serde_json::to_string(&after).unwrap_or_default();
            self.cuts.push(Cut {
                range: value.range(),
                with: with.into(),
            });
        }
        Ok(())
    }

    /// The text as the rules leave it.
    fn redacted<'t>(&mut self, before: &'t str, name: &str) -> Result<Cow<'t, str>, Problem> {
        let mut text = Cow::Borrowed(before);
        let rules = self.rules.iter().flat_map(|(rules, mode)| {
            let patterns = rules.redact.iter().enumerate();
            patterns.map(move |(index, pattern)| (rules, index, pattern, *mode))
        });
        for (place, (rules, index, pattern, mode)) in rules.enumerate() {
            if self.finders.len() <= place {
                self.finders.push(None);
            }
            let finder = self.finders.get_mut(place);
            let found = pattern.found(&text, name, finder, self.results.budget(mode));
            let rule = || rules.redact_rule(index);
            let (withheld, found) = match (found, mode) {
                (Ok(found), _) => (None, found),
                (Err(_), Mode::Enforce) => return Err(Problem::TooMuchWork(rule())),
                (Err(_), Mode::Shadow) => (Some(ALL), Vec::new()),
            };
            let all = withheld.into_iter().chain(found.iter().map(|of| of.1));
            for (what, times) in counted(all) {
                self.results.note(Redaction {
                    what,
                    rule: rule(),
                    mode,
                    times,
                });
            }
            if mode == Mode::Enforce && !found.is_empty() {
                let after = replaced(&text, found, self.max);
                text = Cow::Owned(after.ok_or(Problem::TooLong(self.max))?);
            }
        }
        Ok(text)
    }
}

/// Binary content by its place (2025-11-25, Tools, Content types): of an image, a sound or a resource, and base64.
fn is_binary(holder: Value<'_>, name: &str, member: Value<'_>) -> bool {
    let kind = || holder.get("type").and_then(Value::string);
    let place = match name {
        "data" => matches!(kind().as_deref(), Some("image" | "audio")),
        "blob" => holder.get("uri").is_some(),
        _ => false,
    };
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    place && member.string().is_some_and(|text| text.chars().all(base64))
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
