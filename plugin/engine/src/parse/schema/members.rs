//! The keywords about the members of an object, and the headers that repeat them.
//!
//! It judges no value; `decide::schema` does.

use super::compiler::Compiler;
use crate::model::Segment;
use crate::model::schema::{
    Assertion, Dependent, Members, MirroredArgument, Pattern, SubschemaId, Type,
};
use crate::parse::reader::Location;
use crate::read::is_header_name;
use crate::words::json::{Kind, Value};

const WRITE_HEADER: &str = "it on a property of type string, integer or boolean reached through `properties` alone, with a header name that no other property has";

impl<'d> Compiler<'_, 'd> {
    pub(super) fn members(
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
        let dependents = self.dependents(at, schema);
        for Named { on, needs, .. } in &dependents {
            let named = needs.iter().chain([on]);
            named.for_each(|name| members.rule(name, |_| ()));
        }
        // Every member that is named has its position now.
        members.dependents = dependents
            .into_iter()
            .filter_map(|dependent| dependent.placed(&members))
            .collect();
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
    fn dependents(&mut self, at: &Location<'_>, schema: Value<'d>) -> Vec<Named> {
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
                dependents.push(Named {
                    on: on.as_ref().into(),
                    needs,
                    part,
                });
            }
        }
        dependents
    }

    /// The header that repeats the argument at `way`.
    pub(super) fn mirror(
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

/// What the presence of one member asks of the object, by the names of members.
struct Named {
    on: Box<str>,
    needs: Vec<Box<str>>,
    part: Option<SubschemaId>,
}

impl Named {
    fn placed(self, members: &Members) -> Option<Dependent> {
        let needs = self.needs.iter().map(|name| members.position(name));
        Some(Dependent {
            on: members.position(&self.on)?,
            needs: needs.collect::<Option<_>>()?,
            part: self.part,
        })
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
