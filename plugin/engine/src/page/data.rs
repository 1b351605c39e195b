//! The content of the pages: turns nothing, and names what the pages are made of.
//!
//! It holds texts as they were received: the pages make them visible.

use crate::words::Millis;
pub(crate) use crate::words::approval::Standing;
use crate::words::json::Value;

/// An approval, as a line of a list shows it.
#[derive(Clone, Copy)]
pub(crate) struct Summary<'a> {
    /// 32 hexadecimal digits.
    pub(crate) id: &'a str,
    pub(crate) standing: Standing,
    /// The grant of the caller.
    pub(crate) grant: &'a str,
    /// `None` where the policy lists no servers.
    pub(crate) server: Option<&'a str>,
    /// `tool`, `prompt` or `resource`.
    pub(crate) kind: &'a str,
    /// The name of the tool or prompt, or the URI of the resource.
    pub(crate) name: &'a str,
    pub(crate) asked: Millis,
    pub(crate) expires: Millis,
    /// A JSON Pointer into the policy.
    pub(crate) rule: &'a str,
}

/// Who decided an approval, and when.
#[derive(Clone, Copy)]
pub(crate) struct Decided<'a> {
    pub(crate) by: &'a str,
    pub(crate) at: Millis,
    pub(crate) reason: Option<&'a str>,
}

/// All that an approver reads before the decision.
#[derive(Clone, Copy)]
pub(crate) struct Detail<'a> {
    pub(crate) summary: Summary<'a>,
    /// The message of the rule.
    pub(crate) message: Option<&'a str>,
    /// An object.
    pub(crate) arguments: Value<'a>,
    /// The members in which the call answers an earlier request of its server.
    pub(crate) input: Option<Value<'a>>,
    pub(crate) decided: Option<Decided<'a>>,
    /// What the same caller asked before, newest first.
    pub(crate) lately: &'a [Summary<'a>],
}

/// What the visitor can do.
#[derive(Clone, Copy)]
pub(crate) enum Action<'a> {
    /// Approve or refuse, with this token in the form.
    Decide { csrf: &'a str },
    /// Nothing, for the reason in this sentence.
    Cannot(&'a str),
}

/// The visit of an approver.
#[derive(Clone, Copy)]
pub(crate) struct Visit<'a> {
    /// The path of the list, such as `/approvals`.
    pub(crate) path: &'a str,
    /// The name of the approver, for the approver.
    pub(crate) approver: &'a str,
    pub(crate) now: Millis,
}
