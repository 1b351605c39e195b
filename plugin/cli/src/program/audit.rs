//! `audit`: reads logs and prints who called what, or each decision in another form, or as it is written.
//!
//! It never keeps a log in memory.

use super::console::{Console, is_stdin, name};
use super::lines::Lines;
use super::servers;
use crate::audit::{AuditLine, AuditLog, Filter, Moment, Outcome, Summary, ocsf, short};
use crate::{CommandError, CommandResult, ExitStatus};
use clap::ValueEnum;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Report who called what: a summary of the audit log, each decision as it is made, or events for other programs
///
/// Reads the plugin's lines as Envoy, Docker, Kubernetes and log shippers keep them, in logs of any size. Exits with 1 if a
/// line cannot be read, or if there is none. Who called `deploy` today: `mcp-policy audit LOG --tool deploy --since today`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The logs; `-`, and none, is the standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
    /// The form of the report. `ocsf` is one event of the Open Cybersecurity Schema Framework for each line.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "json")]
    format: Format,
    /// Print a line for each decision that is written from now on, also after a rotation. Ctrl-C ends it.
    #[arg(long)]
    follow: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Html,
    Ocsf,
}

/// Which lines are reported.
#[derive(clap::Args)]
struct FilterArgs {
    /// From this time on: `today`, `yesterday`, `30m`, `12h`, `7d`, `2026-01-31`, `2026-01-31T09:00:00Z`. Days are in UTC.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Of this grant's callers.
    #[arg(long, value_name = "GRANT")]
    grant: Option<String>,
    /// For this server.
    #[arg(long, value_name = "SERVER")]
    server: Option<String>,
    /// Of this tool; `get_*` stands for all whose names begin so.
    #[arg(long, value_name = "TOOL")]
    tool: Option<String>,
    /// With this decision.
    #[arg(long, value_enum, value_name = "DECISION")]
    decision: Option<Decision>,
    /// Refused for this reason, such as `rate_limited`, in shadow mode too.
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Decision {
    Allow,
    Deny,
    /// Allowed, though a rule in shadow mode would refuse it.
    Shadow,
}

pub(crate) fn run(args: &Args, console: Console<'_>) -> CommandResult<ExitStatus> {
    let log = AuditLog::new(args.filter.filter(console)?);
    match (args.follow, args.format) {
        (true, Format::Text | Format::Ocsf) if !console.json => args.follow(log, console),
        (true, _) => Err(CommandError::new(
            "`--follow` prints lines as they come: leave out the format, or write `--format ocsf`",
        )),
        (false, Format::Ocsf) => args.events(log, console),
        (false, _) => args.report(log, console),
    }
}

impl FilterArgs {
    fn filter(&self, console: Console<'_>) -> CommandResult<Filter> {
        let now = console.now();
        let moment = |text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| Moment::parse(text, now)).transpose()
        };
        let outcome = |decision| match decision {
            Decision::Allow => Outcome::Allowed,
            Decision::Deny => Outcome::Refused,
            Decision::Shadow => Outcome::Shadowed,
        };
        Ok(Filter {
            since: moment(&self.since)?,
            until: moment(&self.until)?,
            grant: self.grant.clone(),
            server: self.server.clone(),
            tool: self.tool.clone(),
            outcome: self.decision.map(outcome),
            reason: self.reason.clone(),
        })
    }
}

impl Args {
    fn report(&self, mut log: AuditLog, console: Console<'_>) -> CommandResult<ExitStatus> {
        let mut summary = Summary::default();
        self.each(&mut log, console, |line| {
            summary.add(line);
            ControlFlow::Continue(())
        })?;
        let report = summary.report(log.skipped());
        let json = console.json || self.format == Format::Json;
        match self.format {
            Format::Html => {
                console.print(report.html())?;
                Ok(log.status())
            }
            _ => Console { json, ..console }.report(&report),
        }
    }

    fn events(&self, mut log: AuditLog, console: Console<'_>) -> CommandResult<ExitStatus> {
        let mut printed = Ok(true);
        self.each(&mut log, console, |line| {
            stream(console, &ocsf(line), &mut printed)
        })?;
        printed?;
        console.warn(log.skipped().text())?;
        Ok(log.status())
    }

    /// Hands over the lines of all files that are asked for.
    fn each(
        &self,
        log: &mut AuditLog,
        console: Console<'_>,
        mut each: impl FnMut(&AuditLine) -> ControlFlow<()>,
    ) -> CommandResult<()> {
        for file in self.files(console)? {
            let called = name(file);
            log.open(&called);
            let read = read(file, console, |line| match log.read(line) {
                Some(line) => each(&line),
                None => ControlFlow::Continue(()),
            });
            if read
                .map_err(|error| CommandError::about(&called, error))?
                .is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn files(&self, console: Console<'_>) -> CommandResult<Vec<&Path>> {
        if !self.files.is_empty() {
            return Ok(self.files.iter().map(PathBuf::as_path).collect());
        }
        if console.machine.is_stdin_a_terminal() {
            return Err(CommandError::new(
                "name a log, or hand one over: `docker logs gateway 2>&1 | mcp-policy audit`",
            ));
        }
        Ok(vec![Path::new("-")])
    }

    fn follow(&self, mut log: AuditLog, console: Console<'_>) -> CommandResult<ExitStatus> {
        let files = self.files(console)?;
        let [file] = files.as_slice() else {
            return Err(CommandError::new("`--follow` follows one log"));
        };
        let called = name(file);
        log.open(&called);
        let mut printed = Ok(true);
        let each = |line: &[u8]| self.show(line, &mut log, console, &mut printed);
        let ended = match is_stdin(file) {
            true => read(file, console, each).map(drop),
            false => servers::follow(file, AuditLog::LONGEST, each),
        };
        ended.map_err(|error| CommandError::about(&called, error))?;
        printed.map(|_| log.status())
    }

    /// Prints a decision at once, and why a line cannot be read.
    fn show(
        &self,
        line: &[u8],
        log: &mut AuditLog,
        console: Console<'_>,
        printed: &mut CommandResult<bool>,
    ) -> ControlFlow<()> {
        let lost = log.skipped().lost();
        let line = log.read(line);
        if log.skipped().lost() > lost {
            // A warning that cannot be printed is ignored.
            let _ = console.warn("a line of the audit log cannot be read\n");
        }
        let text = line.and_then(|line| match self.format {
            Format::Ocsf => Some(ocsf(&line)),
            _ => short(&line),
        });
        text.map_or(ControlFlow::Continue(()), |text| {
            stream(console, &text, printed)
        })
    }
}

/// Prints a part of the output, as long as somebody reads it.
fn stream(console: Console<'_>, text: &str, printed: &mut CommandResult<bool>) -> ControlFlow<()> {
    *printed = console.stream(text);
    match printed {
        Ok(true) => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    }
}

/// Hands over each line of a file, or of the standard input.
fn read(
    file: &Path,
    console: Console<'_>,
    each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> std::io::Result<ControlFlow<()>> {
    let mut source = console.open(file)?;
    lines(&mut source, each)
}

fn lines(
    source: &mut impl BufRead,
    mut each: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> std::io::Result<ControlFlow<()>> {
    let mut lines = Lines::new(AuditLog::LONGEST);
    match lines.read(source, &mut each)? {
        ControlFlow::Continue(()) => Ok(lines.end(each)),
        ended => Ok(ended),
    }
}
