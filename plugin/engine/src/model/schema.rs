//! Compiled JSON Schemas: what `schema` validates a value against.
//!
//! Nothing is fetched, and no schema refers to itself without stepping into the value.

use super::literal::{Literals, Order};
use super::path::Segment;
use crate::read::similar_form;
use crate::words::expression::Expression;
use crate::words::json::Kind;
use std::ops::Range;

/// A compiled schema. Its parts refer to one another by their positions, so that a schema can hold itself.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) parts: Vec<Subschema>,
    pub(crate) mirrors: Vec<MirroredArgument>,
}

/// The position of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubschemaId(pub(crate) usize);

/// What one value must meet: its type, and all of the checks.
#[derive(Debug, Default)]
pub(crate) struct Subschema {
    /// `None` where none is named. A check is then unknown of values that it does not judge.
    pub(crate) types: Option<Vec<Type>>,
    pub(crate) checks: Vec<Assertion>,
}

/// A word of `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Of(Kind),
    Integer,
}

/// What a keyword, or a few that belong together, ask of a value.
#[derive(Debug)]
pub(crate) enum Assertion {
    /// Nothing fits: the schema `false`.
    Never,
    OneOf(Literals),
    Order(Order, f64),
    /// The number as it is written.
    MultipleOf(Box<str>),
    /// Characters, elements or members.
    Length {
        of: Kind,
        min: usize,
        max: usize,
    },
    Pattern(Pattern),
    Members(Members),
    /// The first elements one by one, and the rest.
    Elements {
        first: Vec<SubschemaId>,
        rest: Option<SubschemaId>,
    },
    Contains {
        part: SubschemaId,
        min: usize,
        max: usize,
    },
    Distinct,
    All(Vec<SubschemaId>),
    Any(Vec<SubschemaId>),
    ExactlyOne(Vec<SubschemaId>),
    Not(SubschemaId),
    If {
        condition: SubschemaId,
        then: Option<SubschemaId>,
        otherwise: Option<SubschemaId>,
    },
}

/// A regular expression that is read alike here and by a reader of ECMA-262, but for some white space.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: Expression,
    /// It holds `.`, `\s` or `\S`, which readers take for different sets of rare characters.
    pub(crate) knows_space: bool,
}

/// What the members of an object must be.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// The members that some keyword names, look-alikes beside one another.
    pub(crate) ruled: Vec<Property>,
    pub(crate) patterns: Vec<(Pattern, SubschemaId)>,
    /// `additionalProperties`.
    pub(crate) others: Option<SubschemaId>,
    /// `propertyNames`.
    pub(crate) names: Option<SubschemaId>,
    pub(crate) dependents: Vec<Dependent>,
}

/// A member that some keyword names.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: Box<str>,
    /// What its look-alikes have in common.
    form: Box<str>,
    /// Its schema, where `properties` lists it.
    pub(crate) part: Option<SubschemaId>,
    pub(crate) required: bool,
}

/// What the presence of one member asks of the object. Members are known by their positions among those that are named.
#[derive(Debug)]
pub(crate) struct Dependent {
    pub(crate) on: usize,
    pub(crate) needs: Vec<usize>,
    pub(crate) part: Option<SubschemaId>,
}

/// An argument that a header repeats (2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters).
#[derive(Debug)]
pub(crate) struct MirroredArgument {
    /// Such as `Mcp-Param-Region`.
    pub(crate) header: Box<str>,
    pub(crate) way: Vec<Segment>,
}

impl SubschemaId {
    /// The part of the schema itself.
    pub(crate) const ROOT: Self = Self(0);
}

impl Schema {
    pub(crate) fn part(&self, id: SubschemaId) -> Option<&Subschema> {
        self.parts.get(id.0)
    }
}

impl Subschema {
    pub(crate) fn members(&self) -> Option<&Members> {
        self.checks.iter().find_map(|check| match check {
            Assertion::Members(members) => Some(members),
            _ => None,
        })
    }
}

impl Assertion {
    /// The parts that judge the very same value.
    pub(crate) fn in_place(&self) -> Vec<SubschemaId> {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::ExactlyOne(parts) => parts.clone(),
            Self::Not(part) => vec![*part],
            Self::If {
                condition,
                then,
                otherwise,
            } => [Some(*condition), *then, *otherwise]
                .into_iter()
                .flatten()
                .collect(),
            Self::Members(members) => members
                .dependents
                .iter()
                .filter_map(|dependent| dependent.part)
                .collect(),
            Self::Never
            | Self::OneOf(_)
            | Self::Order(..)
            | Self::MultipleOf(_)
            | Self::Length { .. }
            | Self::Pattern(_)
            | Self::Elements { .. }
            | Self::Contains { .. }
            | Self::Distinct => Vec::new(),
        }
    }
}

impl Members {
    /// Names a member, and says something of it. Look-alikes stand beside one another.
    pub(crate) fn rule(&mut self, name: &str, say: impl FnMut(&mut Property)) {
        let form = similar_form(name);
        let before = |ruled: &Property| (&*ruled.form, &*ruled.name) < (&*form, name);
        let at = self.ruled.partition_point(before);
        if self.ruled.get(at).is_none_or(|ruled| *ruled.name != *name) {
            self.ruled.insert(
                at,
                Property {
                    name: name.into(),
                    form: form.into(),
                    part: None,
                    required: false,
                },
            );
        }
        self.ruled.get_mut(at).into_iter().for_each(say);
    }

    /// Where the members stand that some server takes for the one of that name.
    pub(crate) fn alike(&self, name: &str) -> Range<usize> {
        let form = similar_form(name);
        let start = self.ruled.partition_point(|ruled| *ruled.form < *form);
        let rest = self.ruled.get(start..).unwrap_or_default();
        let alike = rest.iter().take_while(|ruled| *ruled.form == *form);
        start..start.saturating_add(alike.count())
    }

    /// Of some members, the position of the one of that very name.
    pub(crate) fn exact(&self, mut alike: Range<usize>, name: &str) -> Option<usize> {
        alike.find(|index| {
            let ruled = self.ruled.get(*index);
            ruled.is_some_and(|ruled| *ruled.name == *name)
        })
    }

    /// The position of the member of that very name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.exact(self.alike(name), name)
    }
}
