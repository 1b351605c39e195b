//! **decide**: turns a message, its caller and the policy into a refusal, or into what must be counted before it may go.
//!
//! It reads no clock and no counter. Not knowing is denying: there is no path through here that ends without a
//! verdict.

mod caller;
mod condition;
mod listing;
mod pin;
mod requester;
mod rule;
mod schema;
mod task;

pub(crate) use caller::{ANONYMOUS, Caller, grant_subject};
pub(crate) use listing::{Filters, Listing, Section};
pub(crate) use pin::{PinCheck, Pinned};
pub(crate) use requester::{Header, Requester, SESSION, Session, session};
pub(crate) use rule::Rule;
pub(crate) use task::{TaskCheck, task};

use crate::count::Millis;
use crate::explain::{Account, Said, Sight};
use crate::json::Value;
use crate::parse::schema::Schema;
use crate::parse::{
    Action, Condition, Effect, Entry, Group, Limit, Mode, Names, Part, Policy, Rules,
};
use crate::read::{Call, Message, Repeated, Role, Target, Unreadable, is_normal};
use crate::truth::Truth;
use condition::Scene;
pub(crate) use condition::{Reading, value_at};
use serde::Serialize;
use std::fmt;

/// Why a request was refused: the closed list that clients and logs see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No rule admits it; it is hidden, unlisted or does not exist.
    NotAllowed,
    /// A rule denies it by name.
    Denied,
    /// What the call carries does not meet a rule.
    Arguments,
    /// A limit is used up.
    RateLimited,
    /// A call that was made before rules this one out.
    Sequence,
    /// The tool is not, or not yet known to be, the one that was reviewed.
    Pinned,
    /// A kill switch is set.
    Frozen,
    /// The caller is not one whom the policy knows.
    Identity,
    /// The request is not exactly one MCP message.
    Unreadable,
    /// The gateway could not count, so it could not know.
    Unavailable,
}

/// A refusal: what the client and the log are told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    pub(crate) rule: Option<Rule>,
    pub(crate) message: String,
}

/// What the rules say before anything is counted.
#[derive(Debug)]
pub(crate) struct Verdict<'p> {
    /// The first refusal that is enforced.
    pub(crate) refusal: Option<Refusal>,
    /// What else is told of the rules, since the last turn where there is one.
    pub(crate) account: Account,
    /// What may refuse the call before all that, in its order.
    pub(crate) turns: Vec<Turn<'p>>,
    /// The limits that the call must fit, when nothing refused it.
    pub(crate) limits: Vec<(&'p Limit, Mode)>,
    /// The headers do not repeat the arguments as the tool's schema says. Then nothing else counts.
    pub(crate) contradiction: Option<Unreadable>,
}

/// The turn, among the rules, of some that only those can judge who remember.
#[derive(Debug)]
pub(crate) struct Turn<'p> {
    /// What is told of the rules before.
    pub(crate) before: Account,
    pub(crate) check: Check<'p>,
}

/// What must hold for the rules after it to matter.
#[derive(Debug)]
pub(crate) enum Check<'p> {
    /// No mark of a sequence stands against the call.
    Marks(Vec<(&'p Limit, Mode)>),
    /// The tool is the one that was reviewed.
    Pin(PinCheck),
    /// The tasks were issued to the caller.
    Tasks(TaskCheck),
}

/// Judges a message by every rule but the limits.
pub(crate) fn decide<'p>(
    policy: &'p Policy,
    requester: &Requester,
    message: &Message<'_>,
    now: Millis,
    explain: bool,
) -> Verdict<'p> {
    let caller = &requester.caller;
    let mut judge = Judge::new(policy, requester, now, explain);
    if let Some(refusal) = known(caller).err().or_else(|| frozen(policy, caller)) {
        judge.enforce(refusal);
    } else if let Message::Request { call, .. } | Message::Notification(call) = message {
        judge.call(call, matches!(message, Message::Request { .. }));
    }
    judge.verdict
}

/// Judges a request that carries no message: the stream of a GET and the end of a session.
pub(crate) fn decide_bodiless(policy: &Policy, caller: &Caller) -> Option<Refusal> {
    known(caller).err().or_else(|| frozen(policy, caller))
}

