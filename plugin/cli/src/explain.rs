//! `explain`: turns a policy and a call into the decision, and every rule that was looked at before it.
//!
//! It tells more than any client is told, so it is for those who may read the policy.

use crate::input::Input;
use crate::screen::{BAD, DOUBTFUL, Ended, Ending, FAINT, GOOD, Screen, Trouble, plain};
use mcp_policy::{Finding, Millis, PolicyError, Said, Sight, Truth};
use mcp_policy_cases::native::Played;
use mcp_policy_cases::{Player, Split, Step};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Explain a decision: each rule that was looked at, and what its conditions saw
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The policy; `-` is the standard input.
    policy: PathBuf,
    /// The message as a client posts it; `-` is the standard input.
    call: PathBuf,
    /// A header of the request; may be given several times.
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The address of the client.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    peer: String,
    /// When the call is made, in seconds since 1970; now if it is left out.
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,
    /// Make the call so many times, and explain the last.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    times: u32,
}

/// `name: value`
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write `name: value`")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().into()))
}

pub(crate) fn run(args: &Args, screen: &Screen) -> Ended {
    let mut player = player(&args.policy)?;
    let call = Input::read(&args.call)?;
    let mut step = Step::post(call.bytes);
    step.peer.clone_from(&args.peer);
    // A header that is given takes the place of one that every request has.
    step.headers.retain(|(name, _)| {
        args.header
            .iter()
            .all(|(given, _)| given.as_bytes() != name)
    });
    let given = args
        .header
        .iter()
        .map(|(name, value)| (name.clone().into(), value.clone().into()));
    step.headers.extend(given);
    let now = Millis(args.at.unwrap_or_else(now).saturating_mul(1000));
    let mut play = || player.play(&step, Split::Whole, now).map_err(Trouble);
    for _ in 1..args.times {
        play()?;
    }
    let played = play()?;
    if screen.json {
        screen.print_json(&value(&played)?)?;
    } else {
        screen.print(text(&played)?)?;
    }
    Ok(Ending::of(played.seen.forward))
}

/// The engine under a policy that somebody named.
pub(crate) fn player(path: &Path) -> Result<Player, Trouble> {
    let input = Input::read(path)?;
    Player::new(&input.bytes).map_err(|errors| {
        let first = errors
            .first()
            .map(PolicyError::to_string)
            .unwrap_or_default();
        Trouble(format!(
            "{}: {first} (`mcp-policy check` tells all)",
            input.name
        ))
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "who asks without a time means now"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// What the log would say, and the rules.
fn value(played: &Played) -> Result<Json, Trouble> {
    let mut line = line(played)?;
    if let Some(members) = line.as_object_mut() {
        members.insert("rules".into(), json!(played.findings));
    }
    Ok(line)
}

fn line(played: &Played) -> Result<Json, Trouble> {
    serde_json::from_str(&played.line).map_err(|error| Trouble(error.to_string()))
}

fn text(played: &Played) -> Result<String, Trouble> {
    let line = line(played)?;
    let of = |key: &str| plain(line.get(key).and_then(Json::as_str).unwrap_or_default());
    let mut text = String::new();
    let _ = if played.seen.forward {
        writeln!(text, "{GOOD}allowed{GOOD:#}")
    } else {
        let reason = of("reason");
        let rule = line
            .get("rule")
            .map_or_else(String::new, |_| format!(" by {}", of("rule")));
        writeln!(
            text,
            "{BAD}refused{BAD:#}{rule} ({reason}): {}",
            of("message")
        )
    };
    for finding in &played.findings {
        rule(&mut text, finding);
    }
    Ok(text)
}

fn rule(text: &mut String, finding: &Finding) {
    let (said, style) = match finding.said {
        Said::Passes => ("passes", GOOD),
        Said::Refuses => ("refuses", BAD),
        Said::WouldRefuse => ("would refuse", DOUBTFUL),
    };
    let rule = plain(finding.rule.as_deref().unwrap_or("what no policy changes"));
    let found = finding
        .found
        .as_ref()
        .map(|found| format!(" {FAINT}({found}){FAINT:#}"));
    let _ = writeln!(
        text,
        "  {style}{said:<12}{style:#} {rule}{}",
        found.unwrap_or_default()
    );
    finding
        .conditions
        .iter()
        .for_each(|sight| condition(text, sight));
}

fn condition(text: &mut String, sight: &Sight) {
    let truth = match sight.truth {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    };
    let (path, op) = (plain(&sight.path), sight.op);
    let value = sight
        .value
        .as_deref()
        .map_or_else(|| "nothing there".into(), plain);
    let _ = writeln!(
        text,
        "      {FAINT}{truth:<8}{FAINT:#} {path} {op}: {value}"
    );
}
