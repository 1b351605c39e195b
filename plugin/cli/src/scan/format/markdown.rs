//! Turns a report into a Markdown table.
//!
//! It never writes a text of the server without escaping it.

use crate::sanitize::markdown as escaped;
use crate::scan::scan_report::ScanReport;
use std::fmt::Write as _;

const NAME: usize = 128;
const TEXT: usize = 200;

/// A heading, a sentence and a table.
pub(super) fn document(report: &ScanReport) -> String {
    let mut text = format!(
        "# Tools of {}\n\n{}.\n\n",
        escaped(&report.source, TEXT),
        report.summary()
    );
    text.push_str("| tool | class | severity | because | signals |\n|---|---|---|---|---|\n");
    for tool in &report.tools {
        let list = |texts: &mut dyn Iterator<Item = &String>| {
            texts
                .map(|text| escaped(text, TEXT))
                .collect::<Vec<_>>()
                .join("<br>")
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            escaped(&tool.tool.name, NAME),
            tool.class.name(),
            tool.class.severity(),
            list(&mut tool.because.iter()),
            list(&mut tool.signals.iter().map(|signal| &signal.says)),
        );
    }
    for (name, reason) in &report.left_out {
        let _ = write!(
            text,
            "\nLeft out: {}, because {reason}.\n",
            escaped(name, NAME)
        );
    }
    text
}
