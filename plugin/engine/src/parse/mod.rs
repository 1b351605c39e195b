//! **parse**: turns the text of a `policy.json` into a [`Policy`] once, or into the list of all its mistakes.
//!
//! It never guesses: an unknown key, a key of a later version and a value that does not fit are errors.

mod condition;
mod entry;
mod error;
mod identity;
mod language;
mod limit;
mod names;
mod overview;
mod path;
mod pin;
mod place;
mod result;
pub(crate) mod schema;
mod sequence;
mod walk;

pub(crate) use condition::{Condition, Group, Literal, Order, Test};
pub(crate) use entry::{Action, Entry, Rules};
pub use error::{PolicyError, Problem};
pub(crate) use identity::{Grant, Source};
pub use language::schema;
pub use limit::Window;
pub(crate) use limit::{Cost, Counter, Limit, Refunds, Scope};
pub(crate) use names::Names;
pub use overview::{LimitSeen, RuleSeen};
pub(crate) use path::{Fact, Path, Step};
pub(crate) use pin::Pin;
pub(crate) use result::{Pattern, ResultRules};
pub(crate) use sequence::{Part, Sequence};
pub(crate) use walk::Token;

use crate::decide::Filters;
use crate::json::{Bounds, Document, Kind, Value};
use crate::ordered::ordered;
use entry::{PROMPTS, RESOURCES, TOOLS};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use walk::{At, Keys, Members, Walk};

/// A policy document may nest this deep; its deepest construct needs ten. Its length is the operator's choice.
const BOUNDS: Bounds = Bounds {
    depth: 64,
    values: usize::MAX,
};

/// A policy that was read without a mistake.
#[derive(Debug)]
pub struct Policy {
    pub(crate) default: Effect,
    /// Positions in the policy's `hide` list.
    pub(crate) hide: Names<usize>,
    pub(crate) all_tools: Rules,
    pub(crate) tools: Names<Entry>,
    pub(crate) prompts: Names<Entry>,
    pub(crate) resources: Names<Entry>,
    pub(crate) methods: BTreeMap<Box<str>, Entry>,
    pub(crate) sequence: Vec<Sequence>,
    pub(crate) mode: Mode,
    pub(crate) frozen: bool,
    pub(crate) identity: Vec<Source>,
    /// `None` where the policy lists no grants at all: then nobody needs one.
    pub(crate) grants: Option<Vec<Grant>>,
    pub(crate) answer: AnswerStyle,
    pub(crate) client_detail: bool,
    pub(crate) list: Listed,
    /// What happens to calls of pinned tools that were never listed.
    pub(crate) pin_unseen: Effect,
    pub(crate) filters: Filters,
    /// The headers that scopes count by and conditions look at.
    pub(crate) headers: Vec<Box<str>>,
    needs_peer: bool,
    /// Some counter counts each session apart.
    pub(crate) counts_sessions: bool,
    /// Options of the host that are no policy.
    pub host: HostOptions,
    /// The first 16 hexadecimal digits of the SHA-256 of the document without `host` and without insignificant space.
    pub hash: String,
}

/// What happens to names that no entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Whether refusals are carried out or only logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Enforce,
    Shadow,
}

/// What a refused `tools/call` is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerStyle {
    /// A tool result with `isError`, which the model reads.
    Result,
    /// A JSON-RPC error.
    Error,
}

/// What the lists that servers send show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// What some rule admits, and what is denied by name.
    Callable,
    /// Everything but what is hidden.
    AllButHidden,
}

/// Options of the host, under `host` in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// Keep the request's headers back until the verdict. Only for hosts that still deliver the body then.
    pub hold_request_headers: bool,
    /// The name under which counters are kept in shared data; the plugin's name where absent.
    pub namespace: Option<String>,
    /// How many callers that are not configured can be counted apart at the same time.
    pub slots: usize,
    /// The longest request body in bytes.
    pub max_request_bytes: usize,
    /// The longest message of a server's, in bytes, out of which something can be taken.
    pub max_response_bytes: usize,
    /// The deepest nesting of a message.
    pub max_depth: usize,
}

