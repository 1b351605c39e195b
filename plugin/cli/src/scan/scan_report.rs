//! Turns a list of tools into a report on each: class, severity, reasons, signals.
//!
//! It never formats: `format` does.

use super::class::Class;
use super::classify::classify;
use super::signal::Signal;
use super::signals::signals;
use super::tool::{Tool, ToolList};
use super::{confusable_names, parameter};
use crate::report::{CommandError, CommandResult};

/// The report on one tool.
#[derive(Debug)]
pub(crate) struct ToolReport {
    pub(crate) tool: Tool,
    pub(crate) class: Class,
    /// The reasons for the class.
    pub(crate) because: Vec<String>,
    pub(crate) signals: Vec<Signal>,
}

/// The report on a server.
#[derive(Debug)]
pub struct ScanReport {
    /// The origin of the list, as the operator wrote it.
    pub(crate) source: String,
    /// The worst first.
    pub(crate) tools: Vec<ToolReport>,
    /// Names that were left out, with the reason.
    pub(crate) left_out: Vec<(String, &'static str)>,
}

/// Reports on the tools of a server. `source` is the origin of the list, in the user's words.
///
/// # Errors
/// When the list is empty.
pub fn scan(source: &str, list: ToolList) -> CommandResult<ScanReport> {
    if list.tools.is_empty() && list.left_out.is_empty() {
        return Err(CommandError::about(source, "it lists no tools"));
    }
    Ok(ScanReport::new(source, list))
}

impl ScanReport {
    pub(super) fn new(source: &str, list: ToolList) -> Self {
        let mut confusable = confusable_names::signals(&list.tools);
        let tools = list.tools.iter().map(|tool| {
            let more = confusable.remove(tool.name.as_str());
            ToolReport::new(tool, more.unwrap_or_default())
        });
        let mut tools: Vec<_> = tools.collect();
        tools.sort_by(|one, other| {
            (other.class, &one.tool.name).cmp(&(one.class, &other.tool.name))
        });
        Self {
            source: source.into(),
            tools,
            left_out: list.left_out,
        }
    }

    /// How many tools each class has, the worst first; classes without any are left out.
    pub(crate) fn counts(&self) -> Vec<(Class, usize)> {
        let count = |class| self.tools.iter().filter(|one| one.class == class).count();
        let counts = Class::ALL
            .into_iter()
            .rev()
            .map(|class| (class, count(class)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Whether a description or a name is deceptive.
    pub(crate) fn alarms(&self) -> bool {
        let mut signals = self.tools.iter().flat_map(|tool| &tool.signals);
        signals.any(|signal| signal.kind.alarms())
    }

    /// `4 tools: 1 Destructive, 3 Read`.
    pub(crate) fn summary(&self) -> String {
        let counts = self.counts().into_iter();
        let counts: Vec<_> = counts
            .map(|(class, count)| format!("{count} {}", class.name()))
            .collect();
        let tools = match self.tools.len() {
            1 => "1 tool".to_owned(),
            count => format!("{count} tools"),
        };
        match counts.is_empty() {
            true => tools,
            false => format!("{tools}: {}", counts.join(", ")),
        }
    }
}

impl ToolReport {
    /// `more` are the signals that depend on the other tools of the server.
    fn new(tool: &Tool, more: Vec<Signal>) -> Self {
        let parameters = parameter::parameters(tool);
        let classified = classify(tool, &parameters);
        let mut signals = signals(tool, &parameters, classified.class);
        signals.extend(more);
        signals.sort_by_key(|signal| signal.kind);
        Self {
            tool: tool.clone(),
            class: classified.class,
            because: classified.because,
            signals,
        }
    }
}
