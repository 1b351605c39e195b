//! Turns the rules at one place of the document into a rule set: at its top, and in each of its `policies`.
//!
//! It knows the keys of a rule set, not their effect; `decide` does.

use super::entry::{PROMPTS, RESOURCES, TOOLS};
use super::error::Problem;
use super::reader::{Keys, Location, Members, PolicyReader, near};
use super::words::EFFECTS;
use crate::model::{Effect, Names, Postings, RuleSet, RuleSetId, Rules, UnknownResult};
use crate::words::json::Value;
use crate::words::text::is_visible;
use crate::words::{Place, Rule};
use std::collections::BTreeMap;

pub(crate) const NAMED_POLICY: Keys = Keys {
    supported: &[
        "description",
        "default",
        "hide",
        "all_tools",
        "tools",
        "prompts",
        "resources",
        "methods",
        "sequence",
    ],
    reserved: &[],
};

/// The rule sets beside the one at the top of the document.
#[derive(Default)]
pub(super) struct NamedSets {
    /// The sets of `policies` by name.
    ids: Postings,
    /// Those sets, and then the `tools` of grants.
    pub(super) list: Vec<RuleSet>,
}

impl NamedSets {
    /// Adds a set. The set at the top of the document is before all of them.
    pub(super) fn add(&mut self, set: RuleSet) -> RuleSetId {
        self.list.push(set);
        RuleSetId(self.list.len())
    }
}

/// The most names of policies that an error lists.
const MOST_LISTED: usize = 8;

/// The name of the rules at the top of the document.
const MAIN: &str = "main";

const WRITE_POLICY_NAME: &str = "a name without `*`, surrounding space or invisible characters";

const WRITE_OTHER_NAME: &str =
    "another name: `main` is the policy of the rules at the top of the document";

impl PolicyReader {
    /// A rule of the place whose rules are being read.
    pub(super) fn rule(&self, section: &'static str) -> Rule {
        self.place.rule(section)
    }

    /// The rules of the place that is being read. Their keys are checked already.
    pub(super) fn rule_set(&mut self, at: &Location<'_>, members: &Members<'_>) -> RuleSet {
        let mut set = RuleSet {
            place: self.place.clone(),
            default: self.default_effect(at, members),
            hide: self
                .part(at, members, "hide", Self::names)
                .unwrap_or_else(|| Names::new([])),
            all_tools: self
                .part(at, members, "all_tools", Self::all_tools)
                .unwrap_or_default(),
            tools: self.table(at, members, TOOLS),
            prompts: self.table(at, members, PROMPTS),
            resources: self.table(at, members, RESOURCES),
            methods: self.methods(at, members),
            sequence: self
                .part(at, members, "sequence", Self::sequences)
                .unwrap_or_default(),
            unknown_results: Vec::new(),
        };
        set.unknown_results = UnknownResult::all(&set);
        set
    }

    fn default_effect(&mut self, at: &Location<'_>, members: &Members<'_>) -> Effect {
        let value = self.required(at, members, "default");
        value
            .and_then(|value| self.word(&at.key("default"), value, EFFECTS))
            .unwrap_or(Effect::Deny)
    }

    /// The rule sets of `policies`.
    pub(super) fn policies(&mut self, at: &Location<'_>, value: Value<'_>) -> NamedSets {
        let mut policies = NamedSets::default();
        for (name, value) in self.map(at, value) {
            let at = at.key(&name);
            if name == MAIN {
                self.invalid_key(&at, "the name `main`".into(), WRITE_OTHER_NAME);
            } else if name.is_empty() || name.contains('*') || !is_visible(&name) {
                self.invalid_key(&at, "this name of a policy".into(), WRITE_POLICY_NAME);
            }
            let members = self.object(&at, value, &NAMED_POLICY);
            self.text(&at, &members, "description");
            self.place = Place::within("policies", &name);
            let set = self.rule_set(&at, &members);
            self.place = Place::default();
            let id = policies.add(set);
            policies.ids.add(&name, id.0);
        }
        policies
    }

    /// The policy that a grant or a server names.
    pub(super) fn policy_name(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        sets: &NamedSets,
    ) -> Option<RuleSetId> {
        let value = members.get("policy")?;
        let name = value.string().unwrap_or_default();
        if name == MAIN {
            return Some(RuleSetId::default());
        }
        let known = sets.ids.of(&name).first().copied();
        if known.is_none() {
            self.unknown_policy(&at.key("policy"), value, sets);
        }
        known.map(RuleSetId)
    }

    /// Reports a name of no policy. A text that is close to the name of one is no token, so it is quoted.
    fn unknown_policy(&mut self, at: &Location<'_>, value: Value<'_>, sets: &NamedSets) {
        let names = || sets.ids.texts().take(MOST_LISTED);
        let listed: String = names().map(|name| format!(", `{name}`")).collect();
        let write = format!("`main` or the name of one of `policies`{listed}");
        let name = value.string().unwrap_or_default().to_lowercase();
        match near(&name, names().chain([MAIN])) {
            Some(_) => {
                let found = format!("`{}`", value.excerpt());
                self.error(at, Problem::InvalidValue { found, write });
            }
            None => self.invalid(at, value, &write),
        }
    }

    /// The `tools` of a grant: rules that only tighten, so names without an entry pass.
    pub(super) fn own_tools(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        grant: &str,
    ) -> Option<RuleSet> {
        members.get(TOOLS.name())?;
        self.place = Place::within("grants", grant);
        let tools = self.table(at, members, TOOLS);
        let mut set = RuleSet {
            place: std::mem::take(&mut self.place),
            default: Effect::Allow,
            hide: Names::new([]),
            all_tools: Rules::default(),
            tools,
            prompts: Names::new([]),
            resources: Names::new([]),
            methods: BTreeMap::new(),
            sequence: Vec::new(),
            unknown_results: Vec::new(),
        };
        set.unknown_results = UnknownResult::all(&set);
        Some(set)
    }
}
