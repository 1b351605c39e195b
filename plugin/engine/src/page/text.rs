//! Turns a text of anybody into HTML in which every character is seen, and its order cannot change the text beside it.
//!
//! It never leaves a character out.

use super::alphabet::{Class, class, is_mixed, is_right_to_left};
use super::html::Html;
use maud::Render;
use std::fmt::Write;

/// A text, then the notes that it needs.
pub(super) struct Shown<'t>(pub(super) &'t str);

/// A text without its notes, as a link has it.
pub(super) struct Bare<'t>(pub(super) &'t str);

/// The notes to a text, for a place after its link.
pub(super) struct Notes<'t>(pub(super) &'t str);

impl Render for Shown<'_> {
    fn render_to(&self, buffer: &mut String) {
        shown(&mut Html(buffer), self.0);
    }
}

impl Render for Bare<'_> {
    fn render_to(&self, buffer: &mut String) {
        isolated(&mut Html(buffer), self.0);
    }
}

impl Render for Notes<'_> {
    fn render_to(&self, buffer: &mut String) {
        Signs::of(self.0).notes(&mut Html(buffer), self.0);
    }
}

/// The reasons to read a text closely.
#[derive(Clone, Copy, Default)]
pub(super) struct Signs {
    /// It has characters besides printable ASCII, tabs and line feeds.
    beyond_ascii: bool,
    hidden: bool,
    mixed: bool,
    right_to_left: bool,
}

/// Appends a text and its notes.
pub(super) fn shown(html: &mut Html<'_>, text: &str) -> Signs {
    isolated(html, text);
    let signs = Signs::of(text);
    signs.notes(html, text);
    signs
}

impl Signs {
    fn of(text: &str) -> Self {
        let mut signs = Self::default();
        let mut rest = text;
        while let Some((class, piece)) = first_piece(rest) {
            signs.add(class, piece);
            rest = rest.get(piece.len()..).unwrap_or_default();
        }
        signs
    }

    fn add(&mut self, class: Class, piece: &str) {
        self.hidden |= class == Class::Hidden;
        if !piece.is_ascii() {
            self.mixed |= class == Class::Letter && is_mixed(piece);
            self.right_to_left |= piece.chars().any(is_right_to_left);
        }
        self.beyond_ascii |= class == Class::Hidden || !piece.is_ascii();
    }

    /// True where the text can look like another.
    pub(super) fn is_doubtful(self) -> bool {
        self.hidden || self.mixed || self.right_to_left
    }

    fn notes(self, html: &mut Html<'_>, text: &str) {
        if self.hidden {
            html.markup(
                "<span class=w>Invisible or unusual characters are shown as code points</span>",
            );
        }
        if self.mixed {
            html.markup("<span class=w>Warning: letters of different alphabets in one word</span>");
        }
        if self.right_to_left {
            html.markup("<span class=w>Right-to-left letters: the order on the screen can differ from the text</span>");
        }
        if self.beyond_ascii {
            html.markup("<span class=a>as ASCII: <code>");
            html.text(&ascii(text));
            html.markup("</code></span>");
        }
    }
}

/// The text as a JSON string of printable ASCII.
fn ascii(text: &str) -> String {
    let mut ascii = String::from("\"");
    push_ascii(&mut ascii, text);
    ascii.push('"');
    ascii
}

/// Appends the characters of a JSON string of printable ASCII.
pub(super) fn push_ascii(ascii: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => ascii.extend(['\\', c]),
            ' '..='~' => ascii.push(c),
            '\n' => ascii.push_str("\\n"),
            '\t' => ascii.push_str("\\t"),
            _ => push_units(ascii, c),
        }
    }
}

fn push_units(ascii: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a text does not fail.
        let _ = write!(ascii, "\\u{unit:04x}");
    }
}

/// Appends the characters of a text, isolated from the text beside it.
fn isolated(html: &mut Html<'_>, text: &str) {
    html.markup("<bdi dir=ltr>");
    let mut rest = text;
    let mut at_edge = true;
    while let Some((class, piece)) = first_piece(rest) {
        rest = rest.get(piece.len()..).unwrap_or_default();
        let next = first_piece(rest).map(|(class, _)| class);
        at_edge |= !matches!(next, Some(Class::Letter | Class::Plain));
        write_piece(html, class, piece, at_edge);
        at_edge = !matches!(class, Class::Letter | Class::Plain);
    }
    html.markup("</bdi>");
}

/// The characters at the start that are shown in the same way: a word, signs, or one character as often as it is repeated.
fn first_piece(text: &str) -> Option<(Class, &str)> {
    let first = text.chars().next()?;
    let class_of_first = class(first);
    let together = matches!(class_of_first, Class::Letter | Class::Plain);
    let differs = |c| match together {
        true => class(c) != class_of_first,
        false => c != first,
    };
    let end = text.find(differs).unwrap_or(text.len());
    Some((class_of_first, text.get(..end)?))
}

fn write_piece(html: &mut Html<'_>, class: Class, piece: &str, at_edge: bool) {
    match class {
        Class::Letter if is_mixed(piece) => {
            html.markup("<mark>");
            html.text(piece);
            html.markup("</mark>");
        }
        Class::Space if piece.len() > 1 || at_edge => repeated(html, "·", piece.len(), 40),
        Class::Letter | Class::Plain | Class::Space => html.text(piece),
        Class::LineFeed => {
            repeated(html, "⏎", piece.len(), 1);
            html.markup("\n");
        }
        Class::Tab => repeated(html, "→\t", piece.len(), 8),
        Class::Hidden => code_points(html, piece),
    }
}

/// Appends a mark as often as its character is repeated, or once with the number where that is long.
fn repeated(html: &mut Html<'_>, mark: &'static str, count: usize, most: usize) {
    if count > most {
        html.markup("<b>");
        html.markup(mark);
        times(html, count);
        return html.markup("</b>");
    }
    html.markup("<i>");
    for _ in 0..count {
        html.markup(mark);
    }
    html.markup("</i>");
}

fn code_points(html: &mut Html<'_>, piece: &str) {
    let first = piece.chars().next().unwrap_or_default();
    html.markup("<b>U+");
    // Writing to a text does not fail.
    let _ = write!(html.0, "{:04X}", u32::from(first));
    match piece.chars().count() {
        1 => {}
        count => times(html, count),
    }
    html.markup("</b>");
}

fn times(html: &mut Html<'_>, count: usize) {
    html.markup(" × ");
    html.number(count);
}
