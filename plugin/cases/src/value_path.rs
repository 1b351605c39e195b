//! Turns the spelling of a path behind its root, as policies have it, into steps: `.realm_access.roles`, `["a.b"]`, `[*]`.
//!
//! It never looks for a value.

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// The member of this name.
    Member(String),
    /// The element of a list at a position; without one, each.
    Element(Option<usize>),
}

/// The steps of a path; `None` where it is not spelled as one.
#[must_use]
pub fn steps(path: &str) -> Option<Vec<PathStep>> {
    let (mut rest, mut steps) = (path, Vec::new());
    while !rest.is_empty() {
        let (step, behind) = first_step(rest)?;
        steps.push(step);
        rest = behind;
    }
    Some(steps)
}

/// The first step of a path, and the rest.
#[must_use]
pub fn first_step(path: &str) -> Option<(PathStep, &str)> {
    if let Some(path) = path.strip_prefix('.') {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, rest) = path.split_at_checked(end)?;
        return Some((PathStep::Member(name.into()), rest));
    }
    let bracket = path.strip_prefix('[')?;
    if !bracket.starts_with('"') {
        let (place, rest) = bracket.split_once(']')?;
        return Some((PathStep::Element(place.parse().ok()), rest));
    }
    let mut names = serde_json::Deserializer::from_str(bracket).into_iter::<String>();
    let name = names.next()?.ok()?;
    let rest = bracket.get(names.byte_offset()..)?.strip_prefix(']')?;
    Some((PathStep::Member(name), rest))
}
