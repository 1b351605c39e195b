//! Turns the entries of a policy into the model: the rules of a tool, prompt, resource or method, by name.
//!
//! It knows the keys of an entry, not their effect; `decide` does.

use super::reader::{Keys, Location, Members, PolicyReader};
use super::words::MODES;
use crate::model::{self, Action, Clause, Entry, Names, Pin, Rules};
use crate::read::{Digest, MethodKind, confusable_method};
use crate::words::Rule;
use crate::words::json::Value;
use crate::words::pattern::Star;
use crate::words::text::is_invisible;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const ALL_TOOLS: Keys = Keys {
    supported: &["require", "deny_if", "require_approval", "limits", "result"],
    reserved: &[],
};

pub(crate) const TOOL: Keys = Keys {
    supported: &[
        "action",
        "reason",
        "schema",
        "on_deny",
        "pin",
        "reset",
        "result",
        "require",
        "deny_if",
        "require_approval",
        "limits",
        "rate_limit",
        "mode",
        "frozen",
    ],
    reserved: &[],
};

pub(crate) const ENTRY: Keys = Keys {
    supported: &[
        "action",
        "reason",
        "require",
        "deny_if",
        "require_approval",
        "limits",
        "rate_limit",
        "mode",
        "frozen",
    ],
    reserved: &["result"],
};

pub(crate) const METHOD: Keys = Keys {
    supported: &["action", "reason", "limits"],
    reserved: &[],
};

/// The keys of `methods` that stand for streams: a GET, and a request whose answer is a stream.
const STREAMS: [&str; 2] = ["GET", "subscriptions/listen"];

const WRITE_LIMITS_ALONE: &str = "`limits` alone: this key stands for streams";

const WRITE_CLIENTS: &str =
    "no `limits`: servers send this method, and only messages of clients are counted";

const WRITE_WITHOUT_OVER: &str =
    "limits without `over`: only calls of tools, prompts and resources are approved";

const WRITE_RESET: &str = "`reset` beside a `pin`, or in a limit";

const WRITE_DEFAULT: &str = "`default` for names that no entry lists";

/// A table of the document that holds entries by name.
#[derive(Clone, Copy)]
pub(super) struct Table {
    name: &'static str,
    /// The table of the calls that its rules apply to.
    calls: model::Table,
    keys: &'static Keys,
    actions: &'static [(&'static str, Action)],
    /// Its actions include `require_approval`.
    approves: bool,
    /// The text to write instead of the key `*`.
    everything: &'static str,
    /// The texts that a `*` in its keys stands for.
    star: Star,
}

impl Table {
    /// The key of the table in the document.
    pub(super) const fn name(self) -> &'static str {
        self.name
    }
}

pub(crate) const ACTIONS: &[(&str, Action)] = &[
    ("allow", Action::Allow),
    ("deny", Action::Deny),
    ("hide", Action::Hide),
];

/// The action that asks for a person's approval of each call.
pub(crate) const APPROVE: &str = "require_approval";

pub(super) const TOOLS: Table = Table {
    name: "tools",
    calls: model::Table::Tools,
    keys: &TOOL,
    actions: ACTIONS,
    approves: true,
    everything: "`default` for names that no entry lists and `all_tools` for rules on every tool",
    star: Star::Any,
};

pub(super) const PROMPTS: Table = Table {
    name: "prompts",
    calls: model::Table::Prompts,
    keys: &ENTRY,
    actions: ACTIONS,
    approves: true,
    everything: WRITE_DEFAULT,
    star: Star::Any,
};

pub(super) const RESOURCES: Table = Table {
    name: "resources",
    calls: model::Table::Resources,
    keys: &ENTRY,
    actions: ACTIONS,
    approves: true,
    everything: WRITE_DEFAULT,
    star: Star::Part,
};

const METHODS: Table = Table {
    name: "methods",
    calls: model::Table::Tools,
    keys: &METHOD,
    actions: &[("allow", Action::Allow), ("deny", Action::Deny)],
    approves: false,
    everything: WRITE_DEFAULT,
    star: Star::Any,
};

impl PolicyReader {
    pub(super) fn all_tools(&mut self, at: &Location<'_>, value: Value<'_>) -> Rules {
        let members = self.object(at, value, &ALL_TOOLS);
        let rule = self.rule("all_tools");
        self.table = model::Table::Tools;
        self.rules(at, &members, &rule)
    }

