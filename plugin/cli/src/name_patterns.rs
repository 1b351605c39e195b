//! Finds the keys of a policy that match a name, as a gateway does.
//!
//! It compares texts alone, and knows no rule.

use mcp_policy::document::{NamePattern, Star};

/// The texts that a `*` in the keys of this table stands for.
pub(crate) fn star(table: &str) -> Star {
    match table {
        "resources" => Star::Part,
        _ => Star::Any,
    }
}

/// Whether the key matches the name, or every name that this pattern matches.
pub(crate) fn matches(key: &str, name: &str, star: Star) -> bool {
    if !key.contains('*') {
        return key == name;
    }
    let [key, name] = [key, name].map(|text| NamePattern::parse(text, star));
    key.zip(name).is_some_and(|(key, name)| key.contains(&name))
}

/// The key that applies to a name: the exact one, else the pattern that all other matching ones contain.
pub(crate) fn applying<'k>(
    keys: impl Iterator<Item = &'k String>,
    name: &str,
    star: Star,
) -> Option<&'k String> {
    let matching = keys.filter(|key| *key == name || key.contains('*') && matches(key, name, star));
    matching.min_by_key(|key| {
        let order = NamePattern::parse(key, star).map(|pattern| pattern.order());
        (*key != name, order)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_that_applies_is_that_of_the_gateway() {
        let keys = ["get_*", "*_admin", "get_*_admin", "get_admin", "*"].map(String::from);
        for (name, expected) in [
            ("get_admin", "get_admin"),
            ("get_x_admin", "get_*_admin"),
            ("get_x", "get_*"),
            ("x_admin", "*_admin"),
            ("x", "*"),
        ] {
            let found = applying(keys.iter(), name, Star::Any);
            assert_eq!(found.map(String::as_str), Some(expected), "{name}");
        }
    }

    #[test]
    fn star_of_a_uri_crosses_no_separator() {
        assert!(matches("file:///*.txt", "file:///a.txt", star("resources")));
        assert!(!matches(
            "file:///*.txt",
            "file:///a/b.txt",
            star("resources")
        ));
        assert!(matches("a*.txt", "a/b.txt", star("tools")));
    }
}
