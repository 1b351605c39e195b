//! Turns the headers and the verified identities of a request into its caller and the rule sets that apply to it.
//!
//! It never reads a message: the same caller judges the request and filters its response.

use super::credentials::Credentials;
use super::grant::granted;
use super::identity::{vouched, within_bounds};
use super::operand::Operand;
use super::principal::{AuthError, Principal};
use super::server::Addressed;
use crate::model::{AppliedSets, Mode, Policy, RuleSetId, Segment};
use crate::read::{Headers, Unidentified, Verified, base64_json, claims_document};
use crate::words::Rule;
use crate::words::json::Document;
use crate::words::text::length_prefixed;

/// The caller of a request, the server that it addresses, and the rules that apply to both.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) server: Addressed,
    /// The rule sets that must all admit a call.
    pub(crate) sets: AppliedSets,
    /// The mode of rules outside entries.
    pub(crate) mode: Mode,
    /// The claims as JSON, where some condition or the log reads them.
    claims: Option<Box<str>>,
    headers: Vec<(Box<str>, Header)>,
    /// The claims that scopes count by, each with the text to count; `None` where it cannot be counted.
    counted: Vec<(Vec<Segment>, Option<String>)>,
}

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Absent,
    Once(Box<str>),
    /// The JSON of a trusted header that is encoded.
    Json(String),
    /// It is given twice, is not plain ASCII, or is not encoded as the policy says.
    Unclear,
}

/// The documents of a caller that conditions read.
#[derive(Debug, Default)]
pub(crate) struct CallerDocuments<'c> {
    /// The claims of its token.
    pub(super) claims: Option<Document<'c>>,
    /// The trusted headers with JSON, by name.
    pub(super) headers: Vec<(&'c str, Document<'c>)>,
}

impl CallerDocuments<'_> {
    /// The JSON of a trusted header; unknown where it is none.
    pub(super) fn header(&self, name: &str) -> Operand<'_> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map_or(Operand::Unknown, |(_, document)| {
            Operand::Json(document.root())
        })
    }
}

impl Header {
    fn of(headers: &Headers, name: &str, is_json: bool) -> Self {
        match headers.single(name) {
            Ok(Some(value)) if is_json => base64_json(value).map_or(Self::Unclear, Self::Json),
            Ok(Some(value)) => Self::Once(value.into()),
            Ok(None) => Self::Absent,
            Err(_) => Self::Unclear,
        }
    }

    /// The value, if the header is present; `None` where it is unclear.
    pub(super) fn given(&self) -> Option<Option<&str>> {
        match self {
            Self::Absent => Some(None),
            Self::Once(value) => Some(Some(value)),
            Self::Json(_) | Self::Unclear => None,
        }
    }
}

impl Caller {
    /// Identifies the caller. `cluster` is the cluster that the gateway's route chose. The flag is true where the
    /// caller's credential must not be passed on.
    pub(crate) fn identify(
        policy: &Policy,
        headers: &Headers,
        verified: &Verified,
        cluster: Option<&str>,
    ) -> (Self, bool) {
        let server = Addressed::of(policy, headers, cluster);
        let Ok(credentials) = Credentials::read(headers, verified, policy.needs.verified) else {
            let granted = policy.grants.is_some();
            let denied = match granted {
                true => AuthError::Unreadable,
                false => AuthError::Unidentified,
            };
            let caller = Self::new(policy, Principal::Denied(denied), server);
            return (caller.with_claims(policy, verified), granted);
        };
        let (principal, removes) = identify(policy, &credentials);
        let mut caller = Self::new(policy, principal, server).with_claims(policy, verified);
        for name in &policy.needs.headers {
            let value = Header::of(headers, name, policy.identity.reads_as_json(name));
            caller.headers.push((name.clone(), value));
        }
        let claims = policy.needs.counted_claims.iter();
        let counted = |steps: &Vec<_>| (steps.clone(), counted(&credentials, steps));
        caller.counted = claims.map(counted).collect();
        (caller, removes)
    }

