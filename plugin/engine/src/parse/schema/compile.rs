//! Compiles a JSON Schema of the policy, keyword by keyword.
//!
//! It judges no value; `decide::schema` does.

use super::keyword::{Draft, KEYWORDS, Keyword, Role};
use super::reference::target;
use crate::model::schema::{
    Assertion, Dependent, Members, MirroredArgument, Pattern, Schema, Subschema, SubschemaId, Type,
};
use crate::model::{Literal, Order, Segment};
use crate::parse::condition::KINDS;
use crate::parse::error::{PolicyError, Problem};
use crate::parse::reader::{Location, PolicyReader, near};
use crate::read::is_header_name;
use crate::words::json::{Kind, Value};
use crate::words::text::clip;
use crate::words::text::one_line;

const WRITE_SCHEMA: &str = "a JSON Schema: an object, `true` or `false`";

const WRITE_DRAFT: &str =
    r#""https://json-schema.org/draft/2020-12/schema", or that of 2019-09 or draft-07"#;

const WRITE_REF: &str = "`#`, or the way to a schema in this one, such as `#/$defs/NAME`";

const WRITE_ALONE: &str = "`$ref` alone: draft-07 ignores what stands beside it";

const WRITE_ROOT: &str = "it at the schema's root alone";

const WRITE_POSITIVE: &str = "a number above 0 that binary64 holds exactly as it is written";

const WRITE_HEADER: &str = "it on a property of type string, integer or boolean that `properties` alone lead to, as the name of a header that no other property has";

const LONGEST: u64 = 1_000_000_000;

struct Compiler<'w, 'd> {
    reader: &'w mut PolicyReader,
    root: Value<'d>,
    draft: Draft,
    parts: Vec<Subschema>,
    /// Where each of the parts stands in the document.
    places: Vec<usize>,
    references: Vec<Reference>,
    mirrors: Vec<MirroredArgument>,
}

/// A `$ref`, before all schemas that it could lead to are known.
struct Reference {
    from: SubschemaId,
    /// Where the schema stands, if the pointer leads to a value at all.
    to: Option<usize>,
    at: String,
    found: String,
}

impl PolicyReader {
    pub(in super::super) fn schema(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
    ) -> Option<Schema> {
        let mistakes = self.errors.len();
        let mut compiler = Compiler {
            draft: self.draft(at, value),
            reader: self,
            root: value,
            parts: Vec::new(),
            places: Vec::new(),
            references: Vec::new(),
            mirrors: Vec::new(),
        };
        compiler.part(at, value, Some(Vec::new()));
        compiler.resolve();
        let schema = Schema {
            parts: compiler.parts,
            mirrors: compiler.mirrors,
        };
        if self.errors.len() != mistakes {
            return None;
        }
        if !schema.is_shallow() {
            let found =
                "a schema that leads back to itself, or more than 32 inside one another".into();
            let write = "schemas that step into the value before they meet themselves again".into();
            self.error(at, Problem::InvalidValue { found, write });
        }
        Some(schema)
    }

    /// The draft that the schema names. That of MCP is 2020-12 where none is named.
    fn draft(&mut self, at: &Location<'_>, schema: Value<'_>) -> Draft {
        let Some(value) = schema.get("$schema") else {
            return Draft::Of2020;
        };
        let draft = value.string().and_then(|uri| Draft::named(&uri));
        if draft.is_none() {
            self.invalid(&at.key("$schema"), value, WRITE_DRAFT);
        }
        draft.unwrap_or(Draft::Of2020)
    }
}

