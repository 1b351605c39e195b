//! Turns Intercept's document into ours: its head, and tool by tool the rules.
//!
//! It decides nothing of what a condition or a counter means; `condition` and `limit` do.

use super::condition::{self, Path, Refusing};
use super::limit;
use super::report::{At, Members, Report};
use super::yaml::{Node, Value};
use serde_json::{Map, Value as Json, json};

const TOP: &[&str] = &[
    "version",
    "description",
    "default",
    "hide",
    "tools",
    "approvals",
];
const RULE: &[&str] = &[
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

/// What is said where the document's default reaches further than Intercept's.
pub(super) const DEFAULT_DENY: &str = "prompts, resources, unknown methods and what servers ask fall under the default too; Intercept lets them all pass. List what is needed under `prompts`, `resources` and `methods`";
const LISTS: &str = "lists show what may be called; Intercept's show everything that is not hidden, as `\"list\": \"all_but_hidden\"` does here";
pub(super) const COUNTS: &str = "a call that the server answers with a JSON-RPC error stays counted, unless the error says that it never ran; Intercept gives back every one";

/// The rules of one tool, or of all tools, as they grow.
#[derive(Default)]
struct Rules {
    /// The whole entry is denied, with these words.
    denied: Option<String>,
    require: Vec<Json>,
    deny_if: Vec<Json>,
    limits: Vec<Json>,
}

/// Our document; what it says is only worth as much as the report allows.
pub(super) fn translate(report: &mut Report, root: &Node) -> Json {
    let at = At::root(root);
    if !matches!(root.value, Value::Map(_)) {
        report.cannot(&at, "the document is no map");
    }
    let members = report.members(&at, root, TOP);
    version(report, &at, members);
    let mut policy = Map::new();
    policy.insert("version".into(), "1".into());
    if let Some(description) = members.text("description") {
        policy.insert("description".into(), description.into());
    }
    policy.insert("default".into(), default(report, &at, members).into());
    if let Some(node) = members.get("hide") {
        let names = hide(report, &at.key("hide", node), node);
        if !names.is_empty() {
            policy.insert("hide".into(), names.into());
        }
    }
    if let Some(node) = members.get("tools") {
        tools(report, &at.key("tools", node), node, &mut policy);
    }
    if let Some(node) = members.get("approvals") {
        let message = "there are no approvals in this build; what needs one is denied";
        report.note(&at.key("approvals", node), message);
    }
    policy.into()
}

fn version(report: &mut Report, at: &At, members: Members<'_>) {
    match members.get("version") {
        Some(node) if node.text().as_deref() == Some("1") => {}
        Some(node) => report.cannot(&at.key("version", node), "only version \"1\" is known"),
        None => report.cannot(at, "the key `version` is missing"),
    }
}

/// Intercept allows where nothing is said.
fn default(report: &mut Report, at: &At, members: Members<'_>) -> &'static str {
    let Some(node) = members.get("default") else {
        return "allow";
    };
    let at = at.key("default", node);
    match node.text().as_deref() {
        Some("allow" | "") => "allow",
        Some("deny") => {
            report.stricter(&at, DEFAULT_DENY);
            report.note(&at, LISTS);
            "deny"
        }
        _ => {
            report.cannot(&at, "`default` is \"allow\" or \"deny\"");
            "deny"
        }
    }
}

fn hide(report: &mut Report, at: &At, node: &Node) -> Vec<Json> {
    let mut names = Vec::new();
    for (index, node) in report.list(at, node).iter().enumerate() {
        let at = at.index(index, node);
        let name = node.text().unwrap_or_default();
        match name.strip_suffix('*') {
            Some("") => {}
            Some(prefix) if !prefix.contains('*') => {
                let message =
                    format!("`{name}` hides every tool whose name begins with `{prefix}`");
                report.stricter(&at, &message);
            }
            _ => exact(report, &at, &name),
        }
        if names.contains(&json!(name)) {
            report.cannot(&at, "each name once");
        }
        names.push(name.into());
    }
    names
}

/// A name that ours means literally, as Intercept does.
fn exact(report: &mut Report, at: &At, name: &str) {
    if name.contains('*') {
        report.cannot(
            at,
            "a `*` in a name stands for itself in Intercept, and for anything here",
        );
    }
    if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
        report.cannot(
            at,
            "a name is not empty and has no space around it or control characters",
        );
    }
}

fn tools(report: &mut Report, at: &At, node: &Node, policy: &mut Map<String, Json>) {
    let mut all = None;
    let mut entries = Map::new();
    let mut counts = false;
    for (name, node) in report.map(at, node) {
        let at = at.key(name, node);
        let rules = rules(report, &at, name, node);
        counts |= !rules.limits.is_empty();
        if name == "*" {
            all = Some(rules.for_all());
        } else {
            exact(report, &at, name);
            entries.insert(name.clone(), rules.entry());
        }
    }
    if counts {
        report.stricter(at, COUNTS);
    }
    if let Some(all) = all.filter(|all| !all.is_empty()) {
        policy.insert("all_tools".into(), all.into());
    }
    if !entries.is_empty() {
        policy.insert("tools".into(), entries.into());
    }
}

fn rules(report: &mut Report, at: &At, tool: &str, node: &Node) -> Rules {
    let members = report.members(at, node, &["rules"]);
    let mut rules = Rules::default();
    let mut counters = Vec::new();
    if let Some(node) = members.get("rules") {
        let at = at.key("rules", node);
        for (index, node) in report.list(&at, node).iter().enumerate() {
            let at = at.index(index, node);
            let members = report.members(&at, node, RULE);
            Rule { at, tool, members }.add(report, &mut rules, &mut counters);
        }
    }
    rules
}

/// What a condition becomes.
enum Read {
    Refusing(Refusing),
    /// A bound on a counter.
    Counter(limit::Bound),
}

impl Rules {
    fn is_empty(&self) -> bool {
        self.require.is_empty() && self.deny_if.is_empty() && self.limits.is_empty()
    }

    fn add(&mut self, refusing: Refusing, words: &str) {
        let group = |conditions: Vec<Json>| json!({ "conditions": conditions, "on_deny": words });
        if !refusing.require.is_empty() {
            self.require.push(group(refusing.require));
        }
        self.deny_if.extend(refusing.deny_if.into_iter().map(group));
    }

    /// As the entry of one tool.
    fn entry(self) -> Json {
        match self.denied {
            Some(words) => json!({ "action": "deny", "reason": words }),
            None => self.lists().into(),
        }
    }

    /// As the rules of all tools, which have no action.
    fn for_all(mut self) -> Map<String, Json> {
        if let Some(words) = self.denied.take() {
            self.deny_if.clear();
            self.add(Refusing::always(), &words);
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
        full.map(|(key, list)| (key.into(), list.into())).collect()
    }
}

struct Rule<'a> {
    at: At,
    tool: &'a str,
    members: Members<'a>,
}

impl Rule<'_> {
    fn add(&self, report: &mut Report, rules: &mut Rules, counters: &mut Vec<String>) {
        if let Some(node) = self.members.get("spend") {
            let message = "prices that servers ask for are not read in this build; write a limit with a `cost`";
            report.cannot(&self.at.key("spend", node), message);
        }
        let action = self.members.text("action");
        if self.members.get("rate_limit").is_some() {
            return self.rate_limit(report, rules, counters, action.as_deref());
        }
        match action.as_deref() {
            None | Some("evaluate") => self.evaluate(report, rules, counters),
            Some("deny") => self.deny(report, rules),
            Some("require_approval") => self.approval(report, rules),
            Some(_) => report.cannot(
                &self.at,
                "`action` is \"evaluate\", \"deny\" or \"require_approval\"",
            ),
        }
    }

    fn rate_limit(
        &self,
        report: &mut Report,
        rules: &mut Rules,
        counters: &mut Vec<String>,
        action: Option<&str>,
    ) {
        let beside = ["conditions", "state"]
            .iter()
            .any(|key| self.members.get(key).is_some());
        if beside || !matches!(action, None | Some("evaluate")) {
            report.cannot(&self.at, "`rate_limit` stands in a rule of its own");
            return;
        }
        let Some((max, window)) = self
            .members
            .text("rate_limit")
            .and_then(|text| limit::rate(&text))
        else {
            report.cannot(
                &self.at,
                "`rate_limit` is a number above 0, and a minute, an hour or a day: \"5/hour\"",
            );
            return;
        };
        let counter = format!("_rate_{window}");
        self.names_counter(report, &counter, counters);
        let words = format!("Rate limit of {max} per {window} reached. Try again later.");
        let words = self.members.text("on_deny").unwrap_or(words);
        rules.limits.push(limit::limit(
            &self.counter(&counter),
            &window,
            max,
            None,
            &words,
        ));
    }

    fn evaluate(&self, report: &mut Report, rules: &mut Rules, counters: &mut Vec<String>) {
        let list = self
            .members
            .get("conditions")
            .map(|node| (self.at.key("conditions", node), node));
        let conditions = list
            .as_ref()
            .map_or(&[][..], |(at, node)| report.list(at, node));
        if conditions.is_empty() {
            report.cannot(&self.at, "an \"evaluate\" rule has at least one condition");
        }
        let mut refusing = Refusing::default();
        let mut own = Vec::new();
        for (index, node) in conditions.iter().enumerate() {
            let at = list
                .as_ref()
                .map_or_else(|| self.at.clone(), |(at, _)| at.index(index, node));
            match self.condition(report, &at, node) {
                Some(Read::Refusing(more)) => refusing.append(more),
                Some(Read::Counter(read)) => own.push(read),
                None => {}
            }
        }
        let words = self.words();
        if let Some(node) = self.members.get("state") {
            let at = self.at.key("state", node);
            let state = limit::State::read(report, &at, node);
            if let Some(state) = state {
                self.names_counter(report, &state.counter, counters);
                let counter = self.counter(&state.counter);
                let words = self
                    .on_deny()
                    .unwrap_or_else(|| format!("Rate limit exceeded for {}", self.name()));
                let (limit, more) = limit::of(report, &at, &state, &counter, &own, &words);
                rules.limits.extend(limit);
                refusing.append(more);
            }
        } else if let Some(read) = own.first() {
            report.cannot(&read.at, limit::ELSEWHERE);
        }
        rules.add(refusing, &words);
    }

    /// A condition on arguments, or one that reads a counter.
    fn condition(&self, report: &mut Report, at: &At, node: &Node) -> Option<Read> {
        let members = report.members(at, node, CONDITION);
        let path = condition::path(&members.text("path").unwrap_or_default());
        let op = members.text("op").unwrap_or_default();
        // Where no value is written, it is null.
        let null = Node {
            mark: node.mark,
            value: Value::Null,
        };
        let operand = members.get("value").unwrap_or(&null);
        match path {
            Ok(Path::Arguments(names)) => Some(Read::Refusing(condition::translate(
                report, at, &names, &op, operand,
            ))),
            Ok(Path::State(path)) => {
                limit::Bound::read(report, at, path, &op, operand).map(Read::Counter)
            }
            Err(message) => {
                report.cannot(at, &message);
                None
            }
        }
    }

    fn deny(&self, report: &mut Report, rules: &mut Rules) {
        if self
            .members
            .get("conditions")
            .is_some_and(|node| !matches!(&node.value, Value::List(list) if list.is_empty()))
        {
            report.cannot(&self.at, "a \"deny\" rule has no conditions");
        }
        if self.members.get("state").is_some() {
            report.note(&self.at, "the counter of a \"deny\" rule counts nothing");
        }
        let words = self.words();
        if rules.is_empty() {
            rules.denied = Some(words);
        } else if rules.denied.is_none() {
            rules.add(Refusing::always(), &words);
        }
    }

    /// Here, unlike everywhere else, a rule concerns the calls that its conditions match.
    fn approval(&self, report: &mut Report, rules: &mut Rules) {
        let message = "there are no approvals in this build; the calls that need one are denied";
        report.stricter(&self.at, message);
        if let Some(node) = self.members.get("state") {
            report.cannot(
                &self.at.key("state", node),
                "what a rule counts that asks for approval is not known",
            );
        }
        let list = self.members.get("conditions");
        let list = list.map(|node| (self.at.key("conditions", node), node));
        let conditions = list
            .as_ref()
            .map_or(&[][..], |(at, node)| report.list(at, node));
        let mut group = Vec::new();
        for (index, node) in conditions.iter().enumerate() {
            let at = list
                .as_ref()
                .map_or_else(|| self.at.clone(), |(at, _)| at.index(index, node));
            let members = report.members(&at, node, CONDITION);
            let (path, op) = (members.text("path"), members.text("op"));
            let operand = members.get("value");
            group.extend(condition::matching(
                &path.unwrap_or_default(),
                &op.unwrap_or_default(),
                operand,
            ));
        }
        let words = self.members.text("on_deny");
        let words = words.unwrap_or_else(|| {
            "This needs a person's approval, which cannot be asked for here.".into()
        });
        rules.add(Refusing::one(group), &words);
    }

    /// Two counters of one name in one tool are an error in Intercept.
    fn names_counter(&self, report: &mut Report, counter: &str, counters: &mut Vec<String>) {
        if counters.iter().any(|other| other == counter) {
            report.cannot(
                &self.at,
                &format!("the counter `{counter}` is another rule's already"),
            );
        }
        counters.push(counter.into());
    }

    /// The name of a counter in the whole document, and in Intercept's store.
    fn counter(&self, counter: &str) -> String {
        let scope = if self.tool == "*" {
            "_global"
        } else {
            self.tool
        };
        format!("{scope}.{counter}")
    }

    fn name(&self) -> String {
        self.members.text("name").unwrap_or_default()
    }

    fn on_deny(&self) -> Option<String> {
        self.members.text("on_deny")
    }

    /// What the agent is told.
    fn words(&self) -> String {
        self.on_deny()
            .unwrap_or_else(|| format!("Denied by rule {:?}", self.name()))
    }
}
