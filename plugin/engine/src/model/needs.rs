//! The needs of a policy that only a host can meet: headers, the peer's address, sessions, responses.
//!
//! It is derived once, when the policy is parsed, so that no request reads the whole policy.

use super::caller::Source;
use super::options::Mode;
use super::path::Segment;

/// The needs of a policy.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// The headers that scopes count by and conditions read, in lower case.
    pub(crate) headers: Vec<Box<str>>,
    /// Some scope or condition reads the peer's address.
    pub(crate) peer: bool,
    /// The verified identities that identify callers and that rules read.
    pub(crate) verified: NeededIdentities,
    /// Some server is known by the cluster that the gateway's route chose.
    pub(crate) cluster: bool,
    /// The claims that scopes count by.
    pub(crate) counted_claims: Vec<Vec<Segment>>,
    /// Some condition reads the claims of the caller, or lines of the log hold some.
    pub(crate) claims: bool,
    /// Some condition about the caller alone refuses calls: lists differ by it.
    pub(crate) caller_conditions: bool,
    /// Some counter counts each session apart.
    pub(crate) sessions: bool,
    /// Some rule depends on the call that an answer belongs to: the ids of requests under way are remembered.
    pub(crate) ids: bool,
    /// Some limit counts calls under way.
    pub(crate) running: bool,
    pub(crate) responses: ResponseNeeds,
}

/// Whether some response has to be read, by the mode of the caller's rules.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ResponseNeeds {
    /// Some rule may edit a response where the caller's mode is enforce.
    pub(crate) enforced: bool,
    /// Some rule may edit a response although the caller's mode is shadow.
    pub(crate) shadowed: bool,
    /// Some tool is pinned: its listed definitions are remembered, in every mode.
    pub(crate) pins: bool,
    /// Some result rule exists.
    pub(crate) results: bool,
    /// The policy may answer callers differently, or limits how long lists are reused: the results that caches may
    /// reuse are read.
    pub(crate) cached: bool,
}

/// The verified identities that a policy reads. A certificate, or a token, that no rule of it reads is no credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NeededIdentities {
    /// [`Verified::claims`](crate::host::Verified::claims).
    pub claims: bool,
    /// [`Verified::uri_san`](crate::host::Verified::uri_san).
    pub uri_san: bool,
    /// [`Verified::dns_san`](crate::host::Verified::dns_san).
    pub dns_san: bool,
    /// [`Verified::subject`](crate::host::Verified::subject).
    pub subject: bool,
}

impl NeededIdentities {
    pub(crate) fn of(sources: &[&Source]) -> Self {
        let mut needed = Self::default();
        for source in sources {
            match source {
                Source::Header(_) | Source::JsonHeader(_) | Source::Bearer => {}
                Source::Claim(_) => needed.claims = true,
                Source::Certificate(_) => needed.read_certificate(),
            }
        }
        needed
    }

    /// What either needs.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            claims: self.claims || other.claims,
            uri_san: self.uri_san || other.uri_san,
            dns_san: self.dns_san || other.dns_san,
            subject: self.subject || other.subject,
        }
    }

    /// All names of a certificate: one without the name of a source is a credential all the same.
    fn read_certificate(&mut self) {
        (self.uri_san, self.dns_san, self.subject) = (true, true, true);
    }

    /// Whether the names of a certificate are read.
    pub(crate) fn certificate(self) -> bool {
        self.uri_san || self.dns_san || self.subject
    }
}

impl ResponseNeeds {
    /// Whether some response has to be read.
    pub(crate) fn any(self, mode: Mode) -> bool {
        self.cached || self.every(mode)
    }

    /// Whether every response has to be read, and not only the results that caches may reuse.
    pub(crate) fn every(self, mode: Mode) -> bool {
        let by_mode = match mode {
            Mode::Enforce => self.enforced,
            Mode::Shadow => self.shadowed,
        };
        by_mode || self.pins || self.results
    }
}
