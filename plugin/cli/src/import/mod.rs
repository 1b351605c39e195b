//! `import`: turns a policy of PolicyLayer's Intercept (YAML) into ours, and says what of it is not the same.
//!
//! It never writes a policy that may let a call through which Intercept refuses.

mod condition;
mod document;
mod go;
mod limit;
mod pattern;
mod report;
#[cfg(test)]
mod tests;
mod yaml;

use crate::input::Input;
use crate::layout;
use crate::screen::{BAD, DOUBTFUL, Ended, Ending, FAINT, Screen, Trouble};
use mcp_policy::Policy;
use report::{At, Level, Line, Report};
use serde::Serialize;
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::path::PathBuf;
use yaml::{Mark, Node, Value};

/// Turn a policy of PolicyLayer's Intercept (YAML) into a policy.json
///
/// Every difference is told with its place. The policy is written when every call is decided alike, or with --partial
/// when some calls that Intercept lets through are refused; never when something is lost that refuses calls.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The YAML file; `-` is the standard input.
    file: PathBuf,
    /// Where to write the policy; the standard output if it is left out.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write a policy that refuses more calls than Intercept does, too.
    #[arg(long)]
    partial: bool,
}

/// What an import says, for programs.
#[derive(Serialize)]
struct Said<'a> {
    complete: bool,
    lines: &'a [Line],
    /// The policy, where it may be written.
    policy: Option<&'a Json>,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let input = Input::read(&args.file)?;
    let (policy, report) = import(&input.bytes);
    let worst = report.worst();
    let most = if args.partial {
        Level::Stricter
    } else {
        Level::Note
    };
    let policy = policy.filter(|_| worst <= most);
    if !screen.json {
        tell(&input.name, &report.lines, worst, policy.is_some())?;
    }
    let text = policy.as_ref().map(layout::document);
    match (&args.output, &text) {
        (Some(path), Some(text)) => std::fs::write(path, text)
            .map_err(|error| Trouble(format!("{}: {error}", path.display())))?,
        (None, Some(text)) if !screen.json => screen.print(text)?,
        _ => {}
    }
    if screen.json {
        screen.print_json(&Said {
            complete: worst == Level::Note,
            lines: &report.lines,
            policy: policy.as_ref(),
        })?;
    }
    Ok(Ending::of(policy.is_some()))
}

/// The policy, and what is to be said of it.
fn import(bytes: &[u8]) -> (Option<Json>, Report) {
    let mut report = Report::default();
    let root = match read(bytes) {
        Ok(root) => root,
        Err(yaml::Fault { mark, what }) => {
            let node = Node {
                mark,
                value: Value::Null,
            };
            report.cannot(&At::root(&node), &what);
            return (None, report);
        }
    };
    let policy = document::translate(&mut report, &root);
    // Nothing is written that a gateway would refuse.
    if report.worst() < Level::Cannot
        && let Err(errors) = Policy::parse(policy.to_string().as_bytes())
    {
        for error in errors {
            report.cannot(
                &At::root(&root),
                &format!("the policy would not be accepted: {error}"),
            );
        }
    }
    report.lines.sort_by_key(|line| (line.line, line.column));
    (Some(policy), report)
}

fn read(bytes: &[u8]) -> Result<Node, yaml::Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_| yaml::Fault {
        mark: Mark { line: 1, column: 1 },
        what: "it is not UTF-8".into(),
    })?;
    yaml::read(text)
}

/// Says it where people read, beside a policy that a program may read.
fn tell(name: &str, lines: &[Line], worst: Level, written: bool) -> Result<(), Trouble> {
    let mut text = String::new();
    for Line {
        level,
        at,
        line,
        column,
        message,
    } in lines
    {
        let style = match level {
            Level::Note => FAINT,
            Level::Stricter => DOUBTFUL,
            Level::Cannot => BAD,
        };
        let at = if at.is_empty() {
            String::new()
        } else {
            format!("{at}: ")
        };
        let _ = writeln!(
            text,
            "{name}:{line}:{column}: {style}{level}{style:#}: {at}{message}"
        );
    }
    let end = match (written, worst) {
        (true, Level::Note) => "",
        (true, _) => "written; it refuses more than Intercept does\n",
        (false, Level::Stricter) => {
            "not written; --partial writes a policy that refuses more than Intercept does\n"
        }
        (false, _) => "not written\n",
    };
    text.push_str(end);
    Screen::warn(&text)
}
