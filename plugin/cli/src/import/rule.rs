//! Turns the rules of one tool, or of all tools, into conditions, limits or a denial.
//!
//! It never interprets a condition or a counter: `condition` and `limit` do.

use super::advice;
use super::bounds::{Bound, Limits, Reader};
use super::condition::{self, Path};
use super::counters::Counters;
use super::limit;
use super::messages::{Location, Members, Messages};
use super::refusal::Refusal;
use crate::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};

/// The keys of a rule.
pub(super) const KEYS: &[&str] = &[
    "name",
    "action",
    "rate_limit",
    "conditions",
    "on_deny",
    "state",
    "approval_timeout",
    "spend",
];

const CONDITION: &[&str] = &["path", "op", "value"];

/// The rules of one tool, or of all tools, as they grow.
#[derive(Default)]
pub(super) struct ToolRules {
    /// The whole entry is denied, with these words.
    pub(super) denied: Option<String>,
    require: Vec<Json>,
    deny_if: Vec<Json>,
    /// The rule by which a person approves calls.
    approval: Option<Map<String, Json>>,
    pub(super) limits: Vec<Json>,
}

/// The meaning of a condition.
enum Meaning {
    Refusal(Refusal),
    /// A bound on a counter.
    Counter(Bound),
}

impl ToolRules {
    fn is_empty(&self) -> bool {
        let lists = [&self.require, &self.deny_if, &self.limits];
        self.approval.is_none() && lists.iter().all(|list| list.is_empty())
    }

    /// A person approves some of the calls.
    pub(super) fn asks(&self) -> bool {
        self.approval.is_some() && self.denied.is_none()
    }

    fn add(&mut self, refusal: Refusal, words: &str) {
        let group = |conditions: Vec<Json>| json!({ "conditions": conditions, "on_deny": words });
        if !refusal.require.is_empty() {
            self.require.push(group(refusal.require));
        }
        self.deny_if.extend(refusal.deny_if.into_iter().map(group));
    }

    /// As the entry of one tool.
    pub(super) fn entry(self) -> Json {
        match self.denied {
            Some(words) => json!({ "action": "deny", "reason": words }),
            None => self.lists().into(),
        }
    }

    /// As the rules of all tools, which have no action.
    pub(super) fn for_all(mut self) -> Map<String, Json> {
        if let Some(words) = self.denied.take() {
            self.deny_if.clear();
            self.approval = None;
            self.add(Refusal::always(), &words);
        }
        self.lists()
    }

    fn lists(self) -> Map<String, Json> {
        let lists = [
            ("require", self.require),
            ("deny_if", self.deny_if),
            ("limits", self.limits),
        ];
        let full = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let mut lists: Map<_, _> = full.map(|(key, list)| (key.into(), list.into())).collect();
        if let Some(approval) = self.approval {
            lists.insert("require_approval".into(), approval.into());
        }
        lists
    }
}

pub(super) struct Rule<'a> {
    pub(super) at: Location,
    /// `*` for all tools.
    pub(super) tool: &'a str,
    pub(super) members: Members<'a>,
    pub(super) head: &'a Head,
}

/// What a rule needs of the whole document.
pub(super) struct Head {
    /// The policy has approvers.
    pub(super) approves: bool,
    pub(super) counters: Counters,
}