fn known(caller: &Caller) -> Result<(), Refusal> {
    let Caller::Stranger(stranger) = caller else {
        return Ok(());
    };
    Err(Refusal {
        reason: Reason::Identity,
        rule: Some(stranger.rule()),
        message: stranger.to_string(),
    })
}

fn frozen(policy: &Policy, caller: &Caller) -> Option<Refusal> {
    let (rule, what) = if policy.frozen {
        (Rule::new("frozen"), "Everything is")
    } else if let Caller::Grant {
        name, frozen: true, ..
    } = caller
    {
        (
            Rule::new("grants").key(name).member("frozen"),
            "Your access is",
        )
    } else {
        return None;
    };
    let message = format!(
        "{what} stopped by a person for now. Do not retry; ask the people who run this gateway."
    );
    Some(Refusal {
        reason: Reason::Frozen,
        rule: Some(rule),
        message,
    })
}

struct Judge<'p, 'r> {
    policy: &'p Policy,
    requester: &'r Requester,
    now: Millis,
    /// The mode of rules that stand in no entry.
    mode: Mode,
    verdict: Verdict<'p>,
}

/// What a model does best after a refusal that no waiting ends.
pub(crate) const ASK: &str = "Do not retry; use another way or ask.";

/// The tables of names that the document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Tools,
    Prompts,
    Resources,
}

impl<'p, 'r> Judge<'p, 'r> {
    fn new(policy: &'p Policy, requester: &'r Requester, now: Millis, explain: bool) -> Self {
        let mode = match requester.caller {
            Caller::Grant { mode, .. } => mode,
            _ => None,
        };
        let mut account = Account::new(explain);
        if let Caller::Grant { name, .. } = &requester.caller {
            account.looked(&Rule::new("grants").key(name));
        }
        Self {
            policy,
            requester,
            now,
            mode: mode.unwrap_or(policy.mode),
            verdict: Verdict {
                refusal: None,
                account,
                turns: Vec::new(),
                limits: Vec::new(),
                contradiction: None,
            },
        }
    }

    fn call(&mut self, call: &Call<'_>, request: bool) {
        match &call.target {
            // Part of strict reading, which no shadow softens.
            Target::Tool(_) if !request => self.refuse(
                Mode::Enforce,
                Reason::NotAllowed,
                None,
                "A tool call needs an id.",
            ),
            Target::Tool(name) => self.tool(call, name),
            Target::Prompt(name) => self.object(call, Table::Prompts, name, true),
            Target::Resource(uri) => self.object(call, Table::Resources, uri, is_normal(uri)),
            Target::Template(template) => self.object(call, Table::Resources, template, true),
            Target::Listen { uris, tasks } => {
                uris.iter()
                    .for_each(|uri| self.object(call, Table::Resources, uri, is_normal(uri)));
                if !tasks.is_empty() {
                    self.tasks(tasks.iter().map(AsRef::as_ref));
                }
            }
            Target::Task(id) => match (task::refused(&call.method), id) {
                (Some(refusal), _) => self.enforce_first(refusal),
                (None, None) => self.enforce_first(task::unknown()),
                (None, Some(id)) => self.tasks([id.as_ref()].into_iter()),
            },
            Target::Method => self.method(&call.method),
        }
    }

    fn tool(&mut self, call: &Call<'_>, name: &str) {
        let entry = self.policy.tools.find(name).map(|(entry, _)| entry);
        let hidden = self.policy.hide.find(name).map(|(position, _)| *position);
        if let Some(position) = hidden {
            self.not_allowed(
                self.mode,
                Table::Tools,
                name,
                Rule::new("hide").index(position),
            );
        }
        self.entry(Table::Tools, name, entry);
        if self.verdict.refusal.is_some() {
            // Nothing else matters, and the time that it took would tell that the name exists.
            return;
        }
        let marks = self.sequence(name);
        self.pin(entry);
        self.entry_rules(call, Table::Tools, name, entry);
        self.rules(call, Table::Tools, name, &self.policy.all_tools, self.mode);
        // A limit that is full is found before anything is marked: only a call that goes leaves a mark.
        self.verdict.limits.extend(marks);
    }

