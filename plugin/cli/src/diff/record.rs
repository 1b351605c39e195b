//! What the log decided, and whether a replay agrees with it.
//!
//! A replay that disagrees is not believed: a fact decided that the log does not hold.

use super::call::Verdict;
use crate::sanitize::printable;

/// The verdict of the old side: the record, or else the replay.
///
/// # Errors
/// Why there is none.
pub(super) fn decided(
    record: Option<Verdict>,
    replayed: Option<Result<Verdict, String>>,
) -> Result<Verdict, String> {
    match (record, replayed) {
        (Some(record), _) => Ok(record),
        (None, Some(replayed)) => replayed,
        (None, None) => Err("no decision was recorded".into()),
    }
}

/// How the replay of the policy that decided disagrees with the record.
pub(super) fn disagreement(
    record: Option<&Verdict>,
    replayed: Option<&Result<Verdict, String>>,
) -> Option<String> {
    let (record, replayed) = (record?, replayed?.as_ref().ok()?);
    if record.is_like(replayed) {
        return None;
    }
    let by = |verdict: &Verdict| {
        let rule = verdict.rule.as_deref().map(printable);
        rule.map_or_else(String::new, |rule| format!(" by {rule}"))
    };
    let counts = [record, replayed].map(|verdict| verdict.rule.as_deref());
    let why = match counts.into_iter().flatten().any(is_about_earlier_calls) {
        true => "the log may begin later than the count, or the gateway was restarted in between",
        false => "something decided that was not recorded",
    };
    Some(match record.allowed {
        true => format!(
            "the log allowed it, and the replay refuses it{}: {why}",
            by(replayed)
        ),
        false => format!(
            "the log refused it{}, and the replay allows it: {why}",
            by(record)
        ),
    })
}

fn is_about_earlier_calls(rule: &str) -> bool {
    let parts = ["/limits/", "/sequence/"];
    parts.iter().any(|part| rule.contains(part)) || rule.ends_with("/rate_limit")
}
