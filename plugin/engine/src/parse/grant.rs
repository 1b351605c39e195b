//! Turns `grants` of a policy into the model: each grant with the facts that it requires and the rules of its callers.
//!
//! It judges no request; `decide::grant` does. It shows no value of a grant: a misplaced one may be a token.

use super::error::Problem;
use super::reader::{Keys, Location, Members, PolicyReader};
use super::rule_set::NamedSets;
use super::words::{CERTIFICATE_NAMES, MODES};
use crate::model::{
    Grant, Grants, Identity, Postings, Required, Segment, Source, claim, required_text,
};
use crate::words::Millis;
use crate::words::json::{Kind, Value};
use crate::words::pattern::{Pattern, Star};
use crate::words::text::is_visible;
use sha2::{Digest as _, Sha256};

pub(crate) const GRANT: Keys = Keys {
    supported: &[
        "match", "policy", "tools", "expires", "forward", "revoked", "frozen", "mode",
    ],
    reserved: &[],
};

pub(crate) const MATCH: Keys = Keys {
    supported: &["bearer_sha256", "claim", "mtls", "header", "anonymous"],
    reserved: &[],
};

const WRITE_OTHER: &str =
    "another match for each grant: a caller that matches two grants is denied";

const WRITE_NAME: &str =
    "a name of one grant, without `*`, surrounding space or invisible characters";

const WRITE_DIGEST: &str = "the SHA-256 of the bearer token as 64 hexadecimal digits, as `printf %s \"$TOKEN\" | sha256sum` prints it";

const WRITE_TOKEN: &str =
    "the SHA-256 of a token; this is the SHA-256 of the empty string, which an unset $TOKEN gives";

const WRITE_MATCH: &str =
    "at least one of `bearer_sha256`, `claim`, `mtls` and `header`, or `anonymous` alone";

const WRITE_CLAIM: &str = r#"a claim such as `sub`, `realm_access.roles` or `["https://acme.example/roles"]`; one element of a list matches by itself"#;

const WRITE_PATTERN: &str = "a text without invisible characters or space around it, with `*` for any text: `**` is not one";

const WRITE_ONE: &str =
    r#"one text, or a pattern such as "team-*"; for each of several texts write a grant"#;

const WRITE_PATH: &str =
    "one text; a claim inside another one is named by its path, such as `realm_access.roles`";

const WRITE_QUOTES: &str =
    "a text in quotes; a number, true, false or null in a token matches no grant";

const WRITE_TRUSTED: &str = "a header that `identity.trusted_headers` lists, or that `identity.from` reads with \"set_by_gateway\": true: a client can send any other header";

const WRITE_ONCE: &str = "each name once: a caller must have every text of a match";

const WRITE_EXPIRES: &str = "a time such as \"2027-01-31T00:00:00Z\" (RFC 3339)";

const WRITE_LISTED: &str =
    "one of `identity.issuers`: tokens of other issuers are refused before grants are compared";

const WRITE_ISSUER: &str = "also `iss` with one of `identity.issuers`: another issuer may write the same claim into another caller's token";

/// The facts that a grant requires.
#[derive(Default)]
struct Match {
    bearer: Option<[u8; 32]>,
    required: Vec<Required>,
    anonymous: bool,
}

/// The parts of the policy that grants refer to, and those that they add to.
struct Around<'a> {
    identity: &'a Identity,
    sets: &'a mut NamedSets,
    /// The sources of the requirements so far.
    sources: Vec<Source>,
}

impl PolicyReader {
    pub(super) fn grants(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        identity: &Identity,
        sets: &mut NamedSets,
    ) -> Grants {
        let mut around = Around {
            identity,
            sets,
            sources: Vec::new(),
        };
        let mut grants = Vec::new();
        let mut seen = Postings::default();
        for (name, value) in self.map(at, value) {
            let at = at.key(&name);
            if name.is_empty() || name.contains('*') || !is_visible(&name) {
                self.invalid_key(&at, "this name of a grant".into(), WRITE_NAME);
            }
            let Some(grant) = self.grant(&at, &name, value, &mut around) else {
                continue;
            };
            let facts = required_text(&grant);
            let other = seen.of(&facts).first().and_then(|at| grants.get(*at));
            if let Some(Grant { name, .. }) = other {
                let (found, write) = (format!("the match of `{name}`"), WRITE_OTHER.into());
                self.error(&at.key("match"), Problem::InvalidValue { found, write });
            }
            seen.add(&facts, grants.len());
            grants.push(grant);
        }
        Grants::new(grants, around.sources)
    }

