//! Turns a tool into the signals to review before an agent may call it, each with its evidence.
//!
//! It never changes a class.

use super::class::Class;
use super::parameter::{self, Parameter};
use super::parameter_kind::kinds;
use super::prompt_injection;
use super::signal::{Kind, Signal};
use super::tool::Tool;
use serde_json::Value;

/// From this number of parameters on, a reviewer loses track of the possible calls.
const MANY: usize = 11;

/// The signals of one tool, but for those that depend on the tools beside it.
pub(super) fn signals(tool: &Tool, parameters: &[Parameter], class: Class) -> Vec<Signal> {
    let mut signals = prompt_injection::signals(tool, parameters);
    signals.extend(contradiction(tool, class));
    signals.extend(accepted(tool, parameters));
    signals.extend(many_parameters(tool));
    signals.extend(undeclared_parameters(tool));
    signals.sort_by_key(|signal| signal.kind);
    signals
}

/// Signals about the values that parameters accept.
fn accepted(tool: &Tool, parameters: &[Parameter]) -> Vec<Signal> {
    let about = about(tool);
    let signals = parameters.iter().flat_map(|parameter| {
        let kinds = kinds(parameter, parameters, &about).into_iter();
        kinds.map(|(kind, accepts)| Signal {
            kind,
            says: format!("Accepts {accepts} ({})", parameter.path),
        })
    });
    signals.collect()
}

fn many_parameters(tool: &Tool) -> Option<Signal> {
    let count = parameter::count(tool);
    (count >= MANY).then(|| Signal {
        kind: Kind::ManyParameters,
        says: format!("High parameter count ({count} properties)"),
    })
}

fn undeclared_parameters(tool: &Tool) -> Option<Signal> {
    let others = tool.input_schema.get("additionalProperties");
    (others == Some(&Value::Bool(true))).then(|| Signal {
        kind: Kind::FreeForm,
        says: "Accepts parameters that it does not declare".into(),
    })
}

/// Name, title and description in one text.
pub(crate) fn about(tool: &Tool) -> String {
    let texts = [
        Some(tool.name.as_str()),
        tool.title.as_deref(),
        tool.description.as_deref(),
    ];
    texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// An annotation that calls a harmful tool harmless.
fn contradiction(tool: &Tool, class: Class) -> Option<Signal> {
    let says = |says: String| Signal {
        kind: Kind::Contradiction,
        says,
    };
    let class_name = class.name();
    if tool.hint("readOnlyHint") == Some(true) && class != Class::Read {
        return Some(says(format!(
            "Claims to be read-only (readOnlyHint), but is {class_name}"
        )));
    }
    let harmless = tool.hint("destructiveHint") == Some(false);
    (harmless && class == Class::Destructive).then(|| {
        says(format!(
            "Claims to be non-destructive (destructiveHint), but is {class_name}"
        ))
    })
}
