//! `pin`: turns what a server lists into the pins of a policy's tools, and says which of them have changed.
//!
//! It changes nothing of the policy's file but the pins.

mod definitions;
mod write;

use crate::input::Input;
use crate::scan::source::Source;
use crate::screen::{BAD, Ended, Ending, FAINT, GOOD, Screen, Trouble, plain};
use definitions::Definitions;
use mcp_policy::{Kind, Policy, Value};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Write into a policy by which definition each of its tools is known
///
/// Look at the tools first: whatever the server lists now is what a gateway lets through from then on. An entry with an
/// exact name gets its pin; one that denies or hides needs none.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    source: Source,
    /// The policy's file.
    #[arg(short, long, value_name = "POLICY", default_value = "policy.json")]
    policy: PathBuf,
    /// Write nothing, and end with 1 where a pin is not what the server lists.
    #[arg(long)]
    check: bool,
}

/// What became of an entry's pin.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Outcome {
    tool: String,
    /// The pin that the policy has.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    /// The pin of what the server lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<String>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let input = Input::read(&args.policy)?;
    let trouble = |error: String| Trouble(format!("{}: {error}", input.name));
    if let Err(errors) = Policy::parse(&input.bytes) {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        return Err(trouble(lines.join("\n")));
    }
    let document = Policy::document(&input.bytes).map_err(|error| trouble(error.to_string()))?;
    let answers = args.source.answers()?;
    let listed = Definitions::read(&answers);
    let listed = listed.map_err(|error| Trouble(format!("{}: {error}", args.source.name())))?;
    let outcomes = outcomes(document.root(), &listed);
    if !args.check {
        let text = String::from_utf8_lossy(&input.bytes);
        let written = write::pinned(&text, document.root(), &outcomes);
        Policy::parse(written.as_bytes()).map_err(|_| trouble("it cannot be changed".into()))?;
        if written != text {
            std::fs::write(&args.policy, written).map_err(|error| trouble(error.to_string()))?;
        }
    }
    match screen.json {
        true => screen.print_json(&outcomes)?,
        false => screen.print(shown(&outcomes, args.check))?,
    }
    Ok(Ending::of(
        outcomes.iter().all(|outcome| outcome.is_well(args.check)),
    ))
}

/// What becomes of the entries that can have a pin.
fn outcomes(policy: Value<'_>, listed: &Definitions) -> Vec<Outcome> {
    let tools = policy.get("tools");
    let entries = tools.into_iter().flat_map(Value::members);
    let pinnable = entries.filter(|(name, entry)| !name.ends_with('*') && allows(*entry));
    let outcome = |(tool, entry): (std::borrow::Cow<'_, str>, Value<'_>)| {
        let found = listed.pin(&tool);
        Outcome {
            tool: tool.into_owned(),
            was: entry.get("pin").and_then(Value::string).map(Into::into),
            now: found.as_ref().ok().cloned(),
            problem: found.err(),
        }
    };
    pinnable.map(outcome).collect()
}

fn allows(entry: Value<'_>) -> bool {
    let action = entry.get("action").and_then(Value::string);
    entry.kind() == Kind::Object && action.is_none_or(|action| action == "allow")
}

impl Outcome {
    fn is_same(&self) -> bool {
        self.was.is_some() && self.was == self.now
    }

    /// Nothing is left that somebody has to look at.
    fn is_well(&self, check: bool) -> bool {
        let unpinned = self.was.is_none();
        match self.problem {
            Some(_) => unpinned && check,
            None => !check || unpinned || self.is_same(),
        }
    }
}

fn shown(outcomes: &[Outcome], check: bool) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let tool = plain(&outcome.tool);
        let _ = match (outcome.problem, &outcome.was, &outcome.now) {
            (Some(problem), ..) => writeln!(text, "{BAD}not pinned{BAD:#} {tool}: {problem}"),
            (None, _, Some(now)) if outcome.is_same() => {
                writeln!(text, "{FAINT}unchanged{FAINT:#} {tool} {now}")
            }
            (None, Some(was), Some(now)) => {
                let what = if check { "another" } else { "changed" };
                writeln!(text, "{BAD}{what}{BAD:#} {tool} {now}, was {was}")
            }
            (None, None, Some(_)) if check => writeln!(text, "{FAINT}no pin{FAINT:#} {tool}"),
            (None, None, Some(now)) => writeln!(text, "{GOOD}pinned{GOOD:#} {tool} {now}"),
            (None, _, None) => Ok(()),
        };
    }
    text
}

#[cfg(test)]
mod tests;
