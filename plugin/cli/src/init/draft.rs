//! Turns the report on one tool into its entry in a starter policy, and the checks of that entry.
//!
//! It never allows an unbounded path or URL: until the operator names the bound, the argument is refused.

use super::check::{Check, nest};
use super::confinement::{Confinement, PATHS, URLS};
use super::entry::{Condition, Entry, Group, RateLimit, RequireApproval};
use super::notes::Notes;
use super::options::Options;
use super::tool_schema::ToolSchema;
use crate::argument_path::without_root;
use crate::sanitize;
use crate::scan::parameter::{self, Parameter};
use crate::scan::signal::Kind;
use crate::scan::{Class, ToolReport, about, parameter_kind};
use serde_json::{Value, json};

/// Calls of a `Write` tool in a minute.
const WRITES: u32 = 30;
/// Calls of an `Execute` tool in a minute.
const EXECUTES: u32 = 10;
/// The longest command, code or SQL, in characters: enough for ordinary use, too short for a smuggled program.
const LONGEST_TEXT: usize = 4_000;

/// What callers and approvers read about a destructive call.
const DECIDED: &str = "This may delete or end something permanently, so a person decides.";

const NO_CONDITION: &str = "No rule can check an argument of this tool. Use another way or ask.";

/// An entry while it is written, with its checks.
struct Draft<'a> {
    report: &'a ToolReport,
    options: &'a Options,
    notes: &'a mut Notes,
    entry: Entry,
    check: Check,
}

/// The entry of one tool, with its checks.
pub(super) fn write(report: &ToolReport, options: &Options, notes: &mut Notes) -> (Entry, Check) {
    let mut draft = Draft {
        report,
        options,
        notes,
        entry: Entry::default(),
        check: Check::new(&report.tool.name, options.rules()),
    };
    draft.write();
    (draft.entry, draft.check)
}

