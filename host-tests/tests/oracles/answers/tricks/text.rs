//! Changes the text of a message in ways that strict parsers reject and lenient ones read.

use super::super::trick::{Trick, What, one};
use fastrand::Rng;

/// A placeholder that becomes an invalid byte when the text is encoded as UTF-8.
pub(in super::super) const NO_UTF8: char = '\u{f8ff}';

/// Applies a trick to the text; one of another layer changes nothing.
pub(in super::super) fn changed_text(text: String, trick: Trick) -> String {
    let mut rng = trick.rng();
    match trick.what {
        What::Broken => broken(text, &mut rng),
        What::Surrogate => in_a_string(text, one(&mut rng, &["\\ud83d", "\\udc00"]), &mut rng),
        _ => text,
    }
}

fn broken(text: String, rng: &mut Rng) -> String {
    let no_utf8 = NO_UTF8.to_string();
    match rng.u8(..10) {
        0 => insert(text, ",", "]}", 0, rng),
        1 => insert(text, one(rng, &["/*x*/", "//x\n"]), "{}[],:", 1, rng),
        2 => insert(
            text,
            one(
                rng,
                &["\"n\":NaN,", "\"n\":01,", "\"n\":-Infinity,", "\"n\":0x1,"],
            ),
            "{",
            1,
            rng,
        ),
        3 => in_a_string(
            text,
            one(rng, &["\t", "\u{1}", "\u{0}", "\u{7f}", &no_utf8]),
            rng,
        ),
        4 => text + one(rng, &[" x", "{}", "\0", "]", "}", ",", " null"]),
        5 => {
            one(
                rng,
                &["{} ", "null ", "\0", ")]}'", "[", "{", "1", "\u{feff}"],
            )
            .to_owned()
                + &text
        }
        6 => {
            let left = text.chars().count() - rng.usize(1..3);
            text.chars().take(left).collect()
        }
        7 => single_quotes(&text, rng),
        8 => insert(
            text,
            one(
                rng,
                &["\u{a0}", "\u{b}", "\u{c}", "\0", "\u{feff}", &no_utf8],
            ),
            "{}[],:",
            1,
            rng,
        ),
        _ => insert(text, one(rng, &[",", "}", "]", ":"]), "{}[],:", 1, rng),
    }
}

/// The positions of these characters outside strings.
fn structural(text: &str, of: &str) -> Vec<usize> {
    let (mut places, mut inside, mut escape) = (Vec::new(), false, false);
    for (at, c) in text.char_indices() {
        if inside {
            inside = escape || c != '"';
            escape = !escape && c == '\\';
        } else if c == '"' {
            inside = true;
        } else if of.contains(c) {
            places.push(at);
        }
    }
    places
}

/// Inserts a text before or after a random one of these characters.
pub(in super::super) fn insert(
    mut text: String,
    what: &str,
    of: &str,
    behind: usize,
    rng: &mut Rng,
) -> String {
    let places = structural(&text, of);
    if !places.is_empty() {
        text.insert_str(one(rng, &places) + behind, what);
    }
    text
}

/// The start and the end of each string.
fn strings(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut start, mut escape) = (None, false);
    for (at, c) in text.char_indices() {
        match start {
            None if c == '"' => start = Some(at),
            Some(from) if c == '"' && !escape => {
                found.push((from, at));
                start = None;
            }
            _ => {}
        }
        escape = !escape && c == '\\';
    }
    found
}

fn in_a_string(mut text: String, what: &str, rng: &mut Rng) -> String {
    let strings = strings(&text);
    if !strings.is_empty() {
        let (start, end) = one(rng, &strings);
        text.insert_str(if rng.bool() { start + 1 } else { end }, what);
    }
    text
}

fn single_quotes(text: &str, rng: &mut Rng) -> String {
    let strings = strings(text);
    if strings.is_empty() {
        return text.to_owned();
    }
    let (start, end) = one(rng, &strings);
    format!(
        "{}'{}'{}",
        &text[..start],
        &text[start + 1..end],
        &text[end + 1..]
    )
}
