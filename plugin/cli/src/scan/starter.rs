//! Turns a report into a policy to begin with: everything that was listed, as strict as its class and its signals ask for.
//!
//! It never allows what it could not bound: where a bound is the operator's to name, the call is refused until it is named.

use super::advertised::Advertised;
use super::cases::{Check, Step, case, steps};
use super::class::Class;
use super::clean;
use super::leads::{Leads, PATHS, URLS};
use super::report::{Finding, Report};
use super::schema::{self, Parameter, Texts};
use super::signals::{self, Kind};
use super::takes;
use crate::screen::Trouble;
use mcp_policy::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What only the operator knows.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Directories below which paths may lead.
    pub(crate) roots: Vec<String>,
    /// Hosts to which URLs may lead.
    pub(crate) hosts: Vec<String>,
}

/// Both files and what to tell the operator.
#[derive(Debug)]
pub(crate) struct Starter {
    pub(crate) policy: String,
    steps: Vec<Step>,
    pub(crate) notes: Vec<String>,
}

/// The policy as it is written, its keys in reading order.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    description: String,
    default: &'static str,
    tools: BTreeMap<&'a str, Entry>,
}

#[derive(Debug, Default, Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// As the server advertises it.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    require: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deny_if: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
}

#[derive(Debug, Serialize)]
struct RateLimit {
    max: u32,
    window: u32,
    /// A client opens as many sessions as it likes.
    scope: &'static str,
}

#[derive(Debug, Serialize)]
struct Group {
    conditions: [Condition; 1],
    on_deny: String,
}

#[derive(Debug, Serialize)]
struct Condition {
    path: String,
    op: &'static str,
    value: Value,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    if_present: bool,
}

const WRITES: u32 = 30;
const EXECUTES: u32 = 10;
/// The longest command, code or SQL: enough for a person's, too short for a smuggled program.
const LONGEST_TEXT: usize = 4_000;

impl Starter {
    /// # Errors
    /// What is wrong with a root or a host.
    pub(crate) fn new(report: &Report, options: &Options) -> Result<Self, Trouble> {
        let mut notes = Notes::default();
        let mut tools = BTreeMap::new();
        let mut checks = Vec::new();
        for finding in &report.findings {
            let name = finding.tool.name.as_str();
            let mut draft = Draft::new(finding, options, &mut notes);
            draft.write();
            checks.push(draft.check);
            tools.insert(name, draft.entry);
        }
        for (name, reason) in &report.left_out {
            notes.add(
                &format!("left out, because {reason}"),
                clean::quoted(name, 80),
            );
        }
        let document = Document {
            version: "1",
            description: format!(
                "A policy to begin with, for the tools of {}.",
                report.source
            ),
            default: "deny",
            tools,
        };
        let policy = layout(&document)?;
        let errors = Policy::parse(policy.as_bytes()).err().unwrap_or_default();
        if !errors.is_empty() {
            let lines: Vec<_> = errors.iter().take(3).map(ToString::to_string).collect();
            return Err(Trouble(format!(
                "there is no policy with these options:\n{}",
                lines.join("\n")
            )));
        }
        Ok(Self {
            policy,
            steps: steps(&checks),
            notes: notes.lines(),
        })
    }

    /// The case that tests the policy, once that is in a file of this name beside it.
    ///
    /// # Errors
    /// None that is known of: all of it can be written as JSON.
    pub(crate) fn case(&self, policy_file: &str) -> Result<String, Trouble> {
        case(policy_file, &self.steps)
    }
}

/// The text of a file, as people write it.
pub(crate) fn layout(file: &impl Serialize) -> Result<String, Trouble> {
    let value = serde_json::to_value(file).map_err(|error| Trouble(error.to_string()))?;
    Ok(crate::layout::document(&value))
}

/// What to tell the operator, the same thing once for all tools.
#[derive(Default)]
struct Notes(BTreeMap<String, Vec<String>>);

