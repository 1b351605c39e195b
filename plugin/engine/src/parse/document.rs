//! Turns the text of a policy document into a policy, or into all its errors.
//!
//! It knows the keys of the document itself; the files beside it know those of its parts.

use super::entry::{PROMPTS, RESOURCES, TOOLS};
use super::error::PolicyError;
use super::reader::{Keys, Location, PolicyReader};
use super::words::{ANSWERS, EFFECTS, LISTED, MODES};
use crate::model::{AnswerStyle, Effect, Listed, Mode, Names, Policy, ResponseNeeds};
use crate::words::json::{Bounds, Document, Kind, Value};
use sha2::{Digest as _, Sha256};

/// A policy document may nest this deep; its deepest construct needs ten. Its length is the operator's choice.
const BOUNDS: Bounds = Bounds {
    depth: 64,
    values: usize::MAX,
};

pub(crate) const POLICY: Keys = Keys {
    supported: &[
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
    reserved: &[
        "challenge",
        "policies",
        "servers",
        "approvals",
        "counters",
        "audit",
    ],
};

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// Every mistake in it; only the first where it is not JSON, or has a key twice.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<PolicyError>> {
        let document = Self::document(text).map_err(|error| vec![error])?;
        let mut reader = PolicyReader::default();
        let policy = reader.policy(&Location::ROOT, document.root());
        match policy {
            Some(policy) if reader.errors.is_empty() => Ok(policy),
            _ => Err(reader.errors),
        }
    }

    /// Reads the JSON of a policy document as strictly as [`Policy::parse`] does, with the place of every value.
    ///
    /// # Errors
    /// Why it is not one JSON document.
    pub fn document(text: &[u8]) -> Result<Document<'_>, PolicyError> {
        Document::read(text, BOUNDS).map_err(|error| PolicyError::json(text, &error))
    }
}

impl PolicyReader {
    fn policy(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Policy> {
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
            response_needs: ResponseNeeds::default(),
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
        policy.response_needs = ResponseNeeds::new(&policy);
        policy.needs_peer = policy.asks_for_peer();
        policy.counts_sessions = policy.asks_for_sessions();
        if let (Some(value), Some(_)) = (members.get("identity"), &policy.grants) {
            let write = "one of `identity` and `grants`: this build knows grants by `bearer_sha256` alone yet";
            self.invalid(&at.key("identity"), value, write);
        }
        self.room(&policy);
        Some(policy)
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
