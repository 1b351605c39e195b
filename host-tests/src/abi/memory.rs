//! Turns guest pointers into bytes, and bytes into guest memory. A pointer that
//! leaves the guest's memory is a [`Refusal`]; it never is a panic.

use super::host::Host;
use super::refusal::{Outcome, Refusal};
use super::state::Pair;
use wasmtime::Caller;

/// A guest that is waiting for a host function to return.
pub(super) type Guest<'a> = Caller<'a, Host>;

/// An address and a length; or two addresses, where the host is to leave them.
pub(super) type Span = (u32, u32);

/// The bytes a guest points to.
pub(super) fn read<'g>(guest: &'g Guest<'_>, (at, size): Span) -> Result<&'g [u8], Refusal> {
    let memory = guest.data().memory.ok_or(Refusal::BadPointer)?;
    let end = (at as usize).saturating_add(size as usize);
    let bytes = memory.data(guest).get(at as usize..end);
    bytes.ok_or(Refusal::BadPointer)
}

/// The bytes a guest points to, for the host to fill.
pub(super) fn fill<'g>(
    guest: &'g mut Guest<'_>,
    (at, size): Span,
) -> Result<&'g mut [u8], Refusal> {
    let memory = guest.data().memory.ok_or(Refusal::BadPointer)?;
    let end = (at as usize).saturating_add(size as usize);
    let bytes = memory.data_mut(guest).get_mut(at as usize..end);
    bytes.ok_or(Refusal::BadPointer)
}

/// Puts bytes at an address the guest chose.
pub(super) fn write(guest: &mut Guest<'_>, at: u32, bytes: &[u8]) -> Outcome {
    let memory = guest.data().memory.ok_or(Refusal::BadPointer)?;
    let written = memory.write(guest, at as usize, bytes);
    written.map_err(|_| Refusal::BadPointer)
}

/// Hands bytes over into memory the guest allocates, and leaves address and
/// length at `into`. No bytes are a null pointer, without an allocation.
pub(super) fn give(guest: &mut Guest<'_>, into: Span, bytes: &[u8]) -> Outcome {
    let at = match u32::try_from(bytes.len()) {
        Ok(0) => 0,
        Ok(size) => allocate(guest, size)?,
        Err(_) => return Err(Refusal::BadPointer),
    };
    write(guest, at, bytes)?;
    write(guest, into.0, &at.to_le_bytes())?;
    write(guest, into.1, &length(bytes))
}

fn allocate(guest: &mut Guest<'_>, size: u32) -> Result<u32, Refusal> {
    let allocate = guest.data().allocate.clone().ok_or(Refusal::BadPointer)?;
    let at = allocate.call(guest, size).map_err(Refusal::Trap)?;
    (at != 0).then_some(at).ok_or(Refusal::BadPointer)
}

/// A length as the ABI writes it. Longer than 4 GiB cannot reach a guest.
pub(super) fn length<T>(of: &[T]) -> [u8; 4] {
    u32::try_from(of.len()).unwrap_or(u32::MAX).to_le_bytes()
}

/// Header pairs as the ABI passes them: the count, then all lengths, then all
/// names and values, each ended by a zero byte.
pub(super) fn encode(pairs: &[Pair]) -> Vec<u8> {
    if pairs.is_empty() {
        return Vec::new();
    }
    let mut bytes = length(pairs).to_vec();
    for (name, value) in pairs {
        bytes.extend(length(name));
        bytes.extend(length(value));
    }
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text);
        bytes.push(0);
    }
    bytes
}

/// The inverse of [`encode`]. As in proxy-wasm-cpp-host, bytes that are not
/// well-formed are no pairs rather than an error.
pub(super) fn decode(bytes: &[u8]) -> Vec<Pair> {
    try_decode(bytes).unwrap_or_default()
}

fn try_decode(mut bytes: &[u8]) -> Option<Vec<Pair>> {
    let count = word(&mut bytes)?;
    let sizes = (0..count).map(|_| Some((word(&mut bytes)?, word(&mut bytes)?)));
    let sizes: Vec<_> = sizes.collect::<Option<_>>()?;
    let pairs = sizes
        .into_iter()
        .map(|(name, value)| Some((text(&mut bytes, name)?, text(&mut bytes, value)?)));
    let pairs = pairs.collect::<Option<_>>()?;
    bytes.is_empty().then_some(pairs)
}

fn word(bytes: &mut &[u8]) -> Option<u32> {
    let (word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*word))
}

fn text(bytes: &mut &[u8], size: u32) -> Option<Vec<u8>> {
    let (text, rest) = bytes.split_at_checked(size as usize)?;
    *bytes = rest.strip_prefix(&[0])?;
    Some(text.to_vec())
}
