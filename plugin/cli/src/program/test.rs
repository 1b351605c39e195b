//! `test`: finds and reads case files, and prints how they went; with `--bless`, rewrites them.
//!
//! It never rewrites a case that passed.

use super::caller::CallerArgs;
use super::input;
use super::output::Output;
use mcp_policy_cases::{CallerFacts, Case, corpus};
use mcp_policy_cli::test::{Observed, Suite, TestReport, why_not_a_case};
use mcp_policy_cli::{CommandError, CommandResult, ExitStatus};
use std::path::{Path, PathBuf};

/// Run case files: requests under a policy, and the expected results
///
/// A folder stands for every case in it and below it. The format is that of the project's own cases. `--as`, `--claim` and
/// `--certificate` say who makes the requests whose caller the case does not state.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Case files, or folders of them; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    caller: CallerArgs,
    /// Find the rules that no case reaches, too.
    #[arg(long)]
    coverage: bool,
    /// Write a report in the format of JUnit, too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the observed results into the files with other expectations, or with none yet. Read them afterwards.
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(args: &Args, output: Output) -> CommandResult<ExitStatus> {
    let mut suite = Suite::new(args.coverage);
    for path in &args.files {
        for file in files(path)? {
            play(args, &file, &mut suite)?;
        }
    }
    let report = suite.report();
    if let Some(file) = &args.junit {
        write_junit(&report, file)?;
    }
    output.report(&report)
}

/// The case files that a path names.
fn files(path: &Path) -> CommandResult<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let error = |error: &dyn std::fmt::Display| CommandError::about(path.display(), error);
    let files = corpus::files(path).map_err(|cause| error(&cause))?;
    if files.is_empty() {
        return Err(error(&"it has no cases"));
    }
    Ok(files)
}

fn play(args: &Args, file: &Path, suite: &mut Suite) -> CommandResult<()> {
    let name = input::name(file);
    let case = match read(file, &args.caller.facts())? {
        Ok(case) => case,
        Err(message) => {
            suite.broken(&name, message);
            return Ok(());
        }
    };
    let observed = suite.play(&name, file, &case);
    if let Some(observed) = observed.filter(|_| args.bless) {
        bless(&case, &observed)?;
        suite.blessed();
    }
    Ok(())
}

/// The case in a file; in a file that can be read, why it is not a case.
fn read(file: &Path, caller: &CallerFacts) -> CommandResult<Result<Case, String>> {
    let input = input::read(file)?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let text = String::from_utf8(input.bytes).map_err(|_| "it is not UTF-8".to_owned());
    Ok(text.and_then(|text| {
        let case = corpus::parse_as(&file.display().to_string(), &text, folder, caller);
        case.map_err(|error| why_not_a_case(&text, error))
    }))
}

fn bless(case: &Case, observed: &Observed) -> CommandResult<()> {
    corpus::bless(Path::new(""), case, &observed.0)
        .map_err(|error| CommandError::about(&case.name, error))
}

fn write_junit(report: &TestReport, file: &Path) -> CommandResult<()> {
    let written = report
        .junit()
        .and_then(|text| std::fs::write(file, text).map_err(|error| error.to_string()));
    written.map_err(|error| CommandError::about(file.display(), error))
}
