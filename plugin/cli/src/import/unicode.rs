//! The part of Unicode's classes that lies in ASCII, for an engine without Unicode's tables.
//!
//! It never knows a class by half: a name that is not here is unknown.

const ALL: &str = r"\x00-\x7F";

/// The names of classes, their ASCII characters, and the other ASCII characters.
const CLASSES: &[(&[&str], &str, &str)] = &[
    (&["L", "Latin"], "A-Za-z", r"\x00-@\[-`\{-\x7F"),
    (&["Lu"], "A-Z", r"\x00-@\[-\x7F"),
    (&["Ll"], "a-z", r"\x00-`\{-\x7F"),
    (&["N", "Nd"], "0-9", r"\x00-/:-\x7F"),
    (&["Z", "Zs"], r"\x20", r"\x00-\x1F!-\x7F"),
    (&["C", "Cc"], r"\x00-\x1F\x7F", r"\x20-\x7E"),
    (
        &["P"],
        r"!-#%-*,-/:;?@\[-\]_\{\}",
        r"\x00-\x20$+<->\^`0-9A-Za-z|~\x7F",
    ),
    (&["S"], r"$+<->\^`|~", r"\x00-#%-*,-;?-\]_a-\{\}\x7F"),
    (
        &[
            "Lm",
            "Lo",
            "Lt",
            "M",
            "Mc",
            "Mn",
            "Nl",
            "No",
            "Arabic",
            "Cyrillic",
            "Devanagari",
            "Greek",
            "Han",
            "Hangul",
            "Hebrew",
            "Hiragana",
            "Katakana",
            "Thai",
        ],
        "",
        ALL,
    ),
];

/// The ASCII characters inside and outside a class.
pub(super) fn ascii(name: &str) -> Option<(&'static str, &'static str)> {
    let class = CLASSES.iter().find(|(names, ..)| names.contains(&name));
    class.map(|(_, inside, outside)| (*inside, *outside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_and_outside_are_ascii_together() {
        let is = |class: &str, c: char| {
            let text = format!("^[{class}]$");
            !class.is_empty()
                && regex_lite::Regex::new(&text)
                    .unwrap()
                    .is_match(&c.to_string())
        };
        for (names, inside, outside) in CLASSES {
            for c in '\0'..='\x7f' {
                assert_ne!(is(inside, c), is(outside, c), "{names:?} {c:?}");
            }
        }
        let of = |name: &str, c: char| is(ascii(name).unwrap().0, c);
        assert!("!\"#%&'()*,-./:;?@[\\]_{}".chars().all(|c| of("P", c)));
        assert!("$+<=>^`|~".chars().all(|c| of("S", c)));
        let ascii_punctuation = ('\0'..='\x7f').filter(char::is_ascii_punctuation);
        assert!(
            ascii_punctuation
                .into_iter()
                .all(|c| of("P", c) != of("S", c))
        );
    }
}
