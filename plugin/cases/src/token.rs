//! Turns digests of tokens into made-up tokens, and a policy into one whose grants have the digests of these.
//!
//! It never inverts a digest: the made-up token is the digest itself, as a text.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Digests of tokens that are made up, in lower case.
#[derive(Clone, Debug, Default)]
pub struct MadeUp(BTreeSet<String>);

/// The token that stands for the one of this digest.
#[must_use]
pub fn made_up(digest: &str) -> String {
    digest.to_ascii_lowercase()
}

impl MadeUp {
    /// The token of this digest is made up.
    pub fn add(&mut self, digest: &str) {
        self.0.insert(made_up(digest));
    }

    /// The policy with the digests of the made-up tokens. Nothing else differs: grants of the same token keep the same digest.
    #[must_use]
    pub fn in_policy(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for digest in &self.0 {
            text = replace(&text, digest, &digest_of(made_up(digest).as_bytes()));
        }
        text
    }

    /// Exchanges the true token of a made-up one in the value of an `Authorization` header.
    pub(crate) fn in_credential(&self, value: &mut Vec<u8>) {
        let scheme = value.get(..7);
        if !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer ")) {
            return;
        }
        let digest = digest_of(value.get(7..).unwrap_or_default());
        if self.0.contains(&digest) {
            value.truncate(7);
            value.extend(made_up(&digest).bytes());
        }
    }
}

/// The text with another one in place of a digest, which is written in any case.
fn replace(text: &str, digest: &str, other: &str) -> String {
    let found = text.to_ascii_lowercase();
    let (mut replaced, mut end) = (String::new(), 0);
    for (start, _) in found.match_indices(digest) {
        replaced.push_str(text.get(end..start).unwrap_or_default());
        replaced.push_str(other);
        end = start.saturating_add(digest.len());
    }
    replaced.push_str(text.get(end..).unwrap_or_default());
    replaced
}

/// The SHA-256 of a token, as a policy has it.
fn digest_of(token: &[u8]) -> String {
    let mut digest = String::new();
    for byte in Sha256::digest(token) {
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}
