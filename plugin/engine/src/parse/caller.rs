//! Turns `identity` of a policy into the model: the sources of identity, the accepted issuers, and the trusted headers.
//!
//! It judges no request; `decide::principal` does.

use super::reader::{Keys, Location, Members, PolicyReader};
use super::words::CERTIFICATE_NAMES;
use crate::model::{Identity, Segment, Source, TrustedHeader, claim};
use crate::read::is_header_name;
use crate::words::json::{Kind, Value};

pub(crate) const IDENTITY: Keys = Keys {
    supported: &[
        "from",
        "jwt_payload",
        "issuers",
        "anonymous",
        "trusted_headers",
    ],
    reserved: &[],
};

pub(crate) const SOURCE: Keys = Keys {
    supported: &["header", "set_by_gateway", "jwt_claim", "mtls", "bearer"],
    reserved: &[],
};

pub(crate) const BEARER: Keys = Keys {
    supported: &["trusted"],
    reserved: &[],
};

pub(crate) const TRUSTED_HEADER: Keys = Keys {
    supported: &["header", "encoding"],
    reserved: &[],
};

/// The encodings of a trusted header; true for JSON.
pub(crate) const ENCODINGS: &[(&str, bool)] = &[("base64_json", true)];

/// The kinds of sources; each source is of one.
const KINDS: [&str; 4] = ["header", "jwt_claim", "mtls", "bearer"];

/// Headers that carry credentials, which must not reach a log.
pub(super) const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

const WRITE_NO_CREDENTIAL: &str = "a header without credentials: identities are written to the log";

const WRITE_KIND: &str = "exactly one of `header`, `jwt_claim`, `mtls` and `bearer`";

const WRITE_TRUSTED: &str = r#"{"trusted": true}, and only if the gateway or the server rejects made-up tokens: otherwise each made-up token is a caller with counts of its own"#;

const WRITE_VERIFIED: &str =
    "nothing: only a `header` needs it, and the gateway has verified tokens and certificates";

const WRITE_GATEWAY: &str = r#""set_by_gateway": true beside it, and only if the gateway overwrites this header on every request: a client can send any header it likes"#;

const WRITE_CLAIM: &str =
    r#"the name of a claim, such as `sub`, `realm_access.user` or `["https://acme.example/user"]`"#;

const WRITE_ISSUER: &str = "each issuer once, as the claim `iss` of its tokens has it";

const WRITE_ANONYMOUS: &str =
    r#"a grant with "match": {"anonymous": true}: with `grants`, every caller has a grant"#;

impl PolicyReader {
    /// With `grants`, no source is needed: they say which facts identify their callers.
    pub(super) fn identity(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        with_grants: bool,
    ) -> Identity {
        let members = self.object(at, value, &IDENTITY);
        let sources = match with_grants && members.get("from").is_none() {
            true => Vec::new(),
            false => self.sources(at, &members),
        };
        if let Some(value) = members.get("anonymous").filter(|_| with_grants) {
            self.misplaced(&at.key("anonymous"), value, WRITE_ANONYMOUS);
        }
        let mut identity = Identity {
            sources,
            anonymous: self.flag(at, &members, "anonymous"),
            issuers: self
                .part(at, &members, "issuers", Self::issuers)
                .unwrap_or_default(),
            trusted_headers: self
                .part(at, &members, "trusted_headers", Self::trusted_headers)
                .unwrap_or_default(),
            ..Identity::default()
        };
        if let Some(value) = members.get("jwt_payload")
            && let Some(name) = self.string(&at.key("jwt_payload"), value)
        {
            identity.jwt_payload = name.into();
        }
        identity
    }

    fn sources(&mut self, at: &Location<'_>, members: &Members<'_>) -> Vec<Source> {
        let Some(from) = self.required(at, members, "from") else {
            return Vec::new();
        };
        let at = at.key("from");
        if from.kind() == Kind::Array && from.elements().next().is_none() {
            self.invalid(&at, from, "at least one source");
        }
        let mut sources: Vec<Source> = Vec::new();
        for (index, value) in self.list(&at, from, "sources").enumerate() {
            let at = at.index(index);
            let Some(source) = self.source(&at, value) else {
                continue;
            };
            if sources.contains(&source) {
                self.invalid(&at, value, "each source once");
            }
            sources.push(source);
        }
        sources
    }

