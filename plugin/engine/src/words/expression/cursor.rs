//! The place in the text of an expression up to which it was read, and the flags that are set there.
//!
//! It knows what space means, and nothing else of the dialect.

use super::set::Set;
use super::tree::Mistake;

/// The flags that are set at a place of an expression.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) multi_line: bool,
    pub(super) dot_all: bool,
    pub(super) swap_greed: bool,
    pub(super) crlf: bool,
    pub(super) extended: bool,
}

/// The rest of an expression.
#[derive(Debug)]
pub(super) struct Cursor<'p> {
    pub(super) rest: &'p str,
    pub(super) flags: Flags,
}

impl Cursor<'_> {
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        Some(c)
    }

    pub(super) fn bump_if(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Goes on behind the next character, and behind space that means nothing.
    pub(super) fn bump_space(&mut self) {
        self.bump();
        self.skip();
    }

    /// Under `x`, space and comments mean nothing.
    pub(super) fn skip(&mut self) {
        while self.flags.extended {
            match self.peek() {
                Some('#') => {
                    let end = self.rest.find('\n').map(|end| end.saturating_add(1));
                    self.rest = end.and_then(|end| self.rest.get(end..)).unwrap_or_default();
                }
                Some(c) if c.is_whitespace() => drop(self.bump()),
                _ => return,
            }
        }
    }

    /// The character, in both cases where the flags say so.
    pub(super) fn literal(&self, c: char) -> Set {
        let set = Set::one(c);
        match self.flags.ignore_case {
            true => set.both_cases(),
            false => set,
        }
    }
}

impl Flags {
    /// Sets the flag of that letter.
    pub(super) fn set(&mut self, c: char, on: bool) -> Result<(), Mistake> {
        let flag = match c {
            'i' => &mut self.ignore_case,
            'm' => &mut self.multi_line,
            's' => &mut self.dot_all,
            'U' => &mut self.swap_greed,
            'R' => &mut self.crlf,
            'x' => &mut self.extended,
            'u' => return Ok(()),
            _ => return Err("a flag other than `imsURxu`"),
        };
        *flag = on;
        Ok(())
    }
}
