//! Character classes by name: `[:alpha:]` and the like, `\d`, `\s` and `\w`.
//!
//! They contain only ASCII characters.

use super::set::{Range, Set};

/// The class of `\d`, `\s` or `\w`, or its complement for the upper case letter.
pub(super) fn perl(c: char) -> Set {
    let name = match c {
        'd' | 'D' => "digit",
        's' | 'S' => "space",
        _ => "word",
    };
    let set = Set::of(named(name).unwrap_or_default().iter().copied());
    match c.is_ascii_uppercase() {
        true => set.complement(),
        false => set,
    }
}

/// The ASCII class of this name.
pub(super) fn named(name: &str) -> Option<&'static [Range]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\x00', '\x7F')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\x00', '\x1F'), ('\x7F', '\x7F')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}
