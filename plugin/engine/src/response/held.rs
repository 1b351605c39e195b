//! The memory for the held bytes of an incomplete message: how it grows and shrinks.
//!
//! It never takes much more than the bytes need, because many responses are held at a time and their sum is bounded.

/// The capacity in bytes that is kept for the next event of a stream. Most events are shorter.
const KEPT: usize = 4096;

/// Appends `bytes`. Capacity grows by an eighth at least, so that many small pieces do not cause many copies.
pub(super) fn extend(held: &mut Vec<u8>, bytes: &[u8]) {
    let free = held.capacity().saturating_sub(held.len());
    if free < bytes.len() {
        held.reserve_exact(bytes.len().max(held.len() / 8));
    }
    held.extend_from_slice(bytes);
}

/// Gives memory back after bytes were removed.
pub(super) fn shrink(held: &mut Vec<u8>) {
    if held.capacity() > KEPT {
        held.shrink_to(KEPT);
    }
}

/// Removes all bytes, and gives their memory back.
pub(super) fn clear(held: &mut Vec<u8>) {
    held.clear();
    shrink(held);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_stays_near_the_length_for_pieces_of_any_size() {
        for piece in [1, 100, 16_384, 300_000] {
            let mut held = Vec::new();
            while held.len() < 700_000 {
                extend(&mut held, &vec![0; piece]);
                assert!(
                    held.capacity() <= held.len() / 8 * 9 + 8,
                    "pieces of {piece}"
                );
            }
            held.truncate(10);
            shrink(&mut held);
            assert!(held.len() == 10 && held.capacity() <= KEPT);
        }
        let mut held = Vec::with_capacity(2000);
        clear(&mut held);
        assert_eq!(held.capacity(), 2000, "for the next event");
    }
}
