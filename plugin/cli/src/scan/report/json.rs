//! Turns a report into JSON, in ASCII alone.

use super::Report;
use crate::scan::clean;
use crate::scan::signals::Signal;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    source: &'a str,
    tools: Vec<Row<'a>>,
    left_out: Vec<LeftOut<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    class: &'static str,
    severity: &'static str,
    because: &'a [String],
    signals: &'a [Signal],
}

#[derive(Serialize)]
struct LeftOut<'a> {
    name: &'a str,
    reason: &'static str,
}

/// The whole report as one JSON document.
pub(crate) fn json(report: &Report) -> String {
    let tools = report.findings.iter().map(|finding| Row {
        name: &finding.tool.name,
        class: finding.class.name(),
        severity: finding.class.severity(),
        because: &finding.because,
        signals: &finding.signals,
    });
    let left_out = report.left_out.iter();
    let document = Document {
        source: &report.source,
        tools: tools.collect(),
        left_out: left_out
            .map(|(name, reason)| LeftOut { name, reason })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    clean::ascii(&text) + "\n"
}
