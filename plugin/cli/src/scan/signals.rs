//! Turns a tool into the signals that a person should know before an agent may call it, each with what it saw.
//!
//! A signal changes no class. What `classify` needs of a parameter is asked here, so that both see the same.

use super::class::Class;
use super::poison;
use super::schema::{self, Parameter};
use super::takes::kinds;
use super::tool::Tool;
use serde::Serialize;

/// What a signal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The description is written for a model, or hides something.
    Poisoned,
    /// The name could be taken for another one.
    LookAlike,
    /// The server's annotations say something else than the class.
    Contradiction,
    /// What it gives may hold secrets.
    Secrets,
    Path,
    Url,
    Sql,
    Command,
    Code,
    Credentials,
    Environment,
    FreeForm,
    Recipient,
    ManyParameters,
    /// The description leads the model to other calls.
    Steering,
}

impl Kind {
    /// The tool is not what it seems.
    pub(crate) fn alarms(self) -> bool {
        matches!(self, Self::Poisoned | Self::LookAlike)
    }
}

/// One thing to know about a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Signal {
    pub(crate) kind: Kind,
    pub(crate) says: String,
}

/// From how many parameters on nobody oversees what a call can do.
const MANY: usize = 11;

/// The signals of one tool, but for those that depend on the tools beside it.
pub(crate) fn signals(tool: &Tool, parameters: &[Parameter], class: Class) -> Vec<Signal> {
    let about = about(tool);
    let mut signals = poison::signals(tool, parameters);
    signals.extend(contradiction(tool, class));
    for parameter in parameters {
        let kinds = kinds(parameter, parameters, &about);
        signals.extend(kinds.into_iter().map(|(kind, takes)| Signal {
            kind,
            says: format!("Accepts {takes} ({})", parameter.path),
        }));
    }
    let count = schema::count(tool);
    if count >= MANY {
        signals.push(Signal {
            kind: Kind::ManyParameters,
            says: format!("High parameter count ({count} properties)"),
        });
    }
    if tool.input_schema.get("additionalProperties") == Some(&serde_json::Value::Bool(true)) {
        signals.push(Signal {
            kind: Kind::FreeForm,
            says: "Accepts parameters that it does not declare".into(),
        });
    }
    signals.sort_by_key(|signal| signal.kind);
    signals
}

pub(crate) fn about(tool: &Tool) -> String {
    let texts = [
        Some(tool.name.as_str()),
        tool.title.as_deref(),
        tool.description.as_deref(),
    ];
    texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Where the server calls harmless what is not.
fn contradiction(tool: &Tool, class: Class) -> Option<Signal> {
    let says = |says: String| Signal {
        kind: Kind::Contradiction,
        says,
    };
    let class_name = class.name();
    if tool.hint("readOnlyHint") == Some(true) && class != Class::Read {
        return Some(says(format!(
            "Says that it only reads (readOnlyHint), yet is {class_name}"
        )));
    }
    let harmless = tool.hint("destructiveHint") == Some(false);
    (harmless && class == Class::Destructive).then(|| {
        says(format!(
            "Says that it destroys nothing (destructiveHint), yet is {class_name}"
        ))
    })
}
