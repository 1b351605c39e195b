//! Charsets that a server may write and a client may read: it turns text into bytes, and bytes back into text without
//! an error.

/// A charset of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Latin1,
    Utf7,
    /// Units of two bytes; big-endian where true.
    Utf16(bool),
    /// Units of four bytes.
    Utf32(bool),
}

const NAMES: [(&str, Charset); 10] = [
    ("utf-8", Charset::Utf8),
    ("utf-16le", Charset::Utf16(false)),
    ("utf-16", Charset::Utf16(false)),
    ("utf-16be", Charset::Utf16(true)),
    ("utf-32le", Charset::Utf32(false)),
    ("utf-32", Charset::Utf32(false)),
    ("utf-32be", Charset::Utf32(true)),
    ("iso-8859-1", Charset::Latin1),
    ("latin-1", Charset::Latin1),
    ("utf-7", Charset::Utf7),
];

/// Bytes as UTF-8, with U+FFFD for invalid bytes.
fn text_of_utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Charset {
    /// All names that a header may give, with their charsets.
    pub(super) fn all() -> impl Iterator<Item = (&'static str, Self)> {
        NAMES.into_iter()
    }

    /// The charset of a name in lower case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let mut all = Self::all();
        all.find_map(|(own, charset)| (own == name).then_some(charset))
    }

    /// The charset of a JSON document by its byte order mark or its zero bytes, as Python's `json.detect_encoding`
    /// guesses it.
    pub(super) fn guessed(bytes: &[u8]) -> Self {
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| bytes.get(at).copied());
        match (a, b, c, d) {
            (Some(0), Some(0), Some(0xFE), Some(0xFF)) => Self::Utf32(true),
            (Some(0xFF), Some(0xFE), Some(0), Some(0)) => Self::Utf32(false),
            (Some(0xFE), Some(0xFF), ..) => Self::Utf16(true),
            (Some(0xFF), Some(0xFE), ..) => Self::Utf16(false),
            (Some(0), Some(0), ..) => Self::Utf32(true),
            (Some(0), Some(_), ..) => Self::Utf16(true),
            (Some(_), Some(0), Some(0), Some(0)) => Self::Utf32(false),
            (Some(_), Some(0), ..) => Self::Utf16(false),
            _ => Self::Utf8,
        }
    }

    /// The bytes of a text. A character that the charset lacks becomes a question mark.
    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Latin1 => text
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect(),
            Self::Utf7 => utf7(text).into_bytes(),
            Self::Utf16(big) => text
                .encode_utf16()
                .flat_map(|unit| ordered(unit.to_be_bytes(), big))
                .collect(),
            Self::Utf32(big) => text
                .chars()
                .flat_map(|c| ordered(u32::from(c).to_be_bytes(), big))
                .collect(),
        }
    }

    /// The text of bytes. A byte order mark at the start stays.
    pub(super) fn text(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => text_of_utf8(bytes),
            Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Utf7 => of_utf7(&text_of_utf8(bytes)),
            Self::Utf16(big) => {
                let unit = |pair: &[u8; 2]| u16::from_be_bytes(ordered(*pair, big));
                let units: Vec<_> = bytes.as_chunks().0.iter().map(unit).collect();
                String::from_utf16_lossy(&units)
            }
            Self::Utf32(big) => {
                let unit = |four: &[u8; 4]| u32::from_be_bytes(ordered(*four, big));
                let units = bytes.as_chunks().0.iter().map(unit);
                let replacement = char::REPLACEMENT_CHARACTER;
                units
                    .map(|unit| char::from_u32(unit).unwrap_or(replacement))
                    .collect()
            }
        }
    }
}

fn ordered<const N: usize>(mut bytes: [u8; N], big: bool) -> [u8; N] {
    if !big {
        bytes.reverse();
    }
    bytes
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Shifts every character that UTF-7 may shift, so that no part of the text is readable as ASCII.
fn utf7(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\n' | '\r' | ' ') {
            out.push(c);
            continue;
        }
        let mut units = [0; 2];
        let bytes: Vec<u8> = c
            .encode_utf16(&mut units)
            .iter()
            .flat_map(|unit| unit.to_be_bytes())
            .collect();
        out.push('+');
        for six in sixes(&bytes) {
            out.push(char::from(BASE64[usize::from(six)]));
        }
        out.push('-');
    }
    out
}

/// The bits of the bytes in groups of six, the last padded with zeros.
fn sixes(bytes: &[u8]) -> Vec<u8> {
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1))
        .collect();
    let six = |bits: &[u8]| (0..6).fold(0, |six, at| six << 1 | bits.get(at).copied().unwrap_or(0));
    bits.chunks(6).map(six).collect()
}

fn of_utf7(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        out.push_str(before);
        let shifted = after.len()
            - after
                .trim_start_matches(|c: char| BASE64.contains(&(c as u8)) && c.is_ascii())
                .len();
        let (shifted, after) = after.split_at(shifted);
        out.push_str(if shifted.is_empty() { "+" } else { "" });
        out.push_str(&of_sixes(shifted));
        rest = after.strip_prefix('-').unwrap_or(after);
    }
    out + rest
}

fn of_sixes(text: &str) -> String {
    let place = |c: u8| BASE64.iter().position(|own| *own == c).unwrap_or_default();
    let bits = text.bytes().flat_map(|c| {
        (0..6)
            .rev()
            .map(move |at| u16::try_from(place(c) >> at & 1).unwrap_or(0))
    });
    let bits: Vec<u16> = bits.collect();
    let units: Vec<u16> = bits
        .chunks_exact(16)
        .map(|bits| bits.iter().fold(0, |unit, bit| unit << 1 | bit))
        .collect();
    String::from_utf16_lossy(&units)
}

#[test]
fn text_survives_each_charset() {
    for (name, charset) in Charset::all() {
        let text = "data: {\"a\":[1]}\n+é\n";
        assert_eq!(charset.text(&charset.bytes(text)), text, "{name}");
    }
}
