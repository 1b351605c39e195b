//! Turns a report into one HTML file that needs no script and loads nothing.
//!
//! The template escapes every text; invisible characters are written out before. It never holds a script.

use crate::sanitize::line;
use crate::scan::scan_report::{ScanReport, ToolReport};
use maud::{DOCTYPE, Markup, PreEscaped, html as template};

const NAME: usize = 128;
const TEXT: usize = 200;
const DESCRIPTION: usize = 2_000;

/// Nothing in the file may be loaded or run, even a text of the server.
const NOTHING: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c1c1c; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
th { overflow-wrap: normal }
ul { margin: 0; padding-left: 1rem } summary { cursor: pointer } pre { white-space: pre-wrap }
.Low { color: #116329 } .Medium { color: #7d4e00 } .High { color: #8b1a8b } .Critical { color: #b30000 }
td.Low, td.Medium, td.High, td.Critical { font-weight: 600; white-space: nowrap }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #181818 } th, td { border-color: #444 }
.Low { color: #6fdd8b } .Medium { color: #f0b849 } .High { color: #e58ae5 } .Critical { color: #ff8080 } }
";

/// The report as a page.
pub(super) fn document(report: &ScanReport) -> String {
    let source = line(&report.source, TEXT);
    let page = template! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(NOTHING);
                meta name="viewport" content="width=device-width";
                title { "Tools of " (source) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Tools of " (source) }
                p { (report.summary()) "." }
                table {
                    thead { tr { th { "Tool" } th { "Class" } th { "Severity" } th { "Because" } th { "Signals" } } }
                    tbody { @for tool in &report.tools { (row(tool)) } }
                }
                @for (name, reason) in &report.left_out {
                    p { "Left out: " code { (line(name, NAME)) } ", because " (reason) "." }
                }
            }
        }
    };
    page.into_string()
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
