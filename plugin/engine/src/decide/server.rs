//! Turns the path, the host and the cluster of a request into the MCP server that it is for.
//!
//! It guesses no server: a request that no server matches, or two, is refused. So is one whose path a gateway and a policy
//! could read in two ways.

use crate::model::{Policy, RuleSetId, Server, ServerFact, Servers, clear_path};
use crate::read::Headers;
use crate::words::text::length_prefixed;
use crate::words::{Reason, Refusal, Rule};
use std::borrow::Cow;

/// The server that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Addressed {
    /// The policy lists no servers: there is only one.
    Only,
    Server {
        name: Box<str>,
        policy: Option<RuleSetId>,
        frozen: bool,
    },
    /// No server of the policy matches, two match, or the path is unclear.
    Unknown,
}

impl Addressed {
    /// `cluster` is the cluster that the gateway's route chose.
    pub(crate) fn of(policy: &Policy, headers: &Headers, cluster: Option<&str>) -> Self {
        let Some(servers) = &policy.servers else {
            return Self::Only;
        };
        let texts = ServerFact::ALL.map(|fact| match servers.read(fact) {
            true => text_of(fact, headers, cluster),
            false => Some(Cow::Borrowed("")),
        });
        match texts {
            [Some(path), Some(host), Some(cluster)] => {
                only_match(servers, [&path, &host, &cluster])
            }
            _ => Self::Unknown,
        }
    }

    /// The name of the server; `None` where the policy lists no servers or none of them matches.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Server { name, .. } => Some(name),
            Self::Only | Self::Unknown => None,
        }
    }

    /// The policy that the server adds to those of its callers.
    pub(super) fn policy(&self) -> Option<RuleSetId> {
        match self {
            Self::Server { policy, .. } => *policy,
            Self::Only | Self::Unknown => None,
        }
    }

    /// The server's part of names of state, so that no server's session, task or definition is mistaken for another's.
    pub(crate) fn part(&self) -> String {
        self.name().map(length_prefixed).unwrap_or_default()
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        let (reason, rule, message) = match self {
            Self::Unknown => (
                Reason::NotAllowed,
                Rule::new("servers"),
                "The gateway knows no MCP server at this address. Check the URL, or ask the gateway's operator.",
            ),
            Self::Server {
                name, frozen: true, ..
            } => (
                Reason::Frozen,
                Rule::new("servers").key(name).member("frozen"),
                "The gateway's operator has stopped this MCP server for now. Do not retry; ask the operator.",
            ),
            Self::Only | Self::Server { .. } => return None,
        };
        Some(Refusal {
            reason,
            rule: Some(rule),
            message: message.into(),
        })
    }
}

/// The text of a fact; `None` where it is absent, given twice or unclear.
fn text_of<'r>(
    fact: ServerFact,
    headers: &'r Headers,
    cluster: Option<&'r str>,
) -> Option<Cow<'r, str>> {
    let header = |name| headers.single(name).ok().flatten();
    match fact {
        ServerFact::Path => clear_path(header(":path")?).map(Cow::Borrowed),
        ServerFact::Host => Some(header(":authority")?.to_ascii_lowercase().into()),
        ServerFact::Cluster => cluster.map(Cow::Borrowed),
    }
}

fn only_match(servers: &Servers, texts: [&str; 3]) -> Addressed {
    let facts = ServerFact::ALL.into_iter().zip(texts);
    let candidates = facts.flat_map(|(fact, text)| servers.by(fact, text));
    let mut matching = candidates.filter(|server| matches(server, texts));
    match (matching.next(), matching.next()) {
        (Some(server), None) => Addressed::Server {
            name: server.name.clone(),
            policy: server.policy,
            frozen: server.frozen,
        },
        _ => Addressed::Unknown,
    }
}

fn matches(server: &Server, texts: [&str; 3]) -> bool {
    let mut facts = server.facts.iter();
    facts.all(|(fact, wanted)| {
        let mut given = ServerFact::ALL.into_iter().zip(texts);
        given.any(|(own, text)| own == *fact && wanted.iter().any(|wanted| **wanted == *text))
    })
}
