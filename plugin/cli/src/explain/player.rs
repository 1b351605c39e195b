//! Plays a call under a policy, and explains the decision.
//!
//! It never judges by itself: the engine that runs in the gateway does.

use super::explanation::Explanation;
use super::options::Options;
use super::strangers::nearest;
use crate::input::Input;
use crate::pretend::{Place, Pretended, replace};
use crate::report::{CommandError, CommandResult};
use mcp_policy::host::{Millis, Policy, PolicyError};
use mcp_policy_cases::{Runner, Split};

/// Explains the decision of a policy about a message, as a client posts it.
///
/// # Errors
/// The first mistake of the policy; a grant or a server that the policy does not have; a claim without a path; a name that
/// certificates do not have.
pub fn explain(policy: &Input, call: &Input, options: &Options) -> CommandResult<Explanation> {
    let hash = parsed(policy)?.hash;
    let document = serde_json::from_slice(&policy.bytes);
    let document = document.map_err(|error| CommandError::about(&policy.name, error))?;
    let pretended = Pretended::new(&document, &options.caller, options.server.as_ref())
        .map_err(|error| CommandError::about(&policy.name, error))?
        .at(Place {
            path: options.path.clone(),
            host: options.host.clone(),
            cluster: options.cluster.clone(),
        });
    let text = pretended.policy(&policy.bytes);
    let mut player = Runner::new(&text).map_err(|errors| mistake(policy, &errors))?;
    let mut step = pretended.step(call.bytes.clone());
    step.peer.clone_from(&options.peer);
    replace(&mut step, &options.headers);
    let now = Millis(options.at.saturating_mul(1000));
    let mut play = || {
        let played = player.play(&step, Split::Whole, now);
        played.map_err(CommandError::new)
    };
    for _ in 1..options.times {
        play()?;
    }
    Explanation::new(play()?, &document, hash, nearest(&text, &step))
}

fn parsed(policy: &Input) -> CommandResult<Policy> {
    Policy::parse(&policy.bytes).map_err(|errors| mistake(policy, &errors))
}

fn mistake(policy: &Input, errors: &[PolicyError]) -> CommandError {
    let first = errors.first().map(PolicyError::to_string);
    let first = first.unwrap_or_default();
    CommandError::about(
        &policy.name,
        format_args!("{first} (`mcp-policy check` lists all)"),
    )
}
