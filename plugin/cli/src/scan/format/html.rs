//! Turns a report on tools into an HTML page.
//!
//! It never shows an invisible character.

use crate::page::{self, wide};
use crate::sanitize::line;
use crate::scan::scan_report::{ScanReport, ToolReport};
use maud::{Markup, html as template};

const NAME: usize = 128;
const TEXT: usize = 200;
const DESCRIPTION: usize = 2_000;

const STYLE: &str = "
ul { margin: 0; padding-left: 1rem } summary { cursor: pointer }
.Low { color: #116329 } .Medium { color: #7d4e00 } .High { color: #8b1a8b } .Critical { color: #b30000 }
td.Low, td.Medium, td.High, td.Critical { font-weight: 600; white-space: nowrap; min-width: 0 }
@media (prefers-color-scheme: dark) {
.Low { color: #6fdd8b } .Medium { color: #f0b849 } .High { color: #e58ae5 } .Critical { color: #ff8080 } }
";

/// The report as a page.
pub(super) fn document(report: &ScanReport) -> String {
    let title = format!("Tools of {}", line(&report.source, TEXT));
    let table = template! {
        table {
            thead { tr { th { "Tool" } th { "Class" } th { "Severity" } th { "Because" } th { "Signals" } } }
            tbody { @for tool in &report.tools { (row(tool)) } }
        }
    };
    let content = template! {
        p { (report.summary()) "." }
        (wide(&table))
        @for (name, reason) in &report.left_out {
            p { "Left out: " code { (line(name, NAME)) } ", because " (reason) "." }
        }
    };
    page::document(&title, STYLE, &content)
}

fn row(tool: &ToolReport) -> Markup {
    let severity = tool.class.severity();
    let description = line(tool.tool.description(), DESCRIPTION);
    template! {
        tr {
            td {
                code { (line(&tool.tool.name, NAME)) }
                @if !description.is_empty() { details { summary { "Description" } p { (description) } } }
            }
            td class=(severity) { (tool.class.name()) }
            td class=(severity) { (severity) }
            td { (list(&mut tool.because.iter())) }
            td { (list(&mut tool.signals.iter().map(|signal| &signal.says))) }
        }
    }
}

fn list(texts: &mut dyn Iterator<Item = &String>) -> Markup {
    template! { ul { @for text in texts { li { (line(text, TEXT)) } } } }
}
