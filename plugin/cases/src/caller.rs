//! Turns a grant, and facts that a person names, into a caller: what the grant's `match` asks for.
//!
//! It never knows a token: `token` makes one up.

use crate::claim;
use crate::token::made_up;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use mcp_policy::host::Verified;
use serde_json::{Map, Value as Json, json};

/// The header of a credential.
pub(crate) const CREDENTIAL: &str = "authorization";

/// The text that stands for a `*`.
const ANY: &str = "any";

/// Who makes a request, as a person says it.
#[derive(Clone, Debug, Default)]
pub struct CallerFacts {
    /// The grant whose `match` the caller meets.
    pub grant: Option<String>,
    /// Claims of the verified token by their paths, such as `realm_access.roles`, each with its value: JSON, or else a text.
    pub claims: Vec<(String, String)>,
    /// Names in the verified client certificate: `uri_san`, `dns_san` or `subject`, each with its text.
    pub certificate: Vec<(String, String)>,
}

impl CallerFacts {
    /// Whether nothing is known of the caller.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grant.is_none() && self.claims.is_empty() && self.certificate.is_empty()
    }
}

/// The facts of requests that say who makes them.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The digest in the policy of the token that `headers` have a made-up one for.
    pub digest: Option<String>,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The claims of the verified token; `null` without one.
    pub claims: Json,
    /// The names in the verified client certificate.
    pub certificate: Verified,
}

impl Caller {
    /// The caller of these facts. Claims and names of the certificate replace those that the grant asks for.
    ///
    /// # Errors
    /// The sentence about a grant that the policy does not have, or about what is no claim and no name of a certificate.
    pub fn new(policy: &Json, facts: &CallerFacts) -> Result<Self, String> {
        let grant = facts.grant.as_ref();
        let caller = grant.map(|grant| Self::of_grant(policy, grant));
        let mut caller = caller.transpose()?.unwrap_or_default();
        for (path, value) in &facts.claims {
            claim::put(&mut caller.claims, path, value_of(value))?;
        }
        for (name, value) in &facts.certificate {
            caller.name(name, value.clone())?;
        }
        Ok(caller)
    }

    /// A caller whom the grant of this name matches.
    ///
    /// # Errors
    /// The sentence about a grant that the policy does not have.
    pub fn of_grant(policy: &Json, grant: &str) -> Result<Self, String> {
        let mut caller = Self::default();
        let matched = matched(policy, "grants", grant)?;
        if let Some(digest) = matched.get("bearer_sha256").and_then(Json::as_str) {
            let credential = format!("Bearer {}", made_up(digest));
            caller.headers.push((CREDENTIAL.into(), credential));
            caller.digest = Some(digest.into());
        }
        for (path, pattern) in texts(matched, "claim") {
            claim::put(&mut caller.claims, path, filled(pattern).into())?;
        }
        let issuer = policy.pointer("/identity/issuers/0");
        if let (Some(claims), Some(issuer)) = (caller.claims.as_object_mut(), issuer) {
            claims.entry("iss").or_insert_with(|| issuer.clone());
        }
        for (name, pattern) in texts(matched, "mtls") {
            caller.name(name, filled(pattern))?;
        }
        for (name, pattern) in texts(matched, "header") {
            let value = match is_json(policy, name) {
                true => BASE64.encode(json!([filled(pattern)]).to_string()),
                false => filled(pattern),
            };
            caller.headers.push((name.to_ascii_lowercase(), value));
        }
        Ok(caller)
    }

    fn name(&mut self, name: &str, value: String) -> Result<(), String> {
        let own = match name {
            "uri_san" => &mut self.certificate.uri_san,
            "dns_san" => &mut self.certificate.dns_san,
            "subject" => &mut self.certificate.subject,
            _ => {
                return Err(format!(
                    "`{name}` is no name of a certificate; write `uri_san`, `dns_san` or `subject`"
                ));
            }
        };
        *own = Some(value);
        Ok(())
    }

    /// What the gateway verified about the caller.
    #[must_use]
    pub fn verified(&self) -> Verified {
        Verified {
            claims: (!self.claims.is_null()).then(|| self.claims.to_string()),
            ..self.certificate.clone()
        }
    }
}

/// The `match` of one of the policy's `grants` or `servers`.
///
/// # Errors
/// The sentence that names the ones that the policy has.
pub fn matched<'p>(policy: &'p Json, key: &str, name: &str) -> Result<&'p Json, String> {
    let known = policy.get(key).and_then(Json::as_object);
    let found = known.and_then(|known| known.get(name)?.get("match"));
    found.ok_or_else(|| {
        let names: Vec<_> = known.into_iter().flat_map(Map::keys).take(8).collect();
        match &*names {
            [] => format!("it has no `{key}`"),
            names => format!("`{key}` has no `{name}`; it has {}", list(names)),
        }
    })
}

fn list(names: &[&String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The members of an object in `match` that are texts.
pub(crate) fn texts<'p>(
    matched: &'p Json,
    key: &str,
) -> impl Iterator<Item = (&'p String, &'p str)> {
    let members = matched.get(key).and_then(Json::as_object);
    let members = members.into_iter().flatten();
    members.filter_map(|(name, value)| Some((name, value.as_str()?)))
}

/// Whether the value of a trusted header is a list or an object of JSON in base64.
fn is_json(policy: &Json, name: &str) -> bool {
    let trusted = policy.pointer("/identity/trusted_headers");
    let mut trusted = trusted.and_then(Json::as_array).into_iter().flatten();
    let is_same = |header: &Json| {
        header
            .as_str()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    trusted.any(|trusted| {
        trusted.get("encoding").is_some() && trusted.get("header").is_some_and(is_same)
    })
}

/// A text that the pattern matches.
fn filled(pattern: &str) -> String {
    pattern.replace('*', ANY)
}

/// JSON, or else the text itself.
fn value_of(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// The value of a trusted header with this JSON.
#[must_use]
pub fn encoded(json: &str) -> String {
    BASE64.encode(json)
}