const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];
const ANSWERS: &[(&str, AnswerStyle)] = &[
    ("result", AnswerStyle::Result),
    ("error", AnswerStyle::Error),
];
const LISTED: &[(&str, Listed)] = &[
    ("callable", Listed::Callable),
    ("all_but_hidden", Listed::AllButHidden),
];
pub(crate) const MODES: &[(&str, Mode)] = &[("enforce", Mode::Enforce), ("shadow", Mode::Shadow)];

const POLICY: Keys = Keys {
    now: &[
        "$schema",
        "version",
        "description",
        "default",
        "answer",
        "client_detail",
        "list",
        "pin_unseen",
        "hide",
        "all_tools",
        "tools",
        "prompts",
        "resources",
        "methods",
        "sequence",
        "mode",
        "frozen",
        "identity",
        "grants",
        "host",
    ],
    later: &[
        "challenge",
        "policies",
        "servers",
        "approvals",
        "counters",
        "audit",
    ],
};
const HOST: Keys = Keys {
    now: &[
        "hold_request_headers",
        "namespace",
        "slots",
        "max_request_bytes",
        "max_response_bytes",
        "max_depth",
    ],
    later: &["trailers"],
};

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// Every mistake in it; only the first where it is not JSON, or has a key twice.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<PolicyError>> {
        let document = Self::document(text).map_err(|error| vec![error])?;
        let mut walk = Walk::default();
        let policy = walk.policy(&At::ROOT, document.root());
        match policy {
            Some(policy) if walk.errors.is_empty() => Ok(policy),
            _ => Err(walk.errors),
        }
    }

    /// Reads the JSON of a policy document as strictly as [`Policy::parse`] does, with the place of every value.
    ///
    /// # Errors
    /// Why it is not one JSON document.
    pub fn document(text: &[u8]) -> Result<Document<'_>, PolicyError> {
        Document::read(text, BOUNDS).map_err(|error| PolicyError::json(text, &error))
    }

    fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.rules().flat_map(|rules| &rules.limits)
    }

    /// Every condition of the policy.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let groups = self
            .rules()
            .flat_map(|rules| rules.require.iter().chain(&rules.deny_if));
        groups.flat_map(|group| &group.conditions)
    }

    fn rules(&self) -> impl Iterator<Item = &Rules> {
        let tables = [&self.tools, &self.prompts, &self.resources];
        let entries = tables.into_iter().flat_map(Names::values);
        let entries = entries.map(|entry| &entry.rules);
        [&self.all_tools].into_iter().chain(entries)
    }

    /// Every counter of the policy, as often as it is named.
    pub(crate) fn counters(&self) -> impl Iterator<Item = &Counter> {
        let limits = self.limits().map(|limit| &*limit.counter);
        let marks = self.sequence.iter().map(Sequence::counter);
        limits.chain(marks)
    }

    fn headers(&self) -> Vec<Box<str>> {
        let scopes = self.counters().flat_map(|counter| &counter.scope);
        let counted = scopes.filter_map(Scope::header);
        let looked_at = self.conditions().filter_map(Condition::header);
        let schemas = self.tools.values().filter_map(|tool| tool.schema.as_ref());
        let repeating = schemas.flat_map(|schema| &schema.mirrors);
        let repeating = repeating.map(|mirror| mirror.header.to_ascii_lowercase().into());
        let named = counted.chain(looked_at).map(Into::into);
        ordered(named.chain(repeating))
    }

    fn asks_for_peer(&self) -> bool {
        let counted = |counter: &Counter| counter.scope.contains(&Scope::Ip);
        self.counters().any(counted)
            || self
                .conditions()
                .any(|condition| condition.reads(&Fact::Ip))
    }

    fn asks_for_sessions(&self) -> bool {
        let mut counters = self.counters();
        counters.any(|counter| counter.scope.contains(&Scope::Session))
    }

    /// True when some rule asks for the peer's address, which a host then has to bring.
    pub fn needs_peer(&self) -> bool {
        self.needs_peer
    }

    /// True when something could have to be taken out of a list that a server sends, a counted call could turn out not to
    /// have run, or a session counts: a host then has to tell of responses.
    pub fn needs_responses(&self) -> bool {
        let mut limits = self.limits();
        let refunds = limits.any(|limit| limit.refunds > Refunds::Never);
        let grants = self.grants.iter().flatten();
        let modes = grants.map(|grant| grant.mode.unwrap_or(self.mode));
        refunds
            || self.counts_sessions
            || modes.chain([self.mode]).any(|mode| self.filters.of(mode))
    }
}

