//! Turns the place where a text stops being JSON into the mistake there: its span and a message.
//!
//! It never quotes the text: a misplaced value may be a token, and the log of a CI is read by many.

use std::ops::Range;

/// A mistake that people make in JSON.
pub(crate) struct Mistake {
    /// Bytes of the text.
    pub(crate) span: Range<usize>,
    pub(crate) says: &'static str,
}

/// The two parts of a text that meet where it stops being JSON.
struct Fault<'a> {
    text: &'a str,
    at: usize,
    /// The text before the fault, without space at its end.
    before: &'a str,
    rest: &'a str,
}

const COMMENT: &str = "found a comment, which JSON does not have; take it out";
const YAML: &str = "found YAML; write the policy in JSON: `{\"version\": \"1\", …}`";
const TRAILING_COMMA: &str = "found a comma after the last element; take it out";
const STRAY_COMMA: &str = "found a comma without a value before it; take it out";
const MISSING_COMMA: &str = "found no comma between two elements; write `,` here";
const MISSING_COLON: &str = "found no colon after a name; write `:` here";
const EQUALS: &str = "found `=` after a name; write `:`";
const SINGLE_QUOTES: &str = "found single quotes; write double quotes, `\"`";
const CURLY_QUOTES: &str = "found typographic quotes; write straight double quotes, `\"`";
const NAME: &str = "found a name without quotes; write it in double quotes";
const WORD: &str = "found a word without quotes; write it in double quotes";
const PYTHON: &str = "found a word of Python; write `true`, `false` or `null`";
const NOT_FINITE: &str =
    "found NaN or Infinity, which JSON does not have; write a number in digits";
const NUMBER: &str = "found a number in a form that JSON does not have; write digits, such as `0.5`, or a text in double quotes";
const LINE_BREAK: &str =
    "found a control character or a line break in a text; write `\\n` for a line break";
const ESCAPE: &str =
    "found a backslash that begins no escape of JSON; write `\\\\` for one backslash";
const OPEN_STRING: &str = "found the end of the file in a text; write its closing `\"`";
const OPEN: &str = "found the end of the file, but brackets are open; write the missing `}` or `]`";
const EMPTY: &str = "found an empty text; write a policy: `{\"version\": \"1\", …}`";
const AFTER_END: &str = "found more text after the end of the document; take it out";
const WRONG_BRACKET: &str =
    "found a bracket that does not close the one last opened; write `}` for `{` and `]` for `[`";

/// The mistake at byte `at` of a text that is not JSON; `None` for an unknown mistake.
pub(crate) fn mistake(text: &str, at: usize) -> Option<Mistake> {
    let at = start_of_word(text, at);
    let (before, rest) = text.split_at_checked(at)?;
    let fault = Fault {
        text,
        at,
        before: before.trim_end(),
        rest,
    };
    if Place::after(before).in_string {
        return fault.inside_string();
    }
    fault
        .whole_text()
        .or_else(|| fault.token())
        .or_else(|| fault.between())
}

/// The beginning of the literal that breaks off at `at`, such as `nul`; `at` itself if no literal does.
fn start_of_word(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let start = before
        .trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '-')
        .len();
    let started = before.get(start..).unwrap_or_default();
    let is_in_string = Place::after(before).in_string;
    let is_literal = ["true", "false", "null", "-"]
        .iter()
        .any(|literal| !started.is_empty() && literal.starts_with(started));
    if is_literal && !is_in_string {
        start
    } else {
        at
    }
}