    /// Marks are kept where counts are, so here is only said which of them matter; and which are to be set, and to be
    /// looked at once more, when the call goes.
    fn sequence(&mut self, tool: &str) -> Vec<(&'p Limit, Mode)> {
        if self.verdict.refusal.is_some() {
            return Vec::new();
        }
        let mode = self.mode;
        let rules = self
            .policy
            .sequence
            .iter()
            .map(|rule| (rule, rule.part(tool)));
        let (mut checks, mut marks, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, part) in rules {
            checks.extend(part.checks.then_some((&rule.check, mode)));
            // Between the check and the admission another worker may have set a mark.
            let checks = part.checks && mode == Mode::Enforce;
            let limit = rule.limit(Part { checks, ..part });
            let list = if part.marks { &mut marks } else { &mut again };
            list.extend(limit.map(|limit| (limit, mode)));
        }
        // They are set before they are looked at: of two calls that rule each other out, at most one finds no mark.
        marks.extend(again);
        if !checks.is_empty() {
            self.turn(Check::Marks(checks));
        }
        marks
    }

    /// What was listed of a tool is remembered where counts are, so here is only said that it matters.
    fn pin(&mut self, entry: Option<&Entry>) {
        let pinned = entry.and_then(|entry| Pinned::new(entry, self.mode));
        if let (Some(pinned), None) = (pinned, &self.verdict.refusal) {
            let unseen = self.policy.pin_unseen;
            self.turn(Check::Pin(PinCheck { pinned, unseen }));
        }
    }

    fn turn(&mut self, check: Check<'p>) {
        let before = self.verdict.account.take();
        self.verdict.turns.push(Turn { before, check });
    }

    /// A prompt or resource: its entry, else the default. `normal` is false for a URI in no normal form, which only an
    /// entry of exactly that text admits.
    fn object(&mut self, call: &Call<'_>, table: Table, name: &str, normal: bool) {
        let found = table.entries(self.policy).find(name);
        // A hidden entry is answered as if it were not there.
        let listed = found.is_some_and(|(entry, exact)| exact && entry.action != Action::Hide);
        if !normal && !listed {
            let message = "The URI is not in its normal form (RFC 3986 section 6.2.2). Use it as resources/list shows it.";
            let mode = found.and_then(|(entry, _)| entry.mode).unwrap_or(self.mode);
            self.refuse(mode, Reason::NotAllowed, None, message);
        }
        let entry = found.map(|(entry, _)| entry);
        self.entry(table, name, entry);
        self.entry_rules(call, table, name, entry);
    }

    /// Whether the name may be called at all.
    fn entry(&mut self, table: Table, name: &str, entry: Option<&'p Entry>) {
        if self.verdict.refusal.is_some() {
            return;
        }
        let Some(entry) = entry else {
            self.look(&Rule::new("default"), Vec::new);
            if self.policy.default == Effect::Deny {
                self.not_allowed(self.mode, table, name, Rule::new("default"));
            }
            return;
        };
        let rule = Rule::new(table.section()).key(&entry.key);
        self.look(&rule, Vec::new);
        let mode = entry.mode.unwrap_or(self.mode);
        // Hiding comes before the kill switch, whose answer would tell that the name exists.
        if entry.action == Action::Hide {
            self.not_allowed(mode, table, name, rule.clone().member("action"));
            if self.verdict.refusal.is_some() {
                return;
            }
        }
        if entry.frozen {
            let message = format!(
                "The {} is stopped by a person for now. {ASK}",
                table.noun(name)
            );
            self.refuse(
                Mode::Enforce,
                Reason::Frozen,
                Some(rule.clone().member("frozen")),
                &message,
            );
        }
        if entry.action == Action::Deny {
            self.denied(mode, entry, rule, &table.noun(name));
        }
    }

    fn entry_rules(&mut self, call: &Call<'_>, table: Table, name: &str, entry: Option<&'p Entry>) {
        if let Some(entry) = entry {
            let mode = entry.mode.unwrap_or(self.mode);
            if let Some(schema) = &entry.schema {
                let rule = Rule::new(table.section()).key(&entry.key);
                self.schema(call, schema, rule.member("schema"), mode);
            }
            self.rules(call, table, name, &entry.rules, mode);
        }
    }

