//! Turns the text of a policy document into a policy, or into all its errors.
//!
//! It knows the keys at the top of the document; the files beside it know those of its parts.

use super::entry::{PROMPTS, RESOURCES, TOOLS};
use super::error::PolicyError;
use super::protobuf;
use super::reader::{Keys, Location, Members, PolicyReader};
use super::words::{ANSWERS, EFFECTS, LISTED, MODES};
use crate::model::{AnswerStyle, Effect, Listed, Mode, Names, Needs, Policy, UnknownResult};
use crate::words::json::{Bounds, Document, Kind, Surrogates, Value};
use sha2::{Digest as _, Sha256};

/// The bounds of a policy document. The language itself needs ten levels; the rest is for JSON Schemas and values. Its
/// length is the operator's choice.
const BOUNDS: Bounds = Bounds {
    depth: 64,
    values: usize::MAX,
    surrogates: Surrogates::Refused,
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
        "challenge",
        "host",
    ],
    reserved: &["policies", "servers", "approvals", "counters", "audit"],
};

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// All its mistakes; only the first if it is not strict JSON, for example if a key is given twice.
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
    /// The reason why it is not one strict JSON document.
    pub fn document(text: &[u8]) -> Result<Document<'_>, PolicyError> {
        Document::read(text, BOUNDS).map_err(|error| match protobuf::is_struct(text) {
            true => PolicyError::protobuf(),
            false => PolicyError::json(text, &error),
        })
    }
}

impl PolicyReader {
    fn policy(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Policy> {
        let members = self.object(at, value, &POLICY);
        if value.kind() != Kind::Object {
            return None;
        }
        self.preamble(at, &members);
        let mut policy = Policy {
            default: self.default_effect(at, &members),
            answer: self
                .setting(at, &members, "answer", ANSWERS)
                .unwrap_or(AnswerStyle::Result),
            hide: self
                .part(at, &members, "hide", Self::names)
                .unwrap_or_else(|| Names::new([])),
            all_tools: self
                .part(at, &members, "all_tools", Self::all_tools)
                .unwrap_or_default(),
            tools: self.table(at, &members, TOOLS),
            prompts: self.table(at, &members, PROMPTS),
            resources: self.table(at, &members, RESOURCES),
            methods: self.methods(at, &members),
            sequence: self
                .part(at, &members, "sequence", Self::sequences)
                .unwrap_or_default(),
            mode: self
                .setting(at, &members, "mode", MODES)
                .unwrap_or(Mode::Enforce),
            frozen: self.flag(at, &members, "frozen"),
            identity: self
                .part(at, &members, "identity", Self::identity)
                .unwrap_or_default(),
            grants: self.part(at, &members, "grants", Self::grants),
            challenge: self.part(at, &members, "challenge", Self::challenge),
            client_detail: self.flag(at, &members, "client_detail"),
            list: self
                .setting(at, &members, "list", LISTED)
                .unwrap_or(Listed::Callable),
            pin_unseen: self
                .setting(at, &members, "pin_unseen", EFFECTS)
                .unwrap_or(Effect::Deny),
            host: self
                .part(at, &members, "host", Self::host)
                .unwrap_or_default(),
            hash: hash(value),
            needs: Needs::default(),
            unknown_results: Vec::new(),
            unbounded: false,
        };
        policy.needs = Needs::of(&policy);
        policy.unknown_results = UnknownResult::all(&policy);
        self.one_way_to_identify(at, &members, &policy);
        self.challenged_callers(at, &members, &policy);
        self.room(&policy);
        Some(policy)
    }

    /// Validates the keys that decide nothing.
    fn preamble(&mut self, at: &Location<'_>, members: &Members<'_>) {
        if let Some(version) = self.required(at, members, "version") {
            self.word(&at.key("version"), version, &[("1", ())]);
        }
        for key in ["$schema", "description"] {
            self.text(at, members, key);
        }
    }

    fn default_effect(&mut self, at: &Location<'_>, members: &Members<'_>) -> Effect {
        let value = self.required(at, members, "default");
        value
            .and_then(|value| self.word(&at.key("default"), value, EFFECTS))
            .unwrap_or(Effect::Deny)
    }

    fn one_way_to_identify(&mut self, at: &Location<'_>, members: &Members<'_>, policy: &Policy) {
        if let (Some(value), Some(_)) = (members.get("identity"), &policy.grants) {
            let write = "one of `identity` and `grants`: this version matches grants only by `bearer_sha256`";
            self.misplaced(&at.key("identity"), value, write);
        }
    }
}

/// The hash identifies the rules. `host` and the layout of the file do not change it.
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
