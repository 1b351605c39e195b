//! Turns the report on a server into a starter policy, its case, and notes for the operator.
//!
//! It never returns a policy that a gateway would refuse.

use super::case::{Step, case, steps};
use super::draft;
use super::entry::Entry;
use super::grant::{self, Grant, Identity};
use super::notes::Notes;
use super::options::Options;
use crate::approvers::{Approvals, KEY, approvals};
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
    /// The grant whose caller makes the calls of the case.
    caller: Option<String>,
    steps: Vec<Step>,
    notes: Vec<String>,
}

/// The policy as it is written, its keys in reading order.
#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    description: String,
    default: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals: Option<Approvals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grants: Option<BTreeMap<&'a str, Grant>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Tools<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<BTreeMap<&'a str, RuleSet<'a>>>,
}

type Tools<'a> = BTreeMap<&'a str, Entry>;

/// The rules of the grant.
#[derive(Serialize)]
struct RuleSet<'a> {
    default: &'static str,
    tools: Tools<'a>,
}

/// Generates a starter policy for the tools of a server.
///
/// # Errors
/// When a root, a host, a fact about callers or the address of approvals is invalid, or nobody may approve.
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
    if let Some(facts) = &options.grant {
        grant::add_notes(facts, &mut notes);
    }
    if options.approve.is_some() {
        let note = "the VM needs a key: put `openssl rand -hex 32` into this variable, and its name into `host_env_keys`";
        notes.add(note, KEY.into());
    }
    let policy = layout::file(&document(&report.source, tools, options)?)?;
    validate(&policy)?;
    let caller = options.grant.as_ref().map(|facts| facts.name.clone());
    Ok(PolicyTemplate {
        policy,
        steps: steps(&checks, options),
        caller,
        notes: notes.lines(),
    })
}

/// The rules at the top, or those of the grant.
fn document<'a>(
    source: &str,
    tools: Tools<'a>,
    options: &'a Options,
) -> CommandResult<Document<'a>> {
    let mut document = Document {
        version: "1",
        description: format!("A starter policy for the tools of {source}."),
        default: "deny",
        identity: options.grant.as_ref().and_then(grant::identity),
        approvals: options.approve.as_ref().map(approvals).transpose()?,
        grants: None,
        tools: None,
        policies: None,
    };
    let Some(facts) = &options.grant else {
        document.tools = Some(tools);
        return Ok(document);
    };
    let name = facts.name.as_str();
    let rules = RuleSet {
        default: "deny",
        tools,
    };
    document.grants = Some(BTreeMap::from([(name, grant::grant(facts)?)]));
    document.policies = Some(BTreeMap::from([(name, rules)]));
    Ok(document)
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
        case(policy_file, self.caller.as_deref(), &self.steps)
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
