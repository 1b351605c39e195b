//! Turns a text into bytes: byte order marks, and charsets that the header declares or not.

use super::super::charset::Charset;
use super::super::trick::{Trick, What, one};
use super::text::NO_UTF8;

/// A body, and its charset in the header.
#[derive(Debug, Default)]
pub(in super::super) struct Encoded {
    pub(in super::super) body: Vec<u8>,
    /// The parameter for the media type, if there is one.
    pub(in super::super) declared: Option<String>,
}

/// The body of a text, after all tricks that change its bytes.
pub(in super::super) fn encoded(mut text: String, tricks: &[Trick]) -> Encoded {
    let (mut charset, mut declared) = (Charset::Utf8, None);
    for trick in tricks {
        let mut rng = trick.rng();
        match trick.what {
            What::Mark => text.insert(0, '\u{feff}'),
            What::Disguise => text.insert_str(0, "\u{ef}\u{bb}\u{bf}"),
            What::Charset => {
                let all: Vec<_> = Charset::all().collect();
                let (name, other) = one(&mut rng, &all);
                if rng.u8(..4) > 0 {
                    charset = other;
                }
                declared = declaration(name, &mut rng).or(declared);
            }
            _ => {}
        }
    }
    let body = match charset {
        Charset::Utf8 => without_utf8(&text),
        charset => charset.bytes(&text),
    };
    Encoded { body, declared }
}

fn declaration(name: &str, rng: &mut fastrand::Rng) -> Option<String> {
    let upper = name.to_uppercase();
    match rng.u8(..8) {
        0..4 => Some(format!("; charset={name}")),
        4 => Some(format!(";charset=\"{upper}\"")),
        5 => Some(format!("; x=y; CHARSET={upper}")),
        6 => Some(format!("; charset={name}; charset=utf-8")),
        _ => None,
    }
}

/// The text as UTF-8, with an invalid byte for each placeholder character.
fn without_utf8(text: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(text.len());
    for part in text.split_inclusive(NO_UTF8) {
        body.extend(part.trim_end_matches(NO_UTF8).as_bytes());
        body.extend(part.ends_with(NO_UTF8).then_some(0xFF));
    }
    body
}