    fn grant(
        &mut self,
        at: &Location<'_>,
        name: &str,
        value: Value<'_>,
        around: &mut Around<'_>,
    ) -> Option<Grant> {
        let members = self.object(at, value, &GRANT);
        let matched = self.required(at, &members, "match");
        let matched = matched.and_then(|value| self.matched(&at.key("match"), value, around));
        let policy = self.policy_name(at, &members, around.sets);
        let own = self.own_tools(at, &members, name);
        let own = own.map(|own| around.sets.add(own));
        let expires = members
            .get("expires")
            .and_then(|value| self.expiry(&at.key("expires"), value));
        let mode = self.setting(at, &members, "mode", MODES);
        let [forward, revoked] = ["forward", "revoked"].map(|key| self.flag(at, &members, key));
        let frozen = self.frozen(at, &members);
        let Match {
            bearer,
            required,
            anonymous,
        } = matched?;
        Some(Grant {
            name: name.into(),
            bearer,
            required,
            anonymous,
            forward,
            policy,
            own,
            revoked,
            frozen,
            expires,
            mode,
        })
    }

    fn matched(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        around: &mut Around<'_>,
    ) -> Option<Match> {
        let members = self.object(at, value, &MATCH);
        let errors = self.errors.len();
        let bearer = members.get("bearer_sha256");
        let matched = Match {
            bearer: bearer.and_then(|value| self.bearer(&at.key("bearer_sha256"), value)),
            required: self.all_required(at, &members, around),
            anonymous: self.flag(at, &members, "anonymous"),
        };
        if self.errors.len() > errors || !members.is_object {
            return None;
        }
        let identifies = matched.bearer.is_some() || !matched.required.is_empty();
        if identifies == matched.anonymous {
            self.invalid(at, value, WRITE_MATCH);
            return None;
        }
        Some(matched)
    }

    /// The texts that prove an approver: claims and names in certificates.
    pub(super) fn proofs(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        identity: &Identity,
        sources: &mut Vec<Source>,
    ) -> Vec<Required> {
        let mut around = Around {
            identity,
            sets: &mut NamedSets::default(),
            sources: std::mem::take(sources),
        };
        let required = self.all_required(at, members, &mut around);
        *sources = around.sources;
        required
    }

    fn all_required(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        around: &mut Around<'_>,
    ) -> Vec<Required> {
        let mut all = Vec::new();
        for (kind, read) in [
            ("claim", Self::claim_source as ReadSource),
            ("mtls", Self::certificate_source),
            ("header", Self::trusted_source),
        ] {
            let Some(value) = members.get(kind) else {
                continue;
            };
            let at = at.key(kind);
            if value.kind() == Kind::Object && value.named().next().is_none() {
                self.invalid(&at, value, "at least one name with its text");
            }
            for (name, value) in self.map(&at, value) {
                let at = at.key(&name);
                let source = read(self, &at, &name, around.identity);
                let pattern = self.text_pattern(&at, value);
                let (Some(source), Some(pattern)) = (source, pattern) else {
                    continue;
                };
                let source = place_of(&mut around.sources, source);
                if all.iter().any(|own: &Required| own.source == source) {
                    self.invalid_key(&at, "another spelling of a name".into(), WRITE_ONCE);
                }
                all.push(Required { source, pattern });
            }
        }
        if let Some(value) = members.get("claim") {
            self.names_issuer(&at.key("claim"), value, &all, around);
        }
        all
    }

