//! Turns what may be a tool's result into what has to be cut out of its texts, or refuses it for its length.
//!
//! Where the tool of a result is unknown, the rules of all tools hold. It looks at every text that a model can read, never
//! at images, sounds and other binary content.

use super::cut::Cut;
use super::problem::{Problem, Redaction};
use super::result::Results;
use super::search::{ALL, Searches};
use crate::model::{AppliedRules, Mode};
use crate::read::is_confusable;
use crate::words::json::{Kind, Value, quoted};

/// What some results must meet.
type Rules<'p> = [AppliedRules<'p>];

/// What is cut out of one message's texts.
pub(super) struct Redactor<'r> {
    rules: &'r Rules<'r>,
    /// The tool is known.
    is_known: bool,
    results: &'r mut Results,
    pub(super) cuts: Vec<Cut>,
    searches: Searches<'r>,
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
            searches: Searches::new(rules),
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

    /// A text that is no JSON.
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
