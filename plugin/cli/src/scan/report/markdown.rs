//! Turns a report into a Markdown table, every text of the server escaped.

use super::Report;
use crate::scan::clean::markdown as escaped;
use std::fmt::Write as _;

const NAME: usize = 128;
const TEXT: usize = 200;

/// A heading, a sentence and a table.
pub(crate) fn markdown(report: &Report) -> String {
    let mut text = format!(
        "# Tools of {}\n\n{}.\n\n",
        escaped(&report.source, TEXT),
        report.summary()
    );
    text.push_str("| tool | class | severity | because | signals |\n|---|---|---|---|---|\n");
    for finding in &report.findings {
        let list = |texts: &mut dyn Iterator<Item = &String>| {
            texts
                .map(|text| escaped(text, TEXT))
                .collect::<Vec<_>>()
                .join("<br>")
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            escaped(&finding.tool.name, NAME),
            finding.class.name(),
            finding.class.severity(),
            list(&mut finding.because.iter()),
            list(&mut finding.signals.iter().map(|signal| &signal.says)),
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