impl<'d> Compiler<'_, 'd> {
    /// `way` is the way into the arguments, where `properties` alone lead here.
    fn part(
        &mut self,
        at: &Location<'_>,
        value: Value<'d>,
        way: Option<Vec<Segment>>,
    ) -> SubschemaId {
        let id = SubschemaId(self.parts.len());
        self.parts.push(Subschema::default());
        self.places.push(value.range().start);
        let part = match (value.kind(), value.bool()) {
            (Kind::Object, _) => self.keywords(at, value, id, way),
            (_, Some(true)) => Subschema::default(),
            (_, Some(false)) => Subschema {
                types: None,
                checks: vec![Assertion::Never],
            },
            _ => {
                self.reader.invalid(at, value, WRITE_SCHEMA);
                Subschema::default()
            }
        };
        if let Some(place) = self.parts.get_mut(id.0) {
            *place = part;
        }
        id
    }

    fn keywords(
        &mut self,
        at: &Location<'_>,
        schema: Value<'d>,
        id: SubschemaId,
        way: Option<Vec<Segment>>,
    ) -> Subschema {
        for (key, value) in schema.members() {
            self.keyword(&at.key(&key), &key, value, schema);
        }
        let types = schema
            .get("type")
            .and_then(|value| self.types(&at.key("type"), value));
        if let Some(value) = schema.get("x-mcp-header") {
            self.mirror(
                &at.key("x-mcp-header"),
                value,
                types.as_deref(),
                way.as_deref(),
            );
        }
        self.definitions(at, schema);
        let mut checks = Vec::new();
        checks.extend(self.values(at, schema));
        checks.extend(self.numbers(at, schema));
        checks.extend(self.lengths(at, schema));
        checks.extend(self.pattern(at, schema));
        checks.extend(self.elements(at, schema));
        checks.extend(self.contains(at, schema));
        checks.extend(self.members(at, schema, way));
        checks.extend(self.joins(at, schema));
        self.reference(at, schema, id);
        Subschema { types, checks }
    }

    fn keyword(&mut self, at: &Location<'_>, key: &str, value: Value<'d>, schema: Value<'d>) {
        let Some(keyword) = Keyword::find(key) else {
            if !key.starts_with("x-") {
                self.unknown(at, key);
            }
            return;
        };
        if !keyword.is_of(self.draft) {
            let found = format!("`{key}`, which {} does not have", self.draft.name());
            let write = format!("what it has, or another `$schema` ({WRITE_DRAFT})");
            self.reader
                .error(at, Problem::InvalidValue { found, write });
        }
        // A reader of draft-07 that meets `$ref` looks at nothing else.
        let alone = self.draft == Draft::Seven && schema.get("$ref").is_some();
        if alone && keyword.role == Role::Assertion && key != "$ref" {
            self.reader.invalid(at, value, WRITE_ALONE);
        }
        let is_root = schema.range() == self.root.range();
        if matches!(key, "$schema" | "$id") && !is_root {
            self.reader.invalid(at, value, WRITE_ROOT);
        }
    }

    fn unknown(&mut self, at: &Location<'_>, key: &str) {
        let known: Vec<_> = KEYWORDS.iter().map(|keyword| keyword.name).collect();
        let near = near(key, known.iter().copied());
        let key = clip(key, 64);
        self.reader
            .error(at, Problem::UnknownKey { key, near, known });
    }

    /// Schemas that are only referred to.
    fn definitions(&mut self, at: &Location<'_>, schema: Value<'d>) {
        for key in ["$defs", "definitions"] {
            self.named(at, schema, key, None);
        }
    }

    /// The schema under a key.
    fn sub(&mut self, at: &Location<'_>, schema: Value<'d>, key: &str) -> Option<SubschemaId> {
        let value = schema.get(key)?;
        Some(self.part(&at.key(key), value, None))
    }

    /// The list of schemas under a key.
    fn list(
        &mut self,
        at: &Location<'_>,
        schema: Value<'d>,
        key: &str,
    ) -> Option<Vec<SubschemaId>> {
        let value = schema.get(key)?;
        let at = at.key(key);
        if value.elements().next().is_none() {
            self.reader
                .invalid(&at, value, "a list of at least one schema");
        }
        let parts = value.elements().enumerate();
        Some(
            parts
                .map(|(index, value)| self.part(&at.index(index), value, None))
                .collect(),
        )
    }

    /// The schemas under a key by their names, in the file's order.
    fn named(
        &mut self,
        at: &Location<'_>,
        schema: Value<'d>,
        key: &str,
        way: Option<&[Segment]>,
    ) -> Vec<(Box<str>, SubschemaId)> {
        let Some(value) = schema.get(key) else {
            return Vec::new();
        };
        let at = at.key(key);
        let members = self.reader.map(&at, value).into_iter();
        let part = |(name, value): (std::borrow::Cow<'_, str>, _)| {
            let step = Segment::Member(name.as_ref().into());
            let way = way.map(|way| way.iter().cloned().chain([step]).collect());
            (name.as_ref().into(), self.part(&at.key(&name), value, way))
        };
        members.map(part).collect()
    }

    fn types(&mut self, at: &Location<'_>, value: Value<'d>) -> Option<Vec<Type>> {
        let kinds = KINDS.iter().map(|(word, kind)| (*word, Type::Of(*kind)));
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

    fn values(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
        let mut checks = Vec::new();
        if let Some(value) = schema.get("enum") {
            let at = at.key("enum");
            match self.reader.literal(&at, value) {
                Some(Literal::Array(literals)) if !literals.is_empty() => {
                    checks.push(Assertion::OneOf(literals));
                }
                Some(_) => self
                    .reader
                    .invalid(&at, value, "a list of at least one value"),
                None => {}
            }
        }
        if let Some(value) = schema.get("const") {
            let literal = self.reader.literal(&at.key("const"), value);
            checks.extend(literal.map(|literal| Assertion::OneOf(vec![literal])));
        }
        checks
    }

    fn numbers(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
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
    fn size(&mut self, at: &Location<'_>, schema: Value<'d>, key: &str) -> Option<usize> {
        let number = self
            .reader
            .whole(&at.key(key), schema.get(key)?, 0, LONGEST)?;
        usize::try_from(number).ok()
    }

    fn lengths(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
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

    fn pattern(&mut self, at: &Location<'_>, schema: Value<'d>) -> Option<Assertion> {
        let value = schema.get("pattern")?;
        let at = at.key("pattern");
        let Some(text) = value.string() else {
            self.reader.invalid(&at, value, "a regular expression");
            return None;
        };
        self.regex(&at, value, &text).map(Assertion::Pattern)
    }

    fn regex(&mut self, at: &Location<'_>, value: Value<'d>, text: &str) -> Option<Pattern> {
        let regex = self.reader.compiled(at, value, text)?;
        let knows_space = [".", r"\s", r"\S"].iter().any(|class| text.contains(class));
        Some(Pattern { regex, knows_space })
    }

    /// `items` is the rest, behind `prefixItems`; before 2020-12 it may be a list itself.
    fn elements(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
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

    fn contains(&mut self, at: &Location<'_>, schema: Value<'d>) -> Option<Assertion> {
        let min = self.size(at, schema, "minContains").unwrap_or(1);
        let max = self.size(at, schema, "maxContains").unwrap_or(usize::MAX);
        let part = self.sub(at, schema, "contains")?;
        Some(Assertion::Contains { part, min, max })
    }

    fn members(
        &mut self,
        at: &Location<'_>,
        schema: Value<'d>,
        way: Option<Vec<Segment>>,
    ) -> Option<Assertion> {
        let mut members = Members::default();
        for (name, part) in self.named(at, schema, "properties", way.as_deref()) {
            members.rule(&name, |ruled| ruled.part = Some(part));
        }
        if let Some(value) = schema.get("required") {
            for name in self.names(&at.key("required"), value) {
                members.rule(&name, |ruled| ruled.required = true);
            }
        }
        members.dependents = self.dependents(at, schema);
        for dependent in members.dependents.clone() {
            let named = dependent.needs.iter().chain([&dependent.on]);
            named.for_each(|name| members.rule(name, |_| ()));
        }
        members.patterns = self.patterns(at, schema);
        members.others = self.sub(at, schema, "additionalProperties");
        members.names = self.sub(at, schema, "propertyNames");
        (!members.is_empty()).then_some(Assertion::Members(members))
    }

    /// A list of member names.
    fn names(&mut self, at: &Location<'_>, value: Value<'d>) -> Vec<Box<str>> {
        let elements = self.reader.list(at, value, "names").enumerate();
        let mut names = Vec::new();
        for (index, value) in elements {
            match value.string() {
                Some(name) => names.push(name.as_ref().into()),
                None => self
                    .reader
                    .invalid(&at.index(index), value, "the name of a member"),
            }
        }
        names
    }

    fn patterns(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<(Pattern, SubschemaId)> {
        let mut patterns = Vec::new();
        for (text, part) in self.named(at, schema, "patternProperties", None) {
            let at = at.key("patternProperties");
            let regex = self.regex(&at.key(&text), schema, &text);
            patterns.extend(regex.map(|regex| (regex, part)));
        }
        patterns
    }

    /// `dependentRequired` and `dependentSchemas`, and the keyword of draft-07 that was both.
    fn dependents(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Dependent> {
        let mut dependents = Vec::new();
        for key in ["dependentRequired", "dependentSchemas", "dependencies"] {
            let Some(value) = schema.get(key) else {
                continue;
            };
            let at = at.key(key);
            for (on, value) in self.reader.map(&at, value) {
                let at = at.key(&on);
                let list = match key {
                    "dependentRequired" => true,
                    "dependentSchemas" => false,
                    _ => value.kind() == Kind::Array,
                };
                let (needs, part) = match list {
                    true => (self.names(&at, value), None),
                    false => (Vec::new(), Some(self.part(&at, value, None))),
                };
                dependents.push(Dependent {
                    on: on.as_ref().into(),
                    needs,
                    part,
                });
            }
        }
        dependents
    }

    fn joins(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Assertion> {
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

    fn reference(&mut self, at: &Location<'_>, schema: Value<'d>, from: SubschemaId) {
        let Some(value) = schema.get("$ref") else {
            return;
        };
        let target = value.string().and_then(|text| target(self.root, &text));
        self.references.push(Reference {
            from,
            to: target.map(|target| target.range().start),
            at: one_line(&at.key("$ref").to_string()),
            found: clip(&value.compact(), 80),
        });
    }

    /// Every schema has its position by now. A pointer to anything else would make a schema of what is none.
    fn resolve(&mut self) {
        for Reference {
            from,
            to,
            at,
            found,
        } in std::mem::take(&mut self.references)
        {
            let to = to.and_then(|to| self.places.iter().position(|place| *place == to));
            let to = to.map(SubschemaId);
            match (to, self.parts.get_mut(from.0)) {
                (Some(to), Some(part)) => part.checks.push(Assertion::All(vec![to])),
                _ => {
                    let problem = Problem::InvalidValue {
                        found: format!("`{found}`"),
                        write: WRITE_REF.into(),
                    };
                    self.reader.errors.push(PolicyError { at, problem });
                }
            }
        }
    }

    /// The header that repeats the argument at `way`.
    fn mirror(
        &mut self,
        at: &Location<'_>,
        value: Value<'d>,
        types: Option<&[Type]>,
        way: Option<&[Segment]>,
    ) {
        let scalar = |of: &Type| matches!(of, Type::Integer | Type::Of(Kind::String | Kind::Bool));
        let scalar = types.is_some_and(|types| matches!(types, [of] if scalar(of)));
        let name = value.string().filter(|name| is_header_name(name));
        let header: Option<Box<str>> = name.map(|name| format!("Mcp-Param-{name}").into());
        let way = way.filter(|way| !way.is_empty());
        match (header, way) {
            (Some(header), Some(way)) if scalar && self.is_new(&header) => {
                self.mirrors.push(MirroredArgument {
                    header,
                    way: way.into(),
                });
            }
            _ => self.reader.invalid(at, value, WRITE_HEADER),
        }
    }

    fn is_new(&self, header: &str) -> bool {
        !self
            .mirrors
            .iter()
            .any(|mirror| mirror.header.eq_ignore_ascii_case(header))
    }
}

impl Members {
    fn is_empty(&self) -> bool {
        self.ruled.is_empty()
            && self.patterns.is_empty()
            && self.others.is_none()
            && self.names.is_none()
    }
}