impl HostOptions {
    /// From and to, of `slots`, of the longest bodies, and of `max_depth`.
    const RANGES: ((u64, u64), (u64, u64), (u64, u64)) =
        ((1024, 4_194_304), (1024, 64 * 1024 * 1024), (8, 128));

    /// What a message may take. A body of the longest kind with more values than this has hardly a character in each,
    /// and would take many times its length to read.
    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds_of(self.max_request_bytes)
    }

    /// The same for a message of a server's.
    pub(crate) fn response_bounds(&self) -> Bounds {
        self.bounds_of(self.max_response_bytes)
    }

    fn bounds_of(&self, length: usize) -> Bounds {
        const BYTES_A_VALUE: usize = 6;
        Bounds {
            depth: self.max_depth,
            values: length.div_ceil(BYTES_A_VALUE),
        }
    }
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            hold_request_headers: false,
            namespace: None,
            slots: 65_536,
            max_request_bytes: 768 * 1024,
            max_response_bytes: 768 * 1024,
            max_depth: 64,
        }
    }
}

impl Walk {
    fn policy(&mut self, at: &At<'_>, value: Value<'_>) -> Option<Policy> {
        let members = self.object(at, value, &POLICY);
        if value.kind() != Kind::Object {
            return None;
        }
        if let Some(version) = self.required(at, &members, "version") {
            self.word(&at.key("version"), version, &[("1", ())]);
        }
        for key in ["$schema", "description"] {
            members
                .get(key)
                .and_then(|value| self.string(&at.key(key), value));
        }
        let default = self
            .required(at, &members, "default")
            .and_then(|value| self.word(&at.key("default"), value, EFFECTS));
        let answer = members
            .get("answer")
            .and_then(|value| self.word(&at.key("answer"), value, ANSWERS));
        let mut policy = Policy {
            default: default.unwrap_or(Effect::Deny),
            hide: members.get("hide").map_or_else(
                || Names::new([]),
                |value| self.names(&at.key("hide"), value),
            ),
            all_tools: members
                .get("all_tools")
                .map(|value| self.all_tools(&at.key("all_tools"), value))
                .unwrap_or_default(),
            tools: self.table(at, &members, TOOLS),
            prompts: self.table(at, &members, PROMPTS),
            resources: self.table(at, &members, RESOURCES),
            methods: self.methods(at, &members),
            sequence: members
                .get("sequence")
                .map(|value| self.sequences(&at.key("sequence"), value))
                .unwrap_or_default(),
            mode: members
                .get("mode")
                .and_then(|value| self.word(&at.key("mode"), value, MODES))
                .unwrap_or(Mode::Enforce),
            frozen: self.flag(at, &members, "frozen"),
            identity: members
                .get("identity")
                .map(|value| self.identity(&at.key("identity"), value))
                .unwrap_or_default(),
            grants: members
                .get("grants")
                .map(|value| self.grants(&at.key("grants"), value)),
            answer: answer.unwrap_or(AnswerStyle::Result),
            client_detail: self.flag(at, &members, "client_detail"),
            list: members
                .get("list")
                .and_then(|value| self.word(&at.key("list"), value, LISTED))
                .unwrap_or(Listed::Callable),
            pin_unseen: members
                .get("pin_unseen")
                .and_then(|value| self.word(&at.key("pin_unseen"), value, EFFECTS))
                .unwrap_or(Effect::Deny),
            filters: Filters::default(),
            host: members
                .get("host")
                .map(|value| self.host(&at.key("host"), value))
                .unwrap_or_default(),
            headers: Vec::new(),
            needs_peer: false,
            counts_sessions: false,
            hash: hash(value),
        };
        policy.headers = policy.headers();
        policy.filters = Filters::new(&policy);
        policy.needs_peer = policy.asks_for_peer();
        policy.counts_sessions = policy.asks_for_sessions();
        if let (Some(value), Some(_)) = (members.get("identity"), &policy.grants) {
            let write = "one of `identity` and `grants`: this build knows grants by `bearer_sha256` alone yet";
            self.unfit(&at.key("identity"), value, write);
        }
        self.room(&policy);
        Some(policy)
    }

