//! Reads the text after a backslash in an expression: characters, classes and places.
//!
//! It guesses nothing: an escape that has no meaning is a mistake.

use super::class::perl;
use super::cursor::Cursor;
use super::look::Look;
use super::tree::{Mistake, Node, Tree};

impl Cursor<'_> {
    /// What follows a backslash.
    pub(super) fn escape(&mut self) -> Result<Tree, Mistake> {
        let c = self.peek().ok_or("a `\\` at the end")?;
        match c {
            '0'..='9' => return Err("a back-reference, which is not supported"),
            'p' | 'P' => return Err("a Unicode class, which is not supported"),
            'x' | 'u' | 'U' => return self.hex(c),
            'd' | 's' | 'w' | 'D' | 'S' | 'W' => {
                self.bump();
                return Tree::one(perl(c));
            }
            _ => {}
        }
        self.bump();
        let literal = match c {
            'a' => '\x07',
            'f' => '\x0C',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\x0B',
            'A' | 'z' | 'b' | 'B' | '<' | '>' => return Tree::new(Node::Look(self.place(c)?)),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            _ => return Err("an unknown escape"),
        };
        Tree::one(self.literal(literal))
    }

    fn place(&mut self, c: char) -> Result<Look, Mistake> {
        Ok(match c {
            'A' => Look::Start,
            'z' => Look::End,
            'B' => Look::NoBoundary,
            '<' => Look::WordStart,
            '>' => Look::WordEnd,
            _ if self.peek() == Some('{') => return self.boundary(),
            _ => Look::Boundary,
        })
    }

    /// `\b{start}` and its like; what else stands in braces is a repetition.
    fn boundary(&mut self) -> Result<Look, Mistake> {
        let before = self.rest;
        self.bump_space();
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '-';
        match self.peek() {
            None => return Err("a `{` without its `}`"),
            Some(c) if !is_letter(c) => {
                self.rest = before;
                return Ok(Look::Boundary);
            }
            Some(_) => {}
        }
        let mut word = String::new();
        while let Some(c) = self.peek().filter(|c| is_letter(*c)) {
            word.push(c);
            self.bump_space();
        }
        if !self.bump_if("}") {
            return Err("a `{` without its `}`");
        }
        match &*word {
            "start" => Ok(Look::WordStart),
            "end" => Ok(Look::WordEnd),
            "start-half" => Ok(Look::NoWordBefore),
            "end-half" => Ok(Look::NoWordAfter),
            _ => Err("an unknown word boundary"),
        }
    }

    /// `\x41`, `\u0041`, `\U00000041` or `\x{41}`.
    fn hex(&mut self, c: char) -> Result<Tree, Mistake> {
        const INVALID: Mistake = "a hexadecimal number that is not a character's";
        let digits = match c {
            'x' => 2,
            'u' => 4,
            _ => 8,
        };
        self.bump_space();
        let braced = self.peek() == Some('{');
        if braced {
            self.bump_space();
        }
        let (mut number, mut read) = (0_u32, 0_usize);
        while let Some(digit) = self.peek().filter(|c| *c != '}') {
            let digit = digit.to_digit(16).ok_or(INVALID)?;
            let more = number
                .checked_mul(16)
                .and_then(|more| more.checked_add(digit));
            number = more.ok_or(INVALID)?;
            read = read.saturating_add(1);
            self.bump_space();
            if !braced && read == digits {
                break;
            }
        }
        let whole = match braced {
            true => read > 0 && self.peek() == Some('}'),
            false => read == digits,
        };
        if braced {
            self.bump_space();
        }
        let c = char::from_u32(number).filter(|_| whole).ok_or(INVALID)?;
        Tree::one(self.literal(c))
    }
}
