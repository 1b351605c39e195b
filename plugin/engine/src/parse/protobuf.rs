//! Recognizes a policy that arrives as a protobuf `Struct`, as Envoy serializes a configuration that is an object.
//!
//! It never reads a policy out of it: a `Struct` has lost the exact text of numbers and the duplicate members.

/// The configuration to write instead: Envoy passes on the text of a `StringValue` unchanged.
pub(super) const WRITE: &str = r#"the policy as text, in Envoy's configuration of the filter: `configuration: { "@type": type.googleapis.com/google.protobuf.StringValue, value: '{ "version": "1", … }' }`"#;

/// The protobuf tag of field 1, length-delimited: each entry of a `Struct`, and the key in each entry.
const FIRST: u8 = 0x0A;

/// The protobuf tag of field 2, length-delimited: the value in each entry.
const SECOND: u8 = 0x12;

/// True where all bytes are entries of a key and a value. No JSON text has this form.
pub(super) fn is_struct(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match field(FIRST, rest) {
            Some((entry, after)) if is_entry(entry) => rest = after,
            _ => return false,
        }
    }
    !bytes.is_empty()
}

fn is_entry(entry: &[u8]) -> bool {
    let value = field(FIRST, entry).and_then(|(_, value)| field(SECOND, value));
    value.is_some_and(|(_, after)| after.is_empty())
}

/// The bytes of the field with this tag at the start, and the bytes that follow the field.
fn field(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let (mut length, mut shift) = (0_usize, 0_u32);
    loop {
        let (byte, after) = rest.split_first()?;
        let bits = usize::from(byte & 0x7F).checked_shl(shift)?;
        (length, shift, rest) = (length | bits, shift.saturating_add(7), after);
        if byte & 0x80 == 0 {
            return rest.split_at_checked(length).filter(|_| *first == tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_struct;

    #[test]
    fn struct_policy_is_distinguished_from_json_text() {
        // {"version": "1"}, {"hold": true}, {"max": 10.0}, and a value of more than 127 bytes.
        let long = [
            b"\n\x85\x01\n\x01a\x12\xFF\0\x1A\x7D".as_slice(),
            &[b'x'; 125],
        ]
        .concat();
        for bytes in [
            b"\n\x0E\n\x07version\x12\x03\x1A\x011".as_slice(),
            b"\n\x0A\n\x04hold\x12\x02\x20\x01",
            b"\n\x10\n\x03max\x12\x09\x11\0\0\0\0\0\0\x24\x40",
            &long,
        ] {
            assert!(is_struct(bytes), "{bytes:?}");
        }
        for bytes in [
            b"".as_slice(),
            b"\n",
            b"\n\n\n{}",
            b"\n{\n \"version\": \"1\",}",
            b"\n\x0E\n\x07version\x12\x03\x1A\x011{",
            b"\n\x0F\n\x07version\x12\x03\x1A\x011",
            b"\n\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
            b"\n\x09\n\x07version",
        ] {
            assert!(!is_struct(bytes), "{bytes:?}");
        }
    }
}
