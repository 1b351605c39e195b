//! Turns a regular expression of Go into one of the engine's that matches the same texts, or fewer.
//!
//! It never passes on a syntax that the two read differently: it rewrites the syntax, or reports it.

use super::unicode;
use std::iter::Peekable;
use std::str::Chars;

/// A pattern of the engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// How it matches fewer texts.
    pub(super) narrower: Option<&'static str>,
}

/// Why there is no pattern.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Untranslated {
    /// Go knows this syntax, and the engine does not.
    Unknown(String),
    /// Go does not know it either.
    Invalid(String),
}

/// Go's `\s` leaves out the vertical tab.
const SPACE: &str = r"\t\n\f\r ";
const NO_SPACE: &str = r"\x00-\x08\x0B\x0E-\x1F\x21-\x{10FFFF}";
/// `\W` under the flag `i`: Go folds `s` and `k` with two characters beyond ASCII.
const NO_FOLDED_WORD: &str = r"\x00-/:-@\[-\^`\{-\x{17E}\x{180}-\x{2129}\x{212B}-\x{10FFFF}";
const BEYOND_ASCII: &str = r"\x{80}-\x{10FFFF}";
const FOLDED_WITH_ASCII: &str = r"\x{17F}\x{212A}";
const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

const FOLDS: &str =
    "the flag `i` folds ASCII letters alone: `k` does not match `\u{212a}` (U+212A)";
const ASCII: &str = "of the Unicode classes only ASCII characters match";

/// A pattern for the engine.
///
/// # Errors
/// The syntax that the engine does not have.
pub(super) fn translate(go: &str) -> Result<Pattern, Untranslated> {
    let mut translator = Translator {
        rest: go.chars().peekable(),
        text: String::new(),
        folds: false,
        narrows: false,
    };
    translator.all()?;
    if let Err(error) = regex_lite::Regex::new(&translator.text) {
        return Err(Untranslated::Invalid(error.to_string()));
    }
    let narrower = match (translator.narrows, translator.folds) {
        (true, _) => Some(ASCII),
        (false, true) => Some(FOLDS),
        (false, false) => None,
    };
    let text = translator.text;
    Ok(Pattern { text, narrower })
}

fn unknown<T>(what: impl Into<String>) -> Result<T, Untranslated> {
    Err(Untranslated::Unknown(what.into()))
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    text: String,
    folds: bool,
    /// A Unicode class was cut to ASCII.
    narrows: bool,
}

/// The members of a class as they grow.
#[derive(Default)]
struct Class {
    negated: bool,
    text: String,
    beyond_ascii: bool,
}

