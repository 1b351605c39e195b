//! Turns `servers` of a policy into the model: each server with the path, the host or the cluster by which it is known.
//!
//! It chooses no server; `decide::server` does.

use super::reader::{Keys, Location, PolicyReader};
use super::rule_set::NamedSets;
use super::words::MODES;
use crate::model::{Server, ServerFact, Servers, clear_path};
use crate::words::json::{Kind, Value};
use crate::words::text::is_visible;

pub(crate) const SERVER: Keys = Keys {
    supported: &["match", "policy", "frozen", "mode"],
    reserved: &[],
};

pub(crate) const SERVER_MATCH: Keys = Keys {
    supported: &["cluster", "host", "path"],
    reserved: &[],
};

const FACTS: [(&str, ServerFact, &str); 3] = [
    (
        "path",
        ServerFact::Path,
        "the exact path of its endpoint, such as `/files/mcp`, without query, `%`, `;`, `//` or dot segments",
    ),
    (
        "host",
        ServerFact::Host,
        "the host of its URL as clients send it, such as `files.example.com` or `files.example.com:8443`",
    ),
    (
        "cluster",
        ServerFact::Cluster,
        "the name of the cluster that the gateway's route chooses",
    ),
];

const WRITE_NAME: &str = "a name without `*`, surrounding space or invisible characters";

const WRITE_MATCH: &str = "at least one of `cluster`, `host` and `path`";

impl PolicyReader {
    pub(super) fn servers(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        sets: &NamedSets,
    ) -> Servers {
        let mut servers = Vec::new();
        if value.kind() == Kind::Object && value.named().next().is_none() {
            self.invalid(at, value, "at least one server");
        }
        for (name, value) in self.map(at, value) {
            let at = at.key(&name);
            if name.is_empty() || name.contains('*') || !is_visible(&name) {
                self.invalid_key(&at, format!("the name `{name}`"), WRITE_NAME);
            }
            let members = self.object(&at, value, &SERVER);
            let matched = self.required(&at, &members, "match");
            let facts = matched.map(|value| self.facts(&at.key("match"), value));
            servers.push(Server {
                name: name.as_ref().into(),
                facts: facts.unwrap_or_default(),
                policy: self.policy_name(&at, &members, sets),
                frozen: self.frozen(&at, &members),
                mode: self.setting(&at, &members, "mode", MODES),
            });
        }
        let servers = Servers::new(servers);
        self.apart(at, value, &servers);
        servers
    }

    /// Reports each server whose match some request has together with that of an earlier one.
    fn apart(&mut self, at: &Location<'_>, value: Value<'_>, servers: &Servers) {
        for (position, server) in servers.list.iter().enumerate() {
            if let Some(Server { name, .. }) = servers.overlapping(position) {
                let found = value.get(&server.name).and_then(|value| value.get("match"));
                let write = format!(
                    "another match for each server; some requests match `{name}` too, and a request that matches two servers is refused"
                );
                let at = at.key(&server.name);
                self.invalid(&at.key("match"), found.unwrap_or(value), &write);
            }
        }
    }

    fn facts(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<(ServerFact, Vec<Box<str>>)> {
        let members = self.object(at, value, &SERVER_MATCH);
        let mut facts = Vec::new();
        for (key, fact, write) in FACTS {
            if let Some(value) = members.get(key) {
                facts.push((fact, self.fact_texts(&at.key(key), value, fact, write)));
            }
        }
        if facts.is_empty() && members.is_object {
            self.invalid(at, value, WRITE_MATCH);
        }
        facts
    }

    /// One accepted text, or a list of them.
    fn fact_texts(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        fact: ServerFact,
        write: &str,
    ) -> Vec<Box<str>> {
        let one = |reader: &mut Self, at: &Location<'_>, value: Value<'_>| {
            let text = value.string().and_then(|text| text_of(fact, &text));
            if text.is_none() {
                reader.invalid(at, value, write);
            }
            text
        };
        if value.kind() != Kind::Array {
            return one(self, at, value).into_iter().collect();
        }
        if value.elements().next().is_none() {
            self.invalid(at, value, write);
        }
        let mut texts = Vec::new();
        for (index, value) in value.elements().enumerate() {
            let at = at.index(index);
            let text = one(self, &at, value);
            if text.as_ref().is_some_and(|text| texts.contains(text)) {
                self.invalid(&at, value, "each text once");
            }
            texts.extend(text);
        }
        texts
    }
}

/// The text of a fact in the form in which it is compared; `None` where no request can have it.
fn text_of(fact: ServerFact, text: &str) -> Option<Box<str>> {
    let plain = is_visible(text) && text.is_ascii() && !text.contains(['*', ' ']);
    let valid = match fact {
        ServerFact::Path => clear_path(text) == Some(text),
        ServerFact::Host => !text.contains(['/', '@', '?', '#']),
        ServerFact::Cluster => true,
    };
    let text = match fact {
        ServerFact::Host => text.to_ascii_lowercase(),
        ServerFact::Path | ServerFact::Cluster => text.into(),
    };
    (plain && valid).then(|| text.into())
}
