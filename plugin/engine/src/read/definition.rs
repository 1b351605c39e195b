//! Turns a tool's definition, as a server lists it, into digests: one of the whole and one of each member.
//!
//! It keeps no text of a definition but the names of its members.

use crate::words::json::Value;
use crate::words::sorted::insert;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The digests that identify a tool's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) digest: Digest,
    /// The names and digests of the first members in the order of their names, at most [`MOST`].
    members: Vec<(String, [u8; 8])>,
}

/// The SHA-256 of a definition's canonical form (RFC 8785).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

/// The largest number of members with a digest of their own, and the longest part of a name that is kept, in bytes. All
/// members that MCP defines fit.
const MOST: usize = 24;

const LONGEST: usize = 24;

impl Definition {
    /// `None` for a definition that two readers may read differently.
    pub(crate) fn read(tool: Value<'_>) -> Option<Self> {
        let mut members = Vec::new();
        for (name, value) in tool.members() {
            let mut digest = [0; 8];
            let all = Sha256::digest(value.canonical()?);
            digest.iter_mut().zip(all).for_each(|(to, from)| *to = from);
            insert(&mut members, (shortened(&name), digest));
            members.truncate(MOST);
        }
        let digest = Digest(Sha256::digest(tool.canonical()?).into());
        Some(Self { digest, members })
    }

    /// The names of the members that differ.
    pub(crate) fn changed<'d>(&'d self, other: &'d Self) -> Vec<&'d str> {
        let without = |one: &Self, name: &str, digest| {
            !one.members
                .iter()
                .any(|(own, same)| own == name && same == digest)
        };
        let here = self
            .members
            .iter()
            .filter(|(name, digest)| without(other, name, digest));
        let gone = other
            .members
            .iter()
            .filter(|(name, _)| !self.members.iter().any(|(own, _)| own == name));
        here.chain(gone).map(|(name, _)| name.as_str()).collect()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.digest.0.to_vec();
        for (name, digest) in &self.members {
            bytes.push(u8::try_from(name.len()).unwrap_or_default());
            bytes.extend(name.as_bytes());
            bytes.extend(digest);
        }
        bytes
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (digest, mut rest) = bytes.split_first_chunk()?;
        let mut members = Vec::new();
        while let Some((length, after)) = rest.split_first() {
            let (name, after) = after.split_at_checked(usize::from(*length))?;
            let (digest, after) = after.split_first_chunk()?;
            members.push((String::from_utf8(name.into()).ok()?, *digest));
            rest = after;
        }
        let digest = Digest(*digest);
        Some(Self { digest, members })
    }
}

/// The pin of a tool's definition, for a policy: `sha256:` and 64 hexadecimal digits. `None` for a definition that two
/// readers may read differently.
pub fn pin(definition: Value<'_>) -> Option<String> {
    Definition::read(definition).map(|definition| definition.digest.to_string())
}

fn shortened(name: &str) -> String {
    let end = name.floor_char_boundary(LONGEST);
    name.get(..end)
        .unwrap_or_default()
        .replace(char::is_control, "\u{FFFD}")
}

const PREFIX: &str = "sha256:";

impl Digest {
    /// The digest of a pin as a policy writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix(PREFIX).filter(|hex| hex.len() == 64)?;
        let mut digest = [0; 32];
        let (pairs, []) = hex.as_bytes().as_chunks::<2>() else {
            return None;
        };
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            let digit = |digit: &u8| char::from(*digit).to_digit(16);
            *byte = u8::try_from(digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?).ok()?;
        }
        Some(Self(digest))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::json::{Bounds, Document, Surrogates};

    fn definition(text: &str) -> Option<Definition> {
        let bounds = Bounds {
            depth: 64,
            values: 640,
            surrogates: Surrogates::Refused,
        };
        Definition::read(Document::read(text.as_bytes(), bounds).unwrap().root())
    }

    #[test]
    fn definitions_in_different_spelling_have_one_digest() {
        let one =
            definition(r#"{"name":"run","inputSchema":{"type":"object","maximum":1.0}}"#).unwrap();
        let other =
            definition(r#"{ "inputSchema":{"maximum":1,"type":"\u006fbject"}, "name":"run"}"#);
        assert_eq!(Some(&one), other.as_ref());
        // printf %s '{"inputSchema":{"maximum":1,"type":"object"},"name":"run"}' | sha256sum
        let text = "sha256:ddc1ea8ecf49b435c0c9143b7c7bb83c4d947f50861fc36fab8c70001a93277d";
        assert_eq!(one.digest.to_string(), text);
        assert_eq!(Digest::parse(text), Some(one.digest));
        assert_eq!(Digest::parse(&text.to_uppercase()), None);
        assert_eq!(
            definition(r#"{"name":"run","inputSchema":{"maximum":9007199254740993}}"#),
            None
        );
    }

    #[test]
    fn changed_members_are_listed() {
        let old = definition(r#"{"name":"run","description":"a","title":"t","\u0000":1}"#).unwrap();
        let new =
            definition(r#"{"name":"run","description":"b","annotations":{},"\u0000":1}"#).unwrap();
        assert_eq!(new.changed(&old), ["annotations", "description", "title"]);
        assert_eq!(Definition::of_bytes(&new.bytes()), Some(new));
        let many: Vec<_> = (0..100)
            .map(|n| format!("\"{n:03}{}\":0", "é".repeat(40)))
            .collect();
        let many = definition(&format!("{{{}}}", many.join(","))).unwrap();
        assert!(many.bytes().len() < 1000);
        assert_eq!(Definition::of_bytes(&many.bytes()), Some(many));
    }
}
