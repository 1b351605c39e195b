//! Reads a document of Intercept, translates it, and validates the result.
//!
//! It never passes on a policy that a gateway would refuse.

use super::messages::{Level, Location, Messages};
use super::report::ImportReport;
use super::{document, foreign};
use crate::approvers::{Approve, approvals};
use crate::input::Input;
use crate::report::CommandResult;
use crate::yaml::{self, Mark, Node, Value};
use mcp_policy::host::Policy;
use serde_json::Value as Json;

/// Imports a document. With `exact`, there is no policy where it would refuse a call that Intercept lets through. With
/// `approve`, a person approves the calls that need it; otherwise they are refused.
///
/// # Errors
/// `approve` has no address or no approver.
pub fn import(
    document: &Input,
    exact: bool,
    approve: Option<&Approve>,
) -> CommandResult<ImportReport> {
    let approvals = approve.map(approvals).transpose()?;
    let approvals = approvals.and_then(|approvals| serde_json::to_value(approvals).ok());
    let (policy, messages) = translate(&document.bytes, approvals.as_ref());
    let worst = messages.worst();
    let most = if exact { Level::Note } else { Level::Stricter };
    let policy = policy.filter(|_| worst <= most);
    Ok(ImportReport::new(
        &document.name,
        messages.list,
        worst,
        policy,
    ))
}

/// The policy, if the document can be read, and every message about it.
pub(super) fn translate(document: &[u8], approvals: Option<&Json>) -> (Option<Json>, Messages) {
    let mut messages = Messages::default();
    let yaml::Document { root, second } = match read(document) {
        Ok(document) => document,
        Err(yaml::Fault { mark, what }) => {
            messages.cannot(&Location::root(mark), &what);
            return (None, messages);
        }
    };
    if let Some(what) = foreign::what(&root) {
        messages.cannot(&Location::root(root.mark), &what);
        return (None, messages);
    }
    let root = with_head(&mut messages, root);
    if let Some(mark) = second {
        let message = "a second document begins here; Intercept reads the first alone, and so does this import";
        messages.note(&Location::root(mark), message);
    }
    let policy = document::translate(&mut messages, &root, approvals);
    if messages.worst() < Level::Cannot {
        validate(&policy, &mut messages, &Location::root(root.mark));
    }
    messages.sort();
    (Some(policy), messages)
}

/// The document around the entries of `tools`, if there are nothing but entries.
fn with_head(messages: &mut Messages, root: Node) -> Node {
    if !foreign::is_entries(&root) {
        return root;
    }
    let message = "these are entries of `tools` alone; they are read as those of a policy";
    messages.note(&Location::root(root.mark), message);
    let (mark, end) = (root.mark, root.end);
    let value = Value::Map(vec![("tools".into(), root)]);
    Node::new(mark, end, value)
}

/// No policy is written that a gateway would refuse.
fn validate(policy: &Json, messages: &mut Messages, at: &Location) {
    let parsed = Policy::parse(policy.to_string().as_bytes());
    for error in parsed.err().unwrap_or_default() {
        messages.cannot(at, &format!("the policy would not be accepted: {error}"));
    }
}

fn read(document: &[u8]) -> Result<yaml::Document, yaml::Fault> {
    let text = std::str::from_utf8(document).map_err(|_| yaml::Fault {
        mark: Mark { line: 1, column: 1 },
        what: "it is not UTF-8".into(),
    })?;
    yaml::read(text)
}