impl Fault<'_> {
    /// A mistake about the text as a whole.
    fn whole_text(&self) -> Option<Mistake> {
        if let Some(span) = yaml(self.text).filter(|_| self.before.is_empty()) {
            return Some(Mistake { span, says: YAML });
        }
        if self.rest.trim().is_empty() {
            let says = if self.before.is_empty() { EMPTY } else { OPEN };
            return self.next(0, says);
        }
        None
    }

    /// A mistake that one token shows.
    fn token(&self) -> Option<Mistake> {
        let rest = self.rest;
        let line = rest.lines().next().unwrap_or_default().trim_end().len();
        match rest.chars().next()? {
            '#' => self.next(line, COMMENT),
            '/' if rest.starts_with("//") => self.next(line, COMMENT),
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/").map_or(line, |end| end.saturating_add(2));
                self.next(end, COMMENT)
            }
            '\'' => self.next(quoted(rest, '\''), SINGLE_QUOTES),
            '“' | '”' | '„' | '‘' | '’' => self.next(quoted(rest, '”'), CURLY_QUOTES),
            '=' => self.next(1, EQUALS),
            ',' => self.next(1, STRAY_COMMA),
            '}' | ']' => self.bracket(),
            c if "+.".contains(c) || self.is_in_number(c) => self.next(1, NUMBER),
            c if c.is_alphabetic() || "_$-".contains(c) => self.word(),
            _ => None,
        }
    }

    fn inside_string(&self) -> Option<Mistake> {
        match self.rest.chars().next() {
            None => self.next(0, OPEN_STRING),
            Some('\\') => self.next(1, ESCAPE),
            Some(c) if c.is_control() => self.next(0, LINE_BREAK),
            Some(_) if self.before.ends_with('\\') => {
                let end = self.before.len();
                let span = end.saturating_sub(1)..end;
                Some(Mistake { span, says: ESCAPE })
            }
            Some(_) => None,
        }
    }

    /// True where `c` follows the digits of a number at once.
    fn is_in_number(&self, c: char) -> bool {
        let is_adjacent = self.before.len() == self.at;
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        is_adjacent && self.before.ends_with(is_number) && c.is_alphanumeric()
    }

    fn bracket(&self) -> Option<Mistake> {
        let comma = self.before.strip_suffix(',');
        match comma.filter(|list| !list.trim_end().ends_with(['{', '[', ','])) {
            Some(list) => Some(Mistake {
                span: list.len()..self.before.len(),
                says: TRAILING_COMMA,
            }),
            None if Place::after(self.before).innermost.is_none() => self.next(1, AFTER_END),
            None if !self.before.ends_with([':', ',']) => self.next(1, WRONG_BRACKET),
            None => None,
        }
    }

    fn word(&self) -> Option<Mistake> {
        let is_part = |c: char| c.is_alphanumeric() || "_$-.".contains(c);
        let end = self.rest.find(|c| !is_part(c));
        let end = end.unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end)?;
        match word {
            _ if after.trim_start().starts_with(':') => self.next(end, NAME),
            _ if Place::after(self.before).innermost.is_none() && !self.before.is_empty() => {
                self.next(end, AFTER_END)
            }
            "NaN" | "nan" | "Infinity" | "-Infinity" | "inf" | "-inf" | "-NaN" => {
                self.next(end, NOT_FINITE)
            }
            "True" | "False" | "None" | "undefined" => self.next(end, PYTHON),
            "true" | "false" | "null" => None,
            _ if word.starts_with('-') => None,
            _ => self.next(end, WORD),
        }
    }

    /// A sign that is missing between two values.
    fn between(&self) -> Option<Mistake> {
        let starts = |c: char| c.is_ascii_alphanumeric() || "\"{[-".contains(c);
        let ends = |c: char| c.is_ascii_alphanumeric() || "\"}]".contains(c);
        if !self.rest.starts_with(starts) || !self.before.ends_with(ends) {
            return None;
        }
        let says = match Place::after(self.before).innermost {
            None => return self.next(1, AFTER_END),
            Some('[') => MISSING_COMMA,
            Some(_) if self.is_name() || !self.before.ends_with('"') => MISSING_COMMA,
            Some(_) => MISSING_COLON,
        };
        let end = self.before.len();
        let span = end..end;
        Some(Mistake { span, says })
    }

    /// True where a text with a colon after it begins.
    fn is_name(&self) -> bool {
        let name = self.rest.strip_prefix('"').unwrap_or_default();
        let after = name.split_once('"').map_or("", |(_, after)| after);
        after.trim_start().starts_with(':')
    }

    /// The mistake in the next `len` bytes.
    fn next(&self, len: usize, says: &'static str) -> Option<Mistake> {
        let span = self.at..self.at.saturating_add(len).min(self.text.len());
        Some(Mistake { span, says })
    }
}

/// The open brackets and quotes where a text stops being JSON.
struct Place {
    innermost: Option<char>,
    in_string: bool,
}

impl Place {
    fn after(before: &str) -> Self {
        let mut open = Vec::new();
        let mut chars = before.chars();
        let mut in_string = false;
        while let Some(c) = chars.next() {
            match c {
                '\\' if in_string => drop(chars.next()),
                '"' => in_string = !in_string,
                '{' | '[' if !in_string => open.push(c),
                '}' | ']' if !in_string => drop(open.pop()),
                _ => {}
            }
        }
        let innermost = open.pop();
        Self {
            innermost,
            in_string,
        }
    }
}

/// The length of a text in quotes that ends on its line; of its quote where it does not.
fn quoted(rest: &str, end: char) -> usize {
    let quote = rest.chars().next().map_or(0, char::len_utf8);
    let line = rest.lines().next().unwrap_or_default();
    let inside = line.get(quote..).unwrap_or_default();
    inside.find(end).map_or(quote, |at| {
        quote.saturating_add(at).saturating_add(end.len_utf8())
    })
}

/// The first line other than a comment, if it begins a YAML document or is a member of a YAML mapping.
fn yaml(text: &str) -> Option<Range<usize>> {
    let mut start = 0_usize;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end();
        if !shown.is_empty() && !shown.starts_with('#') {
            return is_yaml(shown).then(|| start..start.saturating_add(shown.len()));
        }
        start = start.saturating_add(line.len());
    }
    None
}

fn is_yaml(line: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "_-$\"'".contains(c);
    let is_member = line.split_once(':').is_some_and(|(name, after)| {
        let is_name = !name.is_empty() && name.chars().all(is_part);
        is_name && (after.is_empty() || after.starts_with(' '))
    });
    line == "---" || line.starts_with("%YAML") || is_member
}
