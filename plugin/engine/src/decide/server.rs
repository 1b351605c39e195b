//! Turns the path, the host and the cluster of a request into the MCP server that it is for, and the cluster to which it
//! was sent into whether that server got it.
//!
//! It guesses no server: a request that no server matches, or two, is refused. So is one whose path a gateway and a policy
//! could read in two ways.

use crate::model::{Frozen, Mode, Policy, RuleSetId, Server, ServerFact, Servers, clear_path};
use crate::read::Headers;
use crate::words::text::length_prefixed;
use crate::words::{ASK_OPERATOR, Reason, Refusal, Rule};
use std::borrow::Cow;

/// The server that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Addressed {
    /// The policy lists no servers: there is only one.
    Only,
    Server {
        name: Box<str>,
        policy: Option<RuleSetId>,
        frozen: Option<Frozen>,
        mode: Option<Mode>,
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
        match texts_of(servers, headers, cluster) {
            Some([path, host, cluster]) => only_match(servers, [&path, &host, &cluster]),
            None => Self::Unknown,
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

    /// The mode of rules outside entries for requests to the server.
    pub(super) fn mode(&self) -> Option<Mode> {
        match self {
            Self::Server { mode, .. } => *mode,
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
                "The gateway knows no MCP server at this address. Check the URL, or ask the gateway's operator.".into(),
            ),
            Self::Server { name, frozen, .. } => (
                Reason::Frozen,
                Rule::new("servers").key(name).member("frozen"),
                frozen.as_ref()?.message("this MCP server", ASK_OPERATOR),
            ),
            Self::Only => return None,
        };
        Some(Refusal {
            reason,
            rule: Some(rule),
            message,
        })
    }
}

/// The server that a request was judged for, where servers are known by their clusters.
#[derive(Debug)]
pub(crate) struct Destination {
    name: Box<str>,
    path: Box<str>,
    host: Box<str>,
    cluster: Box<str>,
}

impl Destination {
    /// `None` where no server is known by its cluster, or `addressed` is none.
    pub(crate) fn of(
        policy: &Policy,
        headers: &Headers,
        cluster: Option<&str>,
        addressed: &Addressed,
    ) -> Option<Box<Self>> {
        let servers = policy.servers.as_ref().filter(|_| policy.needs.cluster)?;
        let texts = texts_of(servers, headers, cluster)?;
        let [path, host, cluster] = texts.each_ref().map(|text| &**text);
        Some(Box::new(Self {
            name: addressed.name()?.into(),
            path: path.into(),
            host: host.into(),
            cluster: cluster.into(),
        }))
    }

    /// The rule of the server, if the request was sent to a cluster by which it is not this server alone.
    pub(crate) fn missed(&self, policy: &Policy, cluster: Option<&str>) -> Option<Rule> {
        if cluster == Some(&*self.cluster) {
            return None;
        }
        let servers = policy.servers.as_ref().zip(cluster);
        let sent = servers
            .map(|(servers, cluster)| only_match(servers, [&self.path, &self.host, cluster]));
        let got = sent.as_ref().and_then(Addressed::name);
        (got != Some(&*self.name)).then(|| Rule::new("servers").key(&self.name))
    }
}

/// The texts of all facts, empty for those that no server is known by; `None` where one of the others is absent, given
/// twice or unclear.
fn texts_of<'r>(
    servers: &Servers,
    headers: &'r Headers,
    cluster: Option<&'r str>,
) -> Option<[Cow<'r, str>; 3]> {
    let text = |fact| match servers.read(fact) {
        true => text_of(fact, headers, cluster),
        false => Some(Cow::Borrowed("")),
    };
    let [path, host, cluster] = ServerFact::ALL.map(text);
    Some([path?, host?, cluster?])
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
            frozen: server.frozen.clone(),
            mode: server.mode,
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
