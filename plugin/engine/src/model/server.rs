//! The MCP servers behind one gateway, and an index of them by the facts of a request.
//!
//! It chooses no server; `decide::server` does.

use super::rule_set::RuleSetId;
use std::collections::BTreeMap;

/// The servers of a policy.
#[derive(Debug)]
pub(crate) struct Servers {
    /// In the order of the document.
    pub(crate) list: Vec<Server>,
    /// Positions of servers by the rarest of their facts.
    index: BTreeMap<(ServerFact, Box<str>), Vec<usize>>,
}

/// An MCP server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: Box<str>,
    /// Its facts, each with the texts of which a request has one.
    pub(crate) facts: Vec<(ServerFact, Vec<Box<str>>)>,
    /// `None` where the server adds no rules to those of its callers.
    pub(crate) policy: Option<RuleSetId>,
    pub(crate) frozen: bool,
}

/// A fact of a request that says which server it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServerFact {
    /// The path of the request without its query.
    Path,
    /// The host of the request, with the port if it has one, in lower case.
    Host,
    /// The cluster that the gateway's route chose.
    Cluster,
}

impl ServerFact {
    pub(crate) const ALL: [Self; 3] = [Self::Path, Self::Host, Self::Cluster];
}

impl Servers {
    pub(crate) fn new(list: Vec<Server>) -> Self {
        let mut counts: BTreeMap<(ServerFact, &str), usize> = BTreeMap::new();
        for (fact, text) in list.iter().flat_map(texts) {
            let count = counts.entry((fact, text)).or_default();
            *count = count.saturating_add(1);
        }
        let mut index: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, server) in list.iter().enumerate() {
            let most_shared = |(fact, texts): &&(ServerFact, Vec<Box<str>>)| {
                let shares = texts.iter().map(|text| counts.get(&(*fact, &**text)));
                shares.max().flatten().copied()
            };
            let rarest = server.facts.iter().min_by_key(most_shared);
            for (fact, text) in rarest.into_iter().flat_map(of_fact) {
                index.entry((fact, text.into())).or_default().push(at);
            }
        }
        Self { list, index }
    }

    /// The servers that one of their facts admits for this text.
    pub(crate) fn by(&self, fact: ServerFact, text: &str) -> impl Iterator<Item = &Server> {
        let found = self.index.get(&(fact, text.into()));
        let places = found.into_iter().flatten();
        places.filter_map(|at| self.list.get(*at))
    }

    /// The names of servers with the same kinds of facts, for which some request is both theirs and this server's. The
    /// server itself may be among them.
    pub(crate) fn overlapping<'s>(&'s self, server: &'s Server) -> impl Iterator<Item = &'s str> {
        let candidates = texts(server).flat_map(|(fact, text)| self.by(fact, text));
        let overlapping = candidates.filter(|other| overlap(server, other));
        overlapping.map(|other| &*other.name)
    }

    /// True where some server is known by this fact.
    pub(crate) fn read(&self, fact: ServerFact) -> bool {
        let mut facts = self.list.iter().flat_map(|server| &server.facts);
        facts.any(|(own, _)| *own == fact)
    }
}

fn overlap(one: &Server, other: &Server) -> bool {
    let shares = |((fact, texts), (other, others)): (&(_, Vec<_>), &(_, Vec<_>))| {
        fact == other && texts.iter().any(|text| others.contains(text))
    };
    let mut pairs = one.facts.iter().zip(&other.facts);
    one.facts.len() == other.facts.len() && pairs.all(shares)
}

fn texts(server: &Server) -> impl Iterator<Item = (ServerFact, &str)> {
    server.facts.iter().flat_map(of_fact)
}

fn of_fact(
    (fact, texts): &(ServerFact, Vec<Box<str>>),
) -> impl Iterator<Item = (ServerFact, &str)> {
    texts.iter().map(|text| (*fact, &**text))
}

/// The path without its query; `None` for one that a gateway may normalize to another path.
pub(crate) fn clear_path(target: &str) -> Option<&str> {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let ambiguous = ["%", "//", ";", "\\", "#"];
    let dots = |segment: &str| segment == "." || segment == "..";
    let is_clear = path.starts_with('/')
        && !ambiguous.iter().any(|text| path.contains(text))
        && !path.split('/').any(dots);
    is_clear.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_that_may_be_another_one_is_unclear() {
        for path in ["/mcp", "/files/mcp", "/a.b/..c", "/"] {
            assert_eq!(clear_path(path), Some(path));
            let with_query = [path, "?a=%2e;//"].concat();
            assert_eq!(clear_path(&with_query), Some(path));
        }
        for path in [
            "",
            "mcp",
            "*",
            "http://a/mcp",
            "/a/../mcp",
            "/a/./mcp",
            "/a/..",
            "//mcp",
            "/a//b",
            "/%6dcp",
            "/mcp;a",
            "/a\\mcp",
            "/mcp#a",
        ] {
            assert_eq!(clear_path(path), None, "{path}");
        }
    }
}
