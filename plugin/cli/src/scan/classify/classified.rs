//! The worst class of all reasons.
//!
//! It never lets a good reason hide a bad one.

use super::evidence::Evidence;
use super::reason::{Reason, reason};
use crate::scan::class::Class;
use crate::scan::parameter::Parameter;
use crate::scan::tool::Tool;

/// A tool's class, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classified {
    pub(crate) class: Class,
    /// The reasons for this class. Reasons for a better one are left out.
    pub(crate) because: Vec<String>,
}

/// The worst class with a reason. A tool without any is at least `Write`.
pub(crate) fn classify(tool: &Tool, parameters: &[Parameter]) -> Classified {
    let reasons = reasons(&Evidence::new(tool, parameters));
    let class = reasons.iter().map(|reason| reason.class).max();
    let class = class.unwrap_or(Class::Write);
    let because = reasons.into_iter().filter(|reason| reason.class == class);
    Classified {
        class,
        because: because.map(|reason| reason.saw).collect(),
    }
}

/// Every reason for any class.
fn reasons(evidence: &Evidence<'_>) -> Vec<Reason> {
    let leading = evidence.leading_verb();
    let mut reasons = evidence.verbs_of_name(leading.as_ref().map(|verb| verb.class));
    reasons.extend(leading.iter().map(|verb| reason(verb.class, verb.saw())));
    if reasons.is_empty() {
        reasons.push(without_verbs(evidence));
    }
    reasons.extend(leading.iter().flat_map(|verb| evidence.joined_verbs(verb)));
    reasons.extend(evidence.later_sentences());
    let parameters = evidence.parameters.iter();
    reasons.extend(parameters.filter_map(|one| evidence.parameter(one)));
    reasons.extend(evidence.annotations());
    if reasons.iter().any(|reason| reason.class != Class::Read) {
        reasons.extend(evidence.money());
        reasons.extend(evidence.terminal());
    }
    reasons
}

/// The reason about a tool without any verb.
fn without_verbs(evidence: &Evidence<'_>) -> Reason {
    let class = match evidence.tool.hint("destructiveHint") {
        Some(true) => Class::Destructive,
        Some(false) | None => Class::Write,
    };
    reason(class, "no statement of its effect")
}