impl Draft<'_> {
    fn write(&mut self) {
        if let Some((note, reason)) = denial(self.report, self.options.approve.is_some()) {
            self.notes.add(note, self.tool_name());
            self.deny(reason);
            return;
        }
        self.limit(match self.report.class {
            Class::Write => Some(WRITES),
            Class::Execute => Some(EXECUTES),
            Class::Read | Class::Destructive | Class::Financial => None,
        });
        if self.report.class == Class::Destructive {
            self.approve();
        }
        let tool = &self.report.tool;
        let (parameters, about) = (parameter::parameters(tool), about(tool));
        for parameter in &parameters {
            for (kind, _) in parameter_kind::kinds(parameter, &parameters, &about) {
                self.bound(parameter, kind);
            }
        }
        if !self.is_denied() {
            self.add_schema();
        }
    }

    fn is_denied(&self) -> bool {
        self.check.denied.is_some()
    }

    fn tool_name(&self) -> String {
        sanitize::line(&self.report.tool.name, 80)
    }

    /// Validates arguments against the schema that the server advertises.
    fn add_schema(&mut self) {
        let tool = self.tool_name();
        match ToolSchema::new(&self.report.tool.input_schema) {
            Ok(None) => {}
            Ok(Some(schema)) => {
                if !self.check.meet(&schema) {
                    let note = "not in the case, because no valid arguments were found";
                    self.notes.add(note, tool);
                }
                self.entry.schema = Some(schema.into_document());
            }
            Err(problem) => {
                let problem = sanitize::line(&problem, 200);
                let note = format!("its schema is not enforced ({problem})");
                self.notes.add(&note, tool);
            }
        }
    }

    fn deny(&mut self, reason: &str) {
        self.entry = Entry {
            action: Some("deny"),
            reason: Some(reason.into()),
            ..Entry::default()
        };
        self.check.denied = Some(reason.into());
    }

    /// Lets a person decide about each call.
    fn approve(&mut self) {
        self.notes
            .add("a person approves each call", self.tool_name());
        self.entry.require_approval = Some(RequireApproval { message: DECIDED });
        self.check.approval = Some(DECIDED);
    }

    fn limit(&mut self, max: Option<u32>) {
        self.entry.rate_limit = max.map(|max| RateLimit {
            max,
            window: 60,
            scope: "grant",
        });
        self.check.limit = max;
    }

    /// Adds the rule that bounds a parameter of this kind, if there is one.
    fn bound(&mut self, parameter: &Parameter, kind: Kind) {
        if self.is_denied() {
            return;
        }
        match kind {
            Kind::Path => self.confine(parameter, &PATHS, &self.options.roots),
            Kind::Url => self.confine(parameter, &URLS, &self.options.hosts),
            Kind::Command | Kind::Code | Kind::Sql => self.shorten(parameter),
            _ => {}
        }
    }

    /// Confines a path or a URL to the places that the operator named, or refuses it without such places.
    fn confine(&mut self, parameter: &Parameter, confinement: &Confinement, places: &[String]) {
        let note = format!(
            "{} ({})",
            self.tool_name(),
            sanitize::line(&parameter.path, 80)
        );
        let Some((name, path)) = confinement.argument(parameter) else {
            self.notes
                .add("denied because no condition can check an argument", note);
            self.deny(NO_CONDITION);
            return;
        };
        if places.is_empty() {
            self.notes.add(confinement.missing, note);
            let named = confinement.where_to;
            let reason = format!("`{name}` is refused until the operator configures {named}.");
            self.withhold(parameter, path, &reason);
            return;
        }
        let on_deny = format!("`{name}` must be {}.", confinement.inside);
        self.check_confinement(parameter, &path, &on_deny, confinement, places);
        self.require(parameter, path, confinement.op, json!(places), on_deny);
    }

    /// The next required group allows a place inside, and refuses one outside.
    fn check_confinement(
        &mut self,
        parameter: &Parameter,
        path: &str,
        on_deny: &str,
        confinement: &Confinement,
        places: &[String],
    ) {
        if parameter.required {
            let inside = places.first().map(|place| (confinement.example)(place));
            self.check
                .give(path, parameter.texts, &inside.unwrap_or_default());
        }
        if let Some(outside) = (confinement.outside)(places) {
            let arguments = nest(path, parameter.texts, outside);
            let rule = format!("require/{}", self.entry.require.len());
            self.check.refuse(arguments, on_deny, &rule);
        }
    }

    /// Refuses a call that has the argument, or every call of a tool that needs it.
    fn withhold(&mut self, parameter: &Parameter, path: String, reason: &str) {
        if parameter.required {
            self.deny(&format!("{reason} Ask a human."));
            return;
        }
        let reason = format!("{reason} Leave it out, or ask a human.");
        let arguments = nest(&path, parameter.texts, "/");
        let rule = format!("deny_if/{}", self.entry.deny_if.len());
        self.check.refuse(arguments, &reason, &rule);
        self.entry.deny_if.push(Group {
            conditions: [Condition {
                path,
                op: "exists",
                value: json!(true),
                if_present: false,
            }],
            on_deny: reason,
        });
    }

    /// Bounds the length of a text.
    fn shorten(&mut self, parameter: &Parameter) {
        let Some(path) = parameter.condition.clone() else {
            self.deny(NO_CONDITION);
            return;
        };
        if parameter.required {
            self.check.give(&path, parameter.texts, "x");
        }
        let name = without_root(&path);
        let on_deny = format!("`{name}` is too long. Use at most {LONGEST_TEXT} characters.");
        self.require(
            parameter,
            path,
            "length",
            json!({ "max": LONGEST_TEXT }),
            on_deny,
        );
    }

    fn require(
        &mut self,
        parameter: &Parameter,
        path: String,
        op: &'static str,
        value: Value,
        on_deny: String,
    ) {
        self.entry.require.push(Group {
            conditions: [Condition {
                path,
                op,
                value,
                if_present: !parameter.required,
            }],
            on_deny,
        });
    }
}

/// The reasons to deny a tool with any arguments: a note for the operator, and a sentence for the model. A destructive
/// tool is none where a person `approves` its calls.
fn denial(report: &ToolReport, approves: bool) -> Option<(&'static str, &'static str)> {
    let has = |kind| report.signals.iter().any(|signal| signal.kind == kind);
    Some(match report.class {
        _ if has(Kind::Poisoned) => (
            "denied until its description is reviewed",
            "A human must review this tool's description before it may be called.",
        ),
        _ if has(Kind::LookAlike) => (
            "denied until its name is reviewed",
            "A human must review this tool's name before it may be called.",
        ),
        Class::Destructive if !approves => (
            "denied because it is destructive",
            "This may delete or end something permanently. Ask a human to do it.",
        ),
        Class::Financial => (
            "denied because it moves money",
            "This moves money or changes a debt. A human must approve it.",
        ),
        _ if has(Kind::Secrets) => (
            "denied because its output may contain secrets",
            "This tool's output may contain secrets. A human must approve it.",
        ),
        Class::Read | Class::Write | Class::Execute | Class::Destructive => return None,
    })
}
