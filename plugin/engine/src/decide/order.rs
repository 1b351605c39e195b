//! The order of evaluation, as one table.
//!
//! It judges nothing: the judge walks it for each subject of a call, in each stage under every rule set that applies, up
//! to the first enforced refusal.

/// One kind of rule that may refuse a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Form,
    Available,
    Entry,
    Sequence,
    Pin,
    Tasks,
    Schema,
    Conditions,
    AllTools,
    Approval,
    Limits,
}

/// The stages in the order of evaluation, after the caller and the kill switches.
pub(crate) const ORDER: [Stage; 11] = [
    Stage::Form,
    Stage::Available,
    Stage::Entry,
    Stage::Sequence,
    Stage::Pin,
    Stage::Tasks,
    Stage::Schema,
    Stage::Conditions,
    Stage::AllTools,
    Stage::Approval,
    Stage::Limits,
];

impl Stage {
    /// The requirement of the stage, as the documents word it.
    fn rule(self) -> &'static str {
        match self {
            Self::Form => {
                "A tool call has an id, and a URI is in its normal form or listed exactly."
            }
            Self::Available => {
                "The name is not hidden by `hide` or `action`, an entry or `default` admits it, and the caller's lists show it."
            }
            Self::Entry => "The entry's `frozen` and `action`, or `methods`, admit it.",
            Self::Sequence => "No earlier call forbids it: `sequence`.",
            Self::Pin => "The tool's definition is the reviewed one: `pin`.",
            Self::Tasks => "The task was issued to this caller.",
            Self::Schema => "The arguments match the entry's `schema`.",
            Self::Conditions => "The entry's `require`, then its `deny_if`.",
            Self::AllTools => "`require`, then `deny_if` of `all_tools`.",
            Self::Approval => {
                "A person has approved it: `require_approval` of the entry, then of `all_tools`."
            }
            Self::Limits => "`limits`: the entry's, then those of `all_tools`.",
        }
    }
}

/// The order of evaluation as the documents word it, one sentence for each step: first the message and the caller.
pub fn evaluation_order() -> impl Iterator<Item = &'static str> {
    let before = [
        "The body is exactly one MCP message.",
        "The caller is known and not `frozen`, and its session is not another caller's.",
    ];
    before.into_iter().chain(ORDER.map(Stage::rule))
}
