//! Turns the SPDX expression of a crate into the licences to comply with.
//!
//! It reads `OR`, the older `/` for it, `AND` and parentheses around alternatives, and no nested ones: no crate has them.

/// The licences in the order of preference: the project's own one, whose text ships anyway, first.
const PREFERRED: [&str; 2] = ["Apache-2.0", "MIT"];

/// One licence of each group of alternatives.
pub(super) fn chosen(expression: &str) -> Vec<&str> {
    let groups = expression.split(" AND ");
    groups
        .map(|group| one_of(group.trim_matches(['(', ')'])))
        .collect()
}

fn one_of(alternatives: &str) -> &str {
    // Old manifests write a slash for `OR`.
    let all: Vec<_> = alternatives
        .split(" OR ")
        .flat_map(|part| part.split('/'))
        .collect();
    let preferred = PREFERRED.into_iter().find(|licence| all.contains(licence));
    preferred
        .or_else(|| all.first().copied())
        .unwrap_or(alternatives)
}

/// The names that a file with the text of a licence may have, the most exact one first.
pub(super) fn file_names(licence: &str) -> [String; 4] {
    let kind = licence.split('-').next().unwrap_or(licence).to_uppercase();
    let exact = format!("LICENSE-{kind}");
    [
        format!("{exact}.md"),
        exact,
        "LICENSE".into(),
        "LICENSE.txt".into(),
    ]
}
