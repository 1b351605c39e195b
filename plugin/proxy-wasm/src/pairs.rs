//! Turns the ABI's encoding of header fields into fields, and fields into that encoding.
//!
//! It calls no host.

use mcp_policy::host::Headers;

/// Parses the ABI's encoding of pairs: their number, all sizes, then each name and value with a NUL after it. `None` if
/// the bytes are too short.
pub(crate) fn pairs(bytes: Vec<u8>) -> Option<Headers> {
    if bytes.is_empty() {
        return Some(Headers::default());
    }
    let (number, rest) = size(&bytes)?;
    let (mut sizes, texts) = rest.split_at_checked(number.checked_mul(8)?)?;
    let mut start = bytes.len().checked_sub(texts.len())?;
    let mut next = || {
        let (size, rest) = size(sizes)?;
        sizes = rest;
        let text = start..start.checked_add(size)?;
        start = text.end.checked_add(1)?;
        Some(text)
    };
    let mut fields = Vec::with_capacity(number);
    for _ in 0..number {
        fields.push((next()?, next()?));
    }
    Headers::within(bytes, fields)
}

fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*size)).ok()?, rest))
}

/// The inverse of `pairs`.
pub(crate) fn serialized<T: AsRef<str>>(pairs: &[(&str, T)]) -> Vec<u8> {
    let size = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = u32::try_from(pairs.len())
        .unwrap_or(u32::MAX)
        .to_le_bytes()
        .to_vec();
    for (name, value) in pairs {
        bytes.extend(size(name));
        bytes.extend(size(value.as_ref()));
    }
    for text in pairs
        .iter()
        .flat_map(|(name, value)| [*name, value.as_ref()])
    {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}
