//! Turns a client's results, direct and through the gateway, into a verdict on each check.
//!
//! It knows no right answers: it compares both results with each other, or one with the check.

use super::story::{Check, Part};
use serde::Deserialize;
use serde_json::Value;

/// A line of a client's output.
#[derive(Debug, Deserialize)]
struct Line {
    check: String,
    ok: bool,
    saw: Value,
}

/// A judged check.
pub(crate) struct Judged {
    pub(crate) check: String,
    /// `None` for an allowed check.
    pub(crate) refusal: Option<String>,
    pub(crate) verdict: Verdict,
}

pub(crate) enum Verdict {
    /// Passed, with the client's reaction to a refusal.
    Passed(Value),
    /// The client's session ended, as the file expects.
    Died(Value),
    Cannot(String),
    Failed(String),
}

/// Judges every check of a part by the lines of both programs.
pub(crate) fn judge(
    part: &Part,
    revision: &str,
    directly: &[String],
    through: &[String],
) -> Vec<Judged> {
    let (directly, through) = (read(directly), read(through));
    let judged = |check: &Check, verdict| Judged {
        check: check.check.clone(),
        refusal: check.refusal.clone(),
        verdict,
    };
    let played = part.checks.iter().map(|check| {
        let lines =
            [&directly, &through].map(|lines| lines.iter().find(|line| line.check == check.check));
        let verdict = match (&check.refusal, lines) {
            (_, [_, None]) => Verdict::Failed(format!(
                "nothing came from the gateway's client, whose last words were {:?}",
                through.last()
            )),
            (None, [None, _]) => Verdict::Failed(format!(
                "nothing came from the direct client, whose last words were {:?}",
                directly.last()
            )),
            (None, [Some(directly), Some(through)]) => same(check, revision, directly, through),
            (Some(_), [_, Some(through)]) => refused(check, &part.tags, through),
        };
        judged(check, verdict)
    });
    let cannot = part
        .cannot
        .iter()
        .map(|(check, why)| judged(check, Verdict::Cannot(why.clone())));
    let strange = [&directly, &through].into_iter().flatten();
    let strange = strange
        .filter(|line| part.checks.iter().all(|check| check.check != line.check))
        .map(|line| Judged {
            check: line.check.clone(),
            refusal: None,
            verdict: Verdict::Failed(format!("the client's program said {}", line.saw)),
        });
    played.chain(cannot).chain(strange).collect()
}

/// A line that is not a check describes an error.
fn read(lines: &[String]) -> Vec<Line> {
    let read = |line: &String| {
        serde_json::from_str(line).unwrap_or_else(|_| Line {
            check: "(no check)".into(),
            ok: false,
            saw: line.clone().into(),
        })
    };
    lines.iter().map(read).collect()
}

fn same(check: &Check, revision: &str, directly: &Line, through: &Line) -> Verdict {
    let keep = |line: &Line| without(line.saw.clone(), &check.without);
    let saw = through.saw.to_string();
    let missing = check
        .shows
        .iter()
        .find(|text| !saw.contains(&text.replace("$revision", revision)));
    if !directly.ok || !through.ok {
        Verdict::Failed(format!("the session ended; {}", both(directly, through)))
    } else if keep(through) != through.saw {
        Verdict::Failed(format!("a name shows; {}", both(directly, through)))
    } else if !check.without.is_empty() && keep(directly) == directly.saw {
        Verdict::Failed(format!("nothing to hide; {}", both(directly, through)))
    } else if keep(directly) != keep(through) {
        Verdict::Failed(format!("not the same; {}", both(directly, through)))
    } else if let Some(text) = missing {
        Verdict::Failed(format!(
            "`{text}` is not in it; {}",
            both(directly, through)
        ))
    } else {
        Verdict::Passed(through.saw.clone())
    }
}

fn refused(check: &Check, tags: &[String], through: &Line) -> Verdict {
    let dies = check.dies.iter().any(|who| tags.contains(who));
    let seen = check
        .sees
        .as_ref()
        .is_some_and(|sees| holds(&through.saw, sees));
    match (seen, through.ok, dies) {
        (true, true, false) => Verdict::Passed(through.saw.clone()),
        (true, false, true) => Verdict::Died(through.saw.clone()),
        (false, ..) => Verdict::Failed(format!("it saw {}", through.saw)),
        (_, true, true) => {
            Verdict::Failed("its session lives, and the check says that it dies".into())
        }
        (_, false, false) => Verdict::Failed(format!("its session ended; it saw {}", through.saw)),
    }
}

fn both(directly: &Line, through: &Line) -> String {
    format!(
        "directly {}, through the gateway {}",
        directly.saw, through.saw
    )
}

/// Drops the items of these names from every list.
fn without(value: Value, names: &[String]) -> Value {
    let dropped = |item: &Value| {
        let mut own = ["name", "uri", "uriTemplate"]
            .into_iter()
            .filter_map(|key| item[key].as_str());
        own.any(|own| names.iter().any(|name| name == own))
    };
    match value {
        Value::Array(items) => items
            .into_iter()
            .filter(|item| !dropped(item))
            .map(|item| without(item, names))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, member)| (key, without(member, names)))
            .collect(),
        other => other,
    }
}

/// True where the pattern matches a part of the result. A text that ends in `…` is a prefix, `…` alone is anything but
/// null, and a list applies to every element.
/// a list repeats itself.
fn holds(seen: &Value, pattern: &Value) -> bool {
    match (seen, pattern) {
        (Value::Null, Value::String(any)) if any == "…" => false,
        (_, Value::String(any)) if any == "…" => true,
        (Value::String(seen), Value::String(pattern)) => pattern
            .strip_suffix('…')
            .map_or(seen == pattern, |start| seen.starts_with(start)),
        (Value::Array(seen), Value::Array(pattern)) => {
            !seen.is_empty()
                && seen.len() % pattern.len() == 0
                && seen
                    .iter()
                    .zip(pattern.iter().cycle())
                    .all(|(seen, pattern)| holds(seen, pattern))
        }
        (Value::Object(seen), Value::Object(pattern)) => pattern
            .iter()
            .all(|(key, pattern)| seen.get(key).is_some_and(|seen| holds(seen, pattern))),
        (seen, pattern) => seen == pattern,
    }
}
