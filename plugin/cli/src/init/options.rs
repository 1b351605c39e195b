//! The bounds of a starter policy that only the operator knows.
//!
//! They have no defaults: an unnamed bound is never guessed.

use crate::approvers::Approve;
use crate::source_map::pointer_token;

/// Bounds that only the operator knows.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Directories that paths must be in.
    pub roots: Vec<String>,
    /// Hosts that URLs must have, such as `example.com` or `*.example.com`.
    pub hosts: Vec<String>,
    /// The callers whom the tools are for; without them, for every caller.
    pub grant: Option<GrantFacts>,
    /// A person approves the calls of destructive tools; without it, those tools are denied.
    pub approve: Option<Approve>,
}

impl Options {
    /// The place of the rules in the policy, as a JSON Pointer.
    pub(super) fn rules(&self) -> String {
        let name = self.grant.as_ref().map(|grant| pointer_token(&grant.name));
        name.map_or_else(String::new, |name| format!("/policies/{name}"))
    }
}

/// A grant, and what tells its callers apart from others: exact texts, or patterns.
#[derive(Clone, Debug, Default)]
pub struct GrantFacts {
    /// The name of the grant, and of its policy.
    pub name: String,
    /// Claims of the verified token, by their paths.
    pub claims: Vec<(String, String)>,
    /// Names in the verified client certificate: `uri_san`, `dns_san` or `subject`.
    pub certificate: Vec<(String, String)>,
    /// Headers that the gateway overwrites or removes on every request.
    pub trusted_headers: Vec<(String, String)>,
    /// The SHA-256 of a bearer token.
    pub bearer_sha256: Option<String>,
    /// The only issuer whose tokens are accepted.
    pub issuer: Option<String>,
}