    pub(super) fn table(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        table: Table,
    ) -> Names<Entry> {
        let Some(value) = members.get(table.name) else {
            return Names::new([]);
        };
        let at = at.key(table.name);
        self.table = table.calls;
        let mut entries: Vec<(Box<str>, Entry)> = Vec::new();
        for (key, value) in self.map(&at, value) {
            let at = at.key(&key);
            if key == "*" {
                self.invalid_key(&at, "the key `*`".into(), table.everything);
            } else {
                self.name_key(&at, &key, table.star);
            }
            entries.push((key.as_ref().into(), self.entry(&at, &key, value, table)));
        }
        self.overlaps(&at, entries.iter().map(|(key, _)| &**key), table.star);
        Names::with(entries, table.star)
    }

    pub(super) fn methods(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
    ) -> BTreeMap<Box<str>, Entry> {
        let Some(value) = members.get(METHODS.name) else {
            return BTreeMap::new();
        };
        let at = at.key(METHODS.name);
        let mut entries = BTreeMap::new();
        for (key, value) in self.map(&at, value) {
            let at = at.key(&key);
            let is_stream = STREAMS.contains(&&*key);
            if !is_stream {
                self.method_name(&at, &key);
            }
            let entry = self.entry(&at, &key, value, METHODS);
            self.limits_of_method(&at, &key, value, &entry);
            entries.insert(key.as_ref().into(), entry);
        }
        entries
    }

    /// Validates that the gateway can count what the entry limits.
    fn limits_of_method(&mut self, at: &Location<'_>, key: &str, value: Value<'_>, entry: &Entry) {
        if STREAMS.contains(&key) {
            for key in ["action", "reason"] {
                if let Some(value) = value.get(key) {
                    self.misplaced(&at.key(key), value, WRITE_LIMITS_ALONE);
                }
            }
        }
        let Some(limits) = value.get("limits") else {
            return;
        };
        let by_server = matches!(
            MethodKind::of(key),
            Some(MethodKind::ServerRequest | MethodKind::ServerNotification)
        );
        if by_server {
            self.misplaced(&at.key("limits"), limits, WRITE_CLIENTS);
        }
        if entry.rules.limits.iter().any(|limit| limit.over.is_some()) {
            self.invalid(&at.key("limits"), limits, WRITE_WITHOUT_OVER);
        }
    }