impl Rule<'_> {
    pub(super) fn add(
        &self,
        messages: &mut Messages,
        rules: &mut ToolRules,
        counters: &mut Vec<String>,
    ) {
        if let Some(node) = self.members.get("spend") {
            let message = "the prices that servers ask for are not read here, so the rule refuses every call; in its place, write a limit with a `cost`";
            messages.stricter(&self.at.key("spend", node), message);
            rules.add(Refusal::always(), &self.words());
            if self.members.get("conditions").is_none() {
                return;
            }
        }
        let action = self.members.text("action");
        if self.members.get("rate_limit").is_some() {
            return self.rate_limit(messages, rules, counters, action.as_deref());
        }
        match action.as_deref() {
            None | Some("evaluate") => self.evaluate(messages, rules, counters),
            Some("deny") => self.deny(messages, rules),
            Some("require_approval") => self.approval(messages, rules),
            Some(action) => messages.cannot(&self.at, &advice::about_action(action)),
        }
    }

    fn rate_limit(
        &self,
        messages: &mut Messages,
        rules: &mut ToolRules,
        counters: &mut Vec<String>,
        action: Option<&str>,
    ) {
        let mut others = ["conditions", "state"].iter();
        let is_alone = others.all(|key| self.members.get(key).is_none());
        if !is_alone || !matches!(action, None | Some("evaluate")) {
            messages.cannot(&self.at, "`rate_limit` must be alone in its rule");
            return;
        }
        let rate = self.members.text("rate_limit");
        let Some((max, window)) = rate.and_then(|text| limit::rate(&text)) else {
            messages.cannot(
                &self.at,
                "`rate_limit` is a number above 0, and a minute, an hour or a day: \"5/hour\"",
            );
            return;
        };
        let counter = format!("_rate_{window}");
        self.names_counter(messages, &counter, counters);
        let words = self.on_deny().unwrap_or_else(|| {
            format!("Rate limit of {max} per {window} reached. Try again later.")
        });
        let limit = limit::limit(
            &format!("{}.{counter}", self.scope()),
            &window,
            max,
            None,
            &words,
        );
        rules.limits.push(limit);
    }

    fn evaluate(&self, messages: &mut Messages, rules: &mut ToolRules, counters: &mut Vec<String>) {
        let conditions = self.conditions(messages);
        if conditions.is_empty() {
            messages.cannot(&self.at, "an \"evaluate\" rule has at least one condition");
        }
        let mut refusal = Refusal::default();
        let mut bounds = Vec::new();
        for (at, node) in conditions {
            match condition(messages, &at, node) {
                Some(Meaning::Refusal(more)) => refusal.append(more),
                Some(Meaning::Counter(bound)) => bounds.push(bound),
                None => {}
            }
        }
        let more = self.limits(messages, &bounds, counters);
        rules.limits.extend(more.limits);
        refusal.append(more.refusal);
        rules.add(refusal, &self.words());
    }

    /// The conditions with their places.
    fn conditions(&self, messages: &mut Messages) -> Vec<(Location, &Node)> {
        let Some(node) = self.members.get("conditions") else {
            return Vec::new();
        };
        let at = self.at.key("conditions", node);
        let list = messages.list(&at, node).iter().enumerate();
        list.map(|(index, node)| (at.index(index, node), node))
            .collect()
    }

    /// The limits of the counters that the rule counts or reads.
    fn limits(
        &self,
        messages: &mut Messages,
        bounds: &[Bound],
        counters: &mut Vec<String>,
    ) -> Limits {
        let words = self
            .on_deny()
            .unwrap_or_else(|| format!("Rate limit exceeded for {}", self.name()));
        let reader = Reader {
            counters: &self.head.counters,
            scope: self.scope(),
            words: &words,
        };
        let Some(node) = self.members.get("state") else {
            return reader.limits(messages, None, bounds);
        };
        let at = self.at.key("state", node);
        let Some(state) = limit::State::read(messages, &at, node) else {
            return Limits::default();
        };
        self.names_counter(messages, &state.counter, counters);
        reader.limits(messages, Some((&at, &state)), bounds)
    }

    fn deny(&self, messages: &mut Messages, rules: &mut ToolRules) {
        if self
            .members
            .get("conditions")
            .is_some_and(|node| !matches!(&node.value, Value::List(list) if list.is_empty()))
        {
            messages.cannot(&self.at, "a \"deny\" rule has no conditions");
        }
        if self.members.get("state").is_some() {
            messages.note(&self.at, "the counter of a \"deny\" rule counts nothing");
        }
        let words = self.words();
        if rules.is_empty() {
            rules.denied = Some(words);
        } else if rules.denied.is_none() {
            rules.add(Refusal::always(), &words);
        }
    }

    /// Unlike in any other rule, the conditions match the calls that the rule concerns.
    fn approval(&self, messages: &mut Messages, rules: &mut ToolRules) {
        if let Some(node) = self.members.get("state") {
            messages.cannot(
                &self.at.key("state", node),
                "the count of a rule that asks for approval is unknown",
            );
        }
        let conditions = self.conditions(messages).into_iter();
        let group = conditions.filter_map(|(at, node)| matching(messages, &at, node));
        let group: Vec<_> = group.collect();
        if self.head.approves {
            return self.ask(messages, rules, group);
        }
        let message = "nobody is named who approves, so the calls that need an approval are denied; name approvers with `--approvals-url` and `--approver`";
        messages.stricter(&self.at, message);
        let words = self.on_deny().unwrap_or_else(|| {
            "This call needs a human's approval, which is not available here. Do not retry.".into()
        });
        rules.add(Refusal::one(group), &words);
    }

    /// Lets a person approve the calls that a group matches.
    fn ask(&self, messages: &mut Messages, rules: &mut ToolRules, group: Vec<Json>) {
        if let Some(approval) = &mut rules.approval {
            approval.remove("conditions");
            let message = "another rule asks for an approval already: a person approves every call";
            return messages.note(&self.at, message);
        }
        let given = self.conditions(&mut Messages::default()).len();
        messages.note(
            &self.at,
            match group.len() {
                _ if given == 0 => "a person approves every call",
                own if own == given => {
                    "a person approves these calls, and those whose arguments have other types"
                }
                _ => {
                    "a person approves these calls, and others: not every condition can be imported"
                }
            },
        );
        let mut approval = Map::new();
        if !group.is_empty() {
            approval.insert("conditions".into(), group.into());
        }
        if let Some(message) = self.on_deny() {
            approval.insert("message".into(), message.into());
        }
        if let Some(node) = self.members.get("approval_timeout") {
            match node.text().filter(|text| is_ttl(text)) {
                Some(ttl) => drop(approval.insert("ttl".into(), ttl.into())),
                None => {
                    let message = "a person has 15 minutes: `ttl` is from \"30s\" to \"7d\"";
                    messages.note(&self.at.key("approval_timeout", node), message);
                }
            }
        }
        rules.approval = Some(approval);
    }

    /// Two counters of one name in one tool are an error in Intercept.
    fn names_counter(&self, messages: &mut Messages, counter: &str, counters: &mut Vec<String>) {
        if counters.iter().any(|other| other == counter) {
            messages.cannot(
                &self.at,
                &format!("another rule has the counter `{counter}` already"),
            );
        }
        counters.push(counter.into());
    }

    /// The scope of the rule's counters.
    fn scope(&self) -> &str {
        if self.tool == "*" {
            "_global"
        } else {
            self.tool
        }
    }

    fn name(&self) -> String {
        self.members.text("name").unwrap_or_default()
    }

    fn on_deny(&self) -> Option<String> {
        self.members.text("on_deny")
    }

    /// The message for the agent.
    fn words(&self) -> String {
        self.on_deny()
            .unwrap_or_else(|| format!("Denied by rule {:?}", self.name()))
    }
}

