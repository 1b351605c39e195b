//! Secret keys, and the authentication codes that they give texts: HMAC with SHA-256 (RFC 2104).
//!
//! It never shows a key, and compares codes in constant time.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// The authentication code of some parts.
pub(crate) type Code = [u8; 32];

/// Secret keys. The first makes codes, and each of them proves one, so that a key can be replaced without a gap.
#[derive(Clone)]
pub(crate) struct Keys(Vec<Hmac<Sha256>>);

/// The shortest key, in bytes: as long as a code.
pub(crate) const SHORTEST_KEY: usize = 32;

impl Keys {
    /// The keys with these bytes; `None` without one, and where one is too short.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = &'k [u8]>) -> Option<Self> {
        let mut all = Vec::new();
        for key in keys {
            let key = Some(key).filter(|key| key.len() >= SHORTEST_KEY)?;
            all.push(Hmac::new_from_slice(key).ok()?);
        }
        (!all.is_empty()).then_some(Self(all))
    }

    /// The code of these parts. `purpose` keeps the codes of different uses apart.
    pub(crate) fn code(&self, purpose: &str, parts: &[&[u8]]) -> Code {
        let first = self.0.first().cloned();
        let code = first.map(|key| of(key, purpose, parts).finalize().into_bytes().into());
        code.unwrap_or_default()
    }

    /// The code of a text alone, as other programs compute it.
    pub(crate) fn signature(&self, text: &[u8]) -> Code {
        let first = self.0.first().cloned();
        let code = first.map(|mut key| {
            key.update(text);
            key.finalize().into_bytes().into()
        });
        code.unwrap_or_default()
    }

    /// Whether one of the keys gives this code.
    pub(crate) fn prove(&self, purpose: &str, parts: &[&[u8]], code: &[u8]) -> bool {
        let mut keys = self.0.iter().cloned();
        keys.any(|key| of(key, purpose, parts).verify_slice(code).is_ok())
    }

    /// Whether one of the keys gives a code that begins with these 128 bits.
    pub(crate) fn prove_start(&self, purpose: &str, parts: &[&[u8]], code: &[u8; 16]) -> bool {
        let mut keys = self.0.iter().cloned();
        keys.any(|key| of(key, purpose, parts).verify_truncated_left(code).is_ok())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys", self.0.len())
    }
}

/// Each part follows its length, so that no two lists of parts give the same bytes.
fn of(mut key: Hmac<Sha256>, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    for part in [purpose.as_bytes()].iter().chain(parts) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        key.update(&length.to_le_bytes());
        key.update(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = &[1; 32];
    const NEW: &[u8] = &[2; 32];

    fn keys(keys: &[&[u8]]) -> Keys {
        Keys::new(keys.iter().copied()).expect("keys")
    }

    #[test]
    fn code_of_an_earlier_key_is_proved_after_a_rotation() {
        let code = keys(&[OLD]).code("use", &[b"part"]);
        assert!(keys(&[NEW, OLD]).prove("use", &[b"part"], &code));
        assert!(!keys(&[NEW]).prove("use", &[b"part"], &code));
    }

    #[test]
    fn code_of_other_parts_or_another_purpose_is_not_proved() {
        let keys = keys(&[NEW]);
        let code = keys.code("use", &[b"ab", b"c"]);
        assert!(keys.prove("use", &[b"ab", b"c"], &code));
        let truncated = code.get(..16).unwrap_or_default();
        for (purpose, parts, code) in [
            ("use", [&b"a"[..], b"bc"], &code[..]),
            ("other", [b"ab", b"c"], &code),
            ("use", [b"ab", b"c"], truncated),
            ("use", [b"ab", b"c"], &[]),
        ] {
            assert!(!keys.prove(purpose, &parts, code), "{purpose} {parts:?}");
        }
    }

    #[test]
    fn signature_is_that_of_other_programs() {
        // printf %s text | openssl dgst -sha256 -hmac 22222222222222222222222222222222
        let keys = keys(&[&[b'2'; 32]]);
        let hex: String = keys
            .signature(b"text")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "66bd21ca8df498c15a7d939c9da50069089db9ff5a00c54e3e1f585691ca86ea"
        );
    }

    #[test]
    fn short_key_and_no_key_are_refused() {
        assert!(Keys::new([&[1; 31][..]]).is_none());
        assert!(Keys::new([NEW, &[]]).is_none());
        assert!(Keys::new([]).is_none());
    }

    #[test]
    fn key_is_not_shown() {
        assert_eq!(format!("{:?}", keys(&[NEW])), "1 keys");
    }
}
