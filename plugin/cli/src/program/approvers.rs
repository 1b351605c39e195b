//! Turns the options about approvers into who approves calls, for every command that writes a policy with approvals.
//!
//! It makes up nobody.

use super::caller::assigned;
use crate::init::Approve;

/// Who approves calls, and where.
#[derive(clap::Args)]
pub(crate) struct ApproverArgs {
    /// The address of the page of approvals, such as `https://gateway.example/approvals`.
    #[arg(long, value_name = "URL")]
    approvals_url: Option<String>,
    /// A claim that proves an approver, such as `release=groups=release`. May be given several times; those of one name must
    /// all hold.
    #[arg(long, value_name = "NAME=CLAIM=VALUE", value_parser = approver)]
    approver: Vec<(String, String, String)>,
}

/// `name=claim=value`.
fn approver(text: &str) -> Result<(String, String, String), String> {
    let (name, claim) = text.split_once('=').ok_or("write `name=claim=value`")?;
    let (claim, value) = assigned(claim).map_err(|_| "write `name=claim=value`")?;
    Ok((name.into(), claim, value))
}

impl ApproverArgs {
    pub(crate) fn given(&self) -> Approve {
        Approve {
            url: self.approvals_url.clone(),
            approvers: self.approver.clone(),
        }
    }

    /// `None` where neither option is given.
    pub(crate) fn any(&self) -> Option<Approve> {
        let any = self.approvals_url.is_some() || !self.approver.is_empty();
        any.then(|| self.given())
    }
}
