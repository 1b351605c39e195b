//! Names of tools, which Intercept takes literally and ours may read as patterns.
//!
//! Where a name cannot be kept, it becomes a pattern that matches the name, and more.

use crate::invisible::is_invisible;
use std::borrow::Cow;

/// A name of Intercept in our policy.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// Both read it alike.
    Exact(&'a str),
    /// A pattern that matches the name among others.
    Pattern(String),
    /// Only `*` would match it.
    None,
}

/// A character that no name of ours has.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

pub(super) fn read(name: &str) -> Name<'_> {
    let mut text = Cow::Borrowed(name);
    if name.starts_with(char::is_whitespace) {
        text = format!("*{}", text.trim_start()).into();
    }
    if name.ends_with(char::is_whitespace) {
        text = format!("{}*", text.trim_end()).into();
    }
    if text.contains(is_hidden) {
        text = text.replace(is_hidden, "*").into();
    }
    while text.contains("**") {
        text = text.replace("**", "*").into();
    }
    match &*text {
        "" | "*" => Name::None,
        text if text == name && !name.contains('*') => Name::Exact(name),
        text => Name::Pattern(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_plain_becomes_a_pattern() {
        assert_eq!(read("get_issue"), Name::Exact("get_issue"));
        for (name, pattern) in [
            ("get_*", "get_*"),
            ("a**b", "a*b"),
            (" a", "*a"),
            ("a\u{7}b", "a*b"),
            ("a\u{200b}b", "a*b"),
        ] {
            assert_eq!(read(name), Name::Pattern(pattern.into()));
        }
        assert_eq!(read(" "), Name::None);
        assert_eq!(read(""), Name::None);
    }
}
