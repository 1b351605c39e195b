//! Turns the name of a place into a secret to plant there, and finds that secret in texts: whole, in halves and encoded.
//!
//! No two places have the same secret.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The value of an argument that the policy opens.
pub(super) const SHOWN: &str = "opened-8c1e90b7d2f4";

/// A secret, and where it is planted.
#[derive(Clone)]
pub(super) struct Secret {
    pub(super) place: &'static str,
    pub(super) text: String,
}

/// The digits of base 32 (RFC 4648), of which keys of AWS consist.
const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl Secret {
    /// A text that no program recognizes as a secret.
    pub(super) fn opaque(place: &'static str) -> Self {
        let text = [0, 1].map(|part| format!("{:016x}", number(place, part)));
        Self::given(place, &text.concat())
    }

    /// A text with the form of an access key.
    pub(super) fn key(place: &'static str) -> Self {
        let mut text = "AKIA".to_owned();
        for part in 0..16 {
            let digit = number(place, part) % 32;
            text.push(DIGITS[usize::try_from(digit).expect("below 32")].into());
        }
        Self::given(place, &text)
    }

    pub(super) fn given(place: &'static str, text: &str) -> Self {
        assert!(text.len() > 12, "{place}: short texts are found by chance");
        let text = text.to_owned();
        Self { place, text }
    }

    /// The form in which the secret is in the text; `None` where it is in none.
    pub(super) fn found(&self, text: &str) -> Option<String> {
        self.forms().into_iter().find(|form| text.contains(form))
    }

    fn forms(&self) -> Vec<String> {
        let (one, other) = self.text.split_at(self.text.len() / 2);
        let mut forms = vec![self.text.clone(), one.into(), other.into()];
        forms.extend(["%", "\\u00", "\\x", ""].map(|before| self.digits(before)));
        forms.extend([0, 1, 2].map(|at| self.base64(at)));
        let url_safe = |form: &String| form.replace('+', "-").replace('/', "_");
        let more: Vec<_> = forms.iter().map(url_safe).collect();
        let lower = forms.iter().map(|form| form.to_lowercase());
        let lower: Vec<_> = lower.collect();
        forms.into_iter().chain(more).chain(lower).collect()
    }

    /// Each byte in two hexadecimal digits.
    fn digits(&self, before: &str) -> String {
        self.text.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "{before}{byte:02X}").expect("a text grows");
            text
        })
    }

    /// The characters of base64 that depend on the secret alone, in a text that has it at this position modulo three.
    fn base64(&self, at: usize) -> String {
        let bytes = [&vec![0; at], self.text.as_bytes()].concat();
        let encoded = BASE64_STANDARD.encode(&bytes);
        let first = [0, 2, 3][at];
        encoded[first..bytes.len() / 3 * 4].to_owned()
    }
}

fn number(place: &str, part: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (place, part).hash(&mut hasher);
    hasher.finish()
}

#[test]
fn secret_is_found_whole_in_halves_and_encoded() {
    let secret = Secret::opaque("here");
    let (one, other) = secret.text.split_at(16);
    let percent = secret.digits("%").to_lowercase();
    let mut hiding = vec![secret.text.clone(), one.into(), other.into(), percent];
    for before in ["", "a", "ab", "abc"] {
        hiding.push(BASE64_STANDARD.encode(format!("{before}{}, and more", secret.text)));
    }
    for text in hiding {
        assert!(secret.found(&format!("<{text}>")).is_some(), "{text}");
    }
    assert_eq!(secret.found(&Secret::opaque("there").text), None);
    assert_eq!(secret.found(&secret.text[1..16]), None);
}
