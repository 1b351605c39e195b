//! Reads the fields of a protobuf message, without its schema.
//!
//! It copies nothing, and stops at the first byte that is not protobuf.

/// One field: its number and its value.
pub(crate) type Field<'a> = (u64, Wire<'a>);

/// The value of a field, by wire type (protobuf encoding, "Message Structure").
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wire<'a> {
    /// A varint: whole numbers and booleans.
    Varint(u64),
    /// Eight bytes, least first: a double.
    Eight([u8; 8]),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// Four bytes.
    Four([u8; 4]),
}

/// The fields of a message in order. An element is `None` where the rest is not protobuf; then the iterator ends.
pub(crate) fn fields(bytes: &[u8]) -> impl Iterator<Item = Option<Field<'_>>> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest.take().filter(|bytes| !bytes.is_empty())?;
        let read = field(bytes);
        rest = read.map(|(_, after)| after);
        Some(read.map(|(field, _)| field))
    })
}

/// The first field, and the bytes behind it.
fn field(bytes: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (tag, bytes) = varint(bytes)?;
    let (wire, rest) = match tag & 7 {
        0 => {
            let (number, rest) = varint(bytes)?;
            (Wire::Varint(number), rest)
        }
        1 => {
            let (value, rest) = bytes.split_first_chunk()?;
            (Wire::Eight(*value), rest)
        }
        2 => {
            let (length, bytes) = varint(bytes)?;
            let (value, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
            (Wire::Bytes(value), rest)
        }
        5 => {
            let (value, rest) = bytes.split_first_chunk()?;
            (Wire::Four(*value), rest)
        }
        _ => return None,
    };
    Some(((tag >> 3, wire), rest))
}

fn varint(mut bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    loop {
        let (byte, rest) = bytes.split_first()?;
        let bits = u64::from(byte & 0x7F);
        // The tenth byte holds the last bit.
        let is_too_long = shift > 63 || shift == 63 && bits > 1;
        number |= bits.checked_shl(shift).filter(|_| !is_too_long)?;
        (shift, bytes) = (shift.saturating_add(7), rest);
        if byte & 0x80 == 0 {
            return Some((number, bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Wire, fields};

    #[test]
    fn fields_of_each_wire_type_are_read_in_order() {
        let bytes = b"\x08\x96\x01\x11\0\0\0\0\0\0\xF0\x3F\x1A\x02hi\x25\x01\0\0\0";
        let read: Vec<_> = fields(bytes).collect();
        let one = 1.0_f64.to_le_bytes();
        assert_eq!(
            read,
            [
                Some((1, Wire::Varint(150))),
                Some((2, Wire::Eight(one))),
                Some((3, Wire::Bytes(b"hi"))),
                Some((4, Wire::Four([1, 0, 0, 0])))
            ]
        );
    }

    #[test]
    fn bytes_that_are_not_protobuf_end_the_fields() {
        for bytes in [
            &b"\x08"[..],
            b"\x0A\x05hi",
            b"\x0B",
            b"\x11\0\0",
            b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02",
            b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
        ] {
            let read: Vec<_> = fields(bytes).collect();
            assert_eq!(read, [None], "{bytes:?}");
        }
        assert_eq!(fields(b"").count(), 0);
        let last = fields(b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01").last();
        assert_eq!(last, Some(Some((1, Wire::Varint(u64::MAX)))));
    }
}
