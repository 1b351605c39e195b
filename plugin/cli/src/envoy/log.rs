//! Turns lines of Envoy's log into the words with which it refused a configuration.
//!
//! It never takes a text that a client chose for a word of Envoy.

use crate::sanitize::line;

/// The most words that are shown, and the most characters of each.
const MOST: usize = 20;
const LONGEST: usize = 600;

/// The words of the plugin, or of Envoy where the plugin says nothing; each once.
#[must_use]
pub fn refusals(log: &str) -> Vec<String> {
    let of_plugin: Vec<_> = log.lines().filter_map(of_plugin).collect();
    let words = match of_plugin.is_empty() {
        true => log.lines().filter_map(of_envoy).collect(),
        false => of_plugin,
    };
    let mut seen = Vec::new();
    for word in words.into_iter().map(|word| line(word, LONGEST)) {
        if !seen.contains(&word) && seen.len() < MOST {
            seen.push(word);
        }
    }
    seen
}

/// The text of a line `[time][thread][level][subject] [file] TEXT`. Only the beginning of a line says its subject: a name that
/// a client chose comes later.
fn text_of<'l>(line: &'l str, subject: &str) -> Option<&'l str> {
    let (head, rest) = line.split_once("] [")?;
    let text = rest.split_once("] ")?.1;
    head.ends_with(subject).then_some(text)
}

/// `wasm log NAME ROOT VM: TEXT`.
fn of_plugin(line: &str) -> Option<&str> {
    let said = text_of(line, "[wasm")?.strip_prefix("wasm log ")?;
    let (_, text) = said.split_once(": ")?;
    text.strip_prefix("mcp-policy: policy refused: ")
}

/// `… rejected: TEXT`, or `… failure: TEXT`.
fn of_envoy(line: &str) -> Option<&str> {
    let said = text_of(line, "[config")?;
    let marks = ["rejected: ", "failure: "];
    let mut words = marks
        .iter()
        .filter_map(|mark| Some(said.split_once(mark)?.1));
    words.next()
}
