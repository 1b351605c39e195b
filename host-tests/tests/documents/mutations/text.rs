//! Makes mistakes in the JSON text.

use super::mutant::{Expected, Mutant};
use super::node::{Node, written};
use fastrand::Rng;

pub(super) fn cut_text(policy: &Node, random: &mut Rng) -> Mutant {
    let mut text = written(policy);
    match random.u8(..3) {
        0 => {
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            text.truncate(ends[random.usize(..ends.len())]);
        }
        1 => {
            let closing = closing(&text);
            text.insert(closing[random.usize(..closing.len())], ',');
        }
        _ => text.push_str(["{}", "x", ",", "//"][random.usize(..4)]),
    }
    Mutant {
        what: "a text that is no JSON",
        text,
        expected: Expected::Text(None),
    }
}

/// The positions at which lists and objects end.
pub(super) fn closing(text: &str) -> Vec<usize> {
    let (mut inside, mut escaped) = (false, false);
    let ends = text.char_indices().filter(|(_, c)| {
        inside ^= *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        !inside && ['}', ']'].contains(c)
    });
    ends.map(|(at, _)| at).collect()
}