    /// The arguments must match the tool's schema; where there are none they are an empty object.
    fn schema(&mut self, call: &Call<'_>, schema: &Schema, rule: Rule, mode: Mode) {
        if self.verdict.refusal.is_some() {
            return;
        }
        self.verdict.contradiction = self.repeated(call, schema).err();
        let arguments = call.arguments.unwrap_or(Value::EMPTY_OBJECT);
        let truth = schema.holds(arguments);
        self.look(&rule, || vec![Sight::schema(arguments, truth)]);
        if truth == Truth::True {
            return;
        }
        let message = match schema.culprit(arguments) {
            Some((name, true)) => unaccepted(&name),
            Some((name, false)) => missing(&name),
            None => "These arguments are not accepted here. Change them, or ask.".into(),
        };
        self.refuse(mode, Reason::Arguments, Some(rule), &message);
    }

    /// Whoever may not call the tool never learns which headers it has.
    fn repeated(&self, call: &Call<'_>, schema: &Schema) -> Result<(), Unreadable> {
        schema.mirrors.iter().try_for_each(|mirror| {
            let repeated = Repeated {
                header: self.requester.header(&mirror.header).given(),
                argument: value_at(call.arguments, mirror.way.iter()),
            };
            repeated.check(&mirror.header, call)
        })
    }

    /// What a call that is allowed must still fit: first its conditions, and the limits when nothing refused it.
    fn rules(&mut self, call: &Call<'_>, table: Table, name: &str, rules: &'p Rules, mode: Mode) {
        let scene = Scene {
            table,
            name,
            call,
            requester: self.requester,
            now: self.now,
        };
        let require = rules.require.iter().map(|group| (group, Reading::Require));
        let deny_if = rules.deny_if.iter().map(|group| (group, Reading::DenyIf));
        for (group, reading) in require.chain(deny_if) {
            if self.verdict.refusal.is_some() {
                return;
            }
            self.look(&group.rule, || group.sights(&scene, reading));
            if group.refuses(&scene, reading) {
                let deciding = group.decides(&scene, reading);
                let needed = reading == Reading::Require;
                let message = unmet(call, needed, group, deciding, &table.noun(name));
                self.unmet(mode, group, deciding, &message);
            }
        }
        let limits = rules.limits.iter().map(|limit| (limit, mode));
        self.verdict.limits.extend(limits);
    }

    fn unmet(&mut self, mode: Mode, group: &Group, deciding: Option<&Condition>, message: &str) {
        let reason = match deciding.is_some_and(Condition::reads_arguments) {
            true => Reason::Arguments,
            false => Reason::Denied,
        };
        self.refuse(mode, reason, Some(group.rule.clone()), message);
    }

    fn method(&mut self, method: &str) {
        match self.policy.methods.get(method) {
            Some(entry) if entry.action == Action::Deny => {
                self.denied(
                    self.mode,
                    entry,
                    Rule::new("methods").key(method),
                    &format!("method `{}`", cut(method)),
                );
            }
            Some(_) => self.look(&Rule::new("methods").key(method), Vec::new),
            None if Role::of(method) == Some(Role::Housekeeping) => {}
            None if self.policy.default == Effect::Allow => {
                self.look(&Rule::new("default"), Vec::new);
            }
            None => {
                let message = format!("The method `{}` is not allowed here. {ASK}", cut(method));
                self.refuse(
                    self.mode,
                    Reason::NotAllowed,
                    Some(Rule::new("default")),
                    &message,
                );
            }
        }
    }

