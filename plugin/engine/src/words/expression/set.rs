//! Sets of characters as sorted ranges, with unions, complements, and both cases of ASCII letters.
//!
//! It knows no letters outside ASCII: it never guesses their cases or classes.

/// The first and the last character of a range.
pub(super) type Range = (char, char);

/// A set of characters: its ranges, sorted and with gaps between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set(Vec<Range>);

impl Set {
    pub(super) fn of(ranges: impl IntoIterator<Item = Range>) -> Self {
        let mut set = Self::default();
        ranges.into_iter().for_each(|range| set.add(range));
        set
    }

    pub(super) fn one(c: char) -> Self {
        Self(vec![(c, c)])
    }

    pub(super) fn ranges(&self) -> &[Range] {
        &self.0
    }

    /// The only character; `None` where the set has none or several.
    pub(super) fn single(&self) -> Option<char> {
        match self.0[..] {
            [(first, last)] if first == last => Some(first),
            _ => None,
        }
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let after = self.0.partition_point(|range| range.1 < c);
        self.0.get(after).is_some_and(|range| range.0 <= c)
    }

    /// Adds the range, merged with the ranges that it touches.
    pub(super) fn add(&mut self, (mut first, mut last): Range) {
        let touches = |left: char, right: char| next(left).is_none_or(|left| left >= right);
        let from = self.0.partition_point(|range| !touches(range.1, first));
        let to = self.0.partition_point(|range| touches(last, range.0));
        for range in self.0.get(from..to).unwrap_or_default() {
            first = first.min(range.0);
            last = last.max(range.1);
        }
        self.0.splice(from..to.max(from), [(first, last)]);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        other.0.iter().for_each(|range| self.add(*range));
    }

    /// All characters that are not in the set.
    pub(super) fn complement(&self) -> Self {
        let mut others = Vec::new();
        let mut from = Some('\0');
        for (first, last) in &self.0 {
            if let (Some(from), Some(to)) = (from, previous(*first))
                && from <= to
            {
                others.push((from, to));
            }
            from = next(*last);
        }
        others.extend(from.map(|from| (from, char::MAX)));
        Self(others)
    }

    /// The set with every ASCII letter in both cases.
    pub(super) fn both_cases(&self) -> Self {
        let mut both = self.clone();
        for (first, last) in &self.0 {
            for (low, high) in [('a', 'z'), ('A', 'Z')] {
                let (first, last) = ((*first).max(low), (*last).min(high));
                if first <= last {
                    both.add((other_case(first), other_case(last)));
                }
            }
        }
        both
    }
}

fn other_case(letter: char) -> char {
    match letter.is_ascii_lowercase() {
        true => letter.to_ascii_uppercase(),
        false => letter.to_ascii_lowercase(),
    }
}

/// The next character, skipping surrogates.
pub(super) fn next(c: char) -> Option<char> {
    match c {
        '\u{D7FF}' => Some('\u{E000}'),
        _ => char::from_u32(u32::from(c).saturating_add(1)),
    }
}

fn previous(c: char) -> Option<char> {
    match c {
        '\u{E000}' => Some('\u{D7FF}'),
        _ => char::from_u32(u32::from(c).checked_sub(1)?),
    }
}
