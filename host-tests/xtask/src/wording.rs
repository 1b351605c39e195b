//! The wording lint: turns the comments and Markdown of the repository into a rate of turns of phrase to avoid.
//!
//! It never judges a sentence: it counts words, and a low rate is necessary, not sufficient, for plain English.

#[cfg(test)]
mod tests;

use anyhow::{Context, Result, ensure};
use std::cmp::Reverse;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// The highest accepted rate, in turns per 1,000 words.
const CEILING: f64 = 4.0;

/// The number of files that a failure lists.
const WORST: usize = 10;

const WORDS: [&str; 7] = [
    "what", "nobody", "whoever", "whatever", "tell", "tells", "told",
];

const PAIRS: [(&str, &str); 7] = [
    ("held", "against"),
    ("taken", "for"),
    ("stand", "in"),
    ("stands", "in"),
    ("is", "no"),
    ("is", "none"),
    ("are", "none"),
];

/// The counts of some prose.
#[derive(Clone, Copy, Default)]
struct Tally {
    turns: usize,
    words: usize,
}

/// The count of each file that contains a turn, the most turns first, and the count of all files.
pub(crate) struct Report {
    files: Vec<(String, Tally)>,
    total: Tally,
}

/// Counts the files that Git tracks in the folder.
///
/// # Errors
/// When Git does not list the folder, or a listed file is unreadable.
pub(crate) fn check(folder: &Path) -> Result<Report> {
    let mut texts = Vec::new();
    for path in tracked(folder)? {
        let file = folder.join(&path);
        if marker(&path).is_some() && file.exists() {
            let text = std::fs::read_to_string(file).with_context(|| path.clone())?;
            texts.push((path, text));
        }
    }
    Ok(Report::of(texts))
}

fn tracked(folder: &Path) -> Result<Vec<String>> {
    let list = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(folder)
        .output()?;
    ensure!(list.status.success(), "`git ls-files` failed");
    let paths = String::from_utf8(list.stdout)?;
    Ok(paths.split_terminator('\0').map(str::to_owned).collect())
}

/// The text that starts a line comment in a file of this name; empty for Markdown, which is prose throughout.
fn marker(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit('.').next()? {
        "md" => Some(""),
        "rs" | "js" | "mjs" | "ts" | "wit" => Some("//"),
        "py" | "toml" | "yaml" | "yml" | "mk" | "Makefile" => Some("#"),
        _ => None,
    }
}

/// The part of a line after the marker, or in a block comment with a star at each line.
fn prose<'a>(line: &'a str, marker: &str) -> Option<&'a str> {
    let starred = || line.trim_start().strip_prefix("* ");
    match line.split_once(marker) {
        Some((before, after)) if before.is_empty() || before.ends_with(' ') => Some(after),
        _ if marker == "//" => starred(),
        _ => None,
    }
}

impl Tally {
    fn of(text: &str, marker: &str) -> Self {
        let prose: Vec<_> = text
            .lines()
            .filter_map(|line| prose(line, marker))
            .collect();
        let prose = prose.join("\n").to_lowercase();
        let letter = |character: char| character.is_alphabetic() || character == '\'';
        let words = prose.split(|character| !letter(character));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let single = words.iter().filter(|word| WORDS.contains(word)).count();
        let pairs = words.iter().zip(words.iter().skip(1));
        let pairs = pairs.filter(|(first, second)| PAIRS.contains(&(**first, **second)));
        Self {
            turns: single + pairs.count(),
            words: words.len(),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            turns: self.turns + other.turns,
            words: self.words + other.words,
        }
    }

    /// Turns per 1,000 words.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a repository has fewer words than 2^52"
    )]
    fn rate(self) -> f64 {
        1000.0 * self.turns as f64 / self.words.max(1) as f64
    }
}

impl Report {
    fn of(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let count = |(path, text): (String, String)| {
            let tally = Tally::of(&text, marker(&path)?);
            Some((path, tally))
        };
        let mut files: Vec<_> = texts.into_iter().filter_map(count).collect();
        let tallies = files.iter().map(|(_, tally)| *tally);
        let total = tallies.fold(Tally::default(), Tally::plus);
        files.retain(|(_, tally)| tally.turns > 0);
        files.sort_by_key(|(_, tally)| Reverse(tally.turns));
        Self { files, total }
    }

    pub(crate) fn passes(&self) -> bool {
        self.total.rate() <= CEILING
    }

    /// The files with the most turns, one a line.
    pub(crate) fn worst(&self) -> String {
        let line = |(path, tally): &(String, Tally)| {
            format!("  {path}: {} in {} words\n", tally.turns, tally.words)
        };
        self.files.iter().take(WORST).map(line).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, words) = (self.total.rate(), self.total.words);
        let turns = "turns of phrase to avoid per 1,000 words";
        writeln!(
            formatter,
            "wording: {rate:.1} {turns} ({words} words; at most {CEILING:.1})"
        )
    }
}
