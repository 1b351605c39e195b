//! Turns the report on a server into a starter policy, its case, and notes for the operator.
//!
//! It never returns a policy that a gateway would refuse.

use super::case::{Step, case, steps};
use super::draft;
use super::entry::Entry;
use super::notes::Notes;
use super::options::Options;
use crate::layout;
use crate::report::{CommandError, CommandResult, ExitStatus, Report, to_json};
use crate::sanitize;
use crate::scan::ScanReport;
use crate::style::DIM;
use mcp_policy::host::Policy;
use serde::Serialize;
use std::collections::BTreeMap;

/// A starter policy, the case that tests it, and notes for the operator.
#[derive(Debug)]
pub struct PolicyTemplate {
    policy: String,
    steps: Vec<Step>,
    notes: Vec<String>,
}

/// The policy as it is written, its keys in reading order.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    description: String,
    default: &'static str,
    tools: BTreeMap<&'a str, Entry>,
}

/// Generates a starter policy for the tools of a server.
///
/// # Errors
/// When a root or a host is invalid.
pub fn init(report: &ScanReport, options: &Options) -> CommandResult<PolicyTemplate> {
    let mut notes = Notes::default();
    let entries = report.tools.iter().map(|tool| {
        let (entry, check) = draft::write(tool, options, &mut notes);
        ((tool.tool.name.as_str(), entry), check)
    });
    let (tools, checks): (BTreeMap<_, _>, Vec<_>) = entries.unzip();
    for (name, reason) in &report.left_out {
        let name = sanitize::quoted(name, 80);
        notes.add(&format!("left out, because {reason}"), name);
    }
    let policy = layout::file(&Document {
        version: "1",
        description: format!("A starter policy for the tools of {}.", report.source),
        default: "deny",
        tools,
    })?;
    validate(&policy)?;
    Ok(PolicyTemplate {
        policy,
        steps: steps(&checks),
        notes: notes.lines(),
    })
}

fn validate(policy: &str) -> CommandResult<()> {
    let Err(errors) = Policy::parse(policy.as_bytes()) else {
        return Ok(());
    };
    let lines: Vec<_> = errors.iter().take(3).map(ToString::to_string).collect();
    let lines = lines.join("\n");
    Err(CommandError::new(format!(
        "the policy is invalid with these options:\n{lines}"
    )))
}

impl PolicyTemplate {
    /// The text of the policy's file.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The text of the case's file. `policy_file` is the name of the policy's file in the same folder.
    ///
    /// # Errors
    /// None is known: the case is JSON.
    pub fn case(&self, policy_file: &str) -> CommandResult<String> {
        case(policy_file, &self.steps)
    }
}

/// The notes for the operator.
impl Report for PolicyTemplate {
    fn status(&self) -> ExitStatus {
        ExitStatus::Clean
    }

    fn text(&self) -> String {
        let notes = self.notes.iter();
        notes
            .map(|note| format!("{DIM}-{DIM:#} {note}\n"))
            .collect()
    }

    fn json(&self) -> CommandResult<String> {
        to_json(&self.notes)
    }
}
