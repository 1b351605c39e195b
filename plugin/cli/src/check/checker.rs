//! Turns a policy's text into diagnostics, each with its place, and into the costs of its most expensive messages.
//!
//! It never stops at the first mistake, unless the text is not JSON.

use super::access::{Party, access};
use super::dearest;
use super::dearest::Cost;
use super::diagnostic::Diagnostic;
use super::lint;
use super::location::Located;
use super::other_words;
use super::report::{Checked, Options, PolicyReport};
use super::tool_index::ToolIndex;
use crate::input::Input;
use crate::report::CommandResult;
use crate::source_map::SourceMap;
use mcp_policy::document::Value;
use mcp_policy::host::{Policy, PolicyError, Problem};

/// Checks one policy, and validates it against the tools of a server if they are given.
#[must_use]
pub fn check(policy: &Input, tools: Option<&ToolIndex>, options: &Options) -> PolicyReport {
    PolicyReport::new(policy, checked(&policy.bytes, tools, options.now), options)
}

/// Checks one policy like [`check`], and finds what a caller has under it, if it is valid.
///
/// # Errors
/// A grant or a server that the policy does not have; a claim without a path; a name that certificates do not have.
pub fn check_as(
    policy: &Input,
    tools: Option<&ToolIndex>,
    options: &Options,
    party: &Party,
) -> CommandResult<PolicyReport> {
    check(policy, tools, options).with_access(policy, tools, options, party)
}

impl PolicyReport {
    /// Adds the access of the caller to the report, if the policy is valid.
    pub(super) fn with_access(
        mut self,
        policy: &Input,
        tools: Option<&ToolIndex>,
        options: &Options,
        party: &Party,
    ) -> CommandResult<Self> {
        if Policy::parse(&policy.bytes).is_ok() {
            self.access = Some(access(policy, tools, party, options.now)?);
        }
        Ok(self)
    }
}

pub(super) fn checked(policy: &[u8], tools: Option<&ToolIndex>, now: Option<u64>) -> Checked {
    let text = String::from_utf8_lossy(policy);
    let document = match Policy::document(policy) {
        Ok(document) => document,
        Err(error) => {
            return Checked {
                diagnostics: vec![Located::not_json(&error, &text)],
                ..Checked::default()
            };
        }
    };
    let root = document.root();
    let source = SourceMap::new(&text, root);
    let (found, dearest) = match Policy::parse(policy) {
        Ok(policy) => valid(&policy, &text, root, (tools, now)),
        Err(errors) => (mistakes(&errors, &source, &text), Vec::new()),
    };
    let located = found
        .into_iter()
        .map(|found| Located::in_document(found, &source, &text));
    let mut diagnostics: Vec<_> = located.collect();
    diagnostics.sort_by_key(|found| found.span.start);
    Checked {
        diagnostics,
        dearest,
    }
}

/// The errors of the engine, with the value that was probably meant.
fn mistakes(errors: &[PolicyError], source: &SourceMap, text: &str) -> Vec<Diagnostic> {
    let mistake = |error: &PolicyError| {
        let spot = source.find(&error.at);
        let found = spot.and_then(|spot| text.get(spot.value.clone()));
        let is_invalid = matches!(
            error.problem,
            Problem::InvalidKey { .. } | Problem::InvalidValue { .. }
        );
        let found = found.filter(|_| is_invalid);
        Diagnostic {
            help: found.and_then(|found| other_words::meant(&error.at, found)),
            ..Diagnostic::error(error)
        }
    };
    errors.iter().map(mistake).collect()
}

/// The warnings and notes about a policy that every gateway accepts, and its costs.
fn valid(
    policy: &Policy,
    text: &str,
    root: Value<'_>,
    (tools, now): (Option<&ToolIndex>, Option<u64>),
) -> (Vec<Diagnostic>, Vec<Cost>) {
    let document = serde_json::from_str(text).unwrap_or_default();
    let costs = dearest::costs(policy, &document);
    let mut found = lint::all(policy, root, tools, now);
    found.extend(dearest::warnings(&costs));
    (found, dearest::first_of_each(costs))
}
