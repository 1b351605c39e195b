//! Turns a possible tool result into the cuts in its texts, or refuses it for its length or for a text in it.
//!
//! If the tool of a result is unknown, the rules of all tools apply. It searches every text that a model can read, and
//! never searches images, sounds and other binary content.

use super::cut::Cut;
use super::problem::{Problem, Redaction};
use super::result::Results;
use super::search::{ALL, Searches};
use crate::model::{AppliedRules, Mode};
use crate::read::is_confusable;
use crate::words::json::{Kind, Value, quoted};

/// The rules that apply to a result.
type Rules<'p> = [AppliedRules<'p>];

/// Collects the cuts in the texts of one message.
pub(super) struct Redactor<'r> {
    rules: &'r Rules<'r>,
    /// The tool of the result is known.
    is_known: bool,
    results: &'r mut Results,
    pub(super) cuts: Vec<Cut>,
    searches: Searches<'r>,
    /// The longest text after redaction, in bytes.
    max: usize,
    /// The texts may be MCP content, in which binary content is not searched.
    content: bool,
}

/// How many levels of `result` and `task` members are read as results.
const DEEPEST: usize = 4;

/// The members by which a tool result is recognized.
const RESULT: [&str; 2] = ["content", "structuredContent"];

/// Members of a result that a client returns unchanged and never shows. They may be tokens.
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
            searches: Searches::new(rules),
            max,
            content: true,
        }
    }

    /// Checks the length of a message's result, or of the result of a task that it reports.
    pub(super) fn result(&mut self, result: Value<'_>) -> Result<(), Problem> {
        // If the tool is unknown, the result may belong to another method.
        let is_result = |name: &str| is_confusable(name, RESULT.into_iter());
        let mut names = result.members().map(|(name, _)| name);
        match self.is_known || names.any(|name| is_result(&name)) {
            true => self.check_length(result.range().len()),
            false => Ok(()),
        }
    }

    /// Checks and searches an error, whose texts may also come from a tool.
    pub(super) fn error(&mut self, error: Value<'_>) -> Result<(), Problem> {
        if self.is_known {
            self.check_length(error.range().len())?;
        }
        self.texts(error, "error")
    }

    /// Checks a length in bytes against each rule. A length that exceeds a rule in shadow mode is noted.
    ///
    /// # Errors
    /// `Problem::TooMuch` if the length exceeds an enforced rule.
    pub(super) fn check_length(&mut self, length: usize) -> Result<(), Problem> {
        for rules in self.rules {
            let Some(max) = rules.max_bytes().filter(|max| length > *max) else {
                continue;
            };
            let (rule, mode) = (rules.rules.max_bytes_rule(), rules.mode);
            if mode == Mode::Enforce {
                return Err(Problem::TooMuch { rule, length, max });
            }
            self.results.note(Redaction {
                what: ALL,
                rule,
                mode,
                times: 1,
            });
        }
        Ok(())
    }

    /// Searches a member of a message's result.
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

    /// Searches the members of a result, of a task that reports one, or of the parameters of a notification.
    pub(super) fn members(&mut self, holder: Value<'_>, depth: usize) -> Result<(), Problem> {
        if holder.kind() != Kind::Object {
            return self.texts(holder, "");
        }
        holder.named().try_for_each(|(name, value)| {
            self.text(name, "")?;
            self.member(&name.string().unwrap_or_default(), value, depth)
        })
    }

    /// Searches every text in a value, names of members included. `name` is the name of the member with this value. The
    /// depth is bounded by the parser.
    pub(super) fn texts(&mut self, value: Value<'_>, name: &str) -> Result<(), Problem> {
        if self.searches.is_empty() {
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

    /// Searches a text that is not JSON.
    pub(super) fn plain(&mut self, text: &str) -> Result<(), Problem> {
        let left = self.searches.plain(text, self.results, self.max)?;
        self.cuts.extend(left.map(|left| Cut {
            range: 0..text.len(),
            with: left.into(),
        }));
        Ok(())
    }

    fn text(&mut self, value: Value<'_>, name: &str) -> Result<(), Problem> {
        let left = self.searches.string(value, name, self.results, self.max)?;
        self.cuts.extend(left.map(|left| Cut {
            range: value.range(),
            with: quoted(&left).into(),
        }));
        Ok(())
    }
}

/// Whether a member is binary content: base64 of an image, a sound or a resource (2025-11-25, Tools, Content types).
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