    /// Who was given which task is remembered where counts are, so here is only said that it matters. It does in every mode:
    /// a shadow of this rule would hand out the results of others.
    fn tasks<'i>(&mut self, ids: impl Iterator<Item = &'i str>) {
        if self.verdict.refusal.is_none() {
            let check = TaskCheck::new(&self.requester.caller, ids);
            self.turn(Check::Tasks(check));
        }
    }

    /// The same words for what is hidden, unlisted and nonexistent, so that nobody can tell them apart.
    fn not_allowed(&mut self, mode: Mode, table: Table, name: &str, rule: Rule) {
        let message = format!("The {} is not available here. {ASK}", table.noun(name));
        self.refuse(mode, Reason::NotAllowed, Some(rule), &message);
    }

    fn denied(&mut self, mode: Mode, entry: &Entry, rule: Rule, noun: &str) {
        let message = match &entry.reason {
            Some(reason) => reason.to_string(),
            None => {
                format!("The {noun} is denied by policy. {ASK}")
            }
        };
        self.refuse(mode, Reason::Denied, Some(rule.member("action")), &message);
    }

    /// The first enforced refusal is the answer; what a shadow would refuse is kept for the log.
    fn refuse(&mut self, mode: Mode, reason: Reason, rule: Option<Rule>, message: &str) {
        if self.verdict.refusal.is_some() {
            return;
        }
        let refusal = Refusal {
            reason,
            rule,
            message: message.into(),
        };
        match mode {
            Mode::Enforce => self.enforce(refusal),
            Mode::Shadow => {
                let account = &mut self.verdict.account;
                account.refused(refusal.rule.as_ref(), Said::WouldRefuse);
                account.shadowed.push(refusal);
            }
        }
    }

    fn enforce_first(&mut self, refusal: Refusal) {
        if self.verdict.refusal.is_none() {
            self.enforce(refusal);
        }
    }

    fn enforce(&mut self, refusal: Refusal) {
        let account = &mut self.verdict.account;
        account.refused(refusal.rule.as_ref(), Said::Refuses);
        self.verdict.refusal = Some(refusal);
    }

    /// After a refusal nothing is looked at any more.
    fn look(&mut self, rule: &Rule, conditions: impl FnOnce() -> Vec<Sight>) {
        if self.verdict.refusal.is_none() {
            self.verdict.account.looked_into(rule, conditions);
        }
    }
}

impl Table {
    fn entries(self, policy: &Policy) -> &Names<Entry> {
        match self {
            Self::Tools => &policy.tools,
            Self::Prompts => &policy.prompts,
            Self::Resources => &policy.resources,
        }
    }

    fn section(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
        }
    }

    fn noun(self, name: &str) -> String {
        let kind = match self {
            Self::Tools => "tool",
            Self::Prompts => "prompt",
            Self::Resources => "resource",
        };
        format!("{kind} `{}`", cut(name))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAllowed => "not_allowed",
            Self::Denied => "denied",
            Self::Arguments => "arguments",
            Self::RateLimited => "rate_limited",
            Self::Sequence => "sequence",
            Self::Pinned => "pinned",
            Self::Frozen => "frozen",
            Self::Identity => "identity",
            Self::Unreadable => "unreadable",
            Self::Unavailable => "unavailable",
        })
    }
}

/// What a client is told of a group that refuses its call; with `needed`, what it looks at must be there.
fn unmet(
    call: &Call<'_>,
    needed: bool,
    group: &Group,
    deciding: Option<&Condition>,
    noun: &str,
) -> String {
    let is_there = |own: Value<'_>, name: &str| own.get(name).is_some();
    let given = |name: &str| !needed || call.arguments.is_some_and(|own| is_there(own, name));
    match (&group.on_deny, deciding.and_then(Condition::argument)) {
        (Some(message), _) => message.to_string(),
        (None, Some(name)) if given(name) => unaccepted(name),
        (None, Some(name)) => missing(name),
        (None, None) if deciding.is_some_and(Condition::reads_arguments) => {
            "These arguments are not accepted here. Change them, or ask.".into()
        }
        (None, None) => format!("The {noun} is denied by policy. {ASK}"),
    }
}

fn unaccepted(argument: &str) -> String {
    let argument = cut(argument);
    format!("The argument `{argument}` is not accepted here. Change it, or ask.")
}

fn missing(argument: &str) -> String {
    format!("The argument `{}` is missing.", cut(argument))
}

/// A name from the client, cut to a length that fits a sentence.
fn cut(name: &str) -> String {
    name.chars().take(128).collect()
}
