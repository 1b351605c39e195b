//! Turns a report into JSON.
//!
//! It never writes a character outside ASCII.

use crate::report::{CommandResult, to_json};
use crate::sanitize;
use crate::scan::scan_report::ScanReport;
use crate::scan::signal::Signal;
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
pub(super) fn document(report: &ScanReport) -> CommandResult<String> {
    let tools = report.tools.iter().map(|tool| Row {
        name: &tool.tool.name,
        class: tool.class.name(),
        severity: tool.class.severity(),
        because: &tool.because,
        signals: &tool.signals,
    });
    let left_out = report.left_out.iter();
    let document = Document {
        source: &report.source,
        tools: tools.collect(),
        left_out: left_out
            .map(|(name, reason)| LeftOut { name, reason })
            .collect(),
    };
    to_json(&document).map(|text| sanitize::ascii(&text))
}
