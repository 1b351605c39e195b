//! Turns a report into a table for a terminal.
//!
//! It never writes a text of the server without its control and invisible characters escaped.

use crate::sanitize::line;
use crate::scan::class::Class;
use crate::scan::scan_report::{ScanReport, ToolReport};
use crate::style::{BAD, GOOD, WARNING};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

const TEXT: usize = 160;
/// Names longer than this are cut, so that one name does not push everything else off the screen.
const NAME: usize = 48;
const BOLD: Style = Style::new().bold();
const RISKY: Style = AnsiColor::Magenta.on_default().bold();

/// One line for each tool, its signals below it.
pub(super) fn table(report: &ScanReport) -> String {
    let names = report.tools.iter().map(|one| name(one).width());
    let width = names.max().unwrap_or_default().max("Tool".len());
    let mut text = format!(
        "{BOLD}{}  Class        Severity{BOLD:#}\n",
        pad("Tool", width)
    );
    for tool in &report.tools {
        row(&mut text, tool, width);
    }
    let _ = writeln!(text, "\n{BOLD}{}{BOLD:#}", report.summary());
    for (name, reason) in &report.left_out {
        let _ = writeln!(text, "left out: `{}`, because {reason}", line(name, TEXT));
    }
    text
}

fn row(text: &mut String, tool: &ToolReport, width: usize) {
    let (class, severity) = (tool.class.name(), tool.class.severity());
    let style = style(tool.class);
    let name = pad(&name(tool), width);
    let _ = writeln!(text, "{name}  {style}{class:<11}  {severity}{style:#}");
    for signal in &tool.signals {
        let style = if signal.kind.alarms() {
            BAD
        } else {
            Style::new()
        };
        let _ = writeln!(text, "  - {style}{}{style:#}", line(&signal.says, TEXT));
    }
}

fn name(tool: &ToolReport) -> String {
    line(&tool.tool.name, NAME)
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

fn style(class: Class) -> Style {
    match class {
        Class::Read => GOOD,
        Class::Write => WARNING,
        Class::Execute => RISKY,
        Class::Destructive | Class::Financial => BAD,
    }
}
