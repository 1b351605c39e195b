//! Turns the names of a server's tools into warnings about those that people or models would take for one another.
//!
//! It knows the names of one server only.

use super::clean;
use super::signals::{Kind, Signal};
use super::tool::Tool;
use std::collections::BTreeMap;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

/// Signals by the name of the tool that they are about.
pub(crate) fn signals(tools: &[Tool]) -> BTreeMap<&str, Vec<Signal>> {
    let mut shapes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut signals: BTreeMap<&str, Vec<Signal>> = BTreeMap::new();
    for tool in tools {
        shapes
            .entry(shape(&tool.name))
            .or_default()
            .push(&tool.name);
        signals
            .entry(&tool.name)
            .or_default()
            .extend(foreign(&tool.name));
    }
    for names in shapes.values().filter(|names| names.len() > 1) {
        for name in names {
            let others = names.iter().filter(|other| other != &name);
            let all = signals.entry(name).or_default();
            all.extend(
                others.map(|other| says(format!("Looks like {}", clean::quoted(other, 80)))),
            );
        }
    }
    mentions(tools, &mut signals);
    signals
}

fn says(says: String) -> Signal {
    Signal {
        kind: Kind::LookAlike,
        says,
    }
}

/// What remains of a name where letters that look the same are the same, and case and separators do not count.
fn shape(name: &str) -> String {
    let seen: String = super::words::plain(name).to_lowercase();
    let seen: String = skeleton(&seen).collect();
    seen.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Letters of another script among Latin ones.
fn foreign(name: &str) -> Option<Signal> {
    let mixed = !name.is_single_script();
    let strange = name.chars().find(|c| !c.is_ascii())?;
    let code = u32::from(strange);
    let what = if mixed {
        "mixes scripts"
    } else {
        "is not in ASCII"
    };
    Some(says(format!("Name {what} (U+{code:04X})")))
}

/// Descriptions that speak of other tools of this server, by names that are no plain words.
fn mentions<'a>(tools: &'a [Tool], signals: &mut BTreeMap<&'a str, Vec<Signal>>) {
    const MOST: usize = 3;
    let telling =
        |name: &&str| name.contains(['_', '-', '.']) || name.chars().any(char::is_uppercase);
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool.name.as_str())
        .filter(telling)
        .collect();
    for tool in tools {
        let words: std::collections::BTreeSet<&str> = tool
            .description()
            .split(|c: char| !c.is_alphanumeric() && !"_-.".contains(c))
            .map(|word| word.trim_end_matches('.'))
            .collect();
        let others = names
            .iter()
            .filter(|name| **name != tool.name && words.contains(**name));
        let others: Vec<String> = others
            .take(MOST)
            .map(|name| clean::line(name, 80))
            .collect();
        if !others.is_empty() {
            signals.entry(&tool.name).or_default().push(Signal {
                kind: Kind::Steering,
                says: format!("Speaks of other tools ({})", others.join(", ")),
            });
        }
    }
}
