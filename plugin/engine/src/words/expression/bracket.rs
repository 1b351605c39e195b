//! Classes in brackets: `[a-z]`, `[^[:alpha:]_]`.
//!
//! There are no classes inside one another, and no differences of them.

use super::class::named;
use super::cursor::Cursor;
use super::set::Set;
use super::tree::{Mistake, Node, Tree};

const NESTED: Mistake =
    "a class inside a class, or `&&`, `--` or `~~` in one, which is not supported";

const UNCLOSED: Mistake = "a `[` without its `]`";

/// `[…]`, at whose `[` the cursor stands.
pub(super) fn bracketed(cursor: &mut Cursor<'_>) -> Result<Tree, Mistake> {
    let mut set = Set::default();
    cursor.bump_space();
    let negated = cursor.peek() == Some('^');
    if negated {
        cursor.bump_space();
    }
    let mut first = true;
    while cursor.peek() == Some('-') {
        set.add(('-', '-'));
        first = false;
        cursor.bump_space();
    }
    if first && cursor.peek() == Some(']') {
        set.add((']', ']'));
        cursor.bump_space();
    }
    items(cursor, &mut set)?;
    if cursor.flags.ignore_case {
        set = set.both_cases();
    }
    Tree::one(if negated { set.complement() } else { set })
}

/// Everything up to the `]`.
fn items(cursor: &mut Cursor<'_>, set: &mut Set) -> Result<(), Mistake> {
    loop {
        cursor.skip();
        let c = cursor.peek().ok_or(UNCLOSED)?;
        match c {
            ']' => {
                cursor.bump();
                return Ok(());
            }
            '[' => set.extend(&posix(cursor).ok_or(NESTED)?),
            '&' | '-' | '~' if cursor.rest.chars().nth(1) == Some(c) => return Err(NESTED),
            _ => range(cursor, set)?,
        }
    }
}

fn range(cursor: &mut Cursor<'_>, set: &mut Set) -> Result<(), Mistake> {
    let first = item(cursor)?;
    cursor.skip();
    let next = cursor.peek().ok_or(UNCLOSED)?;
    if next != '-' || matches!(after(cursor), Some(']' | '-')) {
        set.extend(&first);
        return Ok(());
    }
    cursor.bump_space();
    let last = item(cursor)?;
    match (first.single(), last.single()) {
        (Some(first), Some(last)) if first <= last => {
            set.add((first, last));
            Ok(())
        }
        _ => Err("a range whose ends are not two characters in order"),
    }
}

/// The character behind the next one, and behind space that means nothing.
fn after(cursor: &Cursor<'_>) -> Option<char> {
    let mut chars = cursor.rest.chars();
    chars.next();
    if !cursor.flags.extended {
        return chars.next();
    }
    let behind = chars.as_str();
    let mut comment = false;
    let told = |c: &char| {
        let starts = *c == '#' && !comment;
        comment |= starts;
        !c.is_whitespace() && !starts
    };
    let found = behind.chars().find(told);
    found.or_else(|| behind.chars().next())
}

fn item(cursor: &mut Cursor<'_>) -> Result<Set, Mistake> {
    match cursor.bump().ok_or(UNCLOSED)? {
        '\\' => match cursor.escape()?.node {
            Node::One(set) => Ok(set),
            _ => Err("an escape in a class that is not a character"),
        },
        c => Ok(Set::one(c)),
    }
}

/// `[:alpha:]`, if that is what stands here.
fn posix(cursor: &mut Cursor<'_>) -> Option<Set> {
    let rest = cursor.rest.strip_prefix("[:")?;
    let (negated, rest) = match rest.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (name, rest) = rest.split_once(':')?;
    let rest = rest.strip_prefix(']')?;
    let set = Set::of(named(name)?.iter().copied());
    cursor.rest = rest;
    Some(if negated { set.complement() } else { set })
}
