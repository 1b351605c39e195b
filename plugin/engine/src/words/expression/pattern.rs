//! Turns the text of a regular expression into a tree, or says why it is invalid.
//!
//! It accepts the dialect of the crate `regex-lite`: no look-around, no back-references, no Unicode classes.

use super::bracket::bracketed;
use super::cursor::{Cursor, Flags};
use super::look::Look;
use super::set::Set;
use super::tree::{DEEPEST, Mistake, Node, Tree};

/// Reads an expression from its start to its end.
struct Parser<'p> {
    cursor: Cursor<'p>,
    depth: usize,
    names: Vec<&'p str>,
}

/// The whole text as an expression.
pub(super) fn parse(text: &str) -> Result<Tree, Mistake> {
    let mut parser = Parser {
        cursor: Cursor {
            rest: text,
            flags: Flags::default(),
        },
        depth: 0,
        names: Vec::new(),
    };
    let tree = parser.choice()?;
    match parser.cursor.peek() {
        None => Ok(tree),
        Some(_) => Err("a `)` without its `(`"),
    }
}

impl<'p> Parser<'p> {
    fn choice(&mut self) -> Result<Tree, Mistake> {
        if self.depth > DEEPEST {
            return Err("groups nested too deeply");
        }
        self.depth = self.depth.saturating_add(1);
        let (mut choices, mut parts) = (Vec::new(), Vec::new());
        loop {
            self.cursor.skip();
            match self.cursor.peek() {
                None | Some(')') => break,
                Some('|') => {
                    self.cursor.bump();
                    choices.push(Tree::sequence(std::mem::take(&mut parts))?);
                }
                Some(c) => self.part(c, &mut parts)?,
            }
        }
        self.depth = self.depth.saturating_sub(1);
        let last = Tree::sequence(parts)?;
        if choices.is_empty() {
            return Ok(last);
        }
        choices.push(last);
        Tree::new(Node::Choice(choices))
    }

    fn part(&mut self, c: char, parts: &mut Vec<Tree>) -> Result<(), Mistake> {
        match c {
            '(' => self.group(parts)?,
            '?' | '*' | '+' => {
                self.cursor.bump();
                let sub = parts.pop().ok_or("a repetition without an operand")?;
                let (min, max) = match c {
                    '?' => (0, Some(1)),
                    '*' => (0, None),
                    _ => (1, None),
                };
                parts.push(sub.repeat(min, max, self.greedy())?);
            }
            '{' => {
                let sub = parts.pop().ok_or("a repetition without an operand")?;
                let (min, max) = self.counts()?;
                parts.push(sub.repeat(min, max, self.greedy())?);
            }
            '[' => parts.push(bracketed(&mut self.cursor)?),
            _ => parts.push(self.primitive(c)?),
        }
        Ok(())
    }

    fn primitive(&mut self, c: char) -> Result<Tree, Mistake> {
        self.cursor.bump();
        let Flags {
            multi_line, crlf, ..
        } = self.cursor.flags;
        let look = match (c, multi_line, crlf) {
            ('\\', ..) => return self.cursor.escape(),
            ('.', ..) => return Tree::one(self.dot()),
            ('^', false, _) => Look::Start,
            ('^', true, false) => Look::StartLine,
            ('^', true, true) => Look::StartLineCr,
            ('$', false, _) => Look::End,
            ('$', true, false) => Look::EndLine,
            ('$', true, true) => Look::EndLineCr,
            _ => return Tree::one(self.cursor.literal(c)),
        };
        Tree::new(Node::Look(look))
    }

    fn dot(&self) -> Set {
        let ends = match (self.cursor.flags.dot_all, self.cursor.flags.crlf) {
            (true, _) => Set::default(),
            (false, true) => Set::of([('\n', '\n'), ('\r', '\r')]),
            (false, false) => Set::one('\n'),
        };
        ends.complement()
    }

