//! Compiles a JSON Schema of a policy, keyword by keyword.
//!
//! It judges no value; `decide::schema` does.

use super::keyword::{Draft, KEYWORDS, Keyword, Role};
use super::reference::target;
use crate::model::Segment;
use crate::model::schema::{Assertion, MirroredArgument, Schema, Subschema, SubschemaId};
use crate::parse::error::{PolicyError, Problem};
use crate::parse::reader::{Location, PolicyReader, near};
use crate::words::json::{Kind, Value};
use crate::words::text::clip;
use crate::words::text::one_line;

const WRITE_SCHEMA: &str = "a JSON Schema: an object, `true` or `false`";

const WRITE_DRAFT: &str =
    r#""https://json-schema.org/draft/2020-12/schema", or that of 2019-09 or draft-07"#;

const WRITE_REF: &str = "`#`, or the path of a schema in this one, such as `#/$defs/NAME`";

const WRITE_ALONE: &str = "`$ref` alone: draft-07 ignores its siblings";

const WRITE_ROOT: &str = "it only at the schema's root";

pub(super) struct Compiler<'w, 'd> {
    pub(super) reader: &'w mut PolicyReader,
    pub(super) root: Value<'d>,
    pub(super) draft: Draft,
    pub(super) parts: Vec<Subschema>,
    /// The position of each part in the document, in bytes.
    pub(super) places: Vec<usize>,
    pub(super) references: Vec<Reference>,
    pub(super) mirrors: Vec<MirroredArgument>,
}

/// A `$ref`, before the positions of all schemas are known.
pub(super) struct Reference {
    from: SubschemaId,
    /// The position of the value that the pointer names; `None` where there is no such value.
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
                "a schema that refers to itself without end, or more than 32 nested ones".into();
            let write =
                "schemas that descend into the value before they refer to themselves again".into();
            self.error(at, Problem::InvalidValue { found, write });
        }
        Some(schema)
    }

    /// The draft that the schema names. MCP's default is 2020-12.
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
    /// Compiles a schema. `way` is the path into the arguments, where only `properties` lead to this schema.
    pub(super) fn part(
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
            let write = format!("a keyword of that draft, or another `$schema` ({WRITE_DRAFT})");
            self.reader.invalid_key(at, found, &write);
        }
        // Draft-07 ignores the keywords beside a `$ref`.
        let alone = self.draft == Draft::Seven && schema.get("$ref").is_some();
        if alone && keyword.role == Role::Assertion && key != "$ref" {
            self.reader.misplaced(at, value, WRITE_ALONE);
        }
        let is_root = schema.range() == self.root.range();
        if matches!(key, "$schema" | "$id") && !is_root {
            self.reader.misplaced(at, value, WRITE_ROOT);
        }
    }

    fn unknown(&mut self, at: &Location<'_>, key: &str) {
        let known: Vec<_> = KEYWORDS.iter().map(|keyword| keyword.name).collect();
        let near = near(key, known.iter().copied());
        let key = clip(key, 64);
        self.reader
            .error(at, Problem::UnknownKey { key, near, known });
    }

    /// Compiles schemas that only references use.
    fn definitions(&mut self, at: &Location<'_>, schema: Value<'d>) {
        for key in ["$defs", "definitions"] {
            self.named(at, schema, key, None);
        }
    }

    /// Compiles the schema under a key.
    pub(super) fn sub(
        &mut self,
        at: &Location<'_>,
        schema: Value<'d>,
        key: &str,
    ) -> Option<SubschemaId> {
        let value = schema.get(key)?;
        Some(self.part(&at.key(key), value, None))
    }

    /// Compiles the list of schemas under a key.
    pub(super) fn list(
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

    /// Compiles the schemas under a key by their names, in document order.
    pub(super) fn named(
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

    /// Resolves each reference to the schema at its target. A target that was not compiled as a schema is an error.
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
}
