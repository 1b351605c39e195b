//! Turns a character into the way in which a page shows it, and a word into whether it mixes alphabets.
//!
//! It never calls an unknown character harmless: a letter that it does not know is of another alphabet than all that it knows.

use crate::words::text::{is_invisible, is_joiner};

/// How a character is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// As it is, and compared with the letters beside it.
    Letter,
    /// As it is.
    Plain,
    /// With a mark, where it could be overlooked.
    Space,
    /// With a mark.
    LineFeed,
    /// With a mark.
    Tab,
    /// As its code point.
    Hidden,
}

/// An alphabet whose letters look like those of another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Latin,
    Greek,
    Cyrillic,
    /// All others, and shapes of letters for formulas and phonetics.
    Other,
}

pub(super) fn class(c: char) -> Class {
    match c {
        ' ' => Class::Space,
        '\n' => Class::LineFeed,
        '\t' => Class::Tab,
        c if is_hidden(c) => Class::Hidden,
        c if alphabet(c).is_some() => Class::Letter,
        _ => Class::Plain,
    }
}

/// True for a word with letters of two alphabets.
pub(super) fn is_mixed(word: &str) -> bool {
    let mut first = None;
    for letter in word.chars().filter_map(alphabet) {
        if *first.get_or_insert(letter) != letter {
            return true;
        }
    }
    false
}

/// True for a character of a script that is written from the right to the left.
pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}')
}

/// The alphabet of a letter; `None` for other characters, and for the scripts of East Asia, which stand beside Latin letters
/// without a space.
fn alphabet(c: char) -> Option<Alphabet> {
    match c {
        'a'..='z' | 'A'..='Z' => Some(Alphabet::Latin),
        '\0'..='~' => None,
        c if !c.is_alphabetic() || is_east_asian(c) => None,
        '\u{80}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(Alphabet::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Alphabet::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => {
            Some(Alphabet::Cyrillic)
        }
        _ => Some(Alphabet::Other),
    }
}

fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}' | '\u{1aff0}'..='\u{1b2ff}' | '\u{20000}'..='\u{3ffff}')
}

/// True for a character that is shown as its code point: it is invisible, looks like a space, changes the character before
/// it, or has no agreed shape.
fn is_hidden(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    let changes = is_invisible(c) || is_joiner(c) || is_combining(c);
    changes || c.is_whitespace() || is_blank(c) || is_private(c)
}

/// True for marks that are put on any character.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{2de0}'..='\u{2dff}' | '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// True for signs without ink, and for controls of musical notation, shorthand and hieroglyphs.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{fffc}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
        | '\u{1d173}'..='\u{1d17a}')
}

/// True for private use, where each font has its own shape, and for code points that are never characters.
fn is_private(c: char) -> bool {
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{e1000}'..);
    private || u32::from(c) & 0xFFFE == 0xFFFE
}
