//! Compares a condition's verdicts on many texts with other programs' readings of them.
//!
//! It never takes a majority: a single program that resolves a text elsewhere is a contradiction.

use crate::judge::{Judge, Truth};
use crate::oracle::Oracle;

/// A program's reading of a text that is inside, and one that is outside, where there are such.
type Witnesses = (Option<String>, Option<String>);

/// The results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Texts that are inside.
    pub inside: u64,
    /// Texts that are outside.
    pub outside: u64,
    /// Texts that are neither: every rule refuses them.
    pub unknown: u64,
    /// Texts that some program reads as inside and another, or the same one after a change, as outside.
    pub tricks: u64,
}

impl Tally {
    /// The number of texts.
    pub fn texts(&self) -> u64 {
        self.inside + self.outside + self.unknown
    }
}

/// Endless texts of both kinds.
pub trait Texts {
    /// A text that is meant to be misread.
    fn hostile(&mut self) -> String;
    /// An ordinary text that is inside.
    fn ordinary(&mut self) -> String;
}

/// Plays so many hostile texts and then so many ordinary ones, and prints the results. The hostile ones must cover
/// every verdict, and no ordinary one may be outside.
///
/// When these conditions do not hold, and when [`contest`] panics.
/// When that is not so, and when [`contest`] does.
pub fn play(
    name: &str,
    judge: &mut Judge,
    oracles: &mut [Oracle],
    texts: &mut impl Texts,
    (hostile, ordinary): (usize, usize),
) -> Tally {
    let seen = contest(judge, oracles, hostile, || texts.hostile());
    println!("{name}: {hostile} hostile texts, no contradiction: {seen:?}");
    let enough = seen.texts() / 50;
    assert!(
        seen.inside > enough && seen.outside > enough && seen.tricks > 0,
        "the test sees little: {seen:?}"
    );
    let tally = contest(judge, oracles, ordinary, || texts.ordinary());
    assert_eq!(tally.outside, 0, "an ordinary text inside is never outside");
    print_refused(name, tally);
    seen
}

/// Plays `count` texts.
///
/// # Panics
/// When the judge calls a text inside that a program reads as outside, or the reverse.
pub fn contest(
    judge: &mut Judge,
    oracles: &mut [Oracle],
    count: usize,
    mut next: impl FnMut() -> String,
) -> Tally {
    const BATCH: usize = 1000;
    let mut tally = Tally::default();
    let mut contradictions = Vec::new();
    for start in (0..count).step_by(BATCH) {
        let texts: Vec<_> = (start..count.min(start + BATCH)).map(|_| next()).collect();
        oracles.iter_mut().for_each(|oracle| oracle.ask(&texts));
        let truths: Vec<_> = texts.iter().map(|text| judge.of(text)).collect();
        let answers: Vec<Vec<Witnesses>> = oracles
            .iter_mut()
            .map(|oracle| oracle.answers(&texts))
            .collect();
        for (index, text) in texts.iter().enumerate() {
            let witnesses = || answers.iter().map(|answer| &answer[index]);
            let inside = witnesses().find_map(|(inside, _)| inside.as_ref());
            let outside = witnesses().find_map(|(_, outside)| outside.as_ref());
            let truth = truths[index];
            let contradiction = match truth {
                Truth::True => outside,
                Truth::False => inside,
                Truth::Unknown => None,
            };
            if let Some(reading) = contradiction {
                contradictions.push(format!("{text:?} is {truth:?}, but {reading:?}"));
            }
            match truth {
                Truth::True => tally.inside += 1,
                Truth::False => tally.outside += 1,
                Truth::Unknown => tally.unknown += 1,
            }
            tally.tricks += u64::from(inside.is_some() && outside.is_some());
        }
        if contradictions.len() > 20 {
            break;
        }
    }
    assert!(
        contradictions.is_empty(),
        "{} contradictions:\n{}",
        contradictions.len(),
        contradictions.join("\n")
    );
    tally
}

/// Prints the number of refused ordinary texts.
fn print_refused(what: &str, tally: Tally) {
    let refused = tally.texts() - tally.inside;
    let share = refused as f64 * 100.0 / tally.texts() as f64;
    println!(
        "{what}: {refused} of {} ordinary ones refused ({share:.2} %)",
        tally.texts()
    );
}
