//! The `result` rules as the policy writes them: how long a tool's result may be, and what is taken out of it.
//!
//! They look at no result; `response` does.

use super::walk::{At, Keys, Walk};
use crate::decide::Rule;
use crate::json::{Kind, Value};
use crate::secret::SECRETS;
use regex_lite::Regex;

/// What the results of a tool, or of all tools, must meet.
#[derive(Debug)]
pub(crate) struct ResultRules {
    /// The longest result in bytes.
    pub(crate) max_bytes: Option<usize>,
    /// What is taken out, in the order of the list.
    pub(crate) redact: Vec<Pattern>,
    /// The rules that they belong to.
    rule: Rule,
}

/// What is taken out of texts.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// Every kind of [`SECRETS`].
    Secrets,
    /// The kind of that position.
    Secret(usize),
    Regex(Regex),
    /// Nothing: it was a mistake, which is told elsewhere.
    Mistake,
}

pub(super) const RESULT: Keys = Keys {
    now: &["max_bytes", "redact"],
    later: &[],
};
pub(super) const REDACT: Keys = Keys {
    now: &["regex"],
    later: &[],
};
/// The word for all kinds of secrets.
pub(super) const ALL: &str = "secrets";
/// From and to, of `max_bytes`.
pub(super) const RANGE: (u64, u64) = (1, 64 * 1024 * 1024);

impl ResultRules {
    pub(crate) fn max_bytes_rule(&self) -> Rule {
        self.rule.clone().member("result/max_bytes")
    }

    pub(crate) fn redact_rule(&self, index: usize) -> Rule {
        self.rule.clone().member("result/redact").index(index)
    }
}

impl Walk {
    /// The rules at `at`; `rule` is that of the entry.
    pub(super) fn result(&mut self, at: &At<'_>, value: Value<'_>, rule: &Rule) -> ResultRules {
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

    fn pattern(&mut self, at: &At<'_>, value: Value<'_>) -> Pattern {
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
                self.unfit(at, value, &write);
                Pattern::Mistake
            }
        }
    }

    fn own_pattern(&mut self, at: &At<'_>, value: Value<'_>) -> Option<Pattern> {
        let members = self.object(at, value, &REDACT);
        let value = self.required(at, &members, "regex")?;
        let at = at.key("regex");
        let text = self.string(&at, value)?;
        let regex = self.compiled(&at, value, &text)?;
        if regex.is_match("") {
            self.unfit(
                &at,
                value,
                "an expression that does not match an empty text",
            );
        }
        Some(Pattern::Regex(regex))
    }
}