    /// With several issuers a claim identifies a caller only beside its issuer. An issuer that the policy does not accept
    /// identifies no caller.
    fn names_issuer(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        required: &[Required],
        around: &Around<'_>,
    ) {
        let issuers = &around.identity.issuers;
        let mut all = required.iter();
        let fixed = all.find(|required| fixes_issuer(required, &around.sources));
        let accepts = |text: &str| issuers.iter().any(|issuer| **issuer == *text);
        match fixed {
            _ if issuers.is_empty() => {}
            Some(fixed) if accepts(fixed.pattern.as_str()) => {}
            Some(_) => self.invalid(&at.key("iss"), value, WRITE_LISTED),
            None if issuers.len() > 1 => self.invalid(at, value, WRITE_ISSUER),
            None => {}
        }
    }

    fn claim_source(&mut self, at: &Location<'_>, name: &str, _: &Identity) -> Option<Source> {
        let steps = claim(name);
        if steps.is_none() {
            self.invalid_key(at, "this name of a claim".into(), WRITE_CLAIM);
        }
        steps.map(Source::Claim)
    }

    fn certificate_source(
        &mut self,
        at: &Location<'_>,
        name: &str,
        _: &Identity,
    ) -> Option<Source> {
        let known = CERTIFICATE_NAMES.iter().find(|(word, _)| *word == name);
        if known.is_none() {
            let write = "`uri_san`, `dns_san` or `subject`";
            self.invalid_key(at, "this name".into(), write);
        }
        known.map(|(_, name)| Source::Certificate(*name))
    }

    fn trusted_source(
        &mut self,
        at: &Location<'_>,
        name: &str,
        identity: &Identity,
    ) -> Option<Source> {
        if !identity.trusts(name) {
            self.invalid_key(at, "this header".into(), WRITE_TRUSTED);
            return None;
        }
        let lower = name.to_ascii_lowercase().into();
        Some(match identity.reads_as_json(name) {
            true => Source::JsonHeader(lower),
            false => Source::Header(lower),
        })
    }

    fn text_pattern(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Pattern> {
        let text = value.string().filter(|text| is_visible(text));
        let pattern = text.and_then(|text| Pattern::parse(&text, Star::Part));
        if pattern.is_none() {
            let write = match value.kind() {
                Kind::String => WRITE_PATTERN,
                Kind::Array => WRITE_ONE,
                Kind::Object => WRITE_PATH,
                Kind::Null | Kind::Bool | Kind::Number => WRITE_QUOTES,
            };
            self.invalid(at, value, write);
        }
        pattern
    }

    fn expiry(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Millis> {
        let time = value.string().and_then(|text| Millis::parse_rfc3339(&text));
        if time.is_none() {
            self.invalid(at, value, WRITE_EXPIRES);
        }
        time
    }

    fn bearer(&mut self, at: &Location<'_>, digest: Value<'_>) -> Option<[u8; 32]> {
        let bytes = digest.string().and_then(|text| hex(&text));
        if bytes.is_none() {
            self.invalid(at, digest, WRITE_DIGEST);
        }
        if bytes.is_some_and(|bytes| bytes == *Sha256::digest(b"")) {
            self.invalid(at, digest, WRITE_TOKEN);
        }
        bytes
    }
}

type ReadSource = fn(&mut PolicyReader, &Location<'_>, &str, &Identity) -> Option<Source>;

/// The position of the source in the list, which it joins if it is new.
fn place_of(sources: &mut Vec<Source>, source: Source) -> usize {
    let place = sources.iter().position(|own| *own == source);
    place.unwrap_or_else(|| {
        sources.push(source);
        sources.len().saturating_sub(1)
    })
}

/// True where the requirement admits tokens of one issuer alone.
pub(super) fn fixes_issuer(required: &Required, sources: &[Source]) -> bool {
    let issuer = [Segment::Member("iss".into())];
    let source = sources.get(required.source);
    let is_issuer = source.is_some_and(|source| match source {
        Source::Claim(steps) => *steps == issuer,
        Source::Header(_) | Source::JsonHeader(_) | Source::Certificate(_) | Source::Bearer => {
            false
        }
    });
    is_issuer && required.pattern.is_exact()
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
