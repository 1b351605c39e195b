//! Compares a condition's verdicts on many texts with other programs' readings of them.
//!
//! It never outvotes a program: a single one that resolves a text elsewhere is a contradiction.

use crate::judge::{Judge, Truth};
use crate::oracle::Oracle;

/// A reading of a text that ends inside, and one that ends outside, where a program has such.
type Witnesses = (Option<String>, Option<String>);

/// The results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Certainly inside.
    pub inside: u64,
    /// Certainly outside.
    pub outside: u64,
    /// Neither, and refused by every rule.
    pub unknown: u64,
    /// Texts that some program takes inside and another, or the same after a change, outside.
    pub tricks: u64,
}

impl Tally {
    /// How many texts there were.
    pub fn texts(&self) -> u64 {
        self.inside + self.outside + self.unknown
    }
}

/// Texts of both kinds, as many as one likes.
pub trait Texts {
    /// One that is meant to be misread.
    fn hostile(&mut self) -> String;
    /// An ordinary text, of a place inside.
    fn ordinary(&mut self) -> String;
}

/// Asks about so many hostile texts, and then about so many ordinary ones, and prints the results. The hostile ones
/// must cover every kind, and no ordinary one may be outside.
///
/// # Panics
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

/// Asks about `count` texts.
///
/// # Panics
/// When the judge calls a text inside that a program takes outside, or outside that one takes inside.
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
