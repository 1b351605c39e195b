//! A host of the corpus: a name, a clock, and a function that turns cases into observations.
//!
//! It never sees the expectations.

use crate::case::Case;
use mcp_policy_cases::{Outcome, Split};

/// A place where the plugin runs.
pub struct Host {
    /// The heading of its column.
    pub name: String,
    /// Whether its time is set or real.
    pub clock: ClockKind,
    /// Plays cases. A panic fails the host as a whole.
    pub play: Box<PlayAll>,
}

type PlayAll = dyn Fn(&[Case]) -> Vec<Played<'_>> + Send + Sync;

/// One playing of a case.
#[derive(Debug)]
pub struct Played<'c> {
    /// Which case.
    pub case: &'c Case,
    /// The circumstances of this run, for the reader of a failure.
    pub how: String,
    /// How bodies arrived.
    pub class: Class,
    /// The observations.
    pub outcome: Outcome,
}

/// How bodies arrive, as the classes by which playings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// In one piece.
    Whole,
    /// In a few pieces.
    Cut,
    /// Byte by byte.
    Bytes,
    /// Ended by trailers.
    Trailers,
}

/// Whether a host's clock follows the cases, or is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The host's time is the step's.
    Set,
    /// Waiting times cannot be foretold, only that there is one.
    Real,
}

/// In how many ways bodies are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splits {
    /// At the places that show a mistake most likely.
    Chosen,
    /// Also in two at each of the first bytes.
    Every,
}

impl Splits {
    /// [`Splits::Every`] if `$SPLITS` is `every`, otherwise `usual`.
    ///
    /// # Panics
    /// When `$SPLITS` is another text.
    pub fn or(usual: Self) -> Self {
        match std::env::var("SPLITS").as_deref() {
            Ok("every") => Self::Every,
            Ok("") | Err(_) => usual,
            Ok(other) => panic!("SPLITS is `every` or not set, not `{other}`"),
        }
    }

    /// The ways for a case.
    pub fn of(self, case: &Case) -> Vec<Split> {
        match self {
            Self::Chosen => Split::chosen(&case.bodies()),
            Self::Every => Split::all(&case.bodies()),
        }
    }

    /// Plays every case in each way.
    pub fn play(self, cases: &[Case], play: impl Fn(&Case, Split) -> Outcome) -> Vec<Played<'_>> {
        let each = |case| self.of(case).into_iter().map(move |split| (case, split));
        let played = |(case, split)| Played::new(case, split, play(case, split));
        cases.iter().flat_map(each).map(played).collect()
    }
}

impl Host {
    /// A host with this name and clock.
    pub fn new(
        name: &str,
        clock: ClockKind,
        play: impl Fn(&[Case]) -> Vec<Played<'_>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            clock,
            play: Box::new(play),
        }
    }
}

impl<'c> Played<'c> {
    /// A playing with bodies cut by `split`.
    pub fn new(case: &'c Case, split: Split, outcome: Outcome) -> Self {
        Self {
            case,
            how: format!("{split:?}"),
            class: Class::of(split),
            outcome,
        }
    }
}

impl Class {
    /// All classes, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Whole, Self::Cut, Self::Bytes, Self::Trailers];

    fn of(split: Split) -> Self {
        match split {
            Split::Whole => Self::Whole,
            Split::At(_) | Split::Each(_) => Self::Cut,
            Split::Bytes => Self::Bytes,
            Split::Trailers => Self::Trailers,
        }
    }

    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Cut => "cut",
            Self::Bytes => "bytes",
            Self::Trailers => "trailers",
        }
    }
}
