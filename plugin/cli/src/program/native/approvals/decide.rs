//! `approvals approve` and `approvals refuse`: shows the call, asks the person, and hands over the decision.
//!
//! It never sends a decision before the person has answered, and asks nothing of a gateway where nobody can answer.

use super::call::{One, find, report};
use crate::approvals::{Asked, Decided, Decision, Form, Question};
use crate::program::approvals::arguments::DecideArgs;
use crate::program::console::Console;
use crate::program::native::network;
use crate::{CommandError, CommandResult, ExitStatus, Report as _};
use std::io::{BufRead as _, IsTerminal as _, Read as _};

/// The longest line that a person types, in bytes.
const TYPED: u64 = 4096;

pub(super) fn decide(
    args: &DecideArgs,
    decision: Decision,
    console: Console<'_>,
) -> CommandResult<ExitStatus> {
    if !args.yes && !has_terminal() {
        let name = decision.name();
        return Err(CommandError::new(format!(
            "no terminal is there to ask you on; look at the call with `mcp-policy approvals show`, and give `--yes` to {name} it"
        )));
    }
    let reason = args.reason.as_deref();
    reason.map(|reason| decision.reason(reason)).transpose()?;
    report(console, network::run(decided(args, decision, console)))
}

async fn decided(
    args: &DecideArgs,
    decision: Decision,
    console: Console<'_>,
) -> CommandResult<Asked<Decided>> {
    let one = match find(&args.call, console).await? {
        Asked::Answered(one) => one,
        Asked::Refused(refused) => return Ok(Asked::Refused(refused)),
    };
    let prepared = one.shown(console)?.and_then(|shown| {
        console.warn(shown.text())?;
        decision.prepare(shown, args.reason.as_deref())
    })?;
    match prepared {
        Asked::Answered((question, form)) => {
            confirm(args, &question, console)?;
            one.send(decision, &form).await
        }
        Asked::Refused(refused) => Ok(Asked::Refused(refused)),
    }
}

impl One {
    async fn send(&self, decision: Decision, form: &Form) -> CommandResult<Asked<Decided>> {
        let answer = self.gateway.post(&self.url, form).await;
        let decided = answer.and_then(|answer| Decided::read(&answer, &self.id, decision));
        decided.map_err(|error| {
            CommandError::new(format!(
                "{error}; whether the decision counts is not known: `mcp-policy approvals show` shows it"
            ))
        })
    }
}

/// Asks the person, unless `--yes` answers.
fn confirm(args: &DecideArgs, question: &Question, console: Console<'_>) -> CommandResult<()> {
    if args.yes {
        return Ok(());
    }
    console.warn(question.text())?;
    match question.is_answered_by(&typed()?) {
        true => Ok(()),
        false => Err(CommandError::new(
            "another name was typed; nothing was sent",
        )),
    }
}

fn typed() -> CommandResult<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().take(TYPED).read_line(&mut line);
    read.map_err(|error| CommandError::about("<stdin>", error))?;
    Ok(line)
}

/// Whether a person reads the call and can answer.
fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
