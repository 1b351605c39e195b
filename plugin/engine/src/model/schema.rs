//! Compiled JSON Schemas, which values are validated against.
//!
//! It never fetches a schema, and no schema refers to itself without stepping into the value.

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

/// The constraints of one value: its type, and all of the checks.
#[derive(Debug, Default)]
pub(crate) struct Subschema {
    /// `None` without `type`. A check is then unknown for values of another kind than its own.
    pub(crate) types: Option<Vec<Type>>,
    pub(crate) checks: Vec<Assertion>,
}

/// A word of `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Of(Kind),
    Integer,
}

/// The constraint of a keyword, or of a few that belong together.
#[derive(Debug)]
pub(crate) enum Assertion {
    /// The schema `false`, which no value matches.
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

/// A regular expression that this engine and a reader of ECMA-262 read alike, but for some white space.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: Expression,
    /// The expression holds `.`, `\s` or `\S`, which readers read as different sets of rare characters.
    pub(crate) depends_on_space: bool,
}

/// The constraints of an object's members.
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
    /// The form that the name shares with its look-alikes.
    form: Box<str>,
    /// Its schema, where `properties` lists it.
    pub(crate) part: Option<SubschemaId>,
    pub(crate) required: bool,
}

/// The members that the presence of one member requires, and the schema that the object must then match. Members are
/// referred to by their positions in [`Members::ruled`].
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

impl Assertion {
    /// The parts that validate the very same value.
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
    /// Adds a member if it is not there, and lets `say` change it. Look-alikes are neighbors.
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

    /// The positions of the members that some server may read as the one of that name.
    pub(crate) fn alike(&self, name: &str) -> Range<usize> {
        let form = similar_form(name);
        let start = self.ruled.partition_point(|ruled| *ruled.form < *form);
        let rest = self.ruled.get(start..).unwrap_or_default();
        let alike = rest.iter().take_while(|ruled| *ruled.form == *form);
        start..start.saturating_add(alike.count())
    }

    /// The position, within the range, of the member of exactly that name.
    pub(crate) fn exact(&self, mut alike: Range<usize>, name: &str) -> Option<usize> {
        alike.find(|index| {
            let ruled = self.ruled.get(*index);
            ruled.is_some_and(|ruled| *ruled.name == *name)
        })
    }

    /// The position of the member of exactly that name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.exact(self.alike(name), name)
    }
}
