//! Turns the texts of a tool into the marks of a prompt injection, and of other texts that are not written for people.
//!
//! It never proves a description honest: a sentence can lie in plain words.

use super::parameter::Parameter;
use super::signal::{Kind, Signal};
use super::tokenize;
use super::tool::Tool;
use crate::invisible::is_invisible;
use crate::sanitize;
use regex_lite::Regex;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// The marks. Texts are searched as a model reads them, in small letters and with single spaces.
const MARKS: [(&str, Kind, &str); 13] = [
    (
        r"\b(ignore|disregard|forget|override)\b.{0,20}\b(previous|prior|earlier|above|other|system|all)\b.{0,20}\b(instruction|instructions|prompt|prompts|rules|guidelines|context)\b",
        Kind::Poisoned,
        "Tells the model to ignore its instructions",
    ),
    (
        r"\b(do not|don't|never|without)\b.{0,12}\b(tell|telling|mention|mentioning|inform|informing|notify|notifying|show|showing|reveal|revealing|alert)\b.{0,24}\b(user|users|human|anyone|them)\b",
        Kind::Poisoned,
        "Tells the model to hide something from the user",
    ),
    (
        r"(~/\.[a-z]|/etc/(passwd|shadow)|\bid_(rsa|ed25519|ecdsa)\b|\.ssh\b|\.aws/|\.kube/config|\.netrc\b|\.npmrc\b|\.pgpass\b|claude_desktop_config|\.cursor/|\bmcp\.json\b)",
        Kind::Poisoned,
        "Names files that hold secrets",
    ),
    (
        r"<\s*/?\s*(important|system|secret|instruction|instructions|hidden|admin|override)\s*>|\[/?(inst|system|important)\]|<\|[a-z_]+\|>",
        Kind::Poisoned,
        "Marks text as an instruction",
    ),
    (r"<!--", Kind::Poisoned, "Has a hidden comment"),
    (
        r"\b(send|include|pass|attach|append|copy|put|provide|forward|repeat)\b.{0,60}\b(system prompt|conversation history|chat history|previous messages|(entire|whole|full|this) conversation)\b",
        Kind::Poisoned,
        "Asks for the conversation",
    ),
    (
        r"\b(read|include|send|pass|attach|append|copy|put)\b.{0,40}\b(private key|ssh key|api key|password|credentials|access token|environment variables)\b.{0,60}\b(parameter|argument|field|sidenote|to this tool|as)\b",
        Kind::Poisoned,
        "Asks the model for secrets",
    ),
    (
        r"\bbefore (using|calling|running|invoking) (this|any|other|the)\b",
        Kind::Steering,
        "Gives the model orders before a call",
    ),
    (
        r"\b(must|always|shall|should always)\b.{0,8}\b(be (called|used|invoked)|call|use|invoke) (first|this|every|before|whenever|for)\b|\bmust be (called|used|invoked)\b",
        Kind::Steering,
        "Demands to be called",
    ),
    (
        r"\b(instead of|do not use|don't use|never use) (the |any |other )?\S+ tools?\b",
        Kind::Steering,
        "Tells the model not to use other tools",
    ),
    (
        r"\byou were advised\b|\bwere advised to refuse\b|\bno longer (need|have) to refuse\b|\bthis (tool )?(now )?grants you\b",
        Kind::Steering,
        "Tells the model to ignore earlier refusals",
    ),
    (
        r"\b(return|get|list|show|print|dump|reveal|display)s? (all |every )?((of )?(the|its|server|process)('s)? )*environment( variables?\b|$)",
        Kind::Secrets,
        "Exposes environment variables",
    ),
    (
        r"[a-z0-9+/]{120,}={0,2}",
        Kind::Poisoned,
        "Has a long run of encoded text",
    ),
];

static COMPILED: LazyLock<Vec<(Regex, Kind, &str)>> = LazyLock::new(|| {
    let compiled = MARKS
        .iter()
        .map(|(mark, kind, says)| Some((Regex::new(mark).ok()?, *kind, *says)));
    compiled.flatten().collect()
});

/// The longest text that is searched, in characters; a longer one is a signal by itself.
const LONGEST: usize = 50_000;

/// Every mark in the tool's own texts and in those of its parameters.
pub(crate) fn signals(tool: &Tool, parameters: &[Parameter]) -> Vec<Signal> {
    let raw = raw_texts(tool);
    let mut signals: Vec<Signal> = hidden(&raw).into_iter().collect();
    let parameters = parameters.iter().map(|one| one.description.as_str());
    let texts = [
        tool.title.as_deref().unwrap_or_default(),
        tool.description(),
    ];
    for text in texts.into_iter().chain(parameters) {
        for signal in marks(text) {
            if !signals.contains(&signal) {
                signals.push(signal);
            }
        }
    }
    signals
}

fn marks(text: &str) -> Vec<Signal> {
    let text = tokenize::plain(text).to_lowercase();
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shorter: String = text.chars().take(LONGEST).collect();
    let found = COMPILED.iter().filter_map(|(mark, kind, says)| {
        let found = mark.find(&shorter)?.as_str();
        Some(Signal {
            kind: *kind,
            says: format!("{says} ({})", sanitize::quoted(found, 60)),
        })
    });
    let long = (shorter.len() < text.len()).then(|| Signal {
        kind: Kind::Poisoned,
        says: format!("Has a text of {} characters", text.chars().count()),
    });
    found.chain(long).collect()
}

/// Names, titles, descriptions and the whole schema, where text may hide as well.
fn raw_texts(tool: &Tool) -> String {
    let schema = serde_json::to_string(&tool.input_schema).unwrap_or_default();
    let texts = [
        &tool.name,
        tool.title.as_deref().unwrap_or_default(),
        tool.description(),
        &schema,
    ];
    texts.concat()
}

/// Characters that are invisible to a person and read by a model.
fn hidden(text: &str) -> Option<Signal> {
    let mut found: Vec<char> = text.chars().filter(|c| is_invisible(*c)).collect();
    let count = found.len();
    found.sort_unstable();
    found.dedup();
    let mut names = String::new();
    for c in found.iter().take(4) {
        let comma = if names.is_empty() { "" } else { ", " };
        let _ = write!(names, "{comma}U+{:04X}", u32::from(*c));
    }
    (count > 0).then(|| Signal {
        kind: Kind::Poisoned,
        says: format!("Has {count} invisible characters ({names})"),
    })
}