    /// Rejects a method name that no message has, such as one with other capitals: its rule would have no effect.
    fn method_name(&mut self, at: &Location<'_>, key: &str) {
        let plain = |c: char| !is_invisible(c) && !c.is_whitespace() && c != '*';
        let meant = confusable_method(key).unwrap_or(key);
        let write: Cow<'_, str> = match MethodKind::of(meant) {
            Some(MethodKind::Governed(write)) => write.into(),
            Some(
                MethodKind::Lifecycle | MethodKind::ServerRequest | MethodKind::ServerNotification,
            ) if meant != key => format!("`{meant}`").into(),
            _ if !key.is_empty() && key.chars().all(plain) => return,
            _ => "the exact name of a method, such as `logging/setLevel`".into(),
        };
        self.invalid_key(at, format!("the method `{key}`"), &write);
    }

    fn entry(&mut self, at: &Location<'_>, key: &str, value: Value<'_>, table: Table) -> Entry {
        let members = self.object(at, value, table.keys);
        let action = members
            .get("action")
            .and_then(|value| self.action(&at.key("action"), value, table));
        let action = action.unwrap_or(Action::Allow);
        let reason = members
            .get("reason")
            .and_then(|value| self.string(&at.key("reason"), value));
        if let (Some(value), Action::Allow) = (members.get("reason"), action) {
            self.misplaced(
                &at.key("reason"),
                value,
                r#"a reason only beside "action": "deny" or "hide""#,
            );
        }
        let mode = members
            .get("mode")
            .and_then(|value| self.word(&at.key("mode"), value, MODES));
        let frozen = self.frozen(at, &members);
        let schema = members
            .get("schema")
            .and_then(|value| self.schema(&at.key("schema"), value));
        let schema_on_deny = match table.name == TOOLS.name {
            true => self.schema_on_deny(at, &members),
            false => None,
        };
        let pin = members
            .get("pin")
            .and_then(|value| self.pin(&at.key("pin"), key, value));
        let reset = self.reset_of_pin(at, &members);
        let rule = self.rule(table.name).key(key);
        let mut rules = self.rules(at, &members, &rule);
        if rules.approval.is_none()
            && let Some(value) = members.get("action").filter(|value| is_approval(*value))
            && table.approves
        {
            let rule = rule.clone().member("action");
            let asked = self.approval_rule(&at.key("action"), value, rule);
            rules.approval = asked.map(Arc::new);
        }
        Entry {
            rule,
            action,
            reason: reason.map(Into::into),
            mode,
            frozen,
            schema,
            schema_on_deny,
            pin,
            reset,
            rules,
        }
    }

    fn reset_of_pin(&mut self, at: &Location<'_>, members: &Members<'_>) -> Option<Box<str>> {
        let reset = self.text(at, members, "reset")?;
        if members.get("pin").is_none() {
            let value = members.get("reset")?;
            self.misplaced(&at.key("reset"), value, WRITE_RESET);
        }
        Some(reset)
    }

    /// The message of a refusal by the `schema` beside it.
    fn schema_on_deny(&mut self, at: &Location<'_>, members: &Members<'_>) -> Option<Box<str>> {
        let value = members.get("on_deny")?;
        let at = at.key("on_deny");
        if members.get("schema").is_none() {
            let write = "`on_deny` beside a `schema`, or in a group of `require` or `deny_if`";
            self.misplaced(&at, value, write);
        }
        self.string(&at, value).map(Into::into)
    }

    fn rules(&mut self, at: &Location<'_>, members: &Members<'_>, rule: &Rule) -> Rules {
        let mut groups = |key: &'static str, clause| {
            let rule = rule.clone().member(key);
            let groups = members.get(key);
            groups.map(|value| self.groups(&at.key(key), value, &rule, clause))
        };
        let require = groups("require", Clause::Require);
        let deny_if = groups("deny_if", Clause::DenyIf);
        let approval = members.get("require_approval").and_then(|value| {
            let rule = rule.clone().member("require_approval");
            self.require_approval(&at.key("require_approval"), value, rule)
        });
        let limits = members
            .get("limits")
            .map(|value| self.limits(&at.key("limits"), value, &rule.clone().member("limits")));
        let rate_limit = members.get("rate_limit").and_then(|value| {
            let rule = rule.clone().member("rate_limit");
            self.rate_limit(&at.key("rate_limit"), value, rule)
        });
        let limits = limits.unwrap_or_default().into_iter().chain(rate_limit);
        let result = members
            .get("result")
            .map(|value| Arc::new(self.result(&at.key("result"), value, rule)));
        Rules {
            require: require.unwrap_or_default(),
            deny_if: deny_if.unwrap_or_default(),
            approval,
            limits: limits.collect(),
            result,
        }
    }

    fn action(&mut self, at: &Location<'_>, value: Value<'_>, table: Table) -> Option<Action> {
        match table.approves && is_approval(value) {
            true => Some(Action::Allow),
            false => self.word(at, value, table.actions),
        }
    }
}

/// True for the action that asks for a person's approval of each call.
fn is_approval(value: Value<'_>) -> bool {
    value.string().as_deref() == Some(APPROVE)
}

const WRITE_PIN: &str =
    r#""sha256:" and 64 hexadecimal digits, as `mcp-policy pin` writes it, or "first_use""#;

impl PolicyReader {
    pub(super) fn pin(&mut self, at: &Location<'_>, key: &str, value: Value<'_>) -> Option<Pin> {
        let text = value.string();
        let pin = match text.as_deref() {
            Some("first_use") => Some(Pin::FirstUse),
            Some(text) => Digest::parse(text).map(Pin::Digest),
            None => None,
        };
        if pin.is_none() {
            self.invalid(at, value, WRITE_PIN);
        }
        if key.contains('*') {
            let found = format!("a pin on the pattern `{key}`");
            let write = "an entry for each tool: a pin belongs to one definition";
            self.invalid_key(at, found, write);
        }
        pin
    }
}
