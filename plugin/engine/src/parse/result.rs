//! Turns the `result` rules of a policy into the model: the maximum length of a tool's result, the patterns to redact in
//! it, and those that withhold it.
//!
//! It reads no result; `response` does.

use super::reader::{Keys, Location, PolicyReader};
use crate::model::{Pattern, ResultRules, Sought, Treatment};
use crate::words::Rule;
use crate::words::expression::Expression;
use crate::words::json::{Kind, Value};
use crate::words::secret::{Kinds, SECRETS};
use crate::words::work::Budget;

pub(crate) const RESULT: Keys = Keys {
    supported: &["max_bytes", "redact", "block"],
    reserved: &[],
};

pub(crate) const REDACT: Keys = Keys {
    supported: &["regex"],
    reserved: &[],
};

/// The word for all kinds of secrets.
pub(crate) const ALL: &str = "secrets";

/// The minimum and maximum of `max_bytes`.
pub(crate) const RANGE: (u64, u64) = (1, 64 * 1024 * 1024);

impl PolicyReader {
    /// The result rules at `at`; `rule` names the entry.
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
        let mut patterns = Vec::new();
        for (key, treatment) in [("block", Treatment::Block), ("redact", Treatment::Redact)] {
            let Some(value) = members.get(key) else {
                continue;
            };
            let at = at.key(key);
            let elements: Vec<_> = self.list(&at, value, "patterns").collect();
            for (index, value) in elements.into_iter().enumerate() {
                patterns.push(Sought {
                    treatment,
                    pattern: self.pattern(&at.index(index), value),
                    index,
                });
            }
        }
        ResultRules {
            max_bytes: max_bytes.and_then(|max| usize::try_from(max).ok()),
            patterns,
            rule: rule.clone(),
        }
    }

    /// The list of kinds of secrets under `secret`.
    pub(super) fn secret_kinds(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Kinds> {
        let elements: Vec<_> = self
            .list(at, value, "kinds of secrets")
            .enumerate()
            .collect();
        let mut kinds = Kinds::NONE;
        for (index, value) in &elements {
            let own = match value.string().as_deref() {
                Some(ALL) => Kinds::ALL,
                name => kind(name.unwrap_or_default()).map_or(Kinds::NONE, Kinds::one),
            };
            if own == Kinds::NONE {
                let write = format!(r#""{ALL}" for all kinds, or one of {}"#, names());
                self.invalid(&at.index(*index), *value, &write);
            }
            kinds = kinds.and(own);
        }
        if elements.is_empty() && value.kind() == Kind::Array {
            self.invalid(at, value, &format!(r#"["{ALL}"], or some of {}"#, names()));
        }
        Some(kinds)
    }

    fn pattern(&mut self, at: &Location<'_>, value: Value<'_>) -> Pattern {
        if value.kind() == Kind::Object {
            return self.own_pattern(at, value).unwrap_or(Pattern::Mistake);
        }
        let name = value.string();
        match name.as_deref().map(|name| (name, kind(name))) {
            Some((ALL, _)) => Pattern::Secrets,
            Some((_, Some(kind))) => Pattern::Secret(kind),
            _ => {
                let write = format!(r#""{ALL}" for all of {}, or {{"regex": "…"}}"#, names());
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

/// The place of a kind of secrets in the table.
fn kind(name: &str) -> Option<usize> {
    SECRETS.iter().position(|secret| secret.name == name)
}

fn names() -> String {
    let names: Vec<_> = SECRETS.iter().map(|secret| secret.name).collect();
    names.join(", ")
}