    /// True for `*`, false for `*?`, and the other way round under `U`.
    fn greedy(&mut self) -> bool {
        let lazy = self.cursor.bump_if("?");
        lazy == self.cursor.flags.swap_greed
    }

    /// `{2}`, `{2,}` or `{2,5}`.
    fn counts(&mut self) -> Result<(u32, Option<u32>), Mistake> {
        self.cursor.bump_space();
        let min = self.decimal()?;
        let mut max = Some(min);
        if self.cursor.peek() == Some(',') {
            self.cursor.bump_space();
            max = match self.cursor.peek() {
                Some('}') => None,
                _ => Some(self.decimal()?),
            };
        }
        if self.cursor.peek() != Some('}') {
            return Err("a `{` that begins none of `{n}`, `{n,}` and `{n,m}`");
        }
        self.cursor.bump_space();
        match max.is_some_and(|max| min > max) {
            true => Err("a repetition whose minimum exceeds its maximum"),
            false => Ok((min, max)),
        }
    }

    fn decimal(&mut self) -> Result<u32, Mistake> {
        self.cursor.rest = self.cursor.rest.trim_start();
        let mut number = None;
        while let Some(digit) = self.cursor.peek().and_then(|c| c.to_digit(10)) {
            let before: u32 = number.unwrap_or(0);
            let more = before
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(digit));
            number = Some(more.ok_or("a number of repetitions that is too large")?);
            self.cursor.bump_space();
        }
        while self.cursor.peek().is_some_and(char::is_whitespace) {
            self.cursor.bump_space();
        }
        number.ok_or("a `{` without a number behind it")
    }

    fn group(&mut self, parts: &mut Vec<Tree>) -> Result<(), Mistake> {
        let outside = self.cursor.flags;
        self.cursor.bump_space();
        let looks = ["?=", "?!", "?<=", "?<!"];
        if looks.iter().any(|look| self.cursor.rest.starts_with(look)) {
            return Err("look-around, which is not supported");
        }
        let mut has_parts = true;
        if self.cursor.bump_if("?P<") || self.cursor.bump_if("?<") {
            self.name()?;
        } else if self.cursor.bump_if("?") {
            has_parts = self.group_flags()?;
        }
        if has_parts {
            parts.push(self.choice()?);
            self.cursor.flags = outside;
        }
        match self.cursor.bump() {
            Some(')') => Ok(()),
            _ => Err("a `(` without its `)`"),
        }
    }

    fn name(&mut self) -> Result<(), Mistake> {
        let end = self
            .cursor
            .rest
            .find('>')
            .ok_or("a group's name without its `>`")?;
        let (name, rest) = self.cursor.rest.split_at_checked(end).unwrap_or_default();
        let mut chars = name.chars();
        let first = |c: char| c == '_' || c.is_alphabetic();
        let more = |c: char| matches!(c, '_' | '.' | '[' | ']') || c.is_alphanumeric();
        if !chars.next().is_some_and(first) || !chars.all(more) {
            return Err("an invalid group name");
        }
        if self.names.contains(&name) {
            return Err("two groups of one name");
        }
        self.names.push(name);
        self.cursor.rest = rest;
        self.cursor.bump();
        Ok(())
    }

    /// `i-s:` or `i-s)`. True where parts follow in the group.
    fn group_flags(&mut self) -> Result<bool, Mistake> {
        let (mut seen, mut on) = (String::new(), true);
        loop {
            let c = self.cursor.peek().ok_or("flags without their `:` or `)`")?;
            let negation = seen.ends_with('-');
            match c {
                ')' | ':' if negation => return Err("flags that end in `-`"),
                ')' if seen.is_empty() => return Err("a group with an empty list of flags"),
                ')' => return Ok(false),
                ':' => {
                    self.cursor.bump();
                    return Ok(true);
                }
                _ if seen.contains(c) => return Err("a flag given twice"),
                '-' => on = false,
                _ => self.cursor.flags.set(c, on)?,
            }
            seen.push(c);
            self.cursor.bump();
        }
    }
}
