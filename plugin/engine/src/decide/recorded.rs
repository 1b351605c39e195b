//! Turns an argument or a fact that the policy opens to the log into the value that rules see.
//!
//! It is unknown where a rule would find it unknown, so that the log never shows what no rule could trust.

use super::caller::{CallerDocuments, Header};
use super::context::RequestContext;
use super::lookup::clear_value_at;
use super::operand::{Operand, text};
use crate::model::{Fact, Segment};
use crate::words::json::Value;
use crate::words::work::Budget;

/// The value at the steps, as conditions find it.
pub(crate) fn recorded_at<'a>(value: Value<'a>, steps: &[Segment]) -> Operand<'a> {
    match clear_value_at(value, steps, &Budget::of(value.range().len())) {
        Ok(found) => found.map_or(Operand::Missing, Operand::Json),
        Err(_) => Operand::Unknown,
    }
}

impl RequestContext {
    /// A fact about the caller. `documents` are those of the caller.
    pub(crate) fn recorded<'a>(
        &'a self,
        fact: &Fact,
        documents: &'a CallerDocuments<'a>,
    ) -> Operand<'a> {
        match fact {
            Fact::Ip => match self.peer {
                Some(address) => Operand::Text(address.to_string().into()),
                None => Operand::Unknown,
            },
            Fact::Session => self.recorded_session(),
            Fact::Header(name) => match self.caller.header(name) {
                Header::Once(value) => text(value),
                Header::Json(_) => documents.header(name),
                Header::Absent => Operand::Missing,
                Header::Unclear => Operand::Unknown,
            },
            Fact::Claim(steps) => match (&documents.claims, self.caller.has_claims()) {
                (Some(claims), _) => recorded_at(claims.root(), steps),
                (None, true) => Operand::Unknown,
                (None, false) => Operand::Missing,
            },
        }
    }
}
