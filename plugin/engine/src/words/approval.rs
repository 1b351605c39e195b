//! Approvals: the request that a person decides, its standing, and the questions about it to the host's state.
//!
//! It stores nothing; `store` does.

use super::Millis;
use super::digits::push_hex;
use super::json::{Bounds, Surrogates};
use std::fmt;

/// The unpredictable name of an approval.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ApprovalId(pub(crate) [u8; 16]);

impl ApprovalId {
    /// The id of 32 hexadecimal digits in lower case; `None` for another text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let valid = text.len() == 32 && text.bytes().all(plain);
        let number = valid.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(32);
        push_hex(&mut text, u128::from_be_bytes(self.0));
        f.write_str(&text)
    }
}

impl ApprovalReport {
    /// The report of a host that cannot read or write approvals.
    pub const UNAVAILABLE: Self = Self {
        answer: ApprovalAnswer::Unavailable,
        expired: Vec::new(),
    };
}

impl fmt::Debug for ApprovalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The standing of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No person has decided.
    Pending,
    /// A person has approved the call, and it has not passed yet.
    Approved,
    /// A person has refused the call.
    Refused,
    /// The caller has withdrawn the call.
    Cancelled,
    /// The call has passed.
    Used,
    /// Its time is over.
    Expired,
}

impl Standing {
    const ALL: [Self; 6] = [
        Self::Pending,
        Self::Approved,
        Self::Refused,
        Self::Cancelled,
        Self::Used,
        Self::Expired,
    ];

    /// The standing with this word.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }

    /// The word for logs, pages and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Used => "used",
            Self::Expired => "expired",
        }
    }
}

/// The bounds of a description: those of the longest arguments.
pub(crate) const DESCRIPTION: Bounds = Bounds {
    depth: 130,
    values: 64 * 1024,
    surrogates: Surrogates::Refused,
};

/// SHA-256 of a call and the rule that asks for its approval.
pub(crate) type CallDigest = [u8; 32];

/// A call that needs a person's approval.
#[derive(Clone, Debug)]
pub struct ApprovalRequest {
    /// The caller, its server, the tool, its arguments and the deciding rule, in one hash.
    pub(crate) digest: CallDigest,
    /// The caller, of which no other caller has the same.
    pub(crate) caller: String,
    /// The time that a person has to decide, and after that the call to pass.
    pub(crate) ttl: Millis,
    /// The description for persons, as JSON.
    pub(crate) text: String,
}

/// A person's decision.
#[derive(Clone, Debug)]
pub struct ApprovalDecision {
    pub(crate) id: ApprovalId,
    pub(crate) approves: bool,
    /// The decision for persons, as JSON.
    pub(crate) text: String,
}

/// The approval that a caller waits for.
#[derive(Clone, Copy, Debug)]
pub struct Awaited {
    pub(crate) id: ApprovalId,
    /// The same call may need other approvals too, about which another question asks.
    pub(crate) or_later: bool,
}

/// A question about approvals to the host's state.
#[derive(Clone, Debug)]
pub enum ApprovalAsk {
    /// Find the approval of each call, up to the first that no person has approved. That one is created if it does not
    /// exist; where the caller waits for an approval, only if that one was found before.
    Find(Vec<ApprovalRequest>, Option<Awaited>),
    /// Use all of these, or none: each was approved, and passes one call.
    Use(Vec<(ApprovalId, CallDigest)>),
    /// Withdraw a pending one.
    Cancel(ApprovalId),
    /// Show one, and what its caller asked lately.
    Show(ApprovalId),
    /// Show those that are pending.
    List,
    /// Decide a pending one, and show it.
    Decide(ApprovalDecision),
}

/// An approval as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    pub(crate) id: ApprovalId,
    pub(crate) standing: Standing,
    pub(crate) asked: Millis,
    /// The end of its standing.
    pub(crate) expires: Millis,
    /// The description for persons; `None` where the host lost it, or it was changed.
    pub(crate) text: Option<String>,
    /// The decision for persons.
    pub(crate) decision: Option<String>,
    /// This question created it.
    pub(crate) is_new: bool,
    /// Its address, where a service keeps it.
    pub(crate) url: Option<String>,
}

/// Whether the approval that a caller waits for is none of these, and none that a later question finds.
pub(crate) fn lacks_awaited(waits_for: Option<Awaited>, found: &[Approval]) -> bool {
    let last = found.last().map(|last| last.standing);
    waits_for.is_some_and(|awaited| {
        let later = awaited.or_later && last == Some(Standing::Approved);
        !later && !is_among(awaited, found)
    })
}

pub(crate) fn is_among(awaited: Awaited, found: &[Approval]) -> bool {
    found.iter().any(|found| found.id == awaited.id)
}

/// The answer to a question about approvals, and the approvals whose time is over, each reported once.
#[derive(Clone, Debug)]
pub struct ApprovalReport {
    pub(crate) answer: ApprovalAnswer,
    pub(crate) expired: Vec<ApprovalId>,
}

/// The answer to a question about approvals.
#[derive(Clone, Debug)]
pub enum ApprovalAnswer {
    /// The approvals that were asked for.
    Found(Vec<Approval>),
    /// It was done.
    Done,
    /// It was not done: another standing prevents it, or there is none.
    NotDone,
    /// The approval that the caller waits for is over.
    Over(ApprovalId, Standing),
    /// This caller has as many pending approvals as the policy allows.
    TooMany,
    /// No room is left for another approval.
    Full,
    /// The host cannot read or write approvals now.
    Unavailable,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_read_as_it_is_written() {
        let id = ApprovalId([0xa5; 16]);
        assert_eq!(ApprovalId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn other_spelling_of_an_id_is_refused() {
        let text = ApprovalId([0xa5; 16]).to_string();
        let cut = text.strip_prefix('a').unwrap();
        for other in [&text.to_uppercase(), cut, "", &format!("+{cut}")] {
            assert_eq!(ApprovalId::parse(other), None, "{other}");
        }
    }
}
