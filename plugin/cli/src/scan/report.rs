//! Turns a list of tools into what is reported of each: class, severity, reasons, signals.
//!
//! It formats nothing; the modules below it do.

mod html;
mod json;
mod markdown;
mod terminal;

use super::class::Class;
use super::classify::classify;
use super::signals::{Signal, signals};
use super::tool::{Listed, Tool};
use super::{alike, schema};

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use markdown::markdown;
pub(crate) use terminal::terminal;

/// What was found out about one tool.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) tool: Tool,
    pub(crate) class: Class,
    pub(crate) because: Vec<String>,
    pub(crate) signals: Vec<Signal>,
}

/// What was found out about a server.
#[derive(Debug)]
pub(crate) struct Report {
    /// Where the list is from, as the operator wrote it.
    pub(crate) source: String,
    /// The worst first.
    pub(crate) findings: Vec<Finding>,
    pub(crate) left_out: Vec<(String, &'static str)>,
}

impl Report {
    pub(crate) fn new(source: String, listed: Listed) -> Self {
        let mut among = alike::signals(&listed.tools);
        let findings = listed.tools.iter().map(|tool| {
            let parameters = schema::parameters(tool);
            let classified = classify(tool, &parameters);
            let mut signals = signals(tool, &parameters, classified.class);
            signals.extend(among.remove(tool.name.as_str()).unwrap_or_default());
            signals.sort_by_key(|signal| signal.kind);
            Finding {
                tool: tool.clone(),
                class: classified.class,
                because: classified.because,
                signals,
            }
        });
        let mut findings: Vec<Finding> = findings.collect();
        findings.sort_by(|one, other| {
            (other.class, &one.tool.name).cmp(&(one.class, &other.tool.name))
        });
        Self {
            source,
            findings,
            left_out: listed.left_out,
        }
    }

    /// How many tools each class has, the worst first; classes without any are left out.
    pub(crate) fn counts(&self) -> Vec<(Class, usize)> {
        let count = |class| {
            self.findings
                .iter()
                .filter(|one| one.class == class)
                .count()
        };
        let counts = Class::ALL
            .into_iter()
            .rev()
            .map(|class| (class, count(class)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Whether a tool is not what it seems.
    pub(crate) fn alarms(&self) -> bool {
        let mut signals = self.findings.iter().flat_map(|finding| &finding.signals);
        signals.any(|signal| signal.kind.alarms())
    }

    /// `4 tools: 1 Destructive, 3 Read`.
    pub(crate) fn summary(&self) -> String {
        let counts = self.counts().into_iter();
        let counts: Vec<_> = counts
            .map(|(class, count)| format!("{count} {}", class.name()))
            .collect();
        let tools = match self.findings.len() {
            1 => "1 tool".to_owned(),
            count => format!("{count} tools"),
        };
        match counts.is_empty() {
            true => tools,
            false => format!("{tools}: {}", counts.join(", ")),
        }
    }
}
