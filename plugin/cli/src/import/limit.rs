//! Turns a counter of Intercept into a limit of ours.
//!
//! Intercept counts all callers together, in windows that begin with the minute, the hour or the day in UTC; so does the
//! scope `global` with the fixed windows of the same names. It never imports a counter without a bound.

use super::condition::{self, Path};
use super::messages::{Location, Members, Messages};
use super::name;
use crate::argument_path;
use crate::yaml::Node;
use serde_json::{Map, Value as Json};

/// The `state` of a rule.
#[derive(Debug)]
pub(super) struct State {
    pub(super) counter: String,
    pub(super) window: String,
    pub(super) increment: Increment,
}

#[derive(Debug)]
pub(super) enum Increment {
    By(u64),
    /// The number at a path, in our spelling.
    From(String),
}

/// The largest `max` of the engine.
const MOST: u64 = 1_000_000_000_000;

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
    limit.insert("counter".into(), named(counter).into());
    limit.insert("window".into(), window.into());
    limit.insert("max".into(), max.min(MOST).into());
    limit.insert("scope".into(), "global".into());
    if let Some(cost) = cost {
        limit.insert("cost".into(), cost.into());
    }
    // The nearest to Intercept, which refunds every JSON-RPC error.
    limit.insert("refund".into(), "on_error".into());
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
        let increment = Increment::of(node);
        if increment.is_none() {
            let message = "`increment` is a whole number; `increment_from` begins with `args.`";
            messages.cannot(at, message);
        }
        if members.get("increment").is_some_and(is_negative) {
            let message = "an `increment` below 0 counts as 1";
            messages.stricter(at, message);
        }
        Some(Self {
            counter: counter?,
            window: window?,
            increment: increment?,
        })
    }
}

impl Increment {
    /// Of a `state`.
    pub(super) fn of(state: &Node) -> Option<Self> {
        let members = Members::of(state);
        if let Some(from) = members.text("increment_from") {
            let Ok(Path::Arguments(names)) = condition::path(&from) else {
                return None;
            };
            return Some(Self::From(argument_path::members(&names)));
        }
        match members.get("increment") {
            None => Some(Self::By(1)),
            // Intercept reads 0 as a missing increment.
            Some(node) if is_negative(node) => Some(Self::By(1)),
            Some(node) => {
                let by = node.value.digits()?.parse::<u64>();
                by.ok().map(|by| Self::By(by.max(1)))
            }
        }
    }
}

fn is_negative(node: &Node) -> bool {
    let digits = node.value.digits();
    digits.is_some_and(|digits| digits.starts_with('-'))
}

/// A counter's name in our policy, from its name in Intercept's store.
fn named(counter: &str) -> String {
    const LONGEST: usize = 128;
    let name = counter.trim().replace(name::is_hidden, "_");
    if name.chars().count() <= LONGEST {
        return name;
    }
    // FNV-1a. Two names with one hash would share a count, which refuses more.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let beginning: String = name.chars().take(100).collect();
    format!("{beginning}~{hash:016x}")
}
