//! The form of a report on files of a repository.
//!
//! It never writes a report: the library does.

use super::console::Console;
use clap::ValueEnum;

/// The form of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    Text,
    /// The same as `--json`.
    Json,
    /// Annotations, in a log of GitHub Actions.
    Github,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
}

/// The form that the user chose.
#[derive(clap::Args)]
pub(crate) struct FormatArgs {
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "json")]
    format: Format,
}

impl FormatArgs {
    pub(crate) fn chosen(&self, console: Console<'_>) -> Format {
        if console.json {
            Format::Json
        } else {
            self.format
        }
    }
}
