//! A policy with a mistake, and its expected refusal.

use mcp_policy::host::{Policy, PolicyError, Problem};

/// A policy with a mistake in it.
pub(super) struct Mutant {
    pub(super) what: &'static str,
    pub(super) text: String,
    pub(super) expected: Expected,
}

pub(super) enum Expected {
    /// The first message is about this place, its parent, or something in it.
    At(String),
    /// The first message is about one of these.
    AtOneOf(Vec<String>),
    /// The first message is about the text, at this byte or anywhere.
    Text(Option<usize>),
}

impl Mutant {
    /// The difference from the expected refusal, if there is one.
    pub(super) fn wrong(&self) -> Option<String> {
        let Err(errors) = Policy::parse(self.text.as_bytes()) else {
            return Some("it is accepted".into());
        };
        let Some(first) = errors.first() else {
            return Some("nothing says why it is refused".into());
        };
        let named = match &self.expected {
            Expected::At(place) => is_near(&first.at, place),
            Expected::AtOneOf(places) => places.iter().any(|place| is_near(&first.at, place)),
            Expected::Text(at) => self.points_at(first, *at),
        };
        (!named).then(|| format!("the first message is: {first}"))
    }

    pub(super) fn points_at(&self, error: &PolicyError, at: Option<usize>) -> bool {
        let Problem::Json { line, column, .. } = error.problem else {
            return false;
        };
        let before = at.map(|at| self.text[..at].chars().count() + 1);
        line == 1 && before.is_none_or(|before| column == before)
    }
}

/// True for the place itself, its parent, or something in it. Invisible characters appear as JSON escapes.
pub(super) fn is_near(told: &str, place: &str) -> bool {
    let escaped = [
        ("\0", "\\u0000"),
        ("\u{200b}", "\\u200b"),
        ("\u{e0041}", "\\udb40\\udc41"),
    ];
    let place = escaped.iter().fold(place.to_owned(), |place, (from, to)| {
        place.replace(from, to)
    });
    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    told == place || told == parent || told.starts_with(&format!("{place}/"))
}