impl Notes {
    fn add(&mut self, what: &str, tool: String) {
        let tools = self.0.entry(what.into()).or_default();
        if !tools.contains(&tool) {
            tools.push(tool);
        }
    }

    fn lines(&self) -> Vec<String> {
        const MOST: usize = 12;
        let lines = self.0.iter().map(|(what, tools)| {
            let shown: Vec<&str> = tools.iter().take(MOST).map(String::as_str).collect();
            match tools.len().saturating_sub(MOST) {
                0 => format!("{what}: {}", shown.join(", ")),
                more => format!("{what}: {} and {more} more", shown.join(", ")),
            }
        });
        lines.collect()
    }
}

/// An entry while it is written, with what its cases will have to show.
struct Draft<'a> {
    finding: &'a Finding,
    options: &'a Options,
    notes: &'a mut Notes,
    entry: Entry,
    check: Check,
}

impl<'a> Draft<'a> {
    fn new(finding: &'a Finding, options: &'a Options, notes: &'a mut Notes) -> Self {
        Self {
            finding,
            options,
            notes,
            entry: Entry::default(),
            check: Check::new(&finding.tool.name),
        }
    }

    fn write(&mut self) {
        if let Some(reason) = self.never() {
            self.deny(reason);
            return;
        }
        self.limit(match self.finding.class {
            Class::Write => Some(WRITES),
            Class::Execute => Some(EXECUTES),
            Class::Read | Class::Destructive | Class::Financial => None,
        });
        let parameters = schema::parameters(&self.finding.tool);
        let about = signals::about(&self.finding.tool);
        for parameter in &parameters {
            for (kind, _) in takes::kinds(parameter, &parameters, &about) {
                self.bound(parameter, kind);
            }
        }
        if self.check.denied.is_none() {
            self.hold();
        }
    }

    /// Holds arguments against what the server advertises.
    fn hold(&mut self) {
        let tool = clean::line(&self.finding.tool.name, 80);
        match Advertised::new(&self.finding.tool.input_schema) {
            Ok(None) => {}
            Ok(Some(advertised)) => {
                if !self.check.meet(&advertised) {
                    self.notes
                        .add("not in the cases, for no arguments could be guessed", tool);
                }
                self.entry.schema = Some(advertised.schema);
            }
            Err(problem) => {
                let problem = clean::line(&problem, 200);
                self.notes
                    .add(&format!("its schema is not enforced ({problem})"), tool);
            }
        }
    }

