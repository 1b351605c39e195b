//! Turns the groups of conditions of a policy into the model, and the path of each condition.
//!
//! It reads no operand; `operand` does.

use super::reader::{Keys, Location, Members, PolicyReader};
use crate::model::{Clause, Comparison, Condition, Group, Literal, Path, Predicate, Segment, Term};
use crate::words::Rule;
use crate::words::json::{Kind, Value};

pub(crate) const GROUP: Keys = Keys {
    supported: &["conditions", "on_deny"],
    reserved: &[],
};

pub(crate) const CONDITION: Keys = Keys {
    supported: &["path", "op", "value", "if_present"],
    reserved: &[],
};

pub(crate) const ANY: Keys = Keys {
    supported: &["any"],
    reserved: &[],
};

/// The most alternatives of `any`.
pub(crate) const MOST_ALTERNATIVES: usize = 16;

const WRITE_ALTERNATIVES: &str = "a list of 1 to 16 conditions of which one must hold";

const WRITE_FLAT: &str = "its conditions here: `any` holds no other `any`";

const WRITE_ALWAYS: &str = "nothing: in `require`, a caller that leaves the argument out would skip the other conditions of `any`; use `exists` as an alternative";

const WRITE_PATH: &str = r#"`args`, `args.**`, `args.name`, `args.list[0]`, `args.list[*]`, `args["any name"]`, `tool`, `prompt`, `uri`, `method`, `server`, `grant`, `identity.<claim>`, `ip`, `header.<name>`, `time.hour`, `time.weekday` or `time.unix`"#;

/// The operators of conditions on `args.**`.
pub(crate) const OF_TEXTS: [&str; 8] = [
    "regex",
    "not_regex",
    "contains",
    "eq",
    "neq",
    "in",
    "not_in",
    "secret",
];

const WRITE_TEXT_OPERATOR: &str = "one of regex, not_regex, contains, eq, neq, in, not_in and secret, which judge texts, or another path";

const WRITE_TEXT: &str = "a text: `args.**` reads texts, and numbers as texts";

const WRITE_ITEMS: &str =
    "the path of the whole list, and the rule for its elements under `items` of the schema";

impl PolicyReader {
    /// The list under `require` or `deny_if`; `rule` is the rule of the list itself.
    pub(super) fn groups(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: &Rule,
        clause: Clause,
    ) -> Vec<Group> {
        let groups = self.list(at, value, "groups of conditions").enumerate();
        groups
            .filter_map(|(index, value)| {
                self.group(&at.index(index), value, rule.at_index(index), clause)
            })
            .collect()
    }

    fn group(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: Rule,
        clause: Clause,
    ) -> Option<Group> {
        let members = self.object(at, value, &GROUP);
        let on_deny = members
            .get("on_deny")
            .and_then(|value| self.string(&at.key("on_deny"), value));
        let list = self.required(at, &members, "conditions")?;
        let at = at.key("conditions");
        let terms = self.terms(&at, list, clause);
        if list.elements().next().is_none()
            && list.kind() == Kind::Array
            && clause == Clause::Require
        {
            self.invalid(
                &at,
                list,
                "at least one condition; to deny always, write an empty list in `deny_if`",
            );
        }
        Some(Group {
            terms,
            on_deny: on_deny.map(Into::into),
            rule,
        })
    }

    /// A list of conditions, and of alternatives.
    pub(super) fn terms(
        &mut self,
        at: &Location<'_>,
        list: Value<'_>,
        clause: Clause,
    ) -> Vec<Term> {
        let terms = self.list(at, list, "conditions").enumerate();
        terms
            .filter_map(|(index, value)| self.term(&at.index(index), value, clause))
            .collect()
    }

    fn term(&mut self, at: &Location<'_>, value: Value<'_>, clause: Clause) -> Option<Term> {
        let Some(list) = value.get("any") else {
            return self.condition(at, value).map(Term::One);
        };
        self.object(at, value, &ANY);
        let at = at.key("any");
        if !(1..=MOST_ALTERNATIVES).contains(&list.elements().count()) {
            self.invalid(&at, list, WRITE_ALTERNATIVES);
        }
        let alternatives = list.elements().enumerate();
        let alternatives = alternatives
            .filter_map(|(index, value)| self.alternative(&at.index(index), value, clause))
            .collect();
        Some(Term::Any(alternatives))
    }

    fn alternative(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        clause: Clause,
    ) -> Option<Condition> {
        if let Some(inner) = value.get("any") {
            self.misplaced(&at.key("any"), inner, WRITE_FLAT);
            return None;
        }
        let condition = self.condition(at, value)?;
        if condition.if_present && clause == Clause::Require {
            let value = value.get("if_present")?;
            self.misplaced(&at.key("if_present"), value, WRITE_ALWAYS);
        }
        Some(condition)
    }

    fn condition(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Condition> {
        let members = self.object(at, value, &CONDITION);
        let path = self
            .required(at, &members, "path")
            .and_then(|value| self.path(&at.key("path"), value));
        let predicate = self.predicate(at, &members);
        let if_present = self.flag(at, &members, "if_present");
        let (path, predicate) = (path?, predicate?);
        if if_present && matches!(predicate, Predicate::Exists(_)) {
            let value = members.get("if_present")?;
            self.misplaced(
                &at.key("if_present"),
                value,
                "nothing: `exists` already tests for presence",
            );
        }
        if let (Predicate::Schema(_), Path::Arguments(steps)) = (&predicate, &path)
            && steps.contains(&Segment::Each)
        {
            let value = members.get("path")?;
            self.invalid(&at.key("path"), value, WRITE_ITEMS);
        }
        if path == Path::AnyText {
            self.any_text(at, &members, &predicate);
        }
        let condition = Condition {
            path,
            predicate,
            if_present,
        };
        self.applicable(at, &members, &condition);
        Some(condition)
    }

    /// Checks that a condition on `args.**` judges texts.
    fn any_text(&mut self, at: &Location<'_>, members: &Members<'_>, predicate: &Predicate) {
        let (key, write) = match predicate {
            Predicate::Regex(_) | Predicate::NotRegex(_) | Predicate::Secret(_) => return,
            Predicate::Compare(comparison, _) if !matches!(comparison, Comparison::Order(_)) => {
                return;
            }
            Predicate::Eq(literal) | Predicate::Neq(literal) | Predicate::Contains(literal) => {
                match literal {
                    Literal::String(_) => return,
                    _ => ("value", WRITE_TEXT),
                }
            }
            Predicate::In(literals) | Predicate::NotIn(literals) => {
                match literals.has(Kind::String) && literals.others.is_empty() {
                    true => return,
                    false => ("value", WRITE_TEXT),
                }
            }
            _ => ("op", WRITE_TEXT_OPERATOR),
        };
        if let Some(value) = members.get(key) {
            self.invalid(&at.key(key), value, write);
        }
    }

    pub(super) fn path(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Path> {
        let text = self.string(at, value)?;
        let path = Path::parse(&text);
        if path.is_none() {
            self.invalid(at, value, WRITE_PATH);
        }
        path
    }
}
