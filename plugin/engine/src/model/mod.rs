//! The policy as data: the output of `parse` and the input of every later phase.
//!
//! It parses nothing and judges no call. Values here were checked when the document was parsed.

mod approval;
mod approval_rule;
mod audit;
mod caller;
mod condition;
mod contained;
mod directories;
mod entry;
mod frozen;
mod grants;
mod limit;
mod literal;
mod names;
mod needs;
mod options;
mod overview;
mod path;
mod pinned;
mod policy;
mod postings;
mod rule_set;
pub(crate) mod schema;
mod sequence;
mod server;
mod shared_counters;
mod subject;
mod table;
mod unknown_result;

pub(crate) use approval::{ApprovalPage, ApprovalPlace, Approvals, Approver, SignedEndpoint};
pub(crate) use approval_rule::ApprovalRule;
pub(crate) use audit::{AuditOptions, Fact, OpenedArgument, OpenedFact};
pub(crate) use caller::{CertificateName, Grant, Identity, Required, Source, TrustedHeader};
pub(crate) use condition::{Clause, Comparison, Condition, Group, Predicate, Term};
pub use contained::ContainedGrant;
pub(crate) use directories::{CallerDirectories, Directory, DirectoryName};
pub(crate) use entry::{Action, Entry, Pattern, Pin, ResultRules, Rules, Sought, Treatment, hides};
pub(crate) use frozen::Frozen;
pub(crate) use grants::{Grants, required_text};
pub use limit::Window;
pub(crate) use limit::{Cost, Counter, Limit, Refunds, Scope};
pub(crate) use literal::{Literal, Literals, Order};
pub(crate) use names::{MOST_OTHERS, Names};
pub use needs::NeededIdentities;
pub(crate) use needs::{Needs, ResponseNeeds};
pub(crate) use options::{AnswerStyle, Effect, Listed, Mode};
pub use options::{HostOptions, HttpEndpoint};
pub use overview::{LimitInfo, RuleInfo, SharedLimits};
pub(crate) use path::{Attribute, Path, Segment, claim, claim_text, value_of_exactly};
pub(crate) use pinned::Pinned;
pub use policy::Policy;
pub(crate) use postings::Postings;
pub(crate) use rule_set::{AppliedSets, RuleSet, RuleSetId};
pub(crate) use sequence::{Sequence, SequenceRole, sequence_counters};
pub(crate) use server::{Server, ServerFact, Servers, clear_path};
pub(crate) use shared_counters::{OnUnavailable, RateLimitProtocol, SharedCounters};
pub(crate) use subject::{
    ANONYMOUS, OVERFLOW, Tables, configured, configured_cells, grant_subject, is_chosen,
    overflow_of,
};
pub(crate) use table::{Section, Table};
pub(crate) use unknown_result::{AppliedRules, UnknownResult};
