//! Turns a grant, a server and facts of the command line into a request that has what they ask for.
//!
//! It never inverts the digest of a token: the request has a made-up token, and the played copy of the policy its digest.

use super::claims;
use super::options::Options;
use crate::input::Input;
use mcp_policy::host::Verified;
use mcp_policy_cases::Step;
use serde_json::{Map, Value as Json, json};

/// The token of the request, and its SHA-256.
const TOKEN: &str = "mcp-policy-explain";
const TOKEN_SHA256: &str = "0fbdca5cd476d6e17413a09dfc2993de8954b218f35f9d020c847acf89442c58";

/// The cluster of requests for which none is given. A gateway always has one.
const CLUSTER: &str = "any cluster";

/// The text that stands for a `*`.
const ANY: &str = "any";

/// The facts of a request that say who makes it, and to which server.
#[derive(Debug)]
pub(super) struct Pretended {
    /// The digest of the grant's token.
    digest: Option<String>,
    headers: Vec<(String, String)>,
    claims: Json,
    verified: Verified,
    path: Option<String>,
    host: Option<String>,
    cluster: Option<String>,
}

impl Pretended {
    /// What the command line says replaces what the grant and the server ask for.
    ///
    /// # Errors
    /// The sentence about what the policy does not have, or about what is no claim and no name of a certificate.
    pub(super) fn new(policy: &Json, options: &Options) -> Result<Self, String> {
        let mut pretended = Self {
            digest: None,
            headers: Vec::new(),
            claims: Json::Null,
            verified: Verified::default(),
            path: None,
            host: None,
            cluster: None,
        };
        if let Some(grant) = &options.grant {
            pretended.of_grant(policy, matched(policy, "grants", grant)?)?;
        }
        if let Some(server) = &options.server {
            pretended.of_server(matched(policy, "servers", server)?);
        }
        for (path, value) in &options.claims {
            claims::put(&mut pretended.claims, path, value_of(value))?;
        }
        for (name, value) in &options.certificate {
            pretended.name(name, value.clone())?;
        }
        pretended.place(options);
        Ok(pretended)
    }

    fn place(&mut self, options: &Options) {
        for (own, given) in [
            (&mut self.path, &options.path),
            (&mut self.host, &options.host),
            (&mut self.cluster, &options.cluster),
        ] {
            if given.is_some() {
                own.clone_from(given);
            }
        }
    }

    fn of_grant(&mut self, policy: &Json, matched: &Json) -> Result<(), String> {
        if let Some(digest) = matched.get("bearer_sha256").and_then(Json::as_str) {
            self.digest = Some(digest.into());
            let credential = format!("Bearer {TOKEN}");
            self.headers.push(("authorization".into(), credential));
        }
        for (path, pattern) in texts(matched, "claim") {
            claims::put(&mut self.claims, path, filled(pattern).into())?;
        }
        let issuer = policy.pointer("/identity/issuers/0");
        if let (Some(claims), Some(issuer)) = (self.claims.as_object_mut(), issuer) {
            claims.entry("iss").or_insert_with(|| issuer.clone());
        }
        for (name, pattern) in texts(matched, "mtls") {
            self.name(name, filled(pattern))?;
        }
        let headers = texts(matched, "header");
        self.headers
            .extend(headers.map(|(name, pattern)| (name.to_ascii_lowercase(), filled(pattern))));
        Ok(())
    }

    fn of_server(&mut self, matched: &Json) {
        let first = |key: &str| {
            let texts = matched.get(key)?;
            let text = texts.get(0).unwrap_or(texts);
            text.as_str().map(str::to_owned)
        };
        (self.path, self.host, self.cluster) = (first("path"), first("host"), first("cluster"));
    }

    fn name(&mut self, name: &str, value: String) -> Result<(), String> {
        let own = match name {
            "uri_san" => &mut self.verified.uri_san,
            "dns_san" => &mut self.verified.dns_san,
            "subject" => &mut self.verified.subject,
            _ => {
                return Err(format!(
                    "`{name}` is no name of a certificate; write `uri_san`, `dns_san` or `subject`"
                ));
            }
        };
        *own = Some(value);
        Ok(())
    }

    /// The policy to play: with the digest of the made-up token in the place of the grant's. Other grants of the same token
    /// have it too, as the caller matches them too.
    pub(super) fn policy(&self, text: &[u8]) -> Vec<u8> {
        let document = serde_json::from_slice(text);
        let (Some(digest), Ok(mut document)) = (&self.digest, document) else {
            return text.into();
        };
        let document: &mut Json = &mut document;
        let grants = document.get_mut("grants").and_then(Json::as_object_mut);
        for grant in grants.into_iter().flat_map(Map::values_mut) {
            let own = grant.pointer_mut("/match/bearer_sha256");
            let is_same = |own: &&mut Json| {
                let own = own.as_str();
                own.is_some_and(|own| own.eq_ignore_ascii_case(digest))
            };
            if let Some(own) = own.filter(is_same) {
                *own = TOKEN_SHA256.into();
            }
        }
        document.to_string().into_bytes()
    }

    /// The request.
    pub(super) fn step(self, call: &Input, options: &Options) -> Step {
        let mut step = Step::post(call.bytes.clone());
        step.peer.clone_from(&options.peer);
        step.path = self.path.unwrap_or(step.path);
        step.cluster = self.cluster.or_else(|| Some(CLUSTER.into()));
        step.verified = self.verified;
        step.verified.claims = (!self.claims.is_null()).then(|| self.claims.to_string());
        let host = self.host.map(|host| (":authority".to_owned(), host));
        let headers = self.headers.into_iter().chain(host);
        for (name, value) in headers.collect::<Vec<_>>() {
            replace(&mut step, &[(name, value)]);
        }
        replace(&mut step, &options.headers);
        step
    }
}

/// Removes the fields of these names, and adds these.
fn replace(step: &mut Step, headers: &[(String, String)]) {
    let given = |name: &[u8]| {
        let mut headers = headers.iter();
        headers.any(|(given, _)| given.as_bytes() == name)
    };
    step.headers.retain(|(name, _)| !given(name));
    let headers = headers.iter();
    step.headers
        .extend(headers.map(|(name, value)| (name.clone().into(), value.clone().into())));
}

/// The `match` of a grant or of a server.
fn matched<'p>(policy: &'p Json, key: &str, name: &str) -> Result<&'p Json, String> {
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
fn texts<'p>(matched: &'p Json, key: &str) -> impl Iterator<Item = (&'p String, &'p str)> {
    let members = matched.get(key).and_then(Json::as_object);
    let members = members.into_iter().flatten();
    members.filter_map(|(name, value)| Some((name, value.as_str()?)))
}

/// A text that the pattern matches.
fn filled(pattern: &str) -> String {
    pattern.replace('*', ANY)
}

/// JSON, or else the text itself.
fn value_of(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}
