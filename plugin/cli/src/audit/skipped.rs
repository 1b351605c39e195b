//! The lines of a log that are in no report: how many, why, and the first of them.
//!
//! It never keeps a whole line.

use crate::sanitize::line;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most examples of each kind.
const EXAMPLES: usize = 3;
/// The most characters of an example.
const EXAMPLE: usize = 120;
/// The most different versions that are told apart.
const VERSIONS: usize = 8;

/// Lines that are in no report.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Skipped {
    /// Lines of the audit log that cannot be read.
    pub(super) unreadable: u64,
    /// Lines of later versions of the log, by the version.
    pub(super) later_versions: BTreeMap<u64, u64>,
    /// Lines that did not reach the collector whose log this is.
    pub(super) not_collected: u64,
    /// Lines of other programs.
    pub(super) other: u64,
    /// Lines of the audit log that the filter leaves out.
    pub(super) filtered: u64,
    /// The first unreadable lines.
    pub(super) examples: Vec<Example>,
    /// The first lines of other programs.
    #[serde(skip)]
    pub(super) others: Vec<Example>,
}

/// The beginning of a line that was skipped.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Example {
    pub(super) log: String,
    pub(super) line: u64,
    pub(super) why: String,
    pub(super) text: String,
}

impl Skipped {
    pub(super) fn add_unreadable(&mut self, log: &str, number: u64, why: String, text: &str) {
        self.unreadable = self.unreadable.saturating_add(1);
        keep(&mut self.examples, log, number, why, text);
    }

    pub(super) fn add_later(&mut self, version: u64) {
        let versions = &mut self.later_versions;
        if versions.len() < VERSIONS || versions.contains_key(&version) {
            let count = versions.entry(version).or_default();
            *count = count.saturating_add(1);
        } else {
            self.unreadable = self.unreadable.saturating_add(1);
        }
    }

    pub(super) fn add_lost(&mut self, lost: u64) {
        self.not_collected = self.not_collected.saturating_add(lost);
    }

    pub(super) fn add_other(&mut self, log: &str, number: u64, text: &str) {
        self.other = self.other.saturating_add(1);
        keep(&mut self.others, log, number, String::new(), text);
    }

    pub(super) fn add_filtered(&mut self) {
        self.filtered = self.filtered.saturating_add(1);
    }

    /// The lines of the audit log that could not be read, or did not reach it.
    #[must_use]
    pub fn lost(&self) -> u64 {
        let later = self.later_versions.values();
        let unreadable = self.unreadable.saturating_add(self.not_collected);
        later.fold(unreadable, |lost, count| lost.saturating_add(*count))
    }

    /// The sentences about lines that are in no report; none if nothing is missing.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (version, count) in &self.later_versions {
            text += &format!(
                "lines of version {version} of the log, which a later mcp-policy reads: {count}\n"
            );
        }
        if self.not_collected > 0 {
            text += &format!(
                "lines that did not reach the collector: {}\n",
                self.not_collected
            );
        }
        if self.unreadable > 0 {
            text += &format!(
                "unreadable lines of the audit log: {}; the first:\n",
                self.unreadable
            );
        }
        text + &self.examples.iter().map(Example::text).collect::<String>()
    }
}

impl Example {
    pub(super) fn text(&self) -> String {
        let why = match self.why.as_str() {
            "" => String::new(),
            why => format!(" {why}:"),
        };
        format!("  {}:{}:{why} {}\n", self.log, self.line, self.text)
    }
}

fn keep(examples: &mut Vec<Example>, log: &str, number: u64, why: String, text: &str) {
    if examples.len() < EXAMPLES {
        examples.push(Example {
            log: line(log, EXAMPLE),
            line: number,
            why: line(&why, EXAMPLE),
            text: line(text, EXAMPLE),
        });
    }
}