    fn new(policy: &Policy, principal: Principal, server: Addressed) -> Self {
        let (of_caller, own, mode) = match &principal {
            Principal::Grant(grant) => (grant.policy, grant.own, grant.mode),
            _ => (RuleSetId::default(), None, None),
        };
        let mode = enforced_first(mode, server.mode());
        let sets = AppliedSets::new(server.policy(), Some(of_caller), own);
        Self {
            principal,
            server,
            sets,
            mode: mode.unwrap_or(policy.mode),
            claims: None,
            headers: Vec::new(),
            counted: Vec::new(),
        }
    }

    fn with_claims(self, policy: &Policy, verified: &Verified) -> Self {
        let claims = verified.claims.as_deref();
        Self {
            claims: claims.filter(|_| policy.needs.claims).map(Into::into),
            ..self
        }
    }

    /// Whether the caller has a token whose claims some condition or the log reads, even one that cannot be read.
    pub(super) fn has_claims(&self) -> bool {
        self.claims.is_some()
    }

    /// A caller without an identity.
    #[cfg(test)]
    pub(crate) fn anonymous(policy: &Policy) -> Self {
        Self::new(policy, Principal::Anonymous, Addressed::Only)
    }

    /// The rules that chose the rule sets, for explanations.
    pub(super) fn rules(&self) -> impl Iterator<Item = Rule> {
        let server = self.server.name();
        let server = server.map(|name| Rule::new("servers").key(name));
        let grant = match &self.principal {
            Principal::Grant(grant) => Some(Rule::new("grants").key(&grant.name)),
            _ => None,
        };
        server.into_iter().chain(grant)
    }

    /// The documents that some condition reads.
    pub(crate) fn documents(&self) -> CallerDocuments<'_> {
        let headers = self.headers.iter();
        let headers = headers.filter_map(|(name, header)| match header {
            Header::Json(text) => Some((&**name, claims_document(text).ok()?)),
            Header::Absent | Header::Once(_) | Header::Unclear => None,
        });
        CallerDocuments {
            claims: self
                .claims
                .as_deref()
                .and_then(|text| claims_document(text).ok()),
            headers: headers.collect(),
        }
    }

    /// The value of a header that some rule names; unclear for any other name.
    pub(crate) fn header(&self, name: &str) -> &Header {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map_or(&Header::Unclear, |(_, value)| value)
    }

    /// The text by which a claim is counted, with its issuer: a claim of another issuer is another one. `None` where it
    /// cannot be counted.
    pub(crate) fn counted_claim(&self, steps: &[Segment]) -> Option<&str> {
        let mut counted = self.counted.iter();
        let found = counted.find(|(own, _)| own == steps);
        found.and_then(|(_, text)| text.as_deref())
    }
}

/// The caller by the grants of the policy, or by its identity. The flag is true where its credential must not be passed on.
fn identify(policy: &Policy, credentials: &Credentials<'_>) -> (Principal, bool) {
    let grants = policy.grants.as_ref();
    if !credentials.has_accepted_issuer(&policy.identity) {
        return (Principal::Denied(AuthError::Issuer), grants.is_some());
    }
    match grants {
        Some(grants) => granted(policy, grants, credentials),
        None => (vouched(&policy.identity, credentials), false),
    }
}

fn counted(credentials: &Credentials<'_>, steps: &[Segment]) -> Option<String> {
    let claim = credentials.claim(steps).ok().flatten()?;
    let text = claim.value.string()?;
    let text = within_bounds(&text).map_err(|Unidentified| ()).ok()?;
    let issuer = claim.issuer.unwrap_or_default();
    Some([&*length_prefixed(&issuer), text].concat())
}

/// The mode of the caller or of the server. Where they differ, no rule that one of them enforces is in shadow mode.
fn enforced_first(caller: Option<Mode>, server: Option<Mode>) -> Option<Mode> {
    let enforces = [caller, server].contains(&Some(Mode::Enforce));
    let enforce = enforces.then_some(Mode::Enforce);
    enforce.or(caller).or(server)
}