    /// Why no agent may call it, whatever the arguments.
    fn never(&mut self) -> Option<&'static str> {
        let name = clean::line(&self.finding.tool.name, 80);
        let kinds = |kind| {
            self.finding
                .signals
                .iter()
                .any(|signal| signal.kind == kind)
        };
        let (note, reason) = match self.finding.class {
            _ if kinds(Kind::Poisoned) => (
                "denied until a person has read its description",
                "A person has to read this tool's description before it may be called.",
            ),
            _ if kinds(Kind::LookAlike) => (
                "denied until a person has looked at its name",
                "A person has to look at this tool's name before it may be called.",
            ),
            Class::Read | Class::Write | Class::Execute if kinds(Kind::Secrets) => (
                "denied because what it gives may hold secrets",
                "What this gives may hold secrets. It needs a person's approval.",
            ),
            Class::Destructive => (
                "denied because it is destructive",
                "This may delete or end something for good. Ask a person to do it.",
            ),
            Class::Financial => (
                "denied because it is about money",
                "This moves money or changes what somebody owes. It needs a person's approval.",
            ),
            Class::Read | Class::Write | Class::Execute => return None,
        };
        self.notes.add(note, name);
        Some(reason)
    }

    fn deny(&mut self, reason: &str) {
        let entry = Entry {
            action: Some("deny"),
            reason: Some(reason.into()),
            ..Entry::default()
        };
        self.entry = entry;
        self.check.denied = Some(reason.into());
    }

    fn limit(&mut self, max: Option<u32>) {
        self.entry.rate_limit = max.map(|max| RateLimit {
            max,
            window: 60,
            scope: "grant",
        });
        self.check.limit = max;
    }

    /// What a policy can do about a parameter.
    fn bound(&mut self, parameter: &Parameter, kind: Kind) {
        if self.check.denied.is_some() {
            return;
        }
        match kind {
            Kind::Path => self.lead(parameter, &PATHS, &self.options.roots),
            Kind::Url => self.lead(parameter, &URLS, &self.options.hosts),
            Kind::Command | Kind::Code | Kind::Sql => self.shorten(parameter),
            _ => {}
        }
    }

    /// A path or a URL leads to where the operator says, or nowhere.
    fn lead(&mut self, parameter: &Parameter, leads: &Leads, places: &[String]) {
        let tool = clean::line(&self.finding.tool.name, 80);
        let note = format!("{tool} ({})", clean::line(&parameter.path, 80));
        // `within` judges a list by itself.
        let lists = parameter.texts == Texts::Many && !leads.judges_lists;
        let unclear = parameter.texts == Texts::Either && !leads.judges_lists;
        let condition = parameter.condition.as_ref().filter(|_| !unclear);
        let Some(condition) = condition else {
            self.notes
                .add("denied because no condition can judge an argument", note);
            self.deny("No rule can judge an argument of this tool. Use another way or ask.");
            return;
        };
        let path = if lists {
            format!("{condition}[*]")
        } else {
            condition.clone()
        };
        let inner = condition.strip_prefix("args.").unwrap_or(condition);
        if places.is_empty() {
            self.notes.add(leads.missing, note);
            self.withhold(
                parameter,
                path,
                &format!(
                    "`{inner}` may not be given until the operator says {}.",
                    leads.where_to
                ),
            );
            return;
        }
        let on_deny = format!("`{inner}` must lead {}.", leads.inside);
        let example = places
            .first()
            .map(|place| (leads.example)(place))
            .unwrap_or_default();
        if parameter.required {
            self.check.give(&path, parameter.texts, &example);
        }
        if let Some(outside) = (leads.outside)(places) {
            self.check.refuse(
                &path,
                parameter.texts,
                outside,
                &on_deny,
                "require",
                self.entry.require.len(),
            );
        }
        self.entry.require.push(Group {
            conditions: [Condition {
                path,
                op: leads.op,
                value: json!(places),
                if_present: !parameter.required,
            }],
            on_deny,
        });
    }

    /// Refuses a call that has the argument, or every call of a tool that needs it.
    fn withhold(&mut self, parameter: &Parameter, path: String, reason: &str) {
        if parameter.required {
            self.deny(reason);
            return;
        }
        self.check.refuse(
            &path,
            parameter.texts,
            "/",
            reason,
            "deny_if",
            self.entry.deny_if.len(),
        );
        self.entry.deny_if.push(Group {
            conditions: [Condition {
                path,
                op: "exists",
                value: json!(true),
                if_present: false,
            }],
            on_deny: reason.into(),
        });
    }

    fn shorten(&mut self, parameter: &Parameter) {
        let Some(path) = parameter.condition.clone() else {
            self.deny("No rule can judge an argument of this tool. Use another way or ask.");
            return;
        };
        let inner = path.strip_prefix("args.").unwrap_or(&path);
        let on_deny = format!("`{inner}` is too long. Use at most {LONGEST_TEXT} characters.");
        if parameter.required {
            self.check.give(&path, parameter.texts, "x");
        }
        self.entry.require.push(Group {
            on_deny,
            conditions: [Condition {
                path,
                op: "length",
                value: json!({ "max": LONGEST_TEXT }),
                if_present: !parameter.required,
            }],
        });
    }
}