    fn host(&mut self, at: &At<'_>, value: Value<'_>) -> HostOptions {
        let members = self.object(at, value, &HOST);
        let default = HostOptions::default();
        let (slots, bytes, depth) = HostOptions::RANGES;
        let namespace = members
            .get("namespace")
            .and_then(|value| self.string(&at.key("namespace"), value));
        HostOptions {
            hold_request_headers: self.flag(at, &members, "hold_request_headers"),
            namespace: namespace.map(Into::into),
            slots: self
                .size(at, &members, "slots", slots)
                .unwrap_or(default.slots),
            max_request_bytes: self
                .size(at, &members, "max_request_bytes", bytes)
                .unwrap_or(default.max_request_bytes),
            max_response_bytes: self
                .size(at, &members, "max_response_bytes", bytes)
                .unwrap_or(default.max_response_bytes),
            max_depth: self
                .size(at, &members, "max_depth", depth)
                .unwrap_or(default.max_depth),
        }
    }

    fn size(
        &mut self,
        at: &At<'_>,
        members: &Members<'_>,
        key: &'static str,
        (min, max): (u64, u64),
    ) -> Option<usize> {
        let number = self.whole(&at.key(key), members.get(key)?, min, max)?;
        usize::try_from(number).ok()
    }

    /// Every configured caller has a place of its own for every counter it can reach, so that nobody's flood pushes it
    /// out. More of them than there are slots is a mistake to be told now, not a refusal later.
    fn room(&mut self, policy: &Policy) {
        let needed = crate::store::configured_cells(policy);
        if needed > policy.host.slots {
            let found = format!(
                "{needed} counters (limits times configured callers) for {} slots",
                policy.host.slots
            );
            let write = format!(
                "at least {needed} as `slots`, or let entries share counters by the same `counter` name"
            );
            self.error(
                &At::ROOT.key("host").key("slots"),
                Problem::Unfit { found, write },
            );
        }
    }

    pub(super) fn flag(&mut self, at: &At<'_>, members: &Members<'_>, key: &'static str) -> bool {
        members
            .get(key)
            .and_then(|value| self.bool(&at.key(key), value))
            .unwrap_or(false)
    }

    pub(super) fn required<'a>(
        &mut self,
        at: &At<'_>,
        members: &Members<'a>,
        key: &'static str,
    ) -> Option<Value<'a>> {
        let value = members.get(key);
        if value.is_none() && members.is_object {
            self.error(at, Problem::Missing(key));
        }
        value
    }
}

/// The hash names what decides, so `host` and the layout of the file are left out of it.
fn hash(policy: Value<'_>) -> String {
    let mut hasher = Sha256::new();
    for (name, value) in policy.members().filter(|(name, _)| name != "host") {
        hasher.update(format!("{name:?}:{},", value.compact()));
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
