//! Compiles the keywords that assert something about one value: its type, its size, its form, and combinations of
//! schemas.
//!
//! It judges no value; `decide::schema` does.

use super::compiler::Compiler;
use super::keyword::Draft;
use crate::model::schema::{Assertion, Pattern, Type};
use crate::model::{Literal, Literals, Order};
use crate::parse::reader::Location;
use crate::words::json::{Kind, Value};

const WRITE_POSITIVE: &str = "a number above 0, without quotes and with at most 15 digits";

const LONGEST: u64 = 1_000_000_000;

impl<'d> Compiler<'_, 'd> {
    pub(super) fn types(&mut self, at: &Location<'_>, value: Value<'d>) -> Option<Vec<Type>> {
        let kinds = Kind::NAMED
            .iter()
            .map(|(word, kind)| (*word, Type::Of(*kind)));
        let words: Vec<_> = kinds.chain([("integer", Type::Integer)]).collect();
        if value.kind() != Kind::Array {
            return self.reader.word(at, value, &words).map(|word| vec![word]);
        }
        if value.elements().next().is_none() {
            self.reader.invalid(at, value, "at least one type");
        }
        let elements = value.elements().enumerate();
        elements
            .map(|(index, value)| self.reader.word(&at.index(index), value, &words))
            .collect()
    }

    pub(super) fn values(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
        let mut checks = Vec::new();
        if let Some(value) = schema.get("enum") {
            let at = at.key("enum");
            match self.reader.literal(&at, value) {
                Some(Literal::Array(literals)) if !literals.is_empty() => {
                    checks.push(Assertion::OneOf(Literals::new(literals)));
                }
                Some(_) => self
                    .reader
                    .invalid(&at, value, "a list of at least one value"),
                None => {}
            }
        }
        if let Some(value) = schema.get("const") {
            let literal = self.reader.literal(&at.key("const"), value);
            checks.extend(literal.map(|literal| Assertion::OneOf(Literals::new(vec![literal]))));
        }
        checks
    }

    pub(super) fn numbers(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
        let bounds = [
            ("minimum", Order::GreaterOrEqual),
            ("maximum", Order::LessOrEqual),
            ("exclusiveMinimum", Order::Greater),
            ("exclusiveMaximum", Order::Less),
        ];
        let mut checks = Vec::new();
        for (key, order) in bounds {
            let bound = schema
                .get(key)
                .and_then(|value| self.reader.number(&at.key(key), value));
            checks.extend(bound.map(|bound| Assertion::Order(order, bound)));
        }
        if let Some(value) = schema.get("multipleOf") {
            let at = at.key("multipleOf");
            match self.reader.number(&at, value) {
                Some(number) if number > 0.0 => {
                    checks.push(Assertion::MultipleOf(value.raw().into()))
                }
                Some(_) => self.reader.invalid(&at, value, WRITE_POSITIVE),
                None => {}
            }
        }
        checks
    }

    /// A whole number under a key.
    pub(super) fn size(
        &mut self,
        at: &Location<'_>,
        schema: Value<'d>,
        key: &str,
    ) -> Option<usize> {
        let number = self
            .reader
            .whole(&at.key(key), schema.get(key)?, 0, LONGEST)?;
        usize::try_from(number).ok()
    }

    pub(super) fn lengths(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
        let lengths = [
            (Kind::String, "minLength", "maxLength"),
            (Kind::Array, "minItems", "maxItems"),
            (Kind::Object, "minProperties", "maxProperties"),
        ];
        let mut checks = Vec::new();
        for (of, min, max) in lengths {
            let (min, max) = (self.size(at, schema, min), self.size(at, schema, max));
            if min.is_some() || max.is_some() {
                let (min, max) = (min.unwrap_or(0), max.unwrap_or(usize::MAX));
                checks.push(Assertion::Length { of, min, max });
            }
        }
        checks
    }

    pub(super) fn pattern(&mut self, at: &Location<'_>, schema: Value<'d>) -> Option<Assertion> {
        let value = schema.get("pattern")?;
        let at = at.key("pattern");
        let Some(text) = value.string() else {
            self.reader.invalid(&at, value, "a regular expression");
            return None;
        };
        self.regex(&at, value, &text).map(Assertion::Pattern)
    }

    pub(super) fn regex(
        &mut self,
        at: &Location<'_>,
        value: Value<'d>,
        text: &str,
    ) -> Option<Pattern> {
        let regex = self.reader.prepared(at, value, text)?;
        let depends_on_space = [".", r"\s", r"\S"].iter().any(|class| text.contains(class));
        Some(Pattern {
            regex,
            depends_on_space,
        })
    }

    /// `items` applies to the elements after those of `prefixItems`. Before 2020-12 `items` may itself be the list of
    /// the first elements.
    pub(super) fn elements(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
        let mut checks = Vec::new();
        let listed = schema
            .get("items")
            .is_some_and(|items| items.kind() == Kind::Array);
        let (first, rest) = match listed && self.draft != Draft::Of2020 {
            true => ("items", "additionalItems"),
            false => ("prefixItems", "items"),
        };
        let first = self.list(at, schema, first);
        let rest = self.sub(at, schema, rest);
        if first.is_some() || rest.is_some() {
            checks.push(Assertion::Elements {
                first: first.unwrap_or_default(),
                rest,
            });
        }
        if let Some(value) = schema.get("uniqueItems")
            && self.reader.bool(&at.key("uniqueItems"), value) == Some(true)
        {
            checks.push(Assertion::Distinct);
        }
        checks
    }

    pub(super) fn contains(&mut self, at: &Location<'_>, schema: Value<'d>) -> Option<Assertion> {
        let min = self.size(at, schema, "minContains").unwrap_or(1);
        let max = self.size(at, schema, "maxContains").unwrap_or(usize::MAX);
        let part = self.sub(at, schema, "contains")?;
        Some(Assertion::Contains { part, min, max })
    }

    pub(super) fn joins(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
        let mut checks = Vec::new();
        checks.extend(self.list(at, schema, "allOf").map(Assertion::All));
        checks.extend(self.list(at, schema, "anyOf").map(Assertion::Any));
        checks.extend(self.list(at, schema, "oneOf").map(Assertion::ExactlyOne));
        checks.extend(self.sub(at, schema, "not").map(Assertion::Not));
        let then = self.sub(at, schema, "then");
        let otherwise = self.sub(at, schema, "else");
        let condition = self.sub(at, schema, "if");
        checks.extend(condition.map(|condition| Assertion::If {
            condition,
            then,
            otherwise,
        }));
        checks
    }
}
