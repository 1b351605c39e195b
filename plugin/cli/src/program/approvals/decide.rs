//! `approvals approve` and `approvals refuse`: shows the call, asks the person, and hands over the decision.
//!
//! It never sends a decision before the person has answered, and asks nothing of a gateway where nobody can answer.

use super::call::{CallArgs, One, report};
use crate::program::network;
use crate::program::output::Output;
use mcp_policy_cli::approvals::{Asked, Decided, Decision, Form, Question};
use mcp_policy_cli::{CommandError, CommandResult, ExitStatus, Report as _};
use std::io::{BufRead as _, IsTerminal as _, Read as _};

/// The longest line that a person types, in bytes.
const TYPED: u64 = 4096;

#[derive(clap::Args)]
pub(super) struct DecideArgs {
    #[command(flatten)]
    call: CallArgs,
    /// Why, for the approvers who look later and for the log: at most 500 characters.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do not ask; without a terminal nobody can be asked.
    #[arg(long)]
    yes: bool,
}

pub(super) fn decide(
    args: &DecideArgs,
    decision: Decision,
    output: Output,
) -> CommandResult<ExitStatus> {
    if !args.yes && !has_terminal() {
        let name = decision.name();
        return Err(CommandError::new(format!(
            "no terminal is there to ask you on; look at the call with `mcp-policy approvals show`, and give `--yes` to {name} it"
        )));
    }
    let reason = args.reason.as_deref();
    reason.map(|reason| decision.reason(reason)).transpose()?;
    report(output, network::run(decided(args, decision, output)))
}

async fn decided(
    args: &DecideArgs,
    decision: Decision,
    output: Output,
) -> CommandResult<Asked<Decided>> {
    let one = match args.call.find().await? {
        Asked::Answered(one) => one,
        Asked::Refused(refused) => return Ok(Asked::Refused(refused)),
    };
    let prepared = one.shown()?.and_then(|shown| {
        output.warn(shown.text())?;
        decision.prepare(shown, args.reason.as_deref())
    })?;
    match prepared {
        Asked::Answered((question, form)) => {
            args.confirm(&question, output)?;
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

impl DecideArgs {
    /// Asks the person, unless `--yes` answers.
    fn confirm(&self, question: &Question, output: Output) -> CommandResult<()> {
        if self.yes {
            return Ok(());
        }
        output.warn(question.text())?;
        match question.is_answered_by(&typed()?) {
            true => Ok(()),
            false => Err(CommandError::new(
                "another name was typed; nothing was sent",
            )),
        }
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
