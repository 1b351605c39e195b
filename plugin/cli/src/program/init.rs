//! `init`: lists the tools of a server, and writes a starter policy and the case that tests it.
//!
//! It never replaces a file without `--force`.

use super::approvers::ApproverArgs;
use super::caller::assigned;
use super::console::Console;
use super::machine::Existing;
use super::tool_source::ToolSource;
use crate::init::{Approve, GrantFacts, Options, PolicyTemplate, init};
use crate::scan::ScanReport;
use crate::{CommandError, CommandResult, ExitStatus, Report as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Generate a starter policy from a server's tools, and a test for it
///
/// Unlisted tools are denied. Listed tools are allowed to read, to write 30 times a minute and to execute 10 times a minute,
/// with arguments validated against the server's schemas; destructive and financial tools are denied, unless a person approves
/// the calls of destructive ones (`--approve destructive`). Read it before you use
/// it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: ToolSource,
    /// The policy's file; its case goes beside it, into NAME.case.json.
    #[arg(short, long, value_name = "POLICY", default_value = "policy.json")]
    output: PathBuf,
    #[command(flatten)]
    template: Template,
}

/// Whom the tools are for.
#[derive(clap::Args)]
struct GrantArgs {
    /// Allow the tools to the callers of a grant of this name alone, whom the following options tell apart.
    #[arg(long = "as", value_name = "GRANT")]
    grant: Option<String>,
    /// A claim that the grant matches, such as `sub=repo:acme/*` or `groups=dev`. May be given several times.
    #[arg(long, value_name = "PATH=VALUE", value_parser = assigned, requires = "grant")]
    claim: Vec<(String, String)>,
    /// A name in the client certificate that the grant matches: `uri_san=…`, `dns_san=…` or `subject=…`. May be given several
    /// times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assigned, requires = "grant")]
    certificate: Vec<(String, String)>,
    /// A header that the grant matches, such as `x-team=ops`. The gateway must overwrite or remove it on every request. May be
    /// given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assigned, requires = "grant")]
    trusted_header: Vec<(String, String)>,
    /// The SHA-256 of the bearer token that the grant matches.
    #[arg(long, value_name = "DIGEST", requires = "grant")]
    bearer_sha256: Option<String>,
    /// The only issuer whose tokens the policy accepts, as their claim `iss` has it.
    #[arg(long, value_name = "ISSUER", requires = "grant")]
    issuer: Option<String>,
}

impl GrantArgs {
    fn facts(&self) -> Option<GrantFacts> {
        Some(GrantFacts {
            name: self.grant.clone()?,
            claims: self.claim.clone(),
            certificate: self.certificate.clone(),
            trusted_headers: self.trusted_header.clone(),
            bearer_sha256: self.bearer_sha256.clone(),
            issuer: self.issuer.clone(),
        })
    }
}

/// The classes of tools whose calls a person can approve.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Approvable {
    Destructive,
}

/// Whose calls a person approves, and who does.
#[derive(clap::Args)]
struct ApproveArgs {
    /// Let a person approve each call of these tools, instead of denying them. Needs `--approvals-url` and `--approver`.
    #[arg(long, value_name = "CLASS")]
    approve: Option<Approvable>,
    #[command(flatten)]
    approvers: ApproverArgs,
}

impl ApproveArgs {
    fn options(&self) -> CommandResult<Option<Approve>> {
        match self.approve {
            Some(Approvable::Destructive) => Ok(Some(self.approvers.given())),
            None if self.approvers.any().is_some() => Err(CommandError::new(
                "`--approvals-url` and `--approver` belong to `--approve destructive`",
            )),
            None => Ok(None),
        }
    }
}

/// The options of a starter policy and its files.
#[derive(clap::Args)]
pub(crate) struct Template {
    /// A directory that paths must be in. May be given several times.
    #[arg(long, value_name = "DIRECTORY")]
    root: Vec<String>,
    /// A host that URLs must have, such as `example.com` or `*.example.com`. May be given several times.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    #[command(flatten)]
    grant: GrantArgs,
    #[command(flatten)]
    approve: ApproveArgs,
    /// Replace the policy and its case if they exist.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let report = args.source.report(console)?;
    let template = args.template.write(&report, &args.output, console)?;
    if console.json {
        console.print(template.json()?)?;
    }
    Ok(template.status())
}

impl Template {
    /// Writes the policy and its case, and prints the notes for the operator.
    pub(super) fn write(
        &self,
        report: &ScanReport,
        file: &Path,
        console: Console<'_>,
    ) -> CommandResult<PolicyTemplate> {
        let options = Options {
            roots: self.root.clone(),
            hosts: self.host.clone(),
            grant: self.grant.facts(),
            approve: self.approve.options()?,
        };
        let template = init(report, &options)?;
        let case = file.with_extension("case.json");
        self.write_file(console, file, template.policy())?;
        let name = file.file_name().unwrap_or(file.as_os_str());
        self.write_file(console, &case, &template.case(&name.to_string_lossy())?)?;
        let (policy, case) = (file.display(), case.display());
        console.warn(format_args!(
            "wrote {policy} and {case}\n{}",
            template.text()
        ))?;
        Ok(template)
    }

    fn write_file(&self, console: Console<'_>, file: &Path, text: &str) -> CommandResult<()> {
        let existing = match self.force {
            true => Existing::Replaced,
            false => Existing::Kept,
        };
        let written = console.machine.write(file, text.as_bytes(), existing);
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                CommandError::about(file.display(), "the file exists; `--force` replaces it")
            }
            _ => CommandError::about(file.display(), error),
        })
    }
}
