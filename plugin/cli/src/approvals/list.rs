//! Turns the answer of a page of approvals into the calls that wait there.
//!
//! It never leaves one out.

use super::address::Id;
use super::answer::{Asked, GatewayAnswer};
use super::approval::Approval;
use super::times::{ago, until};
use super::values::one_line;
use crate::report::{CommandError, CommandResult, ExitStatus, Report};
use crate::sanitize::ascii;
use crate::table::table;

/// The characters of an id in a table.
const SHORT: usize = 12;

/// The calls that wait for a person.
#[derive(Debug)]
pub struct Pending {
    approvals: Vec<Approval>,
    now: u64,
}

impl Pending {
    /// The calls of an answer; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When the answer is no list of approvals.
    pub fn read(answer: &GatewayAnswer, now: u64) -> CommandResult<Asked<Self>> {
        answer.read(|root| {
            let approvals = root.member("approvals")?.elements()?;
            let approvals = approvals
                .iter()
                .map(Approval::read)
                .collect::<Result<_, _>>()?;
            Ok(Self { approvals, now })
        })
    }

    /// The only approval whose id begins so.
    ///
    /// # Errors
    /// When none does, or several.
    pub fn complete(&self, beginning: &Id) -> CommandResult<Id> {
        let text = beginning.text();
        let ids = self.approvals.iter().map(|approval| &approval.id);
        let found: Vec<_> = ids.filter(|id| id.text().starts_with(text)).collect();
        match found.as_slice() {
            [id] => Ok((*id).clone()),
            [] => Err(CommandError::new(format!(
                "no pending approval begins with `{text}`; write the whole id of one that is decided or has expired, or see `mcp-policy approvals list`"
            ))),
            several => {
                let ids: Vec<_> = several.iter().map(|id| id.text()).collect();
                Err(CommandError::new(format!(
                    "several pending approvals begin with `{text}`: {}; write more of the id",
                    ids.join(", ")
                )))
            }
        }
    }

    fn row(&self, approval: &Approval) -> Vec<String> {
        let server = approval.server.as_deref();
        vec![
            approval.id.text().chars().take(SHORT).collect(),
            ago(approval.asked.1, self.now),
            until(approval.expires.1, self.now),
            one_line(&approval.grant),
            server.map_or_else(|| "-".into(), one_line),
            format!("{} {}", one_line(&approval.kind), one_line(&approval.name)),
            one_line(&approval.rule),
        ]
    }
}

impl Report for Pending {
    fn status(&self) -> ExitStatus {
        ExitStatus::Clean
    }

    fn text(&self) -> String {
        if self.approvals.is_empty() {
            return "no call waits for a person\n".into();
        }
        let titles = &["id", "asked", "expires", "grant", "server", "call", "rule"];
        let rows: Vec<_> = self.approvals.iter().map(|one| self.row(one)).collect();
        table(titles, &rows)
    }

    fn json(&self) -> CommandResult<String> {
        let approvals = self.approvals.iter().map(|approval| &*approval.json);
        let approvals = approvals.collect::<Vec<_>>().join(",");
        Ok(ascii(&format!("{{\"approvals\":[{approvals}]}}\n")))
    }
}
