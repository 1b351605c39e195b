//! A case: a policy, timed requests, and the expected outcomes.
//!
//! It is data; `parse` reads it and `runner` plays it.

use crate::RawHeaders;
use crate::expectation::Expectation;
use crate::server_response::ServerResponse;
use mcp_policy::host::Verified;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// One file of the corpus.
#[derive(Debug)]
pub struct Case {
    /// The path of the file, relative to `policies/`.
    pub name: String,
    /// The behaviour that it shows, in a sentence.
    pub why: String,
    /// The policy's text as the plugin gets it: made-up tokens of callers by `as` have their digests in it.
    pub policy: String,
    /// The policy's text as it is written.
    pub written_policy: String,
    /// The path of the policy's file, relative to the case's folder; `None` if the case contains the policy.
    pub policy_file: Option<String>,
    /// The time of `at: "0s"`, in seconds since the epoch.
    pub start: u64,
    /// Hosts that cannot play the case, and why.
    pub hosts: BTreeMap<String, String>,
    /// The attack that it plays, if it plays one.
    pub attack: Option<Attack>,
    /// The requests, or the refusal of the policy.
    pub play: Play,
}

/// A description of an attack, with its numbers in public lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// The attacker's aim, the attack, and the damage without the policy.
    pub story: String,
    /// Numbers of the OWASP MCP Top 10, like `MCP05:2025`.
    pub owasp: Vec<String>,
    /// Techniques of SAFE-MCP, like `SAFE-T1105`.
    pub safe_mcp: Vec<String>,
}

/// The checks of a case.
#[derive(Debug)]
pub enum Play {
    /// The policy is accepted, and each request is answered as expected.
    Steps(Vec<Step>),
    /// The policy is refused with exactly these lines.
    Refused(Vec<String>),
}

/// One request of a case.
#[derive(Clone, Debug)]
pub struct Step {
    /// The time since the start.
    pub at: Duration,
    /// The HTTP method.
    pub method: String,
    /// The request target.
    pub path: String,
    /// The host of the request, with the port if it has one; `None` for any.
    pub host: Option<String>,
    /// Header fields in order, names in lower case.
    pub headers: RawHeaders,
    /// The body; `None` for a request without one.
    pub body: Option<Vec<u8>>,
    /// HTTP/2 trailers.
    pub trailers: Option<RawHeaders>,
    /// The client's address.
    pub peer: String,
    /// The identities that the gateway verified.
    pub verified: Verified,
    /// The cluster that the gateway's route chose.
    pub cluster: Option<String>,
    /// The cluster to which the gateway sent the request, if it is another one.
    pub sent_to: Option<String>,
    /// The server's response; `None` if the case does not depend on it.
    pub respond: Option<ServerResponse>,
    /// The expected outcome; `None` in a new file, which `BLESS=1` completes.
    pub expect: Option<Expectation>,
}

impl Case {
    /// The bodies of all requests and responses.
    pub fn bodies(&self) -> Vec<&[u8]> {
        let steps = self.steps().iter();
        let bodies = steps.flat_map(|step| {
            let response = step.respond.as_ref().map(|respond| &*respond.body);
            step.body.as_deref().into_iter().chain(response)
        });
        bodies.collect()
    }

    /// The time of a step, in milliseconds since the epoch.
    pub fn millis(&self, step: &Step) -> u64 {
        let offset = u64::try_from(step.at.as_millis()).unwrap_or(u64::MAX);
        self.start.saturating_mul(1000).saturating_add(offset)
    }

    /// The requests; none for a case about a refused policy.
    pub fn steps(&self) -> &[Step] {
        match &self.play {
            Play::Steps(steps) => steps,
            Play::Refused(_) => &[],
        }
    }
}

impl Step {
    /// A message as a client on this machine posts it.
    #[must_use]
    pub fn post(body: Vec<u8>) -> Self {
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("x-request-id", "step-1"),
        ];
        Self {
            at: Duration::ZERO,
            method: "POST".into(),
            path: "/mcp".into(),
            host: None,
            headers: headers
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            body: Some(body),
            trailers: None,
            peer: "127.0.0.1".into(),
            verified: Verified::default(),
            cluster: None,
            sent_to: None,
            respond: None,
            expect: None,
        }
    }

    /// The cluster that the gateway names when the response arrives.
    pub fn last_cluster(&self) -> Option<&str> {
        self.sent_to.as_deref().or(self.cluster.as_deref())
    }

    /// The step's id for logs; the corpus sends it as `x-request-id`.
    pub fn request_id(&self) -> String {
        let id = self
            .headers
            .iter()
            .find(|(name, _)| name == b"x-request-id");
        id.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    }
}
