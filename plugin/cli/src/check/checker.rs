//! Turns a policy's text into diagnostics, each with its place.
//!
//! It never stops at the first mistake, unless the text is not JSON.

use super::diagnostic::Diagnostic;
use super::lint;
use super::location::Located;
use super::report::{Options, PolicyReport};
use super::tool_index::ToolIndex;
use crate::input::Input;
use crate::source_map::SourceMap;
use mcp_policy::host::Policy;

/// Checks one policy, and validates it against the tools of a server if they are given.
#[must_use]
pub fn check(policy: &Input, tools: Option<&ToolIndex>, options: &Options) -> PolicyReport {
    PolicyReport::new(policy, diagnostics(&policy.bytes, tools), options)
}

/// Every diagnostic, in the order of the text.
pub(super) fn diagnostics(policy: &[u8], tools: Option<&ToolIndex>) -> Vec<Located> {
    let text = String::from_utf8_lossy(policy);
    let document = match Policy::document(policy) {
        Ok(document) => document,
        Err(error) => return vec![Located::not_json(&error, &text)],
    };
    let root = document.root();
    let found = match Policy::parse(policy) {
        Ok(policy) => lint::all(&policy, root, tools),
        Err(errors) => errors.iter().map(Diagnostic::error).collect(),
    };
    let source = SourceMap::new(&text, root);
    let located = found
        .into_iter()
        .map(|found| Located::in_document(found, &source, &text));
    let mut located: Vec<_> = located.collect();
    located.sort_by_key(|found| found.span.start);
    located
}
