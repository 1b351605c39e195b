//! The bytes under the key of a topic: that nothing was learnt of it yet, or what was learnt.
//!
//! They are never empty, for a host may take an empty value for one that is not there.

/// Nothing was learnt.
pub(super) const NOTHING: &[u8] = b"-";
const LEARNT: &[u8] = b"+";

pub(super) fn learnt(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(LEARNT)
}

pub(super) fn bytes(learnt: &[u8]) -> Vec<u8> {
    [LEARNT, learnt].concat()
}