/// A condition on arguments, or one that reads a counter.
fn condition(messages: &mut Messages, at: &Location, node: &Node) -> Option<Meaning> {
    let members = messages.members(at, node, CONDITION);
    let path = condition::path(&members.text("path").unwrap_or_default());
    let op = members.text("op").unwrap_or_default();
    // A missing value is null.
    let null = Node::new(node.mark, node.end, Value::Null);
    let operand = members.get("value").unwrap_or(&null);
    match path {
        Ok(Path::Arguments(names)) => {
            let refusal = condition::translate(messages, at, &names, &op, operand);
            Some(Meaning::Refusal(refusal))
        }
        Ok(Path::State(path)) => {
            Bound::read(messages, at, path, &op, operand).map(Meaning::Counter)
        }
        Err(message) => {
            messages.cannot(at, &message);
            None
        }
    }
}

/// A condition of a rule that asks for approval.
fn matching(messages: &mut Messages, at: &Location, node: &Node) -> Option<Json> {
    let members = messages.members(at, node, CONDITION);
    let path = members.text("path").unwrap_or_default();
    let op = members.text("op").unwrap_or_default();
    condition::matching(&path, &op, members.get("value"))
}

/// Whether a duration is one that an approval may have.
fn is_ttl(text: &str) -> bool {
    const LONGEST: u64 = 604_800;
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let seconds = units.iter().find_map(|(unit, seconds)| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(*seconds)
    });
    seconds.is_some_and(|seconds| (30..=LONGEST).contains(&seconds))
}
