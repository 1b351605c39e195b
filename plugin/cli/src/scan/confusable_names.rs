//! Turns the names of a server's tools into signals about those that people or models may confuse.
//!
//! It never knows the names of another server.

use super::signal::{Kind, Signal};
use super::tokenize;
use super::tool::Tool;
use crate::sanitize;
use std::collections::{BTreeMap, BTreeSet};
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

/// Signals by the name of the tool that they are about.
pub(super) fn signals(tools: &[Tool]) -> BTreeMap<&str, Vec<Signal>> {
    let mut skeletons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut signals: BTreeMap<&str, Vec<Signal>> = BTreeMap::new();
    for tool in tools {
        let name = tool.name.as_str();
        skeletons.entry(skeleton_of(name)).or_default().push(name);
        signals
            .entry(name)
            .or_default()
            .extend(foreign_script(name));
    }
    for names in skeletons.values() {
        for name in names {
            let others = names.iter().filter(|other| other != &name);
            let looks = others.map(|other| format!("Looks like {}", sanitize::quoted(other, 80)));
            signals.entry(name).or_default().extend(looks.map(says));
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

/// A name without the differences between letters that look alike, case and separators.
fn skeleton_of(name: &str) -> String {
    let seen: String = tokenize::plain(name).to_lowercase();
    let seen: String = skeleton(&seen).collect();
    seen.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Letters of another script among Latin ones.
fn foreign_script(name: &str) -> Option<Signal> {
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

/// Descriptions that mention other tools of this server, by names that are not plain words.
fn mentions<'a>(tools: &'a [Tool], signals: &mut BTreeMap<&'a str, Vec<Signal>>) {
    let names = tools.iter().map(|tool| tool.name.as_str());
    let names: Vec<&str> = names.filter(|name| is_distinctive(name)).collect();
    for tool in tools {
        if let Some(signal) = mention(tool, &names) {
            signals.entry(&tool.name).or_default().push(signal);
        }
    }
}

fn is_distinctive(name: &str) -> bool {
    name.contains(['_', '-', '.']) || name.chars().any(char::is_uppercase)
}

fn mention(tool: &Tool, names: &[&str]) -> Option<Signal> {
    const MOST: usize = 3;
    let words = tool
        .description()
        .split(|c: char| !c.is_alphanumeric() && !"_-.".contains(c));
    let words: BTreeSet<&str> = words.map(|word| word.trim_end_matches('.')).collect();
    let others = names.iter().filter(|name| **name != tool.name);
    let others = others.filter(|name| words.contains(**name)).take(MOST);
    let others: Vec<String> = others.map(|name| sanitize::line(name, 80)).collect();
    (!others.is_empty()).then(|| Signal {
        kind: Kind::Steering,
        says: format!("Mentions other tools ({})", others.join(", ")),
    })
}
