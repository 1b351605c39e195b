//! The `result` rules as the policy writes them: how long a tool's result may be, and what is taken out of it.
//!
//! They look at no result; `response` does.

use super::reader::{Keys, Location, PolicyReader};
use crate::model::{Pattern, ResultRules};
use crate::words::Rule;
use crate::words::expression::Expression;
use crate::words::json::{Kind, Value};
use crate::words::secret::SECRETS;
use crate::words::work::Budget;

pub(crate) const RESULT: Keys = Keys {
    supported: &["max_bytes", "redact"],
    reserved: &[],
};

pub(crate) const REDACT: Keys = Keys {
    supported: &["regex"],
    reserved: &[],
};

/// The word for all kinds of secrets.
pub(crate) const ALL: &str = "secrets";

/// From and to, of `max_bytes`.
pub(crate) const RANGE: (u64, u64) = (1, 64 * 1024 * 1024);

impl PolicyReader {
    /// The rules at `at`; `rule` is that of the entry.
    pub(super) fn result(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: &Rule,
    ) -> ResultRules {
        let members = self.object(at, value, &RESULT);
        let (least, most) = RANGE;
        let max_bytes = members.get("max_bytes");
        let max_bytes =
            max_bytes.and_then(|value| self.whole(&at.key("max_bytes"), value, least, most));
        let patterns = members.get("redact").map(|value| {
            let at = at.key("redact");
            let elements = self.list(&at, value, "patterns").enumerate();
            let pattern = |(index, value)| self.pattern(&at.index(index), value);
            elements.map(pattern).collect()
        });
        ResultRules {
            max_bytes: max_bytes.and_then(|max| usize::try_from(max).ok()),
            redact: patterns.unwrap_or_default(),
            rule: rule.clone(),
        }
    }

    fn pattern(&mut self, at: &Location<'_>, value: Value<'_>) -> Pattern {
        if value.kind() == Kind::Object {
            return self.own_pattern(at, value).unwrap_or(Pattern::Mistake);
        }
        let name = value.string();
        let kind = |name: &str| SECRETS.iter().position(|secret| secret.name == name);
        match name.as_deref().map(|name| (name, kind(name))) {
            Some((ALL, _)) => Pattern::Secrets,
            Some((_, Some(kind))) => Pattern::Secret(kind),
            _ => {
                let names: Vec<_> = SECRETS.iter().map(|secret| secret.name).collect();
                let write = format!(
                    r#""{ALL}" for all of {}, or {{"regex": "…"}}"#,
                    names.join(", ")
                );
                self.invalid(at, value, &write);
                Pattern::Mistake
            }
        }
    }

    fn own_pattern(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Pattern> {
        let members = self.object(at, value, &REDACT);
        let value = self.required(at, &members, "regex")?;
        let at = at.key("regex");
        let text = self.string(&at, value)?;
        let regex = self.compiled(&at, value, Expression::located(&text))?;
        if regex.is_match("", &Budget::unlimited()) != Ok(false) {
            self.invalid(
                &at,
                value,
                "an expression that does not match the empty string",
            );
        }
        Some(Pattern::Regex(regex))
    }
}
