//! The MCP servers behind one gateway, and an index of them by the facts of a request.
//!
//! It chooses no server; `decide::server` does.

use super::frozen::Frozen;
use super::options::Mode;
use super::postings::Postings;
use super::rule_set::RuleSetId;

/// The servers of a policy.
#[derive(Debug)]
pub(crate) struct Servers {
    /// In the order of the document.
    pub(crate) list: Vec<Server>,
    /// Positions of servers by the key of the rarest of their facts.
    index: Postings,
    /// For each of [`ServerFact::ALL`] whether some server is known by it.
    reads: [bool; 3],
}

/// A fact of a server, with the texts of which a request has one.
pub(crate) type Fact = (ServerFact, Vec<Box<str>>);

/// An MCP server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: Box<str>,
    /// The facts of its requests.
    pub(crate) facts: Vec<Fact>,
    /// `None` where the server adds no rules to those of its callers.
    pub(crate) policy: Option<RuleSetId>,
    pub(crate) frozen: Option<Frozen>,
    /// `None` where callers and the document decide.
    pub(crate) mode: Option<Mode>,
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
        let mut all = Postings::default();
        for (at, server) in list.iter().enumerate() {
            let keys = server.facts.iter().flat_map(keys);
            keys.for_each(|key| all.add(&key, at));
        }
        let mut index = Postings::default();
        for (at, server) in list.iter().enumerate() {
            let shares = |fact: &&Fact| keys(fact).map(|key| all.of(&key).len()).max();
            let rarest = server.facts.iter().min_by_key(shares);
            for key in rarest.into_iter().flat_map(keys) {
                index.add(&key, at);
            }
        }
        let facts = list.iter().flat_map(|server| &server.facts);
        let reads = ServerFact::ALL.map(|fact| facts.clone().any(|(own, _)| *own == fact));
        Self { list, index, reads }
    }

    /// The servers that one of their facts admits for this text.
    pub(crate) fn by(&self, fact: ServerFact, text: &str) -> impl Iterator<Item = &Server> {
        let places = self.index.of(&key(fact, text)).iter();
        places.filter_map(|at| self.list.get(*at))
    }

    /// The first server before this position with the same kinds of facts, for which some request is both its and that of
    /// the server at the position.
    pub(crate) fn overlapping(&self, position: usize) -> Option<&Server> {
        let server = self.list.get(position)?;
        for key in server.facts.iter().flat_map(keys) {
            let earlier = self.index.of(&key).iter().filter(|at| **at < position);
            let mut earlier = earlier.filter_map(|at| self.list.get(*at));
            if let Some(other) = earlier.find(|other| overlap(server, other)) {
                return Some(other);
            }
        }
        None
    }

    /// True where some server is known by this fact.
    pub(crate) fn read(&self, fact: ServerFact) -> bool {
        let mut reads = ServerFact::ALL.into_iter().zip(self.reads);
        reads.any(|(own, reads)| own == fact && reads)
    }
}

fn overlap(one: &Server, other: &Server) -> bool {
    let shares = |((fact, texts), (other, others)): (&Fact, &Fact)| {
        fact == other && texts.iter().any(|text| others.contains(text))
    };
    let mut pairs = one.facts.iter().zip(&other.facts);
    one.facts.len() == other.facts.len() && pairs.all(shares)
}

fn keys((fact, texts): &Fact) -> impl Iterator<Item = String> {
    texts.iter().map(|text| key(*fact, text))
}

fn key(fact: ServerFact, text: &str) -> String {
    let name = match fact {
        ServerFact::Path => "path ",
        ServerFact::Host => "host ",
        ServerFact::Cluster => "cluster ",
    };
    [name, text].concat()
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
