//! Turns the table of secrets into lookup tables for the finder, at compile time.
//!
//! It finds nothing: `anchor` and `find` do.
#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "all of it is made while compiling, where a mistake is an error"
)]

use super::kinds::{Form, SECRETS};

/// The forms of all kinds.
pub(super) const FORMS: [&Form; count(false)] = forms(false);

/// The forms whose start is the name of a value.
pub(super) const NAMES: [&Form; count(true)] = forms(true);

/// For each byte, one bit for each kind with a form that starts with it.
pub(super) const STARTS: [u32; 256] = {
    let mut starts = [0; 256];
    let mut kind = 0;
    while kind < SECRETS.len() {
        let mut forms = SECRETS[kind].forms;
        while let [form, after @ ..] = forms {
            let byte = form.start.as_bytes()[0];
            starts[byte as usize] |= 1 << kind;
            starts[byte.to_ascii_uppercase() as usize] |= 1 << kind;
            forms = after;
        }
        kind += 1;
    }
    starts
};

/// Three bytes in a form's start that are rare in other texts.
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    pub(super) form: &'static Form,
    bytes: [u8; 3],
    /// The same bytes, [folded].
    pub(super) folded: u32,
    /// Their offset in the form's start.
    pub(super) offset: usize,
}

/// One anchor for each form, sorted by their middle bytes.
pub(super) const ANCHORS: [Anchor; FORMS.len()] = {
    let mut anchors = [Anchor::of(FORMS[0]); FORMS.len()];
    let mut at = 0;
    while at < anchors.len() {
        let anchor = Anchor::of(FORMS[at]);
        let mut place = at;
        while place > 0 && anchors[place - 1].middle() > anchor.middle() {
            anchors[place] = anchors[place - 1];
            place -= 1;
        }
        anchors[place] = anchor;
        at += 1;
    }
    anchors
};

/// For each byte, how many anchors have a lower middle byte, [folded](fold).
pub(super) const LOWER: [u8; 256] = {
    let mut lower = [0; 256];
    let mut at = 0;
    while at < ANCHORS.len() {
        let mut byte = 255;
        while byte > ANCHORS[at].middle() {
            lower[byte as usize] += 1;
            byte -= 1;
        }
        at += 1;
    }
    lower
};

/// For each hash of two bytes, whether an anchor contains a pair with this hash.
pub(super) const PAIRS: [bool; 1 << PAIR_BITS] = {
    let mut pairs = [false; 1 << PAIR_BITS];
    let mut at = 0;
    while at < ANCHORS.len() {
        let Anchor { form, bytes, .. } = ANCHORS[at];
        let [one, two, three] = bytes;
        add(&mut pairs, one, two, form.ignores_case());
        add(&mut pairs, two, three, form.ignores_case());
        at += 1;
    }
    pairs
};

const fn add(pairs: &mut [bool; 1 << PAIR_BITS], one: u8, two: u8, in_either_case: bool) {
    pairs[hash([one, two])] = true;
    if in_either_case {
        let (upper_one, upper_two) = (one.to_ascii_uppercase(), two.to_ascii_uppercase());
        pairs[hash([upper_one, two])] = true;
        pairs[hash([one, upper_two])] = true;
        pairs[hash([upper_one, upper_two])] = true;
    }
}

/// The index of a pair in [`PAIRS`]. The factor is one of many that were tried: with it, few pairs of bytes in prose,
/// code and logs share the hash of a pair in an anchor.
pub(super) const fn hash(pair: [u8; 2]) -> usize {
    let pair = u16::from_le_bytes(pair) as u32;
    (pair.wrapping_mul(1_382_987_043) >> (u32::BITS - PAIR_BITS)) as usize
}

const PAIR_BITS: u32 = 11;

impl Anchor {
    const fn of(form: &'static Form) -> Self {
        let start = form.start.as_bytes();
        let (mut offset, mut at) = (0, 0);
        while at + 3 <= start.len() {
            if common(start, at) <= common(start, offset) {
                offset = at;
            }
            at += 1;
        }
        let bytes = [start[offset], start[offset + 1], start[offset + 2]];
        Self {
            form,
            bytes,
            folded: folded(bytes),
            offset,
        }
    }

    const fn middle(&self) -> u8 {
        fold(self.bytes[1])
    }
}

/// Three bytes as one number, the same in either case.
pub(super) const fn folded([one, two, three]: [u8; 3]) -> u32 {
    u32::from_le_bytes([fold(one), fold(two), fold(three), 0])
}

/// An ASCII letter in lower case. Few other bytes change.
pub(super) const fn fold(byte: u8) -> u8 {
    byte | 0x20
}

/// The frequency of the more common of the two pairs in these three bytes.
const fn common(start: &[u8], at: usize) -> u32 {
    let middle = frequency(start[at + 1]);
    let (first, last) = (frequency(start[at]), frequency(start[at + 2]));
    middle * if first > last { first } else { last }
}

/// The frequency of the letter or sign in texts, roughly, in thousandths.
const fn frequency(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b't' => 90,
        b'a' | b'o' | b'i' | b'n' | b's' => 70,
        b'h' | b'r' => 60,
        b'd' | b'l' | b'c' | b'u' => 40,
        b'm' | b'w' | b'f' | b'g' | b'y' | b'p' => 22,
        b'b' => 15,
        b'.' | b'/' | b'-' | b'_' | b':' => 12,
        b'v' | b'k' => 9,
        b'0'..=b'9' => 8,
        b'A'..=b'Z' => 4,
        _ => 3,
    }
}

const fn count(names: bool) -> usize {
    let (mut count, mut kind) = (0, 0);
    while kind < SECRETS.len() {
        let mut forms = SECRETS[kind].forms;
        while let [form, after @ ..] = forms {
            count += (!names || form.ignores_case()) as usize;
            forms = after;
        }
        kind += 1;
    }
    count
}

const fn forms<const COUNT: usize>(names: bool) -> [&'static Form; COUNT] {
    let mut all = [&SECRETS[0].forms[0]; COUNT];
    let (mut at, mut kind) = (0, 0);
    while kind < SECRETS.len() {
        let mut forms = SECRETS[kind].forms;
        while let [form, after @ ..] = forms {
            if !names || form.ignores_case() {
                all[at] = form;
                at += 1;
            }
            forms = after;
        }
        kind += 1;
    }
    all
}
