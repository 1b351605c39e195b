//! Limits: a number of calls, a window, and the subjects that are counted apart.
//!
//! It counts nothing; `count` and `store` do.

use super::approval_rule::ApprovalRule;
use super::path::{Path, Segment, claim_text};
use crate::words::json::push_text;
use crate::words::{Amount, Place, Rule};
use std::sync::Arc;

/// At most `max` calls in each window, for each subject of the scope.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) counter: Arc<Counter>,
    pub(crate) max: Amount,
    pub(crate) cost: Cost,
    pub(crate) refunds: Refunds,
    pub(crate) on_deny: Option<Box<str>>,
    /// A person may approve one call more.
    pub(crate) over: Option<Arc<ApprovalRule>>,
    pub(crate) rule: Rule,
    /// The rule as a JSON string, for the log.
    pub(crate) rule_text: Box<str>,
}

/// When the charge of a call is refunded, from seldom to often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refunds {
    Never,
    /// When no byte of the call reached the server.
    Unsent,
    /// Also when the answer says that the call did not run.
    OnError,
    /// Also when its result says that it failed.
    OnToolError,
    /// Whenever its answer was judged: it is no longer under way.
    Answered,
}

/// The amount that a call adds to a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    One,
    /// Nothing; the count is compared with the maximum all the same.
    Nothing,
    /// The number at these steps into the arguments.
    At(Vec<Segment>),
}

/// A counter: limits with equal counters share one count.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counter {
    /// Kind, window, scope and name in one string; no two different counters have the same.
    pub(crate) id: String,
    pub(crate) window: Window,
    pub(crate) scope: Vec<Scope>,
}

/// The duration of a count. Fixed windows are aligned to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// Multiples of so many seconds since the epoch.
    Seconds(u64),
    /// Weeks that begin on Monday.
    Week,
    /// Calendar months.
    Month,
    /// The last so many seconds before any moment.
    Sliding(u64),
    /// Calls under way: an addition lasts until the call is answered, or for so many seconds.
    Running(u64),
    /// From the first addition until so many seconds after the last one. All additions end together.
    Extending(u64),
}

/// The callers or attributes that a counter counts apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Grant,
    Session,
    Server,
    Global,
    Ip,
    Header(Box<str>),
    /// A claim of the verified token, and its issuer.
    Claim(Vec<Segment>),
    /// The value at these steps into the arguments, which the caller chooses.
    Argument(Vec<Segment>),
}

impl Limit {
    pub(crate) fn new(
        counter: Arc<Counter>,
        (max, cost): (Amount, Cost),
        refunds: Refunds,
        on_deny: Option<&str>,
        rule: Rule,
    ) -> Self {
        let mut rule_text = String::new();
        push_text(&mut rule_text, &rule.to_string());
        Self {
            counter,
            max,
            cost,
            refunds,
            on_deny: on_deny.map(Into::into),
            over: None,
            rule,
            rule_text: rule_text.into(),
        }
    }
}

impl Counter {
    /// `kind` is that of the rule: a limit, a rate limit, a sequence.
    pub(crate) fn new(
        place: &Place,
        kind: &str,
        name: &str,
        window: Window,
        scope: Vec<Scope>,
    ) -> Self {
        let parts: Vec<_> = scope.iter().map(Scope::text).collect();
        // The name comes last because it may hold any character.
        let id = format!(
            "{}/{kind}/{}/{}/{name}",
            place.id(),
            window.text(),
            parts.join(",")
        );
        Self { id, window, scope }
    }

    /// True for the same counter. Names differ at their ends, so they are compared from there.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.id.len() == other.id.len() && self.id.bytes().rev().eq(other.id.bytes().rev())
    }
}

impl Scope {
    /// The header that the scope counts by.
    pub(crate) fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name),
            _ => None,
        }
    }

    /// The claim that the scope counts by.
    pub(crate) fn claim(&self) -> Option<&Vec<Segment>> {
        match self {
            Self::Claim(steps) => Some(steps),
            _ => None,
        }
    }

    /// True where the scope counts each caller apart.
    pub(crate) fn counts_callers(&self) -> bool {
        matches!(self, Self::Grant | Self::Session)
    }

    /// True where the values come from outside, so that the policy cannot list them.
    pub(crate) fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Ip | Self::Header(_) | Self::Claim(_) | Self::Argument(_)
        )
    }

    fn text(&self) -> String {
        match self {
            Self::Grant => "grant".into(),
            Self::Session => "session".into(),
            Self::Server => "server".into(),
            Self::Global => "global".into(),
            Self::Ip => "ip".into(),
            Self::Header(name) => format!("header:{name}"),
            Self::Claim(steps) => format!("claim:{}", claim_text(steps)),
            Self::Argument(steps) => Path::Arguments(steps.clone()).to_string(),
        }
    }
}

impl Window {
    fn text(self) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Week => "week".into(),
            Self::Month => "month".into(),
            Self::Sliding(seconds) => format!("sliding {seconds}"),
            Self::Running(seconds) => format!("running {seconds}"),
            Self::Extending(seconds) => format!("lasting {seconds}"),
        }
    }
}