    fn source(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Source> {
        let members = self.object(at, value, &SOURCE);
        let kinds = KINDS.map(|kind| members.get(kind));
        let [header, claim, name, bearer] = kinds;
        if kinds.iter().flatten().count() != 1 && members.is_object {
            self.invalid(at, value, WRITE_KIND);
            return None;
        }
        if let (Some(value), None) = (members.get("set_by_gateway"), header) {
            self.misplaced(&at.key("set_by_gateway"), value, WRITE_VERIFIED);
        }
        if let Some(claim) = claim {
            return self.claim(&at.key("jwt_claim"), claim).map(Source::Claim);
        }
        if let Some(name) = name {
            let name = self.word(&at.key("mtls"), name, CERTIFICATE_NAMES)?;
            return Some(Source::Certificate(name));
        }
        if let Some(bearer) = bearer {
            return self.trusted_bearer(&at.key("bearer"), bearer);
        }
        self.header_source(at, value, &members, header?)
    }

    /// A bearer token that the operator vouches for.
    fn trusted_bearer(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Source> {
        let members = self.object(at, value, &BEARER);
        let trusted = members.get("trusted").and_then(Value::bool);
        if trusted != Some(true) && members.is_object {
            self.invalid(at, value, WRITE_TRUSTED);
        }
        Some(Source::Bearer)
    }

    fn header_source(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        members: &Members<'_>,
        header: Value<'_>,
    ) -> Option<Source> {
        let vouched = members
            .get("set_by_gateway")
            .and_then(|value| self.bool(&at.key("set_by_gateway"), value));
        if vouched != Some(true) {
            self.invalid(at, value, WRITE_GATEWAY);
        }
        let name = self.header_name(&at.key("header"), header)?;
        Some(Source::Header(name))
    }

    /// The name of a header that carries no credential, in lower case.
    fn header_name(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Box<str>> {
        let name = self.string(at, value)?;
        if !is_header_name(&name) {
            self.invalid(at, value, "the name of an HTTP header");
            return None;
        }
        let name = name.to_ascii_lowercase();
        if CREDENTIALS.contains(&name.as_str()) {
            self.invalid(at, value, WRITE_NO_CREDENTIAL);
        }
        Some(name.into())
    }

    /// The steps to one claim.
    fn claim(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Vec<Segment>> {
        let steps = claim(&self.string(at, value)?);
        if steps.is_none() {
            self.invalid(at, value, WRITE_CLAIM);
        }
        steps
    }

    fn issuers(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<Box<str>> {
        let mut issuers: Vec<Box<str>> = Vec::new();
        if value.kind() == Kind::Array && value.elements().next().is_none() {
            self.invalid(at, value, "at least one issuer");
        }
        for (index, value) in self.list(at, value, "issuers").enumerate() {
            let at = at.index(index);
            let Some(issuer) = self.string(&at, value) else {
                continue;
            };
            if issuers.iter().any(|other| **other == *issuer) {
                self.invalid(&at, value, WRITE_ISSUER);
            }
            issuers.push(issuer.into());
        }
        issuers
    }

    fn trusted_headers(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<TrustedHeader> {
        let elements = self.list(at, value, "headers").enumerate();
        elements
            .filter_map(|(index, value)| self.trusted_header(&at.index(index), value))
            .collect()
    }

    /// The name of a header, or an object with the encoding of its value.
    fn trusted_header(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<TrustedHeader> {
        if value.kind() != Kind::Object {
            let name = self.header_name(at, value)?;
            return Some(TrustedHeader {
                name,
                is_json: false,
            });
        }
        let members = self.object(at, value, &TRUSTED_HEADER);
        let encoding = self
            .required(at, &members, "encoding")
            .and_then(|value| self.word(&at.key("encoding"), value, ENCODINGS));
        let header = self.required(at, &members, "header");
        let name = header.and_then(|value| self.header_name(&at.key("header"), value));
        let (is_json, name) = (encoding?, name?);
        Some(TrustedHeader { name, is_json })
    }
}
