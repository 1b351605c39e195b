//! `test`: turns case files into what went otherwise than they expect, by playing them in the engine itself.
//!
//! It skips nothing without saying why.

mod coverage;
mod junit;
mod show;

use crate::input::{self, Input};
use crate::screen::{Ended, Ending, Screen, Trouble};
use coverage::Coverage;
use mcp_policy::Finding;
use mcp_policy_cases::case::{self, Case, Play, bless};
use mcp_policy_cases::{Outcome, Seen, Split, native};
use serde::Serialize;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// Run case files: what is sent under a policy, and what must be seen
///
/// A folder stands for every case in it and below it. The format is that of the project's own cases.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Case files, or folders of them; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Find the rules that no case reaches, too.
    #[arg(long)]
    coverage: bool,
    /// Write a report in the format of JUnit, too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write what is seen into the files that expect something else, or nothing yet. Read it afterwards.
    #[arg(long)]
    bless: bool,
}

/// A case that was asked for, and how it went.
#[derive(Debug, Serialize)]
struct Tried {
    file: String,
    /// What it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten)]
    end: End,
}

#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum End {
    Passed,
    /// It was rewritten.
    Blessed,
    /// It cannot be played here.
    Skipped {
        reason: String,
    },
    Failed {
        differences: Vec<Difference>,
    },
    /// It is no case, or something happened that no case can expect.
    Broken {
        message: String,
    },
}

/// Something that was seen, and something else that was expected.
#[derive(Debug, Serialize)]
struct Difference {
    /// Counted from 1; `None` where the policy itself is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    expected: Option<Json>,
    seen: Json,
}

#[derive(Serialize)]
struct Report<'a> {
    cases: &'a [Tried],
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a Coverage>,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let mut tried = Vec::new();
    let mut coverage = args.coverage.then(Coverage::default);
    for path in &args.files {
        for file in files(path)? {
            tried.push(attempt(args, &file, coverage.as_mut())?);
        }
    }
    if let Some(path) = &args.junit {
        let file = std::fs::File::create(path);
        let written = file
            .map_err(|error| error.to_string())
            .and_then(|file| junit::write(&tried, file));
        written.map_err(|error| Trouble(format!("{}: {error}", path.display())))?;
    }
    if screen.json {
        screen.print_json(&Report {
            cases: &tried,
            coverage: coverage.as_ref(),
        })?;
    } else {
        screen.print(show::text(&tried, coverage.as_ref()))?;
    }
    let failed = tried
        .iter()
        .any(|tried| matches!(tried.end, End::Failed { .. } | End::Broken { .. }));
    let reached = coverage.is_none_or(|coverage| coverage.is_complete());
    Ok(Ending::of(!failed && reached))
}

/// The case files that a path stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>, Trouble> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let files =
        case::files(path).map_err(|error| Trouble(format!("{}: {error}", path.display())))?;
    if files.is_empty() {
        return Err(Trouble(format!(
            "{}: there is no case in it",
            path.display()
        )));
    }
    Ok(files)
}

fn attempt(args: &Args, file: &Path, coverage: Option<&mut Coverage>) -> Result<Tried, Trouble> {
    let case = match read(file)? {
        Ok(case) => case,
        Err(message) => {
            return Ok(Tried {
                file: input::name(file),
                why: None,
                end: End::Broken { message },
            });
        }
    };
    let (outcome, findings) = native::watch(&case, Split::Whole);
    if let Some(coverage) = coverage {
        coverage.add(&case, file, &outcome, &findings);
    }
    let mut end = judge(&case, &outcome);
    if args.bless && matches!(end, End::Failed { .. }) {
        end = rewrite(&case, outcome)?;
    }
    Ok(Tried {
        file: input::name(file),
        why: Some(case.why),
        end,
    })
}

/// The case in a file; why there is none in it, where it can be read.
fn read(file: &Path) -> Result<Result<Case, String>, Trouble> {
    let input = Input::read(file)?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let text = String::from_utf8(input.bytes).map_err(|_| "it is not UTF-8".to_owned());
    Ok(text.and_then(|text| Case::parse(&file.display().to_string(), &text, folder)))
}

fn judge(case: &Case, outcome: &Outcome) -> End {
    if let Some(reason) = case.hosts.get("native") {
        return End::Skipped {
            reason: reason.clone(),
        };
    }
    let differences: Vec<_> = match (&case.play, outcome) {
        (_, Outcome::Failed(message) | Outcome::Cannot(message)) => {
            return End::Broken {
                message: message.clone(),
            };
        }
        (Play::Steps(steps), Outcome::Seen(seen)) => {
            let steps = steps.iter().zip(seen).enumerate();
            let differing = steps.filter(|(_, (step, seen))| step.expect.as_ref() != Some(*seen));
            differing
                .map(|(index, (step, seen))| Difference {
                    step: Some(index.saturating_add(1)),
                    expected: step.expect.as_ref().map(Seen::expectation),
                    seen: seen.expectation(),
                })
                .collect()
        }
        (Play::Refused(expected), Outcome::Refused(seen)) if expected == seen => Vec::new(),
        (play, outcome) => vec![Difference {
            step: None,
            expected: Some(expected(play)),
            seen: of_policy(outcome),
        }],
    };
    if differences.is_empty() {
        End::Passed
    } else {
        End::Failed { differences }
    }
}

/// What a case expects of its policy.
fn expected(play: &Play) -> Json {
    match play {
        Play::Steps(_) => "the policy is accepted".into(),
        Play::Refused(lines) => serde_json::json!({ "refused": lines }),
    }
}

fn of_policy(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Refused(lines) => serde_json::json!({ "refused": lines }),
        _ => "the policy is accepted".into(),
    }
}

fn rewrite(case: &Case, outcome: Outcome) -> Result<End, Trouble> {
    let seen = match (&case.play, outcome) {
        (Play::Steps(_), Outcome::Seen(seen)) => Ok(seen),
        (Play::Refused(_), Outcome::Refused(lines)) => Err(lines),
        // What a case is about is its author's to say.
        (_, outcome) => return Ok(judge(case, &outcome)),
    };
    let written = bless(Path::new(""), case, &seen);
    written.map_err(|error| Trouble(format!("{}: {error}", case.name)))?;
    Ok(End::Blessed)
}

/// What came of one step, for those who look at rules.
type Steps<'a> = &'a [Vec<Finding>];
