//! Turns a counter of Intercept into a limit of ours.
//!
//! Intercept counts for everybody together, in windows that begin with the minute, the hour or the day in UTC; so does the
//! scope `global` with the fixed windows of the same names.

use super::condition::{self, Path, Refusing};
use super::report::{At, Report};
use super::yaml::{Node, Value};
use serde_json::{Map, Value as Json};

/// The `state` of a rule.
#[derive(Debug)]
pub(super) struct State {
    pub(super) counter: String,
    window: String,
    increment: Increment,
}

#[derive(Debug)]
enum Increment {
    By(u64),
    /// The number at a path, in our spelling.
    From(String),
}

/// A condition that holds while a counter is below a number.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) at: At,
    path: String,
    value: f64,
    /// The number itself is too much.
    below: bool,
}

pub(super) const ELSEWHERE: &str = "a rule here reads no counter but its own; write one limit, and the same `counter` where else it counts";
const AMOUNTS: &str = "fractions are added up, which Intercept drops, and a negative amount is refused, by which Intercept lowers the counter";

/// `5/hour`.
pub(super) fn rate(text: &str) -> Option<(u64, String)> {
    let (max, window) = text.split_once('/')?;
    let max = max.parse::<u64>().ok().filter(|max| *max > 0)?;
    is_window(window).then(|| (max, window.into()))
}

fn is_window(text: &str) -> bool {
    ["minute", "hour", "day"].contains(&text)
}

pub(super) fn limit(
    counter: &str,
    window: &str,
    max: u64,
    cost: Option<&str>,
    words: &str,
) -> Json {
    let mut limit = Map::new();
    limit.insert("counter".into(), counter.into());
    limit.insert("window".into(), window.into());
    limit.insert("max".into(), max.into());
    limit.insert("scope".into(), "global".into());
    if let Some(cost) = cost {
        limit.insert("cost".into(), cost.into());
    }
    limit.insert("on_deny".into(), words.into());
    limit.into()
}

impl State {
    pub(super) fn read(report: &mut Report, at: &At, node: &Node) -> Option<Self> {
        let members = report.members(
            at,
            node,
            &["counter", "window", "increment", "increment_from"],
        );
        let counter = members.text("counter");
        let window = members.text("window").filter(|window| is_window(window));
        if counter.is_none() || window.is_none() {
            report.cannot(
                at,
                "a counter has a name and a `window`: \"minute\", \"hour\" or \"day\"",
            );
        }
        let increment = match (members.text("increment_from"), members.get("increment")) {
            (Some(from), _) => match condition::path(&from) {
                Ok(Path::Arguments(names)) => Some(Increment::From(condition::spelled(&names))),
                _ => None,
            },
            (None, None) => Some(Increment::By(1)),
            (
                None,
                Some(Node {
                    value: Value::Int(digits),
                    ..
                }),
            ) => {
                // Nothing is read as "not given".
                digits.parse().ok().map(|by: u64| Increment::By(by.max(1)))
            }
            (None, Some(_)) => None,
        };
        if increment.is_none() {
            report.cannot(
                at,
                "`increment` is a whole number, not negative; `increment_from` begins with `args.`",
            );
        }
        Some(Self {
            counter: counter?,
            window: window?,
            increment: increment?,
        })
    }
}

impl Bound {
    pub(super) fn read(
        report: &mut Report,
        at: &At,
        path: String,
        op: &str,
        operand: &Node,
    ) -> Option<Self> {
        let value = match &operand.value {
            Value::Int(digits) => digits.parse().ok(),
            Value::Float(number) => Some(*number),
            _ => None,
        };
        match (op, value) {
            ("lt" | "lte", Some(value)) => Some(Self {
                at: at.clone(),
                path,
                value,
                below: op == "lt",
            }),
            _ => {
                report.cannot(at, "a counter can be held against an upper bound alone, by `lt` or `lte` and a number");
                None
            }
        }
    }

    /// What the counter may reach; `None` where nothing is little enough.
    fn max(&self) -> Option<u64> {
        let most = if self.below {
            self.value.trunc() - 1.0
        } else {
            self.value.trunc()
        };
        // Before anything is counted, 0 is held against the bound itself.
        (self.value >= 0.0 && most >= 0.0).then(|| whole(most))
    }
}

/// The limit of a counter under its bounds, and what else refuses a call.
pub(super) fn of(
    report: &mut Report,
    at: &At,
    state: &State,
    counter: &str,
    bounds: &[Bound],
    words: &str,
) -> (Option<Json>, Refusing) {
    let path = format!("state.{counter}");
    let (own, others): (Vec<_>, Vec<_>) = bounds.iter().partition(|bound| bound.path == path);
    for other in others {
        report.cannot(&other.at, ELSEWHERE);
    }
    let Some((first, rest)) = own.split_first() else {
        return (None, without_bound(report, at, state));
    };
    let mut max = first.max();
    for bound in rest {
        if bound.max() < max {
            let message = "of two bounds on a counter the smaller one holds for the whole call";
            report.stricter(&bound.at, message);
            max = bound.max();
        }
    }
    let Some(max) = max else {
        return (None, Refusing::always());
    };
    let (max, cost) = match &state.increment {
        Increment::By(by) => (max.checked_div(*by).unwrap_or_default(), None),
        Increment::From(path) => {
            report.stricter(at, AMOUNTS);
            (max, Some(path.as_str()))
        }
    };
    (
        Some(limit(counter, &state.window, max, cost, words)),
        Refusing::default(),
    )
}

/// Intercept counts nothing without a bound, but still looks for the amount.
fn without_bound(report: &mut Report, at: &At, state: &State) -> Refusing {
    report.note(at, "no condition of the rule bounds this counter, so Intercept never counts it; it is left out");
    match &state.increment {
        Increment::By(_) => Refusing::default(),
        Increment::From(path) => {
            Refusing::require(condition::condition(path, "type", "number".into()))
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and not negative; what is too large is cut, and refused by the engine"
)]
fn whole(number: f64) -> u64 {
    number as u64
}
