//! Policies with few and with many callers, servers and policies, and the claims of one caller that calls under each.
//!
//! The caller is the same in all of them, so that only the number of the others differs.

use super::policies::policy;
use serde_json::{Map, Value, json};

const ISSUER: &str = "https://login.acme.example";

/// The numbers of a policy's callers and rules.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// All grants, those with a pattern among them.
    pub grants: usize,
    /// The grants that match by a pattern of a claim.
    pub patterns: usize,
    /// The MCP servers.
    pub servers: usize,
    /// The policies of the grants.
    pub policies: usize,
}

/// A team.
pub const FEW: Crowd = Crowd {
    grants: 10,
    patterns: 5,
    servers: 2,
    policies: 2,
};

/// A large company.
pub const MANY: Crowd = Crowd {
    grants: 10_000,
    patterns: 1_000,
    servers: 100,
    policies: 100,
};

/// The claims of the caller, whose grant is the first of each crowd.
pub fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER,
        "sub": "user-0",
        "aud": "https://mcp.acme.example",
        "exp": 4_102_444_800_u64,
        "groups": ["engineering", "on-call", "payments"],
    });
    claims.as_object().cloned().unwrap_or_default()
}

/// Grants by claim, each under one of the policies, and servers by path. Each policy has the limit of the example.
pub fn crowd(crowd: Crowd, max: u64) -> Value {
    let example = policy(2, max);
    let rules = json!({ "default": "deny", "tools": example["tools"] });
    let named = |number: usize| (format!("team-{number}"), rules.clone());
    let policies: Map<_, _> = (0..crowd.policies).map(named).collect();
    let grants: Map<_, _> = (0..crowd.grants)
        .map(|number| grant(crowd, number))
        .collect();
    let server = |number: usize| {
        let path = if number == 0 {
            "/mcp".into()
        } else {
            format!("/server-{number}/mcp")
        };
        (
            format!("server-{number}"),
            json!({ "match": { "path": path } }),
        )
    };
    let servers: Map<_, _> = (0..crowd.servers).map(server).collect();
    json!({
        "version": "1",
        "default": "deny",
        "identity": { "issuers": [ISSUER] },
        "grants": grants,
        "policies": policies,
        "servers": servers,
    })
}

/// The last grants match by a pattern.
fn grant(crowd: Crowd, number: usize) -> (String, Value) {
    let sub = match number + crowd.patterns < crowd.grants {
        true => format!("user-{number}"),
        false => format!("repo:acme-{number}/*"),
    };
    let policy = format!("team-{}", number % crowd.policies);
    let grant = json!({ "match": { "claim": { "iss": ISSUER, "sub": sub } }, "policy": policy });
    (format!("grant-{number}"), grant)
}
