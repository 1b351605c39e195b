//! Turns a counter of Intercept into a limit of ours.
//!
//! Intercept counts all callers together, in windows that begin with the minute, the hour or the day in UTC; so does the
//! scope `global` with the fixed windows of the same names. It never imports a counter without a bound.

use super::condition::{self, Path};
use super::messages::{Location, Members, Messages};
use super::refusal::{Refusal, condition};
use super::yaml::{Node, Value};
use crate::argument_path;
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
    pub(super) at: Location,
    path: String,
    value: f64,
    /// The number itself exceeds the bound.
    below: bool,
}

pub(super) const ELSEWHERE: &str = "a rule here reads only its own counter; write one limit, and the same `counter` in other rules that count with it";
const AMOUNTS: &str = "fractions are added, while Intercept drops them; a negative amount is refused, while Intercept lowers the counter by it";

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
    pub(super) fn read(messages: &mut Messages, at: &Location, node: &Node) -> Option<Self> {
        let keys = ["counter", "window", "increment", "increment_from"];
        let members = messages.members(at, node, &keys);
        let counter = members.text("counter");
        let window = members.text("window").filter(|window| is_window(window));
        if counter.is_none() || window.is_none() {
            messages.cannot(
                at,
                "a counter has a name and a `window`: \"minute\", \"hour\" or \"day\"",
            );
        }
        let increment = Increment::read(members);
        if increment.is_none() {
            messages.cannot(
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

impl Increment {
    fn read(members: Members<'_>) -> Option<Self> {
        if let Some(from) = members.text("increment_from") {
            let Ok(Path::Arguments(names)) = condition::path(&from) else {
                return None;
            };
            return Some(Self::From(argument_path::members(&names)));
        }
        match members.get("increment").map(|node| &node.value) {
            None => Some(Self::By(1)),
            // Intercept reads 0 as a missing increment.
            Some(Value::Int(digits)) => digits.parse().ok().map(|by: u64| Self::By(by.max(1))),
            Some(_) => None,
        }
    }
}

impl Bound {
    pub(super) fn read(
        messages: &mut Messages,
        at: &Location,
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
                messages.cannot(
                    at,
                    "a counter can only have an upper bound, by `lt` or `lte` and a number",
                );
                None
            }
        }
    }

    /// The most that the counter may reach; `None` where even 0 is too much.
    fn max(&self) -> Option<u64> {
        let most = if self.below {
            self.value.trunc() - 1.0
        } else {
            self.value.trunc()
        };
        // Before the first call, Intercept compares 0 with the bound itself.
        (self.value >= 0.0 && most >= 0.0).then(|| whole(most))
    }
}

/// The limit of a counter under its bounds, and further rules that refuse a call.
pub(super) fn of(
    messages: &mut Messages,
    at: &Location,
    state: &State,
    counter: &str,
    bounds: &[Bound],
    words: &str,
) -> (Option<Json>, Refusal) {
    let path = format!("state.{counter}");
    let (own, others): (Vec<_>, Vec<_>) = bounds.iter().partition(|bound| bound.path == path);
    for other in others {
        messages.cannot(&other.at, ELSEWHERE);
    }
    let Some((first, rest)) = own.split_first() else {
        return (None, without_bound(messages, at, state));
    };
    let Some(max) = smallest(messages, first, rest) else {
        return (None, Refusal::always());
    };
    let (max, cost) = match &state.increment {
        Increment::By(by) => (max.checked_div(*by).unwrap_or_default(), None),
        Increment::From(path) => {
            messages.stricter(at, AMOUNTS);
            (max, Some(path.as_str()))
        }
    };
    let limit = limit(counter, &state.window, max, cost, words);
    (Some(limit), Refusal::default())
}

/// The smallest of several bounds; `None` where the counter may not even reach 0.
fn smallest(messages: &mut Messages, first: &Bound, rest: &[&Bound]) -> Option<u64> {
    let mut max = first.max();
    for bound in rest {
        if bound.max() < max {
            let message = "the smaller of two bounds on a counter applies to the whole call";
            messages.stricter(&bound.at, message);
            max = bound.max();
        }
    }
    max
}

/// Intercept counts nothing without a bound, but still looks for the amount.
fn without_bound(messages: &mut Messages, at: &Location, state: &State) -> Refusal {
    messages.note(at, "no condition of the rule bounds this counter, so Intercept never counts it; it is left out");
    match &state.increment {
        Increment::By(_) => Refusal::default(),
        Increment::From(path) => Refusal::require(condition(path, "type", "number".into())),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is whole and not negative; too large a number is clamped, and refused by the engine"
)]
fn whole(number: f64) -> u64 {
    number as u64
}
