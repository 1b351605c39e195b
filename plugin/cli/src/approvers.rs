//! Turns the options about approvers into the `approvals` of a policy.
//!
//! It never makes up an approver or an address.

use crate::report::{CommandError, CommandResult};
use crate::sanitize;
use serde::Serialize;
use std::collections::BTreeMap;

/// Who approves calls, and where.
#[derive(Clone, Debug, Default)]
pub struct Approve {
    /// The address of the page of approvals.
    pub url: Option<String>,
    /// The name of an approver, a claim of the verified token, and its value. Claims of one name must all hold.
    pub approvers: Vec<(String, String, String)>,
}

/// The variable of the VM with the key.
pub(crate) const KEY: &str = "MCP_POLICY_APPROVAL_KEY";

/// The part of the policy, as it is written.
#[derive(Serialize)]
pub(crate) struct Approvals {
    keys: [&'static str; 1],
    url: String,
    approvers: BTreeMap<String, Approver>,
}

#[derive(Default, Serialize)]
struct Approver {
    claim: BTreeMap<String, String>,
}

const NO_APPROVER: &str = "nobody may approve: write `--approver NAME=CLAIM=VALUE`, such as `--approver release=groups=release`";

const NO_URL: &str = "the page of approvals has no address: write `--approvals-url URL`, such as `--approvals-url https://gateway.example/approvals`";

/// The approvers and the address of their page.
///
/// # Errors
/// One of them is missing, or a claim of an approver is given twice.
pub(crate) fn approvals(options: &Approve) -> CommandResult<Approvals> {
    let url = options
        .url
        .clone()
        .ok_or_else(|| CommandError::new(NO_URL))?;
    let mut approvers: BTreeMap<String, Approver> = BTreeMap::new();
    for (name, claim, value) in &options.approvers {
        let approver = approvers.entry(name.clone()).or_default();
        if approver
            .claim
            .insert(claim.clone(), value.clone())
            .is_some()
        {
            let (name, claim) = (sanitize::line(name, 80), sanitize::line(claim, 80));
            let twice = format!("the approver `{name}`: found `{claim}` twice; write it once");
            return Err(CommandError::new(twice));
        }
    }
    if approvers.is_empty() {
        return Err(CommandError::new(NO_APPROVER));
    }
    Ok(Approvals {
        keys: [KEY],
        url,
        approvers,
    })
}
