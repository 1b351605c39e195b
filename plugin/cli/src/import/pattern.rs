//! Turns a regular expression of Go into one of the engine's that matches the same texts.
//!
//! It never passes on a syntax that the two read differently: it rewrites the syntax, or reports it.

use std::iter::Peekable;
use std::str::Chars;

/// A pattern of the engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// Letters whose case is folded may be others in Unicode, which the engine leaves alone.
    pub(super) folds: bool,
}

/// Go's `\s` leaves out the vertical tab.
const SPACE: &str = r"\t\n\f\r ";

/// The same pattern for the engine.
///
/// # Errors
/// The syntax that the engine does not have.
pub(super) fn translate(go: &str) -> Result<Pattern, String> {
    let mut translator = Translator {
        rest: go.chars().peekable(),
        text: String::new(),
        folds: false,
        negates: false,
    };
    translator.all()?;
    let Translator {
        text,
        folds,
        negates,
        ..
    } = translator;
    if folds && negates {
        return Err(
            "a negated class beside the flag `i`, which Go reads by Unicode's folding".into(),
        );
    }
    if let Err(error) = regex_lite::Regex::new(&text) {
        return Err(format!("syntax that the engine does not have: {error}"));
    }
    Ok(Pattern { text, folds })
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    text: String,
    folds: bool,
    negates: bool,
}

impl Translator<'_> {
    fn all(&mut self) -> Result<(), String> {
        let mut class = false;
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape(class)?,
                '[' if !class => {
                    class = true;
                    self.text.push('[');
                    self.class_start();
                }
                '[' if self.rest.peek() == Some(&':') => self.posix_class(),
                // Go takes it for itself inside a class.
                '[' => self.text.push_str(r"\["),
                '&' | '-' | '~' if class && self.rest.peek() == Some(&c) => {
                    return Err(format!("`{c}{c}` in a class, which is read in two ways"));
                }
                ']' => {
                    class = false;
                    self.text.push(']');
                }
                '(' if !class && self.rest.peek() == Some(&'?') => {
                    self.text.push('(');
                    self.flags();
                }
                c => self.text.push(c),
            }
        }
        Ok(())
    }

    /// The syntax between `[` and the members; a `]` there is a member.
    fn class_start(&mut self) {
        if self.rest.next_if_eq(&'^').is_some() {
            self.negates = true;
            self.text.push('^');
        }
        if self.rest.next_if_eq(&']').is_some() {
            self.text.push_str(r"\]");
        }
    }

    fn posix_class(&mut self) {
        self.text.push('[');
        for c in self.rest.by_ref() {
            self.text.push(c);
            if c == ']' {
                break;
            }
        }
    }

    fn flags(&mut self) {
        while let Some(c) = self
            .rest
            .next_if(|c| c.is_ascii_alphabetic() || "?-".contains(*c))
        {
            // `(?P<name>` holds no flags.
            self.folds |= c == 'i';
            self.text.push(c);
        }
    }

    fn escape(&mut self, class: bool) -> Result<(), String> {
        let Some(c) = self.rest.next() else {
            return Err("a backslash at its end".into());
        };
        match c {
            's' if class => self.text.push_str(SPACE),
            's' => self.text.push_str(&format!("[{SPACE}]")),
            'S' if !class => self.text.push_str(&format!("[^{SPACE}]")),
            'b' if self.rest.peek() == Some(&'{') => {
                return Err(r"`\b{`, which is read in two ways".into());
            }
            // Letters, digits and signs that mean something, or themselves, to both.
            'D' | 'W' => {
                self.negates = true;
                self.text.extend(['\\', c]);
            }
            'A' | 'B' | 'a' | 'b' | 'd' | 'f' | 'n' | 'r' | 't' | 'v' | 'w' | 'x' | 'z' => {
                self.text.extend(['\\', c]);
            }
            _ if r"\.+*?()|[]{}^$#&-~".contains(c) => self.text.extend(['\\', c]),
            _ if c.is_ascii_punctuation() => self.text.push(c),
            _ => return Err(format!(r"`\{c}`")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(go: &str) -> String {
        translate(go).unwrap().text
    }

    #[test]
    fn common_syntax_is_kept() {
        for text in [
            r"^(npm (test|run lint)|git (status|diff)( .*)?)$",
            r"^[a-z0-9_-]+$",
            r"(?P<name>\w+)\.(jpe?g|png)\z",
            r"[[:alpha:]]{2,3}",
            r"\x41\n\bx\B",
        ] {
            assert_eq!(same(text), text);
        }
    }

    #[test]
    fn differing_syntax_is_rewritten() {
        assert_eq!(same(r"a\sb"), r"a[\t\n\f\r ]b");
        assert_eq!(same(r"[\s,]"), r"[\t\n\f\r ,]");
        assert_eq!(same(r"\S"), r"[^\t\n\f\r ]");
        assert_eq!(same(r"\<b\>\/\@\_"), "<b>/@_");
        assert_eq!(same(r"[[a]"), r"[\[a]");
        assert_eq!(same("[]a]"), r"[\]a]");
        assert_eq!(same("[^]a]"), r"[^\]a]");
        assert!(translate("(?i)abc").unwrap().folds);
        assert!(!translate("(?:abc)").unwrap().folds);
    }

    #[test]
    fn unsupported_syntax_is_an_error() {
        for text in [
            r"\pL",
            r"\Qa.b\E",
            r"\C",
            r"[\S]",
            r"\1",
            r"[a&&b]",
            r"[a--b]",
            r"\b{start}",
            "(?i)[^k]",
            r"(?i)\W",
            "a{",
        ] {
            assert!(translate(text).is_err(), "{text}");
        }
    }
}
