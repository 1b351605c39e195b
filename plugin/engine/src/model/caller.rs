//! The callers that a policy knows: the sources of identity that the gateway vouches for, and the listed grants.
//!
//! It judges no request; `decide::principal` does.

use super::frozen::Frozen;
use super::options::Mode;
use super::path::Segment;
use super::rule_set::RuleSetId;
use crate::words::Millis;
use crate::words::pattern::Pattern;

/// How callers are identified.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The sources in order. The first one that is present names the caller.
    pub(crate) sources: Vec<Source>,
    /// The name under which Envoy's jwt_authn stores the payload of a token (`payload_in_metadata`).
    pub(crate) jwt_payload: Box<str>,
    /// A caller without any source is admitted as the anonymous one.
    pub(crate) anonymous: bool,
    /// The issuers whose tokens identify callers; any issuer that the gateway verified where it is empty.
    pub(crate) issuers: Vec<Box<str>>,
    /// The headers that the gateway overwrites or removes on every request.
    pub(crate) trusted_headers: Vec<TrustedHeader>,
}

/// A header whose value no client chooses.
#[derive(Debug)]
pub(crate) struct TrustedHeader {
    /// In lower case.
    pub(crate) name: Box<str>,
    /// Its value is a list or an object of JSON in base64, as Envoy writes such claims (`claim_to_headers`).
    pub(crate) is_json: bool,
}

/// The source of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A header that the gateway itself sets after it removed the client's.
    Header(Box<str>),
    /// Such a header whose value is a list or an object of JSON in base64.
    JsonHeader(Box<str>),
    /// A claim of the token that the gateway verified, by the steps to it.
    Claim(Vec<Segment>),
    /// A name in the client certificate that the gateway verified.
    Certificate(CertificateName),
    /// The bearer token, where the operator says that made-up tokens are rejected elsewhere.
    Bearer,
}

/// A name in a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateName {
    /// The first URI of the subject alternative names.
    UriSan,
    /// The first DNS name of the subject alternative names.
    DnsSan,
    /// The subject.
    Subject,
}

/// A named caller, the facts that prove it, and its rules.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) name: Box<str>,
    /// SHA-256 of the bearer token.
    pub(crate) bearer: Option<[u8; 32]>,
    pub(crate) required: Vec<Required>,
    /// It is the grant of callers without a credential.
    pub(crate) anonymous: bool,
    /// The credential is passed on to the server.
    pub(crate) forward: bool,
    /// The policy of its calls. A grant without one denies everything.
    pub(crate) policy: Option<RuleSetId>,
    /// Its own `tools`, which only tighten the policy.
    pub(crate) own: Option<RuleSetId>,
    pub(crate) revoked: bool,
    pub(crate) frozen: Option<Frozen>,
    /// The time from which every call is refused.
    pub(crate) expires: Option<Millis>,
    pub(crate) mode: Option<Mode>,
}

/// A text that a grant requires of its callers.
#[derive(Debug)]
pub(crate) struct Required {
    /// The position of the source among those of all grants.
    pub(crate) source: usize,
    pub(crate) pattern: Pattern,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            jwt_payload: "jwt".into(),
            anonymous: false,
            issuers: Vec::new(),
            trusted_headers: Vec::new(),
        }
    }
}

impl Identity {
    /// True for a header that the gateway sets itself, so that no client chooses its value.
    pub(crate) fn trusts(&self, header: &str) -> bool {
        let sources = self.sources.iter();
        let sources = sources.filter_map(|source| match source {
            Source::Header(name) | Source::JsonHeader(name) => Some(name),
            Source::Claim(_) | Source::Certificate(_) | Source::Bearer => None,
        });
        let trusted = self.trusted_headers.iter().map(|trusted| &trusted.name);
        let mut names = trusted.chain(sources);
        names.any(|name| name.eq_ignore_ascii_case(header))
    }

    /// The trusted headers whose value is JSON in base64.
    pub(crate) fn json_headers(&self) -> Vec<Box<str>> {
        let mut names = Vec::new();
        for trusted in &self.trusted_headers {
            if trusted.is_json {
                names.push(trusted.name.clone());
            }
        }
        names
    }

    /// True for a trusted header whose value is JSON in base64.
    pub(crate) fn reads_as_json(&self, header: &str) -> bool {
        let mut trusted = self.trusted_headers.iter();
        trusted.any(|trusted| trusted.is_json && trusted.name.eq_ignore_ascii_case(header))
    }
}

impl CertificateName {
    /// The name in the policy and in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UriSan => "uri_san",
            Self::DnsSan => "dns_san",
            Self::Subject => "subject",
        }
    }
}
