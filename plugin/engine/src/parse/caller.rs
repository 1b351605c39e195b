//! Turns `identity` and `grants` of a policy into the model: the headers that identify a caller, and the listed grants.
//!
//! It judges no request; `decide::principal` does.

use super::reader::{Keys, Location, Members, PolicyReader};
use super::words::{CERTIFICATE_NAMES, MODES};
use crate::model::{Grant, Identity, Source};
use crate::read::is_header_name;
use crate::words::json::{Kind, Value};
use crate::words::text::is_visible;
use sha2::{Digest as _, Sha256};

pub(crate) const IDENTITY: Keys = Keys {
    supported: &["from", "jwt_payload", "anonymous"],
    reserved: &["trusted_headers"],
};

pub(crate) const SOURCE: Keys = Keys {
    supported: &["header", "set_by_gateway", "jwt_claim", "mtls"],
    reserved: &["bearer"],
};

/// The kinds of sources; each source is of one.
const KINDS: [&str; 3] = ["header", "jwt_claim", "mtls"];

pub(crate) const GRANT: Keys = Keys {
    supported: &["match", "policy", "forward", "revoked", "frozen", "mode"],
    reserved: &["tools", "expires"],
};

pub(crate) const MATCH: Keys = Keys {
    supported: &["bearer_sha256"],
    reserved: &["claim"],
};

/// Headers that carry credentials, which must not reach a log.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

const WRITE_NO_CREDENTIAL: &str = "a header without credentials: identities are written to the log";

const WRITE_KIND: &str = "exactly one of `header`, `jwt_claim` and `mtls`";

const WRITE_VERIFIED: &str =
    "nothing: only a `header` needs it, and the gateway has verified tokens and certificates";

const WRITE_GATEWAY: &str = r#""set_by_gateway": true beside it, and only if the gateway overwrites this header on every request: a client can send any header it likes"#;

const WRITE_NAME: &str =
    "a name of one grant, without `*`, surrounding space or invisible characters";

const WRITE_DIGEST: &str = "the SHA-256 of the bearer token as 64 hexadecimal digits, as `printf %s \"$TOKEN\" | sha256sum` prints it";

const WRITE_TOKEN: &str =
    "the SHA-256 of a token; this is the SHA-256 of the empty string, which an unset $TOKEN gives";

const WRITE_MAIN: &str = r#""main": this version has no other policies yet"#;

impl PolicyReader {
    pub(super) fn identity(&mut self, at: &Location<'_>, value: Value<'_>) -> Identity {
        let members = self.object(at, value, &IDENTITY);
        let mut identity = Identity {
            sources: self.sources(at, &members),
            anonymous: self.flag(at, &members, "anonymous"),
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
        let [header, claim, name] = KINDS.map(|kind| members.get(kind));
        let given = [header, claim, name].into_iter().flatten().count();
        let later = SOURCE.reserved.iter().any(|key| members.get(key).is_some());
        if given != 1 && members.is_object && !(later && given == 0) {
            self.invalid(at, value, WRITE_KIND);
            return None;
        }
        if let (Some(value), None) = (members.get("set_by_gateway"), header) {
            self.misplaced(&at.key("set_by_gateway"), value, WRITE_VERIFIED);
        }
        if let Some(claim) = claim {
            let name = self.string(&at.key("jwt_claim"), claim)?;
            return Some(Source::Claim(name.into()));
        }
        if let Some(name) = name {
            let name = self.word(&at.key("mtls"), name, CERTIFICATE_NAMES)?;
            return Some(Source::Certificate(name));
        }
        self.header_source(at, value, &members, header?)
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
        let name = self.string(&at.key("header"), header)?;
        if !is_header_name(&name) {
            self.invalid(&at.key("header"), header, "the name of an HTTP header");
            return None;
        }
        let name = name.to_ascii_lowercase();
        if CREDENTIALS.contains(&name.as_str()) {
            self.invalid(&at.key("header"), header, WRITE_NO_CREDENTIAL);
        }
        Some(Source::Header(name.into()))
    }

    pub(super) fn grants(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<Grant> {
        let mut grants: Vec<Grant> = Vec::new();
        for (name, value) in self.map(at, value) {
            let at = at.key(&name);
            if name.is_empty() || name.contains('*') || !is_visible(&name) {
                self.invalid_key(&at, "this name of a grant".into(), WRITE_NAME);
            }
            let Some(grant) = self.grant(&at, &name, value) else {
                continue;
            };
            if let Some(other) = grants.iter().find(|other| other.bearer == grant.bearer) {
                let write = format!(
                    "a different token for each grant; `{}` has this one, and a caller that matches two grants is denied",
                    other.name
                );
                self.invalid(
                    &at.key("match"),
                    value.get("match").unwrap_or(value),
                    &write,
                );
            }
            grants.push(grant);
        }
        grants
    }

    fn grant(&mut self, at: &Location<'_>, name: &str, value: Value<'_>) -> Option<Grant> {
        let members = self.object(at, value, &GRANT);
        let credential = self
            .required(at, &members, "match")
            .and_then(|value| self.bearer(&at.key("match"), value));
        let policy = members
            .get("policy")
            .and_then(|value| self.string(&at.key("policy"), value));
        if let (Some(value), Some(policy)) = (members.get("policy"), &policy)
            && policy != "main"
        {
            self.invalid(&at.key("policy"), value, WRITE_MAIN);
        }
        let mode = members
            .get("mode")
            .and_then(|value| self.word(&at.key("mode"), value, MODES));
        let forward = self.flag(at, &members, "forward");
        let revoked = self.flag(at, &members, "revoked");
        let frozen = self.flag(at, &members, "frozen");
        Some(Grant {
            name: name.into(),
            bearer: credential?,
            forward,
            policy: policy.is_some(),
            revoked,
            frozen,
            mode,
        })
    }

    fn bearer(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<[u8; 32]> {
        let members = self.object(at, value, &MATCH);
        if members.get("claim").is_some() {
            return None;
        }
        let digest = self.required(at, &members, "bearer_sha256")?;
        let bytes = digest.string().and_then(|text| hex(&text));
        if bytes.is_none() {
            self.invalid(&at.key("bearer_sha256"), digest, WRITE_DIGEST);
        }
        if bytes.is_some_and(|bytes| bytes == *Sha256::digest(b"")) {
            self.invalid(&at.key("bearer_sha256"), digest, WRITE_TOKEN);
        }
        bytes
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, index) in bytes.iter_mut().zip(0_usize..) {
        let start = index.saturating_mul(2);
        *byte = u8::from_str_radix(text.get(start..start.saturating_add(2))?, 16).ok()?;
    }
    Some(bytes)
}
