//! `test`: finds and reads case files, and prints how they went; with `--bless`, rewrites them.
//!
//! It never rewrites a case that passed.

use super::caller::CallerArgs;
use super::console::{self, Console};
use super::format::{Format, FormatArgs};
use super::machine::Kind;
use crate::test::{Observed, Suite, TestReport, why_not_a_case};
use crate::{CommandError, CommandResult, ExitStatus, Report as _, ci};
use mcp_policy_cases::{CallerFacts, Case, corpus};
use std::io::Read as _;
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
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let mut suite = Suite::new(args.coverage);
    for path in &args.files {
        for file in files(path, console)? {
            play(args, &file, &mut suite, console)?;
        }
    }
    let report = suite.report();
    if let Some(file) = &args.junit {
        write_junit(&report, file, console)?;
    }
    match args.format.chosen(console) {
        Format::Text => console.print(report.text())?,
        Format::Json => console.print(report.json()?)?,
        Format::Github => console.print(ci::annotations(&report.findings()))?,
        Format::Sarif => console.print(ci::sarif("test", &report.findings())?)?,
    }
    Ok(report.status())
}

/// The case files that a path names.
fn files(path: &Path, console: Console<'_>) -> CommandResult<Vec<PathBuf>> {
    if console.kind(path) != Some(Kind::Folder) {
        return Ok(vec![path.into()]);
    }
    let error = |error: &dyn std::fmt::Display| CommandError::about(path.display(), error);
    let files = corpus::files_in(path, &Folders(console)).map_err(|cause| error(&cause))?;
    if files.is_empty() {
        return Err(error(&"it has no cases"));
    }
    Ok(files)
}

fn play(args: &Args, file: &Path, suite: &mut Suite, console: Console<'_>) -> CommandResult<()> {
    let name = console::name(file);
    let (case, text) = match read(file, &args.caller.facts(), console)? {
        Ok(read) => read,
        Err(message) => {
            suite.broken(&name, message);
            return Ok(());
        }
    };
    let observed = suite.play(&name, file, &case);
    suite.locate(&text);
    if let Some(observed) = observed.filter(|_| args.bless) {
        bless(&case, &observed, console)?;
        suite.blessed();
    }
    Ok(())
}

/// The case in a file, and the file's text; in a file that can be read, why it is not a case.
fn read(
    file: &Path,
    caller: &CallerFacts,
    console: Console<'_>,
) -> CommandResult<Result<(Case, String), String>> {
    let input = console.read(file)?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let text = String::from_utf8(input.bytes).map_err(|_| "it is not UTF-8".to_owned());
    Ok(text.and_then(|text| {
        let policy = |name: &str| text_of(&folder.join(name), console);
        let case = Case::parse_as(&file.display().to_string(), &text, caller, policy);
        match case {
            Ok(case) => Ok((case, text)),
            Err(error) => Err(why_not_a_case(&text, error)),
        }
    }))
}

/// The text of a file.
fn text_of(file: &Path, console: Console<'_>) -> Result<String, String> {
    let mut text = String::new();
    let read = console
        .machine
        .open(file)
        .and_then(|mut source| source.read_to_string(&mut text));
    read.map(|_| text).map_err(|error| error.to_string())
}

fn bless(case: &Case, observed: &Observed, console: Console<'_>) -> CommandResult<()> {
    let file = Path::new(&case.name);
    let error = |error: &dyn std::fmt::Display| CommandError::about(&case.name, error);
    let text = text_of(file, console).map_err(|cause| error(&cause))?;
    match corpus::blessed(&text, &observed.0).map_err(|cause| error(&cause))? {
        Some(text) => console.write(file, text),
        None => Ok(()),
    }
}

fn write_junit(report: &TestReport, file: &Path, console: Console<'_>) -> CommandResult<()> {
    let text = report.junit();
    let text = text.map_err(|error| CommandError::about(file.display(), error))?;
    console.write(file, text)
}

/// The folders of the machine.
struct Folders<'a>(Console<'a>);

impl corpus::Folders for Folders<'_> {
    fn list(&self, folder: &Path) -> std::io::Result<Vec<PathBuf>> {
        self.0.list(folder)
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.0.kind(path) == Some(Kind::Folder)
    }
}
