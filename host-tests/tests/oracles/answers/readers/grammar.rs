//! Turns a text into the JSON values that a parser finds in it. A lone surrogate becomes U+FFFD.

use super::tree::Tree;
use std::iter::Peekable;
use std::str::Chars;

/// How far a parser goes beyond RFC 8259.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Grammar {
    /// Not at all: `JSON.parse`, Go.
    Strict,
    /// Numbers that are not JSON, as Python's `json` accepts them.
    Python,
    /// Trailing commas, comments, single quotes, control characters in strings, a missing end, and other text before
    /// and after a value.
    Lenient,
}

impl Grammar {
    /// The values in the text: one, or none where it is invalid. A lenient parser finds any number.
    pub(in super::super) fn values(self, text: &str) -> Vec<Tree> {
        let mut parser = Parser {
            grammar: self,
            rest: text.chars().peekable(),
        };
        match self {
            Self::Lenient => parser.all(),
            Self::Strict | Self::Python => Vec::from_iter(parser.one()),
        }
    }
}

struct Parser<'t> {
    grammar: Grammar,
    rest: Peekable<Chars<'t>>,
}

/// No test nests deeper.
const DEEPEST: usize = 64;

impl Parser<'_> {
    fn one(&mut self) -> Option<Tree> {
        let value = self.value(0)?;
        self.space();
        self.rest.next().is_none().then_some(value)
    }

    /// All objects and lists, skipping the text between them.
    fn all(&mut self) -> Vec<Tree> {
        let mut values = Vec::new();
        while let Some(&c) = self.rest.peek() {
            if matches!(c, '{' | '[') {
                values.extend(self.value(0));
            } else {
                self.rest.next();
            }
        }
        values
    }

    fn is_lenient(&self) -> bool {
        self.grammar == Grammar::Lenient
    }

    fn space(&mut self) {
        while let Some(&c) = self.rest.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' => {}
                '/' if self.is_lenient() => {
                    self.comment();
                    continue;
                }
                c if self.is_lenient() && (c.is_whitespace() || c.is_control()) => {}
                '\u{feff}' if self.is_lenient() => {}
                _ => return,
            }
            self.rest.next();
        }
    }

    fn comment(&mut self) {
        self.rest.next();
        let line = self.rest.next() == Some('/');
        let mut star = false;
        for c in self.rest.by_ref() {
            if line && c == '\n' || !line && star && c == '/' {
                return;
            }
            star = c == '*';
        }
    }

    fn value(&mut self, depth: usize) -> Option<Tree> {
        self.space();
        match self.rest.peek().copied()? {
            _ if depth > DEEPEST => None,
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' => self.text('"').map(Tree::Text),
            '\'' if self.is_lenient() => self.text('\'').map(Tree::Text),
            _ => self.word(),
        }
    }

    /// Skips the character if it comes next; true where it did.
    fn take(&mut self, c: char) -> bool {
        self.space();
        self.rest.next_if_eq(&c).is_some()
    }

    /// True where the object or list ends here. A lenient parser also ends it at the end of the text.
    fn ends(&mut self, end: char) -> bool {
        self.take(end) || self.is_lenient() && self.rest.peek().is_none()
    }

    fn list(&mut self, depth: usize) -> Option<Tree> {
        self.rest.next();
        let mut elements = Vec::new();
        if self.ends(']') {
            return Some(Tree::List(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            if self.ends(']') {
                return Some(Tree::List(elements));
            }
            if !self.take(',') {
                return None;
            }
            if self.is_lenient() && self.ends(']') {
                return Some(Tree::List(elements));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Tree> {
        self.rest.next();
        let mut members = Vec::new();
        if self.ends('}') {
            return Some(Tree::Object(members));
        }
        loop {
            members.push(self.member(depth)?);
            if self.ends('}') {
                return Some(Tree::Object(members));
            }
            if !self.take(',') {
                return None;
            }
            if self.is_lenient() && self.ends('}') {
                return Some(Tree::Object(members));
            }
        }
    }

    fn member(&mut self, depth: usize) -> Option<(String, Tree)> {
        self.space();
        let name = match self.rest.peek().copied()? {
            '"' => self.text('"')?,
            '\'' if self.is_lenient() => self.text('\'')?,
            _ => return None,
        };
        if !self.take(':') {
            return None;
        }
        Some((name, self.value(depth + 1)?))
    }

    fn text(&mut self, quote: char) -> Option<String> {
        self.rest.next();
        let mut text = String::new();
        loop {
            match self.rest.next() {
                None => return self.is_lenient().then_some(text),
                Some(c) if c == quote => return Some(text),
                Some('\\') => self.escape(&mut text)?,
                Some(c) if c < ' ' && !self.is_lenient() => return None,
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let c = match self.rest.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            c @ ('"' | '\\' | '/') => c,
            'u' => self.character()?,
            c if self.is_lenient() => c,
            _ => return None,
        };
        text.push(c);
        Some(())
    }

    /// The character of one escape, or of the two of a surrogate pair.
    fn character(&mut self) -> Option<char> {
        let first = self.unit()?;
        let mut ahead = self.rest.clone();
        let second = (ahead.next() == Some('\\') && ahead.next() == Some('u'))
            .then(|| hexadecimal(&mut ahead))
            .flatten();
        if let (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) = (first, second) {
            self.rest = ahead;
            return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00));
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Option<u32> {
        hexadecimal(&mut self.rest)
    }

    fn word(&mut self) -> Option<Tree> {
        let mut word = String::new();
        let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        while let Some(c) = self.rest.next_if(is_word) {
            word.push(c);
        }
        match &*word {
            "true" | "false" | "null" => Some(Tree::Word),
            "NaN" | "Infinity" | "-Infinity" if self.grammar != Grammar::Strict => Some(Tree::Word),
            _ if self.is_number(&word) => Some(Tree::Number(word)),
            _ => None,
        }
    }

    fn is_number(&self, word: &str) -> bool {
        let digits = word.trim_start_matches('-');
        let leading = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        word.parse::<f64>().is_ok_and(f64::is_finite)
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && (self.is_lenient() || !leading)
    }
}

fn hexadecimal(rest: &mut impl Iterator<Item = char>) -> Option<u32> {
    let digits: String = rest.take(4).collect();
    let all = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(&digits, 16).ok().filter(|_| all)
}