impl Translator<'_> {
    fn all(&mut self) -> Result<(), Untranslated> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' if self.rest.peek() == Some(&'?') => {
                    self.text.push('(');
                    self.flags();
                }
                // Go takes it for itself where it is no repetition.
                '{' if !self.repeats() => self.text.push_str(r"\{"),
                c => self.text.push(c),
            }
        }
        Ok(())
    }

    /// Whether a repetition follows `{`.
    fn repeats(&self) -> bool {
        let rest: String = self.rest.clone().take_while(|c| *c != '}').collect();
        let is_closed = self.rest.clone().any(|c| c == '}');
        let (least, most) = rest.split_once(',').unwrap_or((&rest, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        is_closed && !least.is_empty() && digits(least) && digits(most)
    }

    fn class(&mut self) -> Result<(), Untranslated> {
        let mut class = Class {
            negated: self.rest.next_if_eq(&'^').is_some(),
            ..Class::default()
        };
        // A `]` at the beginning is a member.
        if self.rest.next_if_eq(&']').is_some() {
            class.text.push_str(r"\]");
        }
        loop {
            match self.rest.next() {
                None => return Err(Untranslated::Invalid("a class without its end".into())),
                Some(']') => break,
                Some('\\') => self.escape_in(&mut class)?,
                Some('[') if self.rest.peek() == Some(&':') => self.posix(&mut class)?,
                Some('-') if self.rest.peek() == Some(&'-') => {
                    return unknown("`--` in a class");
                }
                Some('[') => class.text.push_str(r"\["),
                // Go takes them for themselves.
                Some(c @ ('&' | '~')) if self.rest.peek() == Some(&c) => {
                    class.text.extend(['\\', c]);
                }
                Some(c) => {
                    class.beyond_ascii |= !c.is_ascii();
                    class.text.push(c);
                }
            }
        }
        self.add(class);
        Ok(())
    }

    fn add(&mut self, mut class: Class) {
        if class.negated && self.folds {
            class.text.push_str(match class.beyond_ascii {
                true => BEYOND_ASCII,
                false => FOLDED_WITH_ASCII,
            });
        }
        match (class.negated, &*class.text) {
            (false, "") => self.text.push_str(NOTHING),
            (true, text) => self.text.push_str(&format!("[^{text}]")),
            (false, text) => self.text.push_str(&format!("[{text}]")),
        }
    }

    /// `[:alpha:]`.
    fn posix(&mut self, class: &mut Class) -> Result<(), Untranslated> {
        let mut name = String::from("[");
        for c in self.rest.by_ref() {
            name.push(c);
            if c == ']' {
                break;
            }
        }
        if self.folds && name.starts_with("[:^") {
            return unknown(format!("`{name}` beside the flag `i`"));
        }
        class.text.push_str(&name);
        Ok(())
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

    /// An escape outside a class.
    fn escape(&mut self) -> Result<(), Untranslated> {
        match self.rest.peek() {
            Some('Q') => self.quoted(),
            Some('b' | 'B') => {
                let c = self.rest.next().unwrap_or_default();
                if self.rest.peek() == Some(&'{') && self.after_brace_repeats() {
                    return unknown(format!(r"a repeated `\{c}`"));
                }
                self.text.extend(['\\', c]);
            }
            Some('A' | 'z') => {
                self.text.push('\\');
                self.text.extend(self.rest.next());
            }
            Some('S') => {
                self.rest.next();
                self.text.push_str(&format!("[^{SPACE}]"));
            }
            Some('W') if !self.folds => {
                self.rest.next();
                self.text.push_str(r"\W");
            }
            Some('s' | 'W' | 'p' | 'P') => {
                let mut class = Class::default();
                self.escape_in(&mut class)?;
                self.add(class);
            }
            _ => {
                let mut class = Class::default();
                self.escape_in(&mut class)?;
                self.text.push_str(&class.text);
            }
        }
        Ok(())
    }

    fn after_brace_repeats(&self) -> bool {
        let mut rest = self.rest.clone();
        rest.next();
        let translator = Translator {
            rest,
            text: String::new(),
            folds: false,
            narrows: false,
        };
        translator.repeats()
    }

    /// The text between `\Q` and `\E`.
    fn quoted(&mut self) {
        self.rest.next();
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            if c.is_ascii_punctuation() {
                self.text.push('\\');
            }
            self.text.push(c);
        }
    }

    /// An escape that means one character, or the members of a class.
    fn escape_in(&mut self, class: &mut Class) -> Result<(), Untranslated> {
        let Some(c) = self.rest.next() else {
            return Err(Untranslated::Invalid("a backslash at its end".into()));
        };
        match c {
            's' => class.text.push_str(SPACE),
            'S' => class.text.push_str(NO_SPACE),
            'W' if self.folds => class.text.push_str(NO_FOLDED_WORD),
            'p' | 'P' => self.unicode(class, c == 'P')?,
            // Letters, digits and signs that mean something, or themselves, to both.
            'D' | 'W' | 'a' | 'd' | 'f' | 'n' | 'r' | 't' | 'v' | 'w' => {
                class.text.extend(['\\', c]);
            }
            'x' => {
                class.beyond_ascii = true;
                class.text.extend(['\\', c]);
                if self.rest.peek() == Some(&'{') {
                    let braced = self.rest.by_ref().take_while(|c| *c != '}');
                    class.text.extend(braced);
                    class.text.push('}');
                }
            }
            _ if r"\.+*?()|[]{}^$#&-~".contains(c) => class.text.extend(['\\', c]),
            _ if c.is_ascii_punctuation() => class.text.push(c),
            _ => return Err(Untranslated::Invalid(format!(r"`\{c}`"))),
        }
        Ok(())
    }

    /// A Unicode class: the largest part of it that ASCII can tell.
    fn unicode(&mut self, class: &mut Class, negated: bool) -> Result<(), Untranslated> {
        let name = match self.rest.next() {
            Some('{') => self.rest.by_ref().take_while(|c| *c != '}').collect(),
            c => c.map(String::from).unwrap_or_default(),
        };
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (!negated, name.to_owned()),
            None => (negated, name),
        };
        let found = unicode::ascii(&name).filter(|_| !(negated && self.folds));
        let Some((inside, outside)) = found else {
            return unknown(format!(r"the class `\p{{{name}}}`"));
        };
        self.narrows = true;
        class.text.push_str(if negated { outside } else { inside });
        if class.negated {
            class.text.push_str(BEYOND_ASCII);
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
        assert_eq!(same(r"[\S]"), format!("[{NO_SPACE}]"));
        assert_eq!(same(r"[\s\S]*"), format!("[{SPACE}{NO_SPACE}]*"));
        assert_eq!(same(r"\Qa.b\E$"), r"a\.b$");
        assert_eq!(same("[a&&b]"), r"[a\&&b]");
        assert_eq!(same(r"\x{1F600}[\x{e9}]"), r"\x{1F600}[\x{e9}]");
        assert_eq!(same("[;&|]"), "[;&|]");
        assert_eq!(same("a{"), r"a\{");
        assert_eq!(same(r"\b{start}"), r"\b\{start}");
        assert_eq!(translate("(?i)abc").unwrap().narrower, Some(FOLDS));
        assert_eq!(translate("(?:abc)").unwrap().narrower, None);
    }

    #[test]
    fn unicode_is_cut_to_the_part_that_the_engine_knows() {
        for (go, text) in [
            (r"^\p{L}+$", "^[A-Za-z]+$"),
            (r"^[\pL\d]+$", r"^[A-Za-z\d]+$"),
            (r"[^\p{L}]", r"[^A-Za-z\x{80}-\x{10FFFF}]"),
            (r"\P{Nd}", r"[\x00-/:-\x7F]"),
            (r"\p{^Nd}", r"[\x00-/:-\x7F]"),
            (r"\p{Greek}", NOTHING),
            (r"[a\p{Greek}]", "[a]"),
        ] {
            let pattern = translate(go).unwrap();
            assert_eq!(pattern.text, text);
            assert_eq!(pattern.narrower, Some(ASCII));
        }
    }

    /// As Go 1.25 matches them, or fewer.
    #[test]
    fn folded_classes_leave_out_what_go_folds() {
        for (go, matches, fails) in [
            ("(?i)^[^k]$", "a\u{17f}é", "kK\u{212a}"),
            ("(?i)^[^sé]$", "a", "sS\u{17f}éÉ"),
            (r"(?i)^\W$", ";é", "sk_\u{17f}\u{212a}"),
            (r"(?i)^[\W]$", ";é", "sk_\u{17f}\u{212a}"),
        ] {
            let regex = regex_lite::Regex::new(&translate(go).unwrap().text).unwrap();
            for c in fails.chars() {
                assert!(!regex.is_match(&c.to_string()), "{go} {c}");
            }
            for c in matches.chars().filter(|c| *c != '\u{17f}') {
                assert!(regex.is_match(&c.to_string()), "{go} {c}");
            }
        }
    }

    #[test]
    fn unsupported_syntax_is_an_error() {
        for text in [
            r"\p{Zyyy}",
            "[a--b]",
            r"\b{2}",
            r"(?i)\P{Lu}",
            "(?i)[[:^alpha:]]",
        ] {
            let error = translate(text).unwrap_err();
            assert!(
                matches!(error, Untranslated::Unknown(_)),
                "{text}: {error:?}"
            );
        }
        for text in [r"\C", r"\1", "(", "[a", r"a\"] {
            let error = translate(text).unwrap_err();
            assert!(
                matches!(error, Untranslated::Invalid(_)),
                "{text}: {error:?}"
            );
        }
    }
}
